"""Python's functions of sequences in compiled code: sums, membership, equality, and all others.

Numba's own sums wrap, and its conversions between types of numbers are silent. These are written in
Python over the checked operations, for elements of one type. Those that make lists are in
:mod:`.exact_lists`, those that need an order in :mod:`.exact_ordering`; all are reached from here.
"""

from __future__ import annotations

import sys
from typing import Any

from ....dsl import kernel_types, overload
from . import exact_numbers as numbers
from .exact_lists import add_to, as_list, backwards, joined, length, negation, truth
from .exact_ordering import (
    greater,
    in_order,
    in_order_by,
    in_order_by_or_reverse,
    in_order_or_reverse,
    least,
    least_by,
    least_of_three,
    least_or,
    lesser,
    most,
    most_by,
    most_of_three,
    most_or,
    ranks,
    same,
)
from .leaving import leave_if
from .numba_types import ListView, Payload
from .sequence_kinds import RELEASING, element_of, is_iterable, is_list, is_ordered, passes_once

__all__ = [
    "add_to",
    "as_list",
    "backwards",
    "element_of",
    "greater",
    "in_order",
    "in_order_by",
    "in_order_by_or_reverse",
    "in_order_or_reverse",
    "is_iterable",
    "is_list",
    "joined",
    "least",
    "least_by",
    "least_of_three",
    "least_or",
    "length",
    "lesser",
    "most",
    "most_by",
    "most_of_three",
    "most_or",
    "negation",
    "passes_once",
    "ranks",
    "same",
    "truth",
]


# ---- all and any --------------------------------------------------------------------------------


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


# ---- sums --------------------------------------------------------------------------


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
