"""Fitting a grammar to frontiers, and scoring frontiers by a grammar."""

from __future__ import annotations

from collections.abc import Iterable

from .frontier import Frontier
from .grammar import Grammar, refit, summarise

__all__ = ["fit", "rescored"]


def rescored(grammar: Grammar, frontier: Frontier) -> Frontier:
    """Return the frontier with its programs' log priors under ``grammar``, best first."""
    request = frontier.task.request
    return frontier.rescore(grammar.log_prior(e.program, request) for e in frontier.entries)


def fit(grammar: Grammar, frontiers: Iterable[Frontier], pseudo_counts: float) -> Grammar:
    """Fit the weights to frontiers by one inside-outside step (see :func:`~.grammar.refit`).

    Each program weighs as much as its posterior within its frontier, under ``grammar`` as it is.

    Args:
        grammar: the library, and the weights to begin with.
        frontiers: solved tasks; every program must be one that the grammar generates.
        pseudo_counts: added to all counts.
    """
    rows = [
        (summarise(entry.program, frontier.task.request, grammar.library), weight)
        for frontier in (rescored(grammar, f) for f in frontiers)
        for entry, weight in frontier.posterior()
    ]
    return refit(grammar, rows, pseudo_counts)
