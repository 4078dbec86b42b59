"""Kernels that draw programs: independently, or by systematic sampling.

Systematic sampling lays points at equal distances over what there is to choose from (Madow and
Madow, "On the theory of systematic sampling", Annals of Mathematical Statistics 15, 1944); that it
is done hole by hole, over a grammar, is ours.

Both walk states, rules and transitions (:mod:`.automaton`) with a stack of open heads, and choose
each rule with its probability. What they meet and is not there yet they note.
"""

from __future__ import annotations

from typing import Final

import numpy as np
from numpy.typing import NDArray

from ...dsl import kernel_types, njit
from ..automaton import shortest_paths
from ..automaton.automaton_layout import (
    AUTOMATON,
    ITEM_BLOCK,
    ITEM_HOLE,
    ITEM_LAMBDAS,
    ITEM_REMAINING,
    MISSING,
    OUTCOME_LOCAL,
    RULE_TARGET,
    RULE_TOKEN,
    STATE_COUNT,
    STATE_RULES,
    AutomatonArrays,
)
from ..tokens import LAMBDA, Tokens

__all__ = ["draw", "mixed", "systematic_sample"]

Float64 = NDArray[np.float64]
Int64 = NDArray[np.int64]

PARTIAL, COMPLETE, GIVEN_UP = 0, 1, 2
"""What became of a draw."""

# A frame of `systematic_sample`: draws that have come to one hole, and have to choose a rule there.
# They are points POINT to END - 1 of COUNT, and RULE is the first rule that may be theirs.
FRAME_STATE, FRAME_POSITION, FRAME_DEPTH, FRAME_OPEN, FRAME_KEY = 0, 1, 2, 3, 4
FRAME_POINT, FRAME_END, FRAME_COUNT, FRAME_RULE = 5, 6, 7, 8
FRAME_STACK = 9  # and on: the heads that have arguments to come

_GOLDEN: Final = 0x9E3779B97F4A7C15


@njit("uint64(uint64)", cache=True, nogil=True, inline="always")
def mixed(x: np.uint64) -> np.uint64:
    """Return the finaliser of SplitMix64 (Steele, Lea and Flood, OOPSLA 2014)."""
    x = (x ^ (x >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
    x = (x ^ (x >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
    return x ^ (x >> np.uint64(31))


@njit(forceinline=True)
def _unit(random: np.uint64) -> float:
    """Return a number from 0 to below 1 made of 53 random bits."""
    return np.float64(random >> np.uint64(11)) * 2.0**-53


@njit(forceinline=True)
def _found(up_to: Float64, low: int, high: int, point: float) -> int:
    """Return the first of the rules ``low`` to ``high`` up to which there is more than a point."""
    while low < high:
        middle = (low + high) >> 1
        if up_to[middle] > point:
            high = middle
        else:
            low = middle + 1
    return low


@njit(forceinline=True)
def _outwards(
    target: int, depth: int, stack: Int64, automaton: AutomatonArrays
) -> tuple[int, int, int]:
    """Go from a hole that is filled to the head that has an argument left.

    Args:
        target: the outcome, as rules and transitions say it.
        depth, stack: of the heads with arguments to come.
        automaton: the records.

    Returns:
        The new depth, the item that takes the head's place there (depth 0: there is none, all is
        done), and -1; or what is missing instead of the latter.
    """
    while depth > 0:
        item = stack[depth - 1]
        outcome = -2 - target  # a target below MISSING is an outcome
        block = automaton.items[item, ITEM_BLOCK]
        target = automaton.transitions[block + automaton.outcomes[outcome, OUTCOME_LOCAL]]
        if target == MISSING:
            return depth, 0, shortest_paths.MISSING_TRANSITION << 60 | item << 30 | outcome
        if target >= 0:
            return depth, target, -1
        depth -= 1
    return 0, 0, -1


_INT, _WORDS, _REALS = kernel_types.int64, kernel_types.int64[::1], kernel_types.float64[::1]
_ROWS, _PROGRAMS = kernel_types.int64[:, ::1], kernel_types.int16[:, ::1]


@njit(
    _WORDS(
        _INT,
        _INT,
        _INT,
        _INT,
        AUTOMATON,
        _REALS,
        _REALS,
        _WORDS,
        _PROGRAMS,
        _WORDS,
        _REALS,
        kernel_types.int8[::1],
    ),
    cache=True,
    nogil=True,
)
def draw(
    seed: int,
    root: int,
    root_lambdas: int,
    max_depth: int,
    automaton: AutomatonArrays,
    cost: Float64,
    up_to: Float64,
    draws: Int64,
    tokens: Tokens,
    lengths: Int64,
    totals: Float64,
    done: NDArray[np.int8],
) -> Int64:
    """Draw those programs that are not done; return what of the structure was missing.

    Args:
        seed: of all draws.
        root, root_lambdas: the state of a whole program, and the lambdas around it.
        max_depth: heads inside one another.
        automaton: the records.
        cost, up_to: of each rule, its cost and the cumulated probability within its state.
        draws: int64[n], the numbers of the draws.
        tokens: int16[n, most tokens], receives the programs; lambdas of the root are there.
        lengths, totals: int64[n] and float64[n], receive their tokens and their costs in nats.
        done: int8[n], ``PARTIAL``, ``COMPLETE`` or ``GIVEN_UP``; changed.

    Returns:
        int64[m]: kind ``<< 60 |`` a ``<< 30 |`` b, as
        :func:`reverie.enumerate.automaton.shortest_paths.relax` finds it, with repetitions.
    """
    states, rules, items = automaton.states, automaton.rules, automaton.items
    golden = np.uint64(_GOLDEN)
    most = tokens.shape[1]
    stack = np.empty(most + 1, np.int64)  # items: heads with arguments to come
    missing = np.empty(len(draws), np.int64)
    noted = 0
    for i in range(len(draws)):
        if done[i] != PARTIAL:
            continue
        # 1. A stream of random numbers of its own for each draw, by its number (SplitMix64): a draw
        # that is done again, once what was missing is there, takes the same choices.
        random = mixed(np.uint64(seed) + mixed(np.uint64(draws[i]) * golden + golden))
        state, position, depth, open_holes = root, root_lambdas, 0, 1
        total = 0.0
        done[i] = GIVEN_UP
        # 2. Fill the leftmost hole, in prefix order, until there is none; each open hole needs one
        # token at least.
        while position + open_holes <= most:
            # A negative width: the rules of the state are not made yet. The program is partial, to
            # be drawn again when they are.
            width = states[state, STATE_COUNT]
            if width <= 0:
                if width < 0:
                    missing[noted] = shortest_paths.MISSING_RULES << 60 | state << 30
                    noted += 1
                    done[i] = PARTIAL
                break  # nothing fits this hole
            # 3. Choose a rule by inverting the cumulated probabilities of the state.
            random += golden
            first = states[state, STATE_RULES]
            last = first + width - 1
            rule = _found(up_to, first, last, _unit(mixed(random)) * up_to[last])
            tokens[i, position] = rules[rule, RULE_TOKEN]
            position += 1
            open_holes -= 1
            total += cost[rule]
            # 4. Where the walk goes on: into the head's first argument, or, after a leaf, outwards
            # to the next hole of a head around it.
            target = rules[rule, RULE_TARGET]
            if target == MISSING:
                missing[noted] = shortest_paths.MISSING_RULE << 60 | state << 30 | rule
                noted += 1
                done[i] = PARTIAL
                break
            if target >= 0:
                depth += 1
                open_holes += items[target, ITEM_REMAINING]
            else:
                depth, target, lacking = _outwards(target, depth, stack, automaton)
                if lacking >= 0:
                    missing[noted] = lacking
                    noted += 1
                    done[i] = PARTIAL
                    break
                if depth == 0:
                    done[i] = COMPLETE
                    lengths[i] = position
                    totals[i] = total
                    break
            # 5. The item says which arguments of the head are still to come; go on at its hole,
            # below the lambdas that the type asks for.
            stack[depth - 1] = target
            if depth >= max_depth:
                break
            state = items[target, ITEM_HOLE]
            for _ in range(items[target, ITEM_LAMBDAS]):
                if position < most:
                    tokens[i, position] = LAMBDA
                position += 1
    return missing[:noted]


@njit(
    kernel_types.UniTuple(_INT, 2)(
        _INT,
        AUTOMATON,
        _REALS,
        _REALS,
        _ROWS,
        _REALS,
        _PROGRAMS,
        kernel_types.int16[::1],
        _WORDS,
        _REALS,
        _WORDS,
        _ROWS,
        _REALS,
        _PROGRAMS,
        _WORDS,
    ),
    cache=True,
    nogil=True,
)
def systematic_sample(
    max_depth: int,
    automaton: AutomatonArrays,
    cost: Float64,
    up_to: Float64,
    frames: Int64,
    frame_totals: Float64,
    frame_tokens: Tokens,
    tokens: Tokens,
    starts: Int64,
    totals: Float64,
    times: Int64,
    left: Int64,
    left_totals: Float64,
    left_tokens: Tokens,
    missing: Int64,
) -> tuple[int, int]:
    """Draw programs by systematic sampling: each that comes up is written once.

    Of c draws that come to the same hole, a rule of probability p gets c p, rounded up or down at
    random: points at equal distances are laid over the unit interval, which the rules share. So
    each program comes up as often as if draws were independent, on the average, but draws go
    together as far as they agree. The random numbers of a hole are made from what was chosen before
    it: they do not depend on what was built.

    Args:
        max_depth, automaton, cost, up_to: see :func:`draw`.
        frames: int64[f, FRAME_STACK + most tokens], where draws have come to.
        frame_totals, frame_tokens: float64[f] and int16[f, most tokens], what was chosen before.
        tokens: receives the programs one after another.
        starts: receives where each ends; the first is where the first begins, and is there.
        totals, times: receive their costs in nats, and how many draws gave them.
        left, left_totals, left_tokens: receive frames that cannot go on; there is room for as many
            as there are draws.
        missing: receives what these lack, see :func:`draw`.

    Returns:
        How many programs there are, and how many frames that are left.
    """
    states, rules, items = automaton.states, automaton.rules, automaton.items
    golden = np.uint64(_GOLDEN)
    most = frame_tokens.shape[1]
    stack = np.empty(most + 1, np.int64)
    # Holes where there are other rules to take up.
    waiting = np.empty((most + 1, frames.shape[1]), np.int64)
    waiting_totals = np.empty(most + 1)
    found = noted = 0
    written = starts[0]
    for f in range(len(frames)):
        program = frame_tokens[f]
        waiting[0] = frames[f]
        waiting_totals[0] = frame_totals[f]
        wait = 1
        while wait > 0:
            wait -= 1
            frame = waiting[wait]
            total = waiting_totals[wait]
            state, position = frame[FRAME_STATE], frame[FRAME_POSITION]
            depth, open_holes = frame[FRAME_DEPTH], frame[FRAME_OPEN]
            key = np.uint64(frame[FRAME_KEY])
            point, end, count = frame[FRAME_POINT], frame[FRAME_END], frame[FRAME_COUNT]
            rule = frame[FRAME_RULE]
            stack[:depth] = frame[FRAME_STACK : FRAME_STACK + depth]
            while position + open_holes <= most:
                # ---- 1. the rule of the first point, and the points that fall to it too ----------
                lacking = -1
                up_to_here = end
                width = states[state, STATE_COUNT]
                target = MISSING
                if width == 0:
                    break  # nothing fits this hole
                if width < 0:
                    lacking = shortest_paths.MISSING_RULES << 60 | state << 30
                else:
                    first = states[state, STATE_RULES]
                    last = first + width - 1
                    offset = _unit(mixed(key))
                    step = up_to[last] / count
                    rule = _found(up_to, max(rule, first), last, (point + offset) * step)
                    if point + 1 < end and rule < last:
                        up_to_here = int(np.ceil(up_to[rule] / step - offset))
                        up_to_here = min(max(up_to_here, point + 1), end)
                    target = rules[rule, RULE_TARGET]
                # ---- 2. where the rule leads, outwards if its head has no arguments --------------
                new_depth = depth + 1
                if target == MISSING:
                    if lacking < 0:
                        lacking = shortest_paths.MISSING_RULE << 60 | state << 30 | rule
                elif target < 0:
                    new_depth, target, lacking = _outwards(target, depth, stack, automaton)
                    opened = 0
                else:
                    opened = items[target, ITEM_REMAINING]
                # ---- 3. set aside: draws that lack something, and points of the rules after ------
                if lacking >= 0 or up_to_here < end:
                    kept = left[noted] if lacking >= 0 else waiting[wait]
                    kept[FRAME_STATE], kept[FRAME_POSITION] = state, position
                    kept[FRAME_DEPTH], kept[FRAME_OPEN] = depth, open_holes
                    kept[FRAME_KEY], kept[FRAME_COUNT] = np.int64(key), count
                    kept[FRAME_STACK : FRAME_STACK + depth] = stack[:depth]
                    if lacking >= 0:
                        kept[FRAME_POINT], kept[FRAME_END] = point, up_to_here
                        kept[FRAME_RULE] = rule
                        left_totals[noted] = total
                        left_tokens[noted, :position] = program[:position]
                        missing[noted] = lacking
                        noted += 1
                        if up_to_here == end:
                            break
                        point, rule = up_to_here, rule + 1
                        continue
                    kept[FRAME_POINT], kept[FRAME_END] = up_to_here, end
                    kept[FRAME_RULE] = rule + 1
                    waiting_totals[wait] = total
                    wait += 1
                # ---- 4. choose the rule for the points that are left -----------------------------
                program[position] = rules[rule, RULE_TOKEN]
                position += 1
                open_holes += opened - 1
                total += cost[rule]
                depth = new_depth
                if depth == 0:
                    tokens[written : written + position] = program[:position]
                    written += position
                    totals[found] = total
                    times[found] = up_to_here - point
                    found += 1
                    starts[found] = written
                    break
                stack[depth - 1] = target
                if depth >= max_depth:
                    break
                state = items[target, ITEM_HOLE]
                for _ in range(items[target, ITEM_LAMBDAS]):
                    if position < most:
                        program[position] = LAMBDA
                    position += 1
                key = mixed(key + golden * np.uint64(point + 1))
                count = up_to_here - point
                point, end, rule = 0, count, 0
    return found, noted
