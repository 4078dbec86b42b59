"""Profiles, found with a memory, against their definition: eta-long form, then summary."""

import random

import numpy as np
import pytest

from reverie.compression.sleep.prior_profiles import Profile, Profiles
from reverie.dsl.calculus.reduction import eta_reduce, inline
from reverie.dsl.calculus.syntax import parse_type
from reverie.dsl.calculus.terms import Abstraction, Application, Lambda, Symbol, Term, Variable
from reverie.dsl.calculus.types import Type
from reverie.dsl.language.eta import eta_long
from reverie.dsl.language.library import Library
from reverie.dsl.model.grammar import Grammar
from reverie.dsl.support.errors import ReverieError

from .test_abstraction_sleep import LISTS

REQUESTS = [
    parse_type(text)
    for text in (
        "list(int) -> list(int)",
        "list(t0) -> int",
        "list(list(int)) -> list(bool)",
        "(t0 -> t1) -> list(t0) -> list(t1)",
        "(int -> bool) -> int -> list(int -> int)",
        "t0 -> t0",
    )
]
ROUTINES = (
    "#(lambda (lambda (fold $1 empty (lambda (lambda (cons ($2 $1) $0))))))",
    "#(lambda (car (cdr $0)))",
    "#(lambda (lambda ($1 ($1 $0))))",
)
RICH = LISTS.extend(*(a for a in map(LISTS.parse, ROUTINES) if isinstance(a, Abstraction)))


def by_definition(term: Term, request: Type, library: Library) -> tuple[Term, Profile] | None:
    try:
        form = eta_long(term, request, library)
        return form, Profile.of(form, request, library)
    except ReverieError:
        return None


def agrees(profiles: Profiles, term: Term, request: Type, library: Library) -> bool:
    """Compare with the definition; return whether the term has a form."""
    expected = by_definition(term, request, library)
    found = profiles.expanded(term, request, library)
    if expected is None:
        assert found is None
        return False
    assert found is not None
    assert found[0] is expected[0]
    assert found[1].uses == expected[1].uses
    assert found[1].holes == expected[1].holes
    assert found[1].constant == pytest.approx(expected[1].constant)
    grammar = Grammar(library, np.linspace(-1, 1, len(library) + 1)[None])
    summary = profiles.summary(found[0], request, library)
    assert summary is not None
    assert grammar.score(summary) == pytest.approx(grammar.log_prior(found[0], request))
    return True


@pytest.mark.parametrize("seed", range(4))
def test_of_programs_and_of_what_is_equal_to_them(seed: int) -> None:
    profiles, rng, forms = Profiles(), np.random.default_rng(seed), 0
    grammar = Grammar.uniform(RICH)
    for _ in range(40):
        for request in REQUESTS:
            drawn = grammar.sample(request, rng, max_nodes=25)
            if drawn is None:
                continue
            for term in (
                drawn,
                eta_reduce(drawn),
                inline(drawn),
                Application(Lambda(drawn), drawn),
            ):
                forms += agrees(profiles, term, request, RICH)
    assert forms > 200


@pytest.mark.parametrize("seed", range(4))
def test_of_terms_without_types(seed: int) -> None:
    rng, profiles = random.Random(seed), Profiles()

    def term(size: int, depth: int) -> Term:
        if size <= 1:
            if depth and rng.random() < 0.5:
                return Variable(rng.randrange(depth + (rng.random() < 0.05)))
            return rng.choice([*(p.term for p in RICH.productions), Symbol("unknown")])
        if rng.random() < 0.3:
            return Lambda(term(size - 1, depth + 1))
        left = rng.randrange(1, size)
        return Application(term(left, depth), term(size - left, depth))

    forms = 0
    for _ in range(3000):
        forms += agrees(profiles, Lambda(term(rng.randint(1, 6), 1)), rng.choice(REQUESTS), RICH)
    assert forms > 20


def test_a_deep_program() -> None:
    deep = RICH.parse("(lambda " + "(cdr " * 3000 + "$0" + ")" * 3001)
    assert agrees(Profiles(), deep, REQUESTS[0], RICH)


def test_an_abstraction_under_trial_counts_as_known() -> None:
    new = LISTS.parse(ROUTINES[1])
    program = Lambda(Application(new, Variable(0)))
    request = parse_type("list(int) -> int")
    assert Profiles().expanded(program, request, LISTS) is None
    assert isinstance(new, Abstraction)
    known = Profiles().expanded(program, request, LISTS, new)
    assert known is not None
    assert known[1].uses == {new: 1, None: 1}
