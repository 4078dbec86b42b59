"""Searches in worker processes of this machine."""

from __future__ import annotations

import logging
import math
import multiprocessing
import os
import signal
import sys
import threading
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import closing
from dataclasses import replace
from multiprocessing.connection import Connection
from typing import Any

import cloudpickle

from ..dsl import Domain, Grammar, Task, Weights
from ..enumerate import Budget, SearchResult
from ..enumerate.native import give_up
from .executor import NO_MEMORY, Results, given_up, tell_stopped
from .main_module import end_if_starting, forget_no_file, packed_domain
from .tracing import place_in, traced
from .worker import begin, compile_primitive, packed, work
from .worker_pool import Call, Outcome, WorkerPool

__all__ = ["Processes"]

logger = logging.getLogger(__name__)

MOST_THREADS = 4
"""Of one search: each reserves half a gigabyte of what its worker may have."""

OUT_OF_MEMORY = 77
"""Exit code of a worker that may have no more."""

COMPILING = 120.0
"""Seconds after which a primitive counts as one that numba cannot compile."""


_trace: list[Connection] = []
"""Where this worker process writes where it is, should a fault end it."""


def _begin(trace: Connection, domain: bytes, memory: float) -> None:
    _trace[:] = [trace]
    # Ctrl-C reaches the whole process group; the parent decides what becomes of the workers.
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    threading.Thread(target=_end_with_parent, args=(os.getppid(),), daemon=True).start()
    sys.stdout = sys.stderr  # what a domain prints is no result
    begin(domain, memory)


def _end_with_parent(parent: int) -> None:
    """End this worker when the process that it works for was killed."""
    while os.getppid() == parent:
        time.sleep(0.5)
    os._exit(1)


def _work(patience: float | None, number: int, language: bytes, task: bytes, *rest: Any) -> bytes:
    try:
        read: Task = cloudpickle.loads(task)
        found = traced(_trace[0], patience, lambda: work(number, language, read, *rest))
        return cloudpickle.dumps(found)  # type: ignore[no-any-return]
    except MemoryError:
        os._exit(OUT_OF_MEMORY)  # what it holds may be lost for good: the next starts afresh


def _start_method() -> str:
    """Return how workers start: a fork server is fast, and gives them none of our threads."""
    methods = multiprocessing.get_all_start_methods()
    return "forkserver" if "forkserver" in methods else "spawn"


class Processes:
    """Searches several tasks at once, each in a worker process.

    A worker that dies, or that does not come back from a primitive long after its time, costs its
    task's search and nothing else: it is replaced, and the log says which task it was. With fewer
    tasks than workers, each worker has the cores of several to use.

    Args:
        domain: what the tasks are of.
        workers: how many processes.
        memory: GB that one search may use; a worker may grow to twice that.
        grace: seconds that a search may take beyond twice its budget.
    """

    def __init__(
        self, domain: Domain, workers: int, *, memory: float = 2.0, grace: float = 10.0
    ) -> None:
        end_if_starting()
        forget_no_file()
        context = multiprocessing.get_context(_start_method())
        if context.get_start_method() == "forkserver":
            context.set_forkserver_preload([__name__])
        arguments = packed_domain(domain), memory
        self._pool = WorkerPool(workers, context, _begin, arguments)
        self.domain = domain
        self._workers = workers
        self._grace = grace
        self._grammars = 0

    def prepare(self, grammar: Grammar) -> None:
        # Each worker compiles some; later all load all of it from disk.
        primitives = grammar.library.primitives
        waiting = list(enumerate(primitives))
        # What kills a process may be want of memory, and no fault of the primitive: once more.
        for last in (False, True):
            calls = [Call(place, compile_primitive, (place[0],), COMPILING) for place in waiting]
            waiting = []
            for place, outcome in self._pool.run(calls):
                if outcome.error is not None:
                    raise outcome.error
                if outcome.timed_out:
                    reason = f"compiling it took more than {COMPILING:.0f} s"
                elif outcome.exit_code is not None:
                    reason = f"compiling it ended the process, exit code {outcome.exit_code}"
                    if not last:
                        waiting.append(place)
                        continue
                else:
                    continue
                primitive = place[1]
                give_up(primitive, reason)
                logger.warning("primitive %s runs in Python, today: %s", primitive.name, reason)

    def search(
        self,
        grammar: Grammar,
        tasks: Sequence[Task],
        budget: Budget,
        search: str,
        guides: Mapping[str, Weights] | None = None,
    ) -> Results:
        self._grammars += 1
        language = packed(grammar)
        if 0 < len(tasks) < self._workers:
            budget = replace(budget, threads=min(self._workers // len(tasks), MOST_THREADS))
        patience = None if math.isinf(budget.seconds) else 2 * budget.seconds + self._grace
        told = None if patience is None else patience - min(1.0, self._grace / 2)

        def calls() -> Iterator[Call[Task]]:
            for task in tasks:
                weights = (guides or {}).get(task.name)
                # By value, like the domain: its values may be of classes of the main program.
                sent = cloudpickle.dumps(task)
                arguments = (self._grammars, language, sent, budget, search, weights)
                yield Call(task, _work, (told, *arguments), patience)

        with closing(self._pool.run(calls())) as outcomes:
            for task, outcome in outcomes:
                yield task, _result(outcome, task, patience)

    @property
    def processes(self) -> list[int]:
        """The identities of the worker processes."""
        return self._pool.processes

    def close(self) -> None:
        self._pool.close()


def _result(outcome: Outcome, task: Task, patience: float | None) -> SearchResult:
    """Return what a search found; nothing if it hung or took its worker down."""
    where = place_in(outcome.trace)
    if outcome.timed_out:
        reason = f"its search did not end within {patience:.0f} s{where or ': a primitive hangs'}"
        return given_up(task, reason, patience or 0.0)
    if outcome.exit_code == OUT_OF_MEMORY:
        return given_up(task, NO_MEMORY)
    if outcome.ended:
        return given_up(task, f"its {outcome.ended}{where}")
    if outcome.error is not None:
        raise outcome.error
    found: SearchResult = cloudpickle.loads(outcome.value)
    tell_stopped(task, found)
    return found
