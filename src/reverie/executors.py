"""Where searches run: in this process, or in worker processes, one task each."""

from __future__ import annotations

import logging
import math
import multiprocessing
import os
import pickle
import signal
import sys
import threading
import time
from collections.abc import Generator, Mapping, Sequence
from concurrent.futures import FIRST_COMPLETED, Future, as_completed, wait
from dataclasses import dataclass, replace
from itertools import islice
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any, Protocol

import cloudpickle
from pebble import ProcessExpired, ProcessPool

from .domains.domain import Domain
from .dsl.frontier import Frontier
from .dsl.grammar import Grammar, Weights
from .dsl.library import Primitive
from .dsl.task import Task
from .dsl.terms import Abstraction
from .enumerate.native.compile import give_up
from .enumerate.native.kept import restore
from .enumerate.native.watch import PATIENCE, stopped_primitives
from .enumerate.search import Budget, Found, Problem
from .enumerate.searches import compile_ahead, find_search, make_ready
from .progress import Progress
from .tracing import place_in, traced

__all__ = ["Executor", "Processes", "Serial", "available_cores", "make_executor", "prepare"]


logger = logging.getLogger(__name__)

COMPILING = 120.0
"""Seconds after which a primitive counts as one that numba cannot compile."""


class Executor(Protocol):
    """Searches tasks, and yields what comes of each as soon as it is known."""

    def search(
        self,
        grammar: Grammar,
        tasks: Sequence[Task],
        budget: Budget,
        search: str,
        guides: Mapping[str, Weights] | None = None,
    ) -> Generator[tuple[Task, Found], None, None]:
        """Search each task under ``grammar``; results come in any order.

        Args:
            grammar: the prior.
            tasks: what to solve.
            budget: of each task.
            search: the name of a search.
            guides: other weights of the grammar's library to search by, for the tasks that have
                some, by name of task.
        """

    def prepare(self, grammar: Grammar) -> None:
        """Compile what searches need, before time counts; no code of the domain runs.

        What is compiled is kept on disk: the first time ever takes a while, later ones a moment.
        """

    def close(self) -> None:
        """Let go of all workers."""


def _search(
    domain: Domain,
    grammar: Grammar,
    task: Task,
    budget: Budget,
    search: str,
    weights: Weights | None,
) -> Found:
    guide = None if weights is None else Grammar(grammar.library, weights)
    problem = Problem(task, grammar, domain.likelihood, domain.limits, guide)
    restore()
    found = find_search(search)(problem, budget)
    return replace(found, stopped=stopped_primitives())


class Serial:
    """Searches one task after another, in this process."""

    def __init__(self, domain: Domain) -> None:
        self.domain = domain

    def prepare(self, grammar: Grammar) -> None:
        make_ready(grammar.library, self.domain.likelihood, self.domain.limits)

    def search(
        self,
        grammar: Grammar,
        tasks: Sequence[Task],
        budget: Budget,
        search: str,
        guides: Mapping[str, Weights] | None = None,
    ) -> Generator[tuple[Task, Found], None, None]:
        for task in tasks:
            weights = (guides or {}).get(task.name)
            found = _search(self.domain, grammar, task, budget, search, weights)
            _tell_stopped(task, found)
            yield task, found

    def close(self) -> None: ...


# ---- worker processes --------------------------------------------------------------------------


@dataclass(frozen=True)
class _Language:
    """A grammar without its Python functions, as it travels to a worker.

    Attributes:
        abstractions: the learned functions by name.
        weights: the grammar's weights.
    """

    abstractions: dict[str, Abstraction]
    weights: Weights

    def build(self, domain: Domain) -> Grammar:
        return Grammar(domain.library.with_abstractions(self.abstractions), self.weights)


_worker: dict[str, Any] = {}
"""A worker process's own state: its domain, and the last grammar it was sent."""


def _begin(domain: bytes) -> None:
    # Ctrl-C reaches the whole process group; the parent decides what becomes of the workers.
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    threading.Thread(target=_end_with_parent, args=(os.getppid(),), daemon=True).start()
    sys.stdout = sys.stderr  # what a domain prints is no result
    _worker["domain"] = cloudpickle.loads(domain)


def _end_with_parent(parent: int) -> None:
    """End this worker when the process that it works for was killed."""
    while os.getppid() == parent:
        time.sleep(0.5)
    os._exit(1)


def _compile(number: int) -> None:
    domain: Domain = _worker["domain"]
    compile_ahead(domain.library.primitives[number], domain.likelihood, domain.limits)


def _work(
    number: int,
    language: bytes,
    task: Task,
    budget: Budget,
    search: str,
    weights: Weights | None,
    trace: Path,
    patience: float | None,
) -> Found:
    """Search a task; see :func:`traced`."""
    domain: Domain = _worker["domain"]
    if _worker.get("number") != number:
        grammar = _worker["grammar"] = pickle.loads(language).build(domain)
        _worker["number"] = number
        make_ready(grammar.library, domain.likelihood, domain.limits)
    arguments = domain, _worker["grammar"], task, budget, search, weights
    return traced(trace, patience, lambda: _search(*arguments))


def _start_method() -> str:
    """Return how workers start: a fork server is fast, and gives them none of our threads."""
    methods = multiprocessing.get_all_start_methods()
    return "forkserver" if "forkserver" in methods else "spawn"


class Processes:
    """Searches several tasks at once, each in a worker process.

    A worker that dies, or that does not come back from a primitive long after its time, costs its
    task's search and nothing else: it is replaced, and the log says which task it was.

    Args:
        domain: what the tasks are of.
        workers: how many processes.
        grace: seconds that a search may take beyond twice its budget.
    """

    def __init__(self, domain: Domain, workers: int, *, grace: float = 10.0) -> None:
        context = multiprocessing.get_context(_start_method())
        if context.get_start_method() == "forkserver":
            context.set_forkserver_preload([_search.__module__, find_search.__module__])
        self._pool = ProcessPool(
            workers, initializer=_begin, initargs=(cloudpickle.dumps(domain),), context=context
        )
        self._workers = workers
        self._grace = grace
        self._grammars = 0
        self._traces = TemporaryDirectory(prefix="reverie-")
        self._scheduled = 0

    def prepare(self, grammar: Grammar) -> None:
        # Each worker compiles some; later all load all of it from disk.
        primitives = grammar.library.primitives
        futures: dict[Future[None], Primitive] = {
            self._pool.schedule(_compile, (number,), timeout=COMPILING): primitive
            for number, primitive in enumerate(primitives)
        }
        for future in as_completed(futures):
            primitive = futures[future]
            try:
                future.result()
            except TimeoutError:
                reason = f"compiling it took more than {COMPILING:.0f} s"
                give_up(primitive, reason)
                logger.warning("primitive %s runs in Python: %s", primitive.name, reason)
            except ProcessExpired as error:
                reason = f"compiling it ended the process, exit code {error.exitcode}"
                give_up(primitive, reason)
                logger.warning("primitive %s runs in Python: %s", primitive.name, reason)

    def search(
        self,
        grammar: Grammar,
        tasks: Sequence[Task],
        budget: Budget,
        search: str,
        guides: Mapping[str, Weights] | None = None,
    ) -> Generator[tuple[Task, Found], None, None]:
        self._grammars += 1
        language = pickle.dumps(_Language(grammar.library.abstractions, grammar.weights))
        patience = None if math.isinf(budget.seconds) else 2 * budget.seconds + self._grace
        left = iter(tasks)
        futures: dict[Future[Found], tuple[Task, Path]] = {}
        try:
            while True:
                # A few wait their turn, so that no worker idles; thousands would fill the memory.
                for task in islice(left, 2 * self._workers - len(futures)):
                    weights = (guides or {}).get(task.name)
                    self._scheduled += 1
                    trace = Path(self._traces.name, str(self._scheduled))
                    told = None if patience is None else patience - min(1.0, self._grace / 2)
                    arguments = (self._grammars, language, task, budget, search, weights)
                    future: Future[Found] = self._pool.schedule(
                        _work, (*arguments, trace, told), timeout=patience
                    )
                    futures[future] = task, trace
                if not futures:
                    return
                for done in wait(futures, return_when=FIRST_COMPLETED).done:
                    task, trace = futures.pop(done)
                    yield task, _result(done, task, patience, trace)
        finally:
            for waiting in futures:
                waiting.cancel()

    def close(self) -> None:
        self._pool.stop()  # type: ignore[no-untyped-call]
        self._pool.join()
        self._traces.cleanup()


def _result(future: Future[Found], task: Task, patience: float | None, trace: Path) -> Found:
    """Return what a search found; nothing if it hung or took its worker down."""
    try:
        found = future.result()
    except TimeoutError:
        where = place_in(trace) or ": a primitive hangs"
        _give_up(task, f"its search did not end within {patience:.0f} s{where}")
        return Found(Frontier(task), 0, patience or 0.0)
    except ProcessExpired as error:
        _give_up(task, f"its worker process died, exit code {error.exitcode}{place_in(trace)}")
        return Found(Frontier(task), 0, 0.0)
    trace.unlink(missing_ok=True)
    _tell_stopped(task, found)
    return found


def _tell_stopped(task: Task, found: Found) -> None:
    for name in found.stopped:
        logger.warning(
            "task %r: primitive %s did not come back within %g s; it was stopped, and counted as "
            "failing for the rest of this search",
            task.name,
            name,
            PATIENCE,
        )


def _give_up(task: Task, reason: str) -> None:
    logger.warning("task %r is given up for now: %s", task.name, reason)


def prepare(executor: Executor, grammar: Grammar, told: Progress) -> None:
    """Compile what searches need, and say so: the first time it takes a while."""
    began = time.perf_counter()
    told.start("compiling (kept for the next time)", 1)
    executor.prepare(grammar)
    told.finish(f"{time.perf_counter() - began:.1f} s")


def make_executor(domain: Domain, workers: int) -> Executor:
    """Return the executor for so many workers; one worker is this process itself."""
    return Serial(domain) if workers == 1 else Processes(domain, workers)


def available_cores() -> int:
    """Return how many cores this process may use."""
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1
