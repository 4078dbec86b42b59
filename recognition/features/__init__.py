"""What a network reads of a task: property signatures, elements, pictures."""
