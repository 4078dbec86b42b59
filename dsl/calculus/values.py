"""Values of types: what JSON or Python gives, taken as a value of a type, or refused."""

from __future__ import annotations

import sys
from typing import Any

from ..support.errors import TypeMismatch
from .types import BOOL, CHAR, INT, REAL, STR, Type, TypeVariable

__all__ = ["to_value"]

_PLAIN = ("int", "bool", "real", "str", "char", "list", "pair")


def to_value(data: Any, type: Type) -> Any:
    """Return ``data``, as JSON or Python gives it, as a value of ``type``.

    An integer becomes a real where one is wanted, a two-element list a pair, a string a list of
    characters. A function is anything that can be called. Values of domain types and of type
    variables are taken as they are.

    Raises:
        TypeMismatch: if it is no such value.
    """
    if type.is_arrow:
        if callable(data):
            return data
        raise TypeMismatch(
            f"{_shown(data)} is no function, as type {type} asks for; JSON cannot hold a function, "
            "so such a task is made in Python"
        )
    if isinstance(type, TypeVariable):
        return data
    if type is INT and isinstance(data, int) and not isinstance(data, bool):
        return data
    if type is BOOL and isinstance(data, bool):
        return data
    if type is REAL and isinstance(data, (int, float)) and not isinstance(data, bool):
        if abs(data) <= sys.float_info.max:  # neither infinite, nor not a number, nor a huge int
            return float(data)
    elif (type is STR and isinstance(data, str)) or (
        type is CHAR and isinstance(data, str) and len(data) == 1
    ):
        return data
    elif type.name == "list" and isinstance(data, (list, tuple)):
        return [to_value(element, type.arguments[0]) for element in data]
    elif type.name == "list" and type.arguments[0] is CHAR and isinstance(data, str):
        return list(data)
    elif type.name == "pair" and isinstance(data, (list, tuple)) and len(data) == 2:
        return tuple(map(to_value, data, type.arguments))
    elif type.name not in _PLAIN:
        return data
    raise TypeMismatch(f"{_shown(data)} is not of type {type}{_remedy(data, type)}")


def _shown(data: Any) -> str:
    shown = repr(data)
    return shown if len(shown) < 80 else shown[:77] + "..."


def _remedy(data: Any, type: Type) -> str:
    """Say how to write what was probably meant; nothing if that is not clear."""
    if type is INT and isinstance(data, float) and data.is_integer():
        return f"; write {int(data)}"
    if type is INT and isinstance(data, bool):
        return f"; write {int(data)}"
    if type is BOOL and data in (0, 1):
        return f"; write {str(bool(data)).lower()}"
    return ""
