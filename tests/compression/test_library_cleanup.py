"""Changes to a learned library: taking out, writing bodies with later abstractions."""

import pytest

from reverie.compression import CompressionConfig, compress_frontiers
from reverie.compression.corpus.pattern import Pattern
from reverie.compression.sleep.library_cleanup import replaced, shortened, without
from reverie.compression.sleep.objective import Weighting, score_frontiers
from reverie.dsl.calculus.reduction import beta_normal, inline
from reverie.dsl.calculus.syntax import parse_term
from reverie.dsl.calculus.terms import Abstraction
from reverie.dsl.model.frontier import Frontier
from reverie.dsl.model.grammar import Grammar

from .test_abstraction_sleep import LISTS, frontier

TWICE = Abstraction(parse_term("(lambda (+ $0 $0))"))
NEXT = Abstraction(parse_term("(lambda (+ $0 1))"))


def test_without_puts_the_definition_in_its_place() -> None:
    both = Abstraction(beta_normal(parse_term(f"(lambda (* ({TWICE} $0) ({NEXT} $0)))")))
    library = LISTS.extend(TWICE, NEXT, both)
    found = without(library, TWICE)
    assert found is not None
    smaller, images = found
    assert list(smaller.abstractions) == ["fn_1", "fn_2"]
    assert smaller.show(smaller.abstractions["fn_2"].body) == "(lambda (* (+ $0 $0) (fn_1 $0)))"
    program = library.parse("(lambda (fn_2 (fn_0 (fn_1 $0))))")
    new = replaced(program, images)
    assert smaller.show(new) == "(lambda (fn_2 (+ (fn_1 $0) (fn_1 $0))))"
    assert beta_normal(inline(new)) is beta_normal(inline(program))
    untouched = library.parse("(lambda (fn_1 $0))")
    assert replaced(untouched, images) is untouched


def test_shortened_writes_an_earlier_body_with_a_later_abstraction() -> None:
    long = Pattern.read("(cdr (cons (+ #0 1) #1))")
    short = Pattern.read("(+ #0 1)")
    learned = [(p, p.definition({})) for p in (long, short)]
    library = LISTS.extend(*(term for _, term in learned))
    found = shortened(library, learned)
    assert found is not None
    smaller, images, used, saved = found
    assert used is learned[1][1]
    assert saved == 1
    # What is used comes before what uses it; the names stay.
    assert list(smaller.abstractions) == ["fn_1", "fn_0"]
    body = smaller.show(smaller.abstractions["fn_0"].body)
    assert body == "(lambda (lambda (cdr (cons (fn_1 $1) $0))))"
    assert smaller.type_of(smaller.abstractions["fn_0"]) == library.type_of(learned[0][1])
    assert replaced(library.parse("(fn_0 1)"), images) is smaller.parse("(fn_0 1)")
    assert shortened(smaller, [(long, smaller.abstractions["fn_0"]), learned[1]]) is None


def rewritten(count: int) -> list[Frontier]:
    """Frontiers of maps and filters written with fold, two programs each."""
    grammar = Grammar.uniform(LISTS)
    changes = ["(+ $1 1)", "(* $1 $1)", "(- $1 1)", "(+ $1 $1)", "(mod $1 (+ 1 1))"]
    tests = ["(gt? $1 0)", "(eq? (mod $1 (+ 1 1)) 0)", "(gt? (* $1 $1) 1)"]
    lists = ["$0", "(cdr $0)", "(cdr (cdr $0))"]
    made = []
    for i in range(count):
        change, test, given = changes[i % 5], tests[i % 3], lists[i // 2 % 3]
        mapped = f"(fold {given} empty (lambda (lambda (cons {change} $0))))"
        both = f"(fold {mapped} empty (lambda (lambda (if {test} (cons $1 $0) $0))))"
        made.append(frontier(str(i), [f"(lambda {both})", f"(lambda (cdr {both}))"], grammar))
    return made


@pytest.mark.parametrize("count", [3, 10, 30])
@pytest.mark.parametrize("penalty", [0.0, 0.5, 1.5])
def test_score_after_tidying_is_that_of_the_result(count: int, penalty: float) -> None:
    frontiers = rewritten(count)
    config = CompressionConfig(structure_penalty=penalty, pseudo_counts=1.0)
    result = compress_frontiers(Grammar.uniform(LISTS), frontiers, config)
    saved = sum(step.saving for step in result.steps)
    assert saved == pytest.approx(result.score_after - result.score_before)
    library = result.grammar.library
    for step in result.steps:
        assert library.abstractions[step.name] is step.abstraction
        assert library.type_of(step.abstraction) == step.type
    for before, after in zip(frontiers, result.frontiers, strict=True):
        meanings = {beta_normal(inline(e.program)) for e in after.entries}
        assert meanings == {e.program for e in before.entries}
        for new in after.entries:
            prior = result.grammar.log_prior(new.program, after.task.request)
            assert new.log_prior == pytest.approx(prior)
    rows = [
        (i, e.program, f.task.request, e.log_likelihood)
        for i, f in enumerate(result.frontiers)
        for e in f.entries
    ]
    again = score_frontiers(Grammar.uniform(library), rows, Weighting(1.0, 1.0, penalty))
    assert again == pytest.approx(result.score_after)
