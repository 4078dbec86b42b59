"""Scoring and fitting by summaries, against the plain grammar."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from strategies import REQUESTS, language, weights

from reverie.dsl.calculus.types import Type
from reverie.dsl.model.fitting import refit
from reverie.dsl.model.grammar import Grammar, summarise
from reverie.enumerate.automaton.batch_scoring import fit_bigram, log_priors
from reverie.enumerate.automaton.prior_statistics import Summariser
from reverie.enumerate.sampling.sampler import Sampler
from reverie.enumerate.tokens import decode


@given(st.data(), st.booleans(), st.sampled_from(REQUESTS))
@settings(max_examples=20)
def test_many_programs_are_scored_and_fitted_as_one(
    data: st.DataObject, bigram: bool, request: Type
) -> None:
    library = language("(lambda (cons $0 empty))")
    grammar = Grammar(library, data.draw(weights(library, bigram=bigram)))
    batch = Sampler(grammar, request, max_tokens=15).draw(100)
    summariser = Summariser(library)
    summaries = summariser.summarise(batch.tokens, batch.starts, request)
    found = log_priors(grammar, summaries, summariser.classes())
    assert found == pytest.approx(-batch.costs, abs=1e-9)
    bounds = zip(batch.starts, batch.starts[1:], strict=False)
    terms = [decode(batch.tokens[a:b], library) for a, b in bounds]
    plain = refit(
        Grammar.uniform(library, bigram=True),
        [(summarise(term, request, library), 1.0) for term in terms],
        0.5,
    )
    fitted = fit_bigram(library, summaries, summariser.classes(), 0.5)
    assert np.allclose(fitted.weights, plain.weights)
