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
from collections.abc import Callable, Iterator
from itertools import product, zip_longest
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from ...dsl.interpreter import Failure, Interpreter
from ...dsl.terms import Lambda, Term, Variable, apply
from ...dsl.types import INT, TypeConstructor
from ..native.layout import DATA, ERROR, LIST, TAG
from . import record
from .algebra import INVERSES, algebra_of
from .bank import Bank
from .completion import Completer, Operation, Proposal, is_plain
from .selection import chosen, verdicts
from .space import CLOSED, Rule
from .tracing import RESULT, Trace, demands, trace

__all__ = ["Goals"]

Words = NDArray[np.int64]

EFFORT = 20
"""What boards may cost for each candidate of the search: values of programs at points."""
AT_FIRST = 200_000
"""What they may cost at the beginning."""
EACH_CALL = 4_000
"""What it costs by itself to look at a call."""
GROWTH = 1.2
"""How much the bank must have grown before new calls are looked for."""

SHALLOWEST = 16
"""Units: the cost of the programs that a call is tried with at first; then more and more."""
DEEPER = 6

MOST_POINTS = 16
"""Points of a board, taken from the examples in turn."""
LEAST_POINTS = 3
"""Fewer say too little."""
MOST_LISTS = 2_000
MOST_IN_PAIRS = 160
"""Lists that are tried as an argument: alone, and in pairs with others."""
MOST_KNOWN = 30
"""Programs that are taken off each element of the goal."""
MOST_FILTERED = 400
"""New lists that a filter is tried on each time, the cheapest."""
MOST_FILTERS = 4
"""Goals that filters are tried for, the task's own first."""
MOST_TESTED = 48
"""Points for a test: each tells little."""
MOST_FOR_OTHERS = 60
"""Arguments that are tried with a goal other than the task's own."""


Elements = list[list[int]]
"""A list on each example, as the words of its elements."""


class _List(NamedTuple):
    """A program of a closed state that has a value on each example."""

    cost: int
    node: int
    words: list[int]


class _Goal(NamedTuple):
    """A list to be found, and what has to be put around what meets it."""

    cost: int
    elements: Elements
    around: Callable[[Term], Term]


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
        self._interpreter = interpreter
        self._kept = 0
        self._lists: dict[int, list[_List]] = {}
        self._goals: list[_Goal] = []
        self._known_goals: set[str] = set()
        self._taken_off: set[tuple[int, int, int]] = set()
        self._looked_at = 0
        self._filtered: dict[tuple[int, int], int] = {}
        self._at_hand_by_key: dict[str, tuple[int, int]] = {}
        self._met: set[tuple[int, int]] = set()
        self._traces: dict[tuple[int, tuple[int | None, ...]], Trace | None] = {}
        self._arguments: dict[tuple[int, tuple[int, ...]], tuple[int, list[_Call]]] = {}
        self._queued: dict[tuple[int, int], list[_Call]] = {}
        self._seen: set[_Call] = set()
        self._told: dict[_Call, list[tuple[int, tuple[int, ...], int]]] = {}
        self._queue: list[tuple[int, int, _Call]] = []
        self.is_plain = is_plain(self.space.states[self.space.root].type)
        if not self.is_plain:
            wanted = [self._elements(int(word)) for word in bank.desk.goal]
            if all(isinstance(one, list) for one in wanted):
                self._add_goal(0, wanted, lambda term: term)  # type: ignore[arg-type]

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
            self._lists.clear()
            self.completer.forget()
        if self.is_plain:
            if grown:
                yield self._at_root(most)
            return
        if grown:
            self._find_goals()
            yield list(self._at_hand())
            self._find_calls()
        later = []
        while self._queue and self.completer.effort < allowed:
            priority, limit, call = heapq.heappop(self._queue)
            body = self._body(call.rule)
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
        state = self._body(call.rule)
        found = self.completer.complete(state, points, goal, limit, most - call.cost)
        heap.release(mark)
        return [
            Proposal(call.cost + cost, lambda b=build: self._around(call, b()))  # type: ignore[misc]
            for cost, build in found
        ]

    def _around(self, call: _Call, body: Term) -> Term:
        """Return the term of a call, with the term of its function's body."""
        rule = self._rules(self.space.root)[call.rule]
        nodes = iter(call.nodes)
        arguments: list[Term] = []
        for *_, binds in rule.slots:
            if binds:
                for _ in range(binds):
                    body = Lambda(body)
                arguments.append(body)
            else:
                arguments.append(self.bank.term_at(next(nodes), 0))
        return self._goals[call.goal].around(apply(self._head(rule), *arguments))

    # ---- what is there --------------------------------------------------------------------------

    def _rules(self, state: int) -> list[Rule]:
        rules = self.space.states[state].rules
        return rules if rules is not None and state in self.bank.known else []

    def _head(self, rule: Rule) -> Term:
        return self.library.productions[rule.production].term

    def _body(self, rule: int) -> int:
        """Return the state of the function of a rule of the root."""
        return next(slot[0] for slot in self._rules(self.space.root)[rule].slots if slot[2])

    def _elements(self, word: int) -> list[int] | int:
        """Return the words of a list's elements; any other word as it is."""
        if word >> TAG != LIST:
            return word
        start, count = (word & DATA) >> 16, word & 0xFFFF
        return list(self.bank.desk.heap.memory[start : start + count])

    def _closed(self, number: int, room: int) -> list[_List]:
        """Return the cheapest programs of a closed state."""
        if number not in self._lists:
            nodes, costs, words = self.bank.closed(number)
            good = np.flatnonzero((words != ERROR).all(axis=1))[:MOST_LISTS]
            self._lists[number] = list(
                map(_List, costs[good].tolist(), nodes[good].tolist(), words[good].tolist())
            )
        return self._lists[number][:room]

    # ---- goals ----------------------------------------------------------------------------------

    def _add_goal(self, cost: int, elements: Elements, around: Callable[[Term], Term]) -> None:
        key = repr(elements)
        if key not in self._known_goals:
            self._known_goals.add(key)
            self._goals.append(_Goal(cost, elements, around))

    def _find_goals(self) -> None:
        """Add the goals that are left when something is taken off the task's own at the root."""
        if not self._goals:
            return
        undone = dict(self.algebra.wrappers)
        for number, rule in enumerate(self._rules(self.space.root)):
            if rule.production in undone:
                self._unwrap(number, rule, undone[rule.production])
            elif self._is_traceable(rule):
                others = [slot[0] for slot in rule.slots if not slot[2]]
                body = self.space.states[self._body(number)]
                if body.type is INT and len(body.scope) == len(others):
                    if len(others) == 1:
                        self._take_off(number, rule, self._closed_state(INT), 0)
                    elif len(others) == 2:
                        self._take_off(number, rule, others[1], 0)
                        self._take_off(number, rule, others[0], 1)

    def _closed_state(self, wanted: TypeConstructor) -> int:
        """Return the closed state of a type; -1 if there is none."""
        for number in sorted(self.bank.known):
            state = self.space.states[number]
            if state.scope is CLOSED and state.type is wanted:
                return number
        return -1

    def _unwrap(self, number: int, rule: Rule, undone: int) -> None:
        if (number, 0, 0) in self._taken_off:
            return
        self._taken_off.add((number, 0, 0))
        heap = self.bank.desk.heap
        run = self._interpreter.function(self.library.productions[undone].term)
        values = [run(example.output) for example in self.bank.desk.task.examples]
        if not any(isinstance(value, Failure) for value in values):
            elements = [[heap.encode(v) for v in value] for value in values]
            head = self._head(rule)
            self._add_goal(rule.cost, elements, lambda term: apply(head, term))

    def _take_off(self, number: int, rule: Rule, state: int, free: int) -> None:
        """Take an operation with something known off each element: off a map's, or a zip's.

        Args:
            number, rule: of the root, a map or a zip.
            state: closed, of what is known: a number for a map, a list for a zip.
            free: the list that is still to be found, 0 or 1.
        """
        own = self._goals[0].elements
        body = self._body(number)
        variables = [r.cost for r in self._rules(body) if r.variable >= 0]
        inverses = self.completer.operations(body).inverses
        for one in self._closed(state, MOST_KNOWN):
            if (number, free, one.node) in self._taken_off or not inverses:
                continue
            self._taken_off.add((number, free, one.node))
            self.completer.effort += EACH_CALL
            known = [self._elements(word) for word in one.words]
            if not self._goes_along(number, free, own, known):
                continue
            for inverse in inverses:
                left = [
                    _undone(inverse.how, wanted, value)
                    for wanted, value in zip(own, known, strict=True)
                ]
                if any(row is None or not all(map(self._is_valid, row)) for row in left):
                    continue
                cost = rule.cost + inverse.cost + one.cost + sum(variables)
                around = self._elementwise(rule, free, inverse, one.node)
                self._add_goal(cost, left, around)  # type: ignore[arg-type]

    def _elementwise(
        self, rule: Rule, free: int, inverse: Operation, node: int
    ) -> Callable[[Term], Term]:
        """Return what puts a map or zip of an operation around a list again."""
        count = len(rule.slots) - 1
        known = Variable(free) if count == 2 else self.bank.term_at(node, 1)
        wanted = Variable(count - 1 - free)
        pair = (known, wanted) if inverse.known == 0 else (wanted, known)
        function: Term = apply(self.bank.head_of(inverse.rule), *pair)
        for _ in range(count):
            function = Lambda(function)
        other = [] if count == 1 else [self.bank.term_at(node, 0)]

        def around(term: Term) -> Term:
            given = iter([term, *other] if free == 0 else [*other, term])
            arguments = [function if slot[2] else next(given) for slot in rule.slots]
            return apply(self._head(rule), *arguments)

        return around

    def _goes_along(
        self, number: int, free: int, wanted: Elements, known: list[list[int] | int]
    ) -> bool:
        """Say whether a root primitive calls its function along its lists, as a map or zip does.

        The list that is still to be found is taken to be as long as the goal.
        """
        for goal, value in zip(wanted, known, strict=True):
            shape = [len(goal)]
            if isinstance(value, list):
                shape.insert(1 - free, len(value))
            places = range(len(shape))
            if self._trace(number, tuple(shape)) != Trace(
                [[(place, i) for place in places] for i in range(len(goal))],
                [(RESULT, i) for i in range(len(goal))],
            ):
                return False
        return True

    def _is_valid(self, word: int) -> bool:
        memory = self.bank.desk.heap.memory
        return not memory[record.BOUNDED] or (
            memory[record.LEAST_VALUE] <= word <= memory[record.MOST_VALUE]
        )

    def _at_hand(self) -> Iterator[Proposal]:
        """Yield what meets a goal other than the task's own among the kept lists."""
        if not self._goals:
            return
        new, costs, words = self.bank.closed(self.space.root, self._looked_at)
        self._looked_at = self.bank.kept
        wanted = {tuple(map(len, goal.elements)) for goal in self._goals}
        fits = np.zeros(len(new), np.bool_)
        for lengths in wanted:
            fits |= ((words & 0xFFFF) == lengths).all(axis=1) & (words != ERROR).all(axis=1)
        self.completer.effort += 10 * words.size + EACH_CALL // 20 * int(fits.sum())
        for i in np.flatnonzero(fits).tolist():
            key = repr([self._elements(word) for word in words[i].tolist()])
            self._at_hand_by_key.setdefault(key, (int(costs[i]), int(new[i])))
        for goal in self._goals[1:]:
            met = self._at_hand_by_key.get(repr(goal.elements))
            if met is not None and (id(goal), met[1]) not in self._met:
                self._met.add((id(goal), met[1]))
                yield Proposal(
                    goal.cost + met[0],
                    lambda g=goal, n=met[1]: g.around(self.bank.term_at(n, 0)),  # type: ignore[misc]
                )

    # ---- calls ----------------------------------------------------------------------------------

    def _find_calls(self) -> None:
        """Queue the calls that are new."""
        for number, rule in enumerate(self._rules(self.space.root)):
            if rule.production in self.algebra.filters:
                self._find_filters(number, rule)
                continue
            if not self._is_traceable(rule):
                continue
            for place, goal in enumerate(self._goals):
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
        if self._body(number) not in self.bank.known:
            return
        for place, goal in enumerate(self._goals[:MOST_FILTERS]):
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
        known = [self._closed(state, room) for state in others]
        # The cheapest come first and stay, so their number says what they are.
        stamp = sum(map(len, known))
        if self._arguments.get((number, lengths), (-1, []))[0] != stamp:
            groups = [
                self._by_length(state, programs)
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

    def _by_length(
        self, number: int, programs: list[_List]
    ) -> dict[tuple[int | None, ...], list[_List]]:
        """Group programs of a closed state by their lengths on the examples."""
        found: dict[tuple[int | None, ...], list[_List]] = {}
        wanted = self.space.states[number].type
        is_list = isinstance(wanted, TypeConstructor) and wanted.name == "list"
        for one in programs:
            signature = tuple(word & 0xFFFF if is_list else None for word in one.words)
            found.setdefault(signature, []).append(one)
        return found

    def _is_traceable(self, rule: Rule) -> bool:
        """Say whether a root rule's primitive takes one function, to a plain type."""
        functions = [slot[0] for slot in rule.slots if slot[2]]
        return (
            len(functions) == 1
            and functions[0] in self.bank.known
            and is_plain(self.space.states[functions[0]].type)
            and callable(self._value(rule.production))
        )

    def _value(self, production: int) -> object:
        """Return the Python function of a primitive; None for an abstraction."""
        name = self.library.productions[production].name
        if name in self.library.abstractions:
            return None
        primitive = self.library.primitive(name)
        return None if primitive.lazy else primitive.value

    def _trace(self, rule: int, lengths: tuple[int | None, ...]) -> Trace | None:
        key = rule, lengths
        if key not in self._traces:
            one = self._rules(self.space.root)[rule]
            position = next(i for i, slot in enumerate(one.slots) if slot[2])
            value = self._value(one.production)
            assert callable(value)
            self._traces[key] = trace(value, position, lengths)
        return self._traces[key]

    def _fits(
        self, rule: int, shapes: list[tuple[int | None, ...]], lengths: tuple[int, ...]
    ) -> bool:
        """Say whether arguments of these lengths give results of those, on each example."""
        for shape, length in zip(shapes, lengths, strict=True):
            found = self._trace(rule, shape)
            if found is None or len(found.result) != length:
                return False
        return True

    def _demands(self, call: _Call) -> list[tuple[int, tuple[int, ...], int]]:
        """Return points and what is wanted there, from the examples in turn; none if impossible."""
        words = [self.bank.values(node) for node in call.nodes]
        is_filter = self._rules(self.space.root)[call.rule].production in self.algebra.filters
        each = []
        for example, goal in enumerate(self._goals[call.goal].elements):
            given = [self._elements(column[example]) for column in words]
            if is_filter:
                said = verdicts(given[0], goal)  # type: ignore[arg-type]
                each.append([(example, arguments, wanted) for arguments, wanted in said])
                continue
            shape = tuple(len(g) if isinstance(g, list) else None for g in given)
            found = self._trace(call.rule, shape)
            told = None if found is None else demands(found, given, goal)
            if told is None:
                return []
            each.append([(example, arguments, wanted) for arguments, wanted in told])
        turns = [point for turn in zip_longest(*each) for point in turn if point is not None]
        return turns[: MOST_TESTED if is_filter else MOST_POINTS]


def _undone(how: int, goal: list[int], known: list[int] | int) -> list[int] | None:
    """Return what is left of a goal's elements when something known is taken off each."""
    beside = known if isinstance(known, list) else [known] * len(goal)
    found = [INVERSES[how](z, x) for z, x in zip(goal, beside, strict=False)]
    return None if None in found else found  # type: ignore[return-value]
