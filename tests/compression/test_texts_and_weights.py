"""Corpora with quoted parentheses, and with weights of any size."""

from __future__ import annotations

import pytest

from reverie.compression import NamedPattern, Pattern, compress
from reverie.compression.corpus.corpus_parser import read_texts
from reverie.compression.corpus_errors import CompressionError
from reverie.dsl import parse_term

TEXTS = ['"("', '")"', '"(("', '"\\""', '"\\\\"', '" ) "', '"#0"', '")(":str']


@pytest.mark.parametrize("text", TEXTS)
@pytest.mark.parametrize(
    "program", ["(f {0} a)", "(#(lambda (f {0} $0)) a)", "(#(f {0}) (#(g (h {0} #(k {0}))) b))"]
)
def test_a_parenthesis_within_a_text_is_none(text: str, program: str) -> None:
    given = program.format(text if ":" in text else f"{text}:str")
    assert str(parse_term(given))
    _, names, _ = read_texts([given])
    inline = [name for name in names if name.startswith("#(")]
    assert len(inline) == program.count("(#("), names
    result = compress([given, f"(p {given})", f"(q {given} {given})"], 1)
    assert len(result.abstractions) == 1


@pytest.mark.parametrize("quote", ['a"b', 'x"', '"', '("'])
def test_a_lone_quotation_mark_is_part_of_a_symbol(quote: str) -> None:
    name = quote.strip("(")
    _, names, _ = read_texts([f"(f {name} (g a))"])
    assert names == ["f", name, "g", "a"]
    _, names, _ = read_texts([f"(#(g {name} h) a)"])
    assert names == [f"#(g {name} h)", "a"]


def test_what_looks_like_an_argument_within_a_text_is_none() -> None:
    pattern = Pattern.read('(g " #0 " #1 #0)')
    assert pattern.order_of_use() == {1: 0, 0: 1}
    assert pattern.reordered().text == '(g " #0 " #0 #1)'


@pytest.mark.parametrize("arity", [10**9, 10**30, 3, -1])
def test_an_absurd_number_of_arguments_is_refused_at_once(arity: int) -> None:
    with pytest.raises(CompressionError, match="must use exactly"):
        NamedPattern.read("f", "(g #0)", arity)


PROGRAMS = ["(f (g (h a)) (g (h b)))", "(f (g (h c)) (k (g (h d))))", "(k (g (h e)))"]


@pytest.mark.parametrize("options", [{}, {"charge_library": True}, {"look_ahead": 3}])
@pytest.mark.parametrize("weight", [1e3, 1e6, 1e12, 1e15, 1e18, 1e100])
def test_the_size_of_weights_does_not_matter(weight: float, options: dict[str, bool]) -> None:
    ratios = []
    for w in (1e4, weight):
        found = compress(PROGRAMS, 3, 2, weights=[w, w, w], **options)  # type: ignore[arg-type]
        assert found.abstractions
        ratios.append(found.json["final_cost"] / found.json["original_cost"])
    assert ratios[0] == pytest.approx(ratios[1], rel=1e-3)
