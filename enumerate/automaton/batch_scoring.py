"""Scoring many programs by a grammar, and fitting a grammar to them, by their summaries.

The plain counterparts are :meth:`reverie.dsl.model.grammar.Grammar.score` and
:func:`reverie.dsl.model.fitting.refit`.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from ...dsl import Grammar, Library, fitted_weights
from .prior_statistics import ChoiceClasses, PriorStatistics

__all__ = ["fit_bigram", "log_priors"]

Float64 = NDArray[np.float64]


def log_priors(grammar: Grammar, summaries: PriorStatistics, classes: ChoiceClasses) -> Float64:
    """Return the log prior of each program, in nats.

    Args:
        grammar: unigram or bigram, over the library of the summaries.
        summaries: of the programs.
        classes: what the summaries refer to.
    """
    rows = classes.rows if grammar.is_bigram else np.zeros_like(classes.rows)
    offered = np.where(classes.offered, grammar.weights[rows], -np.inf)
    total = np.logaddexp.reduce(offered, axis=1, initial=-np.inf)
    chosen = grammar.weights[rows[summaries.classes], summaries.columns]
    found = summaries.constants.copy()
    if len(found):  # every program has a head
        found += np.add.reduceat(chosen - total[summaries.classes], summaries.starts[:-1])
    return found


def fit_bigram(
    library: Library, summaries: PriorStatistics, classes: ChoiceClasses, pseudo_counts: float
) -> Grammar:
    """Return the bigram grammar fitted to programs, each counted once."""
    shape = Grammar.rows_of(library), len(library) + 1
    rows = classes.rows[summaries.classes]
    uses = np.bincount(rows * shape[1] + summaries.columns, minlength=shape[0] * shape[1])
    holes = np.bincount(summaries.classes, minlength=len(classes.rows))
    possible = np.zeros(shape)
    np.add.at(possible, classes.rows, holes[:, None] * classes.offered)
    return Grammar(
        library, fitted_weights(uses.reshape(shape).astype(np.float64), possible, pseudo_counts)
    )
