"""Inverse semantics: the second operand of an operation, looked up by the values it must have.

In ``op(x, y) = goal`` an inverse of ``op`` gives for each ``x`` the values that ``y`` must have
(Polozov and Gulwani 2015, FlashMeta), and a hash table says which candidate has them, by the points
where the goal determines the value: so pairs are found without going through pairs, as in
bidirectional search (Lee 2021, Duet). An operation with a known operand may also be *peeled* off
the goal first.
"""

from __future__ import annotations

from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from ....dsl import njit
from ...native.memory.block_access import is_integer
from ...native.memory.word_layout import ERROR
from ..bank.value_interning import mix
from ..intervals import undo
from .row_kinds import DUPLICATE, PARTIAL, VALUE

__all__ = [
    "ANY",
    "LEAST_DETERMINED",
    "PAIRS",
    "complete",
    "index_points",
    "index_rows",
    "pair",
    "undo_each",
    "within",
]

Words = NDArray[np.int64]

_OPTIONS: dict[str, Any] = {"cache": True, "nogil": True, "error_model": "numpy"}

ANY: Final = 1 << 62
"""Bounds this far out, either side of 0, say that a value does not matter, nor if there is none."""

LEAST_DETERMINED: Final = 3
"""Points that a goal has to tell all about, or there are too many pairs that meet it."""
ROWS: Final = 20
PAIRS: Final = 256
"""Rows, and pairs of rows, that are noted for one goal."""

CLUSTER: Final = 64
"""Rows that are equal at some points, of which no more are kept: a few points are soon met."""


@njit("int64(int64[:, ::1], uint8[::1], int64[::1], int32[::1])", **_OPTIONS)
def index_rows(values: Words, kinds: Any, costs: Words, table: Any) -> int:
    """Fill a hash table with the rows that are values everywhere, of equal ones the cheapest.

    Args:
        values: int64[n, p].
        kinds: uint8[n], :mod:`.row_kinds`. Of the rows that are ``VALUE``, those that fail
            somewhere become ``PARTIAL``, and of equal ones all but the cheapest ``DUPLICATE``.
        costs: int64[n].
        table: int32[2**k], more than twice ``n``; receives row numbers, -1 where free.

    Returns:
        How many rows are in the table.
    """
    table[:] = -1
    mask = len(table) - 1
    found = 0
    for r in range(len(values)):
        if kinds[r] != VALUE:
            continue
        h = 0
        good = True
        for p in range(values.shape[1]):
            word = values[r, p]
            good = good and word != ERROR
            h = mix(h, word)
        if not good:
            kinds[r] = PARTIAL
            continue
        slot = h & mask
        while table[slot] >= 0:
            other = table[slot]
            same = True
            for p in range(values.shape[1]):
                if values[other, p] != values[r, p]:
                    same = False
                    break
            if same:
                break
            slot = (slot + 1) & mask
        if table[slot] < 0:
            table[slot] = r
            found += 1
        elif costs[r] < costs[table[slot]]:
            kinds[table[slot]] = DUPLICATE
            table[slot] = r
        else:
            kinds[r] = DUPLICATE
    return found


@njit("void(int64[:, ::1], uint8[::1], int64[::1], int32[::1])", **_OPTIONS)
def index_points(values: Words, kinds: Any, points: Words, table: Any) -> None:
    """Fill a hash table with the rows by their values at some points, where they are values.

    Args:
        values: int64[n, p].
        kinds: uint8[n], as :func:`index_rows` leaves it.
        points: the points that count.
        table: int32[2**k], more than twice ``n``; receives row numbers, -1 where free.
    """
    table[:] = -1
    mask = len(table) - 1
    for r in range(len(values)):
        if kinds[r] != VALUE and kinds[r] != PARTIAL:
            continue
        h = 0
        good = True
        for p in points:
            word = values[r, p]
            good = good and word != ERROR
            h = mix(h, word)
        if not good:
            continue
        slot = h & mask
        equal = 0
        while table[slot] >= 0 and equal < CLUSTER:
            other = table[slot]
            same = True
            for p in points:
                if values[other, p] != values[r, p]:
                    same = False
                    break
            equal += same
            slot = (slot + 1) & mask
        if equal < CLUSTER:
            table[slot] = r


@njit(
    "boolean(int64, int64[::1], int64[::1], int64[::1], int64[::1], int64[::1])",
    **_OPTIONS,
)
def undo_each(
    inverse: int, low: Words, high: Words, known: Words, left_low: Words, left_high: Words
) -> bool:
    """Write what an inverse leaves of a goal at each point; say whether anything can meet it.

    Args:
        inverse: the inverse's number.
        low, high: int64[p], the goal's bounds.
        known: int64[p], the argument that is known.
        left_low, left_high: int64[p], receive the bounds of the other.
    """
    for p in range(len(low)):
        x = known[p]
        if not is_integer(x):
            return False
        left_low[p], left_high[p] = undo(inverse, low[p], high[p], x)
        if left_low[p] > left_high[p]:
            return False
    return True


@njit(
    "int64(int64[:, ::1], uint8[::1], int64[::1], int64[::1], int64[::1], int64, int64[:, ::1])",
    **_OPTIONS,
)
def within(
    values: Words, kinds: Any, costs: Words, low: Words, high: Words, most: int, found: Words
) -> int:
    """Find rows that are within bounds at all points.

    Args:
        values, kinds, costs: see :func:`index_rows`, which was called before.
        low, high: int64[p].
        most: the largest cost wanted.
        found: int64[m, 2], receives cost and row.

    Returns:
        How many were found, at most ``m``.
    """
    count = 0
    for r in range(len(values)):
        if (kinds[r] != VALUE and kinds[r] != PARTIAL) or costs[r] > most:
            continue
        good = True
        for p in range(len(low)):
            if values[r, p] < low[p] or values[r, p] > high[p]:
                good = False
                break
        if good:
            if count == len(found):
                return count
            found[count, 0] = costs[r]
            found[count, 1] = r
            count += 1
    return count


@njit
def _makes(inverse: int, low: Words, high: Words, known: Words, other: Words) -> bool:
    """Say whether an operation makes what is within bounds, wherever it matters."""
    for p in range(len(low)):
        if low[p] <= -ANY:
            continue
        if not is_integer(known[p]):
            return False
        least, greatest = undo(inverse, low[p], high[p], known[p])
        if other[p] < least or other[p] > greatest:
            return False
    return True


@njit(
    "int64(int64[:, ::1], uint8[::1], int64[::1], int32[::1], int64[::1], int64[::1], "
    "int64[::1], int64[:, ::1], int64, int64[:, ::1])",
    **_OPTIONS,
)
def pair(
    values: Words,
    kinds: Any,
    costs: Words,
    table: Any,
    points: Words,
    low: Words,
    high: Words,
    operations: Words,
    most: int,
    found: Words,
) -> int:
    """Find pairs of rows of which operations make the goal.

    Args:
        values, kinds, costs, table: see :func:`index_rows` and :func:`index_points`.
        points: those by which the table is made: the goal tells all there.
        low, high: int64[p], the goal's bounds.
        operations: int64[o, 2], the inverse's number, and the operation's cost.
        most: the largest cost wanted.
        found: int64[m, 4], receives cost, operation, and its rows: the one that is known to the
            inverse, and of those that are what it gives the cheapest.

    Returns:
        How many were found; ``m`` if there are more.
    """
    mask = len(table) - 1
    needed = np.empty(len(points), np.int64)
    count = 0
    for o in range(len(operations)):
        # Of each operation and each row as the argument that is known: the inverse gives the other.
        inverse = operations[o, 0]
        for r in range(len(values)):
            spent = operations[o, 1] + costs[r]
            if (kinds[r] != VALUE and kinds[r] != PARTIAL) or spent >= most:
                continue
            # 1. What must the other argument be at the points of the table? There the inverse must
            # give one integer; these are hashed as the table hashes its rows.
            h = 0
            good = True
            for i in range(len(points)):
                p = points[i]
                x = values[r, p]
                if not (is_integer(x) and is_integer(low[p])):
                    good = False
                    break
                least, greatest = undo(inverse, low[p], low[p], x)
                if least != greatest:
                    good = False
                    break
                needed[i] = least
                h = mix(h, least)
            if not good:
                continue
            # 2. Look these up (open addressing): the cheapest row that has them, checked word by
            # word, since a hash may be that of others, and at the other points by the bounds.
            slot = h & mask
            best = -1
            while table[slot] >= 0:
                other = table[slot]
                slot = (slot + 1) & mask
                if spent + costs[other] > most or (best >= 0 and costs[other] >= costs[best]):
                    continue
                good = True
                for i in range(len(points)):
                    if values[other, points[i]] != needed[i]:
                        good = False
                        break
                if good and len(points) < len(low):
                    good = _makes(inverse, low, high, values[r], values[other])
                if good:
                    best = other
            # 3. One pair for each known argument.
            if best >= 0:
                if count == len(found):
                    return count
                found[count, 0] = spent + costs[best]
                found[count, 1] = o
                found[count, 2] = r
                found[count, 3] = best
                count += 1
    return count


@njit(
    "int64(int64[:, ::1], uint8[::1], int64[::1], int32[::1], int64[::1], int64[::1], "
    "int64[:, ::1], int64[:, ::1], int64, int64[:, ::1], uint8[::1])",
    **_OPTIONS,
)
def complete(
    values: Words,
    kinds: Any,
    costs: Words,
    table: Any,
    low: Words,
    high: Words,
    peels: Words,
    operations: Words,
    most: int,
    found: Words,
    rests: Any,
) -> int:
    """Find what meets a goal, and what meets the rest where an operation is taken off it first.

    Args:
        values, kinds, costs, table: see :func:`index_rows`.
        low, high: int64[p], the goal's bounds.
        peels: int64[k, 3], what is taken off: the inverse's number, the row that is known to it,
            the cost of both. The first is nothing at all, and its number -1.
        operations: int64[o, 2], the inverse's number, and the operation's cost.
        most: the largest cost wanted.
        found: int64[m, 5], receives cost, peel and operation, and the operation's rows as
            :func:`pair` gives them; -1 for the operation and the first row where one row will do.
        rests: uint8[k], receives 1 where pairs are still to be found: the rest does not tell all.

    Returns:
        How many were found, at most ``m``.
    """
    points = np.arange(len(low))
    left_low, left_high = low.copy(), high.copy()
    rows = np.empty((ROWS, 2), np.int64)
    pairs = np.empty((PAIRS, 4), np.int64)
    count = 0
    for k in range(len(peels)):
        # 1. Take the operation off: the bounds that are left for its other argument.
        rests[k] = 0
        spent = peels[k, 2]
        if spent >= most:
            continue
        if peels[k, 0] >= 0:
            known = values[peels[k, 1]]
            if not undo_each(peels[k, 0], low, high, known, left_low, left_high):
                continue
            # What changes nothing was looked for by the first peel.
            if (left_low == low).all() and (left_high == high).all():
                continue
        # 2. Rows that are within these bounds: one will do.
        for i in range(within(values, kinds, costs, left_low, left_high, most - spent, rows)):
            if count < len(found):
                found[count] = spent + rows[i, 0], k, -1, -1, rows[i, 1]
                count += 1
        # 3. Pairs are looked up here if the bounds tell the value at all points; the caller goes on
        # with those that tell it at enough.
        determined = (left_low == left_high).sum()
        if determined < len(low):
            rests[k] = determined >= LEAST_DETERMINED
            continue
        number = pair(
            values,
            kinds,
            costs,
            table,
            points,
            left_low,
            left_high,
            operations,
            most - spent,
            pairs,
        )
        for i in range(number):
            if count < len(found):
                found[count, 0] = spent + pairs[i, 0]
                found[count, 1] = k
                found[count, 2:] = pairs[i, 1:]
                count += 1
    return count
