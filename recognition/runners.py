"""Threads that run programs: each has an evaluator of its own, and results come in order."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import TypeVar

from ..dsl.interpreter import Limits
from ..dsl.library import Library
from .evaluating import Runner

__all__ = ["Runners"]

T = TypeVar("T")
S = TypeVar("S")


class Runners:
    """Maps work over items.

    Args:
        library: whose programs are run.
        limits: of the domain.
        workers: threads.
    """

    def __init__(self, library: Library, limits: Limits, workers: int) -> None:
        self._free = [Runner(library, limits) for _ in range(workers)]
        self.workers = workers

    def map(self, work: Callable[[Runner, T], S], items: Iterable[T]) -> Iterator[S]:
        """Yield what ``work`` makes of each item; items are taken a few ahead."""
        if self.workers == 1:
            for item in items:
                yield work(self._free[0], item)
            return

        def run(item: T) -> S:
            runner = self._free.pop()
            try:
                return work(runner, item)
            finally:
                self._free.append(runner)

        waiting = []
        with ThreadPoolExecutor(self.workers) as threads:
            for item in items:
                waiting.append(threads.submit(run, item))
                if len(waiting) > 2 * self.workers:
                    yield waiting.pop(0).result()
            while waiting:
                yield waiting.pop(0).result()
