"""One primitive applied to words, and what values a program may have.

This is the innermost loop of the search: what the interpreter would do for a node whose arguments
are all known, without its bookkeeping. Other primitives go through the interpreter.
"""

from __future__ import annotations

from typing import Final

from ....dsl import njit
from ...native.interpreter.opcodes import LAST_OPERATION, OR
from ...native.interpreter.operations import compute_compound, compute_scalar
from ...native.memory.block_access import call_address, is_integer
from ...native.memory.word_layout import (
    DATA,
    DATA_SHIFT,
    FIRST_IDIOM,
    LIST,
    NATIVE,
    PAIR,
    TAG,
    Memory,
)
from .bank_layout import BOUNDED, LEAST_VALUE, LONGEST_VALUE, MOST_VALUE

__all__ = ["DIRECT_KINDS", "is_compound", "is_valid", "operate"]

DIRECT_KINDS: Final = frozenset((NATIVE, *range(FIRST_IDIOM, LAST_OPERATION + 1)))
"""Kinds of nodes that :func:`operate` knows."""


@njit(forceinline=True)
def operate(memory: Memory, at: int, first: int, second: int, third: int, fourth: int) -> int:
    """Return a primitive's value; :data:`.ASK_PYTHON` if only the interpreter can say.

    Args:
        memory: the block.
        at: offset of a node of one of the kinds in :data:`DIRECT_KINDS`.
        first, second, third, fourth: its arguments, none of them the poison value.
    """
    node = memory[at]
    if node & 0xFF == NATIVE:
        address = memory[node >> DATA_SHIFT]
        return call_address(address, memory, (1, first, second, third, fourth))
    if node & 0xFF <= OR:
        return compute_scalar(memory, node, first, second)
    return _compute_compound(memory, node, first, second)


@njit("int64(CPointer(int64), int64, int64, int64)", cache=True, nogil=True)
def _compute_compound(memory: Memory, node: int, first: int, second: int) -> int:
    value: int = compute_compound(memory, node, first, second)
    return value


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
