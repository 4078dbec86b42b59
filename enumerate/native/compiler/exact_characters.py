"""Characters in compiled code: what is ASCII is computed here, the rest is left to Python.

Numba's tables of Unicode are not Python's, and its tests give integers.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from ....dsl import intrinsic, kernel_types, overload
from .exact_numbers import widen
from .leaving import leave_if

__all__ = ["METHODS", "character", "code_point"]


@intrinsic
def _as_whole(typingctx: Any, value: Any) -> Any:
    """Return an integer of any size as one of 64 bits."""

    def codegen(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
        return context.cast(builder, arguments[0], value, kernel_types.int64)

    return kernel_types.int64(value), codegen


def code_point(text: Any) -> int:
    """Return the number of a character."""
    raise NotImplementedError


def character(code: Any) -> str:
    """Return the character of a number."""
    raise NotImplementedError


@overload(code_point)
def _code_point(text: Any) -> Any:
    def convert(text: str) -> int:
        if len(text) != 1:
            raise TypeError
        return _as_whole(ord(text))  # type: ignore[no-any-return]

    return convert if text == kernel_types.unicode_type else None


@overload(character)
def _character(code: Any) -> Any:
    def convert(code: int) -> str:
        number = widen(code)
        if number < 0 or number > 0x10FFFF:
            raise ValueError
        return chr(number)

    return convert if isinstance(code, (kernel_types.Integer, kernel_types.Boolean)) else None


def _test(compare: Callable[[str], bool]) -> Any:
    """Return what computes a method that says something about a character."""
    known = tuple(compare(chr(code)) for code in range(128))

    def function(text: Any) -> bool:
        """Test a character."""
        raise NotImplementedError

    @overload(function)
    def choose(text: Any) -> Any:
        def test(text: str) -> bool:
            leave_if(len(text) != 1)
            code = code_point(text)
            leave_if(code > 127)
            return known[code]

        return test if text == kernel_types.unicode_type else None

    return function


def _change(change: Callable[[str], str]) -> Any:
    """Return what computes a method that makes another character of one."""
    known = tuple(ord(change(chr(code))) for code in range(128))

    def function(text: Any) -> str:
        """Change a character."""
        raise NotImplementedError

    @overload(function)
    def choose(text: Any) -> Any:
        def convert(text: str) -> str:
            leave_if(len(text) != 1)
            code = code_point(text)
            leave_if(code > 127)
            return chr(known[code])

        return convert if text == kernel_types.unicode_type else None

    return function


METHODS = {
    name: _test(getattr(str, name))
    for name in (
        *("isdigit", "isdecimal", "isnumeric", "isalpha", "isalnum", "isspace", "isupper"),
        *("islower", "istitle", "isprintable", "isidentifier", "isascii"),
    )
} | {
    name: _change(getattr(str, name))
    for name in ("upper", "lower", "title", "capitalize", "swapcase", "casefold")
}
"""Methods of characters, and what computes them in compiled code."""
