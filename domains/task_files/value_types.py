"""The type that JSON values have in common, where a task file does not say it."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from ...dsl import BOOL, INT, REAL, STR, Type, TypeConstructor, TypeMismatch, TypeVariable, list_of

__all__ = ["infer_type"]

_UNKNOWN = TypeVariable(0)


def infer_type(values: Iterable[Any]) -> Type:
    """Return the type that JSON values have in common; elements never seen count as integers.

    Raises:
        TypeMismatch: if they have none.

    >>> infer_type([[], [1, 2]]), infer_type([1, 2.5]), infer_type([[[]]])
    (list(int), real, list(list(int)))
    """
    found: Type = _UNKNOWN
    for value in values:
        found = _common(found, _type_of(value))
    return found.replace({0: INT})


def _type_of(value: Any) -> Type:
    if isinstance(value, bool):
        return BOOL
    if isinstance(value, int):
        return INT
    if isinstance(value, float):
        return REAL
    if isinstance(value, str):
        return STR
    if isinstance(value, list):
        element: Type = _UNKNOWN
        for inner in value:
            element = _common(element, _type_of(inner))
        return list_of(element)
    raise TypeMismatch(f"{value!r:.60} is no number, truth value, text or array")


def _common(first: Type, second: Type) -> Type:
    if first is _UNKNOWN or first is second:
        return second
    if second is _UNKNOWN:
        return first
    if {first, second} == {INT, REAL}:
        return REAL
    match first, second:
        case TypeConstructor(name="list", arguments=(one,)), TypeConstructor(
            name="list", arguments=(other,)
        ):
            return list_of(_common(one, other))
    raise TypeMismatch(f"some are {first}, others {second}")
