"""Completing goals on boards: which programs, or operations on programs, give what is wanted.

See :mod:`.boards`, whose kernels this hands the right programs and operations, and :mod:`.goals`,
which has the goals.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from ...dsl.terms import Term, apply
from ...dsl.types import BOOL, INT, Type, TypeConstructor
from . import record
from .algebra import Algebra
from .bank import Bank
from .boards import complete, cover, index_rows
from .selection import compare
from .space import CLOSED, Rule

__all__ = ["EACH_CALL", "Completer", "Operation", "Proposal", "is_plain"]

Words = NDArray[np.int64]

PLAIN = frozenset({"int", "bool", "char"})
"""Types of goals on a board: their values are equal where their words are."""

EACH_CALL = 4_000
"""The effort of looking at anything at all."""
MOST_MEMBERS = 40_000
"""Programs on one board."""
PEELED = 24
"""Programs that are taken off the goal before it is completed, the cheapest."""
KEPT = 20
"""Proposals of one board, the cheapest."""
COMPARED = 5
"""The kind of rows that are integers, on the board of a truth value."""
COMPARED_WITH = 24
"""Integers that every other one is compared with, the cheapest."""
SETS = 512
"""Distinct sets of points, half of them for values, half for conditions."""


class Proposal(NamedTuple):
    """A program that fits as far as its board shows.

    Attributes:
        cost: in units.
        build: makes the term; where it stands, see :class:`Completer`.
    """

    cost: int
    build: Callable[[], Term]


class Operation(NamedTuple):
    """A rule whose production has an inverse, see :class:`.algebra.Inverse`."""

    rule: int
    cost: int
    how: int
    known: int


class Operations(NamedTuple):
    """The rules of a state that the algebra knows: numbers in the table of rules, and costs."""

    inverses: list[Operation]
    selective: list[tuple[int, int]]
    choices: list[tuple[int, int]]


class _Members(NamedTuple):
    """The programs for the boards of one state."""

    nodes: Words
    row: Words
    kinds: NDArray[np.uint8]
    costs: Words


Shape = int | tuple[Any, ...]
"""A row of a board, or a rule and the shapes of its arguments."""


class Completer:
    """Completes goals of any state of a bank.

    Attributes:
        effort: spent so far: values of programs at points.
    """

    def __init__(self, bank: Bank, algebra: Algebra) -> None:
        self.bank = bank
        self.algebra = algebra
        self.effort = 0
        self._members: dict[tuple[int, int], _Members] = {}

    def forget(self) -> None:
        """Note that the bank has grown."""
        self._members.clear()

    # ---- programs -------------------------------------------------------------------------------

    def deepest(self, number: int) -> int:
        """Return the largest cost that a state has programs of."""
        levels = np.flatnonzero(self.bank.count[number])
        return int(levels[-1]) if len(levels) else 0

    def _of_state(self, number: int, limit: int) -> _Members:
        """Return the programs for boards of a state, of at most a cost."""
        key = number, limit
        if key not in self._members:
            state = self.bank.space.states[number]
            self._members[key] = self._gather(state.type, state.scope, limit)
        return self._members[key]

    def _gather(self, wanted: Type, scope: tuple[Type, ...], limit: int) -> _Members:
        bank = self.bank
        nodes, kinds, costs = [], [], []
        for number in sorted(bank.known):
            state = bank.space.states[number]
            if state.scope is CLOSED:
                # What is compared for a truth value are integers.
                fits = state.type in (wanted, BOOL) or (wanted is BOOL and state.type is INT)
            else:
                fits = state.scope == scope and is_plain(state.type)
            if not fits:
                continue
            kind = (
                1
                if state.type is wanted
                else 2
                if state.type is BOOL
                else COMPARED
                if state.type is INT
                else 4
            )
            for level in np.flatnonzero(bank.count[number, : limit + 1]):
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
            chosen = all_costs < np.sort(all_costs)[MOST_MEMBERS]
            all_nodes, all_kinds, all_costs = (
                part[chosen] for part in (all_nodes, all_kinds, all_costs)
            )
        order = np.argsort(all_nodes)
        all_nodes = np.ascontiguousarray(all_nodes[order], np.int64)
        row[all_nodes] = np.arange(len(all_nodes))
        return _Members(all_nodes, row, all_kinds[order], all_costs[order])

    def operations(self, number: int) -> Operations:
        """Return the rules of a state that the algebra knows."""
        found = Operations([], [], [])
        if number not in self.bank.known:
            return found
        state = self.bank.space.states[number]
        first = self.bank.first_rule(number)
        rules: list[Rule] = state.rules or []
        for i, rule in enumerate(rules, first):
            if rule.production in self.algebra.choices:
                found.choices.append((i, rule.cost))
            elif state.type is INT:
                if rule.production in self.algebra.selective:
                    found.selective.append((i, rule.cost))
                found.inverses.extend(
                    Operation(i, rule.cost, inverse.how, inverse.known)
                    for inverse in self.algebra.inverses
                    if inverse.production == rule.production
                )
        return found

    # ---- goals ----------------------------------------------------------------------------------

    def complete(
        self, number: int, points: Words, goal: Words, limit: int, most: int
    ) -> list[Proposal]:
        """Return the cheapest programs of a state that meet a goal at points.

        Their terms stand as deep within the inputs as the state's scope says.

        Args:
            number: of the state.
            points: int64[p, 2], examples and environments.
            goal: int64[p], words.
            limit: the largest cost of a program that is used.
            most: the largest cost wanted.
        """
        members = self._of_state(number, limit)
        count = len(members.nodes)
        if count == 0:
            return []
        board = np.empty((count, len(points)), np.int64)
        self.bank.replay(members.nodes, members.row, points, board)
        kinds = members.kinds.copy()
        table = np.empty(1 << (2 * count + 1).bit_length(), np.int32)
        index_rows(board, kinds, members.costs, table)
        operations = self.operations(number)
        found = self._by_inverses(board, kinds, members, table, goal, operations, most)
        for rule, cost in operations.selective:
            at = int(self.bank.rule(rule)[record.AT])
            rows = self._cover(board, kinds, members, goal, at, cost, most)
            found += [(total, (rule, x, y)) for total, _, x, y in rows]
        for rule, cost in operations.choices:
            rows = self._cover(board, kinds, members, goal, 0, cost, most)
            found += [(total, (rule, c, x, y)) for total, c, x, y in rows]
        if self.bank.space.states[number].type is BOOL:
            found += self._by_comparing(number, board, kinds, members, goal, most)
        found.sort(key=lambda one: one[0])
        depth = len(self.bank.space.states[number].scope)
        return [
            Proposal(cost, lambda shape=shape: self._term(shape, members.nodes, depth))  # type: ignore[misc]
            for cost, shape in found[:KEPT]
        ]

    def _by_inverses(
        self,
        board: Words,
        kinds: NDArray[np.uint8],
        members: _Members,
        table: NDArray[np.int32],
        goal: Words,
        operations: Operations,
        most: int,
    ) -> list[tuple[int, Shape]]:
        costs = members.costs
        # Every row is tried as the known argument, so one side's inverse is enough for pairs.
        pairs = [one for one in operations.inverses if one.known == 0]
        usable = np.flatnonzero(kinds == 1)
        first = usable[np.argsort(costs[usable], kind="stable")[:PEELED]].tolist()
        peels = [(one, x) for x in first for one in operations.inverses]
        self.effort += board.size * (2 + len(pairs)) + len(board) * len(pairs) * len(peels) * 2
        room = np.empty((1 << 10, 5), np.int64)
        count = complete(
            board,
            kinds,
            costs,
            table,
            goal,
            np.array([(one.how, one.cost) for one in pairs], np.int64).reshape(-1, 2),
            np.array([(o.how, x, o.cost + costs[x]) for o, x in peels], np.int64).reshape(-1, 3),
            most,
            room,
        )
        found = []
        for total, k, o, x, y in room[:count].tolist():
            shape: Shape = y if o < 0 else (pairs[o].rule, x, y)
            if k >= 0:
                operation, row = peels[k]
                inner = (row, shape) if operation.known == 0 else (shape, row)
                shape = (operation.rule, *inner)
            found.append((total, shape))
        return found

    def _cover(
        self,
        board: Words,
        kinds: NDArray[np.uint8],
        members: _Members,
        goal: Words,
        at: int,
        cost: int,
        most: int,
    ) -> list[list[int]]:
        self.effort += board.size
        sets = np.empty((SETS, 3), np.int64)
        room = np.empty((SETS, 4), np.int64)
        address = self.bank.desk.heap.address
        count = cover(address, board, kinds, members.costs, goal, at, cost, most, sets, room)
        return room[:count].tolist()  # type: ignore[no-any-return]

    def _by_comparing(
        self,
        number: int,
        board: Words,
        kinds: NDArray[np.uint8],
        members: _Members,
        goal: Words,
        most: int,
    ) -> list[tuple[int, Shape]]:
        """Return tests of one or two integers, of which one is among the cheapest."""
        bank = self.bank
        first = bank.first_rule(number)
        tests = []
        for i, rule in enumerate(bank.space.states[number].rules or [], first):
            types = [bank.space.states[slot[0]].type for slot in rule.slots]
            binds = any(slot[2] for slot in rule.slots)
            if types in ([INT], [INT, INT]) and not binds and bank.rule(i)[record.IS_SHORT]:
                tests.append((i, rule.cost, int(bank.rule(i)[record.AT]), len(types)))
        integers = np.flatnonzero(kinds == COMPARED)
        integers = integers[np.argsort(members.costs[integers], kind="stable")]
        if not tests or len(integers) == 0:
            return []
        room = np.empty((1 << 8, 4), np.int64)
        self.effort += board.size + 4 * len(tests) * len(integers) * min(
            COMPARED_WITH, len(integers)
        )
        count = compare(
            bank.desk.heap.address,
            board,
            members.costs,
            integers,
            min(COMPARED_WITH, len(integers)),
            goal,
            np.array([test[1:] for test in tests], np.int64),
            most,
            room,
        )
        return [
            (total, (tests[t][0], x) if y < 0 else (tests[t][0], x, y))
            for total, t, x, y in room[:count].tolist()
        ]

    def _term(self, shape: Shape, nodes: Words, depth: int) -> Term:
        """Return the term of a shape, ``depth`` lambdas within the inputs."""
        if isinstance(shape, int):
            return self.bank.term_at(int(nodes[shape]), depth)
        rule, *inner = shape
        arguments = [self._term(one, nodes, depth) for one in inner]
        return apply(self.bank.head_of(rule), *arguments)


def is_plain(type: Type) -> bool:
    """Say whether values of a type are equal where their words are."""
    return isinstance(type, TypeConstructor) and type.name in PLAIN
