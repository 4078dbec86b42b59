"""The bank: how many programs it stands for, and what one costs, when nothing ends the search.

The goal cannot be met, so this is pure throughput: 10 s on lists of 4 to 7 integers, five examples.
A study of a similar language reached 8e9 programs in 10 s and about 300 bytes a program.
"""

from __future__ import annotations

from random import Random
from typing import NamedTuple

from ..domains.deepcoder import domain as deepcoder
from ..domains.domain import Domain
from ..domains.list import rich
from ..dsl.grammar import Grammar
from ..dsl.task import Task
from ..enumerate.bottomup.search import throughput
from ..enumerate.search import Budget, Problem
from ..enumerate.searches import make_ready

__all__ = ["Row", "main", "measure"]


class Row(NamedTuple):
    """What a search without an end did."""

    language: str
    seconds: float
    depth: float  # nats, all levels up to here were finished
    candidates: int
    kept: int
    bytes: float  # for each kept program
    programs: float  # represented: all below the depth, equal ones and failing ones included


def measure(domain: Domain, seconds: float = 10.0) -> Row:
    """Search for what is not there for so many seconds."""
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
    problem = Problem(task, Grammar.uniform(domain.library), domain.likelihood, domain.limits)
    found, kept, size, programs = throughput(
        problem, Budget(seconds=seconds, solutions=1, memory=8)
    )
    each = size / max(kept, 1)
    return Row(domain.name, found.seconds, found.depth, found.candidates, kept, each, programs)


def main() -> None:
    """Print a line for each language."""
    for domain in (rich, deepcoder):
        measure(domain, 1.0)  # compiles
        row = measure(domain)
        print(
            f"{row.language}: {row.seconds:.1f} s, {row.depth:.2f} nats, "
            f"{row.candidates / row.seconds / 1e6:.2f} M candidates/s, {row.kept:,} kept, "
            f"{row.bytes:.0f} bytes each; {row.programs:.2e} programs represented"
        )


if __name__ == "__main__":
    main()
