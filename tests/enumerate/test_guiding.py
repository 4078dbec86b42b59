"""Guided search: the guide says where to look, the prior what a program is worth."""

from __future__ import annotations

import math
from contextlib import closing

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from strategies import language, libraries, weights

import reverie as rv
from reverie.dsl.fitting import fit
from reverie.dsl.frontier import Entry, Frontier
from reverie.dsl.grammar import summarise
from reverie.dsl.syntax import parse_type
from reverie.enumerate.guiding import mixture
from reverie.enumerate.search import Budget, Found, Problem
from reverie.enumerate.searches import find_search
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


def search(name: str, guide: rv.Grammar | None, budget: Budget) -> Found:
    problem = Problem(TASK, PRIOR, DOMAIN.likelihood, DOMAIN.limits, guide)
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
