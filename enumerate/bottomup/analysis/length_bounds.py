"""Length abstraction of list functions, found by testing: the result's length by the arguments'.

``map`` gives a list as long as its argument, ``++`` one as long as both together, ``cons`` one that
is longer by one, and ``filter`` one that is no longer. Where the goal's length is known, a program
that can only miss it need not be evaluated. Feng et al. 2017 (Morpheus) prune by such abstractions
of components, given by hand; here they are found. Since it prunes, a wrong guess can lose programs.
"""

from __future__ import annotations

import weakref
from collections.abc import Callable, Iterator
from contextlib import suppress
from dataclasses import dataclass
from itertools import combinations
from random import Random
from typing import Any, Final

from ....dsl import Failure, Library, Production, Type, is_list, is_plain, sample
from ...time_limits import TimeIsUp
from .probing import runs_of, trusted

__all__ = ["LengthBound", "lengths_of"]

RUNS: Final = 60
LEAST_INFORMATIVE: Final = 12
"""So many runs at least must have a value."""
LONGEST: Final = 12
"""Of the sample lists."""


@dataclass(frozen=True)
class LengthBound:
    """What is known of how long a production's result is.

    Attributes:
        arguments: the lists that it depends on.
        more: what their lengths have to be added to.
        exact: whether the sum is the result's length; if not the result is no longer than each.
    """

    arguments: tuple[int, ...]
    more: int
    exact: bool


_known: weakref.WeakKeyDictionary[Library, dict[int, LengthBound]] = weakref.WeakKeyDictionary()


def lengths_of(library: Library) -> dict[int, LengthBound]:
    """Return what is known of lengths, by the position of the production."""
    found = _known.get(library)
    if found is None:
        found = {}
        allowed = trusted(library)
        runs = zip(library.productions, runs_of(library), strict=True)
        with suppress(TimeIsUp):
            for number, (production, run) in enumerate(runs):
                if allowed[number] and (length := _length(production, run)) is not None:
                    found[number] = length
        _known[library] = found
    return found


def _length(production: Production, run: Callable[..., Any]) -> LengthBound | None:
    parameters = production.type.parameters
    lists = [i for i, parameter in enumerate(parameters) if is_list(parameter)]
    plain = (t for p in parameters for t in ((*p.parameters, p.result) if p.is_arrow else (p,)))
    if not lists or not is_list(production.type.result) or not all(map(_is_sampled, plain)):
        return None
    sums: dict[tuple[int, ...], int | None] = {
        chosen: None for size in range(1, len(lists) + 1) for chosen in combinations(lists, size)
    }
    bounds = set(lists)
    informative = 0
    for sizes, result in _results(parameters, lists, run):
        if isinstance(result, Failure):
            continue
        informative += 1
        for chosen, more in list(sums.items()):
            rest = len(result) - sum(sizes[i] for i in chosen)
            if more is None or rest == more:
                sums[chosen] = rest
            else:
                del sums[chosen]
        bounds -= {i for i in bounds if len(result) > sizes[i]}
        if not sums and not bounds:
            return None
    if informative < LEAST_INFORMATIVE:
        return None
    for chosen, more in sums.items():
        return LengthBound(chosen, more or 0, True)
    return LengthBound(tuple(sorted(bounds)), 0, False)


def _is_sampled(asked: Type) -> bool:
    return not asked.is_arrow and is_plain(asked)


def _results(
    parameters: tuple[Type, ...], lists: list[int], run: Callable[..., Any]
) -> Iterator[tuple[dict[int, int], Any]]:
    """Yield the lengths of sample lists, and what they give."""
    random = Random(0)
    for _ in range(RUNS):
        sizes = {i: random.randint(0, LONGEST) for i in lists}
        yield (
            sizes,
            run(
                *(
                    _function(random, parameter.result)
                    if parameter.is_arrow
                    else sample(random, parameter, sizes.get(i))
                    for i, parameter in enumerate(parameters)
                )
            ),
        )


def _function(random: Random, wanted: Type) -> Callable[..., Any]:
    """Return a function that gives a few random values in turn."""
    values = [sample(random, wanted) for _ in range(5)]
    calls = 0

    def call(*_: Any) -> Any:
        nonlocal calls
        calls += 1
        return values[calls % len(values)]

    return call
