"""A run as values: its configuration, state, events, result, and these as text."""
