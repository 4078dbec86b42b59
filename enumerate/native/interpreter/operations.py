"""Primitives of numbers, truth values, lists and pairs, applied to words: those without functions.

They are in most languages and in most programs, so the interpreter and the bottom-up search have
them inlined. Their meaning is that of the functions in :mod:`.intrinsics`.
"""

from __future__ import annotations

from ....dsl import njit
from ..memory.block_access import allocate, copy, equal, is_integer
from ..memory.word_layout import (
    ASK_PYTHON,
    DATA,
    DATA_SHIFT,
    EMPTY,
    ERROR,
    FALSE,
    INTEGER,
    LENGTH,
    LIST,
    PAIR,
    TAG,
    TRUE,
    Memory,
)
from .opcodes import (
    ADD,
    AND,
    APPEND,
    AT,
    CONS,
    DIVIDE,
    EQUAL,
    FIRST,
    GREATER,
    HEAD,
    INDEX,
    IS_EMPTY,
    LENGTH_OF,
    LESS,
    MAKE_PAIR,
    MODULO,
    MULTIPLY,
    NOT,
    OR,
    RANGE,
    REST,
    REVERSE,
    SECOND,
    SUBTRACT,
    TAIL,
)

__all__ = ["compute", "compute_compound", "compute_scalar", "sort_words"]


@njit("void(CPointer(int64), int64, int64)", cache=True, nogil=True)
def sort_words(memory: Memory, start: int, count: int) -> None:
    """Sort integers in place: by insertion, with decreasing gaps if there are many (Shell)."""
    gap = 1
    while 9 * gap < count:
        gap = 3 * gap + 1
    while gap:
        for i in range(gap, count):
            word = memory[start + i]
            j = i
            while j >= gap and memory[start + j - gap] > word:
                memory[start + j] = memory[start + j - gap]
                j -= gap
            memory[start + j] = word
        gap //= 3


@njit(forceinline=True)
def compute(memory: Memory, node: int, first: int, second: int) -> int:
    """Return a primitive's value; :data:`~.word_layout.ASK_PYTHON` if only Python can say.

    Args:
        memory: the block.
        node: of a kind from ``FIRST_IDIOM`` to :data:`.opcodes.LAST_OPERATION`.
        first, second: its arguments, none of them the poison value; the second may be missing.
    """
    if node & 0xFF <= OR:
        return compute_scalar(memory, node, first, second)
    return compute_compound(memory, node, first, second)


@njit(forceinline=True)
def compute_scalar(memory: Memory, node: int, first: int, second: int) -> int:
    """Do what :func:`compute` does, for kinds up to ``OR``."""
    kind = node & 0xFF
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
def compute_compound(memory: Memory, node: int, first: int, second: int) -> int:
    """Do what :func:`compute` does, for kinds after ``OR``."""
    kind = node & 0xFF
    if kind == CONS:
        if second >> TAG != LIST:
            return ERROR
        count = second & 0xFFFF
        if count >= memory[LENGTH]:
            return ERROR
        new = allocate(memory, count + 1)
        if new == 0:
            return ERROR
        memory[new] = first
        copy(memory, (second & DATA) >> 16, new + 1, count)
        return EMPTY | new << 16 | (count + 1)
    if kind == RANGE:
        limit = node >> DATA_SHIFT
        if first > memory[LENGTH] or not is_integer(first) or 0 < limit < first:
            return ERROR
        count = max(first, 0)
        new = allocate(memory, count)
        if new == 0:
            return ERROR
        for i in range(count):
            memory[new + i] = i
        return EMPTY | new << 16 | count
    if kind == MAKE_PAIR:
        new = allocate(memory, 2)
        if new == 0:
            return ERROR
        memory[new] = first
        memory[new + 1] = second
        return PAIR << TAG | new
    if kind in (FIRST, SECOND):
        if first >> TAG != PAIR:
            return ERROR
        return memory[(first & DATA) + (kind - FIRST)]

    # What is left takes a list: last if there is an index, else first.
    values = second if kind in (INDEX, AT) else first
    if values >> TAG != LIST:
        return ERROR
    count = values & 0xFFFF
    start = (values & DATA) >> 16
    if kind == HEAD:
        return memory[start] if count else ERROR
    if kind == TAIL:
        return values + 0xFFFF if count else values
    if kind == REST:
        return values + 0xFFFF if count else ERROR
    if kind == AT:
        return memory[start + first] if 0 <= first < count else ERROR
    if kind == INDEX:
        if first < 0:
            first += count
        return memory[start + first] if 0 <= first < count else ERROR
    if kind == IS_EMPTY:
        return FALSE if count else TRUE
    if kind == LENGTH_OF:
        return count
    if kind == APPEND:
        if second >> TAG != LIST:
            return ERROR
        more = second & 0xFFFF
        if count + more > memory[LENGTH]:
            return ERROR
        new = allocate(memory, count + more)
        if new == 0:
            return ERROR
        copy(memory, start, new, count)
        copy(memory, (second & DATA) >> 16, new + count, more)
        return EMPTY | new << 16 | (count + more)
    new = allocate(memory, count)
    if new == 0:
        return ERROR
    if kind == REVERSE:
        for i in range(count):
            memory[new + i] = memory[start + count - 1 - i]
    else:
        copy(memory, start, new, count)
        sort_words(memory, new, count)
    return EMPTY | new << 16 | count
