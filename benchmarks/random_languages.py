"""Random small languages, each searched for a second: how far beyond its time does a search go?

    python -m reverie.benchmarks.random_languages --languages 1000

Two to six primitives of random types (numbers, lists, pairs, type variables, a type of the domain's
own that nothing makes, functions of functions), with bodies of a few kinds: some call the functions
that they are given, some are slow, some fail, change their arguments, or ask for large values. Each
is searched in a process of its own. Start-up and compiling are not counted; what is printed is the
longest time beyond the budget, and every process that ended in another way than by itself.
"""

from __future__ import annotations

import argparse
import json
import random
import subprocess
import sys
import time
from collections.abc import Callable, Sequence
from contextlib import suppress
from typing import Any

SECONDS = 1.0
"""Of search for each language."""

ALLOWED = 1.5
"""Seconds beyond that which a search may take."""

BASE = ("int", "int", "bool", "char", "real", "list(int)", "list(t0)", "pair(t0, t1)", "t0", "grid")


def some_type(rng: random.Random, depth: int = 2) -> str:
    """Return a random type; a function in parentheses now and then."""
    if depth and rng.random() < 0.3:
        parts = [some_type(rng, depth - 1) for _ in range(rng.randint(2, 3))]
        return f"({' -> '.join(parts)})"
    return rng.choice(BASE)


def body(rng: random.Random, parameters: Sequence[Any]) -> Callable[..., Any]:
    """Return a function that does something with its arguments."""
    kind = rng.choice(["first", "call", "sum", "slow", "fail", "change", "large", "list"])
    functions = [i for i, p in enumerate(parameters) if p.is_arrow]

    def run(*arguments: Any) -> Any:
        first = arguments[0]
        if kind == "call" and functions:
            given = parameters[functions[0]].parameters
            return arguments[functions[0]](*[arguments[-1]] * len(given))
        if kind == "sum":
            return sum(x for x in arguments if isinstance(x, int))
        if kind == "slow":
            time.sleep(0.03)
        elif kind == "fail":
            raise ValueError("no")
        elif kind == "change" and isinstance(first, list):
            first.extend(first)
        elif kind == "large":
            return [7] * 200_000
        elif kind == "list":
            return list(arguments)
        return first

    return run


def search_one(seed: int) -> float:
    """Search the language of a seed; return how long that took beyond its time."""
    import reverie as rv
    from reverie.dsl import Primitive, parse_type

    rng = random.Random(seed)
    primitives = [rv.constant("1", "int", 1)] if rng.random() < 0.7 else []
    for number in range(rng.randint(2, 6)):
        parts = [some_type(rng) for _ in range(rng.randint(1, 3))]
        declared = parse_type(" -> ".join([*parts, rng.choice(BASE)]))
        primitives.append(Primitive(f"p{number}", declared, body(rng, declared.parameters)))
    domain = rv.Domain(f"language {seed}", primitives)
    shapes: list[tuple[str, Any, Any]] = [
        ("int -> int", (3,), 17),
        ("list(int) -> list(int)", ([1, 2, 3],), [9, 2, 7, 7]),
        ("list(int) -> int", ([1, 2, 3],), -4),
    ]
    rng.shuffle(shapes)
    for request, given, wanted in shapes:
        task = rv.Task("task", request, [(given, wanted)])
        with suppress(rv.dsl.InvalidTask):  # a language without lists has no such task
            domain.adopt([task])
            break
    else:
        return 0.0
    rv.solve(domain, task, timeout=0.01)  # compiles, and loads what the first search needs
    began = time.perf_counter()
    rv.solve(domain, task, timeout=SECONDS)
    return time.perf_counter() - began - SECONDS


def main(arguments: Sequence[str] | None = None) -> int:
    """Search the languages; return 1 if one took too long or crashed."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").split("\n", maxsplit=1)[0])
    parser.add_argument("--languages", type=int, default=1000)
    parser.add_argument("--first", type=int, default=0, help="the seed of the first")
    parser.add_argument("--one", type=int, help="search this language here, and print the result")
    options = parser.parse_args(arguments)
    if options.one is not None:
        print(json.dumps(search_one(options.one)))
        return 0
    over, faults = [], 0
    for seed in range(options.first, options.first + options.languages):
        command = [sys.executable, "-m", "reverie.benchmarks.random_languages", "--one", str(seed)]
        try:
            done = subprocess.run(command, capture_output=True, text=True, timeout=120, check=False)
        except subprocess.TimeoutExpired:
            faults += 1
            print(f"language {seed}: no end within 120 s")
            continue
        if done.returncode:
            faults += 1
            last = done.stderr.strip().splitlines()[-1:] or [""]
            print(f"language {seed}: exit code {done.returncode}: {last[0]}")
            continue
        over.append((json.loads(done.stdout.splitlines()[-1]), seed))
    over.sort(reverse=True)
    late = sum(seconds > ALLOWED for seconds, _ in over)
    print(f"{len(over)} languages searched for {SECONDS:g} s each, {faults} crashed or had no end")
    for seconds, seed in over[:5]:
        print(f"  {seconds:+.2f} s beyond it: language {seed}")
    print(f"{late} took more than {ALLOWED:g} s beyond")
    return 1 if late or faults else 0


if __name__ == "__main__":
    sys.exit(main())
