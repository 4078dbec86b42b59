"""What a benchmark counts, and the lines of the table that it prints."""
