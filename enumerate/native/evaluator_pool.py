"""A pool of evaluators: one for each thread, reused by one search after another.

Tasks of one language share its compiled primitives and its block: to make an evaluator takes a
while, and so does touching fresh memory.
"""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager

from ...dsl import Library, Limits
from .evaluator import NativeEvaluator
from .memory.word_layout import BASE, END, TOP

__all__ = ["borrow", "evaluator_of", "forget_all", "restore"]

WORDS = 1 << 26
"""The block's size: address space only, until it is used."""


class _Kept(threading.local):
    """The evaluator that a thread used last."""

    evaluator: NativeEvaluator | None = None


_kept = _Kept()


def evaluator_of(library: Library, limits: Limits) -> NativeEvaluator:
    """Return this thread's evaluator for a library: the one that is kept, if it will do."""
    evaluator = _kept.evaluator
    if evaluator is None or evaluator.library is not library or evaluator.limits != limits:
        _kept.evaluator = None  # let go of its memory first
        evaluator = _kept.evaluator = NativeEvaluator(library, limits, words=WORDS)
    return evaluator


@contextmanager
def borrow(library: Library, limits: Limits) -> Iterator[NativeEvaluator]:
    """Use this thread's evaluator; what is written to its block is dropped at the end."""
    evaluator = evaluator_of(library, limits)
    heap = evaluator.heap
    heap.memory[TOP] = heap.memory[BASE]
    mark = heap.mark()
    try:
        yield evaluator
    finally:
        heap.memory[END] = len(heap.words)
        heap.release(mark)


def forget_all() -> None:
    """Drop this thread's evaluator, and free its memory."""
    _kept.evaluator = None


def restore() -> None:
    """Put back the primitives that had to be stopped in this thread (see :mod:`.watchdog`)."""
    if _kept.evaluator is not None:
        _kept.evaluator.heap.restore()
