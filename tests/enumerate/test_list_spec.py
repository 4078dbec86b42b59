"""Lists that meet a goal, against brute force."""

from __future__ import annotations

import numpy as np
from goal_tables import problem
from hypothesis import given, settings
from hypothesis import strategies as st

from reverie.enumerate.bottomup.bottomup_search import _collector, _prepared
from reverie.enumerate.bottomup.deduction.list_spec import ListSpec
from reverie.enumerate.strategy import Budget

few_lists = st.lists(st.lists(st.integers(0, 3), max_size=4), min_size=2, max_size=2)


@settings(max_examples=100, deadline=None)
@given(
    st.lists(few_lists, max_size=12),
    st.lists(
        st.lists(st.tuples(st.integers(0, 3), st.integers(0, 2)), max_size=3),
        min_size=2,
        max_size=2,
    ),
    st.tuples(st.booleans(), st.booleans()),
)
def test_lists_that_meet_a_goal_are_those_of_brute_force(
    lists: list[list[list[int]]], goal: list[list[tuple[int, int]]], longer: tuple[bool, bool]
) -> None:
    flat = [pair for row in goal for pair in row]
    low = np.array([least for least, _ in flat], np.int64)
    wanted = ListSpec(
        low,
        np.array([least + more for least, more in flat], np.int64),
        np.cumsum([*map(len, goal)]),
        np.array(longer),
    )
    asked = problem("list(int) -> list(int)", lambda x: x, [([1],), ([2],)])
    with _prepared(asked, _collector(asked, Budget()), 2) as run:
        heap = run.bank.context.heap
        mark = heap.mark()
        words = np.array([[heap.encode(x) for x in row] for row in lists], np.int64)
        found = wanted.matches(heap.address, words.reshape(-1, 2)).tolist()
        heap.release(mark)
    assert found == [
        i
        for i, row in enumerate(lists)
        if all(
            (len(xs) == len(g) or (more and len(xs) > len(g)))
            and all(least <= x <= least + span for x, (least, span) in zip(xs, g, strict=False))
            for xs, g, more in zip(row, goal, longer, strict=True)
        )
    ]
    assert wanted.is_exact == (not any(longer) and all(more == 0 for _, more in flat))
