"""The searches there are, by name."""

from __future__ import annotations

import math
from dataclasses import replace

from ..dsl.errors import UnknownName
from ..dsl.interpreter import Limits
from ..dsl.library import Library, Primitive
from ..dsl.likelihood import Likelihood
from .bottomup.search import applicable, bottom_up
from .native.compile import compile_primitive
from .native.evaluator import needs_compiling
from .native.heap import native_limits
from .native.kept import evaluator_of
from .search import Budget, Found, Problem, Search
from .topdown_search import top_down

__all__ = ["auto", "compile_ahead", "find_search", "make_ready", "names"]

FIRST = 0.1
"""The part of a budget that goes to the top-down search where both apply."""

GUIDED = 0.5
"""That part where there is a guide, which makes the top-down search the better one at first."""

SOON = 1.0
"""Seconds after which a guided search has found what it is likely to find, top-down."""


def auto(problem: Problem, budget: Budget) -> Found:
    """Search top-down first and bottom-up with the rest, where values can be compared.

    Top-down search is exact, open to everything, and finds all short programs of a task; bottom-up
    search goes far deeper, but keeps one program for each behaviour and needs values to compare.

    With a guide, the top-down search follows it and gets more time; the bottom-up search keeps to
    the prior, so that what the guide is blind to is found all the same, and is not needed where
    the guide's programs hold.
    """
    if applicable(problem) is not None:
        return top_down(problem, budget)
    guided = problem.guide is not None
    first = top_down(problem, budget.share(_first_share(budget) if guided else FIRST))
    if len(first.frontier) == budget.solutions or (guided and first.frontier.entries):
        return first
    plain = replace(problem, guide=None)
    return first.then(bottom_up(plain, budget.after(first)), budget.solutions)


def _first_share(budget: Budget) -> float:
    """Return the part of a budget for the guided search: half of it, if that is soon over."""
    if math.isinf(budget.seconds):
        return GUIDED
    return max(FIRST, min(GUIDED, SOON / max(budget.seconds, SOON)))


def make_ready(library: Library, likelihood: Likelihood, limits: Limits) -> None:
    """Compile or load what searches in a language need, before time counts.

    None of the language's own functions is called.
    """
    if likelihood.comparable and native_limits(limits):
        evaluator_of(library, limits)


def compile_ahead(primitive: Primitive, likelihood: Likelihood, limits: Limits) -> None:
    """Compile one primitive, so that :func:`make_ready` finds it compiled."""
    if likelihood.comparable and native_limits(limits) and needs_compiling(primitive):
        compile_primitive(primitive)


_SEARCHES: dict[str, Search] = {"auto": auto, "bottom-up": bottom_up, "top-down": top_down}


def names() -> list[str]:
    """Return the names that :func:`find_search` knows."""
    return sorted(_SEARCHES)


def find_search(name: str) -> Search:
    """Return the search called ``name``.

    Raises:
        UnknownName: if there is none, with those that there are.
    """
    if name not in _SEARCHES:
        raise UnknownName("search", name, _SEARCHES)
    return _SEARCHES[name]
