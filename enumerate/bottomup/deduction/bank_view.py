"""Read-only view of the bank for deduction: closed programs, traces of primitives."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from ....dsl import Term, is_list
from ...native.memory.word_layout import DATA, ERROR, LIST, TAG
from ..bank.bank import Bank
from ..ground_grammar import Rule
from .symbolic_trace import Trace, trace
from .value_matrix import is_immediate

__all__ = ["MOST_LISTS", "BankView", "ListProgram"]

MOST_LISTS = 2_000
"""Programs of a closed state that are looked at, the cheapest."""


class ListProgram(NamedTuple):
    """A program of a closed state that has a value on each example."""

    cost: int
    node: int
    words: list[int]


class BankView:
    """The closed programs of a bank, and how the root's primitives go through lists."""

    def __init__(self, bank: Bank) -> None:
        self.bank = bank
        self.ground = bank.ground
        self.library = bank.ground.grammar.library
        self._closed: dict[int, list[ListProgram]] = {}
        self._traces: dict[tuple[int, tuple[int | None, ...]], Trace | None] = {}

    def forget(self) -> None:
        """Note that the bank has grown."""
        self._closed.clear()

    def rules(self, state: int) -> list[Rule]:
        rules = self.ground.states[state].rules
        return rules if rules is not None and state in self.bank.rule_tables.known else []

    def head(self, rule: Rule) -> Term:
        return self.library.productions[rule.production].term

    def body(self, rule: int) -> int:
        """Return the state of the function of a rule of the root."""
        return next(slot[0] for slot in self.rules(self.ground.root)[rule].slots if slot[2])

    def elements(self, word: int) -> list[int] | int:
        """Return the words of a list's elements; any other word as it is."""
        if word >> TAG != LIST:
            return word
        start, count = (word & DATA) >> 16, word & 0xFFFF
        return list(self.bank.context.heap.memory[start : start + count])

    def closed(self, number: int, room: int) -> list[ListProgram]:
        """Return the cheapest programs of a closed state."""
        if number not in self._closed:
            nodes, costs, words = self.bank.closed(number)
            good = np.flatnonzero((words != ERROR).all(axis=1))[:MOST_LISTS]
            self._closed[number] = list(
                map(ListProgram, costs[good].tolist(), nodes[good].tolist(), words[good].tolist())
            )
        return self._closed[number][:room]

    def by_length(
        self, number: int, programs: list[ListProgram]
    ) -> dict[tuple[int | None, ...], list[ListProgram]]:
        """Group programs of a closed state by their lengths on the examples."""
        found: dict[tuple[int | None, ...], list[ListProgram]] = {}
        has_length = is_list(self.ground.states[number].type)
        for one in programs:
            signature = tuple(word & 0xFFFF if has_length else None for word in one.words)
            found.setdefault(signature, []).append(one)
        return found

    def is_traceable(self, rule: Rule) -> bool:
        """Say whether a root rule's primitive takes one function, to a plain type."""
        functions = [slot[0] for slot in rule.slots if slot[2]]
        return (
            len(functions) == 1
            and functions[0] in self.bank.rule_tables.known
            and is_immediate(self.ground.states[functions[0]].type)
            and callable(self._value(rule.production))
        )

    def _value(self, production: int) -> object:
        """Return the Python function of a primitive; None for an abstraction."""
        name = self.library.productions[production].name
        if name in self.library.abstractions:
            return None
        primitive = self.library.primitive(name)
        return None if primitive.lazy else primitive.value

    def trace(self, rule: int, lengths: tuple[int | None, ...]) -> Trace | None:
        key = rule, lengths
        if key not in self._traces:
            one = self.rules(self.ground.root)[rule]
            position = next(i for i, slot in enumerate(one.slots) if slot[2])
            value = self._value(one.production)
            assert callable(value)
            self._traces[key] = trace(value, position, lengths)
        return self._traces[key]
