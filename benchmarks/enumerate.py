"""How fast programs are enumerated and judged, against a floor and a goal for each figure.

Floors are what a feasibility study reached on a machine of the same kind, goals what lies beyond.
For one thread CPU time is counted, since the machine may be busy; all else is wall-clock time. The
language is DreamCoder's common list primitives under a uniform grammar, for ``list(int) ->
list(int)``. DreamCoder's OCaml solver takes 5.9 s for the 13,157 programs below 16.5 nats.
"""

from __future__ import annotations

import argparse
import math
import sys
import time
from collections.abc import Callable, Iterator, Sequence

from reverie.benchmarks import bank_size, bottomup, search_directions
from reverie.benchmarks.starting import new_primitives, starting
from reverie.benchmarks.tables.figure import Figure
from reverie.benchmarks.workloads.deepcoder_workload import handwritten_tasks
from reverie.domains.deepcoder import domain as deepcoder
from reverie.domains.list import COMMON, base, common, rich
from reverie.dsl import Domain, Equality, Grammar, Interpreter, Library, Limits, Task, parse_type
from reverie.enumerate import Budget, SearchProblem, SearchResult
from reverie.enumerate.automaton import CompiledGrammar
from reverie.enumerate.native import borrow
from reverie.enumerate.topdown import TopDown, top_down

__all__ = ["figures", "main"]

REQUEST = parse_type("list(int) -> list(int)")
INPUTS = [[3, 1, 2], [5, 2, 7, 1, 4], [9, 8, 1, 0, 3, 2, 6], [1, 1, 2, 3], [4, 6, 2, 0, 5]]
NONE = math.nan
OCAML = 5.9
"""Seconds that DreamCoder's solver takes for all programs below 16.5 nats."""


def timed(function: Callable[[], object], repeats: int = 3) -> float:
    """Return the least CPU time, in seconds, that this thread spends in a call."""
    times = []
    for _ in range(repeats):
        start = time.thread_time()
        function()
        times.append(time.thread_time() - start)
    return min(times)


def figures(every: int = 4) -> Iterator[Figure]:
    """Measure; yield each figure as soon as it is known.

    Args:
        every: search every n-th of the list tasks only, and half as many where no floor is set.
    """
    seldom = 2 * every if every > 1 else 1
    yield from _speed()
    yield from _tables()
    yield from starting()
    yield from new_primitives()
    yield from _bank()
    yield from _solving(every, seldom)
    yield _missing(seldom)


# ---- programs a second --------------------------------------------------------------------------


def _speed() -> Iterator[Figure]:
    grammar = Grammar.uniform(Library(COMMON))
    search = TopDown(CompiledGrammar(grammar, REQUEST))
    search.window(0.0, 24.0)
    total = 0

    def count() -> None:
        nonlocal total
        search.window(0.0, 24.0)
        total = search.count()

    yield Figure(
        "enumeration only, one core", 40, 80, total_rate(count, lambda: total), "M programs/s",
        f"{total:,} programs below 24 nats",
    )  # fmt: skip
    outputs = [[x * x + i for i, x in enumerate(sorted(values))] for values in INPUTS]
    considered = 0
    with borrow(grammar.library, Limits()) as evaluator:
        judge = evaluator.judge(evaluator.examples([(x,) for x in INPUTS], outputs))

        def sift() -> None:
            nonlocal considered, total
            search.window(0.0, 22.5)
            total = search.count()
            search.window(0.0, 22.5)
            considered = 0
            while not search.is_done:
                search.next_batch(judge)
                considered += search.considered

        rate = total_rate(sift, lambda: total)
    yield Figure(
        "with evaluation and early exit", 6, 10, rate, "M programs/s",
        f"{considered:,} of {total:,} evaluated; the others agree with one that failed",
    )  # fmt: skip
    yield _two_threads(grammar)


def total_rate(function: Callable[[], object], total: Callable[[], int]) -> float:
    """Return millions a second."""
    seconds = timed(function)
    return total() / seconds / 1e6


def _two_threads(grammar: Grammar) -> Figure:
    """Measure how much faster two threads solve one task, whole windows at a time."""
    program = grammar.library.parse("(lambda (cdr (map (lambda (* $0 (* $0 (+ 1 $0)))) $0)))")
    function = Interpreter(grammar.library).function(program)
    task = Task("cubes", REQUEST, [((values,), function(values)) for values in INPUTS])
    problem = SearchProblem(task, grammar, Equality())

    def solving(threads: int) -> tuple[float, SearchResult]:
        start = time.perf_counter()
        found = top_down(problem, Budget(solutions=1, threads=threads))
        return time.perf_counter() - start, found

    solving(2)  # builds tables, and the evaluator of the other thread
    rounds = [(solving(1), solving(2)) for _ in range(5)]
    one, two = (min(seconds for seconds, _ in column) for column in zip(*rounds, strict=True))
    found = rounds[0][1][1]
    assert found.frontier.best is not None
    return Figure(
        "two threads on one task, the whole search", 1.9, 1.95, one / two, "times one",
        f"{found.candidates:,} programs below {found.depth:g} nats, solved in {two:.2f} s",
    )  # fmt: skip


# ---- tables -------------------------------------------------------------------------------------


def _tables() -> Iterator[Figure]:
    def anew(bound: float) -> Callable[[], object]:
        def run() -> None:
            search = TopDown(CompiledGrammar(Grammar.uniform(Library(COMMON)), REQUEST))
            search.window(0.0, bound)
            search.count()

        return run

    yield Figure(
        "all below 16.5 nats, tables from nothing", 300, 1000, OCAML / timed(anew(16.5)),
        "times faster than OCaml",
    )  # fmt: skip
    yield Figure("all below 24 nats, tables from nothing", 0.7, 0.3, timed(anew(24.0)), "s")
    grammar = Grammar.uniform(Library(COMMON))
    CompiledGrammar(grammar, REQUEST).up_to(24.0)
    again = timed(lambda: CompiledGrammar(grammar, REQUEST).up_to(24.0))
    yield Figure("new weights on known structure, 24 nats", 150, 20, 1000 * again, "ms")


# ---- bottom-up ----------------------------------------------------------------------------------


def _bank() -> Iterator[Figure]:
    row = bank_size.measure(bank_size.plain)
    note = f"{row.depth:g} nats, {row.candidates / row.seconds / 1e6:.1f} M candidates/s"
    programs = row.programs / 1e9
    yield Figure("bottom-up: programs represented in 10 s", 8, 50, programs, "billion", note)
    yield Figure("bottom-up: memory of a kept program", 300, 130, row.bytes, "bytes")
    row = bank_size.measure(bank_size.plain, completing=True)
    programs, note = row.programs / 1e9, f"{row.depth:g} nats"
    yield Figure("... while goal tables work too", NONE, NONE, programs, "billion", note)


def _solving(every: int, seldom: int) -> Iterator[Figure]:
    for name, tasks, seconds, language, floor, goal in (
        ("list tasks with `rich`", search_directions.list_tasks()[::every], 5.0, rich, 80.0, 92.0),
        (
            "list tasks with `common`",
            search_directions.list_tasks()[::seldom],
            5.0,
            common,
            NONE,
            NONE,
        ),
        ("list tasks with `base`", search_directions.list_tasks()[::seldom], 5.0, base, NONE, NONE),
        ("own deepcoder tasks", handwritten_tasks(), 1.0, deepcoder, 85.0, 96.0),
    ):
        yield _solved(name, tasks, seconds, language, floor, goal)


def _solved(
    name: str, tasks: Sequence[Task], seconds: float, language: Domain, floor: float, goal: float
) -> Figure:
    outcomes = bottomup.measure(tasks, seconds, search="auto", domain=language)
    solved = sum(o.first is not None for o in outcomes)
    note = f"{solved} of {len(tasks)}"
    if held_out := [o for o, task in zip(outcomes, tasks, strict=True) if task.held_out]:
        note += f"; {sum(o.right for o in held_out)} right on held-out examples"
    share = 100 * solved / len(tasks)
    return Figure(f"{name}: solved in {seconds:g} s each", floor, goal, share, "%", note)


def _missing(every: int) -> Figure:
    """Count the tasks that bottom-up search misses and top-down search solves in as long."""
    grammar = Grammar.uniform(rich.library)
    tasks = search_directions.list_tasks()[::every]
    solved = {
        name: {
            task.name
            for task in tasks
            if search_directions.measure(function, grammar, task, 1.0).first is not None
        }
        for name, function in search_directions.SEARCHES.items()
    }
    missing = sorted(solved["top-down"] - solved["bottom-up"])
    return Figure(
        "list tasks that only top-down search solves in 1 s", 0, 0, len(missing), "tasks",
        f"of {len(tasks)}" + "".join(f", {name}" for name in missing),
    )  # fmt: skip


def main(arguments: Sequence[str] = ()) -> None:
    """Print the table."""
    parser = argparse.ArgumentParser(
        description=__doc__,
        epilog="Takes 6 to 8 minutes on two cores, with --full some 35.",
    )
    parser.add_argument(
        "--every",
        type=int,
        default=4,
        help="search every n-th list task with `rich`, and half as many with others (default: 4)",
    )
    parser.add_argument("--full", action="store_true", help="search all list tasks")
    chosen = parser.parse_args(arguments)
    print(f"{'':58} {'floor':>7} {'goal':>7} {'measured':>9}")
    for figure in figures(1 if chosen.full else chosen.every):
        bars = " ".join(f"{'-' if math.isnan(x) else f'{x:g}':>7}" for x in figure[1:3])
        print(
            f"{figure.what:58} {bars} {figure.measured:9.4g} {figure.unit}: {figure.verdict}"
            + (f" ({figure.note})" if figure.note else ""),
            flush=True,
        )


if __name__ == "__main__":
    main(sys.argv[1:])
