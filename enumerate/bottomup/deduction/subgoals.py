"""Subgoals: what is left of a list goal when an invertible operation at its root is undone.

That is ``Reverse``, or an operation with something known on each element, as a map or a zip applies
it. Each subgoal is a :class:`.ListSpec` and a function that puts the operation around a solution.
It may be partial: where the known element is 0, a product says nothing of the other, and a zip
nothing of what lies behind the end of the known list. Top-down deduction by inverse semantics as in
Polozov and Gulwani 2015 (FlashMeta), to a depth of one.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from ....dsl import INT, Failure, Interpreter, Lambda, Term, TypeConstructor, Variable, apply
from ..analysis.probing import run_of
from ..bank import bank_layout
from ..bank.bank import LEVELS
from ..ground_grammar import CLOSED, Rule
from ..intervals import FREE, Bounds
from .bank_view import BankView
from .completer import EACH_CALL, Completer, Operation, Proposal
from .inverse_lookup import LEAST_DETERMINED, undo_each
from .list_spec import ListSpec
from .symbolic_trace import RESULT, Trace

__all__ = ["Goal", "Subgoals"]

Words = NDArray[np.int64]

MOST_KNOWN = 30
"""Known operands with which an operation is undone on each element of the goal, the cheapest."""


class Goal(NamedTuple):
    """A list to be found, and what has to be put around what meets it."""

    cost: int
    wanted: ListSpec
    around: Callable[[Term], Term]


class Subgoals:
    """The goals of one search, each a list.

    Args:
        view: of its bank.
        completer: whose effort counts what this takes.
        interpreter: undoes operations at the root of the goal.
        own: the task's own goal; None if it is no list.

    Attributes:
        goals: the task's own, then those found.
    """

    def __init__(
        self, view: BankView, completer: Completer, interpreter: Interpreter, own: ListSpec | None
    ) -> None:
        self.view = view
        self.bank = view.bank
        self.ground = view.ground
        self.library = view.library
        self.properties = completer.properties
        self.completer = completer
        self.goals: list[Goal] = []
        self._interpreter = interpreter
        self._known: set[tuple[bytes, ...]] = set()
        self._taken_off: set[tuple[int, int, int]] = set()
        self._looked_at: list[int] = []
        self._met: list[int] = []
        if own is not None:
            self._add(0, own, lambda term: term)

    def _add(self, cost: int, wanted: ListSpec, around: Callable[[Term], Term]) -> None:
        if wanted.key not in self._known:
            self._known.add(wanted.key)
            self.goals.append(Goal(cost, wanted, around))
            self._looked_at.append(0)
            self._met.append(LEVELS)

    @property
    def bytes(self) -> int:
        """How much memory the goals take."""
        return sum(one.wanted.low.nbytes + one.wanted.high.nbytes for one in self.goals)

    def find(self) -> None:
        """Add the subgoals of the task's own goal, by undoing operations at the root."""
        if not self.goals:
            return
        undone = dict(self.properties.wrappers)
        for number, rule in enumerate(self.view.rules(self.ground.root)):
            if rule.production in undone:
                self._unwrap(number, rule, undone[rule.production])
            elif self.view.is_traceable(rule):
                others = [slot[0] for slot in rule.slots if not slot[2]]
                body = self.ground.states[self.view.body(number)]
                if body.type is INT and len(body.scope) == len(others):
                    if len(others) == 1:
                        self._take_off(number, rule, self._closed_state(INT), 0)
                    elif len(others) == 2:
                        self._take_off(number, rule, others[1], 0)
                        self._take_off(number, rule, others[0], 1)

    def _closed_state(self, wanted: TypeConstructor) -> int:
        """Return the closed state of a type; -1 if there is none."""
        for number in sorted(self.bank.rule_tables.known):
            state = self.ground.states[number]
            if state.scope is CLOSED and state.type is wanted:
                return number
        return -1

    def _unwrap(self, number: int, rule: Rule, undone: int) -> None:
        if (number, 0, 0) in self._taken_off:
            return
        self._taken_off.add((number, 0, 0))
        heap = self.bank.context.heap
        run = run_of(self._interpreter, self.library.productions[undone].term)
        values = [run(example.output) for example in self.bank.context.task.examples]
        if not any(isinstance(value, Failure) for value in values):
            rows = [[heap.encode(v) for v in value] for value in values]
            head = self.view.head(rule)
            self._add(rule.cost, ListSpec.exactly(rows), lambda term: apply(head, term))

    def _take_off(self, number: int, rule: Rule, state: int, free: int) -> None:
        """Undo an operation with a known operand on each element: below a map, or a zip.

        Args:
            number, rule: of the root, a map or a zip.
            state: closed, of what is known: a number for a map, a list for a zip.
            free: the list that is still to be found, 0 or 1.
        """
        own = self.goals[0].wanted
        body = self.view.body(number)
        variables = [r.cost for r in self.view.rules(body) if r.variable >= 0]
        inverses = self.completer.operations(body).inverses
        lengths = [length for length, _ in own.lengths]
        for one in self.view.closed(state, MOST_KNOWN):
            if (number, free, one.node) in self._taken_off or not inverses:
                continue
            if self.completer.is_late():
                return
            self._taken_off.add((number, free, one.node))
            self.completer.effort += EACH_CALL
            values = [self.view.elements(word) for word in one.words]
            longer = self._goes_along(number, free, lengths, values)
            if longer is None:
                continue
            known = np.array(
                [
                    word
                    for value, length in zip(values, lengths, strict=True)
                    for word in (value[:length] if isinstance(value, list) else [value] * length)
                ],
                np.int64,
            )
            for inverse in inverses:
                left = self._undone(inverse.kind, own, known, longer)
                if left is not None:
                    cost = rule.cost + inverse.cost + one.cost + sum(variables)
                    self._add(cost, left, self._elementwise(rule, free, inverse, one.node))

    def _undone(
        self, inverse: int, own: ListSpec, known: Words, longer: NDArray[np.bool_]
    ) -> ListSpec | None:
        """Return the goal with an operation undone on each element; None if nothing can meet it."""
        low, high = np.empty_like(own.low), np.empty_like(own.high)
        if not undo_each(inverse, own.low, own.high, known, low, high):
            return None
        least, greatest = self._bounds()
        np.maximum(low, least, out=low)
        np.minimum(high, greatest, out=high)
        determined = (low > least) & (high < greatest) | (low == high)
        if (low > high).any() or determined.sum() < min(LEAST_DETERMINED, len(determined)):
            return None
        return ListSpec(low, high, own.ends, longer)

    def _elementwise(
        self, rule: Rule, free: int, inverse: Operation, node: int
    ) -> Callable[[Term], Term]:
        """Return what puts a map or zip of an operation around a list again."""
        count = len(rule.slots) - 1
        known = Variable(free) if count == 2 else self.bank.term_at(node, 1)
        wanted = Variable(count - 1 - free)
        pair = (known, wanted) if inverse.known == 0 else (wanted, known)
        function: Term = apply(self.bank.rule_tables.head_of(inverse.rule), *pair)
        for _ in range(count):
            function = Lambda(function)
        other = [] if count == 1 else [self.bank.term_at(node, 0)]

        def around(term: Term) -> Term:
            given = iter([term, *other] if free == 0 else [*other, term])
            arguments = [function if slot[2] else next(given) for slot in rule.slots]
            return apply(self.view.head(rule), *arguments)

        return around

    def _goes_along(
        self, number: int, free: int, lengths: list[int], known: list[list[int] | int]
    ) -> NDArray[np.bool_] | None:
        """Say whether a root primitive calls its function along its lists, as a map or zip does.

        Returns:
            For each example whether the list that is to be found may be longer than the goal; None
            if the primitive does not give lists of these lengths, or not in this way.
        """
        found = []
        for length, value in zip(lengths, known, strict=True):
            others = [len(value)] if isinstance(value, list) else []
            along = Trace(
                [[(place, i) for place in range(1 + len(others))] for i in range(length)],
                [(RESULT, i) for i in range(length)],
            )
            exact, longer = (
                self.view.trace(number, (*others[:free], own, *others[free:])) == along
                for own in (length, length + 1)
            )
            if not exact:
                return None
            found.append(longer)
        return np.array(found, np.bool_)

    def _bounds(self) -> Bounds:
        """Return the least and the largest integer that a program of the language may have."""
        memory = self.bank.context.heap.memory
        if not memory[bank_layout.BOUNDED]:
            return FREE
        return memory[bank_layout.LEAST_VALUE], memory[bank_layout.MOST_VALUE]

    def already_met(self) -> Iterator[Proposal]:
        """Yield the kept lists that meet a subgoal, where cheaper than before."""
        blocks: dict[int, tuple[Words, Words, Words]] = {}
        address = self.bank.context.heap.address
        for place, goal in enumerate(self.goals[1:], 1):
            if self.completer.is_late():
                return
            since = self._looked_at[place]
            self._looked_at[place] = self.bank.kept
            if since not in blocks:
                blocks[since] = self.bank.closed(self.ground.root, since)
            nodes, costs, words = blocks[since]
            self.completer.effort += len(nodes)
            met = goal.wanted.matches(address, words)
            if len(met) == 0:
                continue
            best = met[costs[met].argmin()]
            if costs[best] < self._met[place]:
                self._met[place] = int(costs[best])
                yield Proposal(
                    goal.cost + self._met[place],
                    lambda g=goal, n=int(nodes[best]): g.around(self.bank.term_at(n, 0)),  # type: ignore[misc]
                )
