"""Re-evaluation of kept programs on the points of a subgoal.

Programs run on new points in the order in which they were kept, so that each costs one call of its
primitive: its arguments come before it, and their values at these points are known by then. The
result is the matrix of values that deduction works on, see :mod:`.value_matrix`.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from ....dsl import njit
from ...native.interpreter.calls import evaluate_at
from ...native.memory.block_access import pointer_to
from ...native.memory.word_layout import ASK_PYTHON, BASE, ERROR, FUEL, START_FUEL, STATUS, TOP
from .apply_primitive import operate
from .bank_layout import (
    ARITY,
    CALL,
    CODES,
    CURRENT_EXAMPLE,
    EXAMPLE,
    FRAME,
    IS_CLOSED,
    IS_DIRECT,
    LOW,
    RULE_MASK,
    RULE_SHIFT,
    RULE_VARIABLE,
    RULE_WORDS,
    SLOTS,
    VALUES_ADDRESS,
)
from .codegen import write_code
from .value_interning import unpack

__all__ = ["replay"]

Words = NDArray[np.int64]
Pool = NDArray[np.int32]

_OPTIONS: dict[str, Any] = {"cache": True, "nogil": True, "error_model": "numpy"}


@njit(forceinline=True)
def _rule(nodes: Words, node: int) -> int:
    rule: int = (nodes[node] >> RULE_SHIFT) & RULE_MASK
    return rule * RULE_WORDS


@njit(
    "void(int64, int64, int64[:, ::1], int64[::1], int32[::1], int64[::1], int64[::1], "
    "int64[:, ::1], int64[:, ::1])",
    **_OPTIONS,
)
def replay(
    address: int,
    cells: int,
    rules: Words,
    nodes: Words,
    pool: Pool,
    candidates: Words,
    row: Words,
    points: Words,
    values: Words,
) -> None:
    """Run programs on new points.

    Args:
        address: of the block.
        cells: offset of an environment of as many variables as a rule may have arguments.
        rules, nodes, pool: of the bank.
        candidates: int64[n], nodes in the order in which they were kept: closed ones, and
            ones of one scope, all with values that are no lists or pairs.
        row: int64[nodes], for each node its position among ``candidates``; -1 if it has none.
        points: int64[p, 2], for each point its example and its environment.
        values: int64[n, p], receives the values.
    """
    memory = pointer_to(address)
    memory[VALUES_ADDRESS] = pool.ctypes.data
    table = pointer_to(rules.ctypes.data)
    known_nodes = pointer_to(nodes.ctypes.data)
    count = len(points)
    # In the order in which they were kept: arguments come before what is made of them.
    for r in range(len(candidates)):
        node = candidates[r]
        start = nodes[node] & LOW
        rule = _rule(nodes, node)
        # 1. A closed program does not depend on the point but for its example: its values are in
        # the pool already.
        if table[rule + IS_CLOSED]:
            for p in range(count):
                values[r, p] = unpack(memory, pool[start + points[p, EXAMPLE]])
            continue
        variable = table[rule + RULE_VARIABLE]
        # 2. A variable is looked up in the point's environment, a linked list of frames.
        if variable >= 0:
            for p in range(count):
                frame = points[p, FRAME]
                for _ in range(variable):
                    frame = memory[frame + 1]
                values[r, p] = memory[frame]
            continue
        arity = table[rule + ARITY]
        # 3. Otherwise: will one call of the primitive do? Then it must be one that can be called by
        # itself, with arguments that are no functions and whose values are at hand.
        known = table[rule + IS_DIRECT] != 0
        for j in range(arity):
            child = pool[start - arity + j]
            if table[rule + SLOTS + 3 * j + 2] or (
                row[child] < 0 and not table[_rule(nodes, child) + IS_CLOSED]
            ):
                known = False
        code = memory[cells + CODES]
        written = False
        for p in range(count):
            # Each evaluation begins anew: with what the last one allocated freed, full fuel, and no
            # status.
            memory[TOP] = memory[BASE]
            memory[FUEL] = memory[START_FUEL]
            memory[STATUS] = 0
            memory[CURRENT_EXAMPLE] = points[p, EXAMPLE]
            value = ASK_PYTHON
            if known:
                for j in range(arity):
                    child = pool[start - arity + j]
                    if table[_rule(nodes, child) + IS_CLOSED]:
                        at = (nodes[child] & LOW) + points[p, EXAMPLE]
                        argument = unpack(memory, pool[at])
                    else:
                        argument = values[row[child], p]
                    memory[cells + 2 * j] = argument
                    if argument == ERROR:
                        value = ERROR
                # An argument that fails makes the whole fail.
                if value != ERROR:
                    value = operate(
                        memory,
                        table[rule + CALL],
                        memory[cells],
                        memory[cells + 2],
                        memory[cells + 4],
                        memory[cells + 6],
                    )
            # 4. What cannot be called so is interpreted; its code is written once for all points.
            if value == ASK_PYTHON:
                if not written:
                    write_code(memory, code, table, known_nodes, node)
                    written = True
                value = evaluate_at(memory, code, points[p, FRAME], 0)
            values[r, p] = ERROR if memory[FUEL] < 0 else value
