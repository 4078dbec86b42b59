"""Values that primitives give, held to their declared types.

A primitive may return anything: an array where a list is declared, an iterator, or nothing at all
for want of a ``return``. What follows would be an error far from its cause, or a wrong answer. So
each value is looked at as it is made. A number that equals one of the declared type becomes it
(``True`` or numpy's 1 becomes 1); any other value of another type counts as a failure of the call.
Of a domain's own types, functions and type variables nothing is known.
"""

from __future__ import annotations

import logging
import math
import operator
from collections.abc import Callable
from functools import cache
from typing import Any

from ..calculus.types import BOOL, CHAR, INT, REAL, STR, Type, TypeConstructor
from ..language.primitives import Primitive

__all__ = ["BeyondLimits", "Shape", "WrongType", "excess", "result_of", "shape_of", "told"]

logger = logging.getLogger(__name__)

Shape = Callable[[Any, int, int, int], Any]
"""Returns a value with its declared type, given the least and the largest integer and the largest
length; raises WrongType or BeyondLimits."""


class WrongType(TypeError):
    """A value is not of the type that was declared."""


class BeyondLimits(ValueError):
    """A value is beyond the limits of an evaluation."""


def excess(value: Any, least: int, most: int, length: int) -> str:
    """Say what in a value, however deep inside, is beyond bounds; nothing if all is within.

    Args:
        value: any value; of objects that are not Python's own nothing is known.
        least, most: the smallest and the largest integer.
        length: the largest length of a list, tuple or string.

    Raises:
        RecursionError: if the value contains itself.
    """
    if type(value) is int:
        return "" if least <= value <= most else f"an integer beyond {least} to {most}"
    if isinstance(value, float):
        return "" if math.isfinite(value) else "a real number that is not finite"
    if isinstance(value, (list, tuple, str)):
        if len(value) > length:
            return f"a list or string longer than {length}"
        if not isinstance(value, str):
            for part in value:
                reason = excess(part, least, most, length)
                if reason:
                    return reason
    return ""


def result_of(primitive: Primitive, value: Any, least: int, most: int, length: int) -> Any:
    """Return what a primitive gave, with its declared type.

    Args:
        primitive: what was called.
        value: what it gave.
        least, most: the smallest and the largest integer that is allowed.
        length: the largest length of a list or string.

    Raises:
        WrongType: if it is not of that type.
        BeyondLimits: if it is beyond the bounds.
    """
    try:
        return shape_of(primitive.type.result)(value, least, most, length)
    except WrongType as error:
        raise told(primitive, error) from None


def told(primitive: Primitive, error: WrongType) -> WrongType:
    """Return what a primitive gave, in words, and log it once for each primitive."""
    reason = f"{primitive.name} : {primitive.type} gave {error}"
    if primitive.name not in _told:
        _told.add(primitive.name)
        logger.warning("%s: such calls count as failing; let it return what its type says", reason)
    return WrongType(reason)


_told: set[str] = set()


@cache
def shape_of(kind: Type) -> Shape:
    """Return what gives values a declared type."""
    plain: dict[Type, Shape] = {INT: _integer, BOOL: _truth, REAL: _real, STR: _text, CHAR: _char}
    if kind in plain:
        return plain[kind]
    if isinstance(kind, TypeConstructor) and kind.name == "list" and len(kind.arguments) == 1:
        return _list_of(kind, shape_of(kind.arguments[0]))
    if isinstance(kind, TypeConstructor) and kind.name == "pair" and len(kind.arguments) == 2:
        return _pair_of(kind, *map(shape_of, kind.arguments))
    return _anything


def _anything(value: Any, least: int, most: int, length: int) -> Any:
    if reason := excess(value, least, most, length):
        raise BeyondLimits(reason)
    return value


def _integer(value: Any, least: int, most: int, length: int) -> Any:
    if type(value) is not int:
        value = _number(value, INT)
        whole = operator.index(value) if not isinstance(value, float) else _whole(value)
        if whole != value:
            raise _wrong(value, INT)
        value = whole
    if not least <= value <= most:
        raise BeyondLimits(f"an integer beyond {least} to {most}")
    return value


def _whole(value: float) -> int:
    if not math.isfinite(value):
        raise BeyondLimits("a real number that is not finite")
    return int(value)


def _real(value: Any, least: int, most: int, length: int) -> Any:
    if type(value) is not float:
        number = _number(value, REAL)
        try:
            value = float(number)
        except OverflowError:
            raise BeyondLimits("an integer beyond the real numbers") from None
        if math.isfinite(value) and value != number:
            raise _wrong(number, REAL)
    if not math.isfinite(value):
        raise BeyondLimits("a real number that is not finite")
    return value


def _truth(value: Any, least: int, most: int, length: int) -> Any:
    if type(value) is bool:
        return value
    number = _number(value, BOOL)
    if number not in (0, 1):
        raise _wrong(number, BOOL)
    return bool(number)


def _number(value: Any, kind: Type) -> Any:
    """Return Python's number that a value is."""
    if isinstance(value, (int, float)):  # numpy's float64 is one
        return value
    if type(value).__module__ == "numpy" and getattr(value, "ndim", None) == 0:
        found = value.item()
        if isinstance(found, (int, float)):
            return found
    raise _wrong(value, kind)


def _text(value: Any, least: int, most: int, length: int) -> Any:
    if not isinstance(value, str):
        raise _wrong(value, STR)
    if len(value) > length:
        raise BeyondLimits(f"a list or string longer than {length}")
    return value if type(value) is str else str(value)


def _char(value: Any, least: int, most: int, length: int) -> Any:
    if not isinstance(value, str) or len(value) != 1:
        raise _wrong(value, CHAR)
    return value if type(value) is str else str(value)


def _list_of(kind: Type, shape: Shape) -> Shape:
    def shape_list(value: Any, least: int, most: int, length: int) -> Any:
        if not isinstance(value, list):
            raise _wrong(value, kind)
        if len(value) > length:
            raise BeyondLimits(f"a list or string longer than {length}")
        if type(value) is list:  # nearly always all is as it should be, and nothing is copied
            for part in value:
                if shape(part, least, most, length) is not part:
                    break
            else:
                return value
        return [shape(part, least, most, length) for part in value]

    def shape_integers(value: Any, least: int, most: int, length: int) -> Any:
        if type(value) is not list or len(value) > length:
            return shape_list(value, least, most, length)
        for part in value:
            if type(part) is not int or not least <= part <= most:
                return shape_list(value, least, most, length)
        return value

    def shape_unknown(value: Any, least: int, most: int, length: int) -> Any:
        if type(value) is not list:
            return shape_list(value, least, most, length)
        return _anything(value, least, most, length)

    # Lists of numbers and of any type are most of what is made, and need no call for each part.
    if shape is _integer:
        return shape_integers
    return shape_unknown if shape is _anything else shape_list


def _pair_of(kind: Type, one: Shape, other: Shape) -> Shape:
    def shape_pair(value: Any, least: int, most: int, length: int) -> Any:
        if not isinstance(value, tuple) or len(value) != 2:
            raise _wrong(value, kind)
        first = one(value[0], least, most, length)
        second = other(value[1], least, most, length)
        same = first is value[0] and second is value[1] and type(value) is tuple
        return value if same else (first, second)

    return shape_pair


def _wrong(value: Any, kind: Type) -> WrongType:
    """Say what a value is instead; its own words are not asked for."""
    if value is None:
        found = "None (a return is missing?)"
    elif isinstance(value, (bool, int, float)):
        found = f"{value!r:.40}"
    elif isinstance(value, str):
        found = f"the text {value[:20]!r}"
    elif isinstance(value, tuple):
        found = f"a tuple of {len(value)}"
    else:
        found = f"a value of Python's type {type(value).__name__}"
    return WrongType(f"{found} where {kind} is declared")
