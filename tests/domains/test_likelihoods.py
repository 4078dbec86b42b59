"""Likelihoods that choose constants: what they accept, what it costs, and that they never raise."""

import math
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from reverie.domains.likelihoods import RealFit, StringConstants, common_substrings
from reverie.dsl.calculus.syntax import parse_type
from reverie.dsl.calculus.terms import Literal, subterms
from reverie.dsl.calculus.types import REAL
from reverie.dsl.language.library import Library, Primitive, constant, hole
from reverie.dsl.model.interpreter import Interpreter
from reverie.dsl.model.likelihood import Likelihood, Verdict
from reverie.dsl.tasks.task import InvalidTask, Task


def function(name: str, type: str, value: Any) -> Primitive:
    return Primitive(name, parse_type(type), value)


REALS = Library(
    [
        function("+.", "real -> real -> real", lambda x, y: x + y),
        function("*.", "real -> real -> real", lambda x, y: x * y),
        function("/.", "real -> real -> real", lambda x, y: x / y),
        function("sqrt", "real -> real", math.sqrt),
        function("map", "(t0 -> t1) -> list(t0) -> list(t1)", lambda f, xs: [f(x) for x in xs]),
        function("length", "list(t0) -> int", len),
        constant("2.", "real", 2.0),
        hole("REAL", "real"),
        hole("TEXT", "str"),
    ]
)
TEXTS = Library(
    [
        function("++", "str -> str -> str", lambda x, y: x + y),
        function("append", "list(t0) -> list(t0) -> list(t0)", lambda x, y: x + y),
        hole("TEXT", "str"),
        hole("CHARS", "list(char)"),
        hole("REAL", "real"),
    ]
)
SLOPE = Task("slope", "real -> real", [((float(x),), 2.5 * x) for x in range(-3, 5)])


def judge(
    text: str, task: Task, library: Library = REALS, likelihood: Likelihood | None = None
) -> Verdict:
    chosen = likelihood or (RealFit() if library is REALS else StringConstants())
    chosen.check(task)
    return chosen.scorer(task, task.examples, Interpreter(library))(library.parse(text))


# ---- reals ---------------------------------------------------------------------------------------


def test_a_constant_is_fitted_and_paid_for() -> None:
    log_likelihood, program = judge("(lambda (*. REAL $0))", SLOPE)
    assert str(program) == "(lambda (*. 2.5:real $0))"
    assert log_likelihood == pytest.approx(-math.log(8))
    doubled, _ = judge("(lambda (*. REAL $0))", SLOPE, likelihood=RealFit(penalty=2.0))
    assert doubled == pytest.approx(-2 * math.log(8))


def test_each_constant_costs() -> None:
    log_likelihood, _ = judge("(lambda (+. REAL (*. REAL $0)))", SLOPE)
    assert log_likelihood == pytest.approx(-2 * math.log(8))


def test_without_constants_the_error_decides() -> None:
    task = Task("double", "real -> real", [((1.0,), 2.1), ((2.0,), 3.9)])
    program = "(lambda (*. 2. $0))"
    assert judge(program, task) == (0.0, REALS.parse(program))
    assert judge(program, task, likelihood=RealFit(tolerance=0.001))[0] == -math.inf


def test_a_fit_gets_around_where_the_program_fails() -> None:
    task = Task("root", "real -> real", [((float(x),), math.sqrt(x + 5)) for x in range(-4, 8)])
    log_likelihood, program = judge("(lambda (sqrt (+. REAL $0)))", task)
    assert math.isfinite(log_likelihood), program


def test_lists_are_fitted_too() -> None:
    task = Task("all", "list(real) -> list(real)", [(([1.0, 2.0],), [4.0, 5.0]), (([],), [])])
    _, program = judge("(lambda (map (+. REAL) $0))", task)
    (literal,) = [t for t in subterms(program) if isinstance(t, Literal)]
    assert literal.type is REAL
    assert literal.value == pytest.approx(3.0)


@pytest.mark.parametrize(
    "text",
    [
        "(lambda REAL)",  # does not fit
        "(lambda (/. $0 (+. $0 (*. $0 REAL))))",  # fails at zero
        "(lambda (+. REAL (+. REAL (+. REAL (+. REAL REAL)))))",  # too many constants
        "(lambda (+. $0 TEXT))",  # another hole
        "(lambda (*. $0 length))",  # ill-typed: the primitive itself raises
        "(lambda (lambda $0))",  # a function is no number
        "(lambda (map $0 $0))",
        "(lambda ($0 $0))",
    ],
)
def test_what_does_not_fit_is_no_solution(text: str) -> None:
    program = REALS.parse(text)
    assert judge(text, SLOPE) == (-math.inf, program)


@pytest.mark.parametrize("request_", ["real -> int", "real -> bool"])
def test_only_reals_can_be_fitted(request_: str) -> None:
    with pytest.raises(InvalidTask, match="only outputs of type real"):
        RealFit().check(Task("a", request_))


@pytest.mark.parametrize("likelihood", [RealFit(), StringConstants()])
def test_examples_are_needed(likelihood: Likelihood) -> None:
    assert not likelihood.comparable
    with pytest.raises(InvalidTask, match="'a' has no examples"):
        likelihood.check(Task("a", "real -> real"))


@given(st.floats(-50, 50), st.floats(-50, 50))
def test_any_line_is_fitted_alike_each_time(slope: float, shift: float) -> None:
    task = Task("line", "real -> real", [((x / 4,), slope * x / 4 + shift) for x in range(8)])
    first = judge("(lambda (+. REAL (*. REAL $0)))", task)
    assert math.isfinite(first[0])
    assert first == judge("(lambda (+. REAL (*. REAL $0)))", task)


# ---- texts ---------------------------------------------------------------------------------------

DOCTOR = Task("doctor", "str -> str", [(["Who"], "Dr. Who"), (["No"], "Dr. No")])


def test_a_text_is_taken_from_the_outputs_and_paid_for() -> None:
    log_likelihood, program = judge("(lambda (++ TEXT $0))", DOCTOR, TEXTS)
    assert str(program) == '(lambda (++ "Dr. ":str $0))'
    assert log_likelihood == pytest.approx(-4 * math.log(62))


def test_two_texts() -> None:
    task = Task("tag", "str -> str", [(["x"], "<b>x</b>"), (["yy"], "<b>yy</b>")])
    _, program = judge("(lambda (++ TEXT (++ $0 TEXT)))", task, TEXTS)
    assert str(program) == '(lambda (++ "<b>":str (++ $0 "</b>":str)))'


def test_characters() -> None:
    task = Task("doctor", "list(char) -> list(char)", [(["Who"], "Dr. Who"), (["No"], "Dr. No")])
    log_likelihood, program = judge("(lambda (append CHARS $0))", task, TEXTS)
    assert str(program) == '(lambda (append "Dr. ":list(char) $0))'
    assert log_likelihood == pytest.approx(-4 * math.log(62))


def test_the_alphabet_sets_the_price() -> None:
    judged = judge("(lambda (++ TEXT $0))", DOCTOR, TEXTS, StringConstants(alphabet=2))
    assert judged[0] == pytest.approx(-4 * math.log(2))


def test_a_program_without_holes_is_free() -> None:
    task = Task("same", "str -> str", [(["a"], "a")])
    assert judge("(lambda $0)", task, TEXTS) == (0.0, TEXTS.parse("(lambda $0)"))


@pytest.mark.parametrize(
    "text",
    [
        "(lambda TEXT)",  # no one text meets both outputs
        "(lambda (++ $0 TEXT))",
        "(lambda (++ TEXT (++ TEXT (++ TEXT $0))))",  # too many texts
        "(lambda (++ REAL $0))",  # another hole
        "(lambda (++ CHARS $0))",  # ill-typed
        "(lambda ($0 TEXT))",
    ],
)
def test_what_does_not_match_is_no_solution(text: str) -> None:
    assert judge(text, DOCTOR, TEXTS) == (-math.inf, TEXTS.parse(text))


def test_outputs_without_texts_offer_none() -> None:
    task = Task("length", "str -> int", [(["a"], 1)])
    assert judge("(lambda TEXT)", task, TEXTS)[0] == -math.inf


@given(st.lists(st.text("ab ", max_size=8), min_size=1, max_size=4))
def test_common_substrings_are_all_of_them(texts: list[str]) -> None:
    found = common_substrings(texts, 8)
    pieces = {texts[0][i:j] for i in range(9) for j in range(i + 1, 9)}
    assert set(found) == {p for p in pieces if p and all(p in t for t in texts)}
    assert len(set(found)) == len(found)
