import math
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from itertools import pairwise

import numpy as np
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from reverie.dsl.calculus.syntax import parse_type
from reverie.dsl.calculus.terms import Lambda, Term, Variable, apply
from reverie.dsl.calculus.types import (
    BOOL,
    INT,
    Substitution,
    Type,
    TypeVariable,
    arrow,
    list_of,
    pair_of,
)
from reverie.dsl.language.library import Library, Primitive
from reverie.dsl.model.grammar import ROOT, Grammar
from reverie.enumerate.automaton.compiled_grammar import CompiledGrammar
from reverie.enumerate.tokens import decode
from reverie.enumerate.topdown.enumerator import (
    ProgramBatch,
    TopDown,
    enumerate_windows,
    programs,
    windows,
)

LL, LI = parse_type("list(int) -> list(int)"), parse_type("list(int) -> int")

# How many programs DreamCoder's OCaml enumerator finds: (language, request, bound, count).
COUNTS = [
    ("common", LL, 12.0, 672),
    ("common", LL, 16.5, 13_157),
    ("common", LI, 12.0, 1_031),
    ("common", LI, 16.5, 11_852),
    ("base", LL, 16.5, 80_126),
    ("base", LI, 16.5, 86_350),
    ("mccarthy", arrow(LL, LL), 16.5, 50_783),
    ("mccarthy", arrow(LI, LI), 16.5, 49_152),
]


@pytest.mark.parametrize(("language", "request_", "bound", "count"), COUNTS)
def test_counts_are_dreamcoders(
    languages: dict[str, Library], language: str, request_: Type, bound: float, count: int
) -> None:
    search = TopDown(CompiledGrammar(Grammar.uniform(languages[language]), request_))
    search.window(0.0, bound)
    assert search.count() == count


@pytest.mark.parametrize(
    ("language", "counts"),
    [
        ("common", [0, 2, 0, 5, 23, 4, 121, 517, 400, 4663, 7422, 39413]),
        ("base", [0, 2, 3, 17, 11, 67, 288, 1280, 3460, 15858, 59140, 218293]),
    ],
)
def test_window_counts_are_dreamcoders(
    languages: dict[str, Library], language: str, counts: list[int]
) -> None:
    search = TopDown(CompiledGrammar(Grammar.uniform(languages[language]), LL))
    found = []
    for lower, upper in windows(18.0):
        search.window(lower, upper)
        found.append(search.count())
    assert found == counts


def test_batches_are_the_window(languages: dict[str, Library]) -> None:
    library = languages["common"]
    grammar = Grammar.uniform(library)
    search = TopDown(CompiledGrammar(grammar, LL), batch=7)
    search.window(9.0, 11.0)
    found: dict[Term, float] = {}
    while len(batch := search.next_batch()):
        assert len(batch) <= 7
        for program, cost in decoded(batch, grammar):
            assert program not in found
            assert 9.0 <= cost < 11.0
            found[program] = cost
    assert len(search.next_batch()) == 0
    assert found == dict(programs(grammar, LL, 9.0, 11.0))


def test_counting_goes_on_where_batches_stopped(languages: dict[str, Library]) -> None:
    search = TopDown(CompiledGrammar(Grammar.uniform(languages["common"]), LL), batch=100)
    search.window(0.0, 12.0)
    assert len(search.next_batch()) + search.count() == 672
    assert search.count() == 0


def test_programs_on_the_edge_of_a_window_are_found_once(languages: dict[str, Library]) -> None:
    grammar = Grammar.uniform(languages["common"])
    costs = sorted({cost for _, cost in programs(grammar, LL, 0.0, 8.0)})
    edges = [0.0, *costs, 8.0]
    split = [
        pair for lower, upper in pairwise(edges) for pair in programs(grammar, LL, lower, upper)
    ]
    assert sorted(split, key=str) == sorted(programs(grammar, LL, 0.0, 8.0), key=str)


def test_sharply_peaked_weights_do_not_overflow_the_stack() -> None:
    library = Library([Primitive("0", INT, 0), Primitive("s", arrow(INT, INT), lambda x: x)])
    grammar = Grammar(library, np.array([[-9.0, 0.0, 0.0]]))
    search = TopDown(CompiledGrammar(grammar, INT), max_tokens=64)
    search.window(0.0, 12.0)
    assert search.count() > 10
    assert search.skipped > 0


@pytest.mark.parametrize("batches", [0, 1, 3])
def test_a_split_search_finds_everything_once(languages: dict[str, Library], batches: int) -> None:
    grammar = Grammar.uniform(languages["common"])
    whole = dict(programs(grammar, LL, 8.0, 13.0))
    first = TopDown(CompiledGrammar(grammar, LL), batch=20)
    first.window(8.0, 13.0)
    searches, found = [first], []
    for search in searches:
        for _ in range(batches):
            found += decoded(search.next_batch(), grammar)
        while len(searches) < 40 and (other := search.split()):
            searches.append(other)
    assert len(searches) > 5
    for search in searches:
        while part := decoded(search.next_batch(), grammar):
            found += part
    assert len(found) == len(whole)
    assert dict(found) == whole


def decoded(batch: ProgramBatch, grammar: Grammar) -> list[tuple[Term, float]]:
    ends = zip(batch.starts[:-1], batch.starts[1:], batch.costs.tolist(), strict=True)
    return [(decode(batch.tokens[a:b], grammar.library), cost) for a, b, cost in ends]


def test_threads_share_a_window(languages: dict[str, Library]) -> None:
    first = TopDown(CompiledGrammar(Grammar.uniform(languages["common"]), LL))
    first.window(0.0, 16.5)
    searches = [first]
    for search in searches:
        if len(searches) < 8 and (other := search.split()):
            searches.append(other)
    with ThreadPoolExecutor(2) as pool:
        assert sum(pool.map(TopDown.count, searches)) == 13_157


def test_a_search_needs_a_window(languages: dict[str, Library]) -> None:
    with pytest.raises(ValueError, match="window"):
        TopDown(CompiledGrammar(Grammar.uniform(languages["base"]), LL)).next_batch()


# ---- against an enumerator that knows nothing of tables ------------------------------------------


class TooMany(Exception):
    pass


def brute_force(
    grammar: Grammar, request: Type, upper: float, limit: int = 4_000
) -> dict[Term, float]:
    """Enumerate by explicit substitutions, copied at each choice, cutting by cost only."""
    library = grammar.library
    steps = 0

    def fill(
        wanted: Type, scope: tuple[Type, ...], row: int, s: Substitution, cost: float, depth: int
    ) -> Iterator[tuple[Term, Substitution, float]]:
        wanted = s.apply(wanted)
        if wanted.is_arrow:
            parameter, result = wanted.arguments  # type: ignore[attr-defined]
            for body, s2, cost2 in fill(result, (parameter, *scope), row, s, cost, depth):
                yield Lambda(body), s2, cost2
            return
        nonlocal steps
        steps += 1
        if steps > limit or depth > 15:
            raise TooMany
        fitting: list[tuple[float, int, Term, tuple[Type, ...], Substitution]] = []
        for column, production in enumerate(library.productions):
            s2 = s.copy()
            function = s2.instantiate(production.type)
            if unify(s2, function.result, wanted):
                weight = float(grammar.weights[row, column])
                fitting.append((weight, column, production.term, function.parameters, s2))
        variables = []
        for index, declared in enumerate(scope):
            s2 = s.copy()
            function = s2.apply(declared)
            if unify(s2, function.result, wanted):
                terminal = not function.is_arrow
                variables.append((terminal, Variable(index), function.parameters, s2))
        if wanted is library.continuation:
            terminals = [v for v in variables if v[0]]
            variables = [v for v in variables if not v[0] or v is terminals[0]]
        common = float(grammar.weights[row, -1])
        total = sum(math.exp(f[0]) for f in fitting) + bool(variables) * math.exp(common)
        for _, head, parameters, s2 in variables:
            weight = common - math.log(len(variables))
            fitting.append((weight, len(library), head, parameters, s2))
        for weight, column, head, parameters, s2 in fitting:
            cost2 = cost + math.log(total) - weight
            if cost2 < upper:
                yield from complete(head, (), parameters, scope, column, s2, cost2, depth)

    def complete(
        head: Term,
        done: tuple[Term, ...],
        todo: tuple[Type, ...],
        scope: tuple[Type, ...],
        column: int,
        s: Substitution,
        cost: float,
        depth: int,
    ) -> Iterator[tuple[Term, Substitution, float]]:
        if not todo:
            yield apply(head, *done), s, cost
            return
        row = grammar.row(column, len(done))
        for argument, s2, cost2 in fill(todo[0], scope, row, s, cost, depth + 1):
            rest = (*done, argument), todo[1:]
            yield from complete(head, *rest, scope, column, s2, cost2, depth)

    def unify(s: Substitution, a: Type, b: Type) -> bool:
        if not s.unifies(a, b):
            return False
        s.unify(a, b)
        return True

    first = Substitution(max(request.variables, default=-1) + 1)
    found: dict[Term, float] = {}
    for program, _, cost in fill(request, (), grammar.row(ROOT), first, 0.0, 0):
        assert program not in found
        found[program] = cost
    return found


leaves = st.sampled_from([INT, BOOL, TypeVariable(0), TypeVariable(1)])
simple = st.recursive(
    leaves,
    lambda t: st.one_of(t.map(list_of), st.builds(pair_of, t, t)),
    max_leaves=3,
)
parameter_types = st.one_of(simple, simple, st.builds(arrow, simple, simple))
parameter_types = st.one_of(parameter_types, st.builds(arrow, simple, simple, simple))


@st.composite
def function_types(draw: st.DrawFn, most: int = 3) -> Type:
    parameters = draw(st.lists(parameter_types, max_size=most))
    return arrow(*parameters, draw(simple))


@st.composite
def grammars(draw: st.DrawFn) -> Grammar:
    types = draw(st.lists(function_types(), min_size=2, max_size=6))
    constants = draw(st.lists(simple, min_size=1, max_size=2))
    primitives = [
        Primitive(f"p{i}", t, lambda *_: None) for i, t in enumerate([*types, *constants])
    ]
    continuation = draw(st.sampled_from([None, None, INT, BOOL, list_of(INT)]))
    library = Library(primitives, continuation=continuation)
    rows = Grammar.rows_of(library) if draw(st.booleans()) else 1
    scale = draw(st.sampled_from([0.0, 0.7, 2.0]))
    rng = np.random.default_rng(draw(st.integers(0, 2**32 - 1)))
    return Grammar(library, scale * rng.standard_normal((rows, len(library) + 1)))


@settings(max_examples=200)
@given(grammars(), function_types(2), st.sampled_from([4.5, 6.0, 7.5, 9.0]))
def test_any_language_is_enumerated_exactly(grammar: Grammar, request: Type, upper: float) -> None:
    try:
        wanted = brute_force(grammar, request, upper)
    except TooMany:  # such as an endless chain of heads that cost nearly nothing
        assume(False)
    search = TopDown(CompiledGrammar(grammar, request))
    found: dict[Term, float] = {}
    for lower, higher, batch in enumerate_windows(search, upper):
        for program, cost in decoded(batch, grammar):
            assert program not in found
            assert lower <= cost < higher
            found[program] = cost
    assert search.skipped == 0
    either = wanted | found
    assert all(abs(either[p] - upper) < 1e-9 for p in wanted.keys() ^ found.keys())
    for program, cost in found.items():
        assert abs(cost + grammar.log_prior(program, request)) < 1e-9
