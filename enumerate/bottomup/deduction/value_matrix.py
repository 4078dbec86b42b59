"""Candidates of deduction, and the matrix of their values (rows) at a goal's points (columns)."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from ....dsl import BOOL, BUILT_IN, INT, Type, TypeConstructor
from ...native.memory.word_layout import WORD_TYPES
from ..bank.bank import Bank
from ..ground_grammar import CLOSED
from .inverse_lookup import index_points, index_rows
from .row_kinds import COMPARED, CONDITION, OPERAND, VALUE

__all__ = ["Candidates", "ValueMatrix", "is_immediate"]

Words = NDArray[np.int64]

_ATOMS = frozenset(name for name, arity in BUILT_IN.items() if arity == 0)
IMMEDIATE = (_ATOMS & WORD_TYPES) - {"real"}
"""Types of a value matrix: their values are equal where their words are, before any interning."""

MOST_CANDIDATES = 40_000
"""Programs in one value matrix."""


def is_immediate(type: Type) -> bool:
    """Say whether values of a type are equal where their words are."""
    return isinstance(type, TypeConstructor) and type.name in IMMEDIATE


class Candidates(NamedTuple):
    """Programs that make the rows of value matrices.

    Attributes:
        nodes: int64[n], in the order in which they were kept.
        row: int64[kept], the row of each node; -1 if it has none.
        kinds: uint8[n], :mod:`.row_kinds`.
        costs: int64[n].
    """

    nodes: Words
    row: Words
    kinds: NDArray[np.uint8]
    costs: Words

    @classmethod
    def of(cls, bank: Bank, wanted: Type, scope: tuple[Type, ...], limit: int) -> Candidates:
        """Gather the programs of a scope, and closed ones, that may help to meet a goal.

        Args:
            bank: it is not to grow while they are used.
            wanted: the type of the goal.
            scope: types of the lambda-bound variables.
            limit: the largest cost of a program.
        """
        nodes, kinds, costs = [], [], []
        for number in sorted(bank.rule_tables.known):
            state = bank.ground.states[number]
            if state.scope is CLOSED:
                # What is compared for a truth value are integers.
                fits = state.type in (wanted, BOOL) or (wanted is BOOL and state.type is INT)
            else:
                fits = state.scope == scope and is_immediate(state.type)
            if not fits:
                continue
            kind = (
                VALUE
                if state.type is wanted
                else CONDITION
                if state.type is BOOL
                else COMPARED
                if state.type is INT
                else OPERAND
            )
            for level in np.flatnonzero(bank.count[number, : limit + 1]):
                first, count = int(bank.first[number, level]), int(bank.count[number, level])
                nodes.append(np.arange(first, first + count))
                kinds.append(np.full(count, kind, np.uint8))
                costs.append(np.full(count, level, np.int64))
        row = np.full(bank.kept, -1, np.int64)
        if not nodes:
            empty = np.zeros(0, np.int64)
            return cls(empty, row, empty.astype(np.uint8), empty)
        all_nodes, all_kinds = np.concatenate(nodes), np.concatenate(kinds)
        all_costs = np.concatenate(costs)
        if len(all_nodes) > MOST_CANDIDATES:
            # By whole levels, so that whatever a program is made of stays with it.
            chosen = all_costs < np.sort(all_costs)[MOST_CANDIDATES]
            all_nodes, all_kinds, all_costs = (
                part[chosen] for part in (all_nodes, all_kinds, all_costs)
            )
        order = np.argsort(all_nodes)
        all_nodes = np.ascontiguousarray(all_nodes[order], np.int64)
        row[all_nodes] = np.arange(len(all_nodes))
        return cls(all_nodes, row, all_kinds[order], all_costs[order])


class ValueMatrix:
    """The values of programs at points.

    Attributes:
        values: int64[n, p], words.
        kinds: uint8[n], see :func:`.inverse_lookup.index_rows`.
        costs: int64[n].
        every: the hash table of the rows by all their values.
    """

    def __init__(self, values: Words, kinds: NDArray[np.uint8], costs: Words) -> None:
        self.values = values
        self.kinds = kinds
        self.costs = costs
        self._size = 1 << (2 * len(values) + 1).bit_length()
        self.every = np.empty(self._size, np.int32)
        index_rows(values, kinds, costs, self.every)
        self._tables = {np.arange(values.shape[1]).tobytes(): self.every}

    @classmethod
    def of(cls, bank: Bank, candidates: Candidates, points: Words) -> ValueMatrix:
        """Run programs at points."""
        values = np.empty((len(candidates.nodes), len(points)), np.int64)
        bank.replay(candidates.nodes, candidates.row, points, values)
        return cls(values, candidates.kinds.copy(), candidates.costs)

    def table(self, points: Words) -> NDArray[np.int32]:
        """Return the hash table of the rows by their values at some points."""
        key = points.tobytes()
        if key not in self._tables:
            self._tables[key] = np.empty(self._size, np.int32)
            index_points(self.values, self.kinds, points, self._tables[key])
        return self._tables[key]
