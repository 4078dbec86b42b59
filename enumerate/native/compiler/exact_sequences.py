"""Python's functions of sequences in compiled code: sums, extremes, sorting, membership.

Numba's own sort is not stable, its sums wrap, and its conversions between types of numbers are
silent. These are written in Python over the checked operations, for elements of one type.
"""

from __future__ import annotations

import sys
from typing import Any

from ....dsl import kernel_types, njit, overload
from . import exact_numbers as numbers
from .exception_cleanup import with_passes
from .leaving import leave_if
from .numba_types import ListView, Payload

__all__ = ["is_iterable"]

LONGEST = 1 << 20
"""A longer list is left to Python, which knows when memory runs out."""

RELEASING = with_passes()


def is_list(kind: Any) -> bool:
    """Say whether a numba type is of lists."""
    return isinstance(kind, (kernel_types.List, ListView))


def is_iterable(kind: Any) -> bool:
    """Say whether a numba type is of what can be gone through more than once."""
    return (
        is_list(kind)
        or isinstance(kind, (kernel_types.UniTuple, kernel_types.RangeType))
        or kind == kernel_types.unicode_type
    )


def element_of(kind: Any) -> Any:
    """Return the type of the elements; None where it is not known."""
    if isinstance(kind, ListView):
        return kind.element
    if kind == kernel_types.unicode_type:
        return kind
    return getattr(kind, "dtype", None)


def passes_once(kind: Any) -> bool:
    """Say whether a numba type is of what can be gone through, maybe just once."""
    return is_iterable(kind) or isinstance(kind, (kernel_types.EnumerateType, kernel_types.ZipType))


def is_ordered(kind: Any) -> bool:
    """Say whether values of a type have an order in compiled code, which is Python's."""
    if isinstance(kind, kernel_types.BaseTuple):
        return all(is_ordered(k) and not numbers.is_real(k) for k in kind)
    return numbers.is_whole(kind) or numbers.is_real(kind) or kind == kernel_types.unicode_type


# ---- truth --------------------------------------------------------------------------------------


def truth(value: Any) -> bool:
    """Say whether a value counts as true."""
    raise NotImplementedError


@overload(truth)
def _truth(value: Any) -> Any:
    if numbers.is_whole(value):
        return lambda value: numbers.widen(value) != 0
    if numbers.is_real(value):
        return lambda value: value != 0.0
    if is_list(value) or value == kernel_types.unicode_type:
        return lambda value: len(value) != 0
    return None


def negation(value: Any) -> bool:
    """Say whether a value counts as false."""
    raise NotImplementedError


@overload(negation)
def _negation(value: Any) -> Any:
    return lambda value: not truth(value)


def every(values: Any) -> bool:
    """Say whether all count as true."""
    raise NotImplementedError


def some(values: Any) -> bool:
    """Say whether one counts as true."""
    raise NotImplementedError


@overload(every, pipeline_class=RELEASING)
def _every(values: Any) -> Any:
    def every(values: Any) -> bool:
        for value in values:  # noqa: SIM110 - compiled code
            if not truth(value):
                return False
        return True

    return every if passes_once(values) else None


@overload(some, pipeline_class=RELEASING)
def _some(values: Any) -> Any:
    def some(values: Any) -> bool:
        for value in values:  # noqa: SIM110 - compiled code
            if truth(value):
                return True
        return False

    return some if passes_once(values) else None


# ---- making lists -------------------------------------------------------------------------------


def length(values: Any) -> int:
    """Count."""
    raise NotImplementedError


@overload(length)
def _length(values: Any) -> Any:
    if is_iterable(values) or isinstance(values, kernel_types.BaseTuple):
        return lambda values: len(values)  # noqa: PLW0108 - builtins are no functions to numba
    return None


def as_list(values: Any) -> Any:
    """Make a list."""
    raise NotImplementedError


@overload(as_list, pipeline_class=RELEASING)
def _as_list(values: Any) -> Any:
    if passes_once(values):
        return lambda values: [value for value in values]  # noqa: C416 - list() is not the same
    return None


def backwards(values: Any) -> Any:
    """Make a list from the end to the beginning."""
    raise NotImplementedError


@overload(backwards, pipeline_class=RELEASING)
def _backwards(values: Any) -> Any:
    if is_list(values) or isinstance(values, kernel_types.UniTuple):
        return lambda values: [values[i] for i in range(len(values) - 1, -1, -1)]
    return None


def joined(left: Any, right: Any) -> Any:
    """Join lists or strings."""
    raise NotImplementedError


@overload(numbers.add, pipeline_class=RELEASING)
def _joined(left: Any, right: Any) -> Any:
    if is_list(left) and is_list(right) and element_of(left) == element_of(right):
        return lambda left, right: left + right
    if left == right == kernel_types.unicode_type:
        return lambda left, right: left + right
    return None


def add_to(left: Any, right: Any) -> Any:
    """Add to; a list that is added to stays the same list."""
    raise NotImplementedError


@overload(add_to, pipeline_class=RELEASING)
def _add_to(left: Any, right: Any) -> Any:
    def extend(left: Any, right: Any) -> Any:
        for value in as_list(right):
            left.append(value)
        return left

    if isinstance(left, kernel_types.List):
        same = is_iterable(right) and element_of(left) == element_of(right)
        return extend if same else None
    return lambda left, right: numbers.add(left, right)  # noqa: PLW0108 - it is overloaded


@overload(numbers.multiply, pipeline_class=RELEASING)
def _repeated(left: Any, right: Any) -> Any:
    def repeat(left: Any, right: Any) -> Any:
        count = numbers.widen(right)
        size = len(left)
        leave_if(count > LONGEST or (count > 0 and size * count > LONGEST))
        return [left[i] for _ in range(count) for i in range(size)]

    if is_list(left) and numbers.is_whole(right):
        return repeat
    if is_list(right) and numbers.is_whole(left):
        return lambda left, right: right * left
    return None


# ---- sums and extremes --------------------------------------------------------------------------


def total(values: Any) -> Any:
    """Add up."""
    raise NotImplementedError


def product(values: Any) -> Any:
    """Multiply all."""
    raise NotImplementedError


@overload(total, pipeline_class=RELEASING)
def _total(values: Any) -> Any:
    def whole(values: Any) -> int:
        result = 0
        for value in values:
            result = numbers.add(result, value)
        return result

    def real(values: Any) -> float:
        leave_if(len(values) == 0)  # the integer 0
        result = 0.0
        for value in values:
            result += value
        return result

    if not is_iterable(values):
        return None
    if numbers.is_whole(element_of(values)):
        return whole
    # Later versions add reals more exactly.
    return real if numbers.is_real(element_of(values)) and sys.version_info < (3, 12) else None


@overload(product, pipeline_class=RELEASING)
def _product(values: Any) -> Any:
    def whole(values: Any) -> int:
        result = 1
        for value in values:
            result = numbers.multiply(result, value)
        return result

    return whole if is_iterable(values) and numbers.is_whole(element_of(values)) else None


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


# ---- membership ---------------------------------------------------------------------------------


def holds(values: Any, value: Any) -> bool:
    """Say whether a value is among others."""
    raise NotImplementedError


@overload(holds, pipeline_class=RELEASING)
def _holds(values: Any, value: Any) -> Any:
    def search(values: Any, value: Any) -> bool:
        for other in values:  # noqa: SIM110 - compiled code
            if numbers.equals(other, value):
                return True
        return False

    if values == kernel_types.unicode_type:
        return (lambda values, value: value in values) if value == values else None
    if is_iterable(values) and element_of(values) == kernel_types.unliteral(value):
        return search
    return None


def _is_comparable(kind: Any) -> bool:
    """Say whether compiled code compares values of a type as Python does."""
    if isinstance(kind, kernel_types.BaseTuple):
        return all(map(_is_comparable, kind))
    if isinstance(kind, (kernel_types.List, ListView)):
        return _is_comparable(element_of(kind))
    if isinstance(kind, Payload):
        return bool(kind.comparable)
    return numbers.is_whole(kind) or numbers.is_real(kind) or kind == kernel_types.unicode_type


@overload(numbers.equals, pipeline_class=RELEASING)
def _equals(left: Any, right: Any) -> Any:
    def lists(left: Any, right: Any) -> bool:
        if len(left) != len(right):
            return False
        for i in range(len(left)):  # noqa: SIM110 - compiled code
            if not numbers.equals(left[i], right[i]):
                return False
        return True

    if not (_is_comparable(left) and _is_comparable(right)):
        return None
    if left == right and (
        isinstance(left, (ListView, Payload)) or left == kernel_types.unicode_type
    ):
        return lambda left, right: left == right
    if is_list(left) and is_list(right) and element_of(left) == element_of(right):
        return lists
    if isinstance(left, kernel_types.BaseTuple) and left == right:
        return lambda left, right: left == right
    return None


@overload(numbers.differs, pipeline_class=RELEASING)
def _differs(left: Any, right: Any) -> Any:
    if numbers.is_whole(left) or numbers.is_real(left):
        return None
    return lambda left, right: not numbers.equals(left, right)


def _register_order(function: Any, compare: Any) -> None:
    @overload(function)
    def choose(left: Any, right: Any) -> Any:
        if left != right or not is_ordered(left):
            return None
        if isinstance(left, kernel_types.BaseTuple) or left == kernel_types.unicode_type:
            return lambda left, right: compare(left, right)  # noqa: PLW0108 - numba wants it
        return None


for _function, _compare in numbers.COMPARISONS.items():
    if _function not in (numbers.equals, numbers.differs):
        _register_order(_function, _compare)
