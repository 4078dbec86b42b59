"""The language programs are written in: types, terms, library, grammar and interpreter."""
