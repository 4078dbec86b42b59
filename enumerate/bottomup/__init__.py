"""Bottom-up search: programs by cost from the leaves up, one for each distinct behaviour."""
