"""The bottom-up search against the top-down enumerator and the reference interpreter."""

from __future__ import annotations

import math
import random
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace

import numpy as np
import pytest

from reverie.domains.list import functions
from reverie.dsl.calculus.syntax import parse_type
from reverie.dsl.calculus.terms import Lambda, Term
from reverie.dsl.calculus.types import INT, list_of
from reverie.dsl.language.decorator import primitive
from reverie.dsl.language.library import Library
from reverie.dsl.language.primitives import Primitive, constant, hole
from reverie.dsl.model.grammar import Grammar
from reverie.dsl.model.interpreter import Failure, Interpreter, Limits
from reverie.dsl.model.likelihood import Equality
from reverie.dsl.tasks.task import Task
from reverie.enumerate.bottomup.bank.bank import Bank, bank_layout
from reverie.enumerate.bottomup.bank.task_context import open_context
from reverie.enumerate.bottomup.bottomup_search import (
    NotApplicable,
    applicable,
    bottom_up,
    explore,
    throughput,
)
from reverie.enumerate.bottomup.ground_grammar import CLOSED, UNIT, GroundGrammar
from reverie.enumerate.native.memory.word_layout import ERROR
from reverie.enumerate.strategy import Budget, SearchProblem
from reverie.enumerate.topdown.enumerator import programs

LL = "list(int) -> list(int)"
INPUTS = [[1, 2, 3], [4, 0, 7, 2], [5], [9, 3, 3, 1, 6]]
PRIMITIVES = {p.name: p for p in (*functions.COMMON, *functions.RICH)}


def library(names: str) -> Library:
    return Library([PRIMITIVES[name] for name in names.split()])


SMALL = library("map fold if + - gt? eq? 0 1 empty cons length")
SMALLER = library("map + car cdr 0 1")
LARGER = library("map fold filter if + - * mod gt? eq? 0 1 2 empty cons car cdr length range sum")


def task(request: str, function: object, inputs: list[tuple[object, ...]] | None = None) -> Task:
    given = inputs if inputs is not None else [(x,) for x in INPUTS]
    return Task("a task", request, [(x, function(*x)) for x in given])  # type: ignore[operator]


def solve(wanted: Task, grammar: Grammar, **budget: float) -> Term | None:
    found = bottom_up(SearchProblem(wanted, grammar, Equality()), Budget(**budget))  # type: ignore[arg-type]
    return found.frontier.best.program if found.frontier.best else None


@contextmanager
def filled(wanted: Task, grammar: Grammar, cost: float, depth: int | None = None) -> Iterator[Bank]:
    """Give a bank of all programs up to a cost in nats, those of the wanted type included."""
    ground = GroundGrammar(grammar, wanted.request, depth=depth)
    with open_context(grammar.library, Limits(), wanted) as context:
        bank = Bank(ground, context)
        bank.build_to(math.ceil(cost / ground.unit))
        yield bank


def test_building_further_gives_what_building_at_once_gives() -> None:
    wanted, grammar = task(LL, lambda x: x), Grammar.uniform(SMALL)
    banks = []
    for costs in ((10, 10, 25, 48), (48,)):
        ground = GroundGrammar(grammar, wanted.request)
        with open_context(grammar.library, Limits(), wanted) as context:
            bank = Bank(ground, context)
            for cost in costs:
                bank.build_to(cost)
            levels = np.flatnonzero(bank.count[ground.root])
            assert levels.max() <= 48
            banks.append((bank.kept, levels.tolist(), sorted(vectors(bank, ground.root))))
    assert banks[0] == banks[1]
    assert banks[0][0] > 100


def vectors(bank: Bank, state: int) -> list[str]:
    """Return what each program kept for a state gives, as text, errors included."""
    decode = bank.context.heap.decode
    return [
        repr(["error" if w == ERROR else decode(w) for w in bank.values(node)])
        for node in range(bank.kept)
        if bank.state_of(node) == state
    ]


def brute_force(wanted: Task, grammar: Grammar, cost: float) -> dict[str, tuple[Term, float]]:
    """Return the vectors of values without errors, each with its cheapest program and its cost."""
    interpreter = Interpreter(grammar.library)
    found: dict[str, tuple[Term, float]] = {}
    for program, nats in programs(grammar, wanted.request, 0, cost):
        run = interpreter.function(program)
        values = [run(*example.inputs) for example in wanted.examples]
        if not any(isinstance(value, Failure) for value in values):
            known = found.get(repr(values))
            if known is None or nats < known[1]:
                found[repr(values)] = program, nats
    return found


@pytest.mark.parametrize(
    ("names", "cost"),
    [
        ("map if + gt? 0 1 empty cons length", 14.5),
        ("fold if + eq? 0 1 empty cons cdr", 14.5),
        ("map fold + - 0 1 empty cons car index range", 13.5),
        ("filter reverse ++ singleton is-prime mod + 2 3", 12.0),
        ("unfold eq? + 0 empty? car cdr", 13.5),
    ],
)
def test_finds_all_values_that_brute_force_finds(names: str, cost: float) -> None:
    wanted = task(LL, lambda x: x)
    grammar = Grammar.uniform(library(names))
    expected = brute_force(wanted, grammar, cost)
    # Rounded costs and types left open by the prior shift a program by a few units.
    with filled(wanted, grammar, cost + 2.5, depth=2) as bank:
        found = set(vectors(bank, bank.ground.root))
    lost = [f"{program} ({nats:.2f})" for v, (program, nats) in expected.items() if v not in found]
    assert len(expected) > 5
    assert not lost, f"{len(lost)} of {len(expected)} lost: {lost[:5]}"


def random_bigrams(language: Library, seed: int, spread: float) -> Grammar:
    shape = Grammar.rows_of(language), len(language) + 1
    return Grammar(language, spread * np.random.default_rng(seed).normal(size=shape))


@pytest.mark.parametrize("seed", range(3))
def test_finds_by_bigrams_what_brute_force_finds(seed: int) -> None:
    wanted = task(LL, lambda x: x)
    language = library("map if + gt? 0 1 empty cons length")
    grammar = random_bigrams(language, seed, 1.5)
    expected = brute_force(wanted, grammar, 11.0)
    # Of one behaviour a program is kept whose head is cheap by all rows together, though another
    # may be cheaper as this or that argument.
    with filled(wanted, grammar, 11.0 + 5.0, depth=2) as bank:
        found = set(vectors(bank, bank.ground.root))
    lost = [f"{program} ({nats:.2f})" for v, (program, nats) in expected.items() if v not in found]
    assert len(expected) > 5
    assert not lost, f"{len(lost)} of {len(expected)} lost: {lost[:5]}"


@pytest.mark.parametrize("seed", range(3))
def test_costs_by_bigrams_are_nearly_the_prior(seed: int) -> None:
    wanted = task("list(int) -> int", len)
    language = library("+ * length sum reverse 0 1 cdr")
    grammar = random_bigrams(language, seed, 1.0)
    ground = GroundGrammar(grammar, wanted.request)
    at_root = ground.corrections_at_root()
    rules = ground.states[ground.root].rules
    assert rules is not None
    checked = 0
    with filled(wanted, grammar, 14.0) as bank:
        for node in range(bank.kept):
            if bank.state_of(node) != bank.ground.root:
                continue
            level = next(
                c for c in np.flatnonzero(bank.count[ground.root])
                if bank.first[ground.root, c] <= node
                < bank.first[ground.root, c] + bank.count[ground.root, c]
            )  # fmt: skip
            head = bank.rule_tables.rules[int(bank.nodes[node]) >> 32 & bank_layout.RULE_MASK]
            local = int(
                bank.nodes[node] >> 32 & bank_layout.RULE_MASK
            ) - bank.rule_tables.first_rule(ground.root)
            assert head[bank_layout.AT_ROOT] == at_root[local]
            program = Lambda(bank.term(node))
            exact = -grammar.log_prior(program, wanted.request)
            size = program.leaves
            assert abs((level + at_root[local]) * ground.unit - exact) <= 0.75 * ground.unit * size
            checked += 1
    assert checked > 100


def test_values_are_those_of_the_reference_interpreter() -> None:
    wanted = task(LL, lambda x: x)
    interpreter = Interpreter(LARGER)
    with filled(wanted, Grammar.uniform(LARGER), 17.0) as bank:
        chosen = random.Random(0).sample(range(bank.kept), 1500)
        scopes = set()
        for node in chosen:
            state = bank.ground.states[bank.state_of(node)]
            scopes.add(state.scope)
            term = bank.term(node)
            for _ in range(1 + len(state.scope)):
                term = Lambda(term)
            run = interpreter.function(term)
            points = bank.context.points(state.scope, bank.ground.universe)
            for word, (example, frame) in zip(bank.values(node), points, strict=True):
                memory = bank.context.heap.memory
                bound = []
                for _ in state.scope:
                    bound.append(bank.context.heap.decode(memory[frame]))
                    frame = memory[frame + 1]
                expected = run(*wanted.examples[example].inputs, *bound[::-1])
                if word == ERROR:
                    assert isinstance(expected, Failure), term
                else:
                    assert repr(bank.context.heap.decode(word)) == repr(expected), term
        assert CLOSED in scopes
        assert len(scopes) > 5


def test_each_state_keeps_a_vector_once_and_no_state_takes_from_another() -> None:
    wanted = task(LL, lambda x: x)
    with filled(wanted, Grammar.uniform(SMALL), 15.0) as bank:
        assert bank.kept > 500
        assert bank.progress[bank_layout.HASHES] >= bank.kept
        for state in {bank.state_of(node) for node in range(bank.kept)}:
            found = vectors(bank, state)
            assert len(found) == len(set(found))
        # The constants 0 and 1 are closed; a body may be $0 where the points' values are the same.
        closed = [
            n for n in range(bank.kept) if bank.ground.states[bank.state_of(n)].scope is CLOSED
        ]
        assert {"0", "1", "empty", "$0"} <= {str(bank.term(n)) for n in closed}


def test_terms_under_lambdas_use_their_variables() -> None:
    wanted = task(LL, lambda x: x)
    with filled(wanted, Grammar.uniform(SMALL), 15.0) as bank:
        for node in range(bank.kept):
            scope = bank.ground.states[bank.state_of(node)].scope
            if scope:
                assert any(f"${i}" in str(bank.term(node)) for i in range(8))


@pytest.mark.parametrize(
    ("request_type", "function", "inputs"),
    [
        (LL, lambda x: [2 * v for v in x], None),
        (LL, lambda x: x[1:], None),
        (LL, lambda x: [v for v in x if v > 2], None),
        ("list(int) -> int", sum, None),
        ("list(int) -> int", lambda x: x[0] + len(x), None),
        ("list(int) -> bool", lambda x: len(x) == 3, None),
        ("int -> int", lambda n: n * n + 1, [(n,) for n in range(6)]),
        ("int -> list(int)", lambda n: list(range(n))[1:], [(n,) for n in range(1, 6)]),
        ("int -> int -> int", lambda m, n: m - n, [(5, 3), (2, 9), (0, 4)]),
        (
            "int -> list(int) -> list(int)",
            lambda n, x: [v + n for v in x],
            [(n, x) for n, x in zip((3, 0, 5, 2), INPUTS, strict=True)],
        ),
        (
            "list(list(int)) -> list(int)",
            lambda x: [len(v) for v in x],
            [(INPUTS,), ([[], [4]],), ([[1, 1], [], [2]],)],
        ),
    ],
)
def test_solves(request_type: str, function: object, inputs: list[tuple[object, ...]]) -> None:
    grammar = Grammar.uniform(LARGER)
    wanted = task(request_type, function, inputs)
    found = bottom_up(SearchProblem(wanted, grammar, Equality()), Budget(candidates=200_000))
    assert found.frontier.entries
    interpreter = Interpreter(LARGER)
    for entry in found.frontier.entries:
        assert entry.search == "bottom-up"
        assert entry.log_prior == pytest.approx(grammar.log_prior(entry.program, wanted.request))
        for example in wanted.examples:
            assert interpreter.evaluate(entry.program, example.inputs) == example.output


@primitive("pair(t0, t1) -> t0", name="fst")
def first(pair: tuple[object, object]) -> object:
    """Take the first."""
    return pair[0]


@primitive("t0 -> t1 -> pair(t0, t1)", name="both")
def both(left: object, right: object) -> tuple[object, object]:
    """Make a pair."""
    return (left, right)


@primitive("real -> real -> real", name="+.")
def add_reals(left: float, right: float) -> float:
    """Add."""
    return left + right


OTHER = Library(
    [
        *(first, both, add_reals, constant("half", "real", 0.5), constant("dot", "char", ".")),
        *(PRIMITIVES[name] for name in ["map", "cons", "empty", "reverse", "++", "singleton"]),
    ]
)


@pytest.mark.parametrize(
    ("request_type", "function", "inputs"),
    [
        ("real -> real", lambda x: x + 0.5 + x, [(0.25,), (1.0,), (-3.5,)]),
        ("list(char) -> list(char)", lambda x: [*x[::-1], "."], [("ab",), ("",), ("x.",)]),
        (
            "list(pair(int, char)) -> list(int)",
            lambda x: [a for a, _ in x],
            [([(1, "a"), (2, "b")],), ([(3, "c")],), ([],)],
        ),
        (
            "list(real) -> list(pair(real, real))",
            lambda x: [(v, v + 0.5) for v in x],
            [([0.5, 2.0],), ([-1.0],), ([],)],
        ),
    ],
)
def test_solves_with_other_types(
    request_type: str, function: object, inputs: list[tuple[object, ...]]
) -> None:
    given = [tuple(list(v) if isinstance(v, str) else v for v in x) for x in inputs]
    wanted = task(request_type, function, given)
    assert solve(wanted, Grammar.uniform(OTHER), candidates=100_000) is not None


def test_finds_what_brute_force_ranks_first() -> None:
    grammar = Grammar.uniform(SMALL)
    wanted = task(LL, lambda x: [v + 1 for v in x])
    best = min(
        nats
        for program, nats in programs(grammar, wanted.request, 0, 14.0)
        if Equality().scorer(wanted, wanted.examples, Interpreter(SMALL))(program)[0] == 0
    )
    found = bottom_up(SearchProblem(wanted, grammar, Equality()), Budget(candidates=100_000))
    assert found.frontier.best is not None
    assert found.frontier.best.description_length == pytest.approx(best)


def test_skewed_and_bigram_weights_are_followed() -> None:
    weights = np.random.default_rng(0).normal(size=(Grammar.rows_of(SMALL), len(SMALL) + 1))
    for grammar in (Grammar(SMALL, weights[:1]), Grammar(SMALL, weights)):
        assert solve(task(LL, lambda x: [v + 1 for v in x]), grammar, candidates=200_000)


def test_the_branch_not_taken_may_fail() -> None:
    grammar = Grammar.uniform(library("if empty? car 0 1 eq? length"))
    wanted = task(
        "list(int) -> int", lambda x: x[0] if x else 0, [([],), ([3, 1],), ([7],), ([0, 2],)]
    )
    assert solve(wanted, grammar, candidates=100_000) is not None


def test_a_body_that_never_runs_may_fail() -> None:
    wanted = task(LL, lambda x: [v + x[0] for v in x], [([],), ([3, 1],), ([7],), ([0, 2],)])
    program = solve(wanted, Grammar.uniform(SMALLER), candidates=100_000)
    assert "(car $1)" in str(program)


def test_abstractions_are_used() -> None:
    extended = LARGER.extend(
        LARGER.parse("#(lambda (map (lambda (* $0 $0)) $0))"),  # type: ignore[arg-type]
        LARGER.parse("#(lambda (lambda (fold $0 $1 (lambda (lambda (+ $0 $1))))))"),  # type: ignore[arg-type]
    )
    wanted = task("list(int) -> int", lambda x: sum(v * v for v in x))
    program = solve(wanted, Grammar.uniform(extended), candidates=100_000)
    assert program is not None


def test_same_candidates_give_the_same_result() -> None:
    grammar = Grammar.uniform(LARGER)
    problem = SearchProblem(task(LL, lambda x: [v * 3 + 17 for v in x]), grammar, Equality())
    other = SearchProblem(task(LL, lambda x: [v for v in x if v % 2]), grammar, Equality())
    results = []
    for _ in range(2):
        found = bottom_up(problem, Budget(candidates=20_000))
        results.append((found.candidates, found.depth, str(found.frontier)))
        bottom_up(other, Budget(candidates=5_000))
    assert results[0] == results[1]
    assert results[0][0] == 20_000


def test_time_and_memory_are_kept_to() -> None:
    problem = SearchProblem(
        task(LL, lambda x: [v * 77 + 17 for v in x]), Grammar.uniform(LARGER), Equality()
    )
    bottom_up(problem, Budget(seconds=0.05))
    assert bottom_up(problem, Budget(seconds=0.5)).seconds < 5.0
    budget = Budget(candidates=600_000)
    whole, kept, taken, _ = throughput(problem, budget)
    assert whole.candidates == budget.candidates
    # Memory is looked at between stretches of some ten thousand candidates.
    small, fewer, less, _ = throughput(problem, replace(budget, memory=0.002))
    assert small.candidates < whole.candidates
    assert fewer < kept / 2
    assert less < taken


def only(*primitives: Primitive) -> Grammar:
    return Grammar.uniform(Library(primitives))


@primitive("(int -> int) -> int")
def at_zero(f: object) -> int:
    """Call a function."""
    return f(0)  # type: ignore[no-any-return, operator]


@pytest.mark.parametrize(
    ("request_type", "grammar", "likelihood", "reason"),
    [
        ("int -> int", only(constant("0", "int", 0)), Equality(observe=abs), "likelihood"),
        ("int -> int", only(hole("REAL", "real")), Equality(), "hole"),
        ("int -> shape", only(constant("0", "int", 0)), Equality(), "shape"),
        ("(int -> int) -> int", only(at_zero), Equality(), "functions"),
        ("int -> int", Grammar.uniform(Library(functions.MCCARTHY)), Equality(), "fix1"),
    ],
)
def test_says_where_it_does_not_apply(
    request_type: str, grammar: Grammar, likelihood: Equality, reason: str
) -> None:
    given = abs if request_type.startswith("(") else 1
    problem = SearchProblem(Task("a task", request_type, [((given,), 1)]), grammar, likelihood)
    assert reason in (applicable(problem) or "")
    with pytest.raises(NotApplicable):
        bottom_up(problem, Budget(candidates=10))


def test_says_when_numbers_would_not_fit() -> None:
    problem = SearchProblem(task(LL, lambda x: x), Grammar.uniform(SMALL), Equality())
    assert applicable(problem) is None
    wide = Limits(integer=2**40)
    assert "limits" in str(
        applicable(SearchProblem(problem.task, problem.grammar, Equality(), wide))
    )


def test_solves_without_arguments() -> None:
    wanted = Task("two", "int", [((), 2)])
    assert str(solve(wanted, Grammar.uniform(SMALL), candidates=10_000)) == "(+ 1 1)"


def test_it_applies_to_lists() -> None:
    assert (
        applicable(SearchProblem(task(LL, lambda x: x), Grammar.uniform(LARGER), Equality()))
        is None
    )


def test_states_are_few_and_offsets_are_admissible() -> None:
    ground = GroundGrammar(Grammar.uniform(LARGER), parse_type(LL))
    reached = ground.reach(round(16 / UNIT))
    offsets = [ground.states[number].outside_cost for number in reached]
    assert offsets == sorted(offsets, reverse=True)
    assert any(ground.states[number].scope == (INT, INT) for number in reached)
    assert list_of(list_of(INT)) not in ground.universe


def test_what_was_kept_can_be_read_from_outside() -> None:
    wanted = task(LL, lambda x: x)
    problem = SearchProblem(wanted, Grammar.uniform(SMALL), Equality())
    interpreter = Interpreter(SMALL)
    kept = list(explore(problem, Budget(candidates=5_000)))
    assert len(kept) > 200
    assert {str(k.type) for k in kept} >= {"int", "list(int)"}
    for one in kept:
        values = [interpreter.evaluate(one.program, e.inputs) for e in wanted.examples]
        for value, expected in zip(one.values, values, strict=True):
            assert (
                isinstance(expected, Failure) if isinstance(value, Failure) else value == expected
            )
    of_type = [k for k in kept if k.type == list_of(INT)]
    assert [k.cost for k in of_type] == sorted(k.cost for k in of_type)
    assert len({repr(k.values) for k in of_type}) == len(of_type)


def test_values_of_programs_keep_to_the_bounds_of_the_language() -> None:
    limits = Limits(value_range=(-20, 20), value_length=6)
    wanted = Task("more", LL, [(([1, 2, 3, 4],), []), (([3, 9],), [])])
    problem = SearchProblem(wanted, Grammar.uniform(LARGER), Equality(), limits)
    for one in explore(problem, Budget(candidates=20_000)):
        for value in one.values:
            if isinstance(value, list):
                assert len(value) <= 6
                assert all(not isinstance(v, int) or -20 <= v <= 20 for v in value)
