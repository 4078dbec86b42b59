"""Learned guides: networks that read a task and say which primitives it is likely to need."""
