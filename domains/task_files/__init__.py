"""Task files: our own format, and those that others publish."""
