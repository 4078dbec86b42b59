"""Compression modulo equations: an e-graph and equality saturation."""
