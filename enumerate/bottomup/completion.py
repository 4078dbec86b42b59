"""Completing goals on boards: which programs, or operations on programs, give what is wanted.

See :mod:`.boards`, whose kernels this hands the right programs and operations, and :mod:`.goals`,
which has the goals.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from itertools import product
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from ...dsl.terms import Term, apply
from ...dsl.types import BOOL, INT, Type, TypeConstructor
from ..native.layout import ERROR, TRUE
from . import record
from .algebra import Algebra
from .bank import Bank
from .boards import ANY, index_points, index_rows, pair, undo_each, within
from .bounds import EXACT, LARGER, SMALLER
from .covering import cover
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
PAIRS = 1 << 9
"""Pairs that are noted for one goal."""
LEAST_TOLD = 3
"""Points that a goal has to tell all about, or there are too many pairs that meet it."""
CONDITIONS = 8
"""Conditions with which one branch of a choice is looked for, the cheapest."""
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
    choices: list[tuple[int, int]]

    @property
    def pairs(self) -> list[Operation]:
        """One inverse of each operation that has such as give one value for one."""
        exact = [one for one in self.inverses if one.how <= EXACT]
        return list({one.rule: one for one in reversed(exact)}.values())


class _Members(NamedTuple):
    """The programs for the boards of one state."""

    nodes: Words
    row: Words
    kinds: NDArray[np.uint8]
    costs: Words


class _Board:
    """The values of programs at points.

    Attributes:
        values: int64[n, p], words.
        kinds: uint8[n], see :func:`.boards.index_rows`.
        costs: int64[n].
    """

    def __init__(self, values: Words, kinds: NDArray[np.uint8], costs: Words) -> None:
        self.values = values
        self.kinds = kinds
        self.costs = costs
        self._size = 1 << (2 * len(values) + 1).bit_length()
        every = np.empty(self._size, np.int32)
        index_rows(values, kinds, costs, every)
        self._tables = {np.arange(values.shape[1]).tobytes(): every}

    @classmethod
    def of(cls, bank: Bank, members: _Members, points: Words) -> _Board:
        """Run programs at points."""
        values = np.empty((len(members.nodes), len(points)), np.int64)
        bank.replay(members.nodes, members.row, points, values)
        return cls(values, members.kinds.copy(), members.costs)

    def table(self, points: Words) -> NDArray[np.int32]:
        """Return the hash table of the rows by their values at some points."""
        key = points.tobytes()
        if key not in self._tables:
            self._tables[key] = np.empty(self._size, np.int32)
            index_points(self.values, self.kinds, points, self._tables[key])
        return self._tables[key]


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
        found = Operations([], [])
        if number not in self.bank.known:
            return found
        state = self.bank.space.states[number]
        first = self.bank.first_rule(number)
        rules: list[Rule] = state.rules or []
        for i, rule in enumerate(rules, first):
            if rule.production in self.algebra.choices:
                found.choices.append((i, rule.cost))
            elif state.type is INT:
                found.inverses.extend(
                    Operation(i, rule.cost, inverse.how, inverse.known)
                    for inverse in self.algebra.inverses
                    if inverse.production == rule.production
                )
        return found

    # ---- goals ----------------------------------------------------------------------------------

    def complete(
        self, number: int, points: Words, low: Words, high: Words, limit: int, most: int
    ) -> list[Proposal]:
        """Return the cheapest programs of a state that meet a goal at points.

        Their terms stand as deep within the inputs as the state's scope says.

        Args:
            number: of the state.
            points: int64[p, 2], examples and environments.
            low, high: int64[p], the :mod:`.bounds` of what is wanted at each.
            limit: the largest cost of a program that is used.
            most: the largest cost wanted.
        """
        members = self._of_state(number, limit)
        if len(members.nodes) == 0:
            return []
        board = _Board.of(self.bank, members, points)
        operations = self.operations(number)
        found = self._made(board, low, high, operations, most)
        for one, x in self._first(board, operations.inverses):
            left = np.empty_like(low), np.empty_like(high)
            cost = one.cost + int(board.costs[x])
            if cost >= most or not undo_each(one.how, low, high, board.values[x], *left):
                continue
            if (left[0] == low).all() and (left[1] == high).all():
                continue
            for total, shape in self._made(board, *left, operations, most - cost):
                inner = (x, shape) if one.known == 0 else (shape, x)
                found.append((cost + total, (one.rule, *inner)))
        for one in operations.inverses:
            if one.known == 0 and one.how in (SMALLER, LARGER):
                rows = self._cover(board, low, high, one.how, one.cost, most)
                found += [(total, (one.rule, x, y)) for total, _, x, y in rows]
        for rule, cost in operations.choices:
            rows = self._cover(board, low, high, -1, cost, most)
            found += [(total, (rule, c, x, y)) for total, c, x, y in rows]
            found += self._one_branch(board, low, high, operations, (rule, cost), most)
        if self.bank.space.states[number].type is BOOL:
            found += self._by_comparing(number, board, low, most)
        found.sort(key=lambda one: one[0])
        depth = len(self.bank.space.states[number].scope)
        return [
            Proposal(cost, lambda shape=shape: self._term(shape, members.nodes, depth))  # type: ignore[misc]
            for cost, shape in found[:KEPT]
        ]

    def _first(self, board: _Board, inverses: list[Operation]) -> Iterator[tuple[Operation, int]]:
        """Yield what may be taken off a goal: operations, with the cheapest rows as known."""
        usable = np.flatnonzero(board.kinds == 1)
        cheapest = usable[np.argsort(board.costs[usable], kind="stable")[:PEELED]]
        return ((one, x) for x in cheapest.tolist() for one in inverses)

    def _made(
        self, board: _Board, low: Words, high: Words, operations: Operations, most: int
    ) -> list[tuple[int, Shape]]:
        """Return the rows that meet a goal, and the pairs of rows of which operations make it."""
        room = np.empty((KEPT, 2), np.int64)
        self.effort += len(board.values)
        count = within(board.values, board.kinds, board.costs, low, high, most, room)
        found: list[tuple[int, Shape]] = [(cost, row) for cost, row in room[:count].tolist()]
        told = np.flatnonzero(low == high)
        pairs = operations.pairs
        if not pairs or (len(told) < len(low) and len(told) < LEAST_TOLD):
            return found
        self.effort += 2 * len(board.values) * len(pairs)
        rows = np.empty((PAIRS, 4), np.int64)
        count = pair(
            board.values,
            board.kinds,
            board.costs,
            board.table(told),
            told,
            low,
            high,
            np.array([(one.how, one.cost) for one in pairs], np.int64),
            most,
            rows,
        )
        for total, o, x, y in rows[:count].tolist():
            found.append((total, (pairs[o].rule, *((x, y) if pairs[o].known == 0 else (y, x)))))
        return found

    def _one_branch(
        self,
        board: _Board,
        low: Words,
        high: Words,
        operations: Operations,
        choice: tuple[int, int],
        most: int,
    ) -> list[tuple[int, Shape]]:
        """Return choices of which one branch is a row, the other made of two."""
        values, costs = board.values, board.costs
        right = (values >= low) & (values <= high)
        right[(board.kinds != 1) & (board.kinds != 3)] = False
        conditions: dict[bytes, int] = {}
        rows = np.flatnonzero(board.kinds == 2)
        for row in rows[np.argsort(costs[rows], kind="stable")].tolist():
            if (values[row] != ERROR).all():
                conditions.setdefault(values[row].tobytes(), row)
            if len(conditions) == CONDITIONS:
                break
        found: list[tuple[int, Shape]] = []
        for condition, holds in product(conditions.values(), (True, False)):
            where = (values[condition] == TRUE) == holds
            self.effort += len(values)
            fit = np.flatnonzero(right[:, where].all(axis=1))
            if not 0 < where.sum() < len(low) or len(fit) == 0:
                continue
            row = int(fit[costs[fit].argmin()])
            cost = choice[1] + int(costs[condition] + costs[row])
            left = np.where(where, -ANY, low), np.where(where, ANY, high)
            for total, shape in self._made(board, *left, operations, most - cost):
                branches = (row, shape) if holds else (shape, row)
                found.append((cost + total, (choice[0], condition, *branches)))
        return found

    def _cover(
        self, board: _Board, low: Words, high: Words, how: int, cost: int, most: int
    ) -> list[list[int]]:
        self.effort += board.values.size
        sets = np.empty((SETS, 3), np.int64)
        room = np.empty((SETS, 4), np.int64)
        count = cover(
            board.values, board.kinds, board.costs, low, high, how, cost, most, sets, room
        )
        return room[:count].tolist()  # type: ignore[no-any-return]

    def _by_comparing(
        self,
        number: int,
        board: _Board,
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
        integers = np.flatnonzero(board.kinds == COMPARED)
        integers = integers[np.argsort(board.costs[integers], kind="stable")]
        if not tests or len(integers) == 0:
            return []
        room = np.empty((1 << 8, 4), np.int64)
        self.effort += board.values.size + 4 * len(tests) * len(integers) * min(
            COMPARED_WITH, len(integers)
        )
        count = compare(
            bank.desk.heap.address,
            board.values,
            board.costs,
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
