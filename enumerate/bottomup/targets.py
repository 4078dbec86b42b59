"""Goals made of the task's own: what is left of it when something at the root is taken off.

That is ``Reverse``, or an operation with something known on each element, as a map or a zip does
it. Each is a list to be found, and knows what has to be put around what meets it.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import NamedTuple

import numpy as np

from ...dsl.interpreter import Failure, Interpreter
from ...dsl.terms import Lambda, Term, Variable, apply
from ...dsl.types import INT, TypeConstructor
from ..native.layout import ERROR
from . import record
from .algebra import INVERSES
from .completion import EACH_CALL, Completer, Operation, Proposal
from .lists import Lists
from .space import CLOSED, Rule
from .tracing import RESULT, Trace

__all__ = ["Elements", "Goal", "Targets"]

MOST_KNOWN = 30
"""Programs that are taken off each element of the goal."""

Elements = list[list[int]]
"""A list on each example, as the words of its elements."""


class Goal(NamedTuple):
    """A list to be found, and what has to be put around what meets it."""

    cost: int
    elements: Elements
    around: Callable[[Term], Term]


class Targets:
    """The goals of one search.

    Args:
        lists: of its bank.
        completer: whose effort counts what this takes.
        interpreter: for what is taken off the goal.
        own: the task's own goal; empty if it is no list.

    Attributes:
        goals: the task's own, then those found.
    """

    def __init__(
        self, lists: Lists, completer: Completer, interpreter: Interpreter, own: Elements
    ) -> None:
        self.lists = lists
        self.bank = lists.bank
        self.space = lists.space
        self.library = lists.library
        self.algebra = completer.algebra
        self.completer = completer
        self.goals: list[Goal] = []
        self._interpreter = interpreter
        self._known: set[str] = set()
        self._taken_off: set[tuple[int, int, int]] = set()
        self._looked_at = 0
        self._by_key: dict[str, tuple[int, int]] = {}
        self._met: set[tuple[int, int]] = set()
        if own:
            self._add(0, own, lambda term: term)

    def _add(self, cost: int, elements: Elements, around: Callable[[Term], Term]) -> None:
        key = repr(elements)
        if key not in self._known:
            self._known.add(key)
            self.goals.append(Goal(cost, elements, around))

    def find(self) -> None:
        """Add the goals that are left when something is taken off the task's own at the root."""
        if not self.goals:
            return
        undone = dict(self.algebra.wrappers)
        for number, rule in enumerate(self.lists.rules(self.space.root)):
            if rule.production in undone:
                self._unwrap(number, rule, undone[rule.production])
            elif self.lists.is_traceable(rule):
                others = [slot[0] for slot in rule.slots if not slot[2]]
                body = self.space.states[self.lists.body(number)]
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
            head = self.lists.head(rule)
            self._add(rule.cost, elements, lambda term: apply(head, term))

    def _take_off(self, number: int, rule: Rule, state: int, free: int) -> None:
        """Take an operation with something known off each element: off a map's, or a zip's.

        Args:
            number, rule: of the root, a map or a zip.
            state: closed, of what is known: a number for a map, a list for a zip.
            free: the list that is still to be found, 0 or 1.
        """
        own = self.goals[0].elements
        body = self.lists.body(number)
        variables = [r.cost for r in self.lists.rules(body) if r.variable >= 0]
        inverses = self.completer.operations(body).inverses
        for one in self.lists.closed(state, MOST_KNOWN):
            if (number, free, one.node) in self._taken_off or not inverses:
                continue
            self._taken_off.add((number, free, one.node))
            self.completer.effort += EACH_CALL
            known = [self.lists.elements(word) for word in one.words]
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
                self._add(cost, left, around)  # type: ignore[arg-type]

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
            return apply(self.lists.head(rule), *arguments)

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
            if self.lists.trace(number, tuple(shape)) != Trace(
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

    def at_hand(self) -> Iterator[Proposal]:
        """Yield what meets a goal other than the task's own among the kept lists."""
        if not self.goals:
            return
        new, costs, words = self.bank.closed(self.space.root, self._looked_at)
        self._looked_at = self.bank.kept
        wanted = {tuple(map(len, goal.elements)) for goal in self.goals}
        fits = np.zeros(len(new), np.bool_)
        for lengths in wanted:
            fits |= ((words & 0xFFFF) == lengths).all(axis=1) & (words != ERROR).all(axis=1)
        self.completer.effort += 10 * words.size + EACH_CALL // 20 * int(fits.sum())
        for i in np.flatnonzero(fits).tolist():
            key = repr([self.lists.elements(word) for word in words[i].tolist()])
            self._by_key.setdefault(key, (int(costs[i]), int(new[i])))
        for goal in self.goals[1:]:
            met = self._by_key.get(repr(goal.elements))
            if met is not None and (id(goal), met[1]) not in self._met:
                self._met.add((id(goal), met[1]))
                yield Proposal(
                    goal.cost + met[0],
                    lambda g=goal, n=met[1]: g.around(self.bank.term_at(n, 0)),  # type: ignore[misc]
                )


def _undone(how: int, goal: list[int], known: list[int] | int) -> list[int] | None:
    """Return what is left of a goal's elements when something known is taken off each."""
    beside = known if isinstance(known, list) else [known] * len(goal)
    found = [INVERSES[how](z, x) for z, x in zip(goal, beside, strict=False)]
    return None if None in found else found  # type: ignore[return-value]
