"""Giving the result of a compiled primitive the type that it is declared with.

A number that equals one of the declared type becomes it: a truth value an integer, an integer a
real. Whether there is one is left to Python where it is not plain. Other values that are not of the
declared type are not compiled; in Python they count as failures.
"""

from __future__ import annotations

from functools import cache
from typing import Any

from ....dsl import kernel_types, overload
from . import exact_numbers as numbers
from . import exact_sequences as sequences
from .leaving import leave_if
from .numba_types import Function, ListView, Payload

__all__ = ["fits", "shaper"]


def fits(value: Any, wanted: Any) -> bool:
    """Say whether values of one numba type are values of another as they are."""
    if isinstance(wanted, Payload) or value == wanted:
        return True
    if isinstance(wanted, ListView) and sequences.is_list(value):
        return fits(sequences.element_of(value), wanted.element)
    if isinstance(wanted, kernel_types.BaseTuple) and isinstance(value, kernel_types.BaseTuple):
        return len(value) == len(wanted) and all(map(fits, value, wanted))
    return isinstance(wanted, Function) and isinstance(value, Function)


@cache
def shaper(wanted: Any) -> Any:
    """Return the function that makes values of a numba type of others (compiled code only)."""

    def shape(value: Any) -> Any:
        """Return a value with the declared type."""
        raise NotImplementedError

    @overload(shape)
    def choose(value: Any) -> Any:
        def as_truth(value: Any) -> bool:
            whole = numbers.widen(value)
            leave_if(whole != 0 and whole != 1)
            return whole == 1  # type: ignore[no-any-return]

        if fits(value, wanted):
            return lambda value: value
        if numbers.is_whole(value) and wanted == kernel_types.int64:
            return lambda value: numbers.widen(value)  # noqa: PLW0108 - an intrinsic is called
        if numbers.is_whole(value) and wanted == kernel_types.float64:
            return lambda value: numbers.exact(value)  # noqa: PLW0108
        if numbers.is_whole(value) and wanted == kernel_types.boolean:
            return as_truth
        return None

    return shape
