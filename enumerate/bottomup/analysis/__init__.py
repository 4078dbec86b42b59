"""Facts about a library that are found by testing its productions on random values."""
