"""Operator properties found by testing: what a goal says about the arguments of a primitive.

Nothing is declared. Primitives are run by the reference interpreter on sample values, and what
holds for all of them is taken to hold. A wrong guess is harmless: whatever deduction concludes from
it is a proposal, judged like any other program. The use of inverses follows Polozov and Gulwani
2015 (FlashMeta), where they are written by hand; finding them by testing is ours.

* An *inverse* gives an interval of one argument of ``f(x, y) = z`` from ``z`` and the other: a
  difference for a sum, whatever is at most the goal for the larger of two; see :mod:`.intervals`.
* A *choice* returns its second or third argument as its first, a truth value, says.
* A *wrapper* is undone by a primitive of one argument: reversing by reversing.
* A *filter* keeps the elements of a list for which a function is true, in their order.
"""

from __future__ import annotations

import weakref
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from itertools import product
from typing import Any

from ....dsl import (
    BOOL,
    INT,
    Failure,
    Library,
    Production,
    Symbol,
    Type,
    TypeConstructor,
    TypeVariable,
)
from ...time_limits import TimeIsUp
from ..intervals import INVERSES, undo
from .probing import runs_of

__all__ = ["Inverse", "OperatorProperties", "operator_properties_of"]

NUMBERS = (0, 1, 2, 3, 5, 8, 13, -1, -2, -7)
LISTS: tuple[list[int], ...] = ([], [3], [1, 2], [4, 0, 7, 2], [9, 3, 3, 1, 6], [0, 0, 1])

TESTS: tuple[Callable[[int], bool], ...] = (
    lambda x: x % 2 == 0,
    lambda x: x > 2,
    lambda x: False,
    lambda x: True,
)


@dataclass(frozen=True)
class Inverse:
    """A way to find one argument of a production from the goal and the other.

    Attributes:
        production: its position in the library.
        kind: one of :data:`.intervals.INVERSES`.
        known: the position of the argument that is known, 0 or 1.
    """

    production: int
    kind: int
    known: int


@dataclass(frozen=True)
class OperatorProperties:
    """What was found of a library; productions by their position.

    Attributes:
        inverses: of functions of two integers to an integer.
        choices: functions of a truth value and two values of one type, to the latter.
        wrappers: functions of a list to a list, each with the one that undoes it.
        filters: functions of a test and a list of what it tests, in either order, to such a list.
    """

    inverses: tuple[Inverse, ...]
    choices: tuple[int, ...]
    wrappers: tuple[tuple[int, int], ...]
    filters: tuple[int, ...]


_known: weakref.WeakKeyDictionary[Library, OperatorProperties] = weakref.WeakKeyDictionary()


def operator_properties_of(library: Library) -> OperatorProperties:
    """Return the algebra of a library, found the first time it is asked for."""
    found = _known.get(library)
    if found is None:
        found = _known[library] = _find(library)
    return found


def _find(library: Library) -> OperatorProperties:
    runs = runs_of(library)
    inverses, choices, unary, filters, wrappers = [], [], [], [], []
    with suppress(TimeIsUp):
        for number, production in enumerate(library.productions):
            if not isinstance(production.term, Symbol):
                continue
            run = runs[number]
            if production.type.parameters == (INT, INT) and production.type.result is INT:
                for known, inverse in product((0, 1), INVERSES):
                    if _is_inverse(run, inverse, known):
                        inverses.append(Inverse(number, inverse, known))
            elif _is_choice(production, run):
                choices.append(number)
            elif _is_list_function(production):
                unary.append(number)
            elif _is_filter(production, run):
                filters.append(number)
        for f, g in product(unary, unary):
            if _undoes(runs[f], runs[g]):
                wrappers.append((f, g))
    return OperatorProperties(tuple(inverses), tuple(choices), tuple(wrappers), tuple(filters))


def _is_inverse(run: Callable[..., Any], inverse: int, known: int) -> bool:
    """Say whether bounds are exact: they hold the values that give a result, and no others."""
    informative = 0
    for x in NUMBERS:
        results = [(y, run(x, y) if known == 0 else run(y, x)) for y in NUMBERS]
        values = {z for _, z in results if not isinstance(z, Failure)}
        informative += len(values)
        for z in values:
            low, high = undo(inverse, z, z, x)
            if any((low <= y <= high) != (result == z) for y, result in results):
                return False
    return informative > len(NUMBERS)


def _is_choice(production: Production, run: Callable[..., Any]) -> bool:
    parameters, result = production.type.parameters, production.type.result
    if len(parameters) != 3 or parameters[0] is not BOOL or parameters[1:] != (result, result):
        return False
    if not (result is INT or isinstance(result, TypeVariable)):
        return False
    return all(run(c, 3, 8) == (3 if c else 8) for c in (True, False))


def _is_list_function(production: Production) -> bool:
    parameters, result = production.type.parameters, production.type.result
    return (
        parameters == (result,)
        and isinstance(result, TypeConstructor)
        and result.name == "list"
        and _takes_integers(result.arguments[0])
    )


def _is_filter(production: Production, run: Callable[..., Any]) -> bool:
    parameters, result = production.type.parameters, production.type.result
    if len(parameters) != 2 or result not in parameters:
        return False
    test, *others = sorted(parameters, key=lambda parameter: not parameter.is_arrow)
    if others != [result] or test.result is not BOOL or len(test.parameters) != 1:
        return False
    for keeps, sample in product(TESTS, LISTS):
        given = (keeps, list(sample)) if parameters[0] is test else (list(sample), keeps)
        if run(*given) != [x for x in sample if keeps(x)]:
            return False
    return True


def _takes_integers(type: Type) -> bool:
    return type is INT or isinstance(type, TypeVariable)


def _undoes(run: Callable[..., Any], other: Callable[..., Any]) -> bool:
    """Say whether ``other`` gives back what ``run`` was given, and ``run`` changes anything."""
    values = [(sample, run(list(sample))) for sample in LISTS]
    if any(isinstance(value, Failure) for _, value in values):
        return False
    return any(value != sample for sample, value in values) and all(
        other(value) == sample for sample, value in values
    )
