"""Fitting a grammar to frontiers, and scoring frontiers by a grammar.

With u(j) the expected number of times that production j was chosen, and a(j) the expected number of
holes at which it was a candidate, both under the posteriors within the frontiers,

    theta'(j) = log(u(j) + c) - log(a(j) + c),

where c is the pseudo-count. It is one step of inside-outside with the alignment left as it is, and
DreamCoder's estimate, not a normalised multinomial (Ellis et al., PLDI 2021; ``fragmentGrammar.py``
and ``compression.ml`` in its published code).
"""

from __future__ import annotations

import math
from collections import defaultdict
from collections.abc import Iterable, Sequence

import numpy as np

from ..calculus.types import Type
from ..language.library import Library
from ..support.errors import TypeMismatch, UnknownName
from .frontier import Frontier
from .grammar import Grammar, Summary, Weights, summarise

__all__ = ["fit", "fitted_weights", "refit", "refitted", "rescored"]


def rescored(grammar: Grammar, frontier: Frontier) -> Frontier:
    """Return the frontier with its programs' log priors under ``grammar``, best first."""
    return _scored(grammar, frontier, _summaries(grammar.library, frontier))


def fit(grammar: Grammar, frontiers: Iterable[Frontier], pseudo_counts: float) -> Grammar:
    """Fit the weights to frontiers by one inside-outside step (see :func:`refit`).

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


# ---- weights from counts ------------------------------------------------------------------------


def fitted_weights(uses: Weights, possible: Weights, pseudo_counts: float) -> Weights:
    """Return log(uses + c) - log(possible uses + c), elementwise: the estimate of all refits.

    Args:
        uses: how often each production was chosen.
        possible: how often it was a candidate; of the shape of ``uses``.
        pseudo_counts: c.
    """
    fitted: Weights = np.log(uses + pseudo_counts) - np.log(possible + pseudo_counts)
    return fitted


def refit(
    grammar: Grammar, summaries: Iterable[tuple[Summary, float]], pseudo_counts: float
) -> Grammar:
    """Fit the weights to weighted programs: one inside-outside step with pseudo-counts.

    A production is possibly used at each hole that it is a candidate for (see
    :func:`fitted_weights`).

    Args:
        grammar: the grammar whose library and kind (unigram or bigram) to keep.
        summaries: programs with their weights, such as the posterior within a task's frontier.
        pseudo_counts: added to both counts; positive.

    Raises:
        ValueError: if ``pseudo_counts`` is not positive.
    """
    if pseudo_counts <= 0:
        raise ValueError(f"pseudo_counts must be positive; got {pseudo_counts}")
    uses, possible = expected_counts(grammar, summaries)
    return Grammar(grammar.library, fitted_weights(uses, possible, pseudo_counts))


def expected_counts(
    grammar: Grammar, summaries: Iterable[tuple[Summary, float]]
) -> tuple[Weights, Weights]:
    """Return weighted uses and possible uses, each of the shape of the grammar's weights."""
    uses = np.zeros_like(grammar.weights)
    possible = np.zeros_like(grammar.weights)
    holes: defaultdict[tuple[int, Type, bool], float] = defaultdict(float)
    for summary, weight in summaries:
        for (parent, argument, column), count in summary.uses.items():
            uses[grammar.row(parent, argument), column] += weight * count
        for (parent, argument, request, variable), count in summary.holes.items():
            holes[grammar.row(parent, argument), request, variable] += weight * count
    for (row, request, variable), total in holes.items():
        possible[row, list(grammar.library.candidates(request))] += total
        if variable:
            possible[row, -1] += total
    return uses, possible
