"""Where searches run: in this process, or in worker processes, one task each."""

from __future__ import annotations

import logging
import multiprocessing
import os
from collections.abc import Iterator, Sequence
from concurrent.futures import Future, ProcessPoolExecutor, as_completed
from concurrent.futures.process import BrokenProcessPool
from dataclasses import dataclass
from typing import Any, Protocol

import cloudpickle

from .domains.domain import Domain
from .dsl.frontier import Frontier
from .dsl.grammar import Grammar, Weights
from .dsl.task import Task
from .dsl.terms import Abstraction
from .enumerate.search import Budget, Found, Problem
from .enumerate.searches import find_search

__all__ = ["Executor", "Processes", "Serial", "available_cores", "make_executor", "prepare"]


logger = logging.getLogger(__name__)


class Executor(Protocol):
    """Searches tasks, and yields what comes of each as soon as it is known."""

    def search(
        self, grammar: Grammar, tasks: Sequence[Task], budget: Budget, search: str
    ) -> Iterator[tuple[Task, Found]]:
        """Search each task under ``grammar``; results come in any order."""

    def close(self) -> None:
        """Let go of all workers."""


def _search(domain: Domain, grammar: Grammar, task: Task, budget: Budget, search: str) -> Found:
    problem = Problem(task, grammar, domain.likelihood, domain.limits)
    return find_search(search)(problem, budget)


def prepare(domain: Domain, grammar: Grammar, tasks: Sequence[Task], search: str) -> None:
    """Compile what a search of these tasks needs, once, before workers all do it at the same time.

    What is compiled is kept on disk: the first time ever takes a while, later ones a moment.
    """
    for task in tasks[:1]:
        _search(domain, grammar, task, Budget(candidates=1), search)


class Serial:
    """Searches one task after another, in this process."""

    def __init__(self, domain: Domain) -> None:
        self.domain = domain

    def search(
        self, grammar: Grammar, tasks: Sequence[Task], budget: Budget, search: str
    ) -> Iterator[tuple[Task, Found]]:
        for task in tasks:
            yield task, _search(self.domain, grammar, task, budget, search)

    def close(self) -> None: ...


# ---- worker processes --------------------------------------------------------------------------


@dataclass(frozen=True)
class _Language:
    """A grammar without its Python functions, as it travels to a worker.

    Attributes:
        number: tells one grammar of a run from another, so that a worker rebuilds it only once.
        abstractions: the learned functions by name.
        weights: the grammar's weights.
    """

    number: int
    abstractions: dict[str, Abstraction]
    weights: Weights

    def build(self, domain: Domain) -> Grammar:
        return Grammar(domain.library.with_abstractions(self.abstractions), self.weights)


_worker: dict[str, Any] = {}
"""A worker process's own state: its domain, and the last grammar it was sent."""


def _begin(domain: bytes) -> None:
    # Ctrl-C reaches the whole process group; the parent decides what becomes of the workers.
    import signal

    signal.signal(signal.SIGINT, signal.SIG_IGN)
    _worker["domain"] = cloudpickle.loads(domain)


def _work(language: _Language, task: Task, budget: Budget, search: str) -> Found:
    if _worker.get("number") != language.number:
        _worker["grammar"] = language.build(_worker["domain"])
        _worker["number"] = language.number
    return _search(_worker["domain"], _worker["grammar"], task, budget, search)


class Processes:
    """Searches several tasks at once, each in a worker process.

    A worker that dies costs its task's search: what was left is searched one task at a time, and
    a task whose worker dies again is given up.
    """

    def __init__(self, domain: Domain, workers: int) -> None:
        self._domain = cloudpickle.dumps(domain)
        self._workers = workers
        self._pool: ProcessPoolExecutor | None = None
        self._grammars = 0

    def search(
        self, grammar: Grammar, tasks: Sequence[Task], budget: Budget, search: str
    ) -> Iterator[tuple[Task, Found]]:
        self._grammars += 1
        language = _Language(self._grammars, grammar.library.abstractions, grammar.weights)
        left = {task.name: task for task in tasks}
        for task, found in self._pass(language, tasks, budget, search):
            del left[task.name]
            yield task, found
        # Workers died, and took along whatever was searched at the time: one by one, then.
        for task in left.values():
            alone = list(self._pass(language, [task], budget, search))
            if not alone:
                logger.warning(
                    "task %r: the worker process died twice while it was searched; it is given up "
                    "(a primitive may crash, or take all memory)",
                    task.name,
                )
            yield alone[0] if alone else (task, Found(Frontier(task), 0, 0.0))

    def _pass(
        self, language: _Language, tasks: Sequence[Task], budget: Budget, search: str
    ) -> Iterator[tuple[Task, Found]]:
        pool = self._start()
        futures: dict[Future[Found], Task] = {}
        try:
            for task in tasks:
                futures[pool.submit(_work, language, task, budget, search)] = task
            for future in as_completed(futures):
                yield futures[future], future.result()
        except BrokenProcessPool:
            self.close()

    def _start(self) -> ProcessPoolExecutor:
        if self._pool is None:
            methods = multiprocessing.get_all_start_methods()
            # A fork server starts workers fast, and none inherits this process's threads.
            method = "forkserver" if "forkserver" in methods else "spawn"
            context = multiprocessing.get_context(method)
            if method == "forkserver":
                context.set_forkserver_preload([_search.__module__, find_search.__module__])
            self._pool = ProcessPoolExecutor(
                self._workers,
                mp_context=context,
                initializer=_begin,
                initargs=(self._domain,),
            )
        return self._pool

    def close(self) -> None:
        if self._pool is not None:
            processes = list((self._pool._processes or {}).values())
            self._pool.shutdown(wait=False, cancel_futures=True)
            for process in processes:
                process.terminate()
            for process in processes:
                process.join()
            self._pool = None


def make_executor(domain: Domain, workers: int) -> Executor:
    """Return the executor for so many workers; one worker is this process itself."""
    return Serial(domain) if workers == 1 else Processes(domain, workers)


def available_cores() -> int:
    """Return how many cores this process may use."""
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1
