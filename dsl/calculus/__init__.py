"""The typed lambda calculus: types, terms, their text, reduction and inference."""
