"""The prior: golden files, an independent naive scorer, sampling, refitting."""

import json
import math
from collections import Counter
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from strategies import LANGUAGE, language, programs, weights

from reverie.dsl.calculus.syntax import parse_term, parse_type
from reverie.dsl.calculus.terms import Abstraction, Lambda, Literal, Symbol, Term, Variable, spine
from reverie.dsl.calculus.types import INT, REAL, Substitution, Type, arrow, type_from_json
from reverie.dsl.language.eta import eta_long
from reverie.dsl.language.library import Library, Primitive, hole
from reverie.dsl.model.fitting import expected_counts, refit
from reverie.dsl.model.grammar import Grammar, summarise
from reverie.dsl.support.errors import TypeMismatch

LL, LI = parse_type("list(int) -> list(int)"), parse_type("list(int) -> int")

COMMON = """
map: (t0 -> t1) -> list(t0) -> list(t1)
unfold: t0 -> (t0 -> bool) -> (t0 -> t1) -> (t0 -> t0) -> list(t1)
range: int -> list(int)
index: int -> list(t0) -> t0
fold: list(t0) -> t1 -> (t0 -> t1 -> t1) -> t1
length: list(t0) -> int
if: bool -> t0 -> t0 -> t0
+ - * mod: int -> int -> int
empty: list(t0)
cons: t0 -> list(t0) -> list(t0)
car: list(t0) -> t0
cdr: list(t0) -> list(t0)
empty?: list(t0) -> bool
0 1: int
gt? eq?: int -> int -> bool
is-prime is-square: int -> bool
"""
BASE = """
0 1 2 3 4 5: int
* + -: int -> int -> int
gt? eq?: int -> int -> bool
is-prime is-square: int -> bool
empty: list(t0)
cons: t0 -> list(t0) -> list(t0)
car: list(t0) -> t0
cdr: list(t0) -> list(t0)
empty?: list(t0) -> bool
if: bool -> t0 -> t0 -> t0
"""


@cache
def library_of(table: str) -> Library:
    rows = [line.split(": ") for line in table.strip().splitlines()]
    return Library(
        [
            Primitive(name, parse_type(text), lambda *_: None)
            for names, text in rows
            for name in names.split()
        ]
    )


@pytest.mark.parametrize(
    ("file", "table", "request_"),
    [
        ("enum_uniform_base_LI_lt12", BASE, LI),
        ("enum_uniform_base_LL_lt12", BASE, LL),
        ("enum_uniform_common_LI_lt10.5", COMMON, LI),
        ("enum_uniform_common_LL_lt10.5", COMMON, LL),
    ],
)
def test_golden_priors(data: Path, file: str, table: str, request_: Type) -> None:
    library = library_of(table)
    grammar = Grammar.uniform(library)
    rows = json.loads((data / "golden" / f"{file}.json").read_text())
    assert len(rows) > 100
    for length, text in rows:
        assert grammar.log_prior(library.parse(text), request_) == pytest.approx(-length, abs=1e-9)


def row_of(entry: dict[str, Any], library: Library) -> list[float]:
    given = {p["expression"]: p["logProbability"] for p in entry["productions"]}
    return [*(given[p.name] for p in library.productions), entry["logVariable"]]


def test_golden_contextual_priors(data: Path) -> None:
    library = library_of(COMMON)
    dsl = json.loads((data / "golden/contextual_request_common_LI.json").read_text())["DSL"]
    arguments = {p["program"]: p["arguments"] for p in dsl["productions"]}
    entries = [dsl["noParent"], dsl["variableParent"]]
    for production in library.productions:
        assert len(arguments[production.name]) == production.arity
        entries += arguments[production.name]
    grammar = Grammar(library, np.array([row_of(entry, library) for entry in entries]))
    assert grammar.is_bigram
    golden = json.loads((data / "golden/contextual_logpriors_common_LI.json").read_text())
    assert len(golden["programs"]) == 35
    for row in golden["programs"]:
        found = grammar.log_prior(library.parse(row["program"]), parse_type(golden["request"]))
        assert found == pytest.approx(row["logPrior"], abs=1e-9)


def test_golden_compression_score(data: Path) -> None:
    given = json.loads((data / "golden/compress_list20_arity2.json").read_text())
    productions = given["DSL"]["productions"]
    known = {p.name: p for table in (BASE, COMMON) for p in library_of(table).primitives}
    library = Library([known[p["expression"]] for p in productions])
    row = [p["logProbability"] for p in productions] + [given["DSL"]["logVariable"]]
    grammar = Grammar(library, np.array([row]))
    summaries = []
    for frontier in given["frontiers"]:
        request = type_from_json(frontier["request"])
        (entry,) = frontier["programs"]
        program = eta_long(library.parse(entry["program"]), request, library)
        summaries.append(summarise(program, request, library))
    fitted = refit(grammar, [(s, 1.0) for s in summaries], given["pseudoCounts"])
    likelihood = sum(map(fitted.score, summaries))
    score = likelihood - given["aic"] * len(library) - given["structurePenalty"] * len(library)
    assert score == pytest.approx(-362.036033, abs=1e-6)


# ---- an oracle that shares nothing with the scorer but types ------------------------------------


def naive(grammar: Grammar, program: Term, request: Type) -> float:
    """Score a program by the definition, generating it from the root."""
    library, state = grammar.library, Substitution(100)

    def fits(result: Type, wanted: Type) -> bool:
        trial = state.copy()
        try:
            trial.unify(result, wanted)
        except TypeMismatch:
            return False
        return True

    def generate(term: Term, wanted: Type, scope: list[Type], row: int) -> float:
        wanted = state.apply(wanted)
        if wanted.is_arrow:
            assert isinstance(term, Lambda)
            parameter, *rest = wanted.parameters
            return generate(term.body, arrow(*rest, wanted.result), [parameter, *scope], row)
        options: dict[Term, tuple[float, Type, int]] = {}
        for position, production in enumerate(library.productions):
            t = state.instantiate(production.type)
            if fits(t.result, wanted):
                options[production.term] = float(grammar.weights[row, position]), t, position
        near = [
            (index, state.apply(t))
            for index, t in enumerate(scope)
            if fits(state.apply(t).result, wanted)
        ]
        if wanted is library.continuation and (ends := [i for i, t in near if not t.is_arrow]):
            near = [(i, t) for i, t in near if t.is_arrow or i == min(ends)]
        for index, t in near:
            weight = float(grammar.weights[row, -1]) - math.log(len(near))
            options[Variable(index)] = weight, t, len(library)
        head, arguments = spine(term)
        weight, t, parent = options[head]
        total = weight - math.log(sum(math.exp(w) for w, _, _ in options.values()))
        state.unify(t.result, wanted)
        assert len(t.parameters) == len(arguments)
        for number, argument in enumerate(arguments):
            total += generate(argument, t.parameters[number], scope, grammar.row(parent, number))
        return total

    return generate(program, request, [], 0)


@given(programs(), st.booleans(), st.data())
def test_the_prior_is_that_of_its_definition(
    drawn: tuple[Library, Type, Term], bigram: bool, data: st.DataObject
) -> None:
    library, request, program = drawn
    grammar = Grammar(library, data.draw(weights(library, bigram=bigram)))
    expected = naive(grammar, program, request)
    assert grammar.log_prior(program, request) == pytest.approx(expected, abs=1e-9)
    assert grammar.score(summarise(program, request, library)) == pytest.approx(expected, abs=1e-9)


def turtle() -> Library:
    def step(number: int, state: Any) -> Any:
        return state

    return Library(
        [
            Primitive("forward", parse_type("int -> turtle -> turtle"), step),
            Primitive("embed", parse_type("(turtle -> turtle) -> turtle -> turtle"), step),
            Primitive("1", INT, 1),
        ],
        continuation=parse_type("turtle"),
    )


def test_a_continuation_offers_only_its_innermost_state() -> None:
    library, request = turtle(), parse_type("turtle -> turtle")
    grammar = Grammar.uniform(library)
    kept = library.parse("(lambda (embed (lambda (forward 1 $0)) $0))")
    jumping = library.parse("(lambda (embed (lambda (forward 1 $1)) $0))")
    assert grammar.log_prior(kept, request) == pytest.approx(naive(grammar, kept, request))
    assert grammar.log_prior(kept, request) == pytest.approx(-4 * math.log(3))
    assert grammar.log_prior(jumping, request) == -math.inf


def test_what_the_grammar_cannot_make_has_no_prior() -> None:
    library = language("(lambda (+ $0 1))")
    grammar = Grammar.uniform(library)
    for text in ["0", "(lambda (map (+ 1) $0))", "((lambda $0) empty)", "(lambda (car (car $0)))"]:
        assert grammar.log_prior(library.parse(text), LL) == -math.inf
    unknown = Lambda(Symbol("unheard"))
    assert grammar.log_prior(unknown, LL) == -math.inf
    assert grammar.log_prior(Lambda(Abstraction(Symbol("empty"))), LL) == -math.inf
    assert grammar.log_prior(library.parse("(lambda (map (lambda (fn_0 $0)) $0))"), LL) > -20


def test_a_literal_is_scored_as_its_hole() -> None:
    library = Library([*LANGUAGE, hole("REAL", "real")])
    grammar = Grammar.uniform(library)
    with_hole = grammar.log_prior(parse_term("(lambda REAL)"), parse_type("real -> real"))
    filled = grammar.log_prior(Lambda(Literal(2.5, REAL)), parse_type("real -> real"))
    assert with_hole == filled > -math.inf
    assert grammar.log_prior(Literal(3, INT), INT) == -math.inf


@pytest.mark.parametrize("bigram", [False, True])
def test_samples_follow_the_prior(bigram: bool) -> None:
    library = library_of(COMMON)
    shape = Grammar.uniform(library, bigram=bigram).weights.shape
    grammar = Grammar(library, np.random.default_rng(3).normal(0, 0.3, size=shape))
    rng, draws = np.random.default_rng(1), 6000
    counts = Counter(grammar.sample(LI, rng, max_nodes=12) for _ in range(draws))
    statistic, cells = 0.0, 0
    for program, count in counts.items():
        if program is None:
            continue
        expected = draws * math.exp(grammar.log_prior(program, LI))
        assert expected > 0
        if expected >= 10:
            cells += 1
            statistic += (count - expected) ** 2 / expected
    assert cells >= 8
    assert statistic < cells + 5 * math.sqrt(2 * cells)


def test_deep_samples() -> None:
    library = Library([p for p in LANGUAGE if p.name in {"0", "+"}])
    grammar = Grammar(library, np.array([[-8.0, 8.0, 0.0]]))
    assert grammar.sample(INT, np.random.default_rng(0), max_nodes=4000) is None


def test_refit_recovers_the_weights() -> None:
    library = Library([p for p in LANGUAGE if p.name in {"0", "1", "+", "if", "gt?"}])
    probabilities = np.array([0.35, 0.15, 0.1, 1.0, 0.1, 0.3])  # of 0 1 + gt? if and variables
    true = Grammar(library, np.log(probabilities)[None])
    rng = np.random.default_rng(0)
    request = parse_type("int -> int")
    drawn = [true.sample(request, rng) for _ in range(3000)]
    fitted = refit(true, [(summarise(p, request, library), 1.0) for p in drawn if p], 1.0)
    # At an integer the weights are probabilities; at a truth value gt? has only `if` beside it.
    probabilities[3] = 1.0 / (1.0 + 0.1)
    assert np.exp(fitted.weights[0]) == pytest.approx(probabilities, abs=0.02)


def test_refit_by_hand() -> None:
    library = Library([p for p in LANGUAGE if p.name in {"0", "+", "empty"}])  # 0 empty +
    program, request = parse_term("(lambda (+ $0 0))"), parse_type("int -> int")
    summary = summarise(program, request, library)
    fitted = refit(Grammar.uniform(library), [(summary, 0.5)], 2.0)
    # Three holes of type int at weight 1/2; 0, + and the variables are possible at each.
    used = {"0": 0.5, "empty": 0.0, "+": 0.5, None: 0.5}
    possible = {"0": 1.5, "empty": 0.0, "+": 1.5, None: 1.5}
    expected = [math.log((used[k] + 2) / (possible[k] + 2)) for k in ("0", "empty", "+", None)]
    assert fitted.weights[0] == pytest.approx(expected)
    bigram = Grammar.uniform(library, bigram=True)
    uses, _ = expected_counts(bigram, [(summary, 1.0)])
    plus = library.index(Symbol("+"))
    assert uses[0, plus] == uses[bigram.row(plus, 0), -1] == uses[bigram.row(plus, 1), 0] == 1
    assert uses.sum() == 3
    with pytest.raises(ValueError, match="must be positive"):
        refit(bigram, [], 0)


def test_weights_must_fit() -> None:
    library = Library(LANGUAGE)
    with pytest.raises(ValueError, match="do not fit this library"):
        Grammar(library, np.zeros((1, 3)))
    with pytest.raises(ValueError, match="finite"):
        Grammar(library, np.full((1, len(library) + 1), np.nan))
    with pytest.raises(ValueError, match="read-only"):
        Grammar.uniform(library).weights[0, 0] = 1


def test_weights_go_with_their_productions() -> None:
    old = Library(LANGUAGE)
    grammar = Grammar(old, np.arange(len(old) + 1.0)[None])
    new = grammar.with_library(language("(lambda (+ $0 1))"))
    assert new.weights[0].tolist() == [*range(len(old)), 0.0, float(len(old))]


@settings(max_examples=20)
@given(programs())
def test_a_program_has_the_type_it_was_drawn_for(drawn: tuple[Library, Type, Term]) -> None:
    library, request, program = drawn
    found = Substitution(100)
    assert found.unifies(found.instantiate(library.infer(program)), request)
    library.check(program, request)
