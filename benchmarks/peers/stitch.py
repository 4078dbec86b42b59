"""Stitch, where ``stitch_core`` is installed: run on the same corpora, and counted as ours is."""

from __future__ import annotations

import importlib
import json
import time
from pathlib import Path
from typing import Any

__all__ = ["bodies_cost", "stitch"]


def stitch(path: Path, arity: int, iterations: int) -> tuple[dict[str, Any] | None, float]:
    """Return Stitch's result on a file with one thread, and the seconds; None if there is none."""
    try:
        module: Any = importlib.import_module("stitch_core")
    except ImportError:
        return None, 0.0
    data = json.loads(path.read_text(encoding="utf-8"))
    options = {"programs": data} if isinstance(data, list) else module.from_dreamcoder(data)
    began = time.perf_counter()
    result = module.compress(**options, iterations=iterations, max_arity=arity)
    return dict(result.json), time.perf_counter() - began


def bodies_cost(result: dict[str, Any]) -> float:
    """Return what the bodies in Stitch's result cost, counted as ours are."""
    words = " ".join(a["body"] for a in result["abstractions"]).replace("(", " ( ")
    tokens = words.replace(")", " ) ").split()
    leaves = sum(t not in ("(", ")", "lam") for t in tokens)
    lambdas = tokens.count("lam")
    # A term with n leaves has n - 1 applications, however they are bracketed.
    applications = leaves - len(result["abstractions"])
    return 100 * leaves + applications + lambdas
