"""Interval domain for inverse semantics: what a goal says of one argument of an operation.

``0 * y = 0`` leaves ``y`` open, ``max(3, y) = 3`` says only that ``y`` is at most 3, and ``y // 2 =
4`` that it is 8 or 9. So a goal is not a value but an interval of words, from a lowest to a
highest; they are equal where the goal determines the value, and for whatever is no integer.

An *inverse* takes an interval of an operation's result, and one of its arguments, to the interval
of the other: exactly the values that give such a result. Where there are none, the lowest is above
the highest. Inverse semantics as in Polozov and Gulwani 2015 (FlashMeta); the intervals are ours.
"""

from __future__ import annotations

from typing import Final

from ...dsl import njit

__all__ = ["EXACT", "FREE", "INVERSES", "LARGER", "SMALLER", "Bounds", "meet", "undo"]

Bounds = tuple[int, int]
"""The lowest and the highest word that will do."""

MOST: Final = 1 << 48
"""Beyond all integers; the words of other values, the poison value among them, are beyond this."""
FREE: Final[Bounds] = (-MOST, MOST)
"""The bounds of an integer of which nothing is known."""
NONE: Final[Bounds] = (1, 0)
DIVISOR: Final = 1 << 13
"""Division by larger numbers is not undone, so that no product overflows."""

DIFFERENCE: Final = 0
NEGATIVE_DIFFERENCE: Final = 1
TOTAL: Final = 2
QUOTIENT: Final = 3
DIVIDEND: Final = 4
SMALLER: Final = 5
LARGER: Final = 6

INVERSES: Final = (
    DIFFERENCE, NEGATIVE_DIFFERENCE, TOTAL, QUOTIENT, DIVIDEND, SMALLER, LARGER
)  # fmt: skip
"""What may give an argument ``y`` from the result ``z`` and the other, ``x``: of ``z = x + y``,
``x - y``, ``y - x``, ``x * y``, ``y // x``, ``min(x, y)`` and ``max(x, y)``."""

EXACT: Final = QUOTIENT
"""The inverses up to this give one value for one value, but for factors of 0."""


@njit("UniTuple(int64, 2)(int64, int64, int64, int64)", cache=True, nogil=True)
def undo(inverse: int, low: int, high: int, x: int) -> Bounds:
    """Return the bounds of ``y`` for which ``z`` lies within bounds.

    Args:
        inverse: one of :data:`INVERSES`.
        low, high: bounds of ``z``.
        x: the argument that is known, an integer.
    """
    if low > high:
        return NONE
    is_below = low <= -MOST
    is_above = high >= MOST
    if inverse in (DIFFERENCE, TOTAL):
        by = -x if inverse == DIFFERENCE else x
        return -MOST if is_below else low + by, MOST if is_above else high + by
    if inverse == NEGATIVE_DIFFERENCE:
        return -MOST if is_above else x - high, MOST if is_below else x - low
    if inverse == SMALLER:
        return (NONE if x < low else (low, MOST)) if x <= high else (low, high)
    if inverse == LARGER:
        return (NONE if x > high else (-MOST, high)) if x >= low else (low, high)
    if inverse == QUOTIENT:
        if x == 0:
            return FREE if low <= 0 <= high else NONE
        if x < 0:  # the same of what is negative
            x, low, high, is_below, is_above = -x, -high, -low, is_above, is_below
        return -MOST if is_below else -(-low // x), MOST if is_above else high // x
    by = abs(x)
    if x == 0 or by > DIVISOR:
        return NONE
    least = -MOST if is_below else low * by
    greatest = MOST if is_above else high * by + by - 1
    return (least, greatest) if x > 0 else (-greatest, -least)


def meet(one: Bounds, other: Bounds) -> Bounds:
    """Return the bounds of what lies within both."""
    return max(one[0], other[0]), min(one[1], other[1])
