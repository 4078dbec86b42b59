"""The search for one abstraction: corpus-guided, top-down, with an upper bound (Stitch)."""
