"""Code of kept programs, in the evaluator's own form, so that it can run them as bodies.

A term with lambda-bound variables is written out in full, from the code of its parts. A closed term
is not: it was evaluated when it was kept, so its code only looks up its value on the example at
hand. Code is never moved, and copies of it stay valid anywhere.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from ..native.jit import Memory, cfunc, njit
from ..native.layout import (
    ARITY_SHIFT,
    CONSTANT,
    DATA_SHIFT,
    LAMBDA,
    NATIVE,
    SIZE_SHIFT,
    VARIABLE,
)
from ..native.memory import pointer_to
from .record import (
    ARITY,
    AT,
    CODES,
    EXAMPLE_AT_HAND,
    IS_CLOSED,
    LOOK_UP,
    RULE_VARIABLE,
    SLOTS,
    VALUES_ADDRESS,
)

__all__ = ["look_up", "write_code"]

Words = NDArray[np.int64]

_SIZE = 0xFFFF << SIZE_SHIFT


@cfunc("int64(CPointer(int64), int64, int64, int64, int64, int64)")
def look_up(memory: Memory, depth: int, offset: int, b: int, c: int, d: int) -> int:
    """Return a closed term's value on the example at hand; its values begin at ``offset``."""
    values = pointer_to(memory[VALUES_ADDRESS])
    return values[offset + memory[EXAMPLE_AT_HAND]]


@njit
def write_code(
    memory: Memory, to: int, rules: Memory, rule: int, cells: int, nodes: Words, values: int
) -> int:
    """Write the code of a program; return how many words it takes.

    Args:
        memory: the block.
        to: where to write.
        rules, rule: the table of rules, and where in it the program's rule lies.
        cells: see :data:`.record.CHOSEN`, which has the nodes of its arguments.
        nodes: the bank's nodes.
        values: where the program's own values begin.
    """
    if rules[rule + IS_CLOSED]:
        memory[to] = NATIVE | 1 << ARITY_SHIFT | 3 << SIZE_SHIFT | LOOK_UP << DATA_SHIFT
        memory[to + 1] = CONSTANT | 2 << SIZE_SHIFT | (to + 2) << DATA_SHIFT
        memory[to + 2] = values
        return 3
    if rules[rule + RULE_VARIABLE] >= 0:
        memory[to] = VARIABLE | 1 << SIZE_SHIFT | rules[rule + RULE_VARIABLE] << DATA_SHIFT
        return 1
    size = 1
    for j in range(rules[rule + ARITY]):
        start = memory[cells + CODES + j]
        count = (memory[start] & _SIZE) >> SIZE_SHIFT
        binds = rules[rule + SLOTS + 3 * j + 2]
        for k in range(binds):
            left = binds - k
            memory[to + size] = LAMBDA | (left + count) << SIZE_SHIFT | left << DATA_SHIFT
            size += 1
        for k in range(count):
            memory[to + size + k] = memory[start + k]
        size += count
    memory[to] = (memory[rules[rule + AT]] & ~_SIZE) | size << SIZE_SHIFT
    return size
