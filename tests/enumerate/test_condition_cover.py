"""Choices and selections that meet a goal, against brute force."""

from __future__ import annotations

import itertools

import numpy as np
from goal_tables import MEANING, boxes, is_met, rows_of_three
from hypothesis import given, settings
from hypothesis import strategies as st

from reverie.enumerate.bottomup.deduction.condition_cover import cover
from reverie.enumerate.bottomup.deduction.inverse_lookup import ANY
from reverie.enumerate.bottomup.intervals import FREE, LARGER, SMALLER, Bounds
from reverie.enumerate.native.memory.word_layout import ERROR, TRUE


@settings(max_examples=100, deadline=None)
@given(rows_of_three, st.lists(st.tuples(*[st.booleans()] * 3), max_size=4), boxes())
def test_choices_are_those_of_brute_force(
    rows: list[tuple[int, ...]], conditions: list[tuple[bool, ...]], box: list[Bounds]
) -> None:
    false = TRUE - 1
    both = [*rows, *(tuple(TRUE if c else false for c in row) for row in conditions)]
    board = np.array(both, np.int64)
    kinds = np.array([1] * len(rows) + [2] * len(conditions), np.uint8)
    cost = np.arange(1, len(both) + 1)
    sets, room = np.empty((64, 3), np.int64), np.empty((64, 4), np.int64)
    low, high = np.array(box, np.int64).T.copy()
    count = cover(board, kinds, cost, low, high, -1, 5, 1000, sets, room)
    found = {both[c]: total for total, c, _, _ in room[:count].tolist()}
    expected = {}

    def fit(condition: tuple[bool, ...], branch: bool) -> list[int]:
        where = [p for p, c in enumerate(condition) if c == branch]
        return [
            j for j, row in enumerate(rows)
            if all(box[p][0] <= row[p] <= box[p][1] for p in where)
        ]  # fmt: skip

    def useful(row: tuple[int, ...]) -> bool:
        return any(low <= v <= high for v, (low, high) in zip(row, box, strict=True))

    for i, condition in enumerate(conditions):
        word = both[len(rows) + i]
        yes, no = (
            [j for j in fit(condition, branch) if useful(rows[j])] for branch in (True, False)
        )
        if any(condition) and not all(condition) and yes and no and word not in expected:
            expected[word] = 5 + (len(rows) + i + 1) + (min(yes) + 1) + (min(no) + 1)
    assert found == expected


@settings(max_examples=100, deadline=None)
@given(st.sampled_from((SMALLER, LARGER)), rows_of_three, boxes())
def test_selections_are_those_of_brute_force(
    how: int, rows: list[tuple[int, ...]], box: list[Bounds]
) -> None:
    box = [FREE if bounds == (-ANY, ANY) else bounds for bounds in box]
    cost = np.arange(1, len(rows) + 1)
    sets, room = np.empty((64, 3), np.int64), np.empty((64, 4), np.int64)
    low, high = np.array(box, np.int64).T.copy()
    board = np.array(rows, np.int64)
    kinds = np.ones(len(rows), np.uint8)
    count = cover(board, kinds, cost, low, high, how, 5, 1000, sets, room)
    for total, _, x, y in room[:count].tolist():
        made = tuple(map(MEANING[how], rows[x], rows[y]))  # type: ignore[arg-type]
        assert is_met(made, box)
        assert total == 5 + int(cost[x] + cost[y])
    expected = [
        x + y + 7
        for (x, one), (y, other) in itertools.product(enumerate(rows), repeat=2)
        if ERROR not in (*one, *other) and is_met(tuple(map(MEANING[how], one, other)), box)  # type: ignore[arg-type]
    ]
    assert min(room[:count, 0].tolist(), default=0) == min(expected, default=0)
