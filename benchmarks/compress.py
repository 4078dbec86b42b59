"""Compression against Stitch, side by side: the same corpora, one thread, warm.

Run with ``reverie bench compress`` and the data's folder in ``REVERIE_DATA``. Stitch is measured if
``stitch_core`` is installed. *lib* is original cost / (final cost + cost of the library's bodies);
*times* is Stitch's seconds / ours. The tables:

1. the first step on every corpus: utility and seconds;
2. ten greedy steps on the CogSci corpora, and with a look-ahead;
3. the library charged there, without and with a beam;
4. DreamCoder's inputs, as many abstractions as Stitch finds;
5. two threads against one;
6. peak memory, for which each compressor has a process of its own;
7. the abstraction sleep, and DreamCoder's own compressor's input (``sleep``).
"""

from __future__ import annotations

import os
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any, TypeVar

from reverie.compression import CorpusInput, compress, read_file

from . import sleep
from .peers.stitch import bodies_cost, stitch

CORPORA = ("nuts-bolts", "dials", "furniture", "bridge", "castle")
STEPS = 10  # abstractions
ARITY = 3
BEAM = 6
LOOK_AHEAD = 4

# The beam takes minutes with many abstractions on the larger inputs, and is left out there.
MODES: tuple[dict[str, Any], ...] = ({}, {"charge_library": True}, {"beam": BEAM})

T = TypeVar("T")


def main(most: int = len(CORPORA)) -> int:
    """Print the tables; return the exit status.

    Args:
        most: how many of the CogSci corpora, smallest first.
    """
    folder = os.environ.get("REVERIE_DATA")
    if folder is None:
        print("set REVERIE_DATA to the folder of benchmark data", file=sys.stderr)
        return 1
    home = Path(folder)
    for charged in (False, True):
        compress(["(f a a)", "(f b b)"], charge_library=charged)  # loads the compiled code
    corpora = [home / "compression" / "cogsci" / f"{name}.json" for name in CORPORA[:most]]
    inputs = sorted((home / "compression" / "dreamcoder").glob("*.json"))
    _first_step([*corpora, *inputs])
    _greedy(corpora)
    _charged(corpora[:3])
    _dreamcoder(inputs)
    _threads(corpora)
    _memory(corpora[-1])
    print()
    sleep.main()
    return 0


def timed(work: Callable[..., T], *arguments: Any, **options: Any) -> tuple[T, float]:
    """Return the result and the seconds of the fastest of three runs; of one if that is slow."""
    best, spent = float("inf"), 0.0
    for _ in range(3):
        began = time.perf_counter()
        result = work(*arguments, **options)
        seconds = time.perf_counter() - began
        best, spent = min(best, seconds), spent + seconds
        if spent > 0.5:
            break
    return result, best


def _first_step(paths: list[Path]) -> None:
    """Count on how many corpora the best first step saves as much as Stitch's."""
    for arity in (2, ARITY):
        ours_s = stitch_s = 0.0
        equal, compared, worse = 0, 0, []
        for path in paths:
            given = read_file(path)
            ours, seconds = timed(_ours, given, 1, arity)
            theirs, stitch_seconds = stitch(path, arity, 1)
            ours_s, stitch_s = ours_s + seconds, stitch_s + stitch_seconds
            if theirs:
                compared += 1
                found, known = _utility(ours), _utility(theirs)
                equal += found == known
                if found < known:
                    worse.append(path.stem)
        print(
            f"first step, arity {arity}: {len(paths)} corpora, utility as Stitch's on {equal} of "
            f"{compared}, lower on {worse or 'none'}; {ours_s:.2f} s, Stitch {stitch_s:.2f} s"
        )


def _utility(result: dict[str, Any]) -> float:
    return float(result["abstractions"][0]["utility"]) if result["abstractions"] else 0.0


def _greedy(corpora: list[Path]) -> None:
    heads = f"{'greedy':16}{'arity':>6}{'ours s':>10}{'Stitch s':>10}{'times':>8}"
    print(f"\n{heads}{'final cost':>12}{'Stitch':>10}{'look-ahead':>12}{'s':>8}")
    for path in corpora:
        given = read_file(path)
        for arity in (2, ARITY):
            ours, seconds = timed(_ours, given, STEPS, arity)
            theirs, stitch_seconds = stitch(path, arity, STEPS)
            ahead, ahead_seconds = timed(_ours, given, STEPS, arity, look_ahead=LOOK_AHEAD)
            times = f"{stitch_seconds / seconds:8.1f}" if theirs else f"{'-':>8}"
            final = theirs["final_cost"] if theirs else "-"
            print(
                f"{path.stem:16}{arity:6}{seconds:10.4f}{stitch_seconds:10.4f}{times}"
                f"{ours['final_cost']:12}{final:>10}{ahead['final_cost']:12}{ahead_seconds:8.2f}",
                flush=True,
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
    for steps in (1, 3, STEPS):
        seconds = [0.0, 0.0, 0.0, 0.0]
        totals: list[tuple[list[float], float]] = []
        for path in paths:
            given = read_file(path)
            theirs, spent = stitch(path, ARITY, steps)
            seconds[3] += spent
            allowed = theirs["num_abstractions"] if theirs else steps
            ours = []
            for mode, options in enumerate(MODES if steps < STEPS else MODES[:2]):
                began = time.perf_counter()
                found = _ours(given, allowed, ARITY, **options)
                seconds[mode] += time.perf_counter() - began
                ours.append(found["final_cost"] + found["library_cost"])
            if theirs:
                totals.append((ours, theirs["final_cost"] + bodies_cost(theirs)))
        line = f"up to {steps} of arity {ARITY}: {len(totals)} compared"
        for mode, name in ((1, "charged"), (2, "beam")):
            pairs = [(ours[mode], theirs) for ours, theirs in totals if mode < len(ours)]
            if pairs:
                better = sum(ours < theirs for ours, theirs in pairs)
                worse = sum(ours > theirs for ours, theirs in pairs)
                line += f"; {name} better on {better}, worse on {worse}, {seconds[mode]:.1f} s"
        print(f"{line}; greedy {seconds[0]:.1f} s, Stitch {seconds[3]:.1f} s", flush=True)


def _ours(given: CorpusInput, steps: int, arity: int, **options: Any) -> dict[str, Any]:
    return compress(given.programs, steps, arity, tasks=given.tasks, **options).json


def _threads(corpora: list[Path]) -> None:
    print(f"\n{'threads':28}{'one s':>8}{'two s':>8}{'times':>8}")
    work: list[tuple[str, Path, dict[str, Any]]] = [
        (f"{path.stem}, greedy", path, {"iterations": STEPS}) for path in corpora[-2:]
    ]
    work += [(f"{path.stem}, beam {BEAM}", path, {"iterations": 4, "beam": BEAM})
             for path in corpora[1:2]]  # fmt: skip
    for name, path, options in work:
        programs = read_file(path).programs
        one, two = (
            timed(lambda n=n, p=programs, o=options: compress(p, max_arity=ARITY, threads=n, **o))[
                1
            ]
            for n in (1, 2)
        )
        print(f"{name:28}{one:8.2f}{two:8.2f}{one / two:8.2f}", flush=True)


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
