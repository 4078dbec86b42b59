"""Pairs of a board's rows, and rows within bounds, against brute force."""

from __future__ import annotations

import itertools

import numpy as np
from goal_tables import MEANING, Drawn, boxes, is_met, one_to_nine, rows_of_three, values
from hypothesis import given, settings
from hypothesis import strategies as st

from reverie.enumerate.bottomup.deduction.inverse_lookup import (
    index_points,
    pair,
    undo_each,
    within,
)
from reverie.enumerate.bottomup.intervals import INVERSES, Bounds, undo
from reverie.enumerate.native.memory.word_layout import ERROR


@settings(max_examples=200, deadline=None)
@given(rows_of_three, one_to_nine, boxes())
def test_pairs_are_those_of_brute_force(
    rows: list[tuple[int, ...]], costs: list[int], box: list[Bounds]
) -> None:
    board = Drawn(rows, costs)
    low, high = np.array(box, np.int64).T.copy()
    told = np.flatnonzero(low == high)
    if len(told) < 3:
        index_points(board.values, board.kinds, told, board.table)
    # Sums, differences and products, found by their inverses.
    operations = np.array([(0, 2), (1, 3), (3, 4)], np.int64)
    room = np.empty((4096, 4), np.int64)
    count = pair(
        board.values, board.kinds, board.costs, board.table, told, low, high, operations, 1000, room
    )
    found: dict[tuple[int, tuple[int, ...]], int] = {}
    for total, o, x, y in room[:count].tolist():
        assert total == costs[x] + costs[y] + int(operations[o, 1])
        # Of equal rows that fail somewhere each is found.
        found[o, rows[x]] = min(total, found.get((o, rows[x]), 99))
    expected: dict[tuple[int, tuple[int, ...]], int] = {}
    for (x, cx), (y, cy) in itertools.product(board.cheapest.items(), repeat=2):
        for o, how in enumerate((0, 1, 3)):
            made = tuple(
                None if ERROR in (u, v) else MEANING[how](u, v)  # type: ignore[no-untyped-call]
                for u, v in zip(x, y, strict=True)
            )
            # Where the known factor is 0 nothing can be looked up.
            if is_met(made, box) and not (how == 3 and 0 in [x[p] for p in told]):
                total = cx + cy + int(operations[o, 1])
                expected[o, x] = min(total, expected.get((o, x), 99))
    assert found == expected


@settings(max_examples=200, deadline=None)
@given(rows_of_three, one_to_nine, boxes())
def test_rows_within_bounds_are_those_of_brute_force(
    rows: list[tuple[int, ...]], costs: list[int], box: list[Bounds]
) -> None:
    board = Drawn(rows, costs)
    low, high = np.array(box, np.int64).T.copy()
    room = np.empty((64, 2), np.int64)
    count = within(board.values, board.kinds, board.costs, low, high, 1000, room)
    found = {rows[r]: cost for cost, r in room[:count].tolist()}
    met = {row: cost for row, cost in board.cheapest.items() if is_met(row, box)}
    # Of equal rows that fail somewhere each is found.
    assert found.keys() == met.keys()
    assert all(found[row] == cost for row, cost in met.items() if ERROR not in row)


@settings(max_examples=100, deadline=None)
@given(st.sampled_from(INVERSES), boxes(), st.tuples(values, values, values))
def test_what_is_left_of_a_goal_is_so_at_each_point(
    how: int, box: list[Bounds], known: tuple[int, ...]
) -> None:
    low, high = np.array(box, np.int64).T.copy()
    left = np.empty(3, np.int64), np.empty(3, np.int64)
    possible = undo_each(how, low, high, np.array(known, np.int64), *left)
    expected = [None if x == ERROR else undo(how, *b, x) for b, x in zip(box, known, strict=True)]
    assert possible == all(one is not None and one[0] <= one[1] for one in expected)
    if possible:
        assert list(zip(*(part.tolist() for part in left), strict=True)) == expected
