"""The kernels: planning the work of a level, evaluating candidates, keeping what is new.

A program is kept if its vector of values is new among the programs of its state. The test compares
64-bit hashes of state and values, not the values: with 10 million kept programs and 100 million
candidates one is lost to a collision with probability 1 in 20,000.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numba import njit
from numpy.typing import NDArray

from ..native.interpret import evaluate
from ..native.layout import BASE, CLOSURE, DATA, EMPTY, ERROR, FUEL, LIST, PAIR, START_FUEL, STATUS, TAG, TOP
from ..native.memory import allocate, equal, pointer_to
from .code import write_code
from .record import (
    ARITY,
    AT,
    AT_INDEX,
    AT_JOB,
    AT_TURN,
    BLOCK_USED,
    CANDIDATES,
    CODE,
    COST,
    DONE,
    END_RULE,
    EXAMPLE,
    EXAMPLE_AT_HAND,
    FIRST_POINT,
    FIRST_RULE,
    FRAME,
    FULL_BLOCK,
    FULL_HASHES,
    FULL_INTERNED,
    FULL_JOBS,
    FULL_MATCHES,
    FULL_NODES,
    FULL_VALUES,
    HASHES,
    INTERNED,
    IS_CLOSED,
    JOB_BLOCKS,
    JOB_CLOSED,
    JOB_RULE,
    JOBS,
    LOW,
    MATCHES,
    MOST_ARGUMENTS,
    NODES,
    PAUSED,
    RULE_SHIFT,
    RULE_VARIABLE,
    SALT,
    SCRATCH,
    SLOTS,
    SPENT,
    USES_SHIFT,
    VALUES,
    WIDTH,
)

__all__ = ["advance", "grow_hashes", "grow_interned", "hash_word"]

Words = NDArray[np.int64]

_SEED = np.int64(-7070675565921424023)
_ODD = np.int64(-4417276706812531889)
HOPELESS = 5
"""A body that fails at so many points from the first on is dropped: it is likely to fail always."""
PER_POINT = 4
"""What evaluating at a point costs by itself, in calls of primitives."""

_OPTIONS: dict[str, Any] = {"cache": True, "nogil": True}


# ---- planning ------------------------------------------------------------------------------------


@njit
def plan(
    state: int, level: int, states: Words, rules: Words, first: Words, count: Words, jobs: Words
) -> int:
    """List the jobs that make the programs of a state at a level; return their number.

    Args:
        state: whose programs to make.
        level: their cost.
        states, rules: see :mod:`.record`.
        first, count: int64[states, levels], the block of each state and level.
        jobs: receives the jobs; if it is too small, -1 is returned.
    """
    found = 0
    spent = np.zeros(MOST_ARGUMENTS, np.int64)
    source = np.zeros(MOST_ARGUMENTS, np.int64)
    for rule in range(states[state, FIRST_RULE], states[state, END_RULE]):
        arity = rules[rule, ARITY]
        rest = level - rules[rule, COST]
        if arity == 0:
            if rest == 0:
                if found == len(jobs):
                    return -1
                jobs[found, JOB_RULE] = rule
                jobs[found, JOB_CLOSED] = 0
                found += 1
            continue
        if rest < arity:
            continue
        every = (1 << arity) - 1
        for closed in range(every + 1):
            if closed == every and not rules[rule, IS_CLOSED]:
                continue
            possible = True
            for j in range(arity):
                source[j] = rules[rule, SLOTS + 3 * j + (closed >> j & 1)]
                possible = possible and source[j] >= 0
            if not possible:
                continue
            # All ways to share out the rest: `spent` counts up like the digits of a number.
            j = 0
            left = rest
            spent[0] = 0
            while j >= 0:
                if j == arity - 1:
                    if count[source[j], left]:
                        if found == len(jobs):
                            return -1
                        spent[j] = left
                        jobs[found, JOB_RULE] = rule
                        jobs[found, JOB_CLOSED] = closed
                        for k in range(arity):
                            jobs[found, JOB_BLOCKS + 2 * k] = first[source[k], spent[k]]
                            jobs[found, JOB_BLOCKS + 2 * k + 1] = count[source[k], spent[k]]
                        found += 1
                    j -= 1
                    if j >= 0:
                        left += spent[j]
                    continue
                most = left - (arity - 1 - j)
                spent[j] += 1
                while spent[j] <= most and count[source[j], spent[j]] == 0:
                    spent[j] += 1
                if spent[j] > most:
                    j -= 1
                    if j >= 0:
                        left += spent[j]
                else:
                    left -= spent[j]
                    j += 1
                    spent[j] = 0
    return found


# ---- values --------------------------------------------------------------------------------------


@njit
def mix(seed: int, word: int) -> int:
    """Mix a word into a 64-bit hash; seed and word play different parts, so order matters."""
    h = ((seed + _SEED) * _ODD ^ word) * _SEED
    h ^= (h >> 29) & 0x7FFFFFFFF
    h *= _ODD
    return h ^ ((h >> 32) & LOW)


@njit("int64(CPointer(int64), int64)", **_OPTIONS)
def hash_word(memory: Any, word: int) -> int:
    """Return a hash of a value that depends on its content, not on where it lies."""
    tag = word >> TAG
    if tag == LIST:
        start = (word & DATA) >> 16
        count = word & 0xFFFF
        h = _SEED ^ count
        for i in range(count):
            element = memory[start + i]
            if LIST <= element >> TAG <= PAIR:
                element = hash_word(memory, element)
            h = (h ^ element) * _SEED
            h ^= (h >> 32) & LOW
        return h
    if tag == PAIR:
        h = mix(PAIR << 20, hash_word(memory, memory[word & DATA]))
        return mix(h, hash_word(memory, memory[(word & DATA) + 1]))
    return word


@njit("int64(CPointer(int64), int64, int64, int64[:, ::1], int64[::1])", **_OPTIONS)
def intern(memory: Any, word: int, end: int, interned: Words, progress: Words) -> int:
    """Return the word that stands for all values equal to this one, making it if there is none.

    Args:
        memory: the block.
        word: a value.
        end: of the block; if it is reached, the poison value is returned.
        interned: int64[2**k, 2], hash and word of the values interned so far, 0 where free.
        progress: ``INTERNED`` and ``BLOCK_USED`` move.
    """
    tag = word >> TAG
    if tag != LIST and tag != PAIR:
        return word
    count = 2
    start = word & DATA
    if tag == LIST:
        count = word & 0xFFFF
        start >>= 16
        if count == 0:
            return EMPTY
    h = hash_word(memory, word)
    mask = len(interned) - 1
    slot = h & mask
    while interned[slot, 1] != 0:
        if interned[slot, 0] == h and equal(memory, interned[slot, 1], word, 0) == 1:
            return interned[slot, 1]
        slot = (slot + 1) & mask
    new = progress[BLOCK_USED]
    if new + count > end:
        return ERROR
    progress[BLOCK_USED] = new + count
    for i in range(count):
        memory[new + i] = memory[start + i]
    nested = False
    for i in range(count):
        nested = nested or LIST <= memory[new + i] >> TAG <= PAIR
    if nested:
        for i in range(count):
            memory[new + i] = intern(memory, memory[new + i], end, interned, progress)
        slot = h & mask
        while interned[slot, 1] != 0:
            slot = (slot + 1) & mask
    result = PAIR << TAG | new if tag == PAIR else EMPTY | new << 16 | count
    interned[slot, 0] = h
    interned[slot, 1] = result
    progress[INTERNED] += 1
    return result


# ---- candidates ----------------------------------------------------------------------------------


@njit
def move_forward(order: Words, turn: int) -> None:
    """Let what stands at a place in an order come one place earlier."""
    if turn > 0:
        order[turn - 1], order[turn] = order[turn], order[turn - 1]


@njit
def value_at(
    memory: Any,
    cells: int,
    rule: Words,
    job: Words,
    codes: Words,
    offsets: Words,
    values: Words,
    frame: int,
    position: int,
    example: int,
) -> int:
    """Return the value of a candidate at one point.

    Args:
        memory: the block.
        cells: offset of the environment that is to hold the arguments.
        rule, job: rows of their tables.
        codes: for each argument its code.
        offsets: for each argument where its values begin.
        values: the values of all nodes.
        frame: the point's environment.
        position: the point's place among those of its state.
        example: the point's example.
    """
    if rule[RULE_VARIABLE] >= 0:
        for _ in range(rule[RULE_VARIABLE]):
            frame = memory[frame + 1]
        return memory[frame]
    memory[FUEL] = memory[START_FUEL]
    memory[STATUS] = 0
    memory[EXAMPLE_AT_HAND] = example
    for j in range(rule[ARITY]):
        binds = rule[SLOTS + 3 * j + 2]
        if binds:
            new = allocate(memory, 3)
            if new == 0:
                return ERROR
            memory[new] = binds
            memory[new + 1] = codes[j]
            memory[new + 2] = frame
            word = CLOSURE << TAG | new
        elif job[JOB_CLOSED] >> j & 1:
            word = values[offsets[j] + example]
        else:
            word = values[offsets[j] + position]
        memory[cells + 2 * j] = word
    value = evaluate(memory, rule[AT], cells, 0)
    memory[SPENT] += PER_POINT + memory[START_FUEL] - max(memory[FUEL], 0)
    return ERROR if memory[FUEL] < 0 else value


@njit(
    "int64(int64, int64, int64, int64, int64[:, ::1], int64[::1], int64[:, ::1], int64[::1], "
    "int64[:, ::1], int64[:, ::1], int64[:, ::1], int64[:, ::1], int64[:, ::1], int64[:, ::1], "
    "int64[:, ::1], int64[::1], int64[::1], int64[:, ::1], int64[:, ::1])",
    **_OPTIONS,
)
def advance(
    address: int,
    cells: int,
    allowed: int,
    effort: int,
    turns: Words,
    goal: Words,
    order: Words,
    progress: Words,
    states: Words,
    rules: Words,
    points: Words,
    first: Words,
    count: Words,
    jobs: Words,
    nodes: Words,
    values: Words,
    hashes: Words,
    interned: Words,
    matches: Words,
) -> int:
    """Go on with a level; return why it stops, one of the codes in :mod:`.record`.

    Args:
        address: of the block.
        cells: offset of an environment of as many variables as a rule may have arguments.
        allowed: stop before there are more candidates than this in ``progress``.
        effort: stop after so many calls of primitives and functions, candidates counted as some.
        turns: int64[n, 3]: state, level, and whether only to compare with the goal (else to keep).
        goal: int64[examples + 1], what is wanted, and the end of the block.
        order: int64[2, examples], the orders in which to compare with the goal and to evaluate
            closed terms; examples that reject much move forward.
        progress: where the work stands; call again with it unchanged to go on.
        states, rules, points, jobs: see :mod:`.record`.
        first, count: int64[states, levels], the blocks of nodes.
        nodes, values: the bank, see :mod:`.record`.
        hashes: int64[2**k], the open-addressing set of what was kept; 0 where free.
        interned: see :func:`intern`.
        matches: int64[n, 2 + arguments]: rule, nodes of the arguments, candidates by then.
    """
    memory = pointer_to(address)
    lasting = memory[BASE]
    memory[SPENT] = 0
    end = goal[-1]
    codes = np.zeros(MOST_ARGUMENTS, np.int64)
    chosen = np.zeros(MOST_ARGUMENTS, np.int64)
    offsets = np.zeros(MOST_ARGUMENTS, np.int64)
    widest = 0
    for t in range(len(turns)):
        widest = max(widest, states[turns[t, 0], WIDTH])
    results = np.zeros(widest, np.int64)
    mask = len(hashes) - 1
    while progress[AT_TURN] < len(turns):
        state = turns[progress[AT_TURN], 0]
        level = turns[progress[AT_TURN], 1]
        checking = turns[progress[AT_TURN], 2] != 0
        width = states[state, WIDTH]
        start = states[state, FIRST_POINT]
        salt = states[state, SALT]
        if progress[AT_JOB] < 0:
            planned = plan(state, level, states, rules, first, count, jobs)
            if planned < 0:
                return FULL_JOBS
            progress[JOBS] = planned
            progress[AT_JOB] = 0
            for j in range(MOST_ARGUMENTS):
                progress[AT_INDEX + j] = 0
            if not checking:
                first[state, level] = progress[NODES]
                count[state, level] = 0
        while progress[AT_JOB] < progress[JOBS]:
            job = jobs[progress[AT_JOB]]
            rule = rules[job[JOB_RULE]]
            arity = rule[ARITY]
            chosen[:] = 0
            for j in range(arity):
                chosen[j] = job[JOB_BLOCKS + 2 * j] + progress[AT_INDEX + j]
                offsets[j] = nodes[chosen[j], 0] & LOW
                codes[j] = nodes[chosen[j], CODE]
            more = True
            while more:
                if progress[CANDIDATES] >= allowed or memory[SPENT] >= effort:
                    return PAUSED
                if checking:
                    if progress[MATCHES] == len(matches):
                        return FULL_MATCHES
                else:
                    if progress[NODES] == len(nodes):
                        return FULL_NODES
                    if progress[VALUES] + width > len(values):
                        return FULL_VALUES
                    if 2 * progress[HASHES] >= len(hashes):
                        return FULL_HASHES
                    if 2 * progress[INTERNED] >= len(interned):
                        return FULL_INTERNED
                    if progress[BLOCK_USED] + SCRATCH > end:
                        return FULL_BLOCK
                uses = 1 << rule[RULE_VARIABLE] if rule[RULE_VARIABLE] >= 0 else 0
                for j in range(arity):
                    used = nodes[chosen[j], 0] >> USES_SHIFT
                    uses |= used >> rule[SLOTS + 3 * j + 2]
                memory[TOP] = lasting
                if rule[IS_CLOSED]:
                    uses = 0
                elif uses == 0:
                    # A closed term after all: it is built where no variables are in scope.
                    width = 0
                else:
                    width = states[state, WIDTH]
                progress[CANDIDATES] += 1 if width else 0
                if checking:
                    good = True
                    for turn in range(width):
                        example = order[0, turn]
                        memory[TOP] = lasting
                        value = value_at(
                            memory,
                            cells,
                            rule,
                            job,
                            codes,
                            offsets,
                            values,
                            points[start + example, FRAME],
                            example,
                            example,
                        )
                        if value == ERROR or equal(memory, value, goal[example], 0) != 1:
                            move_forward(order[0], turn)
                            good = False
                            break
                    if good:
                        place = progress[MATCHES]
                        matches[place, 0] = job[JOB_RULE]
                        for j in range(MOST_ARGUMENTS):
                            matches[place, 1 + j] = chosen[j]
                        matches[place, 1 + MOST_ARGUMENTS] = progress[CANDIDATES]
                        progress[MATCHES] = place + 1
                else:
                    failed = 0
                    for turn in range(width):
                        p = order[1, turn] if rule[IS_CLOSED] else turn
                        value = value_at(
                            memory,
                            cells,
                            rule,
                            job,
                            codes,
                            offsets,
                            values,
                            points[start + p, FRAME],
                            p,
                            points[start + p, EXAMPLE],
                        )
                        results[p] = value
                        if value == ERROR:
                            failed += 1
                            if rule[IS_CLOSED]:
                                move_forward(order[1], turn)
                            if rule[IS_CLOSED] or (failed == HOPELESS and turn < HOPELESS):
                                failed = width
                                break
                    h = salt
                    if failed < width:
                        for p in range(width):
                            h = mix(h, hash_word(memory, results[p]))
                    if failed < width:
                        if h == 0:
                            h = 1
                        slot = h & mask
                        while hashes[slot] != 0 and hashes[slot] != h:
                            slot = (slot + 1) & mask
                        if hashes[slot] == 0:
                            hashes[slot] = h
                            progress[HASHES] += 1
                            at = progress[VALUES]
                            for p in range(width):
                                values[at + p] = intern(
                                    memory, results[p], end, interned, progress
                                )
                            new = progress[NODES]
                            nodes[new, 0] = uses << USES_SHIFT | job[JOB_RULE] << RULE_SHIFT | at
                            nodes[new, 1] = chosen[0] << 32 | chosen[1]
                            nodes[new, 2] = chosen[2] << 32 | chosen[3]
                            nodes[new, CODE] = progress[BLOCK_USED]
                            progress[BLOCK_USED] += write_code(
                                memory, progress[BLOCK_USED], rule, chosen, nodes, at
                            )
                            progress[NODES] = new + 1
                            progress[VALUES] = at + width
                            count[state, level] += 1
                # The next combination: the last argument's block turns fastest.
                more = False
                for j in range(arity - 1, -1, -1):
                    i = progress[AT_INDEX + j] + 1
                    if i < job[JOB_BLOCKS + 2 * j + 1]:
                        progress[AT_INDEX + j] = i
                        chosen[j] += 1
                        offsets[j] = nodes[chosen[j], 0] & LOW
                        codes[j] = nodes[chosen[j], CODE]
                        more = True
                        break
                    progress[AT_INDEX + j] = 0
                    chosen[j] = job[JOB_BLOCKS + 2 * j]
                    offsets[j] = nodes[chosen[j], 0] & LOW
                    codes[j] = nodes[chosen[j], CODE]
            progress[AT_JOB] += 1
        progress[AT_JOB] = -1
        progress[AT_TURN] += 1
    return DONE


# ---- growing -------------------------------------------------------------------------------------


@njit("void(int64[::1], int64[::1])", **_OPTIONS)
def grow_hashes(old: Words, new: Words) -> None:
    """Move a set of hashes to a larger array of zeros."""
    mask = len(new) - 1
    for h in old:
        if h != 0:
            slot = h & mask
            while new[slot] != 0:
                slot = (slot + 1) & mask
            new[slot] = h


@njit("void(int64[:, ::1], int64[:, ::1])", **_OPTIONS)
def grow_interned(old: Words, new: Words) -> None:
    """Move the table of interned values to a larger array of zeros."""
    mask = len(new) - 1
    for i in range(len(old)):
        if old[i, 1] != 0:
            slot = old[i, 0] & mask
            while new[slot, 1] != 0:
                slot = (slot + 1) & mask
            new[slot] = old[i]
