"""Summaries of programs as arrays, against the plain summaries of the grammar."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from strategies import language, programs, weights

import reverie as rv
from reverie.dsl.calculus.syntax import parse_type
from reverie.dsl.calculus.terms import Term
from reverie.dsl.calculus.types import Type
from reverie.dsl.model.grammar import summarise
from reverie.dsl.support.errors import TypeMismatch
from reverie.enumerate.automaton.prior_statistics import ChoiceClasses, PriorStatistics, Summariser
from reverie.enumerate.tokens import encode


def summarised(summariser: Summariser, terms: list[Term], request: Type) -> PriorStatistics:
    tokens = [encode(term, summariser.library) for term in terms]
    starts = np.cumsum([0, *map(len, tokens)])
    return summariser.summarise(np.concatenate(tokens), starts, request)


def log_priors(grammar: rv.Grammar, found: PriorStatistics, classes: ChoiceClasses) -> list[float]:
    """Score programs by their summaries, head by head."""
    total = found.constants.tolist()
    for i in range(len(total)):
        for head in range(found.starts[i], found.starts[i + 1]):
            kind = found.classes[head]
            row = grammar.weights[classes.rows[kind] if grammar.is_bigram else 0]
            total[i] += row[found.columns[head]]
            total[i] -= np.logaddexp.reduce(row[classes.offered[kind]])
    return total


@given(programs(), st.data(), st.booleans())
def test_summaries_give_the_log_prior(
    drawn: tuple[rv.Library, Type, Term], data: st.DataObject, bigram: bool
) -> None:
    library, request, program = drawn
    summariser = Summariser(library)
    found = summarised(summariser, [program, program], request)
    grammar = rv.Grammar(library, data.draw(weights(library, bigram=bigram)))
    expected = grammar.log_prior(program, request)
    assert math.isfinite(expected)
    assert log_priors(grammar, found, summariser.classes()) == pytest.approx(
        [expected, expected], abs=1e-9
    )
    heads = sum(summarise(program, request, library).uses.values())
    assert found.starts.tolist() == [0, heads, 2 * heads]


def test_numbers_of_classes_hold_for_later_programs() -> None:
    library = language()
    summariser = Summariser(library)
    request = parse_type("int -> int")
    first = summarised(summariser, [library.parse("(lambda (+ $0 1))")], request)
    before = summariser.classes()
    later = parse_type("list(int) -> list(int)")
    summarised(summariser, [library.parse("(lambda (map (lambda (* $0 $0)) $0))")], later)
    after = summariser.classes()
    met = first.classes
    assert (after.rows[met] == before.rows[met]).all()
    assert (after.offered[met] == before.offered[met]).all()


@pytest.mark.parametrize("text", ["(lambda (+ $0 $1))", "0", "(lambda (lambda $0))"])
def test_what_the_grammar_cannot_generate_is_an_error(text: str) -> None:
    library = language()
    tokens = encode(library.parse(text), library)
    with pytest.raises(TypeMismatch, match="no program of type int -> int"):
        Summariser(library).summarise(tokens, np.array([0, len(tokens)]), parse_type("int -> int"))
