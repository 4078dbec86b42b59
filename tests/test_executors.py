"""Executors: a worker that dies costs its task, and no more."""

from __future__ import annotations

import logging
import os
import signal
import threading
from contextlib import closing
from multiprocessing import forkserver
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


ENDLESS = "__import__('collections').deque(range(10**12), maxlen=0)"
"""One call of C that looks for no signals, and is not compiled."""

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
    path.write_text(STUCK.format(body=ENDLESS))
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


@pytest.fixture
def easy_tasks() -> list[rv.Task]:
    return [rv.Task(f"add {k}", "int -> int", [((1,), 1 + k), ((5,), 5 + k)]) for k in range(1, 5)]


@pytest.fixture
def plain(tmp_path: Path) -> rv.Domain:
    path = tmp_path / "plain.py"
    path.write_text(STUCK.format(body="break"))
    return load_domain(str(path))


def solved(executor: Processes, tasks: list[rv.Task], budget: Budget) -> int:
    grammar = rv.Grammar.uniform(executor.domain.library)
    found = dict(executor.search(grammar, tasks, budget, "top-down"))
    assert set(found) == set(tasks)
    return sum(bool(result.frontier.entries) for result in found.values())


@pytest.mark.parametrize("budget", [Budget(seconds=5, solutions=1), Budget(candidates=300)])
def test_idle_workers_that_are_killed_are_replaced(
    budget: Budget, plain: rv.Domain, easy_tasks: list[rv.Task]
) -> None:
    with closing(Processes(plain, 2)) as executor:
        assert solved(executor, easy_tasks, budget) == 4
        before = executor.processes
        for process in before:
            os.kill(process, signal.SIGKILL)
        assert solved(executor, easy_tasks, budget) == 4
        assert not set(before) & set(executor.processes)


def test_the_fork_server_may_be_killed_at_any_time(
    plain: rv.Domain, easy_tasks: list[rv.Task]
) -> None:
    server = forkserver._forkserver  # type: ignore[attr-defined]
    with closing(Processes(plain, 2)) as executor:
        assert solved(executor, easy_tasks, Budget(candidates=300)) == 4
        os.kill(server._forkserver_pid, signal.SIGKILL)
        solved(executor, easy_tasks, Budget(candidates=300))
        timer = threading.Timer(0.3, lambda: os.kill(server._forkserver_pid, signal.SIGKILL))
        timer.start()
        solved(executor, easy_tasks * 3, Budget(candidates=3000))
        timer.join()
        solved(executor, easy_tasks, Budget(candidates=300))  # may cost a task once more
        assert solved(executor, easy_tasks, Budget(candidates=300)) == 4


LEAVING = """
import os, signal, sys
import reverie as rv

@rv.primitive
def bye(x: int) -> int:
    '''End the process.'''
    {body}

@rv.primitive
def inc(x: int) -> int:
    '''Add one.'''
    return x + 1

domain = rv.Domain("leaving", [bye, inc])
"""

TWO = rv.Task("plus two", "int -> int", [((1,), 3), ((5,), 7)])


@pytest.mark.parametrize("workers", [1, 2])
@pytest.mark.parametrize(
    "body", ["os._exit(0)", "sys.exit(0)", "raise GeneratorExit", "raise BaseException"]
)
def test_a_primitive_that_would_end_the_process_counts_as_failing(
    body: str, workers: int, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    path = tmp_path / "leaving.py"
    path.write_text(LEAVING.format(body=body))
    with caplog.at_level(logging.WARNING):
        solution = rv.solve(load_domain(str(path)), TWO, budget=300, workers=workers)
    assert str(solution.program) == "(lambda (inc (inc $0)))"
    if "_exit" in body:
        assert "primitive bye would have ended the process with status 0" in caplog.text


@pytest.mark.parametrize(
    ("body", "how"),
    [
        ("os.kill(os.getpid(), signal.SIGKILL)", "was killed by SIGKILL"),
        ("os.execv('/bin/true', ['true'])", "exit code 0"),
    ],
)
def test_a_worker_that_ends_in_whatever_way_is_named(
    body: str, how: str, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    path = tmp_path / "leaving.py"
    path.write_text(LEAVING.format(body=body))
    domain = load_domain(str(path))
    with closing(Processes(domain, 2)) as executor, caplog.at_level(logging.WARNING):
        assert solved(executor, [TWO], Budget(candidates=300)) == 0
    assert "'plus two' is given up for now: its worker process" in caplog.text
    assert how in caplog.text
