"""Frontiers with equal programs in the place of those that were found.

A search finds one of many programs that mean the same, and not always the one that shares most with
the programs of other tasks. Given a domain's equations, each program may be replaced by an equal
one; which choice is best is decided by the objective, after compression.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace

from reverie.dsl import Frontier, Grammar, ReverieError, Symbol, Term, Variable, map_leaves

from ...dsl import Equation
from ..corpus.corpus import Corpus
from ..corpus.costs import Costs
from ..corpus.pattern import NamedPattern
from ..corpus_errors import CompressionError
from ..equations.saturation import SKEW, EqualPrograms

__all__ = ["variants"]


def variants(
    grammar: Grammar,
    frontiers: Sequence[Frontier],
    equations: Sequence[Equation],
    library: Sequence[NamedPattern],
) -> Iterator[list[Frontier]]:
    """Yield the frontiers with each program replaced by the cheapest equal one, in several ways.

    An equal program that has no prior is not taken. Nothing is yielded where nothing changes, or
    where programs nest too deeply for the equations to be applied.

    Args:
        grammar: what generates programs.
        frontiers: the tasks with their programs.
        equations: what makes programs equal.
        library: abstractions with which the programs may be written when they are priced.
    """
    leaves: dict[str, Term] = {}

    def spelt(leaf: Term, _: int) -> Term:
        """Return a leaf as the symbol that equations know it by."""
        if isinstance(leaf, Variable):
            return leaf
        leaves[str(leaf)] = leaf
        return Symbol(str(leaf))

    programs = [map_leaves(e.program, spelt) for f in frontiers for e in f.entries]
    if not programs:
        return
    try:
        equal = EqualPrograms(Corpus.from_terms(programs), equations, Costs())
    except CompressionError:
        return
    seen = {tuple(programs)}
    for known, skew in ((library, 0.0), ((), 0.0), ((), SKEW), ((), -SKEW)):
        found = equal.derived(equal.cheapest(known, skew))
        chosen = tuple(equal.program for equal in found)
        if chosen in seen:
            continue
        seen.add(chosen)
        rest = iter(chosen)
        yield [_with(grammar, f, [next(rest) for _ in f.entries], leaves) for f in frontiers]


def _with(
    grammar: Grammar, frontier: Frontier, programs: Sequence[Term], leaves: Mapping[str, Term]
) -> Frontier:
    """Return the frontier with other programs, whose symbols name what ``leaves`` says."""

    def meaning(leaf: Term, _: int) -> Term:
        if not isinstance(leaf, Symbol):
            return leaf
        known = leaves.get(leaf.name)  # else an equation has brought it in
        return grammar.library.parse(leaf.name) if known is None else known

    entries = []
    for entry, found in zip(frontier.entries, programs, strict=True):
        try:
            program = map_leaves(found, meaning)
        except ReverieError:
            program = entry.program
        prior = grammar.log_prior(program, frontier.task.request)
        if prior == -math.inf:
            entries.append(entry)
        else:
            entries.append(replace(entry, program=program, log_prior=prior))
    return Frontier.of(frontier.task, entries)
