"""Values as words in one block of memory: layout, access and interning."""
