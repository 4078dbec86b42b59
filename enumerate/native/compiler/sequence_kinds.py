"""Kinds of sequences in compiled code, and what their elements are."""

from __future__ import annotations

from typing import Any

from ....dsl import kernel_types
from .exception_cleanup import with_passes
from .numba_types import ListView
from .number_kinds import is_real, is_whole

__all__ = ["RELEASING", "element_of", "is_iterable", "is_list", "is_ordered", "passes_once"]

RELEASING = with_passes()
"""The passes of numba that functions of sequences are compiled with."""


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
        return all(is_ordered(k) and not is_real(k) for k in kind)
    return is_whole(kind) or is_real(kind) or kind == kernel_types.unicode_type
