"""Symmetries found by testing: arguments that commute, or of which only a projection matters.

A function that ignores some of its parameters sees less of the list that it is applied to. What
``fold`` makes of a body that ignores the elements depends on how many there are; what it makes of a
body that ignores the accumulator depends on the first. So of all lists that are equal under such a
projection the search needs one, the cheapest: see :mod:`.list_projections`, :mod:`.combinations`.

Unless a primitive declares itself commutative or not, or asks not to be judged by tests
(:attr:`reverie.dsl.Primitive.tested`), it is all found out. A production is run by the reference
interpreter, with functions that give random values, and a projection is taken to be enough if
changing what it hides never changes a result. A function that never fails is treated apart from one
that may, since a body that fails at an element shows that the element is there. Since this prunes,
a wrong guess can lose programs. Ours.
"""

from __future__ import annotations

import weakref
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass
from itertools import product
from random import Random
from typing import Any, Final

from ....dsl import Failure, Library, Production, Type, is_list, is_plain, sample
from ...time_limits import TimeIsUp
from .list_projections import (
    ALL,
    EMPTINESS,
    HEAD,
    LAST,
    LENGTH,
    LENGTH_AND_HEAD,
    LENGTH_AND_LAST,
    NOTHING,
)
from .probing import declared, runs_of, same, trusted

__all__ = ["Dependence", "Symmetries", "symmetries_of"]

OF_LISTS: Final = (EMPTINESS, LENGTH, HEAD, LAST, LENGTH_AND_HEAD, LENGTH_AND_LAST)
"""The projections of a list, those that show least first."""

LEAST_VALUES: Final = 6
"""How many samples have to give a value for what they show to be believed."""

MOST_CALLS = 100
"""Of a sample function within one run: a loop that waits for its value may never end."""


@dataclass(frozen=True)
class Dependence:
    """What a production's result depends on, once its function is known to ignore parameters.

    Attributes:
        always: for each argument its projection; ``ALL`` for the function's own place.
        filled: the same where no other argument is an empty list.
        lists: the arguments that are lists.
    """

    always: tuple[int, ...]
    filled: tuple[int, ...]
    lists: tuple[int, ...]


@dataclass(frozen=True)
class Symmetries:
    """What was found of a library; productions by their position.

    Attributes:
        views: of productions with one function among their arguments, by whether the function
            never fails, and the parameters that it uses: bit j stands for its variable ``$j``.
        commutative: productions of two arguments that may change places.
    """

    views: dict[int, dict[tuple[bool, int], Dependence]]
    commutative: frozenset[int]


_known: weakref.WeakKeyDictionary[Library, Symmetries] = weakref.WeakKeyDictionary()


def symmetries_of(library: Library) -> Symmetries:
    """Return the symmetries of a library, found the first time they are asked for."""
    found = _known.get(library)
    if found is None:
        views = {}
        commutative = []
        primitives, allowed = declared(library), trusted(library)
        runs = zip(library.productions, runs_of(library), strict=True)
        with suppress(TimeIsUp):
            for number, (production, run) in enumerate(runs):
                if not production.type.is_arrow:
                    continue
                primitive = primitives[number]
                said = None if primitive is None else primitive.commutative
                if said or (
                    said is None
                    and allowed[number]
                    and _may_commute(production)
                    and _commutes(production, run)
                ):
                    commutative.append(number)
                if not allowed[number]:
                    continue
                place = _place_of_function(production)
                if place is not None:
                    views[number] = _views(production, run, place)
        found = _known[library] = Symmetries(views, frozenset(commutative))
    return found


# ---- sample functions ----------------------------------------------------------------------------


class _Function:
    """A function with random values, the same for the same arguments among those that it uses.

    Args:
        type: its type.
        uses: bit j says that it uses its parameter ``$j``, the last but j.
        total: whether it never fails.
        seed: makes it another function.
    """

    def __init__(self, type: Type, uses: int, total: bool, seed: int) -> None:
        self.result = type.result
        count = len(type.parameters)
        self.used = [i for i in range(count) if uses >> (count - 1 - i) & 1]
        self.total = total
        self.seed = seed
        self.calls = 0

    def __call__(self, *arguments: Any) -> Any:
        self.calls += 1
        if self.calls > MOST_CALLS:
            raise RuntimeError("called too often")
        random = Random(f"{self.seed} {[arguments[i] for i in self.used]}")
        if not self.total and random.random() < 0.25:
            raise ValueError("no value here")
        return sample(random, self.result)


# ---- arguments that may change places -----------------------------------------------------------


def _may_commute(production: Production) -> bool:
    parameters = production.type.parameters
    return len(parameters) == 2 and parameters[0] is parameters[1] and is_plain(parameters[0])


def _commutes(production: Production, run: Callable[..., Any]) -> bool:
    random = Random(0)
    asked = production.type.parameters[0]
    pairs = [(sample(random, asked), sample(random, asked)) for _ in range(40)]
    return _agree((run(x, y), run(y, x)) for x, y in pairs)


def _agree(results: Iterable[tuple[Any, Any]]) -> bool:
    """Say whether both of each pair are the same, and whether that means anything.

    What fails on nearly all samples, or gives one value for them all, was not tried on what it is
    made for.
    """
    values = []
    for one, other in results:
        if not same(one, other):
            return False
        if not isinstance(one, Failure):
            values.append(one)
    return len(values) >= LEAST_VALUES and any(value != values[0] for value in values)


# ---- views --------------------------------------------------------------------------------------


def _place_of_function(production: Production) -> int | None:
    """Return which argument is a function, if just one is and others are lists or plain values."""
    parameters = production.type.parameters
    functions = [i for i, p in enumerate(parameters) if p.is_arrow]
    if len(functions) != 1 or len(parameters) < 2 or not is_plain(production.type.result):
        return None
    inner = parameters[functions[0]]
    plain = [*inner.parameters, inner.result, *(p for p in parameters if not p.is_arrow)]
    return functions[0] if all(not t.is_arrow and is_plain(t) for t in plain) else None


def _views(
    production: Production, run: Callable[..., Any], place: int
) -> dict[tuple[bool, int], Dependence]:
    function = production.type.parameters[place]
    count = len(production.type.parameters)
    every = 1 << len(function.parameters)
    lists = tuple(i for i, p in enumerate(production.type.parameters) if is_list(p))
    found = {}
    for total, uses in product((True, False), range(every)):
        if uses == every - 1:
            continue
        views = [[ALL] * count, [ALL] * count]
        for filled, k in product((False, True), range(count)):
            if k != place:
                views[filled][k] = _least_view(production, run, place, k, (total, uses), filled)
        found[total, uses] = Dependence(tuple(views[0]), tuple(views[1]), lists)
    return found


def _least_view(
    production: Production,
    run: Callable[..., Any],
    place: int,
    argument: int,
    function: tuple[bool, int],
    filled: bool,
) -> int:
    """Return the view that shows least of an argument, of those that show enough."""
    parameters = production.type.parameters
    views: tuple[int, ...] = (NOTHING, *(OF_LISTS if is_list(parameters[argument]) else ()))
    for view in views:
        pairs = _pairs(parameters, place, argument, view, filled, function)
        if _agree((run(*one), run(*other)) for one, other in pairs):
            return view
    return ALL


def _pairs(
    parameters: Sequence[Type],
    place: int,
    argument: int,
    view: int,
    filled: bool,
    function: tuple[bool, int],
) -> Iterator[tuple[list[Any], list[Any]]]:
    """Yield arguments that differ in one place only, where they look the same."""
    total, uses = function
    random = Random(view)
    for seed in range(24):
        given: list[Any] = []
        for i, parameter in enumerate(parameters):
            size = None
            if filled and i != argument and is_list(parameter):
                size = random.randint(1, 3)
            given.append(None if i == place else sample(random, parameter, size))
        changed = list(given)
        if view == NOTHING:
            changed[argument] = sample(random, parameters[argument])
        else:
            changed[argument] = _alike(random, given[argument], parameters[argument], view)
        for arguments in (given, changed):
            arguments[place] = _Function(parameters[place], uses, total, seed)
        yield given, changed


def _alike(random: Random, xs: list[Any], asked: Type, view: int) -> list[Any]:
    """Return another list that looks the same."""
    if not xs:
        return []
    count = len(xs) if view in (LENGTH, LENGTH_AND_HEAD, LENGTH_AND_LAST) else random.randint(1, 4)
    other: list[Any] = sample(random, asked, count)
    if view in (HEAD, LENGTH_AND_HEAD):
        other[0] = xs[0]
    if view in (LAST, LENGTH_AND_LAST):
        other[-1] = xs[-1]
    return other
