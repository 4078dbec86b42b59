"""The objective against the grammar's own log prior, and its gradients."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from strategies import programs
from torch import Tensor, nn

import reverie as rv
from reverie.dsl.calculus.terms import Term
from reverie.dsl.calculus.types import Type
from reverie.enumerate.automaton.prior_statistics import Summariser
from reverie.enumerate.tokens import encode
from reverie.recognition.training.loss import (
    TargetChoices,
    closed,
    log_priors,
    occurrences,
    targets,
)
from reverie.recognition.training.network import GuideNetwork

CPU = torch.device("cpu")


def network_of(library: rv.Library, rank: int | None, seed: int) -> GuideNetwork:
    """Return a network of random weights that reads three numbers."""
    torch.manual_seed(seed)
    network = GuideNetwork(
        rv.Grammar.uniform(library),
        {"any": nn.Linear(3, 16)},
        width=16,
        layers=1,
        bigram=True,
        rank=rank,
    )
    with torch.no_grad():
        for parameter in network.parameters():
            parameter.normal_(std=0.7)
    return network


def prepared(library: rv.Library, request: Type, terms: list[Term]) -> tuple[TargetChoices, Tensor]:
    summariser = Summariser(library)
    tokens = [encode(term, library) for term in terms]
    starts = np.cumsum([0, *map(len, tokens)])
    summaries = summariser.summarise(np.concatenate(tokens), starts, request)
    classes = summariser.classes()
    return targets(summaries, np.arange(len(terms)), classes, CPU), closed(classes, CPU)


@settings(max_examples=50)
@given(programs(), st.sampled_from([None, 1, 4]), st.integers(0, 2**16))
def test_the_objective_is_the_log_prior_under_the_network_s_weights(
    drawn: tuple[rv.Library, Type, Term], rank: int | None, seed: int
) -> None:
    library, request, program = drawn
    network = network_of(library, rank, seed)
    wanted, bars = prepared(library, request, [program, program])
    features = torch.randn(2, 3)
    found = log_priors(network, network.hidden("any", features), wanted, bars)
    output = network("any", features)
    assert output.bigram is not None
    for head, weights in enumerate((output.unigram, output.bigram)):
        for task in range(2):
            grammar = rv.Grammar(library, weights[task].detach().numpy())
            expected = grammar.log_prior(program, request)
            assert found[head, task].item() == pytest.approx(expected, rel=1e-5, abs=1e-5)


@pytest.mark.parametrize("rank", [None, 3])
def test_rows_made_apart_have_the_gradients_of_the_whole(rank: int | None) -> None:
    library = rv.domains.list.domain.library
    texts = ["(lambda (map (lambda (+ $0 1)) $0))", "(lambda (cons (car $0) (cdr (cdr $0))))"]
    request = rv.Task("", "list(int) -> list(int)", []).request
    wanted, _ = prepared(library, request, [library.parse(text) for text in texts])
    network = network_of(library, rank, 0).double()
    assert network.bigram is not None
    hidden = torch.randn(2, 16, dtype=torch.float64, requires_grad=True)
    given = [hidden, *network.bigram.parameters()]
    direction = torch.randn(len(wanted.rows), len(library) + 1, dtype=torch.float64)
    whole = network.bigram(hidden)[wanted.owners, wanted.rows]
    expected = torch.autograd.grad((whole * direction).sum(), given)
    apart = network.bigram.at(hidden, wanted.owners, wanted.rows, wanted.runs)
    found = torch.autograd.grad((apart * direction).sum(), given)
    torch.testing.assert_close(apart, whole)
    torch.testing.assert_close(found, expected)


def test_occurrences_mark_what_a_program_has() -> None:
    library = rv.domains.list.domain.library
    request = rv.Task("", "list(int) -> list(int)", []).request
    program = library.parse("(lambda (cons 1 (cons 1 $0)))")
    wanted, _ = prepared(library, request, [program])
    found = occurrences(wanted, len(library) + 1)[0]
    names = [library.productions[i].name for i in found[:-1].nonzero()[:, 0].tolist()]
    assert sorted(names) == ["1", "cons"]
    assert found[-1] == 1
