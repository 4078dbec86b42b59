"""Threads that run programs: each has an evaluator of its own, and results come in order."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Generator, Iterable, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import ExitStack
from typing import Any, Protocol, TypeVar

import numpy as np
from numpy.typing import NDArray

from ...dsl import Type
from ...enumerate import time_limit
from ...enumerate.topdown import ProgramBatch
from .dream_set import Dreams

__all__ = ["ProgramRunner", "WorkerPool"]

T = TypeVar("T")
S = TypeVar("S")

AHEAD = 16
"""Items under way at a time."""


class ProgramRunner(Protocol):
    """Runs programs on inputs."""

    def behaviours(
        self, batch: ProgramBatch, inputs: Sequence[Any], request: Type
    ) -> tuple[NDArray[np.int64], NDArray[np.bool_]]:
        """Return a hash of what each program does, 0 if of no use, and whether that is constant."""

    def outputs(self, batch: ProgramBatch, inputs: Sequence[Any], request: Type) -> Dreams:
        """Return the programs as dreams on one set of inputs."""


class WorkerPool:
    """Maps work over items.

    Args:
        runners: one for each thread; the thread that asks is one of them.
        is_late: says when programs are to fail, since the time for them is up.
    """

    def __init__(
        self, runners: Sequence[ProgramRunner], is_late: Callable[[], bool] = lambda: False
    ) -> None:
        self._free = list(runners)
        self._is_late = is_late
        self.workers = len(runners)

    def map(self, work: Callable[[ProgramRunner, T], S], items: Iterable[T]) -> Generator[S]:
        """Yield what ``work`` makes of each item, in order.

        An item is asked for when what was made of the one :data:`AHEAD` before it was seen to,
        whatever the number of threads.
        """
        under_way: deque[tuple[T, Future[S]]] = deque()

        def run(item: T) -> S:
            runner = self._free.pop()
            try:
                with time_limit(lambda grace: self._is_late()):
                    return work(runner, item)
            finally:
                self._free.append(runner)

        def oldest() -> S:
            """Return what was made of the oldest item; see to others that wait, until it is."""
            for place, (item, future) in enumerate(under_way):
                if under_way[0][1].done():
                    break
                if future.cancel():
                    under_way[place] = item, Future()
                    under_way[place][1].set_result(run(item))
            return under_way.popleft()[1].result()

        with ExitStack() as stack:
            if self.workers > 1:
                others = stack.enter_context(ThreadPoolExecutor(self.workers - 1))
            for item in items:
                # Without others it waits until this thread sees to it.
                future = others.submit(run, item) if self.workers > 1 else Future[S]()
                under_way.append((item, future))
                if len(under_way) > AHEAD:
                    yield oldest()
            while under_way:
                yield oldest()
