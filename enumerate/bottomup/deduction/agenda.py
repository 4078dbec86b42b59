"""Deduction from the goal backwards: an agenda of open calls, cheapest first.

Where the goal says what an argument must be, programs are found by looking it up in the bank
instead of by building everything that costs as much (bidirectional search, as in Lee 2021, Duet):

* at the root, for goals that are no lists: inverse semantics and condition abduction
  (:mod:`.inverse_lookup`, :mod:`.condition_cover`);
* within the predicate of a filter at the root: it is true for the elements of a kept list that the
  goal has (:mod:`.filter_spec`);
* within the function of a *call* at the root, of map, zip, scan, or any primitive whose symbolic
  trace says what its function has to return for the lists that it is given: deduction for
  higher-order functions (:mod:`.symbolic_trace`);
* below an invertible operation at the root, ``Reverse``, or ``+ 1`` on each element: that leaves a
  subgoal, which is met by a kept list, or by a call (:mod:`.subgoals`).

All this reaches far beyond the cost level that the search has come to, and it reaches only some
kinds of programs. So what it finds competes by the exact prior with whatever else fits: the search
goes on until nothing cheaper can come, or its budget is spent.

Calls are taken from the agenda in the order of their cost and that of the programs used for the
function, so each is tried again and again, with more programs, while the bank grows.
"""

from __future__ import annotations

import heapq
from collections import defaultdict
from collections.abc import Callable, Iterator
from itertools import product, zip_longest
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from ....dsl import Interpreter, Lambda, Term, apply
from ..analysis.operator_properties import operator_properties_of
from ..bank.bank import Bank
from ..ground_grammar import CLOSED, Rule
from ..intervals import Bounds
from .bank_view import MOST_LISTS, BankView
from .completer import EACH_CALL, Completer, Proposal
from .filter_spec import filterable, labelled_elements
from .list_spec import ListSpec
from .subgoals import Subgoals
from .symbolic_trace import demands
from .value_matrix import is_immediate

__all__ = ["BackwardSearch"]

Words = NDArray[np.int64]

EFFORT = 20
"""What value matrices may cost for each candidate of the search: values of programs at points."""
AT_FIRST = 200_000
"""What they may cost at the beginning."""
GROWTH = 1.2
"""How much the bank must have grown before new calls are looked for."""

GROWTH_FOR_OTHERS = 2.0
"""The same for calls that give a goal other than the task's own: there are many."""

SHALLOWEST = 16
"""Units: the cost of the programs that a call is tried with at first; then more and more."""
DEEPER = 6

MOST_POINTS = 16
"""Points of a value matrix, taken from the examples in turn."""
LEAST_POINTS = 3
"""Fewer say too little."""
MOST_FILTERED = 400
"""New lists that a filter is tried on each time, the cheapest."""
MOST_FILTERS = 4
"""Goals that filters are tried for, the task's own first."""
MOST_TESTED = 48
"""Points for a test: each tells little."""


class _Quota(NamedTuple):
    """How many lists, the cheapest, are tried as an argument: alone, or in pairs with others."""

    alone: int
    in_pairs: int


FOR_OWN = _Quota(MOST_LISTS, 160)
FOR_OTHERS = _Quota(60, 24)
"""For a goal other than the task's own."""

_Point = tuple[int, tuple[int, ...], Bounds]
"""An example, the arguments of a function, and what it has to return."""


class _OpenCall(NamedTuple):
    """A rule of the root, with nodes for all arguments but its function, and the goal's number."""

    cost: int
    goal: int
    rule: int
    nodes: tuple[int, ...]


class BackwardSearch:
    """The backward search of one task.

    Args:
        bank: the programs kept so far; it grows between calls of :meth:`work`.
        interpreter: undoes operations at the root of the goal.
        is_late: says that the time is up; then work under way is dropped.
    """

    def __init__(self, bank: Bank, interpreter: Interpreter, is_late: Callable[[], bool]) -> None:
        self.bank = bank
        self.ground = bank.ground
        self.library = bank.ground.grammar.library
        self.properties = operator_properties_of(self.library)
        self.completer = Completer(bank, self.properties, is_late)
        self.is_late = is_late
        self.view = BankView(bank)
        self._kept = 0
        self._kept_for_others = 0
        self._filtered: dict[tuple[int, int], int] = {}
        self._arguments: dict[tuple[object, ...], tuple[int, list[_OpenCall]]] = {}
        self._queued: dict[tuple[int, int], list[_OpenCall]] = {}
        self._seen: set[_OpenCall] = set()
        self._constraints: dict[_OpenCall, list[_Point]] = {}
        self._queue: list[tuple[int, int, _OpenCall]] = []
        self._waiting: dict[int, list[tuple[int, int, _OpenCall]]] = defaultdict(list)
        self._deepest: dict[int, int] = {}
        self.is_immediate = is_immediate(self.ground.states[self.ground.root].type)
        own = [] if self.is_immediate else map(self.view.elements, bank.context.goal.tolist())
        rows = [row for row in own if isinstance(row, list)]
        wanted = ListSpec.exactly(rows) if rows else None
        self.subgoals = Subgoals(self.view, self.completer, interpreter, wanted)

    @property
    def bytes(self) -> int:
        """How much memory the goals and the candidates take."""
        return self.completer.bytes + self.subgoals.bytes

    def work(self, candidates: int, most: int) -> Iterator[list[Proposal]]:
        """Go on as long as the candidates of the search so far allow it.

        Args:
            candidates: of the search.
            most: the largest cost wanted, in units.

        Yields:
            Proposals, their terms' free variables the inputs.
        """
        allowed = AT_FIRST + EFFORT * candidates
        if self.completer.effort >= allowed:
            return
        grown = self.bank.kept >= GROWTH * self._kept
        if grown:
            self._kept = self.bank.kept
            self.view.forget()
            self.completer.forget()
        if self.is_immediate:
            if grown:
                yield self._at_root(most)
            return
        if grown:
            self.subgoals.find()
            yield list(self.subgoals.already_met())
            self._find_calls()
        self._requeue()
        while self._queue and self.completer.effort < allowed and not self.is_late():
            priority, limit, call = heapq.heappop(self._queue)
            body = self.view.body(call.rule)
            if call.cost >= most:
                continue
            if limit > self._deepest[body]:
                heapq.heappush(self._waiting[body], (limit, priority, call))
            elif len(self._points(call)) >= LEAST_POINTS:
                heapq.heappush(self._queue, (priority + DEEPER, limit + DEEPER, call))
                yield self._of_call(call, limit, most)

    def _requeue(self) -> None:
        """Queue the calls again that have waited for the bank to grow."""
        for number, rule in enumerate(self.view.rules(self.ground.root)):
            if any(binds for *_, binds in rule.slots):
                body = self.view.body(number)
                self._deepest[body] = self.completer.deepest(body)
        for body, waiting in self._waiting.items():
            while waiting and waiting[0][0] <= self._deepest[body]:
                limit, priority, call = heapq.heappop(waiting)
                heapq.heappush(self._queue, (priority, limit, call))

    # ---- value matrices -------------------------------------------------------------------------

    def _at_root(self, most: int) -> list[Proposal]:
        context = self.bank.context
        points = np.array(context.points(CLOSED, self.ground.universe), np.int64).reshape(-1, 2)
        root = self.ground.root
        goal, limit = context.goal, self.completer.deepest(root)
        return self.completer.complete(root, points, goal, goal, limit, most)

    def _points(self, call: _OpenCall) -> list[_Point]:
        self.completer.effort += EACH_CALL
        if call not in self._constraints:
            self._constraints[call] = self._demands(call)
        return self._constraints[call]

    def _of_call(self, call: _OpenCall, limit: int, most: int) -> list[Proposal]:
        """Return what completes a call."""
        demanded = self._points(call)
        context = self.bank.context
        heap = context.heap
        frames = context.points(CLOSED, self.ground.universe)
        mark = heap.mark()
        points = np.empty((len(demanded), 2), np.int64)
        for p, (example, arguments, _) in enumerate(demanded):
            environment = frames[example][1]
            for word in arguments:
                cell = heap.allocate(2)
                heap.memory[cell], heap.memory[cell + 1] = word, environment
                environment = cell
            points[p] = example, environment
        heap.keep()
        low, high = np.array([wanted for *_, wanted in demanded], np.int64).T.copy()
        state = self.view.body(call.rule)
        found = self.completer.complete(state, points, low, high, limit, most - call.cost)
        heap.release(mark)
        return [
            Proposal(call.cost + cost, lambda b=build: self._around(call, b()))  # type: ignore[misc]
            for cost, build in found
        ]

    def _around(self, call: _OpenCall, body: Term) -> Term:
        """Return the term of a call, with the term of its function's body."""
        rule = self.view.rules(self.ground.root)[call.rule]
        nodes = iter(call.nodes)
        arguments: list[Term] = []
        for *_, binds in rule.slots:
            if binds:
                for _ in range(binds):
                    body = Lambda(body)
                arguments.append(body)
            else:
                arguments.append(self.bank.term_at(next(nodes), 0))
        return self.subgoals.goals[call.goal].around(apply(self.view.head(rule), *arguments))

    # ---- calls ----------------------------------------------------------------------------------

    def _find_calls(self) -> None:
        """Queue the calls that are new."""
        goals = self.subgoals.goals[:1]
        if self.bank.kept >= GROWTH_FOR_OTHERS * self._kept_for_others:
            self._kept_for_others = self.bank.kept
            goals = self.subgoals.goals
        for number, rule in enumerate(self.view.rules(self.ground.root)):
            if rule.production in self.properties.filters:
                self._find_filters(number, rule)
                continue
            if not self.view.is_traceable(rule):
                continue
            for place, goal in enumerate(goals):
                if self.is_late():
                    return
                quota = FOR_OWN if place == 0 else FOR_OTHERS
                calls = self._with_lengths(number, rule, goal.wanted.lengths, quota)
                if self._queued.get((number, place)) is calls:
                    continue
                self._queued[number, place] = calls
                for call in calls:
                    own = call._replace(cost=goal.cost + call.cost, goal=place)
                    if own not in self._seen:
                        self._seen.add(own)
                        first = own.cost + SHALLOWEST, SHALLOWEST, own
                        heapq.heappush(self._queue, first)

    def _find_filters(self, number: int, rule: Rule) -> None:
        """Queue filters of the lists that are new."""
        state = next(slot[0] for slot in rule.slots if not slot[2])
        if self.view.body(number) not in self.bank.rule_tables.known:
            return
        exact = [g for g in enumerate(self.subgoals.goals) if g[1].wanted.is_exact]
        for place, goal in exact[:MOST_FILTERS]:
            nodes, costs, words = self.bank.closed(state, self._filtered.get((number, place), 0))
            self._filtered[number, place] = self.bank.kept
            found = np.zeros(len(nodes), np.bool_)
            address, wanted = self.bank.context.heap.address, goal.wanted
            filterable(address, words, wanted.low, wanted.ends, found)
            self.completer.effort += 5 * words.size
            for i in np.flatnonzero(found)[:MOST_FILTERED].tolist():
                cost = goal.cost + rule.cost + int(costs[i])
                call = _OpenCall(cost, place, number, (int(nodes[i]),))
                heapq.heappush(self._queue, (cost + SHALLOWEST, SHALLOWEST, call))

    def _with_lengths(
        self, number: int, rule: Rule, lengths: tuple[tuple[int, bool], ...], quota: _Quota
    ) -> list[_OpenCall]:
        """Return the calls of a root rule that give results of these lengths, cheapest first."""
        others = [slot[0] for slot in rule.slots if not slot[2]]
        most = quota.alone if len(others) == 1 else quota.in_pairs
        known = [self.view.closed(state, most) for state in others]
        # The cheapest come first and stay, so their number says what they are.
        stamp = sum(map(len, known))
        key = number, lengths, quota
        if self._arguments.get(key, (-1, []))[0] != stamp:
            groups = [
                self.view.by_length(state, programs)
                for state, programs in zip(others, known, strict=True)
            ]
            found: list[_OpenCall] = []
            for chosen in product(*(group.items() for group in groups)):
                if self.is_late():
                    break
                shapes = list(zip(*(signature for signature, _ in chosen), strict=True))
                if self._fits(number, shapes, lengths):
                    found.extend(
                        _OpenCall(
                            rule.cost + sum(one.cost for one in ones),
                            0,
                            number,
                            tuple(one.node for one in ones),
                        )
                        for ones in product(*(ones for _, ones in chosen))
                    )
            self.completer.effort += EACH_CALL * len(found) // 20
            self._arguments[key] = stamp, heapq.nsmallest(quota.alone, found)
        return self._arguments[key][1]

    def _fits(
        self,
        rule: int,
        shapes: list[tuple[int | None, ...]],
        lengths: tuple[tuple[int, bool], ...],
    ) -> bool:
        """Say whether arguments of these lengths give results of those, on each example."""
        for shape, (length, longer) in zip(shapes, lengths, strict=True):
            found = self.view.trace(rule, shape)
            if found is None or len(found.result) < length:
                return False
            if len(found.result) > length and not longer:
                return False
        return True

    def _demands(self, call: _OpenCall) -> list[_Point]:
        """Return points and what is wanted there, from the examples in turn; none if impossible."""
        words = [self.bank.values(node) for node in call.nodes]
        is_filter = (
            self.view.rules(self.ground.root)[call.rule].production in self.properties.filters
        )
        each = []
        wanted = self.subgoals.goals[call.goal].wanted
        for example, goal in enumerate(wanted.rows):
            given = [self.view.elements(column[example]) for column in words]
            if is_filter:
                said = labelled_elements(given[0], [low for low, _ in goal])  # type: ignore[arg-type]
                each.append([(example, arguments, (word, word)) for arguments, word in said])
                continue
            shape = tuple(len(g) if isinstance(g, list) else None for g in given)
            found = self.view.trace(call.rule, shape)
            longer = bool(wanted.longer[example])
            demanded = None if found is None else demands(found, given, goal, longer)
            if demanded is None:
                return []
            each.append([(example, arguments, bounds) for arguments, bounds in demanded])
        turns = [point for turn in zip_longest(*each) for point in turn if point is not None]
        return turns[: MOST_TESTED if is_filter else MOST_POINTS]
