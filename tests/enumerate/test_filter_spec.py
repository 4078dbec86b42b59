"""Lists that a filter makes the goal of, and its tests, against brute force."""

from __future__ import annotations

import itertools

import numpy as np
from goal_tables import NAMES, problem, values
from hypothesis import given, settings
from hypothesis import strategies as st

from reverie.enumerate.bottomup.bottomup_search import _collector, _prepared
from reverie.enumerate.bottomup.deduction.filter_spec import compare, filterable, labelled_elements
from reverie.enumerate.native.memory.word_layout import ERROR, TRUE
from reverie.enumerate.strategy import Budget


@settings(max_examples=50, deadline=None)
@given(
    st.lists(st.lists(st.lists(st.integers(0, 3), max_size=5), min_size=2, max_size=2), max_size=9),
    st.lists(st.lists(st.integers(0, 3), max_size=3), min_size=2, max_size=2),
)
def test_lists_that_hold_the_wanted_ones_are_those_of_brute_force(
    lists: list[list[list[int]]], goal: list[list[int]]
) -> None:
    asked = problem("list(int) -> list(int)", lambda x: x, [([1],), ([2],)])
    with _prepared(asked, _collector(asked, Budget()), 2) as run:
        heap = run.bank.context.heap
        mark = heap.mark()
        words = np.array([[heap.encode(x) for x in row] for row in lists], np.int64)
        elements = np.array([x for row in goal for x in row], np.int64)
        found = np.zeros(len(lists), np.bool_)
        filterable(
            heap.address, words.reshape(-1, 2), elements, np.cumsum([*map(len, goal)]), found
        )
        heap.release(mark)
    for row, verdict in zip(lists, found.tolist(), strict=True):
        left = [[x for x in xs if x in g] for xs, g in zip(row, goal, strict=True)]
        assert verdict == (left == goal and row != goal)
        if verdict:
            for xs, g in zip(row, goal, strict=True):
                said = dict(labelled_elements(xs, g))
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
    with _prepared(asked, _collector(asked, Budget()), 2) as run:
        context = run.bank.context
        tests = [
            (2, context.call(NAMES.index("Greater")), 2),
            (3, context.call(NAMES.index("IsEven")), 1),
        ]
        room = np.empty((4096, 4), np.int64)
        count = compare(
            context.heap.address,
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
