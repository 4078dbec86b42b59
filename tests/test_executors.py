"""Executors: a worker that dies costs its task, and no more."""

from __future__ import annotations

import logging
import os
from contextlib import closing
from pathlib import Path

import pytest

import reverie as rv
from reverie.domains.registry import load_domain
from reverie.enumerate.strategy import Budget
from reverie.executors import Processes

DEADLY = '''
import os
import reverie as rv

@rv.primitive
def fatal(x: int) -> int:
    """Take the whole process down."""
    if x > 6 and os.getpid() != {pid}:
        os._exit(1)
    return x + 1

domain = rv.Domain("deadly", [fatal])
'''


def test_a_worker_that_dies_costs_its_task_alone(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    path = tmp_path / "deadly.py"
    path.write_text(DEADLY.format(pid=os.getpid()))
    domain = load_domain(str(path))
    tasks = [
        rv.Task("easy", "int -> int", [((1,), 2)]),
        rv.Task("deadly", "int -> int", [((7,), 80)]),
    ]
    with caplog.at_level(logging.WARNING):
        found = {
            s.task.name: s for s in rv.solve_all(domain, tasks, budget=50, workers=2, frontier=1)
        }
    assert set(found) == {"easy", "deadly"}
    assert found["easy"].solved
    assert not found["deadly"].solved
    assert "deadly" in caplog.text


STUCK = """
import os
import reverie as rv

@rv.primitive
def stuck(x: int) -> int:
    '''Never come back for some values.'''
    while x > 6:
        {body}
    return x + 1

@rv.primitive
def double(x: int) -> int:
    '''Double.'''
    return 2 * x

domain = rv.Domain("stuck", [stuck, double])
"""


@pytest.mark.parametrize("workers", [1, 2])
@pytest.mark.parametrize("body", ["x = 7 + x % 3", "os.getpid()"], ids=["compiled", "python"])
def test_a_primitive_that_hangs_is_named_and_the_search_goes_on(
    body: str, workers: int, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    path = tmp_path / "stuck.py"
    path.write_text(STUCK.format(body=body))
    domain = load_domain(str(path))
    tasks = [
        rv.Task("easy", "int -> int", [((1,), 2)]),
        rv.Task("deep", "int -> int", [((7,), 56)]),  # three times double
    ]
    with caplog.at_level(logging.WARNING):
        solved = {s.task.name: s for s in rv.solve_all(domain, tasks, timeout=4, workers=workers)}
    assert solved["easy"].solved
    assert str(solved["deep"].program) == "(lambda (double (double (double $0))))"
    assert "task 'deep': primitive stuck did not come back" in caplog.text


@pytest.mark.parametrize(
    "budget", [Budget(seconds=0.5, solutions=1), Budget(candidates=500, solutions=1)]
)
def test_a_worker_that_nothing_else_stops_is_ended(
    budget: Budget, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    path = tmp_path / "stuck.py"
    path.write_text(STUCK.format(body="x ** 10**9"))  # one call of C: not interrupted
    domain = load_domain(str(path))
    executor = Processes(domain, 2, grace=4.0)
    easy = rv.Task("easy", "int -> int", [((1,), 2)])
    stuck = rv.Task("stuck", "int -> int", [((7,), 80)])
    with closing(executor), caplog.at_level(logging.WARNING):
        grammar = rv.Grammar.uniform(domain.library)
        executor.prepare(grammar)
        found = dict(executor.search(grammar, [easy, stuck], budget, "auto"))
    assert found[easy].frontier.best is not None
    assert found[stuck].frontier.best is None
    assert "task 'stuck'" in caplog.text
    assert "in stuck, line 9 of" in caplog.text
    assert "'easy'" not in caplog.text
