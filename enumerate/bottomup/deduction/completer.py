"""Completing goals on boards: which programs, or operations on programs, give what is wanted.

See :mod:`.replay`, whose kernels this hands the right programs and operations, and :mod:`.agenda`,
which has the goals.
"""

from __future__ import annotations

from collections.abc import Callable
from itertools import product
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from ....dsl import BOOL, INT, Term, apply
from ...native.memory.word_layout import ERROR, TRUE
from ..analysis.operator_properties import OperatorProperties
from ..bank import bank_layout
from ..bank.bank import Bank
from ..ground_grammar import Rule
from ..intervals import EXACT, LARGER, SMALLER
from .condition_cover import cover
from .filter_spec import compare
from .inverse_lookup import ANY, LEAST_TOLD, PAIRS, complete, pair, undo_each
from .value_matrix import COMPARED, Candidates, ValueMatrix

__all__ = ["EACH_CALL", "Completer", "Operation", "Proposal"]

Words = NDArray[np.int64]

EACH_CALL = 4_000
"""The effort of looking at anything at all."""
PEELED = 24
"""Programs that are taken off the goal before it is completed, the cheapest."""
AT_ONCE = 32
"""Programs of these between two looks at the clock."""
KEPT = 20
"""Proposals of one board, the cheapest."""
CONDITIONS = 8
"""Conditions with which one branch of a choice is looked for, the cheapest."""
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


Shape = int | tuple[Any, ...]
"""A row of a board, or a rule and the shapes of its arguments."""


class Operation(NamedTuple):
    """A rule whose production has an inverse, see :class:`.operator_properties.Inverse`."""

    rule: int
    cost: int
    how: int
    known: int

    def around(self, known: Shape, other: Shape) -> Shape:
        """Return the operation on what is known and what its inverse gives."""
        return (self.rule, *((known, other) if self.known == 0 else (other, known)))


class Operations(NamedTuple):
    """The rules of a state that the algebra knows: numbers in the table of rules, and costs."""

    inverses: list[Operation]
    choices: list[tuple[int, int]]

    @property
    def pairs(self) -> list[Operation]:
        """One inverse of each operation that has such as give one value for one."""
        exact = [one for one in self.inverses if one.how <= EXACT]
        return list({one.rule: one for one in reversed(exact)}.values())


class Completer:
    """Completes goals of any state of a bank.

    Args:
        bank: its programs are used.
        algebra: of its language.
        is_late: says that the time is up; then what has been found is returned.

    Attributes:
        effort: spent so far: values of programs at points.
    """

    def __init__(
        self, bank: Bank, algebra: OperatorProperties, is_late: Callable[[], bool]
    ) -> None:
        self.bank = bank
        self.algebra = algebra
        self.is_late = is_late
        self.effort = 0
        self._members: dict[tuple[int, int], Candidates] = {}

    def forget(self) -> None:
        """Note that the bank has grown."""
        self._members.clear()

    @property
    def bytes(self) -> int:
        """How much memory the rows of boards take, as long as the bank has not grown."""
        return sum(part.nbytes for one in self._members.values() for part in one)

    def deepest(self, number: int) -> int:
        """Return the largest cost that a state has programs of."""
        levels = np.flatnonzero(self.bank.count[number])
        return int(levels[-1]) if len(levels) else 0

    def _of_state(self, number: int, limit: int) -> Candidates:
        """Return the programs for boards of a state, of at most a cost."""
        key = number, limit
        if key not in self._members:
            state = self.bank.space.states[number]
            self._members[key] = Candidates.of(self.bank, state.type, state.scope, limit)
        return self._members[key]

    def operations(self, number: int) -> Operations:
        """Return the rules of a state that the algebra knows."""
        found = Operations([], [])
        if number not in self.bank.register.known:
            return found
        state = self.bank.space.states[number]
        first = self.bank.register.first_rule(number)
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
            low, high: int64[p], the :mod:`.intervals` of what is wanted at each.
            limit: the largest cost of a program that is used.
            most: the largest cost wanted.
        """
        members = self._of_state(number, limit)
        if len(members.nodes) == 0:
            return []
        board = ValueMatrix.of(self.bank, members, points)
        operations = self.operations(number)
        found = self._made(board, low, high, operations, most)
        for one in operations.inverses:
            if one.known == 0 and one.how in (SMALLER, LARGER) and not self.is_late():
                rows = self._cover(board, low, high, one.how, one.cost, most)
                found += [(total, (one.rule, x, y)) for total, _, x, y in rows]
        for rule, cost in operations.choices:
            if self.is_late():
                break
            rows = self._cover(board, low, high, -1, cost, most)
            found += [(total, (rule, c, x, y)) for total, c, x, y in rows]
            found += self._one_branch(board, low, high, operations, (rule, cost), most)
        if self.bank.space.states[number].type is BOOL and not self.is_late():
            found += self._by_comparing(number, board, low, most)
        found.sort(key=lambda one: one[0])
        depth = len(self.bank.space.states[number].scope)
        return [
            Proposal(cost, lambda shape=shape: self._term(shape, members.nodes, depth))  # type: ignore[misc]
            for cost, shape in found[:KEPT]
        ]

    def _made(
        self, board: ValueMatrix, low: Words, high: Words, operations: Operations, most: int
    ) -> list[tuple[int, Shape]]:
        """Return what meets a goal: rows, pairs of them, and both around what is left of it."""
        usable = np.flatnonzero(board.kinds == 1)
        cheapest = usable[np.argsort(board.costs[usable], kind="stable")[:PEELED]].tolist()
        taken = [(one, x) for x in cheapest for one in operations.inverses]
        peels = [(-1, 0, 0), *((o.how, x, o.cost + int(board.costs[x])) for o, x in taken)]
        rests = np.zeros(len(peels), np.uint8)
        room = np.empty((1 << 10, 5), np.int64)
        pairs = operations.pairs
        count = 0
        for start in range(0, len(peels), AT_ONCE):
            if self.is_late():
                break
            found_before = count
            count += complete(
                board.values,
                board.kinds,
                board.costs,
                board.every,
                low,
                high,
                np.array(peels[start : start + AT_ONCE], np.int64),
                _as_rows(pairs),
                most,
                room[count:],
                rests[start:],
            )
            room[found_before:count, 1] += start
        # Each rest is compared with the rows; where it tells all, they are paired as well.
        self.effort += len(board.values) * (len(peels) + 2 * len(pairs) * PEELED * 2)

        def around(k: int, shape: Shape) -> Shape:
            if k == 0:
                return shape
            one, known = taken[k - 1]
            return one.around(known, shape)

        found: list[tuple[int, Shape]] = [
            (total, around(k, y if o < 0 else pairs[o].around(x, y)))
            for total, k, o, x, y in room[:count].tolist()
        ]
        for k in np.flatnonzero(rests).tolist():
            if self.is_late():
                break
            left = low.copy(), high.copy()
            how, known, cost = peels[k]
            if k > 0:
                undo_each(how, low, high, board.values[known], *left)
            for total, shape in self._pairs(board, *left, pairs, most - cost):
                found.append((cost + total, around(k, shape)))
        return found

    def _pairs(
        self, board: ValueMatrix, low: Words, high: Words, pairs: list[Operation], most: int
    ) -> list[tuple[int, Shape]]:
        """Return the pairs of rows that meet a goal, looked up by the points that it tells."""
        told = np.flatnonzero(low == high)
        if not pairs or len(told) < min(LEAST_TOLD, len(low)):
            return []
        self.effort += 4 * len(board.values) * len(pairs)
        rows = np.empty((PAIRS, 4), np.int64)
        table = board.table(told)
        count = pair(
            board.values,
            board.kinds,
            board.costs,
            table,
            told,
            low,
            high,
            _as_rows(pairs),
            most,
            rows,
        )
        return [(total, pairs[o].around(x, y)) for total, o, x, y in rows[:count].tolist()]

    def _one_branch(
        self,
        board: ValueMatrix,
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
            if self.is_late():
                break
            where = (values[condition] == TRUE) == holds
            self.effort += len(values)
            fit = np.flatnonzero(right[:, where].all(axis=1))
            if not 0 < where.sum() < len(low) or len(fit) == 0:
                continue
            row = int(fit[costs[fit].argmin()])
            cost = choice[1] + int(costs[condition] + costs[row])
            left = np.where(where, -ANY, low), np.where(where, ANY, high)
            for total, shape in self._pairs(board, *left, operations.pairs, most - cost):
                branches = (row, shape) if holds else (shape, row)
                found.append((cost + total, (choice[0], condition, *branches)))
        return found

    def _cover(
        self, board: ValueMatrix, low: Words, high: Words, how: int, cost: int, most: int
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
        board: ValueMatrix,
        goal: Words,
        most: int,
    ) -> list[tuple[int, Shape]]:
        """Return tests of one or two integers, of which one is among the cheapest."""
        bank = self.bank
        first = bank.register.first_rule(number)
        tests = []
        for i, rule in enumerate(bank.space.states[number].rules or [], first):
            types = [bank.space.states[slot[0]].type for slot in rule.slots]
            binds = any(slot[2] for slot in rule.slots)
            if (
                types in ([INT], [INT, INT])
                and not binds
                and bank.register.rules[i][bank_layout.IS_SHORT]
            ):
                tests.append(
                    (i, rule.cost, int(bank.register.rules[i][bank_layout.AT]), len(types))
                )
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
        return apply(self.bank.register.head_of(rule), *arguments)


def _as_rows(pairs: list[Operation]) -> Words:
    """Return operations as :func:`.inverse_lookup.pair` takes them."""
    return np.array([(one.how, one.cost) for one in pairs], np.int64).reshape(-1, 2)
