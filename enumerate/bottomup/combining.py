"""Going through the combinations of some blocks of nodes, without those that cannot matter.

A combination is left out if another one has the same values, costs no more, and is not left out:

* Of two arguments that may change places the node kept first comes first.
* A function that ignores parameters may hide of another argument all but a view of it
  (:mod:`.symmetries`). Of the nodes of a state that show the same only the first is taken. It is
  the cheapest, and it fails at the same points.

A kept node has *marks*: it is the first that shows what it shows; it never fails; it is never an
empty list. They lie in rows of bits, so that a search for the next marked node passes 64 at a time.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from ..native.jit import Memory, njit
from ..native.layout import DATA, EMPTY, ERROR, LIST, TAG
from .code import write_code
from .interning import find, hash_word, mix
from .operate import is_compound
from .record import (
    ALL,
    ARITY,
    CHOSEN,
    CODES,
    COMMUTES,
    EMPTINESS,
    FILLED_SHIFT,
    FUNCTIONS,
    HASHES,
    HEAD,
    JOB_BLOCKS,
    LAST,
    LENGTH,
    LENGTH_AND_HEAD,
    LENGTH_AND_LAST,
    LISTS_SHIFT,
    LOW,
    NEVER_EMPTY,
    NEVER_FAILS,
    NOTHING,
    OFFSETS,
    ORDER,
    SEEING,
    SEEN,
    SLOTS,
    USES,
    USES_SHIFT,
)

__all__ = ["mark", "next_combination"]

Words = NDArray[np.int64]


@njit(forceinline=True)
def _is_marked(marks: Words, row: int, node: int) -> bool:
    found: bool = marks[row, node >> 6] >> (node & 63) & 1 != 0
    return found


@njit(forceinline=True)
def _set_mark(marks: Words, row: int, node: int) -> None:
    marks[row, node >> 6] |= 1 << (node & 63)


@njit(forceinline=True)
def _next_marked(marks: Words, row: int, node: int, end: int) -> int:
    """Return the first marked node from ``node`` on; ``end`` or more if there is none."""
    while node < end:
        word = marks[row, node >> 6] & (-1 << (node & 63))
        if word == 0:
            node = (node | 63) + 1
            continue
        while word >> (node & 63) & 1 == 0:
            node += 1
        return node
    return end


@njit(forceinline=True)
def _move_to(
    memory: Memory,
    cells: int,
    rules: Memory,
    rule: int,
    j: int,
    node: int,
    nodes: Memory,
    marks: Words,
) -> None:
    """Let a node be argument ``j`` of the candidate."""
    word = nodes[node]
    binds = rules[rule + SLOTS + 3 * j + 2]
    memory[cells + CHOSEN + j] = node
    memory[cells + OFFSETS + j] = word & LOW
    memory[cells + USES + j] = word >> USES_SHIFT >> binds
    if binds:
        write_code(memory, memory[cells + CODES + j], rules, nodes, node)
        used = word >> USES_SHIFT & ((1 << binds) - 1)
        if _is_marked(marks, NEVER_FAILS, node):
            used += FUNCTIONS
        memory[cells + SEEING] = rules[rule + SEEN + used]


@njit(forceinline=True)
def _view(memory: Memory, cells: int, rules: Memory, rule: int, digit: int, marks: Words) -> int:
    """Return how much the result depends on the argument that a digit stands for."""
    seen = memory[cells + SEEING]
    if seen == 0:
        return ALL
    j = rules[rule + ORDER + digit]
    for before in range(digit):
        i = rules[rule + ORDER + before]
        if seen >> (LISTS_SHIFT + i) & 1 and not _is_marked(
            marks, NEVER_EMPTY, memory[cells + CHOSEN + i]
        ):
            return seen >> 4 * j & 15
    return seen >> (FILLED_SHIFT + 4 * j) & 15


@njit(forceinline=True)
def next_combination(
    memory: Memory,
    cells: int,
    rules: Memory,
    rule: int,
    job: Words,
    index: Words,
    nodes: Memory,
    marks: Words,
    resume: bool,
    fresh: bool,
) -> bool:
    """Go to the next combination of a job; False if there is none.

    Args:
        memory: the block.
        cells: offset of the arguments, see :data:`.record.CHOSEN`.
        rules, rule: the table of rules, and where in it the job's rule lies.
        job: its row.
        index: int64[arguments], the position in each argument's block.
        nodes: the bank's nodes.
        marks: the bank's marks.
        resume: write down the combination that ``index`` says, which was reached before.
        fresh: go to the first.
    """
    arity = rules[rule + ARITY]
    if arity == 0:
        return fresh or resume
    if fresh or resume:
        memory[cells + SEEING] = 0
    digit = 0 if resume or fresh else arity - 1
    enters = fresh
    while digit < arity:
        j = rules[rule + ORDER + digit]
        first = job[JOB_BLOCKS + 2 * j]
        end = first + job[JOB_BLOCKS + 2 * j + 1]
        node = first + index[j]
        if not resume:
            node = first if enters else node + 1
            if enters and digit == 1 and rules[rule + COMMUTES]:
                node = max(node, memory[cells + CHOSEN + rules[rule + ORDER]])
            view = _view(memory, cells, rules, rule, digit, marks)
            if view != ALL:
                node = _next_marked(marks, view, node, end)
            if node >= end:
                digit -= 1
                enters = False
                if digit < 0:
                    return False
                continue
            index[j] = node - first
        _move_to(memory, cells, rules, rule, j, node, nodes, marks)
        digit += 1
        enters = True
    return True


@njit("int64(CPointer(int64), int64, int64)", cache=True, nogil=True)
def _shown(memory: Memory, word: int, view: int) -> int:
    """Return what a value shows."""
    if word == ERROR:
        return ERROR
    if word >> TAG != LIST or view == NOTHING:
        return 0
    count = word & 0xFFFF
    if count == 0:
        return EMPTY
    if view == EMPTINESS:
        return 1
    shown = 0
    if view >= HEAD:
        start = (word & DATA) >> 16
        if view in (LAST, LENGTH_AND_LAST):
            start += count - 1
        shown = memory[start]
        if is_compound(shown):
            shown = hash_word(memory, shown)
    if view in (LENGTH, LENGTH_AND_HEAD, LENGTH_AND_LAST):
        shown = mix(shown, count)
    return shown


@njit
def mark(
    memory: Memory,
    marks: Words,
    node: int,
    results: Words,
    width: int,
    views: int,
    salt: int,
    hashes: Words,
    progress: Words,
) -> None:
    """Mark a node that was just kept.

    Args:
        memory: the block.
        marks: the bank's marks.
        node: the node.
        results: its values.
        width: their number.
        views: bit v says that view v is asked for.
        salt: its state's.
        hashes: the set of hashes, which also holds what was shown so far.
        progress: ``HASHES`` moves.
    """
    for row in range(marks.shape[0]):
        marks[row, node >> 6] &= ~(1 << (node & 63))
    failed = 0
    empty = 0
    for p in range(width):
        failed += results[p] == ERROR
        empty += results[p] == ERROR or results[p] >> TAG != LIST or results[p] & 0xFFFF == 0
    if failed == 0:
        _set_mark(marks, NEVER_FAILS, node)
    if empty == failed:
        _set_mark(marks, NEVER_EMPTY, node)
    lists = LIST
    for p in range(width):
        if results[p] != ERROR:
            lists = results[p] >> TAG
            break
    for view in range(NOTHING, NEVER_EMPTY):
        if views >> view & 1 == 0 or (view > NOTHING and lists != LIST):
            continue
        h = mix(salt, ERROR + view)
        for p in range(width):
            h = mix(h, _shown(memory, results[p], view))
        if h == 0:
            h = 1
        slot = find(hashes, h)
        if hashes[slot] == 0:
            hashes[slot] = h
            progress[HASHES] += 1
            _set_mark(marks, view, node)
