"""Drawing from the tables is drawing from the grammar."""

import math
from collections import Counter

import numpy as np
import pytest
from hypothesis import given, reject, settings
from hypothesis import strategies as st
from scipy.stats import chisquare
from strategies import REQUESTS, language, libraries, weights

from reverie.dsl.calculus.syntax import parse_type
from reverie.dsl.calculus.terms import Term, subterms
from reverie.dsl.calculus.types import Type
from reverie.dsl.language.library import Library
from reverie.dsl.model.grammar import Grammar
from reverie.enumerate.automaton.automaton import GrammarAutomaton, TablesTooLarge
from reverie.enumerate.sampling.sampler import Sampler
from reverie.enumerate.tokens import decode, encode
from reverie.enumerate.topdown.enumerator import ProgramBatch, programs

POLYMORPHIC = parse_type("list(t0) -> t1 -> (t0 -> t1) -> t1")


def terms(batch: ProgramBatch, library: Library) -> list[Term]:
    """Return the programs of a batch."""
    bounds = zip(batch.starts, batch.starts[1:], strict=False)
    return [decode(batch.tokens[a:b], library) for a, b in bounds]


@given(st.data(), st.booleans())
@settings(max_examples=40)
def test_costs_are_exact(data: st.DataObject, bigram: bool) -> None:
    library = data.draw(libraries())
    grammar = Grammar(library, data.draw(weights(library, bigram=bigram)))
    request = data.draw(st.sampled_from([*REQUESTS, POLYMORPHIC]))
    batch = Sampler(grammar, request, seed=1, max_tokens=15).draw(100)
    for term, cost in zip(terms(batch, library), batch.costs, strict=True):
        assert -grammar.log_prior(term, request) == pytest.approx(cost, abs=1e-9)


@pytest.mark.parametrize("bigram", [False, True])
@pytest.mark.parametrize("request_", [*REQUESTS, POLYMORPHIC], ids=str)
def test_frequencies_are_the_priors(request_: Type, bigram: bool) -> None:
    """A chi-square test against the exact probabilities of the likeliest programs."""
    library = language()
    rows = Grammar.rows_of(library) if bigram else 1
    random = np.random.default_rng(3)
    grammar = Grammar(library, random.normal(size=(rows, len(library) + 1)))
    sampler = Sampler(grammar, request_, seed=7, max_tokens=12)
    drawn = Counter(terms(sampler.draw(10_000), library))
    likely = {
        term: math.exp(-cost)
        for term, cost in programs(grammar, request_, 0.0, 6.0)
        if len(encode(term, library)) <= 12
    }
    expected = np.array([*likely.values(), 1.0 - sum(likely.values())]) * sampler.drawn
    seen = [drawn[term] for term in likely]
    observed = np.array([*seen, sampler.drawn - sum(seen)])
    assert len(likely) >= 3
    assert chisquare(observed, expected).pvalue > 1e-3


def test_frequencies_are_the_reference_samplers() -> None:
    library = language("(lambda (cons $0 (cons 1 empty)))")
    grammar = Grammar.uniform(library)
    request, count = parse_type("list(int) -> list(int)"), 4000
    random = np.random.default_rng(0)
    slow = Counter(grammar.sample(request, random, max_nodes=40) for _ in range(count))
    fast = Counter(terms(Sampler(grammar, request, seed=2, max_tokens=20).draw(count), library))
    for term in [t for t, times in slow.items() if t is not None and times > 50]:
        assert abs(slow[term] - fast[term]) < 5 * math.sqrt(slow[term] + fast[term])


def test_draws_depend_on_the_seed_alone() -> None:
    request = REQUESTS[3]
    first = Sampler(Grammar.uniform(language()), request, seed=5, max_tokens=15)
    together = first.draw(3000)
    second = Sampler(Grammar.uniform(language()), request, seed=5, max_tokens=15)
    apart = [second.draw(1000) for _ in range(3)]
    assert np.array_equal(together.tokens, np.concatenate([b.tokens for b in apart]))
    assert np.array_equal(together.costs, np.concatenate([b.costs for b in apart]))
    other = Sampler(Grammar.uniform(language()), request, seed=6, max_tokens=15).draw(3000)
    assert not np.array_equal(together.costs, other.costs)


def test_bounds_are_kept() -> None:
    grammar = Grammar.uniform(language())
    batch = Sampler(grammar, REQUESTS[3], max_tokens=9).draw(5000)
    assert np.diff(batch.starts).max() == 9
    shallow = Sampler(grammar, REQUESTS[3], max_depth=1).draw(1000)
    assert {len(list(subterms(t))) for t in terms(shallow, grammar.library)} == {2}


def test_nothing_is_drawn_where_nothing_fits() -> None:
    library = language()
    sampler = Sampler(Grammar.uniform(library), parse_type("list(int) -> real"), max_tokens=12)
    assert all("real" not in str(t) for t in terms(sampler.draw(100), library))
    assert len(Sampler(Grammar.uniform(Library([])), parse_type("int")).draw(10)) == 0


@given(st.data(), st.booleans())
@settings(max_examples=40)
def test_programs_spread_evenly_come_up_as_often_as_they_should(
    data: st.DataObject, bigram: bool
) -> None:
    """At each head as many draws as its probability says, rounded up or down."""
    library = data.draw(libraries())
    grammar = Grammar(library, data.draw(weights(library, bigram=bigram)))
    request = data.draw(st.sampled_from([*REQUESTS, POLYMORPHIC]))
    count = data.draw(st.sampled_from([1, 17, 3000]))
    batch, times = Sampler(grammar, request, seed=1, max_tokens=12).systematic_sample(count)
    found = dict(zip(terms(batch, library), zip(batch.costs, times, strict=True), strict=True))
    assert len(found) == len(batch)
    assert times.sum() <= count
    assert min(times, default=1) >= 1
    for term, (cost, _) in found.items():
        assert -grammar.log_prior(term, request) == pytest.approx(cost, abs=1e-9)
    try:
        likely = [*programs(grammar, request, 0.0, 4.0)]
    except TablesTooLarge:  # pairs of pairs of pairs
        reject()
    for term, cost in likely:
        tokens = len(encode(term, library))
        if tokens <= 12:
            _, drawn = found.get(term, (cost, 0))
            assert abs(drawn - count * math.exp(-cost)) < tokens


def test_programs_spread_evenly_are_the_priors_on_the_average() -> None:
    library = language()
    grammar = Grammar(library, np.random.default_rng(3).normal(size=(1, len(library) + 1)))
    request, rounds, count = REQUESTS[3], 400, 25
    sampler = Sampler(grammar, request, seed=7, max_tokens=12)
    drawn: Counter[Term] = Counter()
    for _ in range(rounds):
        batch, times = sampler.systematic_sample(count)
        for term, number in zip(terms(batch, library), times.tolist(), strict=True):
            drawn[term] += number
    likely = {
        term: math.exp(-cost) * rounds * count
        for term, cost in programs(grammar, request, 0.0, 6.0)
        if len(encode(term, library)) <= 12
    }
    assert len(likely) >= 3
    for term, expected in likely.items():
        assert abs(drawn[term] - expected) < 5 * math.sqrt(expected) + 1


def test_what_is_spread_does_not_depend_on_what_was_built() -> None:
    grammar = Grammar.uniform(language())
    structure = GrammarAutomaton(grammar.library, bigram=False)
    made = []
    for _ in range(2):  # the second time all is there
        sampler = Sampler(grammar, REQUESTS[3], seed=5, max_tokens=15, structure=structure)
        batch, times = sampler.systematic_sample(2000)
        programs_ = zip(terms(batch, grammar.library), times.tolist(), strict=True)
        made.append(dict(programs_))
    assert made[0] == made[1]
    few, _ = Sampler(
        grammar, REQUESTS[3], seed=5, structure=GrammarAutomaton(grammar.library, bigram=False)
    ).systematic_sample(10, 11)
    assert len(few) == 0
