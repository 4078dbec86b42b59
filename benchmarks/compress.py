"""Compression against Stitch, side by side: the same corpora, one thread, warm.

Run with ``python -m reverie.benchmarks.compress`` and the data's folder in ``REVERIE_DATA``. Stitch
is measured if ``stitch_core`` is installed. Four tables: the greedy mode on CogSci corpora, the
library charged there, DreamCoder's inputs, and memory, for which each compressor has a process of
its own. *lib* is original cost / (final cost + cost of the library's bodies).
"""

from __future__ import annotations

import importlib
import json
import os
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

from reverie.compression import CorpusInput, compress, read_file

CORPORA = ("nuts-bolts", "dials", "furniture", "bridge", "castle")
STEPS = 10  # abstractions
ARITY = 3
BEAM = 6


def main(most: int = 5) -> int:
    """Print the tables; return the exit status.

    Args:
        most: how many of the CogSci corpora, smallest first.
    """
    folder = os.environ.get("REVERIE_DATA")
    if folder is None:
        print("set REVERIE_DATA to the folder of benchmark data", file=sys.stderr)
        return 1
    home = Path(folder) / "compression"
    for charged in (False, True):
        compress(["(f a a)", "(f b b)"], charge_library=charged)  # loads the compiled code
    corpora = [home / "cogsci" / f"{name}.json" for name in CORPORA[:most]]
    _greedy(corpora)
    _charged(corpora[:3])
    _dreamcoder(sorted((home / "dreamcoder").glob("*.json")))
    _memory(corpora[-1])
    return 0


def _greedy(corpora: list[Path]) -> None:
    heads = f"{'greedy':16}{'arity':>6}{'ours s':>10}{'Stitch s':>10}{'times':>8}"
    print(f"{heads}  final cost ours/Stitch")
    for path in corpora:
        for arity in (2, ARITY):
            given = read_file(path)
            began = time.perf_counter()
            ours = compress(given.programs, STEPS, arity).json
            seconds = time.perf_counter() - began
            theirs, stitch_seconds = _stitch(path, arity, STEPS)
            times = f"{stitch_seconds / seconds:8.1f}" if theirs else f"{'-':>8}"
            final = theirs["final_cost"] if theirs else "-"
            print(
                f"{path.stem:16}{arity:6}{seconds:10.4f}{stitch_seconds:10.4f}{times}"
                f"  {ours['final_cost']}/{final}"
            )


def _charged(corpora: list[Path]) -> None:
    print(f"\n{'library charged':16}{'greedy lib':>12}{'charged lib':>12}{'s':>8}"
          f"{'beam lib':>12}{'s':>8}")  # fmt: skip
    for path in corpora:
        programs = read_file(path).programs
        line = f"{path.stem:16}{_lib(compress(programs, STEPS, ARITY).json):12.3f}"
        for beam in (1, BEAM):
            began = time.perf_counter()
            found = compress(programs, STEPS, ARITY, beam=beam, charge_library=True).json
            line += f"{_lib(found):12.3f}{time.perf_counter() - began:8.1f}"
        print(line, flush=True)


def _lib(result: dict[str, Any]) -> float:
    return float(result["compression_ratio_with_library"])


def _dreamcoder(paths: list[Path]) -> None:
    """Count on how many inputs we are better and worse, with as many abstractions as Stitch."""
    print("\nDreamCoder's inputs, the library charged, as many abstractions as Stitch finds")
    for steps in (3, STEPS):
        seconds = [0.0, 0.0, 0.0]
        totals: list[tuple[float, float]] = []
        for path in paths:
            given = read_file(path)
            theirs, spent = _stitch(path, ARITY, steps)
            seconds[2] += spent
            allowed = theirs["num_abstractions"] if theirs else steps
            for mode in (0, 1):
                began = time.perf_counter()
                found = _ours(given, allowed, bool(mode))
                seconds[mode] += time.perf_counter() - began
            if theirs:
                ours = found["final_cost"] + found["library_cost"]
                totals.append((ours, theirs["final_cost"] + _bodies(theirs)))
        better = sum(ours < stitch for ours, stitch in totals)
        worse = sum(ours > stitch for ours, stitch in totals)
        print(
            f"up to {steps} of arity {ARITY}: {len(totals)} compared, better on {better}, "
            f"worse on {worse}; charged {seconds[1]:.2f} s, "
            f"greedy {seconds[0]:.2f} s, Stitch {seconds[2]:.2f} s"
        )


def _ours(given: CorpusInput, steps: int, charged: bool) -> dict[str, Any]:
    return compress(given.programs, steps, ARITY, tasks=given.tasks, charge_library=charged).json


def _bodies(result: dict[str, Any]) -> float:
    """Return what the bodies in Stitch's result cost, counted as ours are."""
    words = " ".join(a["body"] for a in result["abstractions"]).replace("(", " ( ")
    tokens = words.replace(")", " ) ").split()
    leaves = sum(t not in ("(", ")", "lam") for t in tokens)
    lambdas = tokens.count("lam")
    # A term with n leaves has n - 1 applications, however they are bracketed.
    applications = leaves - len(result["abstractions"])
    return 100 * leaves + applications + lambdas


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


_CHILD = """
import json, sys
def peak():  # of this program only: getrusage would count what the parent was before exec
    status = dict(line.split(":", 1) for line in open("/proc/self/status"))
    return int(status["VmHWM"].split()[0]) / 1024
compressor, path, steps, arity = sys.argv[1], sys.argv[2], int(sys.argv[3]), int(sys.argv[4])
if compressor == "ours":
    from reverie.compression import compress
else:
    from stitch_core import compress
programs = json.load(open(path))
compress(["(f a a)", "(f b b)"], iterations=1, max_arity=2)
base = peak()
compress(programs, iterations=steps, max_arity=arity)
print(peak() - base, base)
"""


def _memory(path: Path) -> None:
    """Print by how much each compressor's process grows at its highest, the corpus loaded."""
    print(f"\npeak memory on {path.stem}, arity {ARITY}, above a process that is warm")
    for compressor in ("ours", "stitch"):
        command = [sys.executable, "-c", _CHILD, compressor, str(path), str(STEPS), str(ARITY)]
        done = subprocess.run(command, capture_output=True, text=True, check=False)
        if done.returncode:
            print(f"{compressor:8} not measured: {done.stderr.strip().splitlines()[-1]}")
            continue
        grown, base = map(float, done.stdout.split())
        print(f"{compressor:8}{grown:8.0f} MB above {base:.0f} MB")


if __name__ == "__main__":
    sys.exit(main())
