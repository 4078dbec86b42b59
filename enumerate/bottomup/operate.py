"""One primitive applied to words, and what values a program may have.

This is the innermost loop of the search: what the interpreter would do for a node whose arguments
are all known, without its bookkeeping. Primitives that it has no short way for go through it.
"""

from __future__ import annotations

from ..native.jit import Memory, njit
from ..native.layout import (
    ASK_PYTHON,
    DATA,
    DATA_SHIFT,
    ERROR,
    FALSE,
    INTEGER,
    LIST,
    NATIVE,
    PAIR,
    TAG,
    TRUE,
)
from ..native.memory import call_address, equal, is_integer
from ..native.opcodes import (
    ADD,
    AND,
    DIVIDE,
    EQUAL,
    GREATER,
    LESS,
    MODULO,
    MULTIPLY,
    NOT,
    OR,
    SUBTRACT,
)
from .record import BOUNDED, LEAST_VALUE, LONGEST_VALUE, MOST_VALUE

__all__ = ["SHORT", "is_compound", "is_valid", "operate"]

SHORT = frozenset(
    {NATIVE, ADD, SUBTRACT, MULTIPLY, MODULO, DIVIDE, EQUAL, LESS, GREATER, NOT, AND, OR}
)
"""Kinds of nodes that :func:`operate` knows."""


@njit(forceinline=True)
def operate(memory: Memory, at: int, first: int, second: int, third: int, fourth: int) -> int:
    """Return a primitive's value; :data:`ASK_PYTHON` if only the interpreter can say.

    Args:
        memory: the block.
        at: offset of a node of one of the kinds in :data:`SHORT`.
        first, second, third, fourth: its arguments, none of them the poison value.
    """
    node = memory[at]
    kind = node & 0xFF
    if kind == NATIVE:
        address = memory[node >> DATA_SHIFT]
        return call_address(address, memory, (1, first, second, third, fourth))
    if kind <= DIVIDE:
        if not (is_integer(first) and is_integer(second)):
            return ERROR
        if kind == ADD:
            result = first + second
        elif kind == SUBTRACT:
            result = first - second
        elif kind == MULTIPLY:
            result = first * second
        elif second == 0:
            return ERROR
        elif kind == MODULO:
            result = first % second
        else:
            result = first // second
        limit = memory[INTEGER]
        return result if -limit <= result <= limit else ERROR
    if kind == EQUAL:
        same = equal(memory, first, second, 0)
        return ASK_PYTHON if same == 2 else FALSE | same
    if kind == LESS:
        return TRUE if first < second else FALSE
    if kind == GREATER:
        return TRUE if first > second else FALSE
    if kind == NOT:
        return TRUE if first == FALSE else FALSE
    if kind == AND:
        return second if first == TRUE else first
    return first if first == TRUE else second


@njit(forceinline=True)
def is_compound(word: int) -> bool:
    """Say whether a word is a list or a pair."""
    return LIST <= word >> TAG <= PAIR


@njit
def is_valid(memory: Memory, word: int) -> bool:
    """Say whether a value of the program itself is within the bounds that its language sets."""
    if memory[BOUNDED] == 0:
        return True
    if is_integer(word):
        return memory[LEAST_VALUE] <= word <= memory[MOST_VALUE]
    if not is_compound(word):
        return True
    return _is_valid_compound(memory, word)


@njit("boolean(CPointer(int64), int64)", cache=True, nogil=True)
def _is_valid_compound(memory: Memory, word: int) -> bool:
    start = word & DATA
    count = 2
    if word >> TAG == LIST:
        count = word & 0xFFFF
        start >>= 16
        if count > memory[LONGEST_VALUE]:
            return False
    for i in range(count):
        part = memory[start + i]
        if is_integer(part):
            if part < memory[LEAST_VALUE] or part > memory[MOST_VALUE]:
                return False
        elif is_compound(part) and not _is_valid_compound(memory, part):
            return False
    return True
