"""The structure behind every prior of a library: what may fill a hole, and what that leads to.

The exact prior is polymorphic: what fills one hole binds type variables of the holes after it. Up
to renaming of variables that is a finite-branching automaton, built here piece by piece:

* a **state** is a kind of hole: its row of weights, its type and the types of the variables in
  scope (canonical jointly), and which type variables are *live*, that is, seen by what comes after;
* a **rule** of a state is one head that fits: a production or a variable;
* an **outcome** of a state is what filling the hole did to its live variables;
* an **item** is a head with its first arguments done, about to fill its next hole: the state it
  fills, the types of the arguments to come, of the scope, and what became of the live variables;
* a **transition** leads from an item by an outcome of its hole to the next item, or to an outcome
  of the item's own state when that was the last argument.

No weights enter, so one structure serves all grammars and requests of a library. Everything is
numbered and kept in flat int32 records for the kernels (the columns are constants below). What
nobody asked for is not built: the type universe is infinite (``car (car (car ...))``).

A type variable can only be bound to what a head returns; a request with type variables is
flexible, as in DreamCoder. Types that are functions only once a variable is bound get their
lambdas then.
"""

from __future__ import annotations

import threading
from array import array
from collections.abc import Iterable, Mapping, Sequence
from typing import NamedTuple
from weakref import WeakKeyDictionary

import numpy as np

from ...dsl import Library, Type, TypeConstructor, TypeVariable
from ..tokens import variable_token
from .automaton_layout import (
    CLASS_FIELDS,
    ITEM_BLOCK,
    ITEM_FIELDS,
    ITEM_PARENT,
    MISSING,
    OUTCOME_FIELDS,
    OUTCOME_LOCAL,
    RULE_COLUMN,
    RULE_FIELDS,
    RULE_TARGET,
    STATE_CHILDREN,
    STATE_CLASS,
    STATE_COUNT,
    STATE_FIELDS,
    STATE_ITEMS,
    STATE_OUTCOMES,
    STATE_RULES,
    STATE_VARIABLES,
    STATE_WIDTH,
    AutomatonArrays,
    Fits,
    Int32,
)
from .inhabitation import Inhabited, inhabited, makers, request_of_kind
from .unification import (
    FRESH,
    TablesTooLarge,
    Use,
    check_size,
    fits_all,
    fitting_production,
    fitting_variables,
    rename,
    replace,
)

__all__ = ["GrammarAutomaton", "TablesTooLarge", "structure_of"]


class Heads(NamedTuple):
    """The productions that return a type, whatever is in scope."""

    set: int
    uses: list[Use]
    records: array[int]


class Item(NamedTuple):
    """What an item knows beside its record."""

    row: int
    remaining: int
    scope: int
    types: tuple[Type, ...]  # the arguments to come, the scope, the images of live variables
    live: tuple[int, ...]  # the item's names for the live variables of its hole


class GrammarAutomaton:
    """States, rules, items, outcomes and transitions of a library, built as they are asked for.

    Args:
        library: the library.
        bigram: whether states carry a row of weights.
    """

    def __init__(self, library: Library, *, bigram: bool) -> None:
        self.bigram = bigram
        self.productions = library.productions
        self._continuation = library.continuation
        self._offsets = [2]
        for production in self.productions:
            self._offsets.append(self._offsets[-1] + production.arity)
        self.constructors: dict[tuple[str, int], int] = {}
        self._states: dict[tuple[int, tuple[Type, ...], tuple[int, ...]], int] = {}
        self._state_keys: list[tuple[int, tuple[Type, ...], tuple[int, ...]]] = []
        self._variable_uses: dict[int, list[Use]] = {}
        self._items: dict[tuple[int, int, int, tuple[Type, ...]], int] = {}
        self._item_data: list[Item] = []
        self._outcomes: dict[tuple[int, tuple[Type, ...]], int] = {}
        self._outcome_types: list[tuple[Type, ...]] = []  # shifted to FRESH
        self._heads: dict[Type, Heads] = {}
        self._classes: dict[tuple[int, int, bool], int] = {}
        self._signatures: dict[tuple[tuple[int, int], ...], int] = {}
        self._item_signatures: dict[tuple[int, tuple[Type, ...]], tuple[int, int]] = {}
        self._fits: Fits | None = None
        self._inhabited: dict[Type, Inhabited] = {}
        self._capacity: list[int] = []  # of each state's items' blocks of transitions
        self._items_of: list[list[int]] = []
        self._state_records = array("i")
        self._rule_records = array("i")
        self._item_records = array("i")
        self._outcome_records = array("i")
        self._transitions = array("i")
        self._class_records = array("i")
        self._sets: dict[tuple[int, ...], int] = {}
        self._set_members = array("i")
        self._set_starts = array("i", [0])
        self._cells = array("i")
        self._cell_starts = array("i", [0])
        for production in self.productions:
            self._meet(production.type)

    # ---- what kernels see -----------------------------------------------------------------------

    def __len__(self) -> int:
        """Return the number of states."""
        return len(self._state_keys)

    def records(self) -> AutomatonArrays:
        """Return views of all records; building fails while any view is alive."""

        def table(records: array[int], fields: int) -> Int32:
            return np.frombuffer(records or array("i"), dtype=np.int32).reshape(-1, fields)

        return AutomatonArrays(
            table(self._state_records, STATE_FIELDS),
            table(self._rule_records, RULE_FIELDS),
            table(self._item_records, ITEM_FIELDS),
            table(self._outcome_records, OUTCOME_FIELDS),
            np.frombuffer(self._transitions, dtype=np.int32),
            table(self._class_records, CLASS_FIELDS),
            np.frombuffer(self._set_members, dtype=np.int32),
            np.frombuffer(self._set_starts, dtype=np.int32),
            table(self._cells, 2),
            np.frombuffer(self._cell_starts, dtype=np.int32),
        )

    # ---- growing: the three things that a search may find missing --------------------------------

    def root(self, request: Type) -> int:
        """Return the state of the hole that a whole program of type ``request`` fills."""
        self._meet(request)
        types = (request.result, *reversed(request.parameters))
        return self._state(0, types, ())[0]

    def build_rules(self, state: int) -> None:
        """Build the rules of a state, unless they are there."""
        record = state * STATE_FIELDS
        if self._state_records[record + STATE_COUNT] >= 0:
            return
        row, types, _ = self._state_keys[state]
        heads = self._heads_of(types[0])
        variables = fitting_variables(types[0], types[1:], self._continuation)
        start = len(self._rule_records)
        self._rule_records.extend(heads.records)
        variable_row = 1 if self.bigram else 0
        for index, use in variables:
            count = len(use.arguments)
            signature = self._signature([variable_row] * count, use.arguments)
            token = variable_token(index, count)
            self._rule_records.extend((token, len(self.productions), signature, MISSING))
        if variables:
            self._variable_uses[state] = [use for _, use in variables]
        self._state_records[record + STATE_RULES] = start // RULE_FIELDS
        count = (len(self._rule_records) - start) // RULE_FIELDS
        self._state_records[record + STATE_COUNT] = count
        self._state_records[record + STATE_CLASS] = self._class(row, heads.set, bool(variables))
        self._state_records[record + STATE_VARIABLES] = len(variables)

    def build_rule(self, state: int, rule: int) -> None:
        """Build what a rule of ``state`` leads to, unless it is there."""
        slot = rule * RULE_FIELDS
        if self._rule_records[slot + RULE_TARGET] != MISSING:
            return
        _, types, live = self._state_keys[state]
        heads = self._heads[types[0]]
        number = rule - self._state_records[state * STATE_FIELDS + STATE_RULES]
        if number < len(heads.uses):
            arguments, bindings = heads.uses[number]
            row = self._offsets[self._rule_records[slot + RULE_COLUMN]] if self.bigram else 0
        else:
            arguments, bindings = self._variable_uses[state][number - len(heads.uses)]
            row = 1 if self.bigram else 0
        if arguments:
            seen = (*arguments, *types[1:], *map(TypeVariable, live))
            found = self._item(state, row, len(arguments), seen, bindings)
        else:
            found = -2 - self._outcome(state, tuple(map(TypeVariable, live)), bindings)
        self._rule_records[slot + RULE_TARGET] = found

    def build_transition(self, item: int, outcome: int) -> None:
        """Build what ``item`` becomes when its hole is filled with ``outcome``, unless there."""
        slot = (
            self._item_records[item * ITEM_FIELDS + ITEM_BLOCK]
            + self._outcome_records[outcome * OUTCOME_FIELDS + OUTCOME_LOCAL]
        )
        if self._transitions[slot] != MISSING:
            return
        row, remaining, scope, types, live = self._item_data[item]
        parent = self._item_records[item * ITEM_FIELDS + ITEM_PARENT]
        rest = types[1:] if remaining > 1 else types[1 + scope :]
        bindings = dict(zip(live, self._outcome_types[outcome], strict=True)) if live else {}
        if remaining > 1:
            next_row = row + 1 if row > 1 else row
            found = self._item(parent, next_row, remaining - 1, rest, bindings)
        else:
            found = -2 - self._outcome(parent, rest, bindings)
        # Making the item may have moved this item's block.
        slot = (
            self._item_records[item * ITEM_FIELDS + ITEM_BLOCK]
            + self._outcome_records[outcome * OUTCOME_FIELDS + OUTCOME_LOCAL]
        )
        self._transitions[slot] = found

    # ---- interning ------------------------------------------------------------------------------

    def _state(
        self, row: int, types: tuple[Type, ...], later: Iterable[Type]
    ) -> tuple[int, tuple[int, ...]]:
        """Return the state of a hole, and its live variables by their names in ``types``.

        Args:
            row: the row of weights.
            types: the hole's type, not an arrow, then the scope's, ``$0`` first.
            later: the types that are still seen after the hole is filled.
        """
        canonical, order = rename(types, {})
        live: tuple[int, ...] = ()
        names: tuple[int, ...] = ()
        if order:
            seen = {v for t in later for v in t.variables}
            names = tuple([v for v in order if v in seen])
            live = tuple([order[v] for v in names])
        key = (row, canonical, live)
        found = self._states.get(key)
        if found is None:
            found = self._states[key] = len(self._state_keys)
            self._state_keys.append(key)
            self._state_records.extend((-1, -1, -1, 0, -1, -1, -1, 0))
            self._capacity.append(4 if live else 1)
            self._items_of.append([])
        return found, names

    def _item(
        self,
        parent: int,
        row: int,
        remaining: int,
        types: tuple[Type, ...],
        bindings: Mapping[int, Type],
    ) -> int:
        """Return the item of ``parent`` with these arguments, scope and images to come."""
        types, _ = rename(types, bindings)
        key = (parent, row, remaining, types)
        found = self._items.get(key)
        if found is not None:
            return found
        found = self._items[key] = len(self._item_data)
        scope = len(self._state_keys[parent][1]) - 1
        wanted = types[0]
        inside = types[remaining : remaining + scope]
        lambdas = 0
        if wanted.is_arrow:
            parameters = wanted.parameters
            inside = (*reversed(parameters), *inside)
            lambdas = len(parameters)
            wanted = wanted.result
        later = types[1:] if remaining > 1 else types[1 + scope :]
        hole, live = self._state(row, (wanted, *inside), later)
        self._item_data.append(Item(row, remaining, scope, types, live))
        signature, tail = self._signatures_of_item(row, types[:remaining])
        parent_record, hole_record = parent * STATE_FIELDS, hole * STATE_FIELDS
        self._item_records.extend(
            (
                parent,
                hole,
                lambdas,
                remaining,
                signature,
                tail,
                self._state_records[parent_record + STATE_CHILDREN],
                self._state_records[hole_record + STATE_ITEMS],
                len(self._transitions),
            )
        )
        self._state_records[parent_record + STATE_CHILDREN] = found
        self._state_records[hole_record + STATE_ITEMS] = found
        self._items_of[hole].append(found)
        self._transitions.extend([MISSING] * self._capacity[hole])
        return found

    def _outcome(self, state: int, images: tuple[Type, ...], bindings: Mapping[int, Type]) -> int:
        """Return the outcome of ``state`` with these images of its live variables."""
        if images:
            images, _ = rename(images, bindings)
        key = (state, images)
        found = self._outcomes.get(key)
        if found is not None:
            return found
        found = self._outcomes[key] = len(self._outcome_types)
        variables = {v for t in images for v in t.variables}
        shift: dict[int, Type] = {v: TypeVariable(FRESH + v) for v in variables}
        self._outcome_types.append(replace(images, shift))
        record = state * STATE_FIELDS
        local = self._state_records[record + STATE_WIDTH]
        self._outcome_records.extend((state, local, self._state_records[record + STATE_OUTCOMES]))
        self._state_records[record + STATE_OUTCOMES] = found
        self._state_records[record + STATE_WIDTH] = local + 1
        if local == self._capacity[state]:
            self._widen(state)
        return found

    def _widen(self, state: int) -> None:
        """Give the items whose hole is ``state`` room for twice as many outcomes."""
        old = self._capacity[state]
        self._capacity[state] = 2 * old
        for item in self._items_of[state]:
            slot = item * ITEM_FIELDS + ITEM_BLOCK
            block = self._item_records[slot]
            self._item_records[slot] = len(self._transitions)
            self._transitions.extend(self._transitions[block : block + old])
            self._transitions.extend([MISSING] * old)

    def _class(self, row: int, productions: int, variable: bool) -> int:
        """Return the number of a set of candidates under a row: they share a normaliser."""
        key = (row, productions, variable)
        found = self._classes.get(key)
        if found is None:
            found = self._classes[key] = len(self._classes)
            self._class_records.extend((row, productions, variable))
        return found

    def _signature(self, rows: Iterable[int], arguments: Sequence[Type]) -> int:
        """Return the number of a list of (row, constructor of the result) of arguments."""
        key = tuple(zip(rows, map(self.constructor, arguments), strict=True))
        found = self._signatures.get(key)
        if found is None:
            found = self._signatures[key] = len(self._signatures)
            for cell in key:
                self._cells.extend(cell)
            self._cell_starts.append(len(self._cells) // 2)
        return found

    def _signatures_of_item(self, row: int, arguments: tuple[Type, ...]) -> tuple[int, int]:
        """Return the signatures of all arguments to come, and of those after the first."""
        key = (row, arguments)
        found = self._item_signatures.get(key)
        if found is None:
            step = 1 if row > 1 else 0
            rows = [row + step * k for k in range(len(arguments))]
            found = (self._signature(rows, arguments), self._signature(rows[1:], arguments[1:]))
            self._item_signatures[key] = found
        return found

    def constructor(self, argument: Type) -> int:
        """Return the number of the constructor of what ``argument`` returns; 0 for a variable."""
        result = argument.result
        if isinstance(result, TypeConstructor):
            key = (result.name, len(result.arguments))
            return self.constructors.setdefault(key, len(self.constructors) + 1)
        return 0

    def _meet(self, t: Type) -> None:
        """Give the constructors within ``t`` numbers: holes can come to have no others."""
        if isinstance(t, TypeConstructor):
            if t.name != "->":
                self.constructor(t)
            for argument in t.arguments:
                self._meet(argument)

    def fits(self) -> Fits:
        """Say which productions may fill holes of each constructor, and which always do."""
        kinds: list[tuple[str, int] | None] = [None, *self.constructors]
        if self._fits is not None and len(self._fits.always) == len(kinds):
            return self._fits
        always = np.zeros((len(kinds), len(self.productions)), dtype=np.bool_)
        entries = []
        for kind, constructor in enumerate(kinds):
            request = request_of_kind(constructor)
            for number, production in enumerate(self.productions):
                use = fitting_production(production.type, request)
                if use is not None:
                    signature = self._production_signature(number, use.arguments)
                    entries.append((kind, number, signature))
                    always[kind, number] = kind == 0 or fits_all(production.type.result)
        types = [production.type for production in self.productions]
        self._fits = Fits(
            np.array(entries, dtype=np.int32).reshape(-1, 3),
            always,
            makers(types, self.constructors),
        )
        self._inhabited.clear()  # which go by constructors, too
        return self._fits

    def inhabited(self, request: Type) -> Inhabited:
        """Say which constructors there can be in programs of type ``request``."""
        fits = self.fits()
        found = self._inhabited.get(request)
        if found is None:
            found = inhabited(fits.makers, request, self.constructors)
            self._inhabited[request] = found
        return found

    # ---- unification ----------------------------------------------------------------------------

    def _heads_of(self, request: Type) -> Heads:
        """Return the productions that fit holes of type ``request``."""
        heads = self._heads.get(request)
        if heads is not None:
            return heads
        check_size(request)
        uses, records = [], array("i")
        for number, production in enumerate(self.productions):
            use = fitting_production(production.type, request)
            if use is not None:
                uses.append(use)
                signature = self._production_signature(number, use.arguments)
                records.extend((number, number, signature, MISSING))
        candidates = tuple(records[RULE_COLUMN::RULE_FIELDS])
        found = self._sets.get(candidates)
        if found is None:
            found = self._sets[candidates] = len(self._sets)
            self._set_members.extend(candidates)
            self._set_starts.append(len(self._set_members))
        heads = self._heads[request] = Heads(found, uses, records)
        return heads

    def _production_signature(self, production: int, arguments: Sequence[Type]) -> int:
        """Return the signature of a production's arguments, given their types here."""
        first = self._offsets[production] if self.bigram else 0
        rows = [first + k if self.bigram else 0 for k in range(len(arguments))]
        return self._signature(rows, arguments)


class _Kept(threading.local):
    """The structures of a thread: they grow while a search goes on, so each thread has its own."""

    def __init__(self) -> None:
        self.structures: WeakKeyDictionary[Library, dict[bool, GrammarAutomaton]] = (
            WeakKeyDictionary()
        )


_kept = _Kept()


def structure_of(library: Library, *, bigram: bool, most_states: int) -> GrammarAutomaton:
    """Return this thread's structure of a library, the same for each call while both live.

    One that has grown beyond ``most_states``, by many weights and requests, is begun afresh.
    """
    kept = _kept.structures.setdefault(library, {})
    if bigram not in kept or len(kept[bigram]) > most_states:
        kept[bigram] = GrammarAutomaton(library, bigram=bigram)
    return kept[bigram]
