"""Numbers made of others as Python does it: cut, rounded, or a real of an integer."""

from __future__ import annotations

from typing import Any

from ....dsl import overload
from .exact_functions import whole_below
from .leaving import leave_if
from .number_kinds import is_real, is_whole, widen

__all__ = ["round_down", "round_half_even", "round_up", "to_real", "to_whole"]

BEYOND = float(1 << 63)


def to_whole(value: Any) -> int:
    """Cut a number to an integer."""
    raise NotImplementedError


def round_down(value: Any) -> int:
    """Round down."""
    raise NotImplementedError


def round_up(value: Any) -> int:
    """Round up."""
    raise NotImplementedError


def round_half_even(value: Any) -> int:
    """Round to the nearest integer, to the even one if there are two."""
    raise NotImplementedError


def to_real(value: Any) -> float:
    """Return a number as a real, rounded if need be."""
    raise NotImplementedError


def _whole_of(value: float) -> int:
    """Return a real without fraction as an integer (compiled code only)."""
    raise NotImplementedError


@overload(_whole_of)
def __whole_of(value: float) -> Any:
    def convert(value: float) -> int:
        if value - value != 0.0:
            raise ValueError  # infinite, or not a number
        leave_if(value >= BEYOND or value < -BEYOND)
        return int(value)

    return convert


@overload(to_whole)
def _to_whole(value: Any) -> Any:
    if is_whole(value):
        return lambda value: widen(value)  # noqa: PLW0108
    return (lambda value: _whole_of(value)) if is_real(value) else None  # noqa: PLW0108


@overload(round_down)
def _round_down(value: Any) -> Any:
    if is_whole(value):
        return lambda value: widen(value)  # noqa: PLW0108
    return (lambda value: _whole_of(whole_below(value))) if is_real(value) else None


@overload(round_up)
def _round_up(value: Any) -> Any:
    if is_whole(value):
        return lambda value: widen(value)  # noqa: PLW0108
    return (lambda value: _whole_of(-whole_below(-value))) if is_real(value) else None


@overload(round_half_even)
def _round_half_even(value: Any) -> Any:
    def real(value: float) -> int:
        below = whole_below(value)
        rest = value - below
        whole = _whole_of(below)
        if rest > 0.5 or (rest == 0.5 and whole % 2 != 0):
            whole += 1
        return whole

    if is_whole(value):
        return lambda value: widen(value)  # noqa: PLW0108
    return real if is_real(value) else None


@overload(to_real)
def _to_real(value: Any) -> Any:
    if is_whole(value):
        return lambda value: float(widen(value))
    return (lambda value: value) if is_real(value) else None
