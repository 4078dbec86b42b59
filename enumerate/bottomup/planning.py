"""Planning: which blocks of kept programs have to be combined to make a state's next level."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from ..native.jit import njit
from .record import (
    ARITY,
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
