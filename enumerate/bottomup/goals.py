"""Goal tables: finishing programs from the goal backwards.

Where the goal says what an argument must be, programs are found by looking it up instead of by
building everything that costs as much:

* at the root, for goals that are no lists: operations with inverses, selections, choices;
* within the test of a root filter: it is true for the elements of a kept list that are wanted;
* within the function of a root *call*: a map, a zip, a scan, any primitive whose :mod:`.tracing`
  tells what its function has to return for the lists that it is given;
* below what can be taken off the goal: ``Reverse``, or ``+ 1`` on each element; that leaves another
  goal, which is met by a kept list, or by a call.

All this reaches far beyond the level that the search has come to, and it reaches only some kinds of
programs. So what it finds competes by the exact prior with whatever else fits: the search goes on
until nothing cheaper can come, or its budget is spent.

Calls are worked on in the order of their cost and that of the programs used for the function, so
each is looked at again and again, with more programs, while the bank grows.
"""

from __future__ import annotations

import heapq
from collections.abc import Iterator
from itertools import product, zip_longest
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from ...dsl.interpreter import Interpreter
from ...dsl.terms import Lambda, Term, apply
from .algebra import algebra_of
from .bank import Bank
from .completion import EACH_CALL, Completer, Proposal, is_plain
from .lists import MOST_LISTS, Lists
from .selection import chosen, verdicts
from .space import CLOSED, Rule
from .targets import Targets
from .tracing import demands

__all__ = ["Goals"]

Words = NDArray[np.int64]

EFFORT = 20
"""What boards may cost for each candidate of the search: values of programs at points."""
AT_FIRST = 200_000
"""What they may cost at the beginning."""
GROWTH = 1.2
"""How much the bank must have grown before new calls are looked for."""

SHALLOWEST = 16
"""Units: the cost of the programs that a call is tried with at first; then more and more."""
DEEPER = 6

MOST_POINTS = 16
"""Points of a board, taken from the examples in turn."""
LEAST_POINTS = 3
"""Fewer say too little."""
MOST_IN_PAIRS = 160
"""Lists that are tried as an argument in pairs with others."""
MOST_FILTERED = 400
"""New lists that a filter is tried on each time, the cheapest."""
MOST_FILTERS = 4
"""Goals that filters are tried for, the task's own first."""
MOST_TESTED = 48
"""Points for a test: each tells little."""
MOST_FOR_OTHERS = 60
"""Arguments that are tried with a goal other than the task's own."""


class _Call(NamedTuple):
    """A rule of the root, with nodes for all arguments but its function, and the goal's number."""

    cost: int
    goal: int
    rule: int
    nodes: tuple[int, ...]


class Goals:
    """The goal tables of one search.

    Args:
        bank: the programs kept so far; it grows between calls of :meth:`work`.
        interpreter: for what is taken off the goal.
    """

    def __init__(self, bank: Bank, interpreter: Interpreter) -> None:
        self.bank = bank
        self.space = bank.space
        self.library = bank.space.grammar.library
        self.algebra = algebra_of(self.library)
        self.completer = Completer(bank, self.algebra)
        self.lists = Lists(bank)
        self._kept = 0
        self._filtered: dict[tuple[int, int], int] = {}
        self._arguments: dict[tuple[int, tuple[int, ...]], tuple[int, list[_Call]]] = {}
        self._queued: dict[tuple[int, int], list[_Call]] = {}
        self._seen: set[_Call] = set()
        self._told: dict[_Call, list[tuple[int, tuple[int, ...], int]]] = {}
        self._queue: list[tuple[int, int, _Call]] = []
        self.is_plain = is_plain(self.space.states[self.space.root].type)
        own = [] if self.is_plain else map(self.lists.elements, bank.desk.goal.tolist())
        wanted = [row for row in own if isinstance(row, list)]
        self.targets = Targets(self.lists, self.completer, interpreter, wanted)

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
            self.lists.forget()
            self.completer.forget()
        if self.is_plain:
            if grown:
                yield self._at_root(most)
            return
        if grown:
            self.targets.find()
            yield list(self.targets.at_hand())
            self._find_calls()
        later = []
        while self._queue and self.completer.effort < allowed:
            priority, limit, call = heapq.heappop(self._queue)
            body = self.lists.body(call.rule)
            if call.cost >= most:
                continue
            if limit > self.completer.deepest(body):
                later.append((priority, limit, call))
                continue
            if len(self._points(call)) >= LEAST_POINTS:
                heapq.heappush(self._queue, (priority + DEEPER, limit + DEEPER, call))
                yield self._of_call(call, limit, most)
        for entry in later:
            heapq.heappush(self._queue, entry)

    # ---- boards ---------------------------------------------------------------------------------

    def _at_root(self, most: int) -> list[Proposal]:
        desk = self.bank.desk
        points = np.array(desk.points(CLOSED, self.space.universe), np.int64).reshape(-1, 2)
        root = self.space.root
        return self.completer.complete(root, points, desk.goal, self.completer.deepest(root), most)

    def _points(self, call: _Call) -> list[tuple[int, tuple[int, ...], int]]:
        self.completer.effort += EACH_CALL
        if call not in self._told:
            self._told[call] = self._demands(call)
        return self._told[call]

    def _of_call(self, call: _Call, limit: int, most: int) -> list[Proposal]:
        """Return what completes a call."""
        told = self._points(call)
        desk = self.bank.desk
        heap = desk.heap
        frames = desk.points(CLOSED, self.space.universe)
        mark = heap.mark()
        points = np.empty((len(told), 2), np.int64)
        for p, (example, arguments, _) in enumerate(told):
            environment = frames[example][1]
            for word in arguments:
                cell = heap.allocate(2)
                heap.memory[cell], heap.memory[cell + 1] = word, environment
                environment = cell
            points[p] = example, environment
        heap.keep()
        goal = np.array([wanted for *_, wanted in told], np.int64)
        state = self.lists.body(call.rule)
        found = self.completer.complete(state, points, goal, limit, most - call.cost)
        heap.release(mark)
        return [
            Proposal(call.cost + cost, lambda b=build: self._around(call, b()))  # type: ignore[misc]
            for cost, build in found
        ]

    def _around(self, call: _Call, body: Term) -> Term:
        """Return the term of a call, with the term of its function's body."""
        rule = self.lists.rules(self.space.root)[call.rule]
        nodes = iter(call.nodes)
        arguments: list[Term] = []
        for *_, binds in rule.slots:
            if binds:
                for _ in range(binds):
                    body = Lambda(body)
                arguments.append(body)
            else:
                arguments.append(self.bank.term_at(next(nodes), 0))
        return self.targets.goals[call.goal].around(apply(self.lists.head(rule), *arguments))

    # ---- calls ----------------------------------------------------------------------------------

    def _find_calls(self) -> None:
        """Queue the calls that are new."""
        for number, rule in enumerate(self.lists.rules(self.space.root)):
            if rule.production in self.algebra.filters:
                self._find_filters(number, rule)
                continue
            if not self.lists.is_traceable(rule):
                continue
            for place, goal in enumerate(self.targets.goals):
                room = MOST_LISTS if place == 0 else MOST_FOR_OTHERS
                lengths = tuple(map(len, goal.elements))
                calls = self._with_lengths(number, rule, lengths)
                if self._queued.get((number, place)) is calls:
                    continue
                self._queued[number, place] = calls
                for call in calls[:room]:
                    own = call._replace(cost=goal.cost + call.cost, goal=place)
                    if own not in self._seen:
                        self._seen.add(own)
                        first = own.cost + SHALLOWEST, SHALLOWEST, own
                        heapq.heappush(self._queue, first)

    def _find_filters(self, number: int, rule: Rule) -> None:
        """Queue filters of the lists that are new."""
        state = next(slot[0] for slot in rule.slots if not slot[2])
        if self.lists.body(number) not in self.bank.known:
            return
        for place, goal in enumerate(self.targets.goals[:MOST_FILTERS]):
            nodes, costs, words = self.bank.closed(state, self._filtered.get((number, place), 0))
            self._filtered[number, place] = self.bank.kept
            found = np.zeros(len(nodes), np.bool_)
            elements = np.array([word for row in goal.elements for word in row], np.int64)
            ends = np.cumsum([len(row) for row in goal.elements])
            chosen(self.bank.desk.heap.address, words, elements, ends, found)
            self.completer.effort += 5 * words.size
            for i in np.flatnonzero(found)[:MOST_FILTERED].tolist():
                cost = goal.cost + rule.cost + int(costs[i])
                call = _Call(cost, place, number, (int(nodes[i]),))
                heapq.heappush(self._queue, (cost + SHALLOWEST, SHALLOWEST, call))

    def _with_lengths(self, number: int, rule: Rule, lengths: tuple[int, ...]) -> list[_Call]:
        """Return the calls of a root rule that give results of these lengths, cheapest first."""
        others = [slot[0] for slot in rule.slots if not slot[2]]
        room = MOST_LISTS if len(others) == 1 else MOST_IN_PAIRS
        known = [self.lists.closed(state, room) for state in others]
        # The cheapest come first and stay, so their number says what they are.
        stamp = sum(map(len, known))
        if self._arguments.get((number, lengths), (-1, []))[0] != stamp:
            groups = [
                self.lists.by_length(state, programs)
                for state, programs in zip(others, known, strict=True)
            ]
            found: list[_Call] = []
            for chosen in product(*(group.items() for group in groups)):
                shapes = list(zip(*(signature for signature, _ in chosen), strict=True))
                if self._fits(number, shapes, lengths):
                    found.extend(
                        _Call(
                            rule.cost + sum(one.cost for one in ones),
                            0,
                            number,
                            tuple(one.node for one in ones),
                        )
                        for ones in product(*(ones for _, ones in chosen))
                    )
            self.completer.effort += EACH_CALL * len(found) // 20
            self._arguments[number, lengths] = stamp, heapq.nsmallest(MOST_LISTS, found)
        return self._arguments[number, lengths][1]

    def _fits(
        self, rule: int, shapes: list[tuple[int | None, ...]], lengths: tuple[int, ...]
    ) -> bool:
        """Say whether arguments of these lengths give results of those, on each example."""
        for shape, length in zip(shapes, lengths, strict=True):
            found = self.lists.trace(rule, shape)
            if found is None or len(found.result) != length:
                return False
        return True

    def _demands(self, call: _Call) -> list[tuple[int, tuple[int, ...], int]]:
        """Return points and what is wanted there, from the examples in turn; none if impossible."""
        words = [self.bank.values(node) for node in call.nodes]
        is_filter = self.lists.rules(self.space.root)[call.rule].production in self.algebra.filters
        each = []
        for example, goal in enumerate(self.targets.goals[call.goal].elements):
            given = [self.lists.elements(column[example]) for column in words]
            if is_filter:
                said = verdicts(given[0], goal)  # type: ignore[arg-type]
                each.append([(example, arguments, wanted) for arguments, wanted in said])
                continue
            shape = tuple(len(g) if isinstance(g, list) else None for g in given)
            found = self.lists.trace(call.rule, shape)
            told = None if found is None else demands(found, given, goal)
            if told is None:
                return []
            each.append([(example, arguments, wanted) for arguments, wanted in told])
        turns = [point for turn in zip_longest(*each) for point in turn if point is not None]
        return turns[: MOST_TESTED if is_filter else MOST_POINTS]
