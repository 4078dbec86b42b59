"""Code of kept programs in the evaluator's own form, to run them as bodies of functions.

Code is written when a term is about to run as a body, and overwritten by the next; to keep it would
take more room than the terms. A term with lambda-bound variables is written out in full. A closed
term is not: it was evaluated when it was kept, so its code only looks up its value on the current
example.
"""

from __future__ import annotations

from ....dsl import cfunc, njit
from ...native.memory.block_access import pointer_to
from ...native.memory.word_layout import (
    ARITY_SHIFT,
    CONSTANT,
    DATA_SHIFT,
    LAMBDA,
    NATIVE,
    SIZE_SHIFT,
    VARIABLE,
    Memory,
)
from .bank_layout import (
    ARITY,
    CALL,
    CURRENT_EXAMPLE,
    IS_CLOSED,
    LOOK_UP,
    LOW,
    RULE_MASK,
    RULE_SHIFT,
    RULE_VARIABLE,
    RULE_WORDS,
    SLOTS,
    VALUES_ADDRESS,
)
from .value_interning import unpack

__all__ = ["entry", "look_up", "write_code"]

_SIZE = 0xFFFF << SIZE_SHIFT


@njit(forceinline=True)
def entry(pool: Memory, at: int) -> int:
    """Return a 32-bit entry of the pool, given the pool as 64-bit words."""
    return pool[at >> 1] << (32 - ((at & 1) << 5)) >> 32


@cfunc("int64(CPointer(int64), int64, int64, int64, int64, int64)")
def look_up(memory: Memory, depth: int, offset: int, b: int, c: int, d: int) -> int:
    """Return a closed term's value on the example at hand; its values begin at ``offset``."""
    pool = pointer_to(memory[VALUES_ADDRESS])
    return unpack(memory, entry(pool, offset + memory[CURRENT_EXAMPLE]))


@njit(
    "int64(CPointer(int64), int64, CPointer(int64), CPointer(int64), int64)", cache=True, nogil=True
)
def write_code(memory: Memory, to: int, rules: Memory, nodes: Memory, node: int) -> int:
    """Write the code of a kept program; return how many words it takes.

    Args:
        memory: the block, which knows where the pool is.
        to: where to write.
        rules: the table of rules.
        nodes: the bank's nodes.
        node: the program.
    """
    word = nodes[node]
    rule = (word >> RULE_SHIFT & RULE_MASK) * RULE_WORDS
    values = word & LOW
    if rules[rule + IS_CLOSED]:
        memory[to] = NATIVE | 1 << ARITY_SHIFT | 3 << SIZE_SHIFT | LOOK_UP << DATA_SHIFT
        memory[to + 1] = CONSTANT | 2 << SIZE_SHIFT | (to + 2) << DATA_SHIFT
        memory[to + 2] = values
        return 3
    if rules[rule + RULE_VARIABLE] >= 0:
        memory[to] = VARIABLE | 1 << SIZE_SHIFT | rules[rule + RULE_VARIABLE] << DATA_SHIFT
        return 1
    pool = pointer_to(memory[VALUES_ADDRESS])
    size = 1
    arity = rules[rule + ARITY]
    for j in range(arity):
        binds = rules[rule + SLOTS + 3 * j + 2]
        child = entry(pool, values - arity + j)
        count = write_code(memory, to + size + binds, rules, nodes, child)
        for k in range(binds):
            left = binds - k
            memory[to + size + k] = LAMBDA | (left + count) << SIZE_SHIFT | left << DATA_SHIFT
        size += binds + count
    memory[to] = (memory[rules[rule + CALL]] & ~_SIZE) | size << SIZE_SHIFT
    return size
