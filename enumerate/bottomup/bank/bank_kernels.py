"""The kernels of bottom-up enumeration: evaluate candidates, compare them, keep what is new.

Observational equivalence as in Udupa et al. 2013 (TRANSIT) and Albarghouthi et al. 2013 (Escher): a
program is kept if its vector of values is new among the programs of its state. Ours is that values
may be missing, since a body need not run, nor both branches of a choice; and that bodies of
functions are compared too, at :mod:`.probe_points`.

The test compares 64-bit hashes of state and values, not the values: with 10 million kept programs
and 100 million candidates one is lost to a collision with probability 1 in 20,000.
"""

from __future__ import annotations

from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from ....dsl import njit
from ...native.interpreter.calls import evaluate_at
from ...native.memory.block_access import allocate, equal, pointer_to
from ...native.memory.word_layout import (
    ASK_PYTHON,
    BASE,
    CLOSURE,
    ERROR,
    FUEL,
    LIST,
    START_FUEL,
    STATUS,
    TAG,
    TOP,
    Memory,
)
from .apply_primitive import is_compound, is_valid, operate
from .bank_layout import (
    ARITY,
    AT_INDEX,
    AT_JOB,
    AT_STEP,
    BLOCK_USED,
    CALL,
    CANDIDATES,
    CHOSEN,
    CODES,
    CURRENT_EXAMPLE,
    DONE,
    EXAMPLE,
    FIRST_POINT,
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
    IS_DIRECT,
    JOB_CLOSED,
    JOB_RULE,
    JOBS,
    LEAST_INTERNED,
    LENGTH_ARGUMENTS_SHIFT,
    LENGTH_BOUND,
    LENGTH_MORE_SHIFT,
    LOW,
    MARKS_NEEDED,
    MATCHES,
    MOST_ARGUMENTS,
    NEVER_FAILS,
    NODES,
    OFFSETS,
    ORDER,
    PAUSED,
    RULE_SHIFT,
    RULE_VARIABLE,
    RULE_WORDS,
    SALT,
    SCRATCH,
    SLOTS,
    SPENT,
    UNMARKED,
    USES,
    USES_SHIFT,
    VALUES,
    WIDTH,
)
from .combinations import is_marked, next_combination, set_mark
from .cost_splits import plan
from .value_interning import expect, expect_box, expect_value, find, hash_word, mix, pack, unpack

__all__ = ["advance"]

Words = NDArray[np.int64]
Pool = NDArray[np.int32]

HOPELESS: Final = 5
"""A body that fails at its first so many points is dropped: it is likely to fail always."""
RUNAWAY: Final = 200
"""So is one whose failures, from the first point on, have cost so many calls: most likely its
recursion does not end."""
PER_POINT: Final = 4
"""What evaluating at a point costs by itself, in calls of primitives."""

AHEAD: Final = 4
"""How many candidates ahead of a comparison the values that it reads are asked for."""

_OPTIONS: dict[str, Any] = {"cache": True, "nogil": True}


@njit
def move_forward(order: Words, turn: int) -> None:
    """Move an entry of an order one place forward: an example that rejects is tried earlier."""
    if turn > 0:
        order[turn - 1], order[turn] = order[turn], order[turn - 1]


@njit(forceinline=True)
def value_at(
    memory: Memory,
    cells: int,
    rules: Memory,
    rule: int,
    closed: int,
    pool: Pool,
    frame: int,
    position: int,
    example: int,
) -> int:
    """Return the value of a candidate at one point.

    Args:
        memory: the block.
        cells: offset of the environment that is to hold the arguments; behind it lie for each
            argument its code, and where its values begin.
        rules, rule: the table of rules, and where in it the candidate's rule lies.
        closed: bit j says that argument j is a closed term.
        pool: holds the values of all nodes.
        frame: the point's environment.
        position: the point's place among those of its state.
        example: the point's example.
    """
    if rules[rule + RULE_VARIABLE] >= 0:
        for _ in range(rules[rule + RULE_VARIABLE]):
            frame = memory[frame + 1]
        return memory[frame]
    memory[FUEL] = memory[START_FUEL]
    memory[STATUS] = 0
    memory[CURRENT_EXAMPLE] = example
    memory[SPENT] += PER_POINT
    short = rules[rule + IS_DIRECT] != 0
    for j in range(rules[rule + ARITY]):
        binds = rules[rule + SLOTS + 3 * j + 2]
        if binds:
            new = allocate(memory, 3)
            if new == 0:
                return ERROR
            memory[new] = binds
            memory[new + 1] = memory[cells + CODES + j]
            memory[new + 2] = frame
            word = CLOSURE << TAG | new
        else:
            place = example if closed >> j & 1 else position
            word = unpack(memory, pool[memory[cells + OFFSETS + j] + place])
        if word == ERROR and short:
            return ERROR
        memory[cells + 2 * j] = word
    value = ASK_PYTHON
    at = rules[rule + CALL]
    if short:
        value = operate(
            memory, at, memory[cells], memory[cells + 2], memory[cells + 4], memory[cells + 6]
        )
    if value == ASK_PYTHON:
        value = evaluate_at(memory, at, cells, 0)
    memory[SPENT] += memory[START_FUEL] - max(memory[FUEL], 0)
    if memory[FUEL] < 0 or (rules[rule + IS_CLOSED] and not is_valid(memory, value)):
        return ERROR
    return value


@njit(forceinline=True)
def may_fit(
    memory: Memory, cells: int, lengths: int, arity: int, pool: Pool, example: int, goal: int
) -> bool:
    """Say whether a whole program's result may be as long as the goal.

    Args:
        memory: the block.
        cells: offset of the arguments.
        lengths: the rule's length bound, see :mod:`.bank_layout`.
        arity: how many arguments there are.
        pool: holds the values of all nodes.
        example: the example.
        goal: the word of its output, a list.
    """
    exact = lengths >> 1 & 1
    wanted = goal & 0xFFFF
    length = lengths >> LENGTH_MORE_SHIFT
    for j in range(arity):
        if lengths >> (LENGTH_ARGUMENTS_SHIFT + j) & 1:
            word = unpack(memory, pool[memory[cells + OFFSETS + j] + example])
            if word >> TAG != LIST:
                # It need not matter to a learned function that an argument has no value.
                return True
            length += word & 0xFFFF
            if not exact and word & 0xFFFF < wanted:
                return False
    return not exact or length == wanted


@njit(
    "int64(int64, int64, int64, int64, int64[:, ::1], int64[::1], int64[::1], int64[::1], "
    "int64[:, ::1], int64[:, ::1], int64[:, ::1], int64[:, ::1], int64[:, ::1], int64[:, ::1], "
    "int64[:, ::1], int64[::1], int64[:, ::1], "
    "int64[::1], int64[:, ::1], int32[::1], int64[::1], int64[::1], int64[:, ::1])",
    **_OPTIONS,
)
def advance(
    address: int,
    cells: int,
    allowed: int,
    effort: int,
    steps: Words,
    goal: Words,
    order: Words,
    progress: Words,
    states: Words,
    rules: Words,
    points: Words,
    first: Words,
    count: Words,
    rule_first: Words,
    rule_count: Words,
    corrections: Words,
    jobs: Words,
    nodes: Words,
    marks: Words,
    pool: Pool,
    hashes: Words,
    interned: Words,
    matches: Words,
) -> int:
    """Build cost levels of states, or compare one with the goal; return why it stopped.

    This is the inner loop of bottom-up enumeration. It works through *steps*, each a state and a
    cost level: it plans the step's jobs (:mod:`.cost_splits`), and for each combination of
    arguments (:mod:`.combinations`) evaluates the candidate at the state's points. Then it either
    keeps the candidate, if no program of the state has the same values, or only compares it with
    the goal, for the newest level of whole programs. It returns when there is no more room, and
    when it was called again goes on with the very combination it had come to: all that it has to
    remember is in ``progress``.

    Args:
        address: of the block.
        cells: offset of an environment of as many variables as a rule may have arguments.
        allowed: stop before there are more candidates than this in ``progress``.
        effort: stop after so many calls of primitives and functions, candidates counted as some.
        steps: int64[n, 3]: state, level, and whether only to compare with the goal (else to keep).
        goal: int64[examples + 1], the outputs' words, and the end of the block.
        order: int64[examples], the order to compare in; examples that reject much move forward.
        progress: int64[PROGRESS_WORDS], where the work stands.
        states, rules, points, jobs: int64[n, words], see :mod:`.bank_layout`.
        first, count: int64[states, levels], the blocks of nodes.
        rule_first, rule_count: int64[rules, levels], the blocks of nodes of one rule, with bigrams.
        corrections: int64[n], see :data:`.bank_layout.CORRECTIONS`; empty without bigrams.
        nodes, pool: int64[n] and int32[m], the bank, see :mod:`.bank_layout`.
        marks: int64[marks, n / 64], bits for each node: see :mod:`.combinations`.
        hashes: int64[2**k], the set of what was kept: see :func:`.value_interning.find`.
        interned: int64[2**k], see :func:`.value_interning.pack`.
        matches: int64[n, 2 + arguments]: rule, nodes of the arguments, candidates by then.
    """
    memory = pointer_to(address)
    lasting = memory[BASE]
    memory[SPENT] = 0
    end = goal[-1]
    # As plain pointers, rows are read without bounds, strides or reference counts.
    table = pointer_to(rules.ctypes.data)
    node_words = pointer_to(nodes.ctypes.data)
    widest = 0
    for t in range(len(steps)):
        widest = max(widest, states[steps[t, 0], WIDTH])
    results = np.zeros(widest, np.int64)
    digests = np.zeros(widest, np.int64)
    # One candidate may make as many values as half of the smallest table has slots, or as a quarter
    # of any larger one has: so much is left free, in quarters.
    quarters = 3 if len(interned) > LEAST_INTERNED else 2
    while progress[AT_STEP] < len(steps):
        state = steps[progress[AT_STEP], 0]
        level = steps[progress[AT_STEP], 1]
        checking = steps[progress[AT_STEP], 2] != 0
        width = states[state, WIDTH]
        start = states[state, FIRST_POINT]
        salt = states[state, SALT]

        # ---- 1. plan the step: rules, and how the level's cost is shared among arguments ----
        if progress[AT_JOB] < 0:
            begins, holds = first, count
            if len(corrections):
                begins, holds = rule_first, rule_count
            planned = plan(state, level, checking, states, rules, begins, holds, corrections, jobs)
            if planned < 0:
                return FULL_JOBS
            progress[JOBS] = planned
            progress[AT_JOB] = 0
            progress[AT_INDEX] = -1
            if not checking:
                first[state, level] = progress[NODES]
                count[state, level] = 0
        while progress[AT_JOB] < progress[JOBS]:
            # ---- 2. take up a job: at its first combination, or where the last call left it ----
            job = progress[AT_JOB]
            closed = jobs[job, JOB_CLOSED]
            number = jobs[job, JOB_RULE]
            rule = number * RULE_WORDS
            arity = table[rule + ARITY]
            variable = table[rule + RULE_VARIABLE]
            index = progress[AT_INDEX : AT_INDEX + MOST_ARGUMENTS]
            fresh = index[0] < 0
            if fresh:
                if table[rule + MARKS_NEEDED] and not is_marked(jobs[job], rules, states):
                    return UNMARKED
                for j in range(MOST_ARGUMENTS):
                    memory[cells + CHOSEN + j] = 0
                    index[j] = 0
            more = next_combination(
                memory, cells, table, rule, jobs[job], index, node_words, marks, not fresh, fresh
            )
            while more:
                # ---- 3. stop before this candidate if the budget is spent or room is short -------
                # Room is checked here, not where it is used: a candidate is never half kept.
                if progress[CANDIDATES] >= allowed or memory[SPENT] >= effort:
                    return PAUSED
                if checking:
                    if progress[MATCHES] == len(matches):
                        return FULL_MATCHES
                else:
                    if progress[NODES] == len(nodes):
                        return FULL_NODES
                    if progress[VALUES] + MOST_ARGUMENTS + width > len(pool):
                        return FULL_VALUES
                    if 4 * progress[HASHES] >= 3 * len(hashes):
                        return FULL_HASHES
                    if 4 * progress[INTERNED] >= quarters * len(interned):
                        return FULL_INTERNED
                    if progress[BLOCK_USED] + SCRATCH > end:
                        return FULL_BLOCK

                # ---- 4. which variables it uses, hence at how many points it is evaluated --------
                uses = 1 << variable if variable >= 0 else 0
                for j in range(arity):
                    uses |= memory[cells + USES + j]
                memory[TOP] = lasting
                if table[rule + IS_CLOSED]:
                    uses = 0
                elif uses == 0:
                    # A closed term after all: it is built where no variables are in scope.
                    width = 0
                else:
                    width = states[state, WIDTH]
                progress[CANDIDATES] += 1 if width else 0

                # ---- 5. prefetch what the next candidates will read ------------------------------
                # Values lie all over the block, and waiting for memory is what costs most. The
                # argument that varies fastest goes through consecutive nodes: ask for the coming
                # one's now. A comparison reads one value only as a rule, so it looks farther ahead.
                if arity:
                    fastest = table[rule + ORDER + arity - 1]
                    later = memory[cells + CHOSEN + fastest] + (AHEAD if checking else 1)
                    if later < progress[NODES]:
                        values = node_words[later] & LOW
                        if checking:
                            expect_value(memory, pool[values + order[0]])
                        elif closed >> fastest & 1:
                            for p in range(len(order)):
                                expect_value(memory, pool[values + p])
                        else:
                            for p in range(width):
                                expect_value(memory, pool[values + p])
                if checking:
                    # ---- 6. compare a whole program with the goal, the first wrong example ends it
                    good = table[rule + LENGTH_BOUND] == 0 or may_fit(
                        memory,
                        cells,
                        table[rule + LENGTH_BOUND],
                        arity,
                        pool,
                        order[0],
                        goal[order[0]],
                    )
                    for turn in range(width if good else 0):
                        example = order[turn]
                        memory[TOP] = lasting
                        value = value_at(
                            memory,
                            cells,
                            table,
                            rule,
                            closed,
                            pool,
                            points[start + example, FRAME],
                            example,
                            example,
                        )
                        if value == ERROR or equal(memory, value, goal[example], 0) != 1:
                            move_forward(order, turn)
                            good = False
                            break
                    if good:
                        place = progress[MATCHES]
                        matches[place, 0] = number
                        for j in range(MOST_ARGUMENTS):
                            matches[place, 1 + j] = memory[cells + CHOSEN + j]
                        matches[place, 1 + MOST_ARGUMENTS] = progress[CANDIDATES]
                        progress[MATCHES] = place + 1
                else:
                    # ---- 7. evaluate at all points; give up on what fails too often ----
                    failed = 0
                    before = memory[SPENT]
                    for p in range(width):
                        value = value_at(
                            memory,
                            cells,
                            table,
                            rule,
                            closed,
                            pool,
                            points[start + p, FRAME],
                            p,
                            points[start + p, EXAMPLE],
                        )
                        results[p] = value
                        if value == ERROR:
                            failed += 1
                            wasted = memory[SPENT] - before
                            if (table[rule + IS_CLOSED] and 2 * failed > width) or (
                                failed == p + 1 and (failed == HOPELESS or wasted > RUNAWAY)
                            ):
                                failed = width
                                break

                    # ---- 8. hash the state and the values: observational equivalence ----
                    # What fails everywhere, or was given up, is dropped: ``failed == width``. That
                    # includes closed terms in a scope of variables, whose width is 0.
                    h = salt
                    if failed < width:
                        for p in range(width):
                            word = results[p]
                            if is_compound(word):
                                word = hash_word(memory, word)
                            digests[p] = word
                            h = mix(h, word)
                    if failed < width:
                        if h == 0:  # a free slot
                            h = 1
                        slot = find(hashes, h)
                        if hashes[slot] == 0:
                            # ---- 9. keep it: it is the first of its behaviour, hence cheapest ---
                            hashes[slot] = h
                            progress[HASHES] += 1
                            # First ask for all slots, then for all boxes, then use them: so the
                            # waits for memory overlap.
                            for p in range(width):
                                if is_compound(results[p]):
                                    expect(interned, digests[p])
                            for p in range(width):
                                if is_compound(results[p]):
                                    expect_box(memory, interned, digests[p])
                            at = progress[VALUES]
                            for j in range(arity):
                                pool[at + j] = memory[cells + CHOSEN + j]
                            at += arity
                            for p in range(width):
                                pool[at + p] = pack(
                                    memory, results[p], digests[p], end, interned, progress
                                )
                            new = progress[NODES]
                            nodes[new] = uses << USES_SHIFT | number << RULE_SHIFT | at
                            progress[NODES] = new + 1
                            progress[VALUES] = at + width
                            if failed == 0:
                                set_mark(marks, NEVER_FAILS, new)
                            count[state, level] += 1
                            if len(corrections):
                                if rule_count[number, level] == 0:
                                    rule_first[number, level] = new
                                rule_count[number, level] += 1

                # ---- 10. the next combination; an index of -1 says that the next job is fresh ----
                more = next_combination(
                    memory, cells, table, rule, jobs[job], index, node_words, marks, False, False
                )
            index[0] = -1
            progress[AT_JOB] += 1
        progress[AT_JOB] = -1
        progress[AT_STEP] += 1
    return DONE
