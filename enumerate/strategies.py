"""The searches there are, by name."""

from __future__ import annotations

import math
from contextlib import suppress
from dataclasses import replace
from functools import partial

from ..dsl import INT, Grammar, Library, Likelihood, Limits, Primitive, UnknownName
from .automaton.compiled_grammar import CompiledGrammar, TablesTooLarge
from .bottomup.bottomup_search import applicable, bottom_up
from .native.block import native_limits
from .native.compiler.compile import compile_primitive
from .native.evaluator import needs_compiling
from .native.evaluator_pool import evaluator_of
from .strategy import Budget, Search, SearchProblem, SearchResult
from .topdown.topdown_search import top_down

__all__ = ["auto", "compile_ahead", "find_search", "make_ready", "names"]

FIRST = 0.1
"""The part of a budget that goes to the top-down search where both apply."""

SOON = 0.1
"""Seconds after which a guided top-down search has found what it finds best, and rests."""

BROAD = 0.42
"""The part of a budget that goes to the bottom-up search by the guide."""


def auto(problem: SearchProblem, budget: Budget) -> SearchResult:
    """Search top-down first and bottom-up with the rest, where values can be compared.

    Top-down search is exact, open to everything, and finds all short programs of a task; bottom-up
    search goes far deeper, but keeps one program for each behaviour and needs values to compare.

    With a guide, both follow it in turn, until something is found: top-down for the little time in
    which it finds most, bottom-up for what is beyond its reach, and top-down once more. About half
    of a long budget is left for the bottom-up search by the prior, so that what the guide is blind
    to is found all the same.
    """
    if applicable(problem) is not None:
        return top_down(problem, budget)
    if problem.guide is not None:
        return _guided(problem, budget)
    first = top_down(problem, budget.share(FIRST))
    if len(first.frontier) == budget.solutions:
        return first
    return first.then(bottom_up(problem, budget.after(first)), budget.solutions)


def _guided(problem: SearchProblem, budget: Budget) -> SearchResult:
    soon = FIRST if math.isinf(budget.seconds) else min(FIRST, SOON / budget.seconds)
    found = top_down(problem, budget.share(soon))
    again = partial(top_down, start=found.depth)
    for search, part in ((bottom_up, BROAD), (again, FIRST)):
        if found.frontier.entries:
            return found
        found = found.then(search(problem, budget.share(part)), budget.solutions)
    if found.frontier.entries:
        return found
    plain = replace(problem, guide=None)
    return found.then(bottom_up(plain, budget.after(found)), budget.solutions)


def make_ready(library: Library, likelihood: Likelihood, limits: Limits) -> None:
    """Compile or load what searches in a language need, before time counts.

    None of the language's own functions is called.
    """
    with suppress(TablesTooLarge):
        # Loads kernels, and what numba needs.
        CompiledGrammar(Grammar.uniform(library), INT).up_to(0.0)
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
