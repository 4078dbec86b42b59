"""Equations, the e-graph, and compression modulo equations."""

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from reverie.compression import CompressionError, compress, compress_file
from reverie.compression.corpus.corpus import Corpus
from reverie.compression.corpus.costs import Costs
from reverie.compression.equations.egraph import EGraph
from reverie.compression.equations.saturation import EqualPrograms
from reverie.dsl.calculus.terms import Application, Symbol, Term, apply
from reverie.dsl.language.equations import (
    EquationError,
    Rewrite,
    parse_equations,
    read_equations,
    replay,
)

RULES = """
// what may be used
swap: (+ ?x ?y) => (+ ?y ?x)  // in any order
zero: (@ (@ + ?x) 0) => ?x
map_id: (map (lambda $0) ?xs) => ?xs
twice: (double ?x) <=> (+ ?x ?x)
"""


def test_lines_are_read():
    swap, zero, map_id, twice = parse_equations(RULES)
    assert (str(swap), str(zero)) == ("swap: (+ ?x ?y) => (+ ?y ?x)", "zero: (+ ?x 0) => ?x")
    assert str(map_id.left) == "(map (lambda $0) ?xs)"
    assert twice.both
    assert not swap.both


@pytest.mark.parametrize(
    ("line", "column", "message"),
    [
        ("(+ ?x 0) => ?x", 1, "expected a name and ':'"),
        ("a: (+ ?x 0)", 12, "expected '=>' or '<=>'"),
        ("a: (+ ?x 0 => ?x", 4, "this '(' has no ')'"),
        ("a: (+ ?x 0)) => ?x", 12, "the left side is complete before this"),
        ("a: ) => x", 4, "')' without a '(' before it"),
        ("a: f => ", 9, "expected a term on the right side"),
        ("a: ?x => (+ ?x 0)", 4, "only a variable"),
        ("a: (f ?x) => (g ?y)", 17, "?y stands for nothing"),
        ("a: (f ?x) <=> 0", 15, "?x stands for nothing"),
        ("a: (f $0) => 0", 4, "without its lambda"),
        ("a: (f $x) => 0", 7, "'$' and digits"),
        ("a: (f) => 0", 4, "a function and its arguments"),
        ("a: (lam (f ?x)) => 0", 4, "inside a lambda is not supported"),
        ("a: (lam f g) => 0", 4, "one body"),
        ("a: f => g\na: g => f", 1, "an equation 'a' already"),
    ],
)
def test_errors_name_the_place(line, column, message):
    with pytest.raises(EquationError) as caught:
        parse_equations(line, "rules")
    assert message in str(caught.value)
    assert f"rules, line {line.count(chr(10)) + 1}, column {caught.value.column}" in str(
        caught.value
    )
    if "?x stands" not in message:
        assert caught.value.column == column


def test_missing_and_binary_files(tmp_path: Path):
    with pytest.raises(EquationError, match="cannot read"):
        read_equations(tmp_path / "none")
    (tmp_path / "bytes").write_bytes(b"\xff\xfe\xff")
    with pytest.raises(EquationError, match="UTF-8"):
        read_equations(tmp_path / "bytes")


def test_a_derivation_that_is_none_is_refused():
    rules = {e.name: e for e in parse_equations(RULES)}
    a, b, plus = Symbol("a"), Symbol("b"), Symbol("+")
    ab, ba = apply(plus, a, b), apply(plus, b, a)
    assert replay(ab, [Rewrite("swap", True, (), ab, ba)], rules) is ba
    with pytest.raises(EquationError, match="no case of"):
        replay(ab, [Rewrite("swap", True, (), ab, ab)], rules)
    with pytest.raises(EquationError, match="expected"):
        replay(ba, [Rewrite("swap", True, (), ab, ba)], rules)
    with pytest.raises(EquationError, match="no place"):
        replay(a, [Rewrite("swap", True, (1,), ab, ba)], rules)


def _sums() -> st.SearchStrategy[Term]:
    leaves = st.sampled_from([Symbol(s) for s in ("a", "b", "0")])

    def grown(inner: st.SearchStrategy[Term]) -> st.SearchStrategy[Term]:
        sums = st.builds(lambda x, y: apply(Symbol("+"), x, y), inner, inner)
        return sums | st.builds(lambda x: Application(Symbol("double"), x), inner)

    return st.recursive(leaves, grown, max_leaves=6)


def _value(term: Term) -> int:
    if isinstance(term, Symbol):
        return {"a": 3, "b": 50, "0": 0}[term.name]
    assert isinstance(term, Application)
    if isinstance(term.function, Symbol):
        return 2 * _value(term.argument)
    assert isinstance(term.function, Application)
    return _value(term.function.argument) + _value(term.argument)


@given(st.lists(_sums(), min_size=1, max_size=3))
def test_equal_programs_mean_the_same_and_replay(terms):
    equal = EqualPrograms(Corpus.from_terms(terms), parse_equations(RULES), Costs())
    for skew in (0.0, 1e-7):
        cheapest = equal.cheapest(skew=skew)
        derived = equal.derived(cheapest)  # which replays each derivation
        assert [d.program for d in derived] == cheapest
        assert [_value(t) for t in cheapest] == [_value(t) for t in terms]


def test_classes_are_closed_under_congruence():
    graph = EGraph(1000)
    a, b = Symbol("a"), Symbol("b")
    f, g = Application(Symbol("f"), a), Application(Symbol("f"), b)
    entries = [graph.add(f), graph.add(g)]
    graph.saturate(parse_equations("ab: a => b"), 3)
    assert graph.find(entries[0]) == graph.find(entries[1])
    assert graph.explain(*entries) == [Rewrite("ab", True, (1,), a, b)]
    assert graph.explain(entries[1], entries[0]) == [Rewrite("ab", False, (1,), b, a)]


CIRCLES = ["(T (T c (M 2 0 0)) x)", "(T (T l (M 1.0 0 0)) y)", "(T c z)", "(C (T c z) (T l z))"]


def test_an_equation_lets_programs_share():
    rules = parse_equations("one: c => (T c (M 1 0 0))\nline: l => (T l (M 1.0 0 0))")
    programs = [*CIRCLES, *("(C " + p + " w)" for p in CIRCLES)]
    without = compress(programs, 2)
    result = compress(programs, 2, equations=rules)

    def total(found):
        return found.json["final_cost"] + found.json["library_cost"]

    assert total(result) <= total(without)
    assert result.json["original"] == programs
    assert result.json["original_cost"] == without.json["original_cost"]
    assert len(result.json["derivations"]) == len(programs)


def test_commuted_programs_become_one():
    programs = ["(f (+ a b))", "(g (+ b a))", "(h (+ a b))", "(k (+ b a))"]
    swap = parse_equations("swap: (+ ?x ?y) => (+ ?y ?x)")
    result = compress(programs, 1, equations=swap)
    assert [a.arity for a in result.abstractions] == [0]
    assert [p.split()[1] for p in result.rewritten] == ["fn_0)"] * 4
    steps = [s["equation"] for d in result.json["derivations"] for s in d]
    assert steps == ["swap", "swap"]


def test_without_use_nothing_changes():
    programs = ["(f (g a a))", "(h (g b b))"]
    plain = compress(programs, 2)
    result = compress(programs, 2, equations=parse_equations("no: (q ?x) => ?x"))
    assert result.rewritten == plain.rewritten
    assert result.json["derivations"] == [[], []]


def test_deep_programs_give_one_message():
    deep = "(f " * 3000 + "a" + ")" * 3000
    with pytest.raises(CompressionError, match="too deeply"):
        compress([deep, deep], 1, equations=parse_equations("no: (q ?x) => ?x"))


def test_files(tmp_path: Path):
    (tmp_path / "corpus.json").write_text('["(f (+ a b))", "(g (+ b a))", "(h (+ a b))"]')
    (tmp_path / "rules").write_text("swap: (+ ?x ?y) => (+ ?y ?x)\n")
    result = compress_file(tmp_path / "corpus.json", 2, 1, tmp_path / "rules")
    assert result["abstractions"][0]["num_uses"] == 3
