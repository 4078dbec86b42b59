"""Guided search: the guide says where to look, the prior what a program is worth."""

from __future__ import annotations

import math
from contextlib import closing
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from strategies import language, libraries, weights

import reverie as rv
from reverie.dsl.calculus.syntax import parse_type
from reverie.dsl.model.fitting import fit
from reverie.dsl.model.frontier import Entry, Frontier
from reverie.dsl.model.grammar import summarise
from reverie.enumerate.guide_mixture import geometric_mixture, mixture, to_unigram
from reverie.enumerate.strategies import find_search
from reverie.enumerate.strategy import Budget, SearchProblem, SearchResult
from reverie.enumerate.topdown.topdown_search import top_down
from reverie.executors import Processes, Serial

DOMAIN = rv.domains.list.domain
PRIOR = rv.Grammar.uniform(DOMAIN.library)
LISTS = parse_type("list(int) -> list(int)")
ROWS = [[3, 1, 4], [1, 5, 9, 2], [6], []]
TASK = rv.Task("twice the tail", LISTS, [((row,), [2 * x for x in row[1:]]) for row in ROWS[:3]])
TARGET = "(lambda (map (lambda (+ $0 $0)) (cdr $0)))"


def fitted(program: str, *, bigram: bool = True) -> rv.Grammar:
    """Return a grammar that thinks of little but ``program``."""
    frontier = Frontier.of(TASK, [Entry(DOMAIN.library.parse(program), 0.0, 0.0)])
    return fit(rv.Grammar.uniform(DOMAIN.library, bigram=bigram), [frontier], 0.01)


def search(name: str, guide: rv.Grammar | None, budget: Budget) -> SearchResult:
    problem = SearchProblem(TASK, PRIOR, DOMAIN.likelihood, DOMAIN.limits, guide)
    return find_search(name)(problem, budget)


@pytest.mark.parametrize("name", ["auto", "top-down"])
def test_a_good_guide_finds_at_once_what_the_prior_scores(name: str) -> None:
    found = search(name, fitted(TARGET), Budget(candidates=500))
    best = found.frontier.best
    assert best is not None
    assert DOMAIN.library.show(best.program) == TARGET
    assert best.candidates < 100
    assert best.log_prior == pytest.approx(PRIOR.log_prior(best.program, LISTS), abs=1e-9)
    assert search("top-down", None, Budget(candidates=500)).frontier.best is None


def test_the_search_ends_soon_after_the_first_solution() -> None:
    assert search("auto", fitted(TARGET), Budget(seconds=100.0)).seconds < 50.0


def test_a_wrong_guide_costs_a_part_of_the_budget() -> None:
    wrong = fitted("(lambda (cons 0 (cons 0 $0)))")
    alone = search("auto", None, Budget(candidates=100_000)).frontier.best
    assert alone is not None
    misled = search("auto", wrong, Budget(candidates=3 * alone.candidates)).frontier.best
    assert misled is not None
    assert misled.log_prior == pytest.approx(alone.log_prior)


@given(
    st.data(),
    st.booleans(),
    st.booleans(),
    st.floats(0.01, 0.99),
)
def test_no_head_gets_less_than_its_share_of_the_prior(
    data: st.DataObject, first: bool, second: bool, share: float
) -> None:
    library = rv.Library([p for p in language().primitives if not p.type.variables])
    guide, prior = (
        rv.Grammar(library, 3 * data.draw(weights(library, bigram=bigram)))
        for bigram in (first, second)
    )
    request = parse_type("int -> int")
    mixed = mixture(guide, prior, share, request)
    program = prior.sample(request, np.random.default_rng(data.draw(st.integers(0, 9999))))
    if program is None or not (first or second):
        return
    heads = sum(summarise(program, request, library).uses.values())
    least = prior.log_prior(program, request) + heads * math.log(share)
    assert mixed.log_prior(program, request) >= least - 1e-9


@given(st.data(), libraries(), st.booleans())
def test_a_mixture_with_itself_changes_nothing(
    data: st.DataObject, library: rv.Library, bigram: bool
) -> None:
    grammar = rv.Grammar(library, data.draw(weights(library, bigram=bigram)))
    request = parse_type("list(int) -> int")
    program = grammar.sample(request, np.random.default_rng(0))
    if program is not None:
        mixed = mixture(grammar, grammar, 0.3, request)
        assert mixed.log_prior(program, request) == pytest.approx(
            grammar.log_prior(program, request), abs=1e-9
        )


def test_guides_reach_worker_processes() -> None:
    other = rv.Task("no", LISTS, [(([1],), [7, 7, 7, 7])])
    guides = {TASK.name: fitted(TARGET).weights}
    budget = Budget(candidates=200)
    with closing(Processes(DOMAIN, 2)) as processes:
        there = dict(processes.search(PRIOR, [TASK, other], budget, "top-down", guides))
    here = dict(Serial(DOMAIN).search(PRIOR, [TASK, other], budget, "top-down", guides))
    assert {t.name: f.candidates for t, f in there.items()} == {
        t.name: f.candidates for t, f in here.items()
    }
    assert there[TASK].frontier.entries
    assert not there[other].frontier.entries


def test_a_search_goes_on_where_another_stopped() -> None:
    hard = rv.Task("no", LISTS, [((row,), [7, 6, 5, *row]) for row in ROWS])
    problem = SearchProblem(hard, PRIOR, DOMAIN.likelihood, DOMAIN.limits)
    before = top_down(problem, Budget(candidates=20_000))
    again, after = (
        top_down(problem, Budget(candidates=120_000), start=start) for start in (0.0, before.depth)
    )
    assert 0 < before.depth <= again.depth <= after.depth
    solved = top_down(replace(problem, task=TASK), Budget(candidates=10**6)).frontier.best
    assert solved is not None
    beyond = -solved.log_prior + 0.1
    missed = top_down(replace(problem, task=TASK), Budget(candidates=1000), start=beyond)
    assert solved.program not in [e.program for e in missed.frontier.entries]


def test_bottom_up_search_follows_the_guide_too() -> None:
    rows = [[3, 1, 4], [1, 5, 9, 2], [6, 6, 0]]
    wanted = rv.Task("length first", LISTS, [((row,), [len(row), *row[2:]]) for row in rows])
    guide = to_unigram(fitted("(lambda (cons (length $0) (cdr (cdr $0))))"), LISTS)
    problem = SearchProblem(wanted, PRIOR, DOMAIN.likelihood, DOMAIN.limits, guide)
    plain = replace(problem, guide=None)
    for name in ("bottom-up", "auto"):
        budget = Budget(candidates=2_000)
        led, alone = (find_search(name)(p, budget).frontier.best for p in (problem, plain))
        assert led is not None
        assert alone is not None
        assert led.search == "bottom-up"
        assert led.program == alone.program
        assert led.log_prior == pytest.approx(alone.log_prior, abs=1e-9)
        assert 2 * led.candidates < alone.candidates


def test_unigram_weights_are_how_often_productions_are_used() -> None:
    library = DOMAIN.library
    flat = to_unigram(fitted(TARGET), LISTS)
    assert not flat.is_bigram
    used = {library.parse(name) for name in ("map", "cdr", "+")}
    weight = dict(zip((p.term for p in library.productions), flat.weights[0], strict=False))
    assert min(weight[term] for term in used) > max(
        w for term, w in weight.items() if term not in used
    )
    assert to_unigram(flat, LISTS) is flat


@given(st.data())
def test_rows_that_are_all_the_same_are_flattened_to_that_row(data: st.DataObject) -> None:
    library = rv.Library([p for p in language().primitives if not p.type.variables])
    row = data.draw(weights(library, bigram=False))
    rows = np.repeat(row, rv.Grammar.rows_of(library), axis=0)
    request = parse_type("int -> int")
    flat = to_unigram(rv.Grammar(library, rows), request).weights[0]
    same = list(library.candidates(request.result))
    assert np.diff(flat[same]) == pytest.approx(np.diff(row[0, same]), abs=0.3)


@given(st.data(), st.booleans(), st.floats(0.0, 1.0))
def test_broad_weights_lie_between_guide_and_prior(
    data: st.DataObject, bigram: bool, share: float
) -> None:
    library = language()
    guide, prior = (
        rv.Grammar(library, data.draw(weights(library, bigram=kind))) for kind in (bigram, False)
    )
    request = parse_type("int -> int")
    broad = geometric_mixture(guide, prior, share, request).weights
    flat = to_unigram(guide, request).weights
    assert (broad <= np.maximum(flat, prior.weights) + 1e-9).all()
    assert (broad >= np.minimum(flat, prior.weights) - 1e-9).all()
