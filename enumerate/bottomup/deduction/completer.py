"""Completes a goal at points: candidates, operations on two of them, and choices among them.

The goal is an interval at each point, see :mod:`.intervals`; the points are the examples, or what
the function of a call is called with. This hands the candidates and operations of a state to the
kernels, and turns what they find into proposals: :mod:`.inverse_lookup` for values and pairs,
:mod:`.condition_cover` for choices, :mod:`.filter_spec` for comparisons. The goals come from
:mod:`.agenda`.
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
from .inverse_lookup import ANY, LEAST_DETERMINED, PAIRS, complete, pair, undo_each
from .row_kinds import COMPARED, CONDITION, PARTIAL, VALUE
from .value_matrix import Candidates, ValueMatrix

__all__ = ["EACH_CALL", "Completer", "Operation", "Proposal"]

Words = NDArray[np.int64]

EACH_CALL = 4_000
"""The effort of looking at anything at all."""
PEELED = 24
"""Known operands of operations that are peeled off the goal, the cheapest."""
AT_ONCE = 32
"""Programs of these between two looks at the clock."""
KEPT = 20
"""Proposals of one matrix, the cheapest."""
CONDITIONS = 8
"""Conditions with which one branch of a choice is looked for, the cheapest."""
COMPARED_WITH = 24
"""Integers that every other one is compared with, the cheapest."""
SETS = 512
"""Distinct sets of points, half of them for values, half for conditions."""


class Proposal(NamedTuple):
    """A program that meets a goal at its points.

    Attributes:
        cost: in units.
        build: makes the term; where it stands, see :class:`Completer`.
    """

    cost: int
    build: Callable[[], Term]


Shape = int | tuple[Any, ...]
"""A row of a matrix, or a rule and the shapes of its arguments."""


class Operation(NamedTuple):
    """A rule whose production has an inverse, see :class:`.operator_properties.Inverse`."""

    rule: int
    cost: int
    kind: int
    known: int

    def around(self, known: Shape, other: Shape) -> Shape:
        """Return the operation on what is known and what its inverse gives."""
        return (self.rule, *((known, other) if self.known == 0 else (other, known)))


class Operations(NamedTuple):
    """The rules of a state that the properties knows: numbers in the table of rules, and costs."""

    inverses: list[Operation]
    choices: list[tuple[int, int]]

    @property
    def pairs(self) -> list[Operation]:
        """One inverse of each operation that has such as give one value for one."""
        exact = [one for one in self.inverses if one.kind <= EXACT]
        return list({one.rule: one for one in reversed(exact)}.values())


class Completer:
    """Completes goals of any state of a bank.

    Args:
        bank: its programs are used.
        properties: of its language.
        is_late: says that the time is up; then what has been found is returned.

    Attributes:
        effort: spent so far: values of programs at points.
    """

    def __init__(
        self, bank: Bank, properties: OperatorProperties, is_late: Callable[[], bool]
    ) -> None:
        self.bank = bank
        self.properties = properties
        self.is_late = is_late
        self.effort = 0
        self._candidates: dict[tuple[int, int], Candidates] = {}

    def forget(self) -> None:
        """Note that the bank has grown."""
        self._candidates.clear()

    @property
    def bytes(self) -> int:
        """How much memory the candidates take, as long as the bank has not grown."""
        return sum(part.nbytes for one in self._candidates.values() for part in one)

    def deepest(self, number: int) -> int:
        """Return the largest cost that a state has programs of."""
        levels = np.flatnonzero(self.bank.count[number])
        return int(levels[-1]) if len(levels) else 0

    def candidates_of(self, number: int, limit: int) -> Candidates:
        """Return the candidates for goals of a state, of at most a cost."""
        key = number, limit
        if key not in self._candidates:
            state = self.bank.ground.states[number]
            self._candidates[key] = Candidates.of(self.bank, state.type, state.scope, limit)
        return self._candidates[key]

    def operations(self, number: int) -> Operations:
        """Return the rules of a state that the properties knows."""
        found = Operations([], [])
        if number not in self.bank.rule_tables.known:
            return found
        state = self.bank.ground.states[number]
        first = self.bank.rule_tables.first_rule(number)
        rules: list[Rule] = state.rules or []
        for i, rule in enumerate(rules, first):
            if rule.production in self.properties.choices:
                found.choices.append((i, rule.cost))
            elif state.type is INT:
                found.inverses.extend(
                    Operation(i, rule.cost, inverse.kind, inverse.known)
                    for inverse in self.properties.inverses
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
        candidates = self.candidates_of(number, limit)
        if len(candidates.nodes) == 0:
            return []
        matrix = ValueMatrix.of(self.bank, candidates, points)
        operations = self.operations(number)
        found = self._made(matrix, low, high, operations, most)
        for one in operations.inverses:
            if one.known == 0 and one.kind in (SMALLER, LARGER) and not self.is_late():
                rows = self._cover(matrix, low, high, one.kind, one.cost, most)
                found += [(total, (one.rule, x, y)) for total, _, x, y in rows]
        for rule, cost in operations.choices:
            if self.is_late():
                break
            rows = self._cover(matrix, low, high, -1, cost, most)
            found += [(total, (rule, c, x, y)) for total, c, x, y in rows]
            found += self._one_branch(matrix, low, high, operations, (rule, cost), most)
        if self.bank.ground.states[number].type is BOOL and not self.is_late():
            found += self._by_comparing(number, matrix, low, most)
        found.sort(key=lambda one: one[0])
        depth = len(self.bank.ground.states[number].scope)
        return [
            Proposal(cost, lambda shape=shape: self._term(shape, candidates.nodes, depth))  # type: ignore[misc]
            for cost, shape in found[:KEPT]
        ]

    def _made(
        self, matrix: ValueMatrix, low: Words, high: Words, operations: Operations, most: int
    ) -> list[tuple[int, Shape]]:
        """Return what meets a goal: rows, operations on two, and either below one peeled."""
        usable = np.flatnonzero(matrix.kinds == VALUE)
        cheapest = usable[np.argsort(matrix.costs[usable], kind="stable")[:PEELED]].tolist()
        taken = [(one, x) for x in cheapest for one in operations.inverses]
        peels = [(-1, 0, 0), *((o.kind, x, o.cost + int(matrix.costs[x])) for o, x in taken)]
        rests = np.zeros(len(peels), np.uint8)
        room = np.empty((1 << 10, 5), np.int64)
        pairs = operations.pairs
        count = 0
        for start in range(0, len(peels), AT_ONCE):
            if self.is_late():
                break
            found_before = count
            count += complete(
                matrix.values,
                matrix.kinds,
                matrix.costs,
                matrix.every,
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
        self.effort += len(matrix.values) * (len(peels) + 2 * len(pairs) * PEELED * 2)

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
            inverse, known, cost = peels[k]
            if k > 0:
                undo_each(inverse, low, high, matrix.values[known], *left)
            for total, shape in self._pairs(matrix, *left, pairs, most - cost):
                found.append((cost + total, around(k, shape)))
        return found

    def _pairs(
        self, matrix: ValueMatrix, low: Words, high: Words, pairs: list[Operation], most: int
    ) -> list[tuple[int, Shape]]:
        """Return the pairs of rows that meet a goal, looked up by the points that it tells."""
        determined = np.flatnonzero(low == high)
        if not pairs or len(determined) < min(LEAST_DETERMINED, len(low)):
            return []
        self.effort += 4 * len(matrix.values) * len(pairs)
        rows = np.empty((PAIRS, 4), np.int64)
        table = matrix.table(determined)
        count = pair(
            matrix.values,
            matrix.kinds,
            matrix.costs,
            table,
            determined,
            low,
            high,
            _as_rows(pairs),
            most,
            rows,
        )
        return [(total, pairs[o].around(x, y)) for total, o, x, y in rows[:count].tolist()]

    def _one_branch(
        self,
        matrix: ValueMatrix,
        low: Words,
        high: Words,
        operations: Operations,
        choice: tuple[int, int],
        most: int,
    ) -> list[tuple[int, Shape]]:
        """Return choices of which one branch is a row, the other made of two."""
        values, costs = matrix.values, matrix.costs
        right = (values >= low) & (values <= high)
        right[(matrix.kinds != VALUE) & (matrix.kinds != PARTIAL)] = False
        conditions: dict[bytes, int] = {}
        rows = np.flatnonzero(matrix.kinds == CONDITION)
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
            for total, shape in self._pairs(matrix, *left, operations.pairs, most - cost):
                branches = (row, shape) if holds else (shape, row)
                found.append((cost + total, (choice[0], condition, *branches)))
        return found

    def _cover(
        self, matrix: ValueMatrix, low: Words, high: Words, inverse: int, cost: int, most: int
    ) -> list[list[int]]:
        self.effort += matrix.values.size
        sets = np.empty((SETS, 3), np.int64)
        room = np.empty((SETS, 4), np.int64)
        count = cover(
            matrix.values, matrix.kinds, matrix.costs, low, high, inverse, cost, most, sets, room
        )
        return room[:count].tolist()  # type: ignore[no-any-return]

    def _by_comparing(
        self,
        number: int,
        matrix: ValueMatrix,
        goal: Words,
        most: int,
    ) -> list[tuple[int, Shape]]:
        """Return tests of one or two integers, of which one is among the cheapest."""
        bank = self.bank
        first = bank.rule_tables.first_rule(number)
        tests = []
        for i, rule in enumerate(bank.ground.states[number].rules or [], first):
            types = [bank.ground.states[slot[0]].type for slot in rule.slots]
            binds = any(slot[2] for slot in rule.slots)
            if (
                types in ([INT], [INT, INT])
                and not binds
                and bank.rule_tables.rules[i][bank_layout.IS_DIRECT]
            ):
                tests.append(
                    (i, rule.cost, int(bank.rule_tables.rules[i][bank_layout.CALL]), len(types))
                )
        integers = np.flatnonzero(matrix.kinds == COMPARED)
        integers = integers[np.argsort(matrix.costs[integers], kind="stable")]
        if not tests or len(integers) == 0:
            return []
        room = np.empty((1 << 8, 4), np.int64)
        self.effort += matrix.values.size + 4 * len(tests) * len(integers) * min(
            COMPARED_WITH, len(integers)
        )
        count = compare(
            bank.context.heap.address,
            matrix.values,
            matrix.costs,
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
        return apply(self.bank.rule_tables.head_of(rule), *arguments)


def _as_rows(pairs: list[Operation]) -> Words:
    """Return operations as :func:`.inverse_lookup.pair` takes them."""
    return np.array([(one.kind, one.cost) for one in pairs], np.int64).reshape(-1, 2)
