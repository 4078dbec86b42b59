"""The benchmarks that ``reverie bench`` runs: each is a module of :mod:`reverie.benchmarks`."""

from __future__ import annotations

__all__ = ["BENCHMARKS"]

BENCHMARKS = (
    "enumerate",
    "bottomup",
    "evaluate",
    "robustness",
    "compress",
    "engine",
    "dreams",
    "recognition",
)
