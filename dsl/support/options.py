"""Options: dataclasses whose values people give, checked by what the fields are declared to be."""

from __future__ import annotations

import dataclasses
import operator
import types
import typing
from numbers import Real
from typing import Any

from .errors import ReverieError

__all__ = ["InvalidOption", "check_kinds"]


class InvalidOption(ReverieError):
    """An option has a value that makes no sense; the message says which are allowed."""


_WORDS = {int: "a whole number", float: "a number", bool: "True or False", str: "a text"}


def check_kinds(options: Any) -> None:
    """Check the plain fields of a frozen dataclass, and make the numbers of other libraries plain.

    Args:
        options: an instance, from within its ``__post_init__``.

    Raises:
        InvalidOption: if a value is not of the kind that its field is declared to be.
    """
    hints = typing.get_type_hints(type(options))
    for field in dataclasses.fields(options):
        hint, value = hints[field.name], getattr(options, field.name)
        union = isinstance(hint, types.UnionType)
        allowed = typing.get_args(hint) if union else (hint,)
        if value is None and type(None) in allowed:
            continue
        kind = next((k for k in allowed if k in _WORDS), None)
        if kind is None:
            continue
        try:
            object.__setattr__(options, field.name, _plain(value, kind))
        except (TypeError, ValueError, OverflowError):
            or_none = ", or None" if type(None) in allowed else ""
            raise InvalidOption(
                f"{field.name} must be {_WORDS[kind]}{or_none}; got {value!r:.60}"
                f"{_remedy(value, kind)}"
            ) from None


def _plain(value: Any, kind: type) -> Any:
    if kind is str and isinstance(value, str):
        return value
    if kind is bool and (isinstance(value, bool) or type(value).__name__ in ("bool", "bool_")):
        return bool(value)
    if type(value).__name__ not in ("bool", "bool_"):  # numpy's truth values are no numbers either
        if kind is int:
            return operator.index(value)
        if kind is float and isinstance(value, (int, float)):
            return value
        if kind is float and isinstance(value, Real):  # of numpy, say
            return float(value)
    raise TypeError


def _remedy(value: Any, kind: type) -> str:
    """Say how to write what was probably meant; nothing if that is not clear."""
    if isinstance(value, str) and kind in (int, float):
        try:
            return f"; write {kind(value)!r}, without quotes"
        except ValueError:
            return ""
    if kind is int and isinstance(value, float) and value.is_integer():
        return f"; write {int(value)}"
    return ""
