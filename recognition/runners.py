"""Threads that run programs: each has an evaluator of its own, and results come in order."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import Any, Protocol, TypeVar

import numpy as np
from numpy.typing import NDArray

from ..dsl.types import Type
from ..enumerate.topdown import Batch
from .dreams import Dreams

__all__ = ["Runners", "Running"]

T = TypeVar("T")
S = TypeVar("S")


class Running(Protocol):
    """Runs programs on inputs."""

    def behaviours(
        self, batch: Batch, inputs: Sequence[Any], request: Type
    ) -> tuple[NDArray[np.int64], NDArray[np.bool_]]:
        """Return a hash of what each program does, 0 if of no use, and whether that is constant."""

    def outputs(self, batch: Batch, inputs: Sequence[Any], request: Type) -> Dreams:
        """Return the programs as dreams on one set of inputs."""


class Runners:
    """Maps work over items.

    Args:
        runners: one for each thread.
    """

    def __init__(self, runners: Sequence[Running]) -> None:
        self._free = list(runners)
        self.workers = len(runners)

    def map(self, work: Callable[[Running, T], S], items: Iterable[T]) -> Iterator[S]:
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
