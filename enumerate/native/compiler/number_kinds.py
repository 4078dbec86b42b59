"""Kinds of numbers in compiled code, and the conversions between them that lose nothing."""

from __future__ import annotations

from typing import Any

from ....dsl import intrinsic, kernel_types, overload
from .leaving import leave_if

__all__ = ["exact", "is_mixed", "is_real", "is_whole", "wholes", "widen"]

EXACT = 1 << 53
"""Integers up to this, either side of 0, are reals."""


def is_whole(kind: Any) -> bool:
    """Say whether a numba type is of integers or truth values."""
    return isinstance(kind, (kernel_types.Integer, kernel_types.Boolean))


def is_real(kind: Any) -> bool:
    """Say whether a numba type is of reals."""
    return isinstance(kind, kernel_types.Float)


def wholes(left: Any, right: Any) -> bool:
    """Say whether two numba types are of integers or truth values."""
    return is_whole(left) and is_whole(right)


def is_mixed(left: Any, right: Any) -> bool:
    """Say whether both are numbers, and at least one is a real."""
    numbers = all(is_whole(k) or is_real(k) for k in (left, right))
    return numbers and (is_real(left) or is_real(right))


@intrinsic
def widen(typingctx: Any, value: Any) -> Any:
    """Return an integer or a truth value as an integer (compiled code only)."""
    source = kernel_types.unliteral(value)

    def codegen(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
        return context.cast(builder, arguments[0], source, kernel_types.int64)

    return kernel_types.int64(source), codegen


def exact(value: Any) -> float:
    """Return a number as a real that is equal to it (compiled code only)."""
    raise NotImplementedError


@overload(exact)
def _exact(value: Any) -> Any:
    if is_real(value):
        return lambda value: value

    def convert(value: Any) -> float:
        whole = widen(value)
        leave_if(whole > EXACT or whole < -EXACT)
        return float(whole)

    return convert if is_whole(value) else None
