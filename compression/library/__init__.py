"""Several abstractions one after the other or together, and programs rewritten with them."""
