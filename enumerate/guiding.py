"""Searching by a guide: other weights of the same library, with a share of the prior mixed in.

A guide may be wrong. Mixed with the prior, row by row of weights, no program becomes dearer than it
is under the prior by more than a bounded number of nats for each of its heads.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from ..dsl.grammar import Grammar
from ..dsl.types import Type, canonical

__all__ = ["PRIOR_SHARE", "mixture"]

PRIOR_SHARE = 0.1
"""The share of the prior in the weights that a guided search goes by."""


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
    bigram = guide.is_bigram or prior.is_bigram
    rows = Grammar.rows_of(library) if bigram else 1
    offered = np.zeros((rows, len(library) + 1), dtype=np.bool_)
    if bigram:
        shape = guide if guide.is_bigram else prior
        offered[:, -1] = True
        offered[0, list(library.candidates(canonical([request.result])[0]))] = True
        offered[shape.row(len(library))] = True
        for parent, production in enumerate(library.productions):
            for argument, parameter in enumerate(production.type.parameters):
                wanted = canonical([parameter.result])[0]
                offered[shape.row(parent, argument), list(library.candidates(wanted))] = True
    else:
        offered[:] = True
    first, second = (_normalised(g.weights, offered) for g in (guide, prior))
    return Grammar(library, np.logaddexp(first + np.log1p(-share), second + np.log(share)))


def _normalised(weights: NDArray[np.float64], offered: NDArray[np.bool_]) -> NDArray[np.float64]:
    total = np.logaddexp.reduce(np.where(offered, weights, -np.inf), axis=1, keepdims=True)
    normalised: NDArray[np.float64] = weights - total
    return normalised
