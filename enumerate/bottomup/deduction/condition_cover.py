"""Condition abduction: branches and a condition that are together right at all points.

Programs that are right at some points each are combined by a condition that is true at the points
of one and false at those of the other, as in Albarghouthi et al. 2013 (Escher, goal graph) and Alur
et al. 2017 (EUSolver, covers of the examples). Here there is one condition, and all is done on sets
of points as bits: where a program is right, where a condition is true. ``min`` and ``max`` are
choices too, whose condition is that the other argument is on the right side.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from ....dsl import njit
from ...native.memory.word_layout import ERROR, TRUE
from ..intervals import undo
from .row_kinds import CONDITION, DUPLICATE, PARTIAL

__all__ = ["cover"]

Words = NDArray[np.int64]

_OPTIONS: dict[str, Any] = {"cache": True, "nogil": True, "error_model": "numpy"}


@njit
def _note(sets: Words, start: int, count: int, bits: int, row: int, cost: int) -> int:
    """Note a set of points unless it is known at no greater cost; return where the sets end."""
    for i in range(start, start + count):
        if sets[i, 0] == bits:
            if cost < sets[i, 2]:
                sets[i, 1] = row
                sets[i, 2] = cost
            return start + count
    if start + count < len(sets) // 2 + (len(sets) // 2 if start else 0):
        sets[start + count, 0] = bits
        sets[start + count, 1] = row
        sets[start + count, 2] = cost
        return start + count + 1
    return start + count


@njit
def _holder(sets: Words, count: int, bits: int) -> int:
    """Return the cheapest set that holds another; -1 if there is none."""
    best = -1
    for i in range(count):
        if sets[i, 0] & bits == bits and (best < 0 or sets[i, 2] < sets[best, 2]):
            best = i
    return best


@njit(
    "int64(int64[:, ::1], uint8[::1], int64[::1], int64[::1], int64[::1], int64, int64, int64, "
    "int64[:, ::1], int64[:, ::1])",
    **_OPTIONS,
)
def cover(
    values: Words,
    kinds: Any,
    costs: Words,
    low: Words,
    high: Words,
    inverse: int,
    cost: int,
    most: int,
    sets: Words,
    found: Words,
) -> int:
    """Find programs that are together right on all points: the arguments of a choice.

    Args:
        values, costs: int64[n, p] and int64[n].
        kinds: uint8[n], as :func:`.index_rows` leaves it.
        low, high: int64[p], the goal's bounds.
        inverse: the inverse of an operation that gives one of its arguments; -1 for a choice,
            which has a condition.
        cost: of the primitive.
        most: the largest cost wanted.
        sets: int64[m, 3], room for distinct sets of points, with row and cost; the conditions use
            a second half.
        found: int64[k, 4], receives cost, and the rows of condition (-1 if there is none) and both
            arguments.

    Returns:
        How many were found, at most ``k``.
    """
    # A set of points is a bit mask. Of rows that are right on the same set only the cheapest is
    # noted, so what follows goes through sets and not through rows.
    points = len(low)
    full = (1 << points) - 1
    half = len(sets) // 2
    value_sets = 0
    condition_sets = 0
    # 1. On which points is each row right, as a condition (where it is true) or as a value (where
    # it is within the goal's bounds)?
    for r in range(len(values)):
        if kinds[r] == DUPLICATE or kinds[r] > PARTIAL or costs[r] + cost >= most:
            continue
        bits = 0
        good = True
        if kinds[r] == CONDITION:
            if inverse >= 0:
                continue
            for p in range(points):
                good = good and values[r, p] != ERROR
                bits |= (1 if values[r, p] == TRUE else 0) << p
            # A condition must not fail anywhere, and one that is the same everywhere tells nothing
            # apart.
            if not good or bits == 0 or bits == full:
                continue
            place = _note(sets, half, condition_sets, bits, r, costs[r])
            condition_sets = max(condition_sets, place - half)
            continue
        for p in range(points):
            word = values[r, p]
            if low[p] <= word <= high[p]:
                bits |= 1 << p
            # Where the goal is not the row's value, it must be possible for it to be the other
            # argument's: the inverse says whether there is such an argument.
            elif inverse >= 0:
                least, greatest = undo(inverse, low[p], high[p], word)
                if word == ERROR or least > greatest:
                    good = False
                    break
        if good and bits:
            value_sets = max(value_sets, _note(sets, 0, value_sets, bits, r, costs[r]))
    count = 0
    # 2. An operation that gives one of its arguments, as max does: the other argument must be right
    # wherever the first is not.
    if inverse >= 0:
        for a in range(value_sets):
            b = _holder(sets, value_sets, full & ~sets[a, 0])
            if b >= 0 and cost + sets[a, 2] + sets[b, 2] <= most and count < len(found):
                found[count, 0] = cost + sets[a, 2] + sets[b, 2]
                found[count, 1] = -1
                found[count, 2] = sets[a, 1]
                found[count, 3] = sets[b, 1]
                count += 1
        return count
    # 3. A choice: one branch must be right where the condition holds, the other where it does not.
    for c in range(half, half + condition_sets):
        a = _holder(sets, value_sets, sets[c, 0])
        if a < 0:
            continue
        b = _holder(sets, value_sets, full & ~sets[c, 0])
        if b < 0:
            continue
        total = cost + sets[c, 2] + sets[a, 2] + sets[b, 2]
        if total <= most and count < len(found):
            found[count, 0] = total
            found[count, 1] = sets[c, 1]
            found[count, 2] = sets[a, 1]
            found[count, 3] = sets[b, 1]
            count += 1
    return count
