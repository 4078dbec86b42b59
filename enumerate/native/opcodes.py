"""Kinds of nodes from ``FIRST_IDIOM`` on: the primitives that the interpreter computes itself.

The functions they stand for are in :mod:`.idioms`.
"""

from __future__ import annotations

from typing import Final

__all__: list[str] = []

ADD: Final = 17
SUBTRACT: Final = 18
MULTIPLY: Final = 19
MODULO: Final = 20
DIVIDE: Final = 21
EQUAL: Final = 22
LESS: Final = 23
GREATER: Final = 24
NOT: Final = 25
AND: Final = 26
OR: Final = 27
HEAD: Final = 28
TAIL: Final = 29
CONS: Final = 30
IS_EMPTY: Final = 31
LENGTH_OF: Final = 32
INDEX: Final = 33
APPEND: Final = 34
REVERSE: Final = 35
RANGE: Final = 36
MAP: Final = 37
FILTER: Final = 38
FOLD_RIGHT: Final = 39
FOLD_LEFT: Final = 40
UNFOLD: Final = 41
MAKE_PAIR: Final = 42
FIRST: Final = 43
SECOND: Final = 44
FIX1: Final = 45
FIX2: Final = 46
REST: Final = 47
AT: Final = 48
