"""Equations in the abstraction sleep, and in a domain."""

import pytest

from reverie.compression import compress_frontiers
from reverie.compression.sleep.equal_variants import variants
from reverie.domains.list.functions import COMMON
from reverie.dsl import Domain, parse_equations
from reverie.dsl.model.grammar import Grammar
from reverie.dsl.support.errors import ReverieError

from .test_abstraction_sleep import LISTS, frontier

SWAP = parse_equations("swap: (+ ?x ?y) => (+ ?y ?x)")
PROGRAMS = [
    "(lambda (cons (+ (car $0) (* (car (cdr $0)) 1)) empty))",
    "(lambda (cons (+ (* (car (cdr $0)) 1) (car $0)) (cdr $0)))",
    "(lambda (cdr (cons (+ (car $0) (* (car (cdr $0)) 1)) $0)))",
    "(lambda (cons 0 (cons (+ (* (car (cdr $0)) 1) (car $0)) $0)))",
] * 2


def test_equal_programs_share_more() -> None:
    grammar = Grammar.uniform(LISTS)
    given = [frontier(str(i), [p], grammar) for i, p in enumerate(PROGRAMS)]
    plain = compress_frontiers(grammar, given)
    found = compress_frontiers(grammar, given, equations=SWAP)
    assert found.score_before == plain.score_before
    assert found.score_after > plain.score_after + 5
    assert [f.task for f in found.frontiers] == [f.task for f in given]
    assert len({str(e.program).count("#(") for f in found.frontiers for e in f.entries}) == 1


def test_programs_without_an_equal_one_stay() -> None:
    grammar = Grammar.uniform(LISTS)
    given = [frontier("a", ["(lambda (cdr $0))"], grammar), frontier("b", [], grammar)]
    assert list(variants(grammar, given, SWAP, [])) == []
    assert compress_frontiers(grammar, given, equations=SWAP).frontiers == given
    assert list(variants(grammar, [], SWAP, [])) == []


def test_a_domain_has_equations() -> None:
    domain = Domain("mine", COMMON, equations="swap: (+ ?x ?y) => (+ ?y ?x)\nnone: (+ ?x 0) => ?x")
    assert [e.name for e in domain.known_equations] == ["swap", "none"]
    assert Domain("mine", COMMON, equations=SWAP).known_equations == tuple(SWAP)
    assert Domain("mine", COMMON).known_equations == ()


@pytest.mark.parametrize(
    ("equations", "message"),
    [
        ("swap (+ ?x ?y)", "domain 'mine': equations, line 1"),
        ("plus: (plus ?x ?y) => (+ ?y ?x)", "uses plus, which is not in the language"),
        ([3], "must be a text, or a list of what parse_equations returns"),
        (7, "equations must be a text or a list of equations"),
    ],
)
def test_wrong_equations_of_a_domain(equations: object, message: str) -> None:
    with pytest.raises(ReverieError, match=message):
        Domain("mine", COMMON, equations=equations)  # type: ignore[arg-type]
