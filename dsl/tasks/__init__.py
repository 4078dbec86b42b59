"""Tasks: what a program is wanted for."""
