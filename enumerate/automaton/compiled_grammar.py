"""Tables: a grammar's exact prior, compiled for one request and all programs below a cost.

The structure (:mod:`reverie.enumerate.automaton.automaton`) has no weights and is shared by all
grammars of a library; here it gets costs. Costs and what is reachable below a bound are found by
:func:`reverie.enumerate.automaton.shortest_paths.relax`, which says what it misses; Python builds
that, and so on until nothing is missing. A bound that grows goes on from there.

Every program of cost below the bound is in the tables with exactly its cost under
:class:`reverie.dsl.model.grammar.Grammar`, and the completion costs are exact: a search that keeps
cost so far + cheapest completion below the bound meets (almost) no dead end.
"""

from __future__ import annotations

import gc
import math
import threading
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from ...dsl import Grammar, Type
from ..time_limits import check_time
from . import shortest_paths
from .automaton import TablesTooLarge, structure_of
from .automaton_layout import (
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
)

__all__ = [
    "DEAD",
    "ITEM",
    "RULE",
    "SLACK",
    "CompiledGrammar",
    "GrammarArrays",
    "TablesTooLarge",
    "tables_of",
]

Float64 = NDArray[np.float64]

SLACK = 1e-9
"""Bounds are compared with this much room, in nats, since sums round differently by order."""

DEAD = -(1 << 31)
"""A transition that no program below the bound takes."""


RULE = np.dtype(
    [
        ("cost", np.float64),
        ("key", np.float64),  # cost, plus the cheapest completion of the head's arguments
        ("target", np.int32),
        ("token", np.int16),
    ],
    align=True,
)
"""What chooses a head. A target >= 0 is the next item; a target < 0 other than :data:`DEAD` is
outcome ``-1 - target`` of the state that was to be filled."""

ITEM = np.dtype(
    [
        ("finish", np.float64),  # cheapest cost of this argument and those after it
        ("rest", np.float64),  # cheapest cost of those after it
        ("first", np.uint32),  # the rules of the hole: those without arguments, by cost,
        ("leaves", np.uint32),  # up to here, and then the others, by key,
        ("end", np.uint32),  # up to here
        ("block", np.int32),  # outcome o of the hole leads to transitions[block + o]
        ("lambdas", np.int16),  # around the hole
        ("last", np.bool_),  # whether the hole is the head's last argument
    ],
    align=True,
)
"""A hole that is about to be filled, in its head's arguments."""


KEPT_BIGRAM = 4000
"""A bigram structure of more states is not built on by the next tables.

All that is there is priced for each new guide, some 2 ms for a thousand states, and little of what
one task's guide led to is of use to the next. A unigram structure is the same for all tasks.
"""


BETWEEN_LOOKS = 200
"""Parts of the structure that are built between two looks at the clock: a few milliseconds."""


KEPT_TABLES = 8
"""For how many grammars and requests a thread keeps its tables, a few MB each."""


class GrammarArrays(NamedTuple):
    """What kernels read: immutable, valid for all programs of cost below ``bound``.

    Records and no columns, so that what is read together lies together.
    """

    bound: float
    rules: NDArray[np.void]  # of RULE
    items: NDArray[np.void]  # of ITEM; the last is the whole program
    transitions: Int32  # targets


class CompiledGrammar:
    """The prior of ``grammar`` for programs of type ``request``, up to a bound that can grow.

    Args:
        grammar: the grammar.
        request: the type of the programs; function-typed arguments and type variables are fine.
        max_states: how many kinds of holes the structure may have, those of other grammars and
            requests of the library included.
    """

    def __init__(self, grammar: Grammar, request: Type, *, max_states: int = 200_000) -> None:
        self.grammar = grammar
        self.request = request
        self.max_states = max_states
        kept = min(KEPT_BIGRAM, max_states // 2) if grammar.is_bigram else max_states // 2
        self.structure = structure_of(grammar.library, bigram=grammar.is_bigram, most_states=kept)
        self._weights = np.array(grammar.weights)  # kernels take writable arrays
        self._root = self.structure.root(request)
        self._constructor_bounds = self._bound_constructors()
        self._constructors = len(self.structure.constructors)
        self._normaliser = np.empty(0)
        self._least = np.empty(0)
        self._cost = np.empty(0)
        self._reach = np.empty(0)
        self._partial = np.empty(0)
        self._inside = np.empty(0)
        self._priced = np.empty(0, dtype=np.bool_)
        self._arrays: GrammarArrays | None = None

    @property
    def bound(self) -> float:
        """All programs of cost below this are in the tables."""
        return self._arrays.bound if self._arrays else 0.0

    def up_to(self, bound: float, most: float = math.inf, *, grace: float = 0.0) -> GrammarArrays:
        """Return arrays that hold all programs of cost below ``bound``, in nats.

        Args:
            bound: the cost.
            most: how much may be within reach below it: holes, items and outcomes together.
            grace: seconds that building may take beyond the time of the search.

        Raises:
            TablesTooLarge: if that takes more than ``max_states`` states, or more than ``most``.
            TimeIsUp: if the time of the search is up before all is built; a later call goes on.
        """
        if self._arrays is None or bound > self._arrays.bound:
            collecting = gc.isenabled()
            gc.disable()  # building makes many objects and no garbage; collecting doubles its time
            try:
                self._relax(bound + SLACK, most, grace)
                self._arrays = self._flatten(bound)
            finally:
                if collecting:
                    gc.enable()
        return self._arrays

    def _relax(self, bound: float, most: float, grace: float) -> None:
        """Make all costs below ``bound`` final, building what is missing."""
        structure = self.structure
        self._fit()
        self._reach[self._root] = 0.0
        finite = [np.flatnonzero(np.isfinite(a)) for a in self._within_reach()]
        first_outcome = len(self._reach) + len(self._partial)
        seeds = np.concatenate(
            [finite[0], finite[1] + len(self._reach), finite[2] + first_outcome]
        ).astype(np.int64)
        while True:
            records = structure.records()
            missing = shortest_paths.relax(
                bound,
                seeds,
                records,
                self._cost,
                self._least,
                self._reach,
                self._partial,
                self._inside,
            )
            del records
            if most < math.inf and self._entries_in_reach() > most:
                raise TablesTooLarge(
                    f"programs of type {self.request} below {bound:.1f} nats need tables of more "
                    f"than {most:,.0f} entries; allow the search more memory or candidates"
                )
            if not len(missing):
                return
            states, items = set(), set()
            for number, (kind, a, b) in enumerate(missing.tolist()):
                if number % BETWEEN_LOOKS == 0:
                    check_time(grace)
                if kind == shortest_paths.MISSING_TRANSITION:
                    structure.build_transition(a, b)
                    items.add(a)
                else:
                    if kind == shortest_paths.MISSING_RULES:
                        structure.build_rules(a)
                    else:
                        structure.build_rule(a, b)
                    states.add(a)
            if len(structure) > self.max_states:
                raise TablesTooLarge(
                    f"programs of type {self.request} below {bound:.1f} nats need more than "
                    f"{self.max_states:,} kinds of holes; lower the bound, raise max_states, or "
                    "use weights that are less peaked"
                )
            self._fit()
            seeds = np.array([*states, *(len(structure) + i for i in items)], dtype=np.int64)

    def _entries_in_reach(self) -> int:
        return sum(int(np.isfinite(a).sum()) for a in self._within_reach())

    def _within_reach(self) -> tuple[Float64, Float64, Float64]:
        """Return the costs of holes, items and outcomes: finite where a program may have them."""
        return self._reach, self._partial, self._inside

    def _fit(self) -> None:
        """Give everything that was built since last time its costs."""
        records = self.structure.records()
        self._normaliser = np.concatenate(
            [
                self._normaliser,
                shortest_paths.normalisers(self._weights, records, len(self._normaliser)),
            ]
        )
        if len(self.structure.constructors) > self._constructors:
            # Another request brought new constructors. None can occur under this one.
            self._constructors = len(self.structure.constructors)
            self._constructor_bounds = self._bound_constructors()
        self._least = np.concatenate(
            [
                self._least,
                shortest_paths.signature_bounds(
                    self._constructor_bounds,
                    records.cells,
                    records.cell_starts,
                    len(self._least),
                ),
            ]
        )
        self._cost = _grown(self._cost, len(records.rules))
        self._reach = _grown(self._reach, len(records.states))
        self._partial = _grown(self._partial, len(records.items))
        self._inside = _grown(self._inside, len(records.outcomes))
        priced = np.zeros(len(records.states), dtype=np.bool_)
        priced[: len(self._priced)] = self._priced
        built = records.states[:, STATE_COUNT] >= 0
        chosen = np.flatnonzero(built & ~priced)
        shortest_paths.rule_costs(self._weights, records, self._normaliser, chosen, self._cost)
        self._priced = built

    def _bound_constructors(self) -> Float64:
        """Return an admissible cost of any hole by (row, constructor), for this request."""
        fits = self.structure.fits()
        records = self.structure.records()
        return shortest_paths.constructor_bounds(
            self._weights,
            fits.entries,
            fits.always,
            records.cells,
            records.cell_starts,
            *self.structure.inhabited(self.request),
        )

    def _flatten(self, bound: float) -> GrammarArrays:
        """Copy what lies below ``bound`` into arrays of its own."""
        automaton = self.structure.records()
        states, rules, items, outcomes, transitions, *_ = automaton
        finish, rest = np.empty(len(items)), np.empty(len(items))
        shortest_paths.completions(automaton, self._inside, finish, rest)
        counts = np.where(np.isfinite(self._reach), states[:, STATE_COUNT], 0).clip(0)
        owner = np.repeat(np.arange(len(states)), counts)
        first = np.cumsum(counts) - counts
        rule = states[owner, STATE_RULES] + np.arange(len(owner)) - first[owner]
        target = rules[rule, RULE_TARGET]
        cost = self._cost[rule]
        key = np.where(target == MISSING, np.inf, cost)
        leads = target >= 0
        key[leads] += finish[target[leads]]
        live = np.flatnonzero(self._reach[owner] + key < bound + SLACK)
        live = live[np.lexsort((key[live], leads[live], owner[live]))]
        chosen = np.empty(len(live), RULE)
        chosen["cost"], chosen["key"] = cost[live], key[live]
        chosen["target"] = _local(target[live], outcomes)
        chosen["token"] = rules[rule[live], RULE_TOKEN]
        ends = np.cumsum(np.bincount(owner[live], minlength=len(states)))
        heads = np.bincount(owner[live[leads[live]]], minlength=len(states))
        holes = np.append(items[:, ITEM_HOLE], self._root)
        found = np.empty(len(holes), ITEM)
        found["finish"], found["rest"] = np.append(finish, 0.0), np.append(rest, 0.0)
        found["first"] = np.append(0, ends)[holes]
        found["leaves"], found["end"] = (ends - heads)[holes], ends[holes]
        found["block"] = np.append(items[:, ITEM_BLOCK], 0)
        found["lambdas"] = np.append(items[:, ITEM_LAMBDAS], len(self.request.parameters))
        found["last"] = np.append(items[:, ITEM_REMAINING], 1) == 1
        return GrammarArrays(bound, chosen, found, _local(transitions, outcomes))


class _Kept(threading.local):
    """The tables that a thread used last, the latest at the end."""

    def __init__(self) -> None:
        self.tables: dict[tuple[Grammar, Type], CompiledGrammar] = {}


_kept = _Kept()


def tables_of(grammar: Grammar, request: Type) -> CompiledGrammar:
    """Return this thread's tables for a grammar and a request: tasks of one request share them."""
    kept = _kept.tables
    tables = kept.pop((grammar, request), None)
    if tables is None or len(tables.structure) > tables.max_states // 2:
        tables = CompiledGrammar(grammar, request)
    kept[grammar, request] = tables
    if len(kept) > KEPT_TABLES:
        del kept[next(iter(kept))]
    return tables


def _grown(values: Float64, length: int) -> Float64:
    """Return ``values`` continued to ``length`` with infinities."""
    out = np.full(length, np.inf)
    out[: len(values)] = values
    return out


def _local(targets: Int32, outcomes: Int32) -> Int32:
    """Return ``targets`` with outcomes numbered within their states; mark what is missing."""
    found = targets.copy()
    done = targets < MISSING  # outcomes, as -2 - number; to be -1 - number within the state
    found[done] = -1 - outcomes[-2 - targets[done], OUTCOME_LOCAL]
    found[targets == MISSING] = DEAD
    return found
