"""Sampling: programs drawn from the prior, over the same structure as the searches.

A kernel walks states, rules and transitions with a stack of open heads, and chooses each rule with
its probability. No bound of cost is involved, so the structure cannot be built beforehand: what a
draw meets and is not there yet is noted, built, and the draw begins again. Each draw has random
numbers of its own, made from the seed and its number, so what comes out does not depend on what was
built before, nor on how many are drawn at a time.

A uniform grammar is often supercritical: most of its programs never end. Draws that would be longer
or deeper than allowed are given up as soon as that is certain.

The definition is :meth:`reverie.dsl.grammar.Grammar.sample`.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from ..dsl.grammar import Grammar
from ..dsl.kernels import njit
from ..dsl.types import Type
from . import costs
from .encoding import LAMBDA, Tokens
from .records import (
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
    Int32,
    Records,
)
from .states import Structure, TablesTooLarge, structure_of
from .topdown import Batch

__all__ = ["Sampler"]

Float64 = NDArray[np.float64]
Int64 = NDArray[np.int64]

LOW = (1 << 30) - 1

_PARTIAL, _COMPLETE, _GIVEN_UP = 0, 1, 2


class Sampler:
    """Draws programs of type ``request`` from ``grammar``.

    Args:
        grammar: unigram or bigram.
        request: the type of the programs; type variables and function-typed arguments are fine.
        seed: the same seed gives the same programs.
        max_tokens: longer programs are given up; heads and lambdas are tokens.
        max_depth: heads inside one another.
        max_states: how many kinds of holes the structure may have, those of other grammars and
            requests of the library included.
        structure: of the library, to build on; the common one if None.
        rare: whether to build what a single one of many draws asks for. If not, such a draw is
            given up: much faster, nearly the same, and what comes out depends on what was built.
        judge: the grammar whose costs the programs get; ``grammar`` itself if None. It may be a
            unigram grammar where ``grammar`` is a bigram.

    >>> from reverie.dsl.library import Library, constant
    >>> from reverie.dsl.types import INT
    >>> library = Library([constant("0", "int", 0), constant("1", "int", 1)])
    >>> len(Sampler(Grammar.uniform(library), INT).draw(10))
    10
    """

    def __init__(
        self,
        grammar: Grammar,
        request: Type,
        *,
        seed: int = 0,
        max_tokens: int = 32,
        max_depth: int = 32,
        max_states: int = 200_000,
        structure: Structure | None = None,
        rare: bool = True,
        judge: Grammar | None = None,
    ) -> None:
        self.grammar = grammar
        self.request = request
        self.max_tokens = max_tokens
        self.max_depth = max_depth
        self.max_states = max_states
        self.drawn = 0
        """How many draws there were so far, those that were given up included."""
        self._seed = int(np.random.SeedSequence(seed).generate_state(1, np.uint64)[0] >> 1)
        self.rare = rare
        if structure is None:  # an empty one is to be used as well
            structure = structure_of(
                grammar.library, bigram=grammar.is_bigram, most_states=max_states // 2
            )
        self._structure = structure
        self._root = self._structure.root(request)
        self._proposal = _Prices(grammar.weights)
        self._judge = self._proposal
        if judge is not None:
            rows = np.broadcast_to(judge.weights, grammar.weights.shape)
            self._judge = _Prices(rows)
        self._up_to = np.empty(0)
        self._priced = np.empty(0, np.bool_)

    def draw(self, count: int) -> Batch:
        """Draw ``count`` programs; return those that end within the bounds, in order.

        Raises:
            TablesTooLarge: if the draws need more than ``max_states`` kinds of holes.
        """
        draws = np.arange(self.drawn, self.drawn + count)
        tokens = np.empty((count, self.max_tokens), np.int16)
        tokens[:, : len(self.request.parameters)] = LAMBDA
        lengths = np.zeros(count, np.int64)
        drawn_costs = np.zeros(count)
        state = np.full(count, _PARTIAL, np.int8)
        while True:
            self._price()
            records = self._structure.records()
            missing = _draw(
                self._seed,
                self._root,
                len(self.request.parameters),
                self.max_depth,
                records.states,
                records.rules,
                records.items,
                records.outcomes,
                records.transitions,
                self._judge.cost,
                self._up_to,
                draws,
                tokens,
                lengths,
                drawn_costs,
                state,
            )
            del records
            if not self._build(missing):
                break
        self.drawn += count
        done = np.flatnonzero(state == _COMPLETE)
        starts = np.concatenate([[0], np.cumsum(lengths[done])])
        within = np.arange(self.max_tokens) < lengths[done, None]
        return Batch(tokens[done][within], starts, drawn_costs[done])

    def _build(self, missing: Int64) -> bool:
        """Build what is missing; say whether that was anything."""
        wanted, times = np.unique(missing, return_counts=True)
        if not self.rare:
            wanted = wanted[times > 1]
        for key in wanted.tolist():
            kind, a, b = key >> 60, key >> 30 & LOW, key & LOW
            if kind == costs.MISSING_TRANSITION:
                self._structure.build_transition(a, b)
            elif kind == costs.MISSING_RULES:
                self._structure.build_rules(a)
            else:
                self._structure.build_rule(a, b)
        if len(self._structure) > self.max_states:
            raise TablesTooLarge(
                f"drawing programs of type {self.request} needs more than {self.max_states:,} "
                "kinds of holes; allow fewer tokens, or raise max_states"
            )
        return len(wanted) > 0

    def _price(self) -> None:
        """Give the rules that were built since last time their costs."""
        records = self._structure.records()
        built = records.states[:, STATE_COUNT] >= 0
        fresh = built.copy()
        fresh[: len(self._priced)] &= ~self._priced
        chosen = np.flatnonzero(fresh)
        self._priced = built
        if len(chosen):
            self._proposal.price(records, chosen)
            if self._judge is not self._proposal:
                self._judge.price(records, chosen)
            more = np.zeros(len(records.rules) - len(self._up_to))
            self._up_to = np.concatenate([self._up_to, more])
            _cumulate(chosen, records.states, self._proposal.cost, self._up_to)


class _Prices:
    """The costs of a structure's rules under some weights.

    Attributes:
        cost: float64, of each rule that was priced, in nats.
    """

    def __init__(self, weights: Float64) -> None:
        self.cost = np.empty(0)
        self._weights = np.array(weights, order="C")  # kernels take writable arrays
        self._normaliser = np.empty(0)

    def price(self, records: Records, chosen: Int64) -> None:
        """Price the rules of the chosen states, which were built since last time."""
        sets = records.sets, records.set_starts
        first = len(self._normaliser)
        new = costs.normalisers(self._weights, records.classes, *sets, first)
        self._normaliser = np.concatenate([self._normaliser, new])
        more = np.zeros(len(records.rules) - len(self.cost))
        self.cost = np.concatenate([self.cost, more])
        costs.price(
            self._weights,
            records.states,
            records.rules,
            records.classes,
            self._normaliser,
            chosen,
            self.cost,
        )


@njit("void(int64[::1], int32[:,::1], float64[::1], float64[::1])", cache=True, nogil=True)
def _cumulate(chosen: Int64, states: Int32, cost: Float64, up_to: Float64) -> None:
    """Write for each rule of the chosen states the probability of it and those before it."""
    for state in chosen:
        start = states[state, STATE_RULES]
        total = 0.0
        for rule in range(start, start + states[state, STATE_COUNT]):
            total += np.exp(-cost[rule])
            up_to[rule] = total


@njit("uint64(uint64)", cache=True, nogil=True, inline="always")
def _mixed(x: np.uint64) -> np.uint64:
    """Return the finaliser of SplitMix64 (Steele, Lea and Flood, OOPSLA 2014)."""
    x = (x ^ (x >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
    x = (x ^ (x >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
    return x ^ (x >> np.uint64(31))


@njit(
    "int64[::1](int64, int64, int64, int64, int32[:,::1], int32[:,::1], int32[:,::1], "
    "int32[:,::1], int32[::1], float64[::1], float64[::1], int64[::1], int16[:,::1], int64[::1], "
    "float64[::1], int8[::1])",
    cache=True,
    nogil=True,
)
def _draw(
    seed: int,
    root: int,
    root_lambdas: int,
    max_depth: int,
    states: Int32,
    rules: Int32,
    items: Int32,
    outcomes: Int32,
    transitions: Int32,
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
        states, rules, items, outcomes, transitions: the structure's records.
        cost, up_to: of each rule, its cost and the cumulated probability within its state.
        draws: (n,), the numbers of the draws.
        tokens: (n, most tokens), receives the programs; lambdas of the root are there.
        lengths, totals: (n,), receive their tokens and their costs in nats.
        done: (n,), LOW = (1 << 30) - 1

    _PARTIAL, _COMPLETE or _GIVEN_UP; changed.

    Returns:
        int64 (m,): kind ``<< 60 |`` a ``<< 30 |`` b, as :func:`reverie.enumerate.costs.settle`
        notes them, with repetitions.
    """
    golden = np.uint64(0x9E3779B97F4A7C15)
    most = tokens.shape[1]
    stack = np.empty(most + 1, np.int64)  # items: heads with arguments to come
    missing = np.empty(len(draws), np.int64)
    noted = 0
    for i in range(len(draws)):
        if done[i] != _PARTIAL:
            continue
        random = _mixed(np.uint64(seed) + _mixed(np.uint64(draws[i]) * golden + golden))
        state, position, depth, open_holes = root, root_lambdas, 0, 1
        total = 0.0
        done[i] = _GIVEN_UP
        while position + open_holes <= most:
            width = states[state, STATE_COUNT]
            if width <= 0:
                if width < 0:
                    missing[noted] = costs.MISSING_RULES << 60 | state << 30
                    noted += 1
                    done[i] = _PARTIAL
                break  # nothing fits this hole
            random += golden
            low = states[state, STATE_RULES]
            last = low + width - 1
            point = np.float64(_mixed(random) >> np.uint64(11)) * 2.0**-53 * up_to[last]
            high = last
            while low < high:
                middle = (low + high) >> 1
                if up_to[middle] > point:
                    high = middle
                else:
                    low = middle + 1
            tokens[i, position] = rules[low, RULE_TOKEN]
            position += 1
            open_holes -= 1
            total += cost[low]
            target = rules[low, RULE_TARGET]
            if target == MISSING:
                missing[noted] = costs.MISSING_RULE << 60 | state << 30 | low
                noted += 1
                done[i] = _PARTIAL
                break
            if target >= 0:
                stack[depth] = target
                depth += 1
                open_holes += items[target, ITEM_REMAINING]
            else:
                # The hole is filled: go outwards to the head that has an argument left.
                while target < MISSING and depth > 0:
                    item = stack[depth - 1]
                    outcome = -2 - target
                    block = items[item, ITEM_BLOCK]
                    target = transitions[block + outcomes[outcome, OUTCOME_LOCAL]]
                    if target == MISSING:
                        missing[noted] = costs.MISSING_TRANSITION << 60 | item << 30 | outcome
                        noted += 1
                        done[i] = _PARTIAL
                    elif target >= 0:
                        stack[depth - 1] = target
                    else:
                        depth -= 1
                if target == MISSING:
                    break
                if depth == 0:
                    done[i] = _COMPLETE
                    lengths[i] = position
                    totals[i] = total
                    break
            if depth >= max_depth:
                break
            item = stack[depth - 1]
            state = items[item, ITEM_HOLE]
            for _ in range(items[item, ITEM_LAMBDAS]):
                if position < most:
                    tokens[i, position] = LAMBDA
                position += 1
    return missing[:noted]
