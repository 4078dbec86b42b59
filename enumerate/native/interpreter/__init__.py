"""The compiled interpreter of programs, its primitives and its entry points."""
