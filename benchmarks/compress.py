"""Compression against Stitch, side by side: the same corpora, one thread, warm.

Run with ``python -m reverie.benchmarks.compress`` and the data's folder in ``REVERIE_DATA``. Stitch
is measured if ``stitch_core`` is installed. Memory is what the process grew by at its highest.
"""

from __future__ import annotations

import importlib
import json
import os
import resource
import sys
import time
from pathlib import Path
from typing import Any

from reverie.compression import compress, read_file

CORPORA = ("nuts-bolts", "dials", "furniture", "bridge", "castle")


def main(most: int = 5) -> int:
    """Print a line for each corpus: seconds and final costs of ours and Stitch's.

    Args:
        most: how many of the CogSci corpora, smallest first.
    """
    folder = os.environ.get("REVERIE_DATA")
    if folder is None:
        print("set REVERIE_DATA to the folder of benchmark data", file=sys.stderr)
        return 1
    home = Path(folder) / "compression"
    compress(["(f a a)", "(f b b)"])  # loads the compiled code
    heads = f"{'corpus':24}{'arity':>6}{'ours s':>10}{'Stitch s':>10}{'times':>8}"
    print(f"{heads}  final cost ours/Stitch")
    for name in CORPORA[:most]:
        for arity in (2, 3):
            _line(home / "cogsci" / f"{name}.json", arity, 10)
    total = [0.0, 0.0]
    for path in sorted((home / "dreamcoder").glob("*.json")):
        ours, theirs = _line(path, 3, 3)
        total[0] += ours
        total[1] += theirs
    print(f"all DreamCoder inputs: ours {total[0]:.2f} s, Stitch {total[1]:.2f} s")
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    print(f"peak memory of this process, both compressors and numba: {peak:.0f} MB")
    return 0


def _line(path: Path, arity: int, iterations: int) -> tuple[float, float]:
    given = read_file(path)
    began = time.perf_counter()
    ours = compress(given.programs, iterations, arity, tasks=given.tasks).json
    seconds = time.perf_counter() - began
    theirs, stitch_seconds = _stitch(path, arity, iterations)
    stitch_cost = theirs["final_cost"] if theirs else "-"
    times = f"{stitch_seconds / seconds:8.1f}" if theirs else f"{'-':>8}"
    print(
        f"{path.stem:24}{arity:6}{seconds:10.4f}{stitch_seconds:10.4f}{times}"
        f"  {ours['final_cost']}/{stitch_cost}"
    )
    return seconds, stitch_seconds


def _stitch(path: Path, arity: int, iterations: int) -> tuple[dict[str, Any] | None, float]:
    try:
        stitch: Any = importlib.import_module("stitch_core")
    except ImportError:
        return None, 0.0
    data = json.loads(path.read_text(encoding="utf-8"))
    options = {"programs": data} if isinstance(data, list) else stitch.from_dreamcoder(data)
    began = time.perf_counter()
    result = stitch.compress(**options, iterations=iterations, max_arity=arity)
    return dict(result.json), time.perf_counter() - began


if __name__ == "__main__":
    sys.exit(main())
