"""Redundant terms: two nested productions that equal something simpler, found by testing.

``reverse (reverse xs)`` is ``xs``, ``sort (reverse xs)`` is ``sort xs``, ``+ 0 x`` is ``x``, and
``if true x y`` too. Rewrite rules are inferred from values on samples, in the manner of Nandi et
al. 2021 (Ruler), but only such as a search can use by leaving out heads of arguments. Whatever the
variables stand for, what is simpler is a part of the term, or the term with an inner call replaced
by one of its arguments, so it costs less in any grammar without bigrams; nor does it fail where the
term has a value. The search need not make such terms. Since this prunes, a wrong guess can lose
programs.
"""

from __future__ import annotations

import weakref
from collections.abc import Callable, Iterator, Sequence
from contextlib import suppress
from random import Random
from typing import Any, Final

from ....dsl import INT, Failure, Library, Production, Type, is_list, is_plain, sample
from ...time_limits import TimeIsUp
from .probing import WatchedProductions, same, trusted

__all__ = ["Heads", "simplifiable"]

RUNS: Final = 200
LEAST_INFORMATIVE: Final = 25
"""So many of the samples at least must have a value."""
ENOUGH: Final = 100
"""So many are enough."""

Heads = tuple[frozenset[int], ...]
"""For each argument the productions that may as well not stand there."""

_known: weakref.WeakKeyDictionary[Library, dict[int, Heads]] = weakref.WeakKeyDictionary()


def simplifiable(library: Library) -> dict[int, Heads]:
    """Return for productions which heads of their arguments allow something simpler."""
    found = _known.get(library)
    if found is None:
        found = _known[library] = _find(library)
    return found


def _find(library: Library) -> dict[int, Heads]:
    trials = WatchedProductions(library)
    allowed = trusted(library)
    calls = {
        number: _TestedProduction(production, run)
        for number, (production, run) in enumerate(
            zip(library.productions, trials.functions, strict=True)
        )
        if allowed[number] and all(not t.is_arrow and is_plain(t) for t in _types(production))
    }
    judge = trials.watch(_is_simplifiable, False)
    found = {}
    with suppress(TimeIsUp):
        for number, outer in calls.items():
            heads = tuple(
                frozenset(
                    head
                    for head, inner in calls.items()
                    if inner.result is asked and judge(outer, place, inner)
                )
                for place, asked in enumerate(outer.parameters)
            )
            if any(heads):
                found[number] = heads
    return found


def _types(production: Production) -> tuple[Type, ...]:
    return *production.type.parameters, production.type.result


class _TestedProduction:
    """A production, its type variables integers."""

    def __init__(self, production: Production, run: Callable[..., Any]) -> None:
        integers = dict.fromkeys(production.type.variables, INT)
        self.parameters = [t.replace(integers) for t in production.type.parameters]
        self.result = production.type.result.replace(integers)
        self._run = run
        self._random = Random(0)
        self._runs: list[tuple[list[Any], Any]] = []

    def __call__(self, arguments: Sequence[Any]) -> Any:
        failed = next((x for x in arguments if isinstance(x, Failure)), None)
        return failed if failed is not None else self._run(*arguments)

    def runs(self) -> Iterator[tuple[list[Any], Any]]:
        """Yield sample arguments, and the value for them; they are the same every time."""
        for i in range(RUNS):
            if i == len(self._runs):
                given = [_sample(self._random, t) for t in self.parameters]
                self._runs.append((given, self(given)))
            yield self._runs[i]


def _sample(random: Random, wanted: Type) -> Any:
    """Return a random value: a small number often, since coincidences tell terms apart."""
    if wanted is INT and random.random() < 0.5:
        return random.randint(-1, 2)
    return sample(random, wanted, random.randint(0, 7) if is_list(wanted) else None)


def _is_simplifiable(outer: _TestedProduction, place: int, inner: _TestedProduction) -> bool:
    """Say whether ``outer`` with a call of ``inner`` as an argument always equals one rival."""
    random = Random(1)
    rivals: set[int] | None = None
    informative = 0
    for given, value in inner.runs():
        others = [_sample(random, t) for t in outer.parameters]
        others[place] = value
        result = outer(others)
        if isinstance(result, Failure):
            continue
        informative += 1
        rivals = {
            i
            for i, (asked, rival) in enumerate(_rivals(outer, place, inner, given, others))
            if (rivals is None or i in rivals) and asked is outer.result and same(result, rival())
        }
        if not rivals:
            return False
        if informative == ENOUGH:
            break
    return informative >= LEAST_INFORMATIVE


def _rivals(
    outer: _TestedProduction,
    place: int,
    inner: _TestedProduction,
    given: list[Any],
    others: list[Any],
) -> Iterator[tuple[Type, Callable[[], Any]]]:
    """Yield what is simpler than the term, always in the same order: its type and its value."""
    for asked, value in zip(inner.parameters, given, strict=True):
        yield asked, lambda value=value: value  # type: ignore[misc]
        if asked is outer.parameters[place]:
            arguments = [*others[:place], value, *others[place + 1 :]]
            yield outer.result, lambda arguments=arguments: outer(arguments)  # type: ignore[misc]
    for asked, value in zip(outer.parameters, others, strict=True):
        yield asked, lambda value=value: value  # type: ignore[misc]
