"""Searching by a guide: other weights of the same library, with a share of the prior mixed in.

A guide may be wrong. Mixed with the prior, row by row of weights, no program becomes dearer than it
is under the prior by more than a bounded number of nats for each of its heads.

A search that keeps programs once for each behaviour is better off with one row of weights for all
arguments, and with costs that are less extreme: what it keeps is then of use in many places.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from ..dsl import Grammar, Type, canonical

__all__ = ["BROAD_SHARE", "PRIOR_SHARE", "geometric_mixture", "mixture", "to_unigram"]

PRIOR_SHARE = 0.1
"""The share of the prior in the weights that a guided search goes by."""

BROAD_SHARE = 0.3
"""The share of the prior in the broad weights: there an exponent."""

HEADS_DEEP = 8
"""How deep a guide's programs are followed to see which productions they use."""

LEAST = 1e-3
"""Uses that each production is credited with."""


def mixture(guide: Grammar, prior: Grammar, share: float, request: Type) -> Grammar:
    """Return the guide with a share of the prior's probability in each row of weights.

    Each row is normalised over what can stand at its argument, as declared: at the root, what can
    return the request's result. Where the types of arguments are ground these are exactly a hole's
    candidates, and a head that the prior gives probability p has at least ``share * p``.

    Args:
        guide: weights for one task.
        prior: weights of the same library.
        share: the prior's part, from 0 to 1.
        request: the type of the programs.

    Returns:
        A bigram grammar, unless both are unigrams.
    """
    library = guide.library
    offered = _offered(guide if guide.is_bigram else prior, request)
    first, second = (_normalised(g.weights, offered) for g in (guide, prior))
    return Grammar(library, np.logaddexp(first + np.log1p(-share), second + np.log(share)))


def geometric_mixture(guide: Grammar, prior: Grammar, share: float, request: Type) -> Grammar:
    """Return the geometric mean of the guide, with one row of weights, and the prior.

    Args:
        guide: weights for one task.
        prior: weights of the same library.
        share: the prior's exponent, from 0 to 1; the guide's is the rest.
        request: the type of the programs.

    Returns:
        A unigram grammar, unless the prior is a bigram.
    """
    flat = to_unigram(guide, request)
    return Grammar(guide.library, (1 - share) * flat.weights + share * prior.weights)


def to_unigram(guide: Grammar, request: Type) -> Grammar:
    """Return the unigram grammar that is nearest to a bigram one.

    A production's weight is how often the bigram grammar's programs use it, by how often they
    might, as in :func:`~reverie.dsl.model.fitting.refit`; programs are followed :data:`HEADS_DEEP`
    deep.
    """
    if not guide.is_bigram:
        return guide
    library = guide.library
    offered = _offered(guide, request)
    chances = np.where(offered, np.exp(_normalised(guide.weights, offered)), 0.0)
    visits = np.zeros(len(offered))
    visits[0] = 1.0
    uses, possible = np.zeros(len(library) + 1), np.zeros(len(library) + 1)
    for _ in range(HEADS_DEEP):
        chosen = visits @ chances
        uses += chosen
        possible += visits @ offered
        visits = np.zeros(len(offered))
        for parent, production in enumerate(library.productions):
            first = guide.row(parent)
            visits[first : first + production.arity] = chosen[parent]
    return Grammar(library, np.log(uses + LEAST)[None] - np.log(possible + LEAST))


def _offered(shape: Grammar, request: Type) -> NDArray[np.bool_]:
    """Return (rows, columns): what can stand where, by the declared types of arguments."""
    library = shape.library
    offered = np.ones(shape.weights.shape, dtype=np.bool_)
    if shape.is_bigram:
        wanted = [(0, request.result)]
        for parent, production in enumerate(library.productions):
            for argument, parameter in enumerate(production.type.parameters):
                wanted.append((shape.row(parent, argument), parameter.result))
        for row, result in wanted:
            offered[row, :-1] = False
            offered[row, list(library.candidates(canonical([result])[0]))] = True
    return offered


def _normalised(weights: NDArray[np.float64], offered: NDArray[np.bool_]) -> NDArray[np.float64]:
    total = np.logaddexp.reduce(np.where(offered, weights, -np.inf), axis=1, keepdims=True)
    normalised: NDArray[np.float64] = weights - total
    return normalised
