"""The bank: how many programs it stands for, and what one costs, when nothing ends the search.

The goal cannot be met, so this is pure throughput: 10 s on lists of 4 to 7 integers, five examples.
A study reached 8e9 programs in 10 s and about 300 bytes a program, in a language of 33 monomorphic
primitives: :data:`plain` is that language. It had no goal tables; whole searches do, and
give them some of the time. Both are measured.

Run ``python -m reverie.benchmarks.bank_size [SECONDS]``.
"""

from __future__ import annotations

import sys
from collections.abc import Sequence
from dataclasses import replace
from random import Random
from typing import NamedTuple

from ..domains.deepcoder import domain as deepcoder
from ..domains.list import common, rich
from ..dsl import Domain, Grammar, Primitive, Task, parse_type
from ..enumerate import Budget, SearchProblem, make_ready
from ..enumerate.bottomup import throughput

__all__ = ["BankRow", "main", "measure", "plain"]

_PLAIN = {
    "0 1": "int",
    "+ - * mod": "int -> int -> int",
    "eq? gt?": "int -> int -> bool",
    "is-prime is-square": "int -> bool",
    "if": "bool -> A -> A -> A",
    "not": "bool -> bool",
    "and or": "bool -> bool -> bool",
    "empty": "list(int)",
    "cons": "int -> list(int) -> list(int)",
    "car length sum": "list(int) -> int",
    "cdr reverse sort": "list(int) -> list(int)",
    "empty?": "list(int) -> bool",
    "index": "int -> list(int) -> int",
    "range": "int -> list(int)",
    "map": "(int -> int) -> list(int) -> list(int)",
    "filter": "(int -> bool) -> list(int) -> list(int)",
    "++": "list(int) -> list(int) -> list(int)",
    "fold": "list(int) -> A -> (int -> A -> A) -> A",
}
"""The study's primitives and their types; those with an ``A`` come at each of three types."""


def _plain() -> tuple[Primitive, ...]:
    known = {p.name: p for p in (*rich.primitives, *common.primitives)}
    found = []
    for names, declared in _PLAIN.items():
        types = ("int", "bool", "list(int)") if "A" in declared else ("",)
        for at in types:
            shown = parse_type(declared.replace("A", at))
            suffix = f"-{at.partition('(')[0]}" if at else ""
            found += [
                replace(known[name], name=name + suffix, type=shown) for name in names.split()
            ]
    return tuple(found)


plain = Domain("list-plain", _plain(), (), doc="The study's list language: no type variables.")


class BankRow(NamedTuple):
    """What a search without an end did."""

    language: str
    completing: bool  # whether goal tables worked in between
    seconds: float
    depth: float  # nats, all levels up to here were finished
    candidates: int
    kept: int
    bytes: float  # for each kept program
    programs: float  # represented: all below the depth, equal ones and failing ones included


def measure(domain: Domain, seconds: float = 10.0, completing: bool = False) -> BankRow:
    """Search for what is not there for so many seconds, with goal tables or by the bank alone."""
    make_ready(domain.library, domain.likelihood, domain.limits)
    random = Random(1)
    examples = [
        (
            [[random.randint(-9, 15) for _ in range(random.randint(4, 7))]],
            [random.randint(-99, 99) for _ in range(9)],
        )
        for _ in range(5)
    ]
    task = Task("none", "list(int) -> list(int)", examples)
    problem = SearchProblem(task, Grammar.uniform(domain.library), domain.likelihood, domain.limits)
    found, kept, size, programs = throughput(
        problem, Budget(seconds=seconds, solutions=1, memory=8), completing=completing
    )
    each = size / max(kept, 1)
    did = found.seconds, found.depth, found.candidates, kept, each, programs
    return BankRow(domain.name, completing, *did)


def main(arguments: Sequence[str] = ()) -> None:
    """Print a line for each language."""
    seconds = float(arguments[0]) if arguments else 10.0
    for domain in (plain, rich, deepcoder):
        measure(domain, 1.0, completing=True)  # compiles
        for completing in (False, True):
            row = measure(domain, seconds, completing)
            print(
                f"{row.language}, {'with' if row.completing else 'without'} goal tables: "
                f"{row.seconds:.1f} s, {row.depth:.2f} nats, "
                f"{row.candidates / row.seconds / 1e6:.2f} M candidates/s, {row.kept:,} kept, "
                f"{row.bytes:.0f} bytes each; {row.programs:.2e} programs represented"
            )


if __name__ == "__main__":
    main(sys.argv[1:])
