"""What the log prior of programs depends on, as arrays: many programs at once, for any weights.

:func:`reverie.dsl.model.grammar.summarise` follows one program through type inference, in Python.
Here programs given as tokens are walked through a structure
(:mod:`reverie.enumerate.automaton.automaton`), which has done the inference once for all; what no
program passed before is built on the way.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from ...dsl import Library, Type, TypeMismatch, kernel_types, njit
from ..tokens import LAMBDA, Tokens, decode
from .automaton import GrammarAutomaton
from .automaton_layout import (
    AUTOMATON,
    CLASS_ROW,
    CLASS_SET,
    CLASS_VARIABLE,
    ITEM_BLOCK,
    ITEM_HOLE,
    ITEM_LAMBDAS,
    MISSING,
    OUTCOME_LOCAL,
    RULE_COLUMN,
    RULE_TARGET,
    RULE_TOKEN,
    STATE_CLASS,
    STATE_COUNT,
    STATE_RULES,
    STATE_VARIABLES,
    AutomatonArrays,
    Int32,
)

__all__ = ["ChoiceClasses", "PriorStatistics", "Summariser"]

Int64 = NDArray[np.int64]

# How a walk may end: all programs done, or at one with something that is to be built, or that does
# not fit.
_DONE, _RULES, _RULE, _TRANSITION, _MISFIT = 0, 1, 2, 3, 4


class PriorStatistics(NamedTuple):
    """What the log prior of each of some programs depends on.

    The log prior of program i is ``constants[i]`` plus, over the heads in
    ``starts[i]:starts[i + 1]``, the weight of the head's column in the row of its class, less the
    log of the total weight of the class's candidates there.
    """

    starts: Int64  # (programs + 1,)
    classes: Int32  # (heads,): which row of weights and which candidates, see Classes
    columns: Int32  # (heads,): what was chosen
    constants: NDArray[np.float64]  # (programs,): minus the log of the number of variables, summed


class ChoiceClasses(NamedTuple):
    """The kinds of choices there are: a row of bigram weights, and what can be chosen."""

    rows: Int32  # (classes,)
    offered: NDArray[np.bool_]  # (classes, productions + 1): the last column is the variables


class Summariser:
    """Summarises programs of one library; numbers of classes hold for all that it summarised.

    Args:
        library: the library.
        structure: a bigram structure of the library to build on; a new one if None.
    """

    def __init__(self, library: Library, structure: GrammarAutomaton | None = None) -> None:
        self.library = library
        self._structure = GrammarAutomaton(library, bigram=True) if structure is None else structure

    def summarise(self, tokens: Tokens, starts: Int64, request: Type) -> PriorStatistics:
        """Summarise programs of one request.

        Args:
            tokens: the programs one after another (see :mod:`reverie.enumerate.tokens`).
            starts: (programs + 1,): program i is ``tokens[starts[i]:starts[i + 1]]``.
            request: their type.

        Raises:
            TypeMismatch: if the grammar cannot generate one of them at this type.
        """
        structure = self._structure
        root = structure.root(request)
        lambdas = len(request.parameters)
        tokens = np.ascontiguousarray(tokens, dtype=np.int16)
        starts = np.ascontiguousarray(starts, dtype=np.int64)
        found = PriorStatistics(
            np.zeros(len(starts), dtype=np.int64),
            np.empty(len(tokens), dtype=np.int32),
            np.empty(len(tokens), dtype=np.int32),
            np.zeros(len(starts) - 1),
        )
        stack = np.empty(len(tokens) + 1, dtype=np.int32)
        program = 0
        while True:
            records = structure.records()
            program, reason, a, b = _walk(
                tokens, starts, program, root, lambdas, records, stack, *found
            )
            del records
            if reason == _DONE:
                break
            if reason == _RULES:
                structure.build_rules(a)
            elif reason == _RULE:
                structure.build_rule(a, b)
            elif reason == _TRANSITION:
                structure.build_transition(a, b)
            else:
                wrong = decode(tokens[starts[program] : starts[program + 1]], self.library)
                raise TypeMismatch(
                    f"{self.library.show(wrong)} is no program of type {request} in eta-long form"
                )
        heads = int(found.starts[-1])
        return found._replace(classes=found.classes[:heads], columns=found.columns[:heads])

    def classes(self) -> ChoiceClasses:
        """Return all classes met so far, by their numbers."""
        records = self._structure.records()
        numbers = records.classes
        offered = np.zeros((len(numbers), len(self.library) + 1), dtype=np.bool_)
        for number, members in enumerate(numbers[:, CLASS_SET].tolist()):
            start, end = records.set_starts[members : members + 2]
            offered[number, records.sets[start:end]] = True
        offered[:, -1] = numbers[:, CLASS_VARIABLE] != 0
        return ChoiceClasses(numbers[:, CLASS_ROW].copy(), offered)


_INT, _INTS = kernel_types.int64, kernel_types.int32[::1]


@njit(
    kernel_types.UniTuple(_INT, 4)(
        kernel_types.int16[::1],
        kernel_types.int64[::1],
        _INT,
        _INT,
        _INT,
        AUTOMATON,
        _INTS,
        kernel_types.int64[::1],
        _INTS,
        _INTS,
        kernel_types.float64[::1],
    ),
    cache=True,
    nogil=True,
)
def _walk(
    tokens: Tokens,
    starts: Int64,
    program: int,
    root: int,
    root_lambdas: int,
    automaton: AutomatonArrays,
    stack: Int32,
    heads: Int64,
    classes: Int32,
    columns: Int32,
    constants: NDArray[np.float64],
) -> tuple[int, int, int, int]:
    """Summarise programs from ``program`` on; stop at one that needs something built.

    Args:
        tokens, starts: the programs.
        program: the first to summarise; those before it are done.
        root, root_lambdas: the state of whole programs, and the lambdas around it.
        automaton: the records.
        stack: room for the items whose holes are open.
        heads, classes, columns, constants: receive the summaries.

    Returns:
        The program it stopped at, why, and what is missing: a state, a state and a rule, or an
        item and an outcome.
    """
    states, rules, items = automaton.states, automaton.rules, automaton.items
    outcomes, transitions = automaton.outcomes, automaton.transitions
    for p in range(program, len(starts) - 1):
        place, end = starts[p], starts[p + 1]
        written = heads[p]
        constants[p] = 0.0
        state, lambdas, depth = root, root_lambdas, 0
        open_holes = True
        while open_holes:
            # ---- 1. the lambdas around the hole, and the rule of the head that fills it ----------
            for _ in range(lambdas):
                if place >= end or tokens[place] != LAMBDA:
                    return p, _MISFIT, 0, 0
                place += 1
            if place >= end:
                return p, _MISFIT, 0, 0
            count = states[state, STATE_COUNT]
            if count < 0:
                return p, _RULES, state, 0
            first = states[state, STATE_RULES]
            rule = first
            while rule < first + count and rules[rule, RULE_TOKEN] != tokens[place]:
                rule += 1
            if rule == first + count:
                return p, _MISFIT, 0, 0
            # ---- 2. what the prior of this choice depends on -------------------------------------
            classes[written] = states[state, STATE_CLASS]
            columns[written] = rules[rule, RULE_COLUMN]
            written += 1
            if tokens[place] < 0:
                constants[p] -= np.log(states[state, STATE_VARIABLES])
            place += 1
            # ---- 3. the next hole: the head's first, or one further out --------------------------
            following = rules[rule, RULE_TARGET]
            if following == MISSING:
                return p, _RULE, state, rule
            while following < 0 and depth > 0:  # an outcome, as -2 - number: the hole is filled
                item, outcome = stack[depth - 1], -2 - following
                depth -= 1
                following = transitions[items[item, ITEM_BLOCK] + outcomes[outcome, OUTCOME_LOCAL]]
                if following == MISSING:
                    return p, _TRANSITION, item, outcome
            if following < 0:
                open_holes = False
            else:
                stack[depth] = following
                depth += 1
                state, lambdas = items[following, ITEM_HOLE], items[following, ITEM_LAMBDAS]
        if place != end:
            return p, _MISFIT, 0, 0
        heads[p + 1] = written
    return len(starts) - 1, _DONE, 0, 0
