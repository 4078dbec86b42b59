"""Options: dataclasses whose values people give, checked by what the fields are declared to be."""

from __future__ import annotations

import dataclasses
import math
import operator
import types
import typing
from numbers import Real
from typing import Any, ClassVar, Self

from .errors import ReverieError, suggest

__all__ = ["InvalidOption", "Options", "check_kinds"]


class InvalidOption(ReverieError):
    """An option has a value that makes no sense; the message says which are allowed."""


class Options:
    """The base of a frozen dataclass of options; its ``__post_init__`` calls the checks.

    Attributes:
        refusal: the error that a wrong option raises.
    """

    refusal: ClassVar[type[ReverieError]] = InvalidOption

    @classmethod
    def make(cls, base: Self | None = None, **options: Any) -> Self:
        """Return ``base``, or the defaults, with some options changed.

        Raises:
            ReverieError: for an option that does not exist, with the nearest that does, or one that
                is out of range.
        """
        names = [f.name for f in dataclasses.fields(cls)]  # type: ignore[arg-type]
        for name in options:
            if name not in names:
                raise cls.refusal(f"there is no option {name!r}{suggest(name, names)}")
        return dataclasses.replace(cls() if base is None else base, **options)  # type: ignore[type-var]

    def check_whole(self, least: int, *names: str) -> None:
        """Refuse all but whole numbers from ``least`` for these options."""
        for name in names:
            value = getattr(self, name)
            if isinstance(value, bool) or not isinstance(value, int) or value < least:
                raise self.refusal(f"{name} must be a whole number from {least}; got {value!r}")

    def check_number(self, least: float, *names: str, finite: bool = False) -> None:
        """Refuse all but numbers from ``least`` for these options."""
        for name in names:
            value = getattr(self, name)
            if not value >= least or (finite and value == math.inf):
                raise self.refusal(f"{name} must be a number from {least:g}; got {value!r}")

    def check_above(self, bound: float, *names: str, finite: bool = False) -> None:
        """Refuse all but numbers above ``bound`` for these options."""
        for name in names:
            value = getattr(self, name)
            if not value > bound or (finite and value == math.inf):
                raise self.refusal(f"{name} must be above {bound:g}; got {value!r}")


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
