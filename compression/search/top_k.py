"""The best patterns that a search has met, and children in the order of their bounds."""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from ...dsl import kernel
from ..corpus.kernel_types import INT, LONGS, REAL, REALS
from ..corpus.nodes import Ints, Reals

__all__ = ["TopPatterns"]


class TopPatterns(NamedTuple):
    """The best patterns found, best first.

    Attributes:
        utility: (found,): the exact utility of each.
        start, length: (found,): where its tokens are in ``tokens``.
        steps: how many patterns were looked at; -1 if the table of nodes is full.
        bound: no pattern that was not looked at has a higher utility than this, or than the
            lowest one here.
    """

    utility: Reals
    start: NDArray[np.int64]
    length: NDArray[np.int64]
    tokens: Ints
    steps: int
    bound: float


@kernel(REALS, LONGS, LONGS, INT, REAL, INT, INT)
def insert(
    utility: Reals,
    start: NDArray[np.int64],
    length: NDArray[np.int64],
    found: int,
    value: float,
    begin: int,
    size: int,
) -> int:
    """Put a pattern among the best, after those of equal utility; returns how many there are."""
    at = min(found, utility.size - 1)
    while at > 0 and utility[at - 1] < value:
        utility[at] = utility[at - 1]
        start[at] = start[at - 1]
        length[at] = length[at - 1]
        at -= 1
    utility[at] = value
    start[at] = begin
    length[at] = size
    return min(found + 1, utility.size)


@kernel(REALS, INT, REAL)
def cutoff_of(utility: Reals, found: int, spread: float) -> Any:
    """Return the utility that a pattern must exceed to be among the best."""
    least = utility[0] - spread
    if found == utility.size:
        least = max(least, utility[found - 1])
    return least


@kernel(LONGS, LONGS, LONGS, REALS, INT, INT)
def sort(
    token: NDArray[np.int64],
    start: NDArray[np.int64],
    rows: NDArray[np.int64],
    bound: Reals,
    first: int,
    end: int,
) -> None:
    """Sort children by their bound, the best last, since they are taken from the end."""
    for i in range(first + 1, end):
        t, s, r, b = token[i], start[i], rows[i], bound[i]
        j = i
        while j > first and bound[j - 1] > b:
            token[j] = token[j - 1]
            start[j] = start[j - 1]
            rows[j] = rows[j - 1]
            bound[j] = bound[j - 1]
            j -= 1
        token[j], start[j], rows[j], bound[j] = t, s, r, b
