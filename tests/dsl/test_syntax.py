"""Reading and printing types and programs; errors with their place."""

import pytest
from hypothesis import given
from hypothesis import strategies as st
from strategies import LANGUAGE, names, programs, terms, types

from reverie.dsl.calculus import syntax
from reverie.dsl.calculus.fast_parser import read_term
from reverie.dsl.calculus.syntax import is_name, parse_term, parse_type
from reverie.dsl.calculus.terms import Abstraction, Application, Literal, Symbol, Term
from reverie.dsl.calculus.types import CHAR, REAL, STR, Type, list_of
from reverie.dsl.language.library import Library
from reverie.dsl.support.errors import ParseError


@given(terms())
def test_a_printed_term_reads_back(term: Term) -> None:
    assert parse_term(str(term)) is term


@given(terms())
def test_both_readers_agree_on_programs(term: Term) -> None:
    assert syntax._parse(str(term), "term", "program") is term


@given(st.text('()#$λ"\\:;1a. \nlambda->int,', max_size=20))
def test_both_readers_agree_on_any_text(text: str) -> None:
    try:
        slow = syntax._parse(text, "term", "program")
    except ParseError:
        slow = None
    try:
        fast = read_term(text, syntax._literal)
    except ParseError:
        fast = None
    assert fast is slow


@given(types())
def test_a_printed_type_reads_back(t: Type) -> None:
    assert parse_type(str(t)) is t


@given(programs())
def test_a_program_reads_back_in_its_library(drawn: tuple[Library, Type, Term]) -> None:
    library, _, program = drawn
    assert library.parse(library.show(program)) is program
    assert library.parse(str(program)) is program


@given(names())
def test_names_are_names(name: str) -> None:
    assert is_name(name)
    assert parse_term(f"({name} {name})") is Application(Symbol(name), Symbol(name))


@pytest.mark.parametrize(
    "text", ["", "a b", "(a)", "$0", "#", ";a", "lambda", "λ", "1:int", '"a"', "true:bool", " a"]
)
def test_what_cannot_be_a_name(text: str) -> None:
    assert not is_name(text)


def test_spellings_of_lambda_and_spare_parentheses() -> None:
    term = parse_term("(lambda (map (lambda (+ $0 1)) $0))")
    assert parse_term("(lam ((map (λ ((+ $0) 1))) ($0))) ; a comment (") is term
    assert str(parse_term("#(lambda (f $0))")) == "#(lambda (f $0))"
    assert parse_term("#(f)") is Abstraction(Symbol("f"))


def test_a_literal_of_a_list_ends_with_its_type() -> None:
    term = parse_term('(f "a, b":list(char) (g $0))')
    assert term is Application(
        Application(Symbol("f"), Literal("a, b", list_of(CHAR))), parse_term("(g $0)")
    )


@pytest.mark.parametrize(
    ("text", "line", "column", "message"),
    [
        ("(f x", 1, 1, "this '\\(' is not closed"),
        ("(lambda (map $0)", 1, 1, "this '\\(' is not closed"),
        ("(f (g\n   (h x) ; )\n", 1, 4, "this '\\(' is not closed, expected .*'\\)'"),
        ("(f x))", 1, 6, "found '\\)', expected the end"),
        ("f x", 1, 3, "found 'x', expected the end"),
        ("(f\n  ())", 2, 4, "expected .*a name"),
        ("(lambda)", 1, 8, "found '\\)'"),
        ("(lambda a b)", 1, 11, "found 'b', expected '\\)'"),
        ("(f lambda)", 1, 4, "found 'lambda'"),
        ("(f $x)", 1, 4, "expected .*a variable such as \\$0"),
        ("(f #(lambda $1))", 1, 4, "must be closed"),
        ("(f\n 01:int)", 2, 2, "01:int is no literal"),
        ("(f 1:list)", 1, 4, "list takes 1 type"),
        ("", 1, 1, "the end of the text"),
    ],
)
def test_errors_in_programs_have_a_place(text: str, line: int, column: int, message: str) -> None:
    with pytest.raises(ParseError, match=message) as caught:
        parse_term(text)
    assert (caught.value.line, caught.value.column) == (line, column)
    *_, _, caret, place = str(caught.value).split("\n")
    assert caret == " " * (column + 1) + "^"
    assert place == f"  at line {line}, column {column}"


@pytest.mark.parametrize(
    ("text", "column", "message"),
    [
        ("int ->", 7, "expected '\\(' or a type"),
        ("(int -> int", 1, "is not closed"),
        ("list", 1, "list takes 1 type argument, not 0; write it like list\\(int\\)"),
        ("int -> pair(int)", 8, "write it like pair\\(int, int\\)"),
        ("int(int)", 1, "write it like int"),
        ("a b", 3, "expected .*'->'"),
    ],
)
def test_errors_in_types_have_a_place(text: str, column: int, message: str) -> None:
    with pytest.raises(ParseError, match=message) as caught:
        parse_type(text)
    assert (caught.value.line, caught.value.column) == (1, column) or text == "int ->"


def test_an_unknown_name_is_found_outside_comments_and_texts() -> None:
    library = Library(LANGUAGE)
    with pytest.raises(ParseError, match="unknown primitive 'foldd'; did you mean 'fold'") as found:
        library.parse('(+ 1 ; foldd\n   (foldd "foldd":str))')
    assert (found.value.line, found.value.column) == (2, 5)


@given(st.floats() | st.integers(), st.text())
def test_literals_are_plain(number: float, text: str) -> None:
    import numpy as np

    if isinstance(number, float):
        assert Literal(np.float64(number), REAL) is Literal(number, REAL)
    elif abs(number) < 2**53:
        assert Literal(number, REAL) is Literal(float(number), REAL)
    assert Literal(np.str_(text), STR) is Literal(text, STR)
    with pytest.raises(TypeError, match="a literal must be"):
        Literal([1], list_of(CHAR))  # type: ignore[arg-type]
