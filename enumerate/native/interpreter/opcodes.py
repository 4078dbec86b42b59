"""Kinds of nodes from ``FIRST_IDIOM`` on: the primitives that the interpreter computes itself.

The functions they stand for are in :mod:`.intrinsics`.
"""

from __future__ import annotations

from typing import Final

__all__: list[str] = []

# Without functions: see :mod:`.operations`.
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
REST: Final = 30
CONS: Final = 31
IS_EMPTY: Final = 32
LENGTH_OF: Final = 33
INDEX: Final = 34
AT: Final = 35
APPEND: Final = 36
REVERSE: Final = 37
SORT: Final = 38
RANGE: Final = 39
MAKE_PAIR: Final = 40
FIRST: Final = 41
SECOND: Final = 42
LAST_OPERATION: Final = SECOND
# With functions.
MAP: Final = 43
MAP_INDEXED: Final = 44
FILTER: Final = 45
FOLD_RIGHT: Final = 46
FOLD_LEFT: Final = 47
UNFOLD: Final = 48
FIX1: Final = 49
FIX2: Final = 50
