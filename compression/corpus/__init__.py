"""Corpora: programs as roots in one table of hash-consed nodes, read, written and priced."""
