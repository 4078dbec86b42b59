"""Goal tables: the algebra found by testing, traces, boards against brute force, what they win."""

from __future__ import annotations

import itertools

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from reverie.domains.deepcoder import domain
from reverie.domains.list import functions
from reverie.dsl.decorator import primitive
from reverie.dsl.grammar import Grammar
from reverie.dsl.interpreter import Failure, Interpreter
from reverie.dsl.library import Library
from reverie.dsl.task import Task
from reverie.dsl.terms import Lambda
from reverie.dsl.types import INT
from reverie.enumerate.bottomup.algebra import INVERSES, algebra_of
from reverie.enumerate.bottomup.boards import complete, cover, index_rows
from reverie.enumerate.bottomup.search import _prepared, bottom_up
from reverie.enumerate.bottomup.selection import chosen, compare, verdicts
from reverie.enumerate.bottomup.tracing import demands, trace
from reverie.enumerate.native.layout import ERROR, TRUE
from reverie.enumerate.search import Budget, Problem, standing

LIBRARY = domain.library
NAMES = [p.name for p in LIBRARY.productions]


def problem(request: str, function: object, inputs: list[tuple[object, ...]]) -> Problem:
    task = Task("a task", request, [(x, function(*x)) for x in inputs])  # type: ignore[operator]
    return Problem(task, Grammar.uniform(LIBRARY), domain.likelihood, domain.limits)


# ---- the algebra --------------------------------------------------------------------------------


def test_the_algebra_is_found_by_testing() -> None:
    found = algebra_of(LIBRARY)
    assert {NAMES[i.production] for i in found.inverses} == {"Add", "Subtract", "Multiply"}
    assert {NAMES[i] for i in found.selective} == {"Min", "Max"}
    assert {NAMES[i] for i in found.choices} == {"If"}
    assert {(NAMES[f], NAMES[g]) for f, g in found.wrappers} == {("Reverse", "Reverse")}
    assert {NAMES[i] for i in found.filters} == {"Filter"}


@primitive("int -> int -> int")
def swapped(x: int, y: int) -> int:
    """Subtract the first from the second."""
    return y - x


@primitive("int -> int -> int")
def nearly(x: int, y: int) -> int:
    """Add, but not always."""
    return x + y if x != 13 else y


def test_names_do_not_matter_and_exceptions_are_seen() -> None:
    found = algebra_of(Library([swapped, nearly]))
    assert {i.production for i in found.inverses} == {0}
    for inverse in found.inverses:
        for known, wanted in itertools.product((-3, 0, 8), repeat=2):
            pair = (known, wanted) if inverse.known == 0 else (wanted, known)
            assert INVERSES[inverse.how](swapped(*pair), known) == wanted


# ---- traces -------------------------------------------------------------------------------------


def value(name: str) -> object:
    return LIBRARY.primitive(name).value


@pytest.mark.parametrize(
    ("name", "given", "goal", "expected"),
    [
        ("Map", [[1, 2, 1]], [5, 6, 5], [((1,), 5), ((2,), 6)]),
        ("Map", [[1, 2, 1]], [5, 6, 7], None),
        ("Map", [[1, 2]], [5], None),
        ("ZipWith", [[1, 2, 3], [4, 5]], [0, 9], [((1, 4), 0), ((2, 5), 9)]),
        ("Scanl1", [[1, 2, 3]], [1, 7, 9], [((1, 2), 7), ((7, 3), 9)]),
        ("Scanl1", [[1, 2, 3]], [2, 7, 9], None),
    ],
)
def test_what_a_goal_demands(
    name: str, given: list[list[int]], goal: list[int], expected: object
) -> None:
    found = trace(value(name), 0, [len(x) for x in given])  # type: ignore[arg-type]
    assert found is not None
    assert demands(found, given, goal) == expected


def test_positions_are_known_to_a_trace() -> None:
    mapi = next(p for p in functions.RICH if p.name == "mapi")
    found = trace(mapi.value, 0, [3])
    assert found is not None
    assert demands(found, [[7, 8, 9]], [0, 1, 2]) == [((0, 7), 0), ((1, 8), 1), ((2, 9), 2)]


def test_what_depends_on_values_is_not_traced() -> None:
    for name in ("Filter", "Count"):
        assert trace(value(name), 0, [3]) is None  # type: ignore[arg-type]


# ---- boards -------------------------------------------------------------------------------------


def test_replay_gives_the_values_of_the_reference_interpreter() -> None:
    inputs = [([3, 1, 2],), ([5, -4],), ([0, 7, 7, 2],)]
    asked = problem("list(int) -> list(int)", lambda x: x, inputs)  # type: ignore[arg-type]
    interpreter = Interpreter(LIBRARY)
    with _prepared(asked, Budget(candidates=100_000), 2) as run:
        run.checking = False
        run.run()
        bank, completer = run.bank, run.goals.completer
        heap = bank.desk.heap
        number = next(
            n for n in bank.known if bank.space.states[n].scope == (INT,)
            and bank.space.states[n].type is INT
        )  # fmt: skip
        points = []
        given = [(0, -9), (1, 4), (2, 31), (0, 3)]
        for example, x in given:
            cell = heap.allocate(2)
            heap.memory[cell] = x
            heap.memory[cell + 1] = bank.desk.points((), bank.space.universe)[example][1]
            points.append((example, cell))
        heap.keep()
        members = completer._of_state(number, 80)
        board = np.empty((len(members.nodes), len(points)), np.int64)
        bank.replay(members.nodes, members.row, np.array(points, np.int64), board)
        assert len(board) > 600
        rng = np.random.default_rng(0)
        for r in rng.choice(len(board), 300, replace=False).tolist():
            run_one = interpreter.function(Lambda(Lambda(bank.term_at(int(members.nodes[r]), 1))))
            for p, (example, x) in enumerate(given):
                expected = run_one(*inputs[example], x)
                word = int(board[r, p])
                if isinstance(expected, Failure):
                    assert word == ERROR
                elif word != ERROR:  # a closed part may be beyond the language's bounds
                    assert heap.decode(word) == expected


values = st.integers(-4, 6) | st.just(ERROR)


@settings(max_examples=100, deadline=None)
@given(
    st.lists(st.tuples(values, values, values), min_size=1, max_size=12),
    st.lists(st.integers(1, 9), min_size=12, max_size=12),
    st.tuples(*[st.integers(-6, 9)] * 3),
)
def test_pairs_are_those_of_brute_force(
    rows: list[tuple[int, ...]], costs: list[int], goal: tuple[int, ...]
) -> None:
    board = np.array(rows, np.int64)
    cost = np.array(costs[: len(rows)], np.int64)
    kinds = np.ones(len(rows), np.uint8)
    table = np.empty(64, np.int32)
    index_rows(board, kinds, cost, table)
    # Sums, differences and products, found by their inverses.
    operations = np.array([(0, 2), (1, 3), (3, 4)], np.int64)
    room = np.empty((4096, 5), np.int64)
    none = np.empty((0, 3), np.int64)
    count = complete(
        board, kinds, cost, table, np.array(goal, np.int64), operations, none, 1000, room
    )
    found: dict[tuple[int, tuple[int, ...], tuple[int, ...]], int] = {}
    for total, peel, o, x, y in room[:count].tolist():
        assert peel == -1
        found[o, () if o < 0 else rows[x], rows[y]] = total
    meaning = [lambda x, y: x + y, lambda x, y: x - y, lambda x, y: x * y]
    cheapest: dict[tuple[int, ...], int] = {}
    for row, c in zip(rows, costs, strict=False):
        if ERROR not in row:
            cheapest[row] = min(c, cheapest.get(row, 99))
    expected = {(-1, (), row): c for row, c in cheapest.items() if row == goal}
    for (x, cx), (y, cy) in itertools.product(cheapest.items(), repeat=2):
        for o, mean in enumerate(meaning):
            if tuple(map(mean, x, y)) == goal and not (o == 2 and 0 in x):
                expected[o, x, y] = cx + cy + int(operations[o, 1])
    assert found == expected


@settings(max_examples=100, deadline=None)
@given(
    st.lists(st.tuples(values, values, values), min_size=1, max_size=10),
    st.lists(st.tuples(*[st.booleans()] * 3), max_size=4),
    st.tuples(*[st.integers(-4, 6)] * 3),
)
def test_choices_are_those_of_brute_force(
    rows: list[tuple[int, ...]], conditions: list[tuple[bool, ...]], goal: tuple[int, ...]
) -> None:
    false = TRUE - 1
    both = [*rows, *(tuple(TRUE if c else false for c in row) for row in conditions)]
    board = np.array(both, np.int64)
    kinds = np.array([1] * len(rows) + [2] * len(conditions), np.uint8)
    cost = np.arange(1, len(both) + 1)
    sets, room = np.empty((64, 3), np.int64), np.empty((64, 4), np.int64)
    goals = np.array(goal, np.int64)
    count = cover(0, board, kinds, cost, goals, 0, 5, 1000, sets, room)
    found = {both[c]: total for total, c, _, _ in room[:count].tolist()}
    expected = {}
    for i, condition in enumerate(conditions):
        word = both[len(rows) + i]
        yes = [
            j
            for j, row in enumerate(rows)
            if all(v == g for v, g, c in zip(row, goal, condition, strict=True) if c)
        ]
        no = [
            j
            for j, row in enumerate(rows)
            if all(v == g for v, g, c in zip(row, goal, condition, strict=True) if not c)
        ]
        if any(condition) and not all(condition) and yes and no and word not in expected:
            expected[word] = 5 + (len(rows) + i + 1) + (min(yes) + 1) + (min(no) + 1)
    assert found == expected


# ---- what it wins -------------------------------------------------------------------------------

LISTS = [[3, 1, 8, 2, 5], [7, 4], [0, 9, 6, 1], [12, 5, 3, 10, 2, 7]]


@pytest.mark.parametrize(
    ("request_type", "function", "inputs", "deep"),
    [
        (
            "list(int) -> list(int)",
            lambda x: [v // 2 if v % 2 == 0 else v + 1 for v in x],
            [(x,) for x in LISTS],
            28,
        ),
        (
            "list(int) -> list(int)",
            lambda x: [m - v for m, v in zip(itertools.accumulate(x, max), x, strict=True)],
            [(x,) for x in LISTS],
            28,
        ),
        (
            "int -> int -> int -> int",
            lambda a, b, c: a * b - c,
            [(2, 3, 4), (5, 1, 9), (7, 6, 0)],
            15,
        ),
        (
            "list(int) -> list(int) -> list(int) -> list(int)",
            lambda x, y, z: [a + b + c for a, b, c in zip(x, y, z, strict=True)],
            [(x, x[::-1], sorted(x)) for x in LISTS],
            28,
        ),
        (
            "list(int) -> list(int) -> list(int)",
            lambda x, y: [a + b for a, b in zip(x, y, strict=True) if (a + b) % 2 == 0],
            [(x, sorted(x)[1:] + x[:1]) for x in LISTS],
            24,
        ),
    ],
)
def test_solves_what_lies_deep(
    request_type: str, function: object, inputs: list[tuple[object, ...]], deep: float
) -> None:
    asked = problem(request_type, function, inputs)
    found = bottom_up(asked, Budget(candidates=400_000))
    best = found.frontier.best
    assert best is not None
    assert best.description_length > deep
    assert best.log_prior == pytest.approx(
        asked.grammar.log_prior(best.program, asked.task.request)
    )


# ---- tests of elements --------------------------------------------------------------------------


@settings(max_examples=50, deadline=None)
@given(
    st.lists(st.lists(st.lists(st.integers(0, 3), max_size=5), min_size=2, max_size=2), max_size=9),
    st.lists(st.lists(st.integers(0, 3), max_size=3), min_size=2, max_size=2),
)
def test_lists_that_hold_the_wanted_ones_are_those_of_brute_force(
    lists: list[list[list[int]]], goal: list[list[int]]
) -> None:
    asked = problem("list(int) -> list(int)", lambda x: x, [([1],), ([2],)])
    with _prepared(asked, Budget(), 2) as run:
        heap = run.bank.desk.heap
        mark = heap.mark()
        words = np.array([[heap.encode(x) for x in row] for row in lists], np.int64)
        elements = np.array([x for row in goal for x in row], np.int64)
        found = np.zeros(len(lists), np.bool_)
        chosen(heap.address, words.reshape(-1, 2), elements, np.cumsum([*map(len, goal)]), found)
        heap.release(mark)
    for row, verdict in zip(lists, found.tolist(), strict=True):
        left = [[x for x in xs if x in g] for xs, g in zip(row, goal, strict=True)]
        assert verdict == (left == goal and row != goal)
        if verdict:
            for xs, g in zip(row, goal, strict=True):
                said = dict(verdicts(xs, g))
                assert [x for x in xs if said[x,] == TRUE] == g


@settings(max_examples=50, deadline=None)
@given(
    st.lists(st.tuples(values, values, values), min_size=1, max_size=9),
    st.tuples(*[st.booleans()] * 3),
    st.integers(1, 9),
)
def test_tests_are_those_of_brute_force(
    rows: list[tuple[int, ...]], goal: tuple[bool, ...], few: int
) -> None:
    asked = problem("list(int) -> list(int)", lambda x: x, [([1],)])
    meaning = [lambda x, y: x > y, lambda x, y: x % 2 == 0]
    few = min(few, len(rows))
    with _prepared(asked, Budget(), 2) as run:
        desk = run.bank.desk
        tests = [
            (2, desk.call(NAMES.index("Greater")), 2),
            (3, desk.call(NAMES.index("IsEven")), 1),
        ]
        room = np.empty((4096, 4), np.int64)
        count = compare(
            desk.heap.address,
            np.array(rows, np.int64),
            np.arange(1, len(rows) + 1),
            np.arange(len(rows)),
            few,
            np.array([TRUE if g else TRUE - 1 for g in goal], np.int64),
            np.array(tests, np.int64),
            1000,
            room,
        )
    found = {(t, x, y): total for total, t, x, y in room[:count].tolist()}
    expected = {}
    for x, y in itertools.product(range(len(rows)), repeat=2):
        for t, (cost, _, arguments) in enumerate(tests):
            if arguments == 2 and min(x, y) >= few:
                continue
            used = [rows[x], rows[y]][:arguments]
            if any(ERROR in row for row in used):
                continue
            if tuple(meaning[t](*z) for z in zip(rows[x], rows[y], strict=True)) == goal:
                key = (t, x, y if arguments == 2 else -1)
                expected[key] = cost + x + 1 + (y + 1 if arguments == 2 else 0)
    assert found == expected


def test_a_program_that_ignores_an_input_has_to_be_much_better() -> None:
    inputs = [(3, [3, 0, 3, 5]), (3, [1, 3]), (3, [3, 3, 2])]
    asked = problem(
        "int -> list(int) -> list(int)",
        lambda k, x: [0 if v == k else v for v in x],
        inputs,  # type: ignore[arg-type]
    )
    found = bottom_up(asked, Budget(candidates=300_000))
    best = found.frontier.best
    assert best is not None
    assert standing(best) == best.log_joint  # it uses both
    assert [e.log_joint for e in found.frontier.entries] == sorted(
        (e.log_joint for e in found.frontier.entries), reverse=True
    )
