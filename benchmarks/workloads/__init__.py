"""What is measured: seeded tasks and languages of our own making."""
