"""All combinations of some blocks of nodes, without those that cannot matter.

A combination is left out if another one has the same values, costs no more, and is not left out:

* Of two arguments that commute, the node kept first comes first.
* A function that ignores parameters may hide all but a projection of another argument
  (:mod:`.symmetries`, :mod:`.list_projections`). Of the nodes of a state that are equal under the
  projection only the first is taken: it is the cheapest, and it fails at the same points.
* Under some productions some heads are skipped, since something simpler is equal
  (:mod:`.redundancies`).

A node has *marks*: it is the first with its projected values; it never fails; it is never an empty
list. They lie in rows of bits, so that a search for the next marked node passes 64 at a time. All
but the second are made when a node first stands beside a function: most never do. Ours.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from ....dsl import njit
from ...native.memory.block_access import pointer_to
from ...native.memory.word_layout import DATA, EMPTY, ERROR, LIST, TAG, Memory
from ..analysis.list_projections import (
    ALL,
    EMPTINESS,
    HEAD,
    LAST,
    LENGTH,
    LENGTH_AND_HEAD,
    LENGTH_AND_LAST,
    NOTHING,
)
from .apply_primitive import is_compound
from .bank_layout import (
    ARITY,
    CHOSEN,
    CODES,
    COMMUTES,
    DEPENDENCE,
    DEPENDENCES,
    FUNCTIONS,
    HASHES,
    HEAD_WORDS,
    JOB_BLOCKS,
    JOB_CLOSED,
    JOB_RULE,
    LISTS_SHIFT,
    LOW,
    MARKED_END,
    MARKED_LEVEL,
    MARKS,
    MARKS_NEEDED,
    NEVER_EMPTY,
    NEVER_FAILS,
    NONEMPTY_SHIFT,
    OFFSETS,
    ORDER,
    PRODUCTION,
    RULE_MASK,
    RULE_SHIFT,
    RULE_WORDS,
    SALT,
    SKIPPED_HEADS,
    SKIPS,
    SLOTS,
    USES,
    USES_SHIFT,
    WIDTH,
)
from .codegen import write_code
from .value_interning import find, hash_word, mix, unpack

__all__ = ["is_marked", "mark_job", "next_combination", "set_mark"]

Words = NDArray[np.int64]
Pool = NDArray[np.int32]


@njit(forceinline=True)
def _is_marked(marks: Words, row: int, node: int) -> bool:
    found: bool = marks[row, node >> 6] >> (node & 63) & 1 != 0
    return found


@njit(forceinline=True)
def set_mark(marks: Words, row: int, node: int) -> None:
    """Mark a node in a row."""
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
        memory[cells + DEPENDENCE] = rules[rule + DEPENDENCES + used]


@njit(forceinline=True)
def _view(memory: Memory, cells: int, rules: Memory, rule: int, digit: int, marks: Words) -> int:
    """Return how much the result depends on the argument that a digit stands for."""
    seen = memory[cells + DEPENDENCE]
    if seen == 0:
        return ALL
    j = rules[rule + ORDER + digit]
    for before in range(digit):
        i = rules[rule + ORDER + before]
        if seen >> (LISTS_SHIFT + i) & 1 and not _is_marked(
            marks, NEVER_EMPTY, memory[cells + CHOSEN + i]
        ):
            return seen >> 4 * j & 15
    return seen >> (NONEMPTY_SHIFT + 4 * j) & 15


@njit(forceinline=True)
def _is_simplifiable(rules: Memory, rule: int, j: int, word: int) -> bool:
    """Say whether a rule with a node as its argument ``j`` equals something simpler."""
    head = rules[(word >> RULE_SHIFT & RULE_MASK) * RULE_WORDS + PRODUCTION]
    if not 0 <= head < 64 * HEAD_WORDS:
        return False
    found: bool = rules[rule + SKIPPED_HEADS + HEAD_WORDS * j + (head >> 6)] >> (head & 63) & 1 != 0
    return found


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
        cells: offset of the arguments, see :data:`.bank_layout.CHOSEN`.
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
        memory[cells + DEPENDENCE] = 0
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
            elif rules[rule + SKIPS] >> j & 1:
                while node < end and _is_simplifiable(rules, rule, j, nodes[node]):
                    node += 1
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
def is_marked(job: Words, rules: Words, states: Words) -> bool:
    """Say whether all that a job combines, but for its functions, is marked."""
    for j in range(rules[job[JOB_RULE], ARITY]):
        if rules[job[JOB_RULE], SLOTS + 3 * j + 2]:
            continue
        state = rules[job[JOB_RULE], SLOTS + 3 * j + (job[JOB_CLOSED] >> j & 1)]
        if states[state, MARKED_END] < job[JOB_BLOCKS + 2 * j] + job[JOB_BLOCKS + 2 * j + 1]:
            return False
    return True


@njit
def _mark(
    memory: Memory,
    marks: Words,
    node: int,
    values: Pool,
    width: int,
    views: int,
    salt: int,
    hashes: Words,
    progress: Words,
) -> None:
    """Mark a node by what it shows.

    Args:
        memory: the block.
        marks: the bank's marks.
        node: the node.
        values: its values, packed.
        width: their number.
        views: bit v says that view v is asked for.
        salt: its state's.
        hashes: the set of hashes, which also holds what was shown so far.
        progress: ``HASHES`` moves.
    """
    filled = True
    tag = LIST
    for p in range(width):
        word = unpack(memory, values[p])
        if word != ERROR:
            tag = word >> TAG
            filled = filled and tag == LIST and word & 0xFFFF != 0
    if filled:
        set_mark(marks, NEVER_EMPTY, node)
    for view in range(NOTHING, NEVER_EMPTY):
        if views >> view & 1 == 0 or (view > NOTHING and tag != LIST):
            continue
        h = mix(salt, ERROR + view)
        for p in range(width):
            h = mix(h, _shown(memory, unpack(memory, values[p]), view))
        if h == 0:
            h = 1
        slot = find(hashes, h)
        if hashes[slot] == 0:
            hashes[slot] = h
            progress[HASHES] += 1
            set_mark(marks, view, node)


@njit(
    "boolean(int64, int64[::1], int64[:, ::1], int64[:, ::1], int64[:, ::1], int64[:, ::1], "
    "int64[::1], int32[::1], int64[:, ::1], int64[::1], int64[::1])",
    cache=True,
    nogil=True,
)
def mark_job(
    address: int,
    job: Words,
    rules: Words,
    states: Words,
    first: Words,
    count: Words,
    nodes: Words,
    pool: Pool,
    marks: Words,
    hashes: Words,
    progress: Words,
) -> bool:
    """Mark what a job combines, but for its functions, and what was kept before in the same states.

    Args:
        address: of the block.
        job: its row.
        rules, states, nodes, pool: see :mod:`.bank_layout`.
        first, count: int64[states, levels], the blocks of nodes.
        marks: the bank's marks.
        hashes: the set of hashes, which also holds what was shown so far.
        progress: ``HASHES`` moves.

    Returns:
        False if there was no room for hashes: call it again when there is.
    """
    memory = pointer_to(address)
    rule = job[JOB_RULE]
    for j in range(rules[rule, ARITY]):
        if rules[rule, SLOTS + 3 * j + 2]:
            continue
        state = rules[rule, SLOTS + 3 * j + (job[JOB_CLOSED] >> j & 1)]
        end = job[JOB_BLOCKS + 2 * j] + job[JOB_BLOCKS + 2 * j + 1]
        level = states[state, MARKED_LEVEL]
        while states[state, MARKED_END] < end:
            behind = first[state, level] + count[state, level]
            for node in range(max(first[state, level], states[state, MARKED_END]), behind):
                if 4 * (progress[HASHES] + MARKS) >= 3 * len(hashes):
                    return False
                _mark(
                    memory,
                    marks,
                    node,
                    pool[nodes[node] & LOW :],
                    states[state, WIDTH],
                    rules[rule, MARKS_NEEDED],
                    states[state, SALT],
                    hashes,
                    progress,
                )
                states[state, MARKED_LEVEL] = level
                states[state, MARKED_END] = node + 1
            level += 1
    return True
