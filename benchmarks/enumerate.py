"""How fast programs are enumerated and judged, against a floor and a goal for each figure.

Floors are what a feasibility study reached on a machine of the same kind, goals what lies beyond.
For one thread CPU time is counted, since the machine may be busy; all else is wall-clock time. The
language is DreamCoder's common list primitives under a uniform grammar, for ``list(int) ->
list(int)``. DreamCoder's OCaml solver takes 5.9 s for the 13,157 programs below 16.5 nats.
"""

from __future__ import annotations

import os
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from tempfile import TemporaryDirectory

from reverie.benchmarks import bottomup
from reverie.benchmarks.figure import Figure
from reverie.domains.list.functions import COMMON
from reverie.dsl.grammar import Grammar
from reverie.dsl.interpreter import Interpreter, Limits
from reverie.dsl.library import Library
from reverie.dsl.likelihood import Equality
from reverie.dsl.syntax import parse_type
from reverie.dsl.task import Task
from reverie.enumerate.native.kept import lent
from reverie.enumerate.search import Budget, Found, Problem
from reverie.enumerate.tables import Tables
from reverie.enumerate.topdown import TopDown
from reverie.enumerate.topdown_search import top_down

__all__ = ["figures", "main"]

REQUEST = parse_type("list(int) -> list(int)")
INPUTS = [[3, 1, 2], [5, 2, 7, 1, 4], [9, 8, 1, 0, 3, 2, 6], [1, 1, 2, 3], [4, 6, 2, 0, 5]]
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


def figures() -> Iterator[Figure]:
    """Measure; yield each figure as soon as it is known."""
    yield from _speed()
    yield from _tables()
    yield from _starting()
    yield from _new_primitives()
    yield from bottomup.figures()


# ---- programs a second --------------------------------------------------------------------------


def _speed() -> Iterator[Figure]:
    grammar = Grammar.uniform(Library(COMMON))
    search = TopDown(Tables(grammar, REQUEST))
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
    with lent(grammar.library, Limits()) as evaluator:
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
    problem = Problem(task, grammar, Equality())

    def solving(threads: int) -> tuple[float, Found]:
        start = time.perf_counter()
        found = top_down(problem, Budget(solutions=1, threads=threads))
        return time.perf_counter() - start, found

    solving(2)  # builds tables, and the evaluator of the other thread
    rounds = [(solving(1), solving(2)) for _ in range(3)]
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
            search = TopDown(Tables(Grammar.uniform(Library(COMMON)), REQUEST))
            search.window(0.0, bound)
            search.count()

        return run

    yield Figure(
        "all below 16.5 nats, tables from nothing", 300, 1000, OCAML / timed(anew(16.5)),
        "times faster than OCaml",
    )  # fmt: skip
    yield Figure("all below 24 nats, tables from nothing", 0.7, 0.3, timed(anew(24.0)), "s")
    grammar = Grammar.uniform(Library(COMMON))
    Tables(grammar, REQUEST).up_to(24.0)
    again = timed(lambda: Tables(grammar, REQUEST).up_to(24.0))
    yield Figure("new weights on known structure, 24 nats", 150, 20, 1000 * again, "ms")


# ---- starting -----------------------------------------------------------------------------------

_FIRST = """
from reverie.enumerate.compiling import compile_kernels
compile_kernels()
import reverie as rv
from reverie.enumerate.searches import make_ready
domain = rv.domains.list.domain
make_ready(domain.library, domain.likelihood, domain.limits)
"""

_LATER = """
import reverie as rv
task = rv.Task("add one", "list(int) -> list(int)", [(([1, 2],), [2, 3]), (([4],), [5])])
solution = rv.solve(rv.domains.list.domain, task, timeout=5, frontier=1)
assert solution.solved
"""


def _run(code: str, cache: str) -> float:
    """Return the seconds that a fresh process takes for a piece of code."""
    start = time.perf_counter()
    environment = {**os.environ, "REVERIE_CACHE": cache}
    path = f"import sys; sys.path[:] = {sys.path!r}\n"
    subprocess.run([sys.executable, "-c", path + code], env=environment, check=True)
    return time.perf_counter() - start


def _starting() -> Iterator[Figure]:
    with TemporaryDirectory() as cache:
        first = _run(_FIRST, cache)
        yield Figure("first ever run: all compilation", 30, 10, first, "s")
        later = min(_run(_LATER, cache) for _ in range(3))
        yield Figure("a later process: start to first program", 1.5, 0.6, later, "s")


_EDITED = '''
import reverie as rv

@rv.primitive
def odd_step(x: int) -> int:
    """Go on."""
    return {body}

domain = rv.Domain("edited", [odd_step], [])
'''


def _new_primitives() -> Iterator[Figure]:
    """Measure from an edit to the first program that uses it; nothing is built anew."""
    from reverie import Task, solve
    from reverie.domains.registry import load_domain

    salt = time.time_ns() % 1000
    for how, body in (
        ("that numba compiles", f"x * 3 + {salt}"),
        ("that it cannot compile", f"int(str(x * 3 + {salt}))"),
    ):
        with TemporaryDirectory() as folder:
            path = Path(folder, "edited.py")
            path.write_text(_EDITED.format(body=body))
            start = time.perf_counter()
            domain = load_domain(str(path))
            wanted = [((x,), (x * 3 + salt) * 3 + salt) for x in (2, 5)]
            task = Task("twice", "int -> int", wanted)
            assert solve(domain, task, timeout=5, frontier=1).solved
            seconds = time.perf_counter() - start
        yield Figure(f"edit to first program, a primitive {how}", 1.5, 0.6, seconds, "s")


def main() -> None:
    """Print the table."""
    print(f"{'':58} {'floor':>7} {'goal':>7} {'measured':>9}")
    for figure in figures():
        print(
            f"{figure.what:58} {figure.floor:7g} {figure.goal:7g} {figure.measured:9.4g} "
            f"{figure.unit}: {figure.verdict}" + (f" ({figure.note})" if figure.note else ""),
            flush=True,
        )


if __name__ == "__main__":
    main()
