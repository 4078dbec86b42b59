"""A run on disk: a folder with one append-only SQLite file."""
