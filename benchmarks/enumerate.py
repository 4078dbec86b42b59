"""How fast the exact prior compiles, and how many programs a second come out of it.

DreamCoder's OCaml solver, measured on a machine of the same kind: 13,157 programs below 16.5 nats
in 5.9 s, windows and tables included.
"""

from __future__ import annotations

import time
from typing import NamedTuple

from reverie.domains.list.functions import COMMON
from reverie.dsl.grammar import Grammar
from reverie.dsl.library import Library
from reverie.dsl.syntax import parse_type
from reverie.enumerate.tables import Tables
from reverie.enumerate.topdown import TopDown

__all__ = ["Row", "main", "measure"]

REQUEST = "list(int) -> list(int)"


class Row(NamedTuple):
    """One bound: times in seconds."""

    bound: float
    states: int
    programs: int
    new_tables: float  # nothing known of the library
    tables: float  # new weights, structure kept
    counting: float
    writing: float


def common() -> Grammar:
    """Return the uniform grammar over a fresh library, so that no structure is shared."""
    return Grammar.uniform(Library(COMMON))


def measure(bound: float, repeats: int = 3) -> Row:
    """Compile and enumerate everything below ``bound`` nats; the best of ``repeats``."""
    request = parse_type(REQUEST)
    new: list[float] = []
    kept: list[float] = []
    counting: list[float] = []
    writing: list[float] = []
    states = programs = 0
    for _ in range(repeats):
        grammar = common()
        for times in (new, kept):
            start = time.perf_counter()
            tables = Tables(grammar, request)
            tables.up_to(bound)
            times.append(time.perf_counter() - start)
        states = len(tables.structure)
        search = TopDown(tables)
        start = time.perf_counter()
        search.window(0.0, bound)
        programs = search.count()
        counting.append(time.perf_counter() - start)
        start = time.perf_counter()
        search.window(0.0, bound)
        written = 0
        while batch := len(search.next_batch()):
            written += batch
        writing.append(time.perf_counter() - start)
        assert written == programs
    return Row(bound, states, programs, min(new), min(kept), min(counting), min(writing))


def main() -> None:
    """Print the table."""
    measure(6.0)  # loads the kernels
    print(f"uniform grammar over DreamCoder's common list primitives, {REQUEST}, one thread")
    print(
        f"{'nats <':>7} {'states':>7} {'programs':>11} {'new tables':>11} {'tables':>9} "
        f"{'count':>9} {'M/s':>6} {'batches':>9} {'M/s':>6}"
    )
    for bound in (16.5, 20.0, 24.0):
        row = measure(bound)
        print(
            f"{row.bound:7.1f} {row.states:7,} {row.programs:11,} {row.new_tables:9.4f} s "
            f"{row.tables:7.4f} s {row.counting:7.4f} s {row.programs / row.counting / 1e6:6.1f} "
            f"{row.writing:7.4f} s {row.programs / row.writing / 1e6:6.1f}"
        )


if __name__ == "__main__":
    main()
