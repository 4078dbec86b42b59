"""Terms as integer columns: a hash-consed table that compiled code can read and grow.

A node is ``(kind, left, right)``; equal terms have one number, and children come before parents.

===========  =================  ==========
kind         left               right
===========  =================  ==========
APPLY        function           argument
LAMBDA       body               0
VARIABLE     de Bruijn index    0
SYMBOL       number of symbol   0
ARGUMENT     number of ``#i``   0
===========  =================  ==========

``ARGUMENT`` leaves occur in the bodies of abstractions only. Functions that add nodes return -1
when the table is full; the caller grows it with :func:`grown` and starts again.
"""

from __future__ import annotations

from typing import Any, NamedTuple, TypeAlias

import numpy as np
from numpy.typing import NDArray

from ...dsl import kernel, record_type
from .kernel_types import INT, INTS, LONGS, MEMO

__all__ = [
    "APPLY",
    "ARGUMENT",
    "LAMBDA",
    "SYMBOL",
    "VARIABLE",
    "Ints",
    "Memo",
    "Nodes",
    "Reals",
    "empty_nodes",
    "grown",
]

Ints: TypeAlias = NDArray[np.int32]
Reals: TypeAlias = NDArray[np.float64]
Memo: TypeAlias = Any  # numba's dictionary from int64 to int64

APPLY, LAMBDA, VARIABLE, SYMBOL, ARGUMENT = range(5)
NEVER = 2**30  # the lowest free variable of a closed term


class Nodes(NamedTuple):
    """The table.

    Attributes:
        kind, left, right: int32 (capacity,), see the module.
        free: int32 (capacity,): 1 + the largest free variable, 0 if closed.
        low: int32 (capacity,): the lowest free variable, ``NEVER`` if closed.
        slots: int32 (a power of two,): an open-addressing hash table of 1 + node, 0 for empty.
        size: int64 (1,): the number of nodes.
    """

    kind: Ints
    left: Ints
    right: Ints
    free: Ints
    low: Ints
    slots: Ints
    size: NDArray[np.int64]


NODES = record_type(Nodes, *[INTS] * 6, LONGS)
"""The table's type in compiled code."""


def empty_nodes(capacity: int) -> Nodes:
    """Return a table without nodes and with room for ``capacity``."""
    size = 1 << max(4, (2 * capacity - 1).bit_length())
    columns: list[Any] = [np.empty(capacity, np.int32) for _ in range(5)]
    kind, left, right, free, low = columns
    slots = np.zeros(size, np.int32)
    return Nodes(kind, left, right, free, low, slots, np.zeros(1, np.int64))


def grown(nodes: Nodes, capacity: int) -> Nodes:
    """Return a copy with room for ``capacity`` nodes; the numbers of the nodes stay."""
    bigger = empty_nodes(capacity)
    copy_nodes(nodes, bigger)
    return bigger


@kernel(NODES, INT, INT)
def lowest_above(nodes: Nodes, node: Any, least: Any) -> Any:
    """Return the lowest free variable of ``node`` that is at least ``least`` (some must be)."""
    best = NEVER
    stack = [(np.int64(node), np.int64(least))]
    depth0 = np.int64(least)
    while stack:
        at, floor = stack.pop()
        binders = floor - depth0
        if nodes.free[at] <= floor or nodes.low[at] - binders >= best:
            continue
        if nodes.low[at] >= floor:
            best = min(best, nodes.low[at] - binders)
        elif nodes.kind[at] == APPLY:
            stack.append((np.int64(nodes.left[at]), floor))
            stack.append((np.int64(nodes.right[at]), floor))
        else:
            stack.append((np.int64(nodes.left[at]), floor + 1))
    return best


@kernel(NODES, INT, INT, INT)
def find_slot(nodes: Nodes, kind: Any, left: Any, right: Any) -> Any:
    """Return the slot where the node is, or where it would go."""
    mask = nodes.slots.size - 1
    h = (np.uint64(left) * np.uint64(0x9E3779B97F4A7C15)) ^ (
        np.uint64(right + 0x7F4A7C15) * np.uint64(0xC2B2AE3D27D4EB4F)
    )
    h = (h + np.uint64(kind)) * np.uint64(0xFF51AFD7ED558CCD)
    slot = np.int64(h >> np.uint64(32)) & mask
    while True:
        found = nodes.slots[slot] - 1
        if found < 0 or (
            nodes.left[found] == left and nodes.right[found] == right and nodes.kind[found] == kind
        ):
            return slot
        slot = (slot + 1) & mask


@kernel(NODES, INT, INT, INT)
def cons(nodes: Nodes, kind: Any, left: Any, right: Any) -> Any:
    """Return the number of a node, adding it if it is new; -1 if the table is full."""
    slot = find_slot(nodes, kind, left, right)
    found = nodes.slots[slot] - 1
    if found >= 0:
        return found
    new = nodes.size[0]
    if new >= nodes.kind.size:
        return -1
    nodes.size[0] = new + 1
    nodes.slots[slot] = new + 1
    nodes.kind[new] = kind
    nodes.left[new] = left
    nodes.right[new] = right
    free = 0
    low = NEVER
    if kind == APPLY:
        free = max(nodes.free[left], nodes.free[right])
        low = min(nodes.low[left], nodes.low[right])
    elif kind == LAMBDA:
        free = max(0, nodes.free[left] - 1)
        # The lowest free variable of the body may be the one bound here; then the next one is
        # needed, which two numbers cannot tell: look for it.
        if nodes.free[left] <= 1:
            low = NEVER
        elif nodes.low[left] > 0:
            low = nodes.low[left] - 1
        else:
            low = lowest_above(nodes, left, 1) - 1
    elif kind == VARIABLE:
        free = left + 1
        low = left
    nodes.free[new] = free
    nodes.low[new] = low
    return new


@kernel(NODES, NODES)
def copy_nodes(old: Nodes, new: Nodes) -> None:
    """Copy all nodes of ``old`` into the empty table ``new``."""
    for i in range(old.size[0]):
        new.kind[i] = old.kind[i]
        new.left[i] = old.left[i]
        new.right[i] = old.right[i]
        new.free[i] = old.free[i]
        new.low[i] = old.low[i]
        slot = find_slot(new, old.kind[i], old.left[i], old.right[i])
        new.slots[slot] = i + 1
    new.size[0] = old.size[0]


@kernel(NODES, INTS)
def needed_nodes(nodes: Nodes, roots: Ints) -> NDArray[np.bool_]:
    """Return for each node whether it is part of a term at one of ``roots``."""
    needed = np.zeros(nodes.size[0], np.bool_)
    for root in roots:
        needed[root] = True
    for node in range(needed.size - 1, -1, -1):
        if needed[node] and nodes.kind[node] <= LAMBDA:
            needed[nodes.left[node]] = True
            if nodes.kind[node] == APPLY:
                needed[nodes.right[node]] = True
    return needed


@kernel(NODES, INT, INT, INT, MEMO)
def renamed(nodes: Nodes, node: Any, depth: Any, lifted: Any, memo: Memo) -> Any:
    """Return ``node`` as seen from outside ``depth`` binders; -1 if the table is full.

    Of the ``depth`` innermost variables it may use only those in the bit set ``lifted``; these
    become ``$0``, ``$1``, ... in their order, and the variables of binders further out come after
    them. Without ``lifted`` variables that is a shift by ``-depth``.

    ``memo`` is kept between calls, so that each distinct (sub-term, depth, lifted, binders crossed)
    is visited once.
    """
    if depth == 0 or nodes.free[node] == 0:
        return node
    parameters = 0
    for bit in range(8):
        parameters += (lifted >> bit) & 1
    base = np.int64(depth)
    if lifted:
        base = np.int64(32768 + depth * 256 + lifted)
    stack = [(np.int64(node), np.int64(0))]
    while stack:
        at, cut = stack[-1]
        key = at * 4294967296 + cut * 65536 + base
        if key in memo:
            stack.pop()
            continue
        if nodes.free[at] <= cut:
            memo[key] = at
        elif nodes.kind[at] == VARIABLE:
            index = nodes.left[at] - cut
            if index >= depth:
                index += parameters - depth
            else:
                below = 0
                for bit in range(index):
                    below += (lifted >> bit) & 1
                index = below
            new = cons(nodes, VARIABLE, index + cut, 0)
            if new < 0:
                return -1
            memo[key] = np.int64(new)
        elif nodes.kind[at] == LAMBDA:
            inner = np.int64(nodes.left[at]) * 4294967296 + (cut + 1) * 65536 + base
            if inner not in memo:
                stack.append((np.int64(nodes.left[at]), cut + 1))
                continue
            new = cons(nodes, LAMBDA, memo[inner], 0)
            if new < 0:
                return -1
            memo[key] = np.int64(new)
        else:
            first = np.int64(nodes.left[at]) * 4294967296 + cut * 65536 + base
            second = np.int64(nodes.right[at]) * 4294967296 + cut * 65536 + base
            ready = True
            if first not in memo:
                stack.append((np.int64(nodes.left[at]), cut))
                ready = False
            if second not in memo:
                stack.append((np.int64(nodes.right[at]), cut))
                ready = False
            if not ready:
                continue
            new = cons(nodes, APPLY, memo[first], memo[second])
            if new < 0:
                return -1
            memo[key] = np.int64(new)
        stack.pop()
    return memo[np.int64(node) * 4294967296 + base]


@kernel()
def new_memo() -> Memo:
    """Return an empty memo for :func:`renamed`."""
    return {np.int64(-1): np.int64(-1)}


@kernel(NODES, INT)
def free_masks(nodes: Nodes, count: int) -> Ints:
    """Return for each of the first ``count`` nodes which of ``$0`` to ``$29`` are free, as bits."""
    masks = np.zeros(count, np.int32)
    for node in range(count):
        kind, left = nodes.kind[node], nodes.left[node]
        if kind == VARIABLE and left < 30:
            masks[node] = 1 << left
        elif kind == LAMBDA:
            masks[node] = masks[left] >> 1
        elif kind == APPLY:
            masks[node] = masks[left] | masks[nodes.right[node]]
    return masks


@kernel(INT)
def bits(mask: int) -> int:
    """Return the number of bits set among the lowest 30."""
    total = 0
    while mask:
        mask &= mask - 1
        total += 1
    return total


@kernel(NODES, INTS, INTS, MEMO)
def lowered_table(nodes: Nodes, first: Ints, out: Ints, memo: Memo) -> int:
    """Fill in each corpus node as seen from outside 1, 2, ... binders that it does not use.

    Args:
        nodes: the table.
        first: (corpus nodes + 1,): where the row of each node starts in ``out``.
        out: the rows, one after another; row entry ``k - 1`` is the node from outside ``k``.
        memo: see :func:`renamed`.

    Returns:
        0, or -1 if the table is full.
    """
    for node in range(first.size - 1):
        for k in range(first[node + 1] - first[node]):
            found = renamed(nodes, node, k + 1, 0, memo)
            if found < 0:
                return -1
            out[first[node] + k] = found
    return 0
