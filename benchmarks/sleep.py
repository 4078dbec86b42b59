"""The abstraction sleep at DreamCoder's scale: 100 solved tasks, frontiers of five programs.

The programs are drawn from a grammar that has routines as ``map`` and ``filter``, and then written
without these, so that there is something to find. ``synthetic`` makes the frontiers, the same for
each seed; all programs of a task are different, which is more work than a real frontier makes.
"""

from __future__ import annotations

import json
import math
import os
import time
from pathlib import Path

import numpy as np

from ..compression import CompressedFrontiers, CompressionConfig, compress_frontiers
from ..domains.list import BASE, COMMON
from ..dsl import (
    Abstraction,
    Entry,
    Frontier,
    Grammar,
    Library,
    Task,
    Term,
    eta_long,
    inline,
    type_from_json,
)

__all__ = ["main", "measured", "synthetic"]

ROUTINES = {
    "map": "#(lambda (lambda (fold $1 empty (lambda (lambda (cons ($2 $1) $0))))))",
    "filter": "#(lambda (lambda (fold $1 empty (lambda (lambda (if ($2 $1) (cons $1 $0) $0))))))",
    "append": "#(lambda (lambda (fold $1 $0 (lambda (lambda (cons $1 $0))))))",
    "sum": "#(lambda (fold $0 0 (lambda (lambda (+ $1 $0)))))",
    "length": "#(lambda (fold $0 0 (lambda (lambda (+ 1 $0)))))",
    "largest": "#(lambda (fold $0 0 (lambda (lambda (if (gt? $1 $0) $1 $0)))))",
    "second": "#(lambda (car (cdr $0)))",
    "double": "#(lambda (+ $0 $0))",
    "between": "#(lambda (lambda (lambda (if (gt? $1 $0) (gt? $2 $1) (gt? $0 $1)))))",
}
REQUESTS = ("list(int) -> list(int)", "list(int) -> int", "list(int) -> bool")
SIZES = range(6, 40)  # leaves of a program, written out
TASKS, PROGRAMS = 100, 5
REPEATS = 3  # of each run, of which the fastest counts
DREAMCODER = -325.469633, 55.4  # score and seconds of its published compressor
SETTINGS = {"top 2": CompressionConfig(), "top 5": CompressionConfig(top=5)}


def synthetic(
    seed: int = 0, tasks: int = TASKS, programs: int = PROGRAMS
) -> tuple[Grammar, list[Frontier]]:
    """Return a uniform grammar without the routines, and frontiers of it."""
    known = {p.name: p for p in (*BASE, *COMMON)}
    basic = Library([*BASE, known["fold"], known["mod"]])
    rich = basic.with_abstractions(_routines(basic))
    weights = np.zeros((1, len(rich) + 1))
    weights[0, len(basic) : len(rich)] = 1.0
    weights[0, -1] = 1.5
    source, grammar = Grammar(rich, weights), Grammar.uniform(basic)
    rng = np.random.default_rng(seed)
    frontiers = []
    for number in range(tasks):
        task = Task(f"task {number}", REQUESTS[number % len(REQUESTS)], [])
        found: dict[Term, None] = {}
        while len(found) < programs:
            drawn = source.sample(task.request, rng, max_nodes=SIZES.stop)
            if drawn is None:
                continue
            plain = eta_long(inline(drawn), task.request, basic)
            if plain.leaves in SIZES:
                found[plain] = None
        entries = [Entry(term, grammar.log_prior(term, task.request), 0.0) for term in found]
        frontiers.append(Frontier.of(task, entries))
    return grammar, frontiers


def _routines(basic: Library) -> dict[str, Abstraction]:
    parsed = {name: basic.parse(text) for name, text in ROUTINES.items()}
    return {name: term for name, term in parsed.items() if isinstance(term, Abstraction)}


def measured(seed: int, config: CompressionConfig) -> tuple[float, CompressedFrontiers]:
    """Return the seconds that one sleep takes, and what it found."""
    grammar, frontiers = synthetic(seed)
    began = time.perf_counter()
    found = compress_frontiers(grammar, frontiers, config)
    return time.perf_counter() - began, found


def golden(path: Path) -> tuple[Grammar, list[Frontier]]:
    """Read the compressor input of DreamCoder's that its published score is for."""
    given = json.loads(path.read_text(encoding="utf-8"))
    known = {p.name: p for p in COMMON}
    library = Library([known[p["expression"]] for p in given["DSL"]["productions"]])
    grammar = Grammar.uniform(library)
    frontiers = []
    for number, row in enumerate(given["frontiers"]):
        task = Task(str(number), type_from_json(row["request"]), [])
        terms = [library.parse(p["program"]) for p in row["programs"]]
        entries = [Entry(t, grammar.log_prior(t, task.request), 0.0) for t in terms]
        frontiers.append(Frontier.of(task, entries))
    return grammar, frontiers


def _dreamcoder(folder: Path) -> None:
    grammar, frontiers = golden(folder / "golden" / "compress_list20_arity2.json")
    for arity in (2, 3):
        best = math.inf
        for _ in range(REPEATS):
            began = time.perf_counter()
            found = compress_frontiers(grammar, frontiers, CompressionConfig(max_arity=arity))
            best = min(best, time.perf_counter() - began)
        print(
            f"compress_list20, {arity} arguments: score {found.score_after:.6f} in {best:.2f} s "
            f"(DreamCoder, arity 2: {DREAMCODER[0]} in {DREAMCODER[1]} s)"
        )


def main(seeds: int = 3) -> None:
    """Print what sleeps take, warm."""
    measured(0, CompressionConfig(iterations=1))  # loads the compiled code
    heads = f"{'seed':>6}{'s':>8}{'learned':>9}{'s each':>8}{'score before':>14}{'after':>10}"
    print(f"{f'sleep, {TASKS} x {PROGRAMS}':18}{heads}")
    for name, config in SETTINGS.items():
        for seed in range(seeds):
            runs = [measured(seed, config) for _ in range(REPEATS)]
            seconds, found = min(runs, key=lambda run: run[0])
            learned = len(found.steps)
            print(
                f"{name:18}{seed:6}{seconds:8.2f}{learned:9}{seconds / max(1, learned):8.3f}"
                f"{found.score_before:14.1f}{found.score_after:10.1f}"
            )

    folder = os.environ.get("REVERIE_DATA")
    if folder is not None:
        _dreamcoder(Path(folder))


if __name__ == "__main__":
    main()
