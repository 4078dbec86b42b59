"""Shifting, substitution, normal forms, eta-long form; terms thousands deep."""

import math
import pickle
import time

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st
from strategies import LANGUAGE, language, programs, sample, terms

from reverie.dsl.calculus.reduction import (
    TooLarge,
    beta_eta_normal,
    beta_normal,
    eta_reduce,
    inline,
    nested_abstractions,
    occurs,
    shift,
    substitute,
)
from reverie.dsl.calculus.syntax import parse_term, parse_type
from reverie.dsl.calculus.terms import (
    Abstraction,
    Application,
    Lambda,
    Symbol,
    Term,
    Variable,
    apply,
)
from reverie.dsl.calculus.types import INT, Type
from reverie.dsl.language.eta import eta_long
from reverie.dsl.language.library import Library
from reverie.dsl.model.grammar import Grammar, summarise
from reverie.dsl.model.interpreter import Failure, Interpreter
from reverie.dsl.support.errors import TypeMismatch

INPUTS = {"int": [0, 3, -2], "list(int)": [[], [4, 1, 7], [2]], "int -> bool": [lambda x: x > 1]}


def naive_shift(term: Term, by: int, cutoff: int) -> Term:
    if isinstance(term, Variable):
        return Variable(term.index + by) if term.index >= cutoff else term
    if isinstance(term, Lambda):
        return Lambda(naive_shift(term.body, by, cutoff + 1))
    if isinstance(term, Application):
        left, right = term.function, term.argument
        return Application(naive_shift(left, by, cutoff), naive_shift(right, by, cutoff))
    return term


def naive_substitute(term: Term, image: Term, index: int) -> Term:
    if isinstance(term, Variable):
        if term.index == index:
            return naive_shift(image, index, 0)
        return Variable(term.index - 1) if term.index > index else term
    if isinstance(term, Lambda):
        return Lambda(naive_substitute(term.body, image, index + 1))
    if isinstance(term, Application):
        left, right = term.function, term.argument
        return Application(
            naive_substitute(left, image, index), naive_substitute(right, image, index)
        )
    return term


@given(terms(3), st.integers(0, 4), st.integers(0, 2))
def test_shift_is_what_it_is_in_books(term: Term, by: int, cutoff: int) -> None:
    moved = shift(term, by, cutoff)
    assert moved is naive_shift(term, by, cutoff)
    assert shift(moved, -by, cutoff) is term


@given(terms(4), terms(3))
def test_substitution_is_what_it_is_in_books(body: Term, argument: Term) -> None:
    assert substitute(body, argument) is naive_substitute(body, argument, 0)


@given(terms(2), terms(2))
def test_substituting_what_was_shifted_gives_it_back(term: Term, argument: Term) -> None:
    assert not occurs(0, shift(term, 1))
    assert substitute(shift(term, 1), argument) is term


def test_a_shift_does_not_capture() -> None:
    with pytest.raises(ValueError, match="captured"):
        shift(Lambda(apply(Variable(0), Variable(1))), -1)


def values(library: Library, request: Type, program: Term) -> list[object]:
    run = Interpreter(library).function(program)
    inputs = [INPUTS[str(parameter)] for parameter in request.parameters]
    return [run(*row) for row in zip(*inputs, strict=False)] if inputs else [run()]


@given(programs())
def test_equal_normal_forms_mean_the_same(drawn: tuple[Library, Type, Term]) -> None:
    library, request, program = drawn
    normal = beta_eta_normal(program)
    assert not nested_abstractions(normal)
    assert beta_eta_normal(normal) is normal
    for before, after in zip(
        values(library, request, program), values(library, request, normal), strict=True
    ):
        # Reduction drops arguments that are never used, so it may mend a failure, and only that.
        if not isinstance(before, Failure):
            assert before == after


@given(programs(), st.integers(0, 2**32 - 1))
def test_a_redex_around_a_program_changes_nothing(
    drawn: tuple[Library, Type, Term], seed: int
) -> None:
    library, _, program = drawn
    part = sample(library, INT, seed)
    assume(part is not None)
    assert part is not None
    wrapped = Application(Lambda(shift(program, 1)), part)
    assert beta_normal(wrapped) is beta_normal(program)
    assert beta_eta_normal(Lambda(Application(shift(program, 1), Variable(0)))) is beta_eta_normal(
        program
    )
    assert library.infer(wrapped) is library.infer(program)


@given(programs())
def test_eta_long_form_keeps_prior_and_meaning(drawn: tuple[Library, Type, Term]) -> None:
    library, request, program = drawn
    reduced = eta_reduce(program)
    again = eta_long(reduced, request, library)
    assert eta_long(again, request, library) is again
    assert again is eta_long(program, request, library)
    assert math.isfinite(Grammar.uniform(library).log_prior(again, request))
    for before, after in zip(
        values(library, request, reduced), values(library, request, again), strict=True
    ):
        if not isinstance(before, Failure):
            assert before == after


@pytest.mark.parametrize(
    ("text", "request_", "message"),
    [
        ("(lambda 0)", "int", "is a function"),
        ("(if (gt? 0 1) + + 0 1)", "int", "5 arguments"),
        ("(lambda (+ $0))", "int -> int", "1 argument"),
        ("empty", "int", "does not unify"),
        ("(car (cons (lambda $0) empty))", "int", "is a function"),
        ("$0", "int", "not bound"),
    ],
)
def test_where_there_is_no_eta_long_form(text: str, request_: str, message: str) -> None:
    with pytest.raises(TypeMismatch, match=message):
        eta_long(parse_term(text), parse_type(request_), Library(LANGUAGE))


def test_eta_long_expands_heads_and_abstractions() -> None:
    library = language("(lambda (map (+ $0)))")
    term = library.parse("(fn_0 1)")
    long = eta_long(term, parse_type("list(int) -> list(int)"), library)
    assert library.show(long) == "(lambda (fn_0 1 $0))"
    assert math.isfinite(summarise(long, parse_type("list(int) -> list(int)"), library).constant)


def test_there_may_be_no_normal_form() -> None:
    omega = parse_term("((lambda ($0 $0)) (lambda ($0 $0)))")
    with pytest.raises(TooLarge):
        beta_normal(omega)


def test_shared_parts_are_visited_once() -> None:
    term: Term = Symbol("x")
    abstraction = Abstraction(Symbol("+"))
    library = Library(LANGUAGE)
    for _ in range(60):  # 2**60 leaves
        term = apply(Symbol("f"), term, term)
        abstraction = Abstraction(
            Lambda(Lambda(apply(abstraction, apply(abstraction, *[Variable(0)] * 2), Variable(1))))
        )
    start = time.perf_counter()
    assert beta_eta_normal(term) is term
    assert library.infer(abstraction) == parse_type("int -> int -> int")
    assert len(nested_abstractions(abstraction)) == 61
    assert time.perf_counter() - start < 10


DEEP = 3000
CHAINS = {
    "arguments": "(+ 1 " * DEEP + "$0" + ")" * DEEP,
    "conditions": "(if (gt? $0 0) 1 " * DEEP + "0" + ")" * DEEP,
    "lists": "(car (cons " * DEEP + "(+ $0 1)" + " empty))" * DEEP,
}


@pytest.mark.parametrize("text", CHAINS.values(), ids=CHAINS)
def test_deep_terms(text: str) -> None:
    library, request = Library(LANGUAGE), parse_type("int -> int")
    term = library.parse(f"(lambda {text})")
    assert library.parse(str(term)) is term
    assert pickle.loads(pickle.dumps(term)) is term
    assert shift(shift(term.body, 5), -5) is term.body  # type: ignore[attr-defined]
    assert library.infer(term) is request
    assert beta_eta_normal(term) is term
    assert eta_long(term, request, library) is term
    assert sum(summarise(term, request, library).uses.values()) == term.leaves
    assert Grammar.uniform(library).log_prior(term, request) < -DEEP
    assert isinstance(Interpreter(library).evaluate(term, [1]), (int, Failure))


def test_deep_redexes_and_lambdas() -> None:
    term: Term = Variable(0)
    for _ in range(DEEP):
        term = (
            Application(Lambda(term), Symbol("0"))
            if term is Variable(0)
            else apply(Lambda(Variable(0)), term)
        )
    assert beta_normal(term) is Symbol("0")
    tower: Term = Symbol("0")
    for _ in range(DEEP):
        tower = Lambda(tower)
    assert pickle.loads(pickle.dumps(tower)) is tower
    assert parse_term(str(tower)) is tower
    assert beta_eta_normal(tower) is tower


def test_deep_abstractions() -> None:
    abstraction = Abstraction(Symbol("0"))
    for _ in range(DEEP):
        abstraction = Abstraction(apply(Symbol("+"), abstraction, Symbol("1")))
    assert pickle.loads(pickle.dumps(abstraction)) is abstraction
    assert inline(abstraction).leaves == 2 * DEEP + 1
    assert Library(LANGUAGE).infer(abstraction) is INT
    assert Library(LANGUAGE).parse(str(abstraction)) is abstraction
