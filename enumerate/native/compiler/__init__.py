"""Primitives compiled: Python functions as C functions over words, by numba."""
