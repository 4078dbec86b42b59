"""The search against brute force, and the predicted cost against the rewritten one."""

import random
from dataclasses import replace

import pytest

from reverie.compression.corpus.corpus import Corpus
from reverie.compression.corpus.costs import Costs
from reverie.compression.corpus.pattern import NamedPattern
from reverie.compression.library.greedy import greedy, take
from reverie.compression.library.rewriting import apply_abstraction
from reverie.compression.search.abstraction_search import (
    SearchConfig,
    candidates,
)
from reverie.dsl.calculus.reduction import TooLarge, beta_normal, inline, substitute
from reverie.dsl.calculus.terms import Lambda, Symbol, Term, apply, spine

from .brute import best_utility, random_corpus, text


@pytest.mark.parametrize("seed", range(60))
def test_best_utility_is_brute_force_s(seed: int) -> None:
    rng = random.Random(seed)
    programs = random_corpus(rng, rng.randint(2, 4), 6, most=17)
    weights = [1.0] * len(programs) if seed % 2 else [rng.randint(1, 4) for _ in programs]
    tasks = list(range(len(programs))) if seed % 3 else [i // 2 for i in range(len(programs))]
    arity = seed % 3
    expected = best_utility(programs, weights, tasks, arity)
    corpus = Corpus.read([text(p) for p in programs], tasks, weights)
    found = candidates(corpus, SearchConfig(max_arity=arity)).candidates
    assert (found[0].utility if found else 0.0) == expected


@pytest.mark.parametrize("seed", range(1000))
def test_predicted_cost_is_rewritten_cost_and_meaning_stays(seed: int) -> None:
    rng = random.Random(1000 + seed)
    programs = random_corpus(rng, 8, 14)
    weights = [rng.randint(1, 5) for _ in programs] if seed % 2 else None
    tasks = [i // 2 for i in range(len(programs))] if seed % 3 == 0 else None
    costs = Costs(1, 1, 100, 100) if seed % 5 else Costs(2, 3, 50, 70, symbols={"f": 7, "a": 300})
    config = SearchConfig(max_arity=seed % 4, costs=costs)
    corpus = Corpus.read([text(p) for p in programs], tasks, weights)
    before = corpus
    # greedy() itself raises if a prediction is wrong.
    for step in greedy(corpus, config, 3):
        name, arity = step.abstraction.name, step.abstraction.arity
        body = step.abstraction.pattern.definition({}).body
        assert [expanded(t, name, arity, body) for t in step.corpus.terms()] == before.terms()
        before = step.corpus


def expanded(term: Term, name: str, arity: int, body: Term) -> Term:
    """Replace each ``(name a b ...)`` by what it stands for, and nothing else."""
    head, arguments = spine(term)
    arguments = [expanded(a, name, arity, body) for a in arguments]
    if isinstance(head, Lambda):
        head = Lambda(expanded(head.body, name, arity, body))
    elif head is Symbol(name):
        head = body
        for argument in arguments[:arity]:
            assert isinstance(head, Lambda)
            head = substitute(head.body, argument)
        arguments = arguments[arity:]
    return apply(head, *arguments)


@pytest.mark.parametrize("seed", range(40))
def test_lifted_arguments_keep_the_meaning(seed: int) -> None:
    rng = random.Random(2000 + seed)
    corpus = Corpus.read([text(p) for p in random_corpus(rng, 8, 14)])
    config = SearchConfig(max_arity=2, max_lift=2, count=5)
    for found in candidates(corpus, config).candidates:
        abstraction = NamedPattern("new", found.pattern)
        rewritten = apply_abstraction(corpus, abstraction, Costs(), lift=True)
        rewritten = replace(rewritten, leaves={"new": found.pattern.definition({})})
        for new, old in zip(rewritten.terms(), corpus.terms(), strict=True):
            try:
                normal = beta_normal(old)
            except TooLarge:  # an untyped term need not have a normal form
                continue
            assert beta_normal(inline(new)) == normal


def test_lifting_finds_map_in_folds() -> None:
    corpus = Corpus.read(
        [
            "(lam (fold $0 empty (lam (lam (cons (+ $1 $1) $0)))))",
            "(lam (fold $0 empty (lam (lam (cons (* $1 3) $0)))))",
            "(lam (fold $0 empty (lam (lam (cons (mod $1 2) $0)))))",
        ]
    )
    config = SearchConfig(max_arity=2, max_lift=1, eta_long=True)
    best = candidates(corpus, config).candidates[0]
    assert best.body == "(fold #1 empty (lam (lam (cons (#0 $1) $0))))"


def test_candidates_come_best_first_and_are_many() -> None:
    corpus = Corpus.read(["(f (g a) (h b))", "(f (g c) (h d))", "(f (g e) (h b))"])
    found = candidates(corpus, SearchConfig(count=10)).candidates
    utilities = [c.utility for c in found]
    assert utilities == sorted(utilities, reverse=True)
    assert len({c.body for c in found}) == len(found) > 3
    assert candidates(corpus, SearchConfig(count=1)).candidates == found[:1]


def test_search_within_a_budget_says_how_far_it_may_be_off() -> None:
    corpus = Corpus.read([text(p) for p in random_corpus(random.Random(3), 12, 30)])
    best = candidates(corpus, SearchConfig()).candidates[0].utility
    for budget in (0, 10, 100, 1000):
        early = candidates(corpus, SearchConfig(budget=budget))
        got = early.candidates[0].utility if early.candidates else 0.0
        assert early.steps <= budget
        assert got <= best <= got + early.gap


def test_deep_programs_and_many_programs() -> None:
    deep = ["(f " * 3000 + leaf + ")" * 3000 for leaf in "ab"]
    assert greedy(Corpus.read(deep), SearchConfig(max_arity=1), 1)[0].cost < 100 * 3000
    binders = "(lam (f $0 " * 3000 + "a" + "))" * 3000
    assert Corpus.read([binders]).terms()[0].free == 0
    many = [f"(f (g a{i % 50} b) (h {i % 7}))" for i in range(4000)]
    step = greedy(Corpus.read(many), SearchConfig(), 1)[0]
    assert step.uses == 4000


@pytest.mark.parametrize("seed", range(20))
def test_ties_are_looked_into(seed: int) -> None:
    corpus = Corpus.read([text(p) for p in random_corpus(random.Random(3000 + seed), 8, 12)])
    config = SearchConfig()
    first = greedy(corpus, config, 3, ties=1)
    best = [step.utility for step in greedy(corpus, config, 3, ties=50)]
    assert best == _best_of_equal(corpus, config, 3)
    assert best >= [step.utility for step in first]


def _best_of_equal(corpus: Corpus, config: SearchConfig, depth: int) -> list[float]:
    """The lexicographically largest utilities over all sequences of steps, each the best."""
    found = candidates(corpus, replace(config, count=1000, spread=1e-3)).candidates
    if not found or not depth:
        return []
    after = (take(corpus, c, f"fn_{depth}", config).corpus for c in found)
    return [found[0].utility, *max(_best_of_equal(a, config, depth - 1) for a in after)]


@pytest.mark.parametrize("seed", range(12))
def test_looking_ahead_never_costs_more_and_begins_with_the_best_step(seed: int) -> None:
    corpus = Corpus.read([text(p) for p in random_corpus(random.Random(7000 + seed), 8, 12)])
    plain = greedy(corpus, SearchConfig(), 4)
    ahead = greedy(corpus, SearchConfig(), 4, look_ahead=4)
    assert [s.utility for s in ahead[:1]] == [s.utility for s in plain[:1]]
    assert not plain or ahead[-1].cost <= plain[-1].cost
