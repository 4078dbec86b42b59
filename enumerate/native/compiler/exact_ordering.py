"""What needs the order of elements: the least, the greatest, and sorting.

Numba's own sort is not stable; this one is a merge sort, which is.
"""

from __future__ import annotations

from typing import Any

from ....dsl import kernel_types, njit, overload
from . import exact_numbers as numbers
from .exact_lists import as_list, backwards, truth
from .leaving import leave_if
from .sequence_kinds import RELEASING, element_of, is_iterable, is_ordered, passes_once

__all__ = [
    "greater",
    "in_order",
    "in_order_by",
    "in_order_by_or_reverse",
    "in_order_or_reverse",
    "least",
    "least_by",
    "least_of_three",
    "least_or",
    "lesser",
    "most",
    "most_by",
    "most_of_three",
    "most_or",
    "ranks",
    "same",
]

# ---- extremes -----------------------------------------------------------------------------------


def least(values: Any) -> Any:
    """Find the smallest."""
    raise NotImplementedError


def most(values: Any) -> Any:
    """Find the largest."""
    raise NotImplementedError


def least_or(values: Any, default: Any) -> Any:
    """Find the smallest, if there is any."""
    raise NotImplementedError


def most_or(values: Any, default: Any) -> Any:
    """Find the largest, if there is any."""
    raise NotImplementedError


def least_by(values: Any, key: Any) -> Any:
    """Find the first one with the smallest key."""
    raise NotImplementedError


def most_by(values: Any, key: Any) -> Any:
    """Find the first one with the largest key."""
    raise NotImplementedError


def lesser(one: Any, other: Any) -> Any:
    """Choose the smaller of two."""
    raise NotImplementedError


def greater(one: Any, other: Any) -> Any:
    """Choose the larger of two."""
    raise NotImplementedError


def least_of_three(one: Any, two: Any, three: Any) -> Any:
    """Choose the smallest of three."""
    raise NotImplementedError


def most_of_three(one: Any, two: Any, three: Any) -> Any:
    """Choose the largest of three."""
    raise NotImplementedError


def _register_extreme(
    one: Any, default: Any, by: Any, of_two: Any, of_three: Any, better: Any
) -> None:
    def extreme(values: Any) -> Any:
        if len(values) == 0:
            raise ValueError
        found = values[0]
        for value in values:
            if better(value, found):
                found = value
        return found

    def extreme_by(values: Any, key: Any) -> Any:
        if len(values) == 0:
            raise ValueError
        found = values[0]
        score = key(found)
        for i in range(1, len(values)):
            other = key(values[i])
            if better(other, score):
                found, score = values[i], other
        return found

    @overload(one, pipeline_class=RELEASING)
    def choose(values: Any) -> Any:
        return extreme if is_iterable(values) and is_ordered(element_of(values)) else None

    @overload(default, pipeline_class=RELEASING)
    def choose_or(values: Any, default: Any) -> Any:
        same = is_iterable(values) and element_of(values) == kernel_types.unliteral(default)
        if same and is_ordered(element_of(values)):
            return lambda values, default: default if len(values) == 0 else one(values)
        return None

    @overload(by, pipeline_class=RELEASING)
    def choose_by(values: Any, key: Any) -> Any:
        return extreme_by if is_iterable(values) else None

    @overload(of_two)
    def choose_of_two(one: Any, other: Any) -> Any:
        same = kernel_types.unliteral(one) == kernel_types.unliteral(other)
        if same and is_ordered(one):
            return lambda one, other: other if better(other, one) else one
        return None

    @overload(of_three)
    def choose_of_three(one: Any, two: Any, three: Any) -> Any:
        return lambda one, two, three: of_two(of_two(one, two), three)


_register_extreme(least, least_or, least_by, lesser, least_of_three, numbers.is_less)
_register_extreme(most, most_or, most_by, greater, most_of_three, numbers.is_more)


# ---- sorting ------------------------------------------------------------------------------------


def same(value: Any) -> Any:
    """Return a value as it is."""
    return value


@njit
def _identity(value: Any) -> Any:
    return value


def ranks(keys: Any) -> Any:
    """Return the positions of keys in ascending order; equal ones keep theirs."""
    raise NotImplementedError


@overload(ranks, pipeline_class=RELEASING)
def _ranks(keys: Any) -> Any:
    if not is_ordered(keys.dtype):
        return None
    reals = numbers.is_real(keys.dtype)

    def merge(keys: Any) -> Any:
        count = len(keys)
        if reals:
            for key in keys:
                leave_if(key != key)  # without an order
        now = [i for i in range(count)]  # noqa: C416 - compiled code
        then = [i for i in range(count)]  # noqa: C416
        width = 1
        while width < count:
            for start in range(0, count, 2 * width):
                middle, end = min(start + width, count), min(start + 2 * width, count)
                left, right = start, middle
                for i in range(start, end):
                    if right < end and (
                        left == middle or numbers.is_less(keys[now[right]], keys[now[left]])
                    ):
                        then[i] = now[right]
                        right += 1
                    else:
                        then[i] = now[left]
                        left += 1
            now, then = then, now
            width *= 2
        return now

    return merge


def in_order(values: Any) -> Any:
    """Sort."""
    raise NotImplementedError


def in_order_by(values: Any, key: Any) -> Any:
    """Sort by a key."""
    raise NotImplementedError


def in_order_or_reverse(values: Any, reverse: Any) -> Any:
    """Sort, maybe in descending order."""
    raise NotImplementedError


def in_order_by_or_reverse(values: Any, key: Any, reverse: Any) -> Any:
    """Sort by a key, maybe in descending order."""
    raise NotImplementedError


@overload(in_order, pipeline_class=RELEASING)
def _in_order(values: Any) -> Any:
    return lambda values: in_order_by_or_reverse(values, _identity, False)


@overload(in_order_by, pipeline_class=RELEASING)
def _in_order_by(values: Any, key: Any) -> Any:
    return lambda values, key: in_order_by_or_reverse(values, key, False)


@overload(in_order_or_reverse, pipeline_class=RELEASING)
def _in_order_or_reverse(values: Any, reverse: Any) -> Any:
    return lambda values, reverse: in_order_by_or_reverse(values, _identity, reverse)


@overload(in_order_by_or_reverse, pipeline_class=RELEASING)
def _in_order_by_or_reverse(values: Any, key: Any, reverse: Any) -> Any:
    def sort(values: Any, key: Any, reverse: Any) -> Any:
        given = as_list(values)
        if truth(reverse):
            given = backwards(given)
        result = [given[i] for i in ranks([key(value) for value in given])]
        if truth(reverse):
            result = backwards(result)
        return result

    return sort if passes_once(values) and numbers.is_whole(reverse) else None
