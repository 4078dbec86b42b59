"""Goal tables: finishing programs from the goal backwards.

Where the goal says what an argument must be, programs are found by looking it up instead of by
building everything that costs as much. This is done at the root, for goals that are no lists, and
for the function within a root map, zip or scan: any primitive whose :mod:`.tracing` tells what the
function has to return. There the goal becomes one of its own, on the points where the function is
called: see :mod:`.boards`.

All this reaches far beyond the level that the search has come to, and it reaches only some kinds of
programs. So what it finds competes by the exact prior with whatever else fits: the search goes on
until nothing cheaper can come, or its budget is spent.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from itertools import product
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from ...dsl.interpreter import Failure, Interpreter
from ...dsl.terms import Lambda, Term, apply
from ...dsl.types import BOOL, Type, TypeConstructor
from ..native.layout import DATA, ERROR, LIST, TAG
from . import record
from .algebra import INVERSES, algebra_of
from .bank import Bank
from .boards import complete, cover, index_rows
from .space import CLOSED, Rule, Space
from .tracing import Trace, demands, trace

__all__ = ["Goals", "Proposal"]

Words = NDArray[np.int64]

PLAIN = frozenset({"int", "bool", "char"})
"""Types of goals on a board: their values are equal where their words are."""

EFFORT = 16
"""What boards may cost for each candidate of the search: values of programs at points."""
AT_FIRST = 200_000
"""What they may cost at the beginning."""

MOST_MEMBERS = 40_000
"""Programs on one board, the cheapest."""
MOST_POINTS = 16
"""Points of a board, taken from the examples in turn."""
LEAST_POINTS = 3
"""Fewer say too little."""
MOST_LISTS = 2_000
MOST_IN_PAIRS = 160
"""Lists that are tried as an argument: alone, and in pairs with others."""
PEELED = 24
"""Programs that are taken off the goal before it is completed."""
KEPT = 20
"""Proposals of one board that are judged, the cheapest."""
SETS = 512


class Proposal(NamedTuple):
    """A program that fits as far as its board shows.

    Attributes:
        cost: in units.
        build: makes the term, its free variables the inputs.
    """

    cost: int
    build: Callable[[], Term]


class _Members(NamedTuple):
    """The programs for the boards of one state."""

    nodes: Words
    row: Words
    kinds: NDArray[np.uint8]
    costs: Words


class _Operation(NamedTuple):
    rule: int
    cost: int
    how: int


class _Goal(NamedTuple):
    """A goal, and what has to be put around what meets it."""

    words: list[int]
    around: int | None
    cost: int


class _Call(NamedTuple):
    """A root primitive with arguments for all but its function."""

    cost: int
    goal: int
    rule: int
    nodes: tuple[int, ...]


class Goals:
    """The goal tables of one search.

    Args:
        bank: the programs kept so far; it grows between calls of :meth:`work`.
        interpreter: for what wrappers undo.
    """

    def __init__(self, bank: Bank, interpreter: Interpreter) -> None:
        self.bank = bank
        self.space: Space = bank.space
        self.library = bank.space.grammar.library
        self.algebra = algebra_of(self.library)
        self.effort = 0
        self._traces: dict[tuple[int, tuple[int | None, ...]], Trace | None] = {}
        self._done: dict[_Call, int] = {}
        self._members: dict[tuple[int, Type], _Members] = {}
        self._kept = 0
        self._root_done = 0
        root = self.space.states[self.space.root]
        self.is_plain = _is_plain(root.type)
        self.goals = [_Goal([int(w) for w in bank.desk.goal], None, 0)]
        if not self.is_plain:
            self._wrap(interpreter)

    def _wrap(self, interpreter: Interpreter) -> None:
        """Add the goals that are left when a wrapper is taken off."""
        desk = self.bank.desk
        undone = dict(self.algebra.wrappers)
        for rule in self._rules(self.space.root):
            if rule.production in undone:
                run = interpreter.function(self.library.productions[undone[rule.production]].term)
                values = [run(example.output) for example in desk.task.examples]
                if not any(isinstance(value, Failure) for value in values):
                    words = [desk.heap.encode(value) for value in values]
                    self.goals.append(_Goal(words, rule.production, rule.cost))
        desk.heap.keep()

    # ---- the search's side ----------------------------------------------------------------------

    def work(self, candidates: int, most: int) -> Iterator[list[Proposal]]:
        """Go on as long as the candidates of the search so far allow it.

        Args:
            candidates: of the search.
            most: the largest cost wanted, in units.

        Yields:
            The proposals of each board, cheapest first.
        """
        if self.bank.kept > 1.1 * self._kept:
            self._kept = self.bank.kept
            self._members.clear()
        allowed = AT_FIRST + EFFORT * candidates
        if self.effort >= allowed:
            return
        if self.is_plain:
            if self.bank.kept > 1.2 * self._root_done:
                self._root_done = self.bank.kept
                yield self._at_root(most)
            return
        for call in self._calls(most):
            members = self._of_state(self._body(call.rule))
            if len(members.nodes) < 1.3 * self._done.get(call, 0):
                continue
            self._done[call] = max(1, len(members.nodes))
            yield self._of_call(call, members, most)
            if self.effort >= allowed:
                return

    # ---- programs of a board --------------------------------------------------------------------

    def _rules(self, state: int) -> list[Rule]:
        rules = self.space.states[state].rules
        return rules if rules is not None and state in self.bank.known else []

    def _body(self, rule: int) -> int:
        """Return the state of the function of a root rule."""
        found = self.space.states[self.space.root].rules
        assert found is not None
        return next(slot[0] for slot in found[rule].slots if slot[2])

    def _of_state(self, number: int) -> _Members:
        """Return the programs for boards whose goal is of a state's type, in its scope."""
        state = self.space.states[number]
        key = number, state.type
        if key not in self._members:
            self._members[key] = self._gather(state.type, state.scope)
        return self._members[key]

    def _gather(self, wanted: Type, scope: tuple[Type, ...]) -> _Members:
        bank = self.bank
        nodes, kinds, costs = [], [], []
        for number in sorted(bank.known):
            state = self.space.states[number]
            plain = _is_plain(state.type)
            if state.scope is CLOSED:
                plain = state.type in (wanted, BOOL)
            if not plain or state.scope not in (scope, CLOSED):
                continue
            kind = 1 if state.type is wanted else 2 if state.type is BOOL else 4
            for level in np.flatnonzero(bank.count[number]):
                first, count = int(bank.first[number, level]), int(bank.count[number, level])
                nodes.append(np.arange(first, first + count))
                kinds.append(np.full(count, kind, np.uint8))
                costs.append(np.full(count, level, np.int64))
        row = np.full(bank.kept, -1, np.int64)
        if not nodes:
            empty = np.zeros(0, np.int64)
            return _Members(empty, row, empty.astype(np.uint8), empty)
        all_nodes, all_kinds = np.concatenate(nodes), np.concatenate(kinds)
        all_costs = np.concatenate(costs)
        if len(all_nodes) > MOST_MEMBERS:
            # By whole levels, so that whatever a program is made of stays with it.
            limit = np.sort(all_costs)[MOST_MEMBERS]
            chosen = all_costs < limit
            all_nodes, all_kinds, all_costs = (a[chosen] for a in (all_nodes, all_kinds, all_costs))
        order = np.argsort(all_nodes)
        all_nodes = np.ascontiguousarray(all_nodes[order], np.int64)
        row[all_nodes] = np.arange(len(all_nodes))
        return _Members(all_nodes, row, all_kinds[order], all_costs[order])

    # ---- boards ---------------------------------------------------------------------------------

    def _at_root(self, most: int) -> list[Proposal]:
        root = self.space.root
        members = self._of_state(root)
        frames = self.bank.desk.points(CLOSED, self.space.universe)
        points = np.array(frames, np.int64).reshape(-1, 2)
        goal = np.array(self.goals[0].words, np.int64)
        found = self._complete(root, members, points, goal, 0, most)
        return [Proposal(cost, build) for cost, build in found]

    def _of_call(self, call: _Call, members: _Members, most: int) -> list[Proposal]:
        """Return what completes a root primitive with given arguments."""
        told = self._demands(call)
        if told is None or len(told) < LEAST_POINTS or not len(members.nodes):
            return []
        heap = self.bank.desk.heap
        mark = heap.mark()
        frames = self.bank.desk.points(CLOSED, self.space.universe)
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
        number = self._body(call.rule)
        found = self._complete(number, members, points, goal, call.cost, most)
        heap.release(mark)
        return [Proposal(cost, lambda b=build: self._around(call, b())) for cost, build in found]  # type: ignore[misc]

    def _complete(
        self, number: int, members: _Members, points: Words, goal: Words, spent: int, most: int
    ) -> list[tuple[int, Callable[[], Term]]]:
        """Return costs and terms of the cheapest programs of a state that meet a goal at points."""
        bank, most = self.bank, most - spent
        board = np.empty((len(members.nodes), len(points)), np.int64)
        bank.replay(members.nodes, members.row, points, board)
        kinds = members.kinds.copy()
        table = np.empty(1 << (2 * len(kinds) + 1).bit_length(), np.int32)
        index_rows(board, kinds, members.costs, table)
        inverses, selective, choices = self._operations(number)
        self.effort += board.size * (1 + len(inverses) + len(selective))
        operations = np.array([(o.how, o.cost) for o in inverses], np.int64).reshape(-1, 2)
        room = np.empty((1 << 10, 4), np.int64)
        nodes = members.nodes
        found: list[tuple[int, tuple[int, ...]]] = []

        def finish(wanted: Words, cost: int, around: tuple[int, ...]) -> None:
            count = complete(
                board, kinds, members.costs, table, wanted, operations, most - cost, room
            )
            for total, o, x, y in room[:count].tolist():
                shape = (y,) if o < 0 else (inverses[o].rule, x, y)
                found.append((cost + total, (*around, *shape)))

        finish(goal, 0, ())
        for rule, cost in selective:
            at = int(bank.rule(rule)[record.AT])
            count = self._cover(board, kinds, members.costs, goal, at, cost, most, room)
            found += [(t, (rule, x, y)) for t, _, x, y in room[:count].tolist()]
        for rule, cost in choices:
            count = self._cover(board, kinds, members.costs, goal, 0, cost, most, room)
            found += [(t, (rule, c, x, y)) for t, c, x, y in room[:count].tolist()]
        usable = np.flatnonzero(kinds == 1)
        first = usable[np.argsort(members.costs[usable], kind="stable")[:PEELED]]
        for x in first.tolist():
            for o in inverses:
                cost = o.cost + int(members.costs[x])
                if (
                    cost < most
                    and (wanted := _undone(o.how, goal.tolist(), board[x].tolist())) is not None
                ):
                    self.effort += board.size
                    finish(np.array(wanted, np.int64), cost, (o.rule, x))
        found.sort(key=lambda one: one[0])
        depth = len(self.space.states[number].scope)
        return [
            (spent + cost, lambda shape=shape: self._term(shape, nodes, depth))  # type: ignore[misc]
            for cost, shape in found[:KEPT]
        ]

    def _cover(
        self,
        board: Words,
        kinds: NDArray[np.uint8],
        costs: Words,
        goal: Words,
        at: int,
        cost: int,
        most: int,
        room: Words,
    ) -> int:
        sets = np.empty((SETS, 3), np.int64)
        address = self.bank.desk.heap.address
        return int(cover(address, board, kinds, costs, goal, at, cost, most, sets, room))

    def _operations(
        self, number: int
    ) -> tuple[list[_Operation], list[tuple[int, int]], list[tuple[int, int]]]:
        """Return the state's rules that the algebra knows, with their costs."""
        wanted = self.space.states[number].type
        first = self.bank.first_rule(number)
        inverses: list[_Operation] = []
        selective, choices = [], []
        for i, rule in enumerate(self._rules(number)):
            if rule.production in self.algebra.choices:
                choices.append((first + i, rule.cost))
            elif str(wanted) == "int":
                if rule.production in self.algebra.selective:
                    selective.append((first + i, rule.cost))
                inverses += [
                    _Operation(first + i, rule.cost, inverse.how)
                    for inverse in self.algebra.inverses
                    if inverse.production == rule.production
                ]
        return inverses, selective, choices

    # ---- terms ----------------------------------------------------------------------------------

    def _term(self, shape: tuple[int, ...], nodes: Words, depth: int) -> Term:
        """Return the term of a row, or of a rule with rows or, as the last, another such shape."""
        if len(shape) == 1:
            return self.bank.term_at(int(nodes[shape[0]]), depth)
        rule, *rows = shape
        arity = int(self.bank.rule(rule)[record.ARITY])
        arguments = [self.bank.term_at(int(nodes[row]), depth) for row in rows[: arity - 1]]
        arguments.append(self._term(tuple(rows[arity - 1 :]), nodes, depth))
        return apply(self._head(self.bank.production_of(rule)), *arguments)

    def _around(self, call: _Call, body: Term) -> Term:
        """Return the root primitive's term."""
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
        term = apply(self._head(rule.production), *arguments)
        around = self.goals[call.goal].around
        return term if around is None else apply(self._head(around), term)

    def _head(self, production: int) -> Term:
        return self.library.productions[production].term

    # ---- calls ----------------------------------------------------------------------------------

    def _calls(self, most: int) -> list[_Call]:
        """Return root primitives with arguments that the goal's shape allows, cheapest first."""
        found: list[_Call] = []
        for number, rule in enumerate(self._rules(self.space.root)):
            functions = [slot for slot in rule.slots if slot[2]]
            if len(functions) != 1 or not _is_plain(self.space.states[functions[0][0]].type):
                continue
            if functions[0][0] not in self.bank.known:
                continue
            if not callable(self._value(rule.production)):
                continue
            others = [slot[0] for slot in rule.slots if not slot[2]]
            room = MOST_LISTS if len(others) == 1 else MOST_IN_PAIRS
            groups = [self._by_length(state, room) for state in others]
            for goal, wanted in enumerate(self.goals):
                lengths = [word & 0xFFFF for word in wanted.words]
                for chosen in product(*(g.items() for g in groups)):
                    shapes = list(zip(*(signature for signature, _ in chosen), strict=True))
                    if not self._fits(number, shapes, lengths):
                        continue
                    for nodes in product(*(nodes for _, nodes in chosen)):
                        cost = wanted.cost + rule.cost + sum(c for c, _ in nodes)
                        if cost < most:
                            found.append(_Call(cost, goal, number, tuple(n for _, n in nodes)))
        found.sort()
        return found[:MOST_LISTS]

    def _value(self, production: int) -> object:
        """Return the Python function of a primitive; None for an abstraction."""
        found = self.library.productions[production]
        if found.name not in {p.name for p in self.library.primitives}:
            return None
        primitive = self.library.primitive(found.name)
        return None if primitive.lazy else primitive.value

    def _by_length(
        self, number: int, room: int
    ) -> dict[tuple[int | None, ...], list[tuple[int, int]]]:
        """Return the cheapest programs of a closed state by their lengths on the examples."""
        bank = self.bank
        found: dict[tuple[int | None, ...], list[tuple[int, int]]] = {}
        is_list = str(self.space.states[number].type).startswith("list")
        for level in np.flatnonzero(bank.count[number]):
            first = int(bank.first[number, level])
            for node in range(first, first + int(bank.count[number, level])):
                words = bank.values(node)
                if ERROR not in words:
                    signature = tuple(w & 0xFFFF if is_list else None for w in words)
                    found.setdefault(signature, []).append((int(level), node))
                room -= 1
                if room == 0:
                    return found
        return found

    def _trace(self, rule: int, lengths: tuple[int | None, ...]) -> Trace | None:
        key = rule, lengths
        if key not in self._traces:
            one = self._rules(self.space.root)[rule]
            position = next(i for i, slot in enumerate(one.slots) if slot[2])
            value = self._value(one.production)
            assert callable(value)
            self._traces[key] = trace(value, position, lengths)
        return self._traces[key]

    def _fits(self, rule: int, shapes: list[tuple[int | None, ...]], lengths: list[int]) -> bool:
        """Say whether arguments of these lengths give results of those, on each example."""
        for shape, length in zip(shapes, lengths, strict=True):
            found = self._trace(rule, shape)
            if found is None or len(found.result) != length:
                return False
        return True

    def _demands(self, call: _Call) -> list[tuple[int, tuple[int, ...], int]] | None:
        """Return points and what is wanted there, from the examples in turn; None if impossible."""
        words = [self.bank.values(node) for node in call.nodes]
        each = []
        for example, goal in enumerate(self.goals[call.goal].words):
            given = [self._elements(column[example]) for column in words]
            shape = tuple(len(g) if isinstance(g, list) else None for g in given)
            found = self._trace(call.rule, shape)
            if found is None:
                return None
            told = demands(found, given, self._elements(goal))  # type: ignore[arg-type]
            if told is None:
                return None
            each.append([(example, arguments, wanted) for arguments, wanted in told])
        turns = [
            one[i] for i in range(max(map(len, each), default=0)) for one in each if i < len(one)
        ]
        return turns[:MOST_POINTS]

    def _elements(self, word: int) -> list[int] | int:
        """Return the words of a list's elements; any other word as it is."""
        if word >> TAG != LIST:
            return word
        start, count = (word & DATA) >> 16, word & 0xFFFF
        return list(self.bank.desk.heap.memory[start : start + count])


def _is_plain(type: Type) -> bool:
    return isinstance(type, TypeConstructor) and type.name in PLAIN


def _undone(how: int, goal: list[int], values: list[int]) -> list[int] | None:
    """Return what is left of a goal when values are taken off by an inverse."""
    found = [INVERSES[how](z, x) for z, x in zip(goal, values, strict=True)]
    return None if None in found else found  # type: ignore[return-value]
