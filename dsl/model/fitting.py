"""Fitting a grammar to frontiers, and scoring frontiers by a grammar."""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence

from ..language.library import Library
from ..support.errors import TypeMismatch, UnknownName
from .frontier import Frontier
from .grammar import Grammar, Summary, refit, summarise

__all__ = ["fit", "refitted", "rescored"]


def rescored(grammar: Grammar, frontier: Frontier) -> Frontier:
    """Return the frontier with its programs' log priors under ``grammar``, best first."""
    return _scored(grammar, frontier, _summaries(grammar.library, frontier))


def fit(grammar: Grammar, frontiers: Iterable[Frontier], pseudo_counts: float) -> Grammar:
    """Fit the weights to frontiers by one inside-outside step (see :func:`~.grammar.refit`).

    Each program weighs as much as its posterior within its frontier, under ``grammar`` as it is.

    Args:
        grammar: the library, and the weights to begin with.
        frontiers: solved tasks; a program that the grammar cannot generate does not count.
        pseudo_counts: added to all counts.
    """
    return refitted(grammar, list(frontiers), pseudo_counts)[0]


def refitted(
    grammar: Grammar,
    frontiers: Sequence[Frontier],
    pseudo_counts: float,
    summaries: Sequence[Sequence[Summary | None]] | None = None,
) -> tuple[Grammar, list[Frontier]]:
    """Return the grammar fitted to frontiers (see :func:`fit`), and these as scored by it.

    Args:
        grammar, frontiers, pseudo_counts: as for :func:`fit`.
        summaries: those of each frontier's programs, where they are known already.
    """
    if summaries is None:
        summaries = [_summaries(grammar.library, frontier) for frontier in frontiers]
    rows: list[tuple[Summary, float]] = []
    for frontier, known in zip(frontiers, summaries, strict=True):
        by_program = dict(zip((e.program for e in frontier.entries), known, strict=True))
        for entry, weight in _scored(grammar, frontier, known).meant():
            summary = by_program[entry.program]
            if summary is not None:
                rows.append((summary, weight))
    fitted = refit(grammar, rows, pseudo_counts)
    scored = [_scored(fitted, f, known) for f, known in zip(frontiers, summaries, strict=True)]
    return fitted, scored


def _summaries(library: Library, frontier: Frontier) -> list[Summary | None]:
    """Return what each program's prior depends on; None where it has none."""
    found: list[Summary | None] = []
    for entry in frontier.entries:
        try:
            found.append(summarise(entry.program, frontier.task.request, library))
        except (TypeMismatch, UnknownName):
            found.append(None)
    return found


def _scored(grammar: Grammar, frontier: Frontier, summaries: Sequence[Summary | None]) -> Frontier:
    return frontier.rescore(-math.inf if s is None else grammar.score(s) for s in summaries)
