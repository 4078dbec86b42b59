"""The operations of views, with Python's meaning, and equality of payloads."""

from __future__ import annotations

import operator
from typing import Any

from ....dsl import kernel_types, njit, overload
from ..memory.block_access import allocate, call_address, equal
from ..memory.word_layout import CALLBACK, DATA, EMPTY, EQUAL_HANDLES, ERROR, TRUE
from .numba_types import ListView, Payload, _make_view, box, unboxer

__all__ = ["to_list"]


def to_list(value: Any) -> Any:
    """Return a real list of a view, anything else as it is (compiled code only)."""
    raise NotImplementedError


@overload(to_list)
def _to_list(value: Any) -> Any:
    if isinstance(value, ListView):
        return lambda value: [x for x in value]  # noqa: C416 - list(...) is not the same to numba
    return lambda value: value


@overload(len)
def _len(view: Any) -> Any:
    if isinstance(view, ListView):
        return lambda view: view.payload & 0xFFFF
    return None


@overload(bool)
def _bool(view: Any) -> Any:
    if isinstance(view, ListView):
        return lambda view: view.payload & 0xFFFF != 0
    return None


@overload(operator.not_)
def _not(view: Any) -> Any:
    if isinstance(view, ListView):
        return lambda view: view.payload & 0xFFFF == 0
    return None


@overload(operator.getitem)
def _getitem(view: Any, index: Any) -> Any:
    if not isinstance(view, ListView):
        return None
    if isinstance(index, kernel_types.Integer):
        unbox = unboxer(view.element)

        def get(view: Any, index: int) -> Any:
            count = len(view)
            if index < 0:
                index += count
            if index < 0 or index >= count:
                raise IndexError("list index out of range")
            start = (view.payload & DATA) >> 16
            return unbox(view.memory, view.depth, view.memory[start + index])

        return get
    if index == kernel_types.slice2_type:

        def window(view: Any, index: Any) -> Any:
            count = len(view)
            first, last, _ = index.indices(count)
            start = ((view.payload & DATA) >> 16) + first
            return _make_view(view, EMPTY | start << 16 | max(last - first, 0))

        return window
    if isinstance(index, kernel_types.SliceType):

        def cut(view: Any, index: Any) -> Any:
            first, last, step = index.indices(len(view))
            places = range(first, last, step)
            new = allocate(view.memory, len(places))
            if new == 0:
                raise MemoryError
            start = (view.payload & DATA) >> 16
            to = new
            for place in places:
                view.memory[to] = view.memory[start + place]
                to += 1
            return _make_view(view, EMPTY | new << 16 | len(places))

        return cut
    return None


@overload(operator.add)
def _add(left: Any, right: Any) -> Any:
    if isinstance(left, ListView) and isinstance(right, ListView):
        if left.element != right.element:
            return None

        def join(left: Any, right: Any) -> Any:
            count, more = len(left), len(right)
            if count + more > 0xFFFF:
                raise OverflowError("a list that is too long")
            memory = left.memory
            new = allocate(memory, count + more)
            if new == 0:
                raise MemoryError
            start = (left.payload & DATA) >> 16
            for i in range(count):
                memory[new + i] = memory[start + i]
            start = (right.payload & DATA) >> 16
            for i in range(more):
                memory[new + count + i] = memory[start + i]
            return _make_view(left, EMPTY | new << 16 | (count + more))

        return join
    if (
        isinstance(left, kernel_types.List)
        and isinstance(right, ListView)
        and left.dtype == right.element
    ):

        def before(left: Any, right: Any) -> Any:
            return _make_view(right, box(right.memory, left)) + right

        return before
    if (
        isinstance(left, ListView)
        and isinstance(right, kernel_types.List)
        and left.element == right.dtype
    ):

        def after(left: Any, right: Any) -> Any:
            return left + _make_view(left, box(left.memory, right))

        return after
    return None


def _comparable(kind: Any) -> bool:
    """Say whether equality of words is what Python's equality is."""
    if isinstance(kind, Payload):
        return bool(kind.comparable)
    if isinstance(kind, ListView):
        return _comparable(kind.element)
    if isinstance(kind, kernel_types.BaseTuple):
        return all(map(_comparable, kind))
    return kind in (
        kernel_types.int64,
        kernel_types.boolean,
        kernel_types.float64,
        kernel_types.unicode_type,
    )


@njit
def _same(left: Any, right: Any) -> bool:
    """Compare two boxes; where they hold objects of Python, by calling Python."""
    memory = left.memory
    result = equal(memory, left.payload, right.payload, 0)
    if result < 2:
        return result == 1
    new = allocate(memory, 2)
    if new == 0:
        raise MemoryError
    memory[new] = left.payload
    memory[new + 1] = right.payload
    answer = call_address(memory[CALLBACK], memory, (left.depth, EQUAL_HANDLES, new))
    if answer == ERROR:
        raise TypeError
    return answer == TRUE


@overload(operator.eq)
def _eq(left: Any, right: Any) -> Any:
    if isinstance(left, (ListView, Payload)) and left == right and _comparable(left):
        return lambda left, right: _same(left, right)  # noqa: PLW0108 - it has annotations
    return None


@overload(operator.ne)
def _ne(left: Any, right: Any) -> Any:
    if isinstance(left, (ListView, Payload)) and left == right and _comparable(left):
        return lambda left, right: not (left == right)  # noqa: SIM201 - it would call itself
    return None


@overload(operator.contains)
def _contains(view: Any, value: Any) -> Any:
    if isinstance(view, ListView) and view.element == value and _comparable(value):

        def contains(view: Any, value: Any) -> bool:
            for element in view:  # noqa: SIM110 - compiled code
                if element == value:
                    return True
            return False

        return contains
    return None


@overload(reversed)
def _reversed(sequence: Any) -> Any:
    if isinstance(sequence, ListView):
        return lambda sequence: sequence[::-1]
    return None
