"""The interpreter of nodes: what a function value does whose body is a kept program.

Primitives call function values through the evaluator. Here the body of a function value is not a
tree in the evaluator's block but a node of the bank: a node that calls :func:`enter_body`, which
finds the node to run behind the arguments, in the function's environment. So every primitive that
takes functions works unchanged, whoever wrote it.

A closed node is never run: its value was kept. What a body gives for an argument is remembered in a
direct-mapped memo, by a 64-bit hash of body, example and arguments.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numba import cfunc, njit

from ..native.interpret import evaluate
from ..native.layout import CLOSURE, DATA, ERROR, FUEL, LIST, PAIR, TAG
from ..native.memory import allocate, pointer_to
from .record import (
    ARITY,
    AT,
    DESK_BODIES,
    DESK_EXAMPLE,
    DESK_INTERNED,
    DESK_LASTING,
    DESK_MEMO,
    DESK_NODES,
    DESK_RULES,
    DESK_SALT,
    DESK_VALUES,
    IS_CLOSED,
    LOW,
    MEMO_SIZE,
    NODE_WORDS,
    RULE_MASK,
    RULE_SHIFT,
    RULE_WORDS,
    SLOTS,
    VARIABLE,
)

__all__ = ["enter_body", "make_function", "mix"]

_K = np.int64(-7046029254386353131)
_L = np.int64(-4417276706812531889)


@njit
def mix(seed: int, word: int) -> int:
    """Mix a word into a 64-bit hash; seed and word play different parts, so order matters."""
    h = ((seed + _K) * _L ^ word) * _K
    h ^= (h >> 29) & 0x7FFFFFFFF
    h *= _L
    return h ^ ((h >> 32) & LOW)


@njit
def make_function(memory: Any, desk: int, body: int, frame: int, arity: int) -> int:
    """Return the function value whose body is a node, or the poison value if there is no room."""
    new = allocate(memory, 9)
    if new == 0:
        return ERROR
    memory[new] = arity
    memory[new + 1] = desk + DESK_BODIES + 5 * (arity - 1)
    memory[new + 2] = new + 3
    # The environment is one cell: the offset of what follows it.
    memory[new + 3] = new + 5
    memory[new + 4] = 0
    memory[new + 5] = body
    memory[new + 6] = frame
    memory[new + 7] = desk
    memory[new + 8] = arity
    return CLOSURE << TAG | new


@njit
def argument(nodes: Any, node: int, position: int) -> int:
    """Return the node of an argument."""
    word = nodes[NODE_WORDS * node + 1 + (position >> 1)]
    return word & LOW if position & 1 else (word >> 32) & LOW


@njit("int64(CPointer(int64), int64, int64, int64, int64)", cache=True, nogil=True)
def run_node(memory: Any, desk: int, node: int, frame: int, depth: int) -> int:
    """Return the value of a node in an environment, or the poison value."""
    nodes = pointer_to(memory[desk + DESK_NODES])
    word = nodes[NODE_WORDS * node]
    rules = pointer_to(memory[desk + DESK_RULES])
    rule = RULE_WORDS * ((word >> RULE_SHIFT) & RULE_MASK)
    if rules[rule + IS_CLOSED]:
        values = pointer_to(memory[desk + DESK_VALUES])
        return values[(word & LOW) + memory[desk + DESK_EXAMPLE]]
    variable = rules[rule + VARIABLE]
    if variable >= 0:
        for _ in range(variable):
            frame = memory[frame + 1]
        return memory[frame]
    arity = rules[rule + ARITY]
    cells = allocate(memory, 2 * arity)
    if cells == 0:
        return ERROR
    for j in range(arity):
        child = argument(nodes, node, j)
        binds = rules[rule + SLOTS + 3 * j + 2]
        if binds:
            value = make_function(memory, desk, child, frame, binds)
        else:
            value = run_node(memory, desk, child, frame, depth)
        # An argument that failed is passed on: it may not be needed.
        memory[cells + 2 * j] = value
        memory[cells + 2 * j + 1] = cells + 2 * j + 2
    memory[cells + 2 * arity - 1] = 0
    return evaluate(memory, rules[rule + AT], cells, depth)


@njit
def is_lasting(memory: Any, desk: int, word: int) -> bool:
    """Say whether a word means the same until the task ends: it does not point into scratch."""
    tag = word >> TAG
    if tag != LIST and tag != PAIR:
        return tag != CLOSURE
    offset = (word & DATA) >> 16 if tag == LIST else word & DATA
    return offset >= memory[desk + DESK_INTERNED] or offset < memory[desk + DESK_LASTING]


@cfunc("int64(CPointer(int64), int64, int64, int64, int64, int64)", cache=True)
def enter_body(memory: Any, depth: int, origin: int, a: int, b: int, c: int) -> int:
    """Run the node described at ``origin`` (see :func:`make_function`); ``a`` is ``$0``."""
    body = memory[origin]
    frame = memory[origin + 1]
    desk = memory[origin + 2]
    arity = memory[origin + 3]
    known = (
        frame < memory[desk + DESK_LASTING]
        and is_lasting(memory, desk, a)
        and is_lasting(memory, desk, b)
        and is_lasting(memory, desk, c)
    )
    memo = pointer_to(memory[desk + DESK_MEMO])
    slot = 0
    key = 0
    if known:
        key = mix(memory[desk + DESK_SALT] ^ (body << 20 | memory[desk + DESK_EXAMPLE]), a)
        if arity > 1 or frame:
            key = mix(mix(key, b) ^ frame, c)
        slot = 2 * (key & (MEMO_SIZE - 1))
        if memo[slot] == key:
            return memo[slot + 1]
    cells = allocate(memory, 2 * arity)
    if cells == 0:
        return ERROR
    memory[cells] = a
    memory[cells + 1] = cells + 2
    if arity > 1:
        memory[cells + 2] = b
        memory[cells + 3] = cells + 4
        if arity > 2:
            memory[cells + 4] = c
            memory[cells + 5] = cells + 6
    memory[cells + 2 * arity - 1] = frame
    value = run_node(memory, desk, body, cells, depth)
    if known and memory[FUEL] >= 0 and is_lasting(memory, desk, value):
        memo[slot] = key
        memo[slot + 1] = value
    return value
