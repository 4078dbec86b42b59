"""Shortest paths on a grammar automaton: costs, admissible bounds, and what a bound can reach.

The cheapest program that a state stands for is a shortest path through a grammar, whose steps may
have several arguments (Knuth, "A generalization of Dijkstra's algorithm", Information Processing
Letters 6, 1977). We relax labels in the manner of Bellman and Ford instead of settling them by a
heap, since the automaton is built while it is searched: :func:`relax` says what it misses.

All costs are in nats. Record layouts are those of
:mod:`reverie.enumerate.automaton.automaton_layout`.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from ...dsl import kernel_types, njit
from .automaton_layout import (
    AUTOMATON,
    CLASS_ROW,
    CLASS_SET,
    CLASS_VARIABLE,
    ITEM_BLOCK,
    ITEM_HOLE,
    ITEM_PARENT,
    ITEM_REMAINING,
    ITEM_SIBLING,
    ITEM_SIGNATURE,
    ITEM_TAIL,
    ITEM_TWIN,
    MISSING,
    OUTCOME_LOCAL,
    OUTCOME_NEXT,
    OUTCOME_STATE,
    RULE_COLUMN,
    RULE_SIGNATURE,
    RULE_TARGET,
    STATE_CHILDREN,
    STATE_CLASS,
    STATE_COUNT,
    STATE_ITEMS,
    STATE_OUTCOMES,
    STATE_RULES,
    STATE_VARIABLES,
    AutomatonArrays,
    Int32,
)

__all__ = [
    "MISSING_RULE",
    "MISSING_RULES",
    "MISSING_TRANSITION",
    "completions",
    "constructor_bounds",
    "normalisers",
    "relax",
    "rule_costs",
    "signature_bounds",
]

Float64 = NDArray[np.float64]
Int64 = NDArray[np.int64]

# What `relax` may find missing, the kinds of (kind, a, b): (MISSING_RULES, state, 0),
# (MISSING_RULE, state, rule) or (MISSING_TRANSITION, item, outcome).
MISSING_RULES, MISSING_RULE, MISSING_TRANSITION = 0, 1, 2

_ROUNDS = 100
"""Rounds towards the least fixed point of the bounds by constructor; any round is admissible."""

REALS, WORDS = kernel_types.float64[::1], kernel_types.int64[::1]
MATRIX = kernel_types.float64[:, ::1]


@njit
def _logaddexp(a: float, b: float) -> float:
    high, low = max(a, b), min(a, b)
    return high if low == -np.inf else high + np.log1p(np.exp(low - high))


@njit(
    "float64[:,::1](float64[:,::1], int32[:,::1], boolean[:,::1], int32[:,::1], int32[::1], "
    "boolean[::1], boolean[::1])",
    cache=True,
    nogil=True,
)
def constructor_bounds(
    weights: Float64,
    entries: Int32,
    always: NDArray[np.bool_],
    cells: Int32,
    cell_starts: Int32,
    holes: NDArray[np.bool_],
    variables: NDArray[np.bool_],
) -> Float64:
    """Return an admissible cost of filling any hole, by its row and its type's constructor.

    The cost of a head is at least its cost among the candidates that every such hole has; the
    least fixed point over arguments is approached from below, so that any round is admissible.
    Constructor 0 stands for a type variable, which may come to have any constructor.

    Args:
        weights: float64[rows, productions + 1].
        entries: int32[entries, 3]: constructor, production, signature of its arguments there.
        always: bool[constructors, productions]: whether it fits every type of that constructor.
        cells, cell_starts: as in the automaton's records.
        holes, variables: by constructor, see :class:`~.inhabitation.Inhabited`.
    """
    rows, columns = weights.shape
    kinds = always.shape[0]
    total = np.full((rows, kinds), -np.inf)
    for row in range(rows):
        for kind in range(kinds):
            for production in range(columns - 1):
                if always[kind, production]:
                    total[row, kind] = _logaddexp(total[row, kind], weights[row, production])
    bound = np.zeros((rows, kinds))
    for row in range(rows):
        for kind in range(kinds):
            if not holes[kind]:
                bound[row, kind] = np.inf
    for _ in range(_ROUNDS):
        changed = False
        for row in range(rows):
            variable = weights[row, columns - 1]
            best = np.empty(kinds)
            for kind in range(kinds):
                best[kind] = np.inf
                if variables[kind]:
                    best[kind] = _logaddexp(total[row, kind], variable) - variable
            for e in range(len(entries)):
                kind, production, signature = entries[e, 0], entries[e, 1], entries[e, 2]
                weight = weights[row, production]
                least = total[row, kind]
                if not always[kind, production]:
                    least = _logaddexp(least, weight)
                cost = least - weight
                for k in range(cell_starts[signature], cell_starts[signature + 1]):
                    cost += bound[cells[k, 0], cells[k, 1]]
                best[kind] = min(best[kind], cost)
            for kind in range(kinds):
                best[0] = min(best[0], best[kind])
            for kind in range(kinds):
                if best[kind] > bound[row, kind] + 1e-12:
                    bound[row, kind] = best[kind]
                    changed = True
        if not changed:
            break
    return bound


@njit("float64[::1](float64[:,::1], int32[:,::1], int32[::1], int64)", cache=True, nogil=True)
def signature_bounds(bound: Float64, cells: Int32, cell_starts: Int32, first: int) -> Float64:
    """Return an admissible cost of filling all arguments, for each signature from ``first`` on."""
    count = len(cell_starts) - 1
    out = np.zeros(count - first)
    for signature in range(first, count):
        for k in range(cell_starts[signature], cell_starts[signature + 1]):
            out[signature - first] += bound[cells[k, 0], cells[k, 1]]
    return out


@njit(REALS(MATRIX, AUTOMATON, kernel_types.int64), cache=True, nogil=True)
def normalisers(weights: Float64, automaton: AutomatonArrays, first: int) -> Float64:
    """Return the log of the total weight of each class of candidates from ``first`` on."""
    classes, sets, set_starts = automaton.classes, automaton.sets, automaton.set_starts
    variable = weights.shape[1] - 1
    out = np.full(len(classes) - first, -np.inf)
    for c in range(first, len(classes)):
        row, members = classes[c, CLASS_ROW], classes[c, CLASS_SET]
        high = weights[row, variable] if classes[c, CLASS_VARIABLE] else -np.inf
        for k in range(set_starts[members], set_starts[members + 1]):
            high = max(high, weights[row, sets[k]])
        total = np.exp(weights[row, variable] - high) if classes[c, CLASS_VARIABLE] else 0.0
        for k in range(set_starts[members], set_starts[members + 1]):
            total += np.exp(weights[row, sets[k]] - high)
        if total > 0.0:
            out[c - first] = high + np.log(total)
    return out


@njit(kernel_types.void(MATRIX, AUTOMATON, REALS, WORDS, REALS), cache=True, nogil=True)
def rule_costs(
    weights: Float64,
    automaton: AutomatonArrays,
    normaliser: Float64,
    chosen: Int64,
    cost: Float64,
) -> None:
    """Write the cost of each rule of the ``chosen`` states, whose rules must be built.

    Args:
        weights: float64[rows, productions + 1], the grammar's.
        automaton: the records.
        normaliser: float64[classes], from :func:`normalisers`.
        chosen: int64[n], states.
        cost: float64[rules], receives the costs.
    """
    states, rules, classes = automaton.states, automaton.rules, automaton.classes
    variable = weights.shape[1] - 1
    for state in chosen:
        candidates = states[state, STATE_CLASS]
        row = classes[candidates, CLASS_ROW]
        start = states[state, STATE_RULES]
        for rule in range(start, start + states[state, STATE_COUNT]):
            column = rules[rule, RULE_COLUMN]
            cost[rule] = normaliser[candidates] - weights[row, column]
            if column == variable:
                cost[rule] += np.log(states[state, STATE_VARIABLES])


@njit
def _push(code: int, end: int, queue: Int64, queued: NDArray[np.bool_]) -> int:
    """Append to the ring of things to look at again, unless it waits there or is no thing."""
    if code < 0 or queued[code]:
        return end
    queued[code] = True
    queue[end] = code
    return end + 1 if end + 1 < len(queue) else 0


@njit
def _note(missing: Int64, count: int, kind: int, a: int, b: int) -> Int64:
    """Write row ``count`` of ``missing`` and return it, moved if it was full."""
    if count == len(missing):
        grown = np.empty((2 * count, 3), np.int64)
        for row in range(count):  # copying a slice would take a second more to compile
            for column in range(3):
                grown[row, column] = missing[row, column]
        missing = grown
    missing[count, 0] = kind
    missing[count, 1] = a
    missing[count, 2] = b
    return missing


@njit
def _lower(target: int, value: float, partial: Float64, inside: Float64, first_item: int) -> int:
    """Lower the cost of what a target leads to; return what to look at again, or -1."""
    if target >= 0:
        if value < partial[target]:
            partial[target] = value
            return first_item + target
    elif value < inside[-2 - target]:  # an outcome, of number -2 - target
        inside[-2 - target] = value
        return first_item + len(partial) + (-2 - target)
    return -1


@njit(
    kernel_types.int64[:, ::1](
        kernel_types.float64, WORDS, AUTOMATON, REALS, REALS, REALS, REALS, REALS
    ),
    cache=True,
    nogil=True,
)
def relax(
    bound: float,
    seeds: Int64,
    automaton: AutomatonArrays,
    cost: Float64,
    least: Float64,
    reach: Float64,
    partial: Float64,
    inside: Float64,
) -> Int64:
    """Lower the costs until they are consistent, and list what is missing below ``bound``.

    Label correcting: whatever got cheaper is looked at again. All costs are at first upper bounds,
    so nothing is ever asked for that no program below the bound could use.

    Args:
        bound: programs of this cost and above are of no interest.
        seeds: what to look at first: state s as s, item i as len(states) + i, outcome o as
            len(states) + len(items) + o.
        automaton: the records.
        cost: of each rule.
        least: an admissible cost of all arguments, by signature.
        reach: the cost of a program around a hole of each state, without the hole (admissible in
            what follows the hole); lowered in place.
        partial: of each item: its head and the arguments done so far; lowered in place.
        inside: of each outcome: the cheapest way to it; lowered in place.

    Returns:
        int64[n, 3]: (MISSING_RULES, state, 0), (MISSING_RULE, state, rule) or
        (MISSING_TRANSITION, item, outcome); some may be listed twice.
    """
    states, rules, items = automaton.states, automaton.rules, automaton.items
    outcomes, transitions = automaton.outcomes, automaton.transitions
    # States, items and outcomes wait in one ring, under numbers that follow one another.
    first_item, first_outcome = len(states), len(states) + len(items)
    queued = np.zeros(first_outcome + len(outcomes), np.bool_)
    queue = np.empty(len(queued) + 1, np.int64)
    begin, end = 0, 0
    for seed in seeds:
        end = _push(seed, end, queue, queued)
    missing = np.empty((64, 3), np.int64)
    count = 0
    while begin != end:
        code = queue[begin]
        begin = begin + 1 if begin + 1 < len(queue) else 0
        queued[code] = False
        # ---- 1. a state came nearer: its rules may reach further, its open items too ------------
        if code < first_item:
            start, width = states[code, STATE_RULES], states[code, STATE_COUNT]
            if width < 0:
                missing = _note(missing, count, MISSING_RULES, code, 0)
                count += 1
                continue
            for rule in range(start, start + width):
                if reach[code] + cost[rule] + least[rules[rule, RULE_SIGNATURE]] >= bound:
                    continue
                target = rules[rule, RULE_TARGET]
                if target == MISSING:
                    missing = _note(missing, count, MISSING_RULE, code, rule)
                    count += 1
                else:
                    again = _lower(target, cost[rule], partial, inside, first_item)
                    end = _push(again, end, queue, queued)
            item = states[code, STATE_CHILDREN]
            while item >= 0:  # they have come nearer, with their parent
                if partial[item] < np.inf:
                    end = _push(first_item + item, end, queue, queued)
                item = items[item, ITEM_SIBLING]
        # ---- 2. an item got cheaper: its hole comes nearer, and its transitions get cheaper ------
        elif code < first_outcome:
            item = code - first_item
            hole = items[item, ITEM_HOLE]
            around = reach[items[item, ITEM_PARENT]] + partial[item]
            if around + least[items[item, ITEM_SIGNATURE]] >= bound:
                continue
            around += least[items[item, ITEM_TAIL]]
            if around < reach[hole]:
                reach[hole] = around
                end = _push(hole, end, queue, queued)
            outcome = states[hole, STATE_OUTCOMES]
            while outcome >= 0:
                if around + inside[outcome] < bound:
                    block = items[item, ITEM_BLOCK]
                    target = transitions[block + outcomes[outcome, OUTCOME_LOCAL]]
                    if target == MISSING:
                        missing = _note(missing, count, MISSING_TRANSITION, item, outcome)
                        count += 1
                    else:
                        joined = partial[item] + inside[outcome]
                        again = _lower(target, joined, partial, inside, first_item)
                        end = _push(again, end, queue, queued)
                outcome = outcomes[outcome, OUTCOME_NEXT]
        # ---- 3. an outcome got cheaper: so do the items that wait for its state ------------------
        else:
            outcome = code - first_outcome
            item = states[outcomes[outcome, OUTCOME_STATE], STATE_ITEMS]
            while item >= 0:
                if partial[item] < np.inf:
                    end = _push(first_item + item, end, queue, queued)
                item = items[item, ITEM_TWIN]
    return missing[:count]


@njit(kernel_types.void(AUTOMATON, REALS, REALS, REALS), cache=True, nogil=True)
def completions(
    automaton: AutomatonArrays, inside: Float64, finish: Float64, rest: Float64
) -> None:
    """Write the least cost of finishing each item, and of finishing it once its hole is filled.

    Exact below the bound of :func:`relax`, infinite where its bound cuts everything off.
    """
    states, items = automaton.states, automaton.items
    outcomes, transitions = automaton.outcomes, automaton.transitions
    # An item's transitions lead to items with one argument less: those with few come first.
    longest = 0
    for item in range(len(items)):
        longest = max(longest, items[item, ITEM_REMAINING])
    for remaining in range(1, longest + 1):
        for item in range(len(items)):
            if items[item, ITEM_REMAINING] != remaining:
                continue
            finish[item], rest[item] = np.inf, np.inf
            outcome = states[items[item, ITEM_HOLE], STATE_OUTCOMES]
            while outcome >= 0:
                target = transitions[items[item, ITEM_BLOCK] + outcomes[outcome, OUTCOME_LOCAL]]
                if target != MISSING:
                    after = finish[target] if target >= 0 else 0.0  # an outcome: nothing is left
                    rest[item] = min(rest[item], after)
                    finish[item] = min(finish[item], inside[outcome] + after)
                outcome = outcomes[outcome, OUTCOME_NEXT]
