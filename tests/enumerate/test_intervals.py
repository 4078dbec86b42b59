"""Bounds hold what gives a result within bounds, and nothing else."""

from __future__ import annotations

import itertools

from goal_tables import MEANING
from hypothesis import given, settings
from hypothesis import strategies as st

from reverie.enumerate.bottomup.intervals import FREE, INVERSES, meet, undo

ends = st.integers(-9, 9) | st.sampled_from(FREE)


@settings(max_examples=400, deadline=None)
@given(st.sampled_from(INVERSES), ends, ends, st.integers(-4, 4))
def test_bounds_hold_what_gives_a_result_within_bounds_and_nothing_else(
    how: int, one: int, other: int, x: int
) -> None:
    low, high = min(one, other), max(one, other)
    least, greatest = undo(how, low, high, x)
    for y in range(-50, 51):
        z = MEANING[how](x, y)  # type: ignore[no-untyped-call]
        assert (least <= y <= greatest) == (z is not None and low <= z <= high)


def test_bounds_stay_within_words() -> None:
    far = FREE[1] - 1
    for how, x in itertools.product(INVERSES, (1, -1, 1 << 13, -(1 << 13), far, -far)):
        for low, high in ((-far, far), (far, far), (FREE[0], far), (3, FREE[1])):
            assert all(abs(end) < 1 << 62 for end in undo(how, low, high, x))
        assert undo(how, *FREE, x) == FREE or (how == 4 and abs(x) == far)
    assert meet((1, 5), (3, 9)) == (3, 5)
