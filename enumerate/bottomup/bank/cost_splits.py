"""Cost levels: which blocks of kept programs combine to the programs of a state at one cost.

A rule's own cost is taken off the level, and the rest is shared among its arguments in all ways
that have programs. So each combination is made once, at the one level that is its cost: cost-level
bottom-up enumeration under a probabilistic grammar, as in Barke et al. 2020 (Probe). Ours is that
an argument is open or closed by itself, and that with a bigram grammar a head's cost is corrected
for where it stands.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from ....dsl import njit
from .bank_layout import (
    ARITY,
    AT_ROOT,
    CORRECTIONS,
    COST,
    END_RULE,
    FIRST_RULE,
    IS_CLOSED,
    JOB_BLOCKS,
    JOB_CLOSED,
    JOB_RULE,
    MOST_ARGUMENTS,
    SLOTS,
)

__all__ = ["plan"]

Words = NDArray[np.int64]


@njit
def plan(
    state: int,
    level: int,
    at_root: bool,
    states: Words,
    rules: Words,
    first: Words,
    count: Words,
    corrections: Words,
    jobs: Words,
) -> int:
    """List the jobs that make the programs of a state at a level; return their number.

    Args:
        state: whose programs to make.
        level: their cost.
        at_root: whether they are whole programs.
        states, rules: see :mod:`.bank_layout`.
        first, count: int64[n, levels], the blocks of nodes: of each state and level without
            bigrams, of each rule and level with them.
        corrections: what rules cost more as arguments; empty without bigrams.
        jobs: receives the jobs; if it is too small, -1 is returned.
    """
    found = 0
    bigrams = len(corrections) > 0
    spent = np.zeros(MOST_ARGUMENTS, np.int64)
    source = np.zeros(MOST_ARGUMENTS, np.int64)
    last = np.zeros(MOST_ARGUMENTS, np.int64)
    shift = np.zeros(MOST_ARGUMENTS, np.int64)
    block = np.zeros(MOST_ARGUMENTS, np.int64)
    for rule in range(states[state, FIRST_RULE], states[state, END_RULE]):
        # 1. What the rule itself costs is taken off the level.
        arity = rules[rule, ARITY]
        rest = level - rules[rule, COST]
        if at_root:
            rest -= rules[rule, AT_ROOT]
        # A leaf makes one program, at the level that is its cost.
        if arity == 0:
            if rest == 0:
                if found == len(jobs):
                    return -1
                jobs[found, JOB_RULE] = rule
                jobs[found, JOB_CLOSED] = 0
                found += 1
            continue
        # Every argument costs 1 at least.
        if rest < arity:
            continue
        # 2. Each argument is open or closed by itself; bit j of `closed` says which the jth is.
        every = (1 << arity) - 1
        for closed in range(every + 1):
            # With all arguments closed the program is closed, and one of the closed state, whose
            # rules make it.
            if closed == every and not rules[rule, IS_CLOSED]:
                continue
            possible = True
            for j in range(arity):
                which = closed >> j & 1
                child = rules[rule, SLOTS + 3 * j + which]
                possible = possible and child >= 0
                if not possible:
                    break
                # The blocks that the argument is taken from: of its state, or of each rule of it.
                source[j] = states[child, FIRST_RULE] if bigrams else child
                last[j] = states[child, END_RULE] - 1 if bigrams else child
                shift[j] = rules[rule, CORRECTIONS + 2 * j + which] - source[j]
            if not possible:
                continue
            # All ways to share out the rest: blocks and costs count up like the digits of a number.
            j = 0
            left = rest
            block[0] = source[0]
            spent[0] = 0
            while j >= 0:
                if block[j] > last[j]:
                    j -= 1
                    if j >= 0:
                        left += spent[j]
                    continue
                more = corrections[shift[j] + block[j]] if bigrams else 0
                # The last argument must cost just what is left, with the correction for its place.
                if j == arity - 1:
                    if 0 < left - more < count.shape[1] and count[block[j], left - more]:
                        if found == len(jobs):
                            return -1
                        spent[j] = left
                        jobs[found, JOB_RULE] = rule
                        jobs[found, JOB_CLOSED] = closed
                        for k in range(arity):
                            cost = spent[k]
                            if bigrams:
                                cost -= corrections[shift[k] + block[k]]
                            jobs[found, JOB_BLOCKS + 2 * k] = first[block[k], cost]
                            jobs[found, JOB_BLOCKS + 2 * k + 1] = count[block[k], cost]
                        found += 1
                    block[j] += 1
                    continue
                # The others leave at least 1 for each that is to come; costs at which the block has
                # no programs are passed over.
                most = left - (arity - 1 - j)
                spent[j] += 1
                while spent[j] <= most and (
                    spent[j] - more <= 0
                    or spent[j] - more >= count.shape[1]
                    or count[block[j], spent[j] - more] == 0
                ):
                    spent[j] += 1
                # None is left for this block: on to the next. Else the argument has its digit, and
                # the next argument begins with its first.
                if spent[j] > most:
                    block[j] += 1
                    spent[j] = 0
                else:
                    left -= spent[j]
                    j += 1
                    block[j] = source[j]
                    spent[j] = 0
    return found
