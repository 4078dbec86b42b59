"""Probe points, against their definition."""

from collections import Counter
from collections.abc import Sequence
from itertools import zip_longest
from typing import Any

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from reverie.dsl.calculus.syntax import parse_type
from reverie.dsl.calculus.types import BOOL, INT, Type
from reverie.dsl.tasks.task import Task
from reverie.enumerate.bottomup.bank.probe_points import (
    MOST_POINTS,
    POINTS_PER_EXAMPLE,
    ProbePoints,
    merge,
    pools,
)

LIST = parse_type("list(int)")
TYPES = (BOOL, INT, LIST)


def plainly(task: Task, scope: Sequence[Type]) -> list[tuple[int, tuple[Any, ...]]]:
    """Choose by texts: what was used least comes first, then an example's own values."""
    known = [pools(task, e, TYPES) for e in range(len(task.examples))]
    everywhere = merge(known)
    least, most = POINTS_PER_EXAMPLE
    each = min(most, max(least, -(-MOST_POINTS // len(known))))
    used: Counter[tuple[int, str]] = Counter()
    chosen = []
    for e in range(min(len(known), MOST_POINTS // each)):
        random = np.random.default_rng([e, len(scope)])
        columns = []
        for place, wanted in enumerate(scope):
            values = [*known[e][wanted], *everywhere[wanted]]
            rank = random.permutation(len(values))
            own = len(known[e][wanted])
            order = sorted(
                range(len(values)),
                key=lambda i: (used[place, repr(values[i])], i >= own, rank[i]),
            )
            picked = [order[i % len(order)] for i in range(each)]
            used.update((place, repr(values[i])) for i in picked)
            columns.append([values[i] for i in picked])
        chosen.append([(e, point) for point in zip(*columns, strict=True)])
    return [point for turn in zip_longest(*chosen) for point in turn if point is not None]


@given(
    st.lists(
        st.tuples(st.lists(st.integers(-5, 20), max_size=6), st.integers(-3, 9)),
        min_size=1,
        max_size=16,
    ),
    st.lists(st.sampled_from(TYPES), min_size=1, max_size=4),
)
@settings(max_examples=40)
def test_what_was_used_least_comes_first(
    examples: list[tuple[list[int], int]], scope: list[Type]
) -> None:
    pairs = [((given,), output) for given, output in examples]
    task = Task("made up", parse_type("list(int) -> int"), pairs)
    assert repr(ProbePoints(task, TYPES).choose(scope)) == repr(plainly(task, scope))
