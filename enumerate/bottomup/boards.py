"""Boards: kept programs on points of a goal's own choosing, and what completes them to the goal.

A *board* is a set of points, the values of many kept programs at each, and :mod:`.bounds` of what
is wanted there. Programs are run on new points by replaying them in the order in which they were
kept, so that each costs one call of its primitive: what it is made of comes before it.

Then ``op(x, y) = goal`` is solved without going through pairs: an inverse of ``op`` gives for each
``x`` the values that ``y`` must have, and a hash table says which program has them, by the points
that the goal tells all about. :mod:`.covering` has what chooses among its arguments.
"""

from __future__ import annotations

from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from ..native.calls import evaluate_at
from ..native.jit import njit
from ..native.layout import ASK_PYTHON, BASE, ERROR, FUEL, START_FUEL, STATUS, TOP
from ..native.memory import is_integer, pointer_to
from .bounds import undo
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

__all__ = [
    "ANY",
    "index_points",
    "index_rows",
    "pair",
    "replay",
    "undo_each",
    "within",
]

Words = NDArray[np.int64]
Pool = NDArray[np.int32]

_OPTIONS: dict[str, Any] = {"cache": True, "nogil": True, "error_model": "numpy"}

MOST_POINTS: Final = 60
"""Points of a board: a set of them is one word."""

ANY: Final = 1 << 62
"""Bounds this far out, either side of 0, say that a value does not matter, nor if there is none."""

CLUSTER: Final = 64
"""Rows that are equal at some points, of which no more are kept: a few points are soon met."""


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


@njit("void(int64[:, ::1], uint8[::1], int64[::1], int32[::1])", **_OPTIONS)
def index_points(board: Words, kinds: Any, points: Words, table: Any) -> None:
    """Fill a hash table with the rows by their values at some points, where they are values.

    Args:
        board: int64[n, p].
        kinds: uint8[n], as :func:`index_rows` leaves it.
        points: the points that count.
        table: int32[2**k], more than twice ``n``; receives row numbers, -1 where free.
    """
    table[:] = -1
    mask = len(table) - 1
    for r in range(len(board)):
        if kinds[r] != 1 and kinds[r] != 3:
            continue
        h = 0
        good = True
        for p in points:
            word = board[r, p]
            good = good and word != ERROR
            h = mix(h, word)
        if not good:
            continue
        slot = h & mask
        equal = 0
        while table[slot] >= 0 and equal < CLUSTER:
            other = table[slot]
            same = True
            for p in points:
                if board[other, p] != board[r, p]:
                    same = False
                    break
            equal += same
            slot = (slot + 1) & mask
        if equal < CLUSTER:
            table[slot] = r


@njit(
    "boolean(int64, int64[::1], int64[::1], int64[::1], int64[::1], int64[::1])",
    **_OPTIONS,
)
def undo_each(
    how: int, low: Words, high: Words, known: Words, left_low: Words, left_high: Words
) -> bool:
    """Write what an inverse leaves of a goal at each point; say whether anything can meet it.

    Args:
        how: the inverse's number.
        low, high: int64[p], the goal's bounds.
        known: int64[p], the argument that is known.
        left_low, left_high: int64[p], receive the bounds of the other.
    """
    for p in range(len(low)):
        x = known[p]
        if not is_integer(x):
            return False
        left_low[p], left_high[p] = undo(how, low[p], high[p], x)
        if left_low[p] > left_high[p]:
            return False
    return True


@njit(
    "int64(int64[:, ::1], uint8[::1], int64[::1], int64[::1], int64[::1], int64, int64[:, ::1])",
    **_OPTIONS,
)
def within(
    board: Words, kinds: Any, costs: Words, low: Words, high: Words, most: int, found: Words
) -> int:
    """Find rows that are within bounds at all points.

    Args:
        board, kinds, costs: see :func:`index_rows`, which was called before.
        low, high: int64[p].
        most: the largest cost wanted.
        found: int64[m, 2], receives cost and row.

    Returns:
        How many were found, at most ``m``.
    """
    count = 0
    for r in range(len(board)):
        if (kinds[r] != 1 and kinds[r] != 3) or costs[r] > most:
            continue
        good = True
        for p in range(len(low)):
            if board[r, p] < low[p] or board[r, p] > high[p]:
                good = False
                break
        if good:
            if count == len(found):
                return count
            found[count, 0] = costs[r]
            found[count, 1] = r
            count += 1
    return count


@njit
def _makes(how: int, low: Words, high: Words, known: Words, other: Words) -> bool:
    """Say whether an operation makes what is within bounds, wherever it matters."""
    for p in range(len(low)):
        if low[p] <= -ANY:
            continue
        if not is_integer(known[p]):
            return False
        least, greatest = undo(how, low[p], high[p], known[p])
        if other[p] < least or other[p] > greatest:
            return False
    return True


@njit(
    "int64(int64[:, ::1], uint8[::1], int64[::1], int32[::1], int64[::1], int64[::1], "
    "int64[::1], int64[:, ::1], int64, int64[:, ::1])",
    **_OPTIONS,
)
def pair(
    board: Words,
    kinds: Any,
    costs: Words,
    table: Any,
    points: Words,
    low: Words,
    high: Words,
    operations: Words,
    most: int,
    found: Words,
) -> int:
    """Find pairs of rows of which operations make the goal.

    Args:
        board, kinds, costs, table: see :func:`index_rows` and :func:`index_points`.
        points: those by which the table is made: the goal tells all there.
        low, high: int64[p], the goal's bounds.
        operations: int64[o, 2], the inverse's number, and the operation's cost.
        most: the largest cost wanted.
        found: int64[m, 4], receives cost, operation, and its rows: the one that is known to the
            inverse, and of those that are what it gives the cheapest.

    Returns:
        How many were found; ``m`` if there are more.
    """
    mask = len(table) - 1
    needed = np.empty(len(points), np.int64)
    count = 0
    for o in range(len(operations)):
        how = operations[o, 0]
        for r in range(len(board)):
            spent = operations[o, 1] + costs[r]
            if (kinds[r] != 1 and kinds[r] != 3) or spent >= most:
                continue
            h = 0
            good = True
            for i in range(len(points)):
                p = points[i]
                x = board[r, p]
                if not (is_integer(x) and is_integer(low[p])):
                    good = False
                    break
                least, greatest = undo(how, low[p], low[p], x)
                if least != greatest:
                    good = False
                    break
                needed[i] = least
                h = mix(h, least)
            if not good:
                continue
            slot = h & mask
            best = -1
            while table[slot] >= 0:
                other = table[slot]
                slot = (slot + 1) & mask
                if spent + costs[other] > most or (best >= 0 and costs[other] >= costs[best]):
                    continue
                good = True
                for i in range(len(points)):
                    if board[other, points[i]] != needed[i]:
                        good = False
                        break
                if good and len(points) < len(low):
                    good = _makes(how, low, high, board[r], board[other])
                if good:
                    best = other
            if best >= 0:
                if count == len(found):
                    return count
                found[count, 0] = spent + costs[best]
                found[count, 1] = o
                found[count, 2] = r
                found[count, 3] = best
                count += 1
    return count
