"""Measured claims: one command reproduces each."""
