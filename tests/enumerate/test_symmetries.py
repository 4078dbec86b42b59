"""Symmetries: what testing finds of a library, and that nothing is lost by what they leave out."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from reverie.domains.deepcoder import domain as deepcoder
from reverie.domains.list import functions, rich
from reverie.dsl.calculus.terms import Abstraction
from reverie.dsl.language.decorator import primitive
from reverie.dsl.language.library import Library
from reverie.dsl.model.grammar import Grammar
from reverie.dsl.model.interpreter import Limits
from reverie.dsl.tasks.task import Task
from reverie.enumerate.bottomup.analysis import list_projections as projections
from reverie.enumerate.bottomup.analysis.redundancies import simplifiable
from reverie.enumerate.bottomup.analysis.symmetries import Symmetries, symmetries_of
from reverie.enumerate.bottomup.bank import rule_tables as tables_module
from reverie.enumerate.bottomup.bank.bank import Bank, bank_layout
from reverie.enumerate.bottomup.bank.task_context import open_context
from reverie.enumerate.bottomup.ground_grammar import CLOSED, GroundGrammar
from reverie.enumerate.native.memory.word_layout import ERROR

PRIMITIVES = {p.name: p for p in (*functions.COMMON, *functions.RICH)}
TASK = Task(
    "a task",
    "list(int) -> list(int)",
    [([x], x) for x in ([1, 2, 3], [4, 0, 7, 2], [5], [], [9, 3, 3, 1, 6])],
)


def number_of(library: Library, name: str) -> int:
    return [p.name for p in library.productions].index(name)


# ---- what is found ------------------------------------------------------------------------------


def test_arguments_that_may_change_places_are_found() -> None:
    found = symmetries_of(deepcoder.library).commutative
    names = {deepcoder.library.productions[i].name for i in found}
    assert names == {"Add", "Multiply", "Min", "Max", "Equal"}


@pytest.mark.parametrize(
    ("name", "total", "uses", "always", "filled"),
    [
        # Bit 0 of the uses is what was made so far, bit 1 the element, bit 2 the position.
        ("reducei", True, 0b000, {2: projections.EMPTINESS}, {1: projections.NOTHING}),
        ("reducei", True, 0b001, {2: projections.LAST}, {1: projections.NOTHING}),
        ("reducei", False, 0b001, {2: projections.ALL}, {1: projections.NOTHING}),
        ("reducei", True, 0b010, {2: projections.LENGTH}, {1: projections.ALL}),
        (
            "reducei",
            True,
            0b101,
            {2: projections.LENGTH_AND_LAST},
            {1: projections.NOTHING},
        ),
        ("reducei", True, 0b011, {2: projections.ALL}, {1: projections.ALL}),
        ("mapi", True, 0b10, {1: projections.LENGTH}, {1: projections.LENGTH}),
        ("mapi", True, 0b01, {1: projections.ALL}, {1: projections.ALL}),
        ("all", False, 0b0, {1: projections.EMPTINESS}, {}),
        ("filter", True, 0b0, {1: projections.ALL}, {1: projections.ALL}),
    ],
)
def test_what_a_function_lets_a_result_depend_on_is_found(
    name: str, total: bool, uses: int, always: dict[int, int], filled: dict[int, int]
) -> None:
    views = symmetries_of(rich.library).views[number_of(rich.library, name)][total, uses]
    assert always.items() <= dict(enumerate(views.always)).items()
    assert filled.items() <= dict(enumerate(views.filled)).items()


@primitive("(int -> int) -> list(int) -> list(int)")
def almost_map(f: object, xs: list[int]) -> list[int]:
    """Map, but show the second element where there are three."""
    return [f(x) for x in xs] if len(xs) != 3 else [xs[1]]  # type: ignore[operator]


@primitive("(int -> bool) -> int -> int")
def until(p: object, x: int) -> int:
    """Count up until something holds, if it ever does."""
    while not p(x):  # type: ignore[operator]
        x += 1
    return x


def test_exceptions_are_seen_and_loops_come_to_an_end() -> None:
    library = Library([almost_map, until])
    views = symmetries_of(library).views
    assert all(v.always[1] == projections.ALL for v in views[0].values())
    assert all(v.always[1] == projections.ALL for v in views[1].values())


def test_learned_functions_have_symmetries_too() -> None:
    language = Library([PRIMITIVES[name] for name in ("fold", "+", "cons", "empty", "0")])
    twice = language.parse("(lambda (lambda (fold $1 empty (lambda (lambda (cons ($2 $1) $0))))))")
    plus = language.parse("(lambda (lambda (+ 0 (+ $1 $0))))")
    library = Library(language.primitives, [Abstraction(twice), Abstraction(plus)])
    found = symmetries_of(library)
    assert found.views[5][True, 0].always[0] == projections.LENGTH
    assert 6 in found.commutative


def test_terms_that_equal_something_simpler_are_found() -> None:
    library = deepcoder.library
    names = [p.name for p in library.productions]
    found = {
        names[outer]: [{names[head] for head in heads} for heads in places]
        for outer, places in simplifiable(library).items()
    }
    assert found["Add"] == [{"0"}, {"0"}]
    assert found["Subtract"] == [set(), {"0"}]
    assert found["Multiply"] == [{"0", "1"}, {"0", "1"}]
    assert found["Sort"] == [{"Reverse", "Sort"}]
    assert found["Head"] == [{"Take"}]
    assert "Take" not in found


def test_a_rare_exception_is_seen() -> None:
    @primitive("int -> int")
    def almost_same(x: int) -> int:
        return x if x != 2 else 8

    library = Library([almost_same, PRIMITIVES["negate"], PRIMITIVES["+"]])
    # Twice almost the same is almost the same.
    assert simplifiable(library) == {0: (frozenset({0}),), 1: (frozenset({1}),)}


# ---- what they leave out ------------------------------------------------------------------------

FAILED = hash(repr(ERROR))
Costs = dict[int, dict[tuple[int, ...], int]]


def least_costs(library: Library, cost: float, simplified: bool) -> tuple[Costs, Costs, int]:
    """Return for each state the vectors kept and their costs, and the number of candidates.

    Second come, at the same points, those of the closed terms that can stand in for its programs.
    """
    ground = GroundGrammar(Grammar.uniform(library), TASK.request)
    with open_context(library, Limits(), TASK) as context:
        bank = Bank(ground, context)
        if simplified:
            bank.rule_tables.simplify()
        for level in range(1, round(cost / ground.unit) + 1):
            bank.begin(bank.steps_to(level, keep_root=False))
            # In small pieces, so that work is also broken off and taken up again.
            while bank.advance(int(bank.progress[bank_layout.CANDIDATES]) + 97) != bank_layout.DONE:
                pass
        found: Costs = {}
        for number in bank.rule_tables.known:
            vectors = found[number] = {}
            for level in range(bank.count.shape[1]):
                first = int(bank.first[number, level])
                for node in range(first, first + int(bank.count[number, level])):
                    # Equal values share a word within a bank: their texts are compared.
                    words = bank.values(node)
                    shown = [repr(w if w == ERROR else context.heap.decode(w)) for w in words]
                    vectors[tuple(map(hash, shown))] = level
        closed: Costs = {}
        for number in bank.rule_tables.known:
            state = ground.states[number]
            first, width = bank.rule_tables.states[
                number, [bank_layout.FIRST_POINT, bank_layout.WIDTH]
            ]
            at = bank.rule_tables.points[first : first + width, bank_layout.EXAMPLE].tolist()
            closed[number] = {
                tuple(vector[i] for i in at): level
                for other in bank.rule_tables.known
                if ground.states[other].scope is CLOSED and ground.states[other].type is state.type
                for vector, level in found[other].items()
            }
        return found, closed, int(bank.progress[bank_layout.CANDIDATES])


NAMES = sorted(PRIMITIVES.keys() - {"unfold", "is-prime", "is-square", "slice", "3", "4", "5"})


def is_lost(values: tuple[int, ...], cost: int, others: dict[tuple[int, ...], int]) -> bool:
    """Say whether nothing else gives these values, wherever there are values, for the cost."""
    return not any(
        least <= cost
        and all(one in (other, FAILED) for one, other in zip(values, found, strict=True))
        for found, least in others.items()
    )


def compare(library: Library, cost: float) -> tuple[int, int]:
    """Search with and without symmetries; return how many candidates there were."""
    with_them, closed, few = least_costs(library, cost, True)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(tables_module, "symmetries_of", lambda _: Symmetries({}, frozenset()))
        without, _, many = least_costs(library, cost, False)
    for number, found in without.items():
        missing = found.items() - with_them[number].items()
        left = [(v, c) for v, c in missing if is_lost(v, c, with_them[number])]
        # A closed term that fails more often than not is not kept in the first place.
        left = [(v, c) for v, c in left if 2 * v.count(FAILED) <= len(v)]
        assert not [v for v, c in left if is_lost(v, c, closed[number])]
        assert with_them[number].keys() <= found.keys()
    return few, many


@pytest.mark.parametrize(
    ("names", "cost"),
    [
        ("map fold + 0 1 empty cons cdr length", 19.0),
        ("map fold filter + * eq? 0 1 if car cdr cons empty", 18.0),
        ("mapi reducei filter + 1 reverse index", 18.0),
        ("all any and or not eq? 0 if reverse", 16.0),
    ],
)
def test_the_same_values_are_reached_at_the_same_cost(names: str, cost: float) -> None:
    library = Library([PRIMITIVES[name] for name in names.split()])
    few, many = compare(library, cost)
    assert few < 0.9 * many


@settings(max_examples=12)
@given(st.sets(st.sampled_from(NAMES), min_size=5, max_size=9))
def test_so_they_are_in_any_language(names: set[str]) -> None:
    compare(Library([PRIMITIVES[name] for name in sorted(names)]), 14.0)
