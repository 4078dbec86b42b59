"""Lists made of others as Python makes them, and the truth of values."""

from __future__ import annotations

from typing import Any

from ....dsl import kernel_types, overload
from . import exact_numbers as numbers
from .leaving import leave_if
from .sequence_kinds import RELEASING, element_of, is_iterable, is_list, passes_once

__all__ = ["add_to", "as_list", "backwards", "joined", "length", "negation", "truth"]

LONGEST = 1 << 20
"""A longer list is left to Python, which knows when memory runs out."""


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
