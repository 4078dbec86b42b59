"""Abstraction sleep: the objective to six digits, and frontiers of every kind."""

import json
import math
from pathlib import Path

import pytest

from reverie.compression import CompressionConfig, CompressionError, compress_frontiers
from reverie.compression.sleep.objective import Weighting, score_frontiers
from reverie.dsl.calculus.reduction import beta_eta_normal
from reverie.dsl.calculus.syntax import parse_type
from reverie.dsl.calculus.types import type_from_json
from reverie.dsl.language.library import Library, Primitive, hole
from reverie.dsl.model.frontier import Entry, Frontier
from reverie.dsl.model.grammar import Grammar
from reverie.dsl.tasks.task import Task

TYPES = {
    "fold": "list(t0) -> t1 -> (t0 -> t1 -> t1) -> t1",
    "if": "bool -> t0 -> t0 -> t0",
    "+": "int -> int -> int",
    "-": "int -> int -> int",
    "*": "int -> int -> int",
    "mod": "int -> int -> int",
    "0": "int",
    "1": "int",
    "empty": "list(t0)",
    "cons": "t0 -> list(t0) -> list(t0)",
    "car": "list(t0) -> t0",
    "cdr": "list(t0) -> list(t0)",
    "empty?": "list(t0) -> bool",
    "gt?": "int -> int -> bool",
    "eq?": "int -> int -> bool",
    "is-prime": "int -> bool",
    "is-square": "int -> bool",
}


def primitive(name: str) -> Primitive:
    return Primitive(name, parse_type(TYPES[name]), lambda *_: None)


LISTS = Library([primitive(name) for name in TYPES])
FOLDS = [
    "(lambda (fold $0 empty (lambda (lambda (cons (+ $1 $1) $0)))))",
    "(lambda (fold $0 empty (lambda (lambda (cons (- $1 1) $0)))))",
    "(lambda (fold $0 empty (lambda (lambda (cons (* $1 $1) $0)))))",
    "(lambda (fold (cdr $0) empty (lambda (lambda (cons (mod $1 1) $0)))))",
    "(lambda (fold $0 empty (lambda (lambda (cons (- 0 $1) $0)))))",
]
REQUEST = parse_type("list(int) -> list(int)")


def frontier(
    name: str, programs: list[str], grammar: Grammar, request: str = str(REQUEST)
) -> Frontier:
    task = Task(name, request, [])
    terms = [grammar.library.parse(p) for p in programs]
    entries = [Entry(t, grammar.log_prior(t, task.request), 0.0) for t in terms]
    return Frontier.of(task, entries)


def golden(data: Path) -> tuple[Grammar, list[Frontier]]:
    given = json.loads((data / "golden/compress_list20_arity2.json").read_text())
    library = Library([primitive(p["expression"]) for p in given["DSL"]["productions"]])
    grammar = Grammar.uniform(library)
    frontiers = [
        frontier(
            str(i),
            [p["program"] for p in f["programs"]],
            grammar,
            str(type_from_json(f["request"])),
        )
        for i, f in enumerate(given["frontiers"])
    ]
    return grammar, frontiers


def score(grammar: Grammar, frontiers: list[Frontier]) -> float:
    rows = [
        (i, e.program, f.task.request, e.log_likelihood)
        for i, f in enumerate(frontiers)
        for e in f.entries
    ]
    return score_frontiers(grammar, rows, Weighting(30.0, 1.0, 1.5))


def test_golden_scores(data: Path) -> None:
    grammar, frontiers = golden(data)
    assert score(grammar, frontiers) == pytest.approx(-362.036033, abs=1e-6)
    result = compress_frontiers(grammar, frontiers, CompressionConfig(max_arity=2))
    assert result.score_before == pytest.approx(-362.036033, abs=1e-6)
    savings = [step.saving for step in result.steps]
    assert savings[:3] == pytest.approx([14.259469, 14.875019, 6.071410], abs=1e-6)
    assert result.score_after >= -325.469633
    assert sum(savings) == pytest.approx(result.score_after - result.score_before)
    assert score(result.grammar, result.frontiers) == pytest.approx(result.score_after)


def test_programs_keep_their_meaning_and_get_their_new_prior() -> None:
    grammar = Grammar.uniform(LISTS)
    frontiers = [frontier(str(i), [p], grammar) for i, p in enumerate(FOLDS)]
    result = compress_frontiers(grammar, frontiers)
    assert [str(s.abstraction) for s in result.steps] == [
        "#(lambda (lambda (fold $1 empty (lambda (lambda (cons ($2 $1) $0))))))"
    ]
    assert len(result.grammar.library) == len(LISTS) + 1
    assert result.steps[0].name == "fn_0"
    for before, after in zip(frontiers, result.frontiers, strict=True):
        assert after.task is before.task
        old, new = before.entries[0], after.entries[0]
        assert beta_eta_normal(new.program) is beta_eta_normal(old.program)
        assert new.log_prior == pytest.approx(result.grammar.log_prior(new.program, REQUEST))
        assert math.isfinite(new.log_prior)


def test_again_with_an_abstraction_in_the_library() -> None:
    grammar = Grammar.uniform(LISTS)
    frontiers = [frontier(str(i), [p], grammar) for i, p in enumerate(FOLDS)]
    first = compress_frontiers(grammar, frontiers)
    more = [
        frontier(f"more {i}", [text], first.grammar)
        for i, text in enumerate(
            [
                "(lambda (fn_0 (fn_0 $0 (lambda (+ $0 1))) (lambda (* $0 $0))))",
                "(lambda (fn_0 (fn_0 $0 (lambda (+ $0 1))) (lambda (- $0 1))))",
                "(lambda (cdr (fn_0 (fn_0 $0 (lambda (+ $0 1))) (lambda (mod $0 1)))))",
            ]
        )
    ]
    second = compress_frontiers(first.grammar, [*first.frontiers, *more])
    assert second.score_after >= second.score_before
    assert next(iter(second.grammar.library.abstractions)) == "fn_0"
    names = [step.name for step in second.steps]
    assert "fn_0" not in names
    for frontier_ in second.frontiers:
        assert all(math.isfinite(e.log_prior) for e in frontier_.entries)


def test_nothing_to_learn_changes_nothing() -> None:
    grammar = Grammar.uniform(LISTS)
    empty = Frontier(Task("unsolved", "int -> int", []))
    alone = frontier("one", ["(lambda $0)"], grammar)
    for frontiers in ([], [empty], [alone], [alone, empty]):
        result = compress_frontiers(grammar, frontiers)
        assert result.grammar is grammar
        assert result.frontiers == frontiers
        assert result.steps == []
        assert result.score_after == result.score_before


def test_several_programs_unsolved_tasks_and_foreign_programs() -> None:
    grammar = Grammar.uniform(LISTS)
    frontiers = [
        frontier(str(i), [p, "(lambda $0)", "(lambda (cdr $0))"], grammar)
        for i, p in enumerate(FOLDS)
    ]
    frontiers.insert(2, Frontier(Task("unsolved", "int -> int", [])))
    # Not eta-long, hence without a prior: kept as it is.
    odd = frontier("odd", ["(lambda (cons 0))"], grammar, "list(int) -> list(int) -> list(int)")
    result = compress_frontiers(grammar, [*frontiers, odd], CompressionConfig(top=3))
    assert [f.task for f in result.frontiers] == [f.task for f in [*frontiers, odd]]
    assert [len(f) for f in result.frontiers] == [len(f) for f in [*frontiers, odd]]
    assert not result.frontiers[2].entries


def test_literals_are_leaves() -> None:
    numbers = Library(
        [
            Primitive("+.", parse_type("real -> real -> real"), lambda a, b: a + b),
            Primitive("*.", parse_type("real -> real -> real"), lambda a, b: a * b),
            hole("REAL", "real"),
        ]
    )
    grammar = Grammar.uniform(numbers)
    request = "real -> real"
    texts = [
        f"(lambda (+. (*. $0 (*. $0 $0)) (*. {x}:real (*. $0 $0))))" for x in (1.5, 2.0, -3.25)
    ]
    frontiers = [frontier(str(i), [t], grammar, request) for i, t in enumerate(texts * 2)]
    result = compress_frontiers(grammar, frontiers)
    assert result.steps
    for before, after in zip(frontiers, result.frontiers, strict=True):
        old, new = before.entries[0].program, after.entries[0].program
        assert beta_eta_normal(new) is beta_eta_normal(old)


def test_a_wrong_config_is_refused() -> None:
    for options in ({"top": 0}, {"max_arity": -1}, {"pseudo_counts": 0.0}, {"aic": -1.0}):
        with pytest.raises(CompressionError, match=next(iter(options))):
            CompressionConfig(**options)
