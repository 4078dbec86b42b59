"""Deduction from the goal backwards: inverse semantics, condition abduction, traces."""
