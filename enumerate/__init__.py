"""Searches: grammars compiled to exact tables, and what enumerates and evaluates over them."""
