"""What a goal demands of the function that a primitive is given."""

from __future__ import annotations

import pytest
from goal_tables import LIBRARY

from reverie.domains.list import functions
from reverie.enumerate.bottomup.deduction.symbolic_trace import demands, trace
from reverie.enumerate.bottomup.intervals import FREE, Bounds


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
    told = demands(found, given, exactly(goal))
    assert told == (expected and [(x, (z, z)) for x, z in expected])  # type: ignore[attr-defined]


def exactly(words: list[int]) -> list[Bounds]:
    return [(word, word) for word in words]


def test_what_a_goal_that_does_not_tell_all_demands() -> None:
    found = trace(value("Map"), 0, [4])  # type: ignore[arg-type]
    assert found is not None
    goal = [(1, 5), FREE, (4, 4), (3, 9)]
    assert demands(found, [[7, 8, 9, 7]], goal) == [((7,), (3, 5)), ((9,), (4, 4))]
    assert demands(found, [[7, 7, 9, 7]], [(1, 2), FREE, (4, 4), (3, 9)]) is None
    assert demands(found, [[7, 8, 9, 7]], goal[:3]) is None
    told = demands(found, [[7, 8, 9, 7]], goal[:3], longer=True)
    assert told == [((7,), (1, 5)), ((9,), (4, 4))]
    # A scan is called with its results: where they are not known, nothing is told.
    found = trace(value("Scanl1"), 0, [4])  # type: ignore[arg-type]
    assert found is not None
    goal = [(1, 3), (4, 4), (5, 6), (7, 7)]
    assert demands(found, [[2, 5, 6, 7]], goal) == [((2, 5), (4, 4)), ((4, 6), (5, 6))]
    assert demands(found, [[9, 5, 6, 7]], goal) is None


def test_positions_are_known_to_a_trace() -> None:
    mapi = next(p for p in functions.RICH if p.name == "mapi")
    found = trace(mapi.value, 0, [3])
    assert found is not None
    told = demands(found, [[7, 8, 9]], exactly([0, 1, 2]))
    assert told == [((0, 7), (0, 0)), ((1, 8), (1, 1)), ((2, 9), (2, 2))]


def test_what_depends_on_values_is_not_traced() -> None:
    for name in ("Filter", "Count"):
        assert trace(value(name), 0, [3]) is None  # type: ignore[arg-type]
