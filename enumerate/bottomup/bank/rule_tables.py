"""Rule tables: the ground grammar as rows of words for the kernels.

A state is entered when the search first reaches it. See :mod:`.bank_layout` for the rows.
"""

from __future__ import annotations

from typing import Final

import numpy as np
from numpy.typing import NDArray

from ....dsl import Term
from ..analysis.length_bounds import LengthBound, lengths_of
from ..analysis.redundancies import Heads, simplifiable
from ..analysis.symmetries import Symmetries, symmetries_of
from ..ground_grammar import CLOSED, GroundGrammar, Rule
from . import bank_layout
from .bank_layout import POINT_WORDS, RULE_WORDS, STATE_WORDS
from .task_context import TaskContext

__all__ = ["RuleTables", "doubled"]

Words = NDArray[np.int64]

_ODD: Final = 0x2545F4914F6CDD1D


class RuleTables:
    """The rows of the states that were written down: see :mod:`.bank_layout`.

    Attributes:
        known: the numbers of these states.
        states: int64[n, words], by the state's number.
        rules: int64[n, words]; those of a state lie together.
        points: int64[n, words]; those of a state lie together, and states of one scope share them.
        corrections: int64[n], see :data:`.bank_layout.CORRECTIONS`; empty without bigrams.
    """

    def __init__(self, ground: GroundGrammar, context: TaskContext) -> None:
        self.ground = ground
        self.context = context
        self.known: set[int] = set()
        self.states = np.zeros((64, STATE_WORDS), np.int64)
        self.rules = np.zeros((256, RULE_WORDS), np.int64)
        self.points = np.zeros((256, POINT_WORDS), np.int64)
        self.corrections = np.zeros(0, np.int64)
        self._rule_count = 0
        self._point_count = 0
        self._scopes: dict[tuple[object, ...], tuple[int, int]] = {}
        self._bigrams = ground.grammar.is_bigram
        library = ground.grammar.library
        self._symmetries = symmetries_of(library)
        self._views = _views_of(self._symmetries)
        self._lengths = lengths_of(library)
        self._simplifiable: dict[int, Heads] = {}

    # ---- writing ------------------------------------------------------------------------------

    def add(self, number: int) -> None:
        """Write down a state with its rules and points, unless it is known."""
        if number in self.known:
            return
        self.known.add(number)
        while len(self.states) < len(self.ground.states):
            self.states = doubled(self.states)
        state = self.ground.states[number]
        assert state.rules is not None
        start = self._rule_count
        for rule in state.rules:
            if self._rule_count == len(self.rules):
                self.rules = doubled(self.rules)
            self._write(self.rules[self._rule_count], number, rule)
            self._rule_count += 1
        if self._bigrams:
            self._add_corrections(number, start)
        if state.scope not in self._scopes:
            self._scopes[state.scope] = self._add_points(state.scope)
        first, width = self._scopes[state.scope]
        # Any odd multiple of the number: the kernel's hash mixes it with all values.
        salt = (number + 1) * _ODD & (1 << 63) - 1
        self.states[number, : bank_layout.MARKED_LEVEL] = (
            start,
            self._rule_count,
            first,
            width,
            salt,
        )

    def simplify(self) -> None:
        """Leave out from now on what equals something simpler, unless there are bigrams.

        To find it takes about 0.1 s for a library of 50 productions, the first time.
        """
        if self._bigrams or self._simplifiable:
            return
        self._simplifiable = simplifiable(self.ground.grammar.library)
        for row in self.rules[: self._rule_count]:
            self._write_simplifiable(row, int(row[bank_layout.PRODUCTION]))

    def _write(self, row: Words, number: int, rule: Rule) -> None:
        is_closed = self.ground.states[number].scope is CLOSED
        production = rule.production
        row[bank_layout.COST] = rule.cost
        row[bank_layout.CALL] = self.context.call(production) if production >= 0 else 0
        row[bank_layout.ARITY] = len(rule.slots)
        row[bank_layout.PRODUCTION] = production
        row[bank_layout.IS_DIRECT] = production >= 0 and self.context.is_direct(production)
        row[bank_layout.RULE_VARIABLE] = rule.variable
        if rule.variable >= 0 and is_closed:
            row[bank_layout.RULE_VARIABLE] = len(self.ground.inputs) - 1 - rule.variable
        row[bank_layout.IS_CLOSED] = is_closed
        row[bank_layout.STATE] = number
        for j, slot in enumerate(rule.slots):
            row[bank_layout.SLOTS + 3 * j : bank_layout.SLOTS + 3 * j + 3] = slot
        self._write_symmetries(row, rule)
        if production in self._lengths:
            row[bank_layout.LENGTH_BOUND] = _length_word(self._lengths[production])

    def _write_symmetries(self, row: Words, rule: Rule) -> None:
        """Write down in which order arguments are varied, and what can be left out then."""
        views = self._symmetries.views.get(rule.production, {})
        late = {
            j
            for v in views.values()
            for j, (always, filled) in enumerate(zip(v.always, v.filled, strict=True))
            if always != filled
        }
        # Functions are varied slowest: what they are given lies close together, their code not.
        order = sorted(range(len(rule.slots)), key=lambda j: (not rule.slots[j][2], j in late))
        row[bank_layout.ORDER : bank_layout.ORDER + len(order)] = order
        if self._bigrams:
            return
        row[bank_layout.COMMUTES] = rule.production in self._symmetries.commutative
        row[bank_layout.MARKS_NEEDED] = self._views if views else 0
        self._write_simplifiable(row, rule.production)
        for (total, uses), v in views.items():
            word = 0
            for place, j in enumerate(order):
                word |= v.always[j] << 4 * j
                # Only of the lists that come before it is it known whether they are empty.
                known = all(i in order[:place] for i in v.lists if i != j)
                word |= (v.filled if known else v.always)[j] << bank_layout.NONEMPTY_SHIFT + 4 * j
            for j in v.lists:
                word |= 1 << bank_layout.LISTS_SHIFT + j
            row[bank_layout.DEPENDENCES + bank_layout.FUNCTIONS * total + uses] = word

    def _write_simplifiable(self, row: Words, production: int) -> None:
        for j, heads in enumerate(self._simplifiable.get(production, ())):
            for head in heads:
                if head < 64 * bank_layout.HEAD_WORDS:
                    row[bank_layout.SKIPS] |= 1 << j
                    row[bank_layout.SKIPPED_HEADS + bank_layout.HEAD_WORDS * j + (head >> 6)] |= (
                        _bit(head & 63)
                    )

    def _add_corrections(self, number: int, start: int) -> None:
        """Write down what the heads of a state's arguments cost more there than by themselves."""
        ground = self.ground
        rules = ground.states[number].rules
        assert rules is not None
        added: list[int] = []
        if number == ground.root:
            self.rules[start : start + len(rules), bank_layout.AT_ROOT] = (
                ground.corrections_at_root()
            )
        for i, rule in enumerate(rules, start):
            for j, (inner, closed, _) in enumerate(rule.slots):
                for which, child in enumerate((inner, closed)):
                    if child >= 0:
                        at = bank_layout.CORRECTIONS + 2 * j + which
                        self.rules[i, at] = len(self.corrections) + len(added)
                        added += ground.corrections(rule, j, child)
        self.corrections = np.append(self.corrections, np.array(added, np.int64))
        # Corrections may ask for states that were not there before.
        while len(self.states) < len(ground.states):
            self.states = doubled(self.states)

    def _add_points(self, scope: tuple[object, ...]) -> tuple[int, int]:
        points = self.context.points(scope, self.ground.universe)  # type: ignore[arg-type]
        while self._point_count + len(points) > len(self.points):
            self.points = doubled(self.points)
        first = self._point_count
        if points:
            self.points[first : first + len(points)] = points
        self._point_count += len(points)
        return first, len(points)

    # ---- reading ------------------------------------------------------------------------------

    def first_rule(self, state: int) -> int:
        """Return where a state's rules begin."""
        return int(self.states[state, bank_layout.FIRST_RULE])

    def production_of(self, rule: int) -> int:
        """Return the production of a rule; -1 for a variable."""
        return int(self.rules[rule, bank_layout.PRODUCTION])

    def productions(self) -> NDArray[np.int16]:
        """Return of each rule its production, -1 for a variable."""
        return self.rules[:, bank_layout.PRODUCTION].astype(np.int16)

    def head_of(self, rule: int) -> Term:
        """Return the term of a rule's production."""
        return self.ground.grammar.library.productions[self.production_of(rule)].term


def _views_of(symmetries: Symmetries) -> int:
    """Return the views that some production takes, as bits."""
    return sum(
        1 << view
        for view in {
            view
            for found in symmetries.views.values()
            for v in found.values()
            for view in (*v.always, *v.filled)
        }
    )


def _bit(place: int) -> int:
    """Return a word of which one bit is set."""
    return 1 << place if place < 63 else -1 << 63


def _length_word(length: LengthBound) -> int:
    """Return what is known of a length as :data:`.bank_layout.LENGTH_BOUND` says."""
    chosen = sum(1 << j for j in length.arguments)
    shifted = length.more << bank_layout.LENGTH_MORE_SHIFT
    return shifted | chosen << bank_layout.LENGTH_ARGUMENTS_SHIFT | length.exact << 1 | 1


def doubled(array: Words) -> Words:
    """Return an array with twice as many rows, the new ones zeros."""
    larger = np.zeros((2 * len(array), *array.shape[1:]), np.int64)
    larger[: len(array)] = array
    return larger
