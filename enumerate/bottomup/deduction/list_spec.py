"""Partial list specifications: an interval for each element, and whether the list may go on.

What is left of a list goal when an operation is undone on each element need not determine every
element, nor what comes behind a shorter list that was zipped with it. A kernel matches lists of the
bank against it. Ours.
"""

from __future__ import annotations

from functools import cached_property
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ....dsl import njit
from ...native.memory.block_access import pointer_to
from ...native.memory.word_layout import DATA, LIST, TAG
from ..intervals import Bounds

__all__ = ["ListSpec", "match_lists"]

Words = NDArray[np.int64]


class ListSpec:
    """A list on each example, as far as it is told.

    Attributes:
        low, high: int64[n], the :mod:`.intervals` of its elements, one example after another.
        ends: int64[examples], where the elements of each end.
        longer: bool[examples], whether a list that goes on behind them will do as well.
    """

    def __init__(self, low: Words, high: Words, ends: Words, longer: NDArray[np.bool_]) -> None:
        self.low = low
        self.high = high
        self.ends = ends
        self.longer = longer

    @classmethod
    def exactly(cls, rows: list[list[int]]) -> ListSpec:
        """Return a goal that tells all: lists of the words of elements."""
        words = np.array([word for row in rows for word in row], np.int64)
        ends = np.cumsum([len(row) for row in rows])
        return cls(words, words, ends, np.zeros(len(rows), np.bool_))

    @cached_property
    def key(self) -> tuple[bytes, ...]:
        """What tells this from other goals."""
        parts = (self.low, self.high, self.ends, self.longer)
        return tuple(part.tobytes() for part in parts)

    @cached_property
    def lengths(self) -> tuple[tuple[int, bool], ...]:
        """The number of elements on each example, and whether there may be more."""
        lengths = np.diff(self.ends, prepend=0).tolist()
        return tuple(zip(lengths, self.longer.tolist(), strict=True))

    @cached_property
    def rows(self) -> list[list[Bounds]]:
        """The bounds of the elements on each example."""
        both = list(zip(self.low.tolist(), self.high.tolist(), strict=True))
        ends = self.ends.tolist()
        return [both[start:end] for start, end in zip([0, *ends], ends, strict=False)]

    @property
    def is_exact(self) -> bool:
        """Whether only one list on each example meets this."""
        return not self.longer.any() and bool((self.low == self.high).all())

    def matches(self, address: int, words: Words) -> NDArray[np.int64]:
        """Return which programs' lists meet this.

        Args:
            address: of the block.
            words: int64[n, examples], the values of programs.
        """
        found = np.zeros(len(words), np.bool_)
        match_lists(address, words, self.low, self.high, self.ends, self.longer, found)
        return np.flatnonzero(found)


_OPTIONS: dict[str, Any] = {"cache": True, "nogil": True, "error_model": "numpy"}


@njit(
    "void(int64, int64[:, ::1], int64[::1], int64[::1], int64[::1], boolean[::1], boolean[::1])",
    **_OPTIONS,
)
def match_lists(
    address: int, words: Words, low: Words, high: Words, ends: Words, longer: Any, found: Any
) -> None:
    """Say which programs' lists meet a goal.

    Args:
        address: of the block.
        words: int64[n, examples], the values of programs.
        low, high, ends, longer: see :class:`ListSpec`.
        found: bool[n], written.
    """
    memory = pointer_to(address)
    for r in range(len(words)):
        good = True
        first = 0
        for e in range(len(ends)):
            word = words[r, e]
            count = ends[e] - first
            good = (
                good
                and word >> TAG == LIST
                and (word & 0xFFFF == count or (longer[e] and word & 0xFFFF > count))
            )
            first = ends[e]
        if good:
            first = 0
            for e in range(len(ends)):
                start = ((words[r, e] & DATA) >> 16) - first
                for i in range(first, ends[e]):
                    word = memory[start + i]
                    if word < low[i] or word > high[i]:
                        good = False
                        break
                if not good:
                    break
                first = ends[e]
        found[r] = good
