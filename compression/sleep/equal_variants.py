"""Frontiers with equal programs in the place of those that were found.

A search finds one of many programs that mean the same, and not always the one that shares most with
the programs of other tasks. Given a domain's equations, each program may be replaced by an equal
one; which choice is best is decided by the objective, after compression.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from dataclasses import replace

from reverie.dsl import Frontier, Grammar, ReverieError

from ...dsl import Equation
from ..abstraction import Abstraction
from ..corpus.costs import Costs
from ..corpus_errors import CompressionError
from ..equations.saturation import SKEW, EqualPrograms

__all__ = ["variants"]


def variants(
    grammar: Grammar,
    frontiers: Sequence[Frontier],
    equations: Sequence[Equation],
    library: Sequence[Abstraction],
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
    texts = [str(entry.program) for frontier in frontiers for entry in frontier.entries]
    if not texts:
        return
    try:
        equal = EqualPrograms(texts, equations, Costs())
    except CompressionError:
        return
    seen = {tuple(texts)}
    for known, skew in ((library, 0.0), ((), 0.0), ((), SKEW), ((), -SKEW)):
        found = equal.derived(equal.cheapest(known, skew))
        chosen = tuple(program.text for program in found)
        if chosen in seen:
            continue
        seen.add(chosen)
        programs = iter(chosen)
        yield [_with(grammar, f, [next(programs) for _ in f.entries]) for f in frontiers]


def _with(grammar: Grammar, frontier: Frontier, texts: Sequence[str]) -> Frontier:
    entries = []
    for entry, text in zip(frontier.entries, texts, strict=True):
        try:
            program = grammar.library.parse(text)
        except ReverieError:
            program = entry.program
        prior = grammar.log_prior(program, frontier.task.request)
        if prior == -math.inf:
            entries.append(entry)
        else:
            entries.append(replace(entry, program=program, log_prior=prior))
    return Frontier.of(frontier.task, entries)
