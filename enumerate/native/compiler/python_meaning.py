"""What may be compiled: the table of Python's operations that mean the same in compiled code.

Numba compiles far more of Python than it gives Python's meaning to: integers wrap, tests of
characters give numbers, sorting is not stable, mathematical functions raise nothing, sets have an
order of their own, an index beyond an array reads what lies there. So nothing is compiled but what
stands here. Each operation is replaced by one that is exact (:mod:`.exact_numbers`,
:mod:`.exact_functions`, :mod:`.exact_sequences`, :mod:`.exact_characters`) or, for the few that
numba leaves as they are in Python, named with the types for which that is so. A primitive that does
anything else runs in Python. :mod:`.meaning_check` holds functions to it.

The tests compare each row with Python; to compile more, add a row and its test.
"""

from __future__ import annotations

import math
import operator
from typing import Any

from ....dsl import kernel_types
from . import exact_characters as characters
from . import exact_functions as functions
from . import exact_numbers as numbers
from . import exact_sequences as sequences
from .numba_types import Function, ListView, Payload

__all__ = ["CALLS", "LIST_METHODS", "METHODS", "OPERATORS", "UNTOUCHED", "is_known"]

OPERATORS: dict[Any, Any] = {
    operator.add: numbers.add,
    operator.iadd: sequences.add_to,
    operator.sub: numbers.subtract,
    operator.isub: numbers.subtract,
    operator.mul: numbers.multiply,
    operator.imul: numbers.multiply,
    operator.truediv: numbers.divide,
    operator.itruediv: numbers.divide,
    operator.floordiv: numbers.divide_down,
    operator.ifloordiv: numbers.divide_down,
    operator.mod: numbers.remainder,
    operator.imod: numbers.remainder,
    operator.pow: numbers.power,
    operator.ipow: numbers.power,
    operator.lshift: numbers.shift_left,
    operator.ilshift: numbers.shift_left,
    operator.rshift: numbers.shift_right,
    operator.irshift: numbers.shift_right,
    operator.and_: numbers.both_bits,
    operator.iand: numbers.both_bits,
    operator.or_: numbers.either_bits,
    operator.ior: numbers.either_bits,
    operator.xor: numbers.different_bits,
    operator.ixor: numbers.different_bits,
    operator.eq: numbers.equals,
    operator.ne: numbers.differs,
    operator.lt: numbers.is_less,
    operator.le: numbers.is_at_most,
    operator.gt: numbers.is_more,
    operator.ge: numbers.is_at_least,
    operator.contains: sequences.holds,
    operator.neg: numbers.negate,
    operator.pos: numbers.keep_sign,
    operator.invert: numbers.invert,
    operator.not_: sequences.negation,
}
"""Python's operators, and what computes them in compiled code."""

CALLS: dict[Any, dict[tuple[int, tuple[str, ...]], Any]] = {
    abs: {(1, ()): numbers.magnitude},
    all: {(1, ()): sequences.every},
    any: {(1, ()): sequences.some},
    bool: {(1, ()): sequences.truth},
    chr: {(1, ()): characters.character},
    float: {(1, ()): numbers.to_real},
    int: {(1, ()): numbers.to_whole},
    len: {(1, ()): sequences.length},
    list: {(1, ()): sequences.as_list},
    max: {
        (1, ()): sequences.most,
        (1, ("default",)): sequences.most_or,
        (1, ("key",)): sequences.most_by,
        (2, ()): sequences.greater,
        (3, ()): sequences.most_of_three,
    },
    min: {
        (1, ()): sequences.least,
        (1, ("default",)): sequences.least_or,
        (1, ("key",)): sequences.least_by,
        (2, ()): sequences.lesser,
        (3, ()): sequences.least_of_three,
    },
    ord: {(1, ()): characters.code_point},
    reversed: {(1, ()): sequences.backwards},
    round: {(1, ()): numbers.round_half_even},
    sorted: {
        (1, ()): sequences.in_order,
        (1, ("key",)): sequences.in_order_by,
        (1, ("reverse",)): sequences.in_order_or_reverse,
        (1, ("key", "reverse")): sequences.in_order_by_or_reverse,
    },
    sum: {(1, ()): sequences.total},
    math.ceil: {(1, ()): numbers.round_up},
    math.floor: {(1, ()): numbers.round_down},
    math.prod: {(1, ()): sequences.product},
    math.trunc: {(1, ()): numbers.to_whole},
}
"""Python's functions, and what computes them: by the arguments they get, with and without names."""

CALLS |= {
    function: {(2 if exact in (functions.angle, functions.with_sign_of) else 1, ()): exact}
    for function, exact in functions.FUNCTIONS.items()
}
CALLS |= {
    function: {(1 if name in ("neg", "pos", "invert", "not_") else 2, ()): OPERATORS[function]}
    for name, function in vars(operator).items()
    if not name.startswith("_") and name[0] != "i" and function in OPERATORS
}

METHODS = characters.METHODS
"""Methods, and what computes them: those of characters."""


def _is_sequence(kind: Any) -> bool:
    return sequences.passes_once(kind)


def _whole(kind: Any) -> bool:
    return kind == kernel_types.int64  # type: ignore[no-any-return]


UNTOUCHED: dict[Any, Any] = {
    range: lambda *kinds: 1 <= len(kinds) <= 3 and all(map(_whole, kinds)),
    enumerate: lambda values, start=kernel_types.int64: _is_sequence(values) and _whole(start),
    zip: lambda *kinds: bool(kinds) and all(map(_is_sequence, kinds)),
    slice: lambda *kinds: all(_whole(k) or k == kernel_types.none for k in kinds),
}
"""Functions that are numba's, and for which types of arguments."""

LIST_METHODS: dict[str, Any] = {
    "append": lambda element, value: value == element,
    "copy": lambda element: True,
    "extend": lambda element, values: (
        isinstance(values, kernel_types.List) and values.dtype == element
    ),
    "insert": lambda element, place, value: _whole(place) and value == element,
    "pop": lambda element, place=kernel_types.int64: _whole(place),
    "reverse": lambda element: True,
    "clear": lambda element: True,
}
"""Methods of lists that are numba's, and for which types of arguments."""


def is_known(kind: Any) -> bool:
    """Say whether values of a numba type are the same in compiled code and in Python."""
    kind = kernel_types.unliteral(kind)
    if kind in (
        kernel_types.int64,
        kernel_types.float64,
        kernel_types.boolean,
        kernel_types.unicode_type,
    ):
        return True
    if isinstance(kind, kernel_types.BaseTuple):
        return all(map(is_known, kind))
    if isinstance(kind, (kernel_types.List, ListView)):
        return is_known(sequences.element_of(kind))
    return isinstance(kind, (Payload, Function))
