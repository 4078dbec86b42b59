"""What tests of goal tables share: problems, rows of boards, goals, and what inverses mean."""

from __future__ import annotations

import numpy as np
from hypothesis import strategies as st

from reverie.domains.deepcoder import domain
from reverie.dsl.model.grammar import Grammar
from reverie.dsl.tasks.task import Task
from reverie.enumerate.bottomup.deduction.inverse_lookup import ANY, index_rows
from reverie.enumerate.bottomup.intervals import FREE, Bounds
from reverie.enumerate.native.memory.word_layout import ERROR
from reverie.enumerate.strategy import SearchProblem

LIBRARY = domain.library
NAMES = [p.name for p in LIBRARY.productions]


def problem(request: str, function: object, inputs: list[tuple[object, ...]]) -> SearchProblem:
    task = Task("a task", request, [(x, function(*x)) for x in inputs])  # type: ignore[operator]
    return SearchProblem(task, Grammar.uniform(LIBRARY), domain.likelihood, domain.limits)


MEANING = {
    0: lambda x, y: x + y,
    1: lambda x, y: x - y,
    2: lambda x, y: y - x,
    3: lambda x, y: x * y,
    4: lambda x, y: y // x if x else None,
    5: min,
    6: max,
}
"""What the inverses undo, as functions of the known argument and the other."""

values = st.integers(-4, 6) | st.just(ERROR)


rows_of_three = st.lists(st.tuples(values, values, values), min_size=1, max_size=12)
one_to_nine = st.lists(st.integers(1, 9), min_size=12, max_size=12)


@st.composite
def boxes(draw: st.DrawFn) -> list[Bounds]:
    """Draw goals at three points: values, bounds, and anything at all."""
    found = []
    for _ in range(3):
        low = draw(st.integers(-6, 9))
        found.append(
            draw(st.sampled_from([(low, low), (low, low), (low, low + 3), FREE, (-ANY, ANY)]))
        )
    return found


class Drawn:
    """Rows as boards have them, with what each table says of them."""

    def __init__(self, rows: list[tuple[int, ...]], costs: list[int]) -> None:
        self.values = np.array(rows, np.int64)
        self.costs = np.array(costs[: len(rows)], np.int64)
        self.kinds = np.ones(len(rows), np.uint8)
        self.table = np.empty(64, np.int32)
        index_rows(self.values, self.kinds, self.costs, self.table)
        self.cheapest: dict[tuple[int, ...], int] = {}
        for row, cost in zip(rows, costs, strict=False):
            self.cheapest[row] = min(cost, self.cheapest.get(row, 99))


def is_met(row: tuple[int | None, ...], box: list[Bounds]) -> bool:
    return all(
        low == -ANY or (word is not None and low <= word <= high)
        for word, (low, high) in zip(row, box, strict=True)
    )
