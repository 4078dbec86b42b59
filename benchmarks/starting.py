"""How long a first start takes, a later one, and a primitive that was just written.

Run ``python -m reverie.benchmarks.enumerate``, which prints this with all else.
"""

from __future__ import annotations

import os
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from tempfile import TemporaryDirectory

from .tables.figure import Figure

__all__ = ["new_primitives", "starting"]

_FIRST = """
from reverie.precompile import SEARCHING, compile_kernels
compile_kernels(SEARCHING)
import reverie as rv
from reverie.enumerate.strategies import make_ready
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
    environment.pop("PYTHONDONTWRITEBYTECODE", None)  # what the first start leaves, a later one has
    path = f"import sys; sys.path[:] = {sys.path!r}\n"
    subprocess.run([sys.executable, "-c", path + code], env=environment, check=True)
    return time.perf_counter() - start


def starting() -> Iterator[Figure]:
    """Measure a start with nothing compiled, and one with all that the first left."""
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


def new_primitives() -> Iterator[Figure]:
    """Measure from an edit to the first program that uses it; nothing is built anew."""
    from reverie import Task, solve
    from reverie.domains import load_domain

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
