"""Boards: kept programs on points of a goal's own choosing, and what completes them to the goal.

A *board* is a set of points, the values of many kept programs at each, and the values wanted there.
Programs are run on new points by replaying them in the order in which they were kept, so that each
costs one call of its primitive: what it is made of comes before it.

Then ``op(x, y) = goal`` is solved without going through pairs: an inverse of ``op`` gives for each
``x`` the values that ``y`` must have, and a hash table says which program has them. For operations
that return one of their arguments, sets of points as bits take the place of values: the points
where a program is right, and two programs that are right on all of them together.
"""

from __future__ import annotations

from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from ..native.calls import evaluate_at
from ..native.jit import njit
from ..native.layout import ASK_PYTHON, BASE, ERROR, FUEL, START_FUEL, STATUS, TOP, TRUE
from ..native.memory import is_integer, pointer_to
from .algebra import DIFFERENCE, NEGATIVE_DIFFERENCE, TOTAL
from .code import write_code
from .interning import mix, unpack
from .operate import operate
from .record import (
    ARITY,
    AT,
    CODES,
    EXAMPLE,
    EXAMPLE_AT_HAND,
    FRAME,
    IS_CLOSED,
    IS_SHORT,
    LOW,
    RULE_MASK,
    RULE_SHIFT,
    RULE_VARIABLE,
    RULE_WORDS,
    SLOTS,
    VALUES_ADDRESS,
)

__all__ = ["complete", "cover", "index_rows", "replay"]

Words = NDArray[np.int64]
Pool = NDArray[np.int32]

_OPTIONS: dict[str, Any] = {"cache": True, "nogil": True, "error_model": "numpy"}

MOST_POINTS: Final = 60
"""Points of a board: a set of them is one word."""


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
    members: Words,
    row: Words,
    points: Words,
    board: Words,
) -> None:
    """Run programs on new points.

    Args:
        address: of the block.
        cells: offset of an environment of as many variables as a rule may have arguments.
        rules, nodes, pool: of the bank.
        members: int64[n], nodes in the order in which they were kept: closed ones, and ones of one
            scope, all with values that are no lists or pairs.
        row: int64[nodes], for each node its position among ``members``; -1 if it has none.
        points: int64[p, 2], for each point its example and its environment.
        board: int64[n, p], receives the values.
    """
    memory = pointer_to(address)
    memory[VALUES_ADDRESS] = pool.ctypes.data
    table = pointer_to(rules.ctypes.data)
    known_nodes = pointer_to(nodes.ctypes.data)
    count = len(points)
    for r in range(len(members)):
        node = members[r]
        start = nodes[node] & LOW
        rule = _rule(nodes, node)
        if table[rule + IS_CLOSED]:
            for p in range(count):
                board[r, p] = unpack(memory, pool[start + points[p, EXAMPLE]])
            continue
        variable = table[rule + RULE_VARIABLE]
        if variable >= 0:
            for p in range(count):
                frame = points[p, FRAME]
                for _ in range(variable):
                    frame = memory[frame + 1]
                board[r, p] = memory[frame]
            continue
        arity = table[rule + ARITY]
        known = table[rule + IS_SHORT] != 0
        for j in range(arity):
            child = pool[start - arity + j]
            if table[rule + SLOTS + 3 * j + 2] or (
                row[child] < 0 and not table[_rule(nodes, child) + IS_CLOSED]
            ):
                known = False
        code = memory[cells + CODES]
        written = False
        for p in range(count):
            memory[TOP] = memory[BASE]
            memory[FUEL] = memory[START_FUEL]
            memory[STATUS] = 0
            memory[EXAMPLE_AT_HAND] = points[p, EXAMPLE]
            value = ASK_PYTHON
            if known:
                for j in range(arity):
                    child = pool[start - arity + j]
                    if table[_rule(nodes, child) + IS_CLOSED]:
                        at = (nodes[child] & LOW) + points[p, EXAMPLE]
                        argument = unpack(memory, pool[at])
                    else:
                        argument = board[row[child], p]
                    memory[cells + 2 * j] = argument
                    if argument == ERROR:
                        value = ERROR
                if value != ERROR:
                    value = operate(
                        memory,
                        table[rule + AT],
                        memory[cells],
                        memory[cells + 2],
                        memory[cells + 4],
                        memory[cells + 6],
                    )
            if value == ASK_PYTHON:
                if not written:
                    write_code(memory, code, table, known_nodes, node)
                    written = True
                value = evaluate_at(memory, code, points[p, FRAME], 0)
            board[r, p] = ERROR if memory[FUEL] < 0 else value


# ---- inverses -----------------------------------------------------------------------------------


@njit("int64(int64[:, ::1], uint8[::1], int64[::1], int32[::1])", **_OPTIONS)
def index_rows(board: Words, kinds: Any, costs: Words, table: Any) -> int:
    """Fill a hash table with the rows that are values everywhere, of equal ones the cheapest.

    Args:
        board: int64[n, p].
        kinds: uint8[n], 1 for rows of the goal's type; becomes 0 for all but the cheapest of equal
            rows, and 3 for rows that fail somewhere.
        costs: int64[n].
        table: int32[2**k], more than twice ``n``; receives row numbers, -1 where free.

    Returns:
        How many rows are in the table.
    """
    table[:] = -1
    mask = len(table) - 1
    found = 0
    for r in range(len(board)):
        if kinds[r] != 1:
            continue
        h = 0
        good = True
        for p in range(board.shape[1]):
            word = board[r, p]
            good = good and word != ERROR
            h = mix(h, word)
        if not good:
            kinds[r] = 3
            continue
        slot = h & mask
        while table[slot] >= 0:
            other = table[slot]
            same = True
            for p in range(board.shape[1]):
                if board[other, p] != board[r, p]:
                    same = False
                    break
            if same:
                break
            slot = (slot + 1) & mask
        if table[slot] < 0:
            table[slot] = r
            found += 1
        elif costs[r] < costs[table[slot]]:
            kinds[table[slot]] = 0
            table[slot] = r
        else:
            kinds[r] = 0
    return found


@njit(forceinline=True)
def undo(how: int, z: int, x: int) -> int:
    """Return what the inverse of that number gives; the poison value if there is nothing."""
    if how == DIFFERENCE:
        return z - x
    if how == NEGATIVE_DIFFERENCE:
        return x - z
    if how == TOTAL:
        return z + x
    if x == 0 or z % x != 0:
        return ERROR
    return z // x


@njit(
    "int64(int64[:, ::1], uint8[::1], int64[::1], int32[::1], int64[::1], int64[:, ::1], "
    "int64[:, ::1], int64, int64[:, ::1])",
    **_OPTIONS,
)
def complete(
    board: Words,
    kinds: Any,
    costs: Words,
    table: Any,
    goal: Words,
    operations: Words,
    peels: Words,
    most: int,
    found: Words,
) -> int:
    """Find the programs that are the goal, and those that operations make it of.

    Args:
        board, kinds, costs, table: see :func:`index_rows`, which was called before.
        goal: int64[p].
        operations: int64[o, 2], the inverse's number, and the operation's cost.
        peels: int64[k, 3], an operation that may come first, and has a row for one argument: its
            inverse's number, the row, the cost of both.
        most: the largest cost wanted.
        found: int64[m, 5], receives cost, peel and operation (-1 where there is none), and the rows
            of the operation, or only the second.

    Returns:
        How many were found; ``m`` if there are more.
    """
    points = len(goal)
    mask = len(table) - 1
    left = np.empty(points, np.int64)
    needed = np.empty(points, np.int64)
    count = 0
    for k in range(-1, len(peels)):
        spent = 0
        good = True
        for p in range(points):
            value = goal[p]
            if k >= 0:
                value = undo(peels[k, 0], value, board[peels[k, 1], p])
                if value == ERROR:
                    good = False
                    break
            left[p] = value
        if not good:
            continue
        if k >= 0:
            spent = peels[k, 2]
        for o in range(-1, len(operations)):
            cost = spent + (operations[o, 1] if o >= 0 else 0)
            for r in range(len(board) if o >= 0 else 1):
                if o >= 0 and (kinds[r] != 1 or cost + costs[r] >= most):
                    continue
                h = 0
                good = True
                for p in range(points):
                    value = left[p]
                    if o >= 0:
                        x = board[r, p]
                        if not (is_integer(x) and is_integer(value)):
                            good = False
                            break
                        value = undo(operations[o, 0], value, x)
                        if value == ERROR:
                            good = False
                            break
                    needed[p] = value
                    h = mix(h, value)
                if not good:
                    continue
                slot = h & mask
                while table[slot] >= 0:
                    other = table[slot]
                    same = True
                    for p in range(points):
                        if board[other, p] != needed[p]:
                            same = False
                            break
                    if same:
                        total = cost + costs[other] + (costs[r] if o >= 0 else 0)
                        if total <= most:
                            if count == len(found):
                                return count
                            found[count, 0] = total
                            found[count, 1] = k
                            found[count, 2] = o
                            found[count, 3] = r
                            found[count, 4] = other
                            count += 1
                        break
                    slot = (slot + 1) & mask
    return count


# ---- sets of points -----------------------------------------------------------------------------


@njit
def _note(sets: Words, start: int, count: int, bits: int, row: int, cost: int) -> int:
    """Note a set of points unless it is known at no greater cost; return where the sets end."""
    for i in range(start, start + count):
        if sets[i, 0] == bits:
            if cost < sets[i, 2]:
                sets[i, 1] = row
                sets[i, 2] = cost
            return start + count
    if start + count < len(sets) // 2 + (len(sets) // 2 if start else 0):
        sets[start + count, 0] = bits
        sets[start + count, 1] = row
        sets[start + count, 2] = cost
        return start + count + 1
    return start + count


@njit
def _holder(sets: Words, count: int, bits: int) -> int:
    """Return the cheapest set that holds another; -1 if there is none."""
    best = -1
    for i in range(count):
        if sets[i, 0] & bits == bits and (best < 0 or sets[i, 2] < sets[best, 2]):
            best = i
    return best


@njit(
    "int64(int64, int64[:, ::1], uint8[::1], int64[::1], int64[::1], int64, int64, int64, "
    "int64[:, ::1], int64[:, ::1])",
    **_OPTIONS,
)
def cover(
    address: int,
    board: Words,
    kinds: Any,
    costs: Words,
    goal: Words,
    at: int,
    cost: int,
    most: int,
    sets: Words,
    found: Words,
) -> int:
    """Find programs that are together right on all points: the arguments of a choice.

    Args:
        address: of the block.
        board, costs: int64[n, p] and int64[n].
        kinds: uint8[n], as :func:`index_rows` leaves it; 2 for truth values.
        goal: int64[p].
        at: offset of the node of a selective primitive; 0 for a choice, which has a condition.
        cost: of the primitive.
        most: the largest cost wanted.
        sets: int64[m, 3], room for distinct sets of points, with row and cost; the conditions use
            a second half.
        found: int64[k, 4], receives cost, and the rows of condition (-1 if there is none) and both
            arguments.

    Returns:
        How many were found, at most ``k``.
    """
    memory = pointer_to(address)
    points = len(goal)
    full = (1 << points) - 1
    half = len(sets) // 2
    values = 0
    conditions = 0
    for r in range(len(board)):
        if kinds[r] == 0 or kinds[r] > 3 or costs[r] + cost >= most:
            continue
        bits = 0
        good = True
        if kinds[r] == 2:
            if at:
                continue
            for p in range(points):
                good = good and board[r, p] != ERROR
                bits |= (1 if board[r, p] == TRUE else 0) << p
            if not good or bits == 0 or bits == full:
                continue
            place = _note(sets, half, conditions, bits, r, costs[r])
            conditions = max(conditions, place - half)
            continue
        for p in range(points):
            word = board[r, p]
            if word == goal[p]:
                bits |= 1 << p
            elif at and (word == ERROR or operate(memory, at, word, goal[p], 0, 0) != goal[p]):
                good = False
                break
        if good and bits:
            values = max(values, _note(sets, 0, values, bits, r, costs[r]))
    count = 0
    if at:
        for a in range(values):
            b = _holder(sets, values, full & ~sets[a, 0])
            if b >= 0 and cost + sets[a, 2] + sets[b, 2] <= most and count < len(found):
                found[count, 0] = cost + sets[a, 2] + sets[b, 2]
                found[count, 1] = -1
                found[count, 2] = sets[a, 1]
                found[count, 3] = sets[b, 1]
                count += 1
        return count
    for c in range(half, half + conditions):
        a = _holder(sets, values, sets[c, 0])
        if a < 0:
            continue
        b = _holder(sets, values, full & ~sets[c, 0])
        if b < 0:
            continue
        total = cost + sets[c, 2] + sets[a, 2] + sets[b, 2]
        if total <= most and count < len(found):
            found[count, 0] = total
            found[count, 1] = sets[c, 1]
            found[count, 2] = sets[a, 1]
            found[count, 3] = sets[b, 1]
            count += 1
    return count
