"""Options: dataclasses whose values people give, checked by what the fields are declared to be."""

from __future__ import annotations

import dataclasses
import operator
import types
import typing
from collections.abc import Iterable
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
        subject: what messages begin with, such as ``"recognition: "``.
    """

    refusal: ClassVar[type[ReverieError]] = InvalidOption
    subject: ClassVar[str] = ""

    @classmethod
    def make(cls, base: Self | None = None, **options: Any) -> Self:
        """Return ``base``, or the defaults, with some options changed.

        Raises:
            ReverieError: for an option that does not exist, with the nearest that does, or one that
                is out of range.
        """
        cls.check_names(options)
        return dataclasses.replace(cls() if base is None else base, **options)  # type: ignore[type-var]

    @classmethod
    def check_names(cls, names: Iterable[str]) -> None:
        """Refuse names that no option has."""
        known = [f.name for f in dataclasses.fields(cls)]  # type: ignore[arg-type]
        for name in names:
            if name not in known:
                hint = suggest(name, known)
                raise cls.refusal(f"{cls.subject}there is no option {name!r}{hint}")

    def check(self, name: str, right: bool, allowed: str) -> None:
        """Refuse the value of an option unless it is right; ``allowed`` says which are."""
        if not right:
            found = getattr(self, name)
            raise self.refusal(f"{self.subject}{name} must be {allowed}; got {found!r}")

    def check_whole(self, least: int, *names: str) -> None:
        """Refuse all but whole numbers from ``least`` for these options."""
        for name in names:
            value = getattr(self, name)
            whole = isinstance(value, int) and not isinstance(value, bool)
            self.check(name, whole and value >= least, f"a whole number from {least}")

    def check_number(self, least: float, *names: str) -> None:
        """Refuse all but numbers from ``least`` for these options."""
        for name in names:
            self.check(name, getattr(self, name) >= least, f"a number from {least:g}")

    def check_above(self, bound: float, *names: str) -> None:
        """Refuse all but numbers above ``bound`` for these options."""
        for name in names:
            self.check(name, getattr(self, name) > bound, f"above {bound:g}")


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
