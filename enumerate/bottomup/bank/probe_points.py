"""Probe points: values of lambda-bound variables at which the bodies of functions are compared.

A body has no value by itself, so observational equivalence needs values for its variables; Shi et
al. 2023 (LambdaBeam) have the same problem, the choice of points here is ours. Two bodies that
agree at all points are taken to be the same function. That is a guess, so the points are values
that a body is likely to meet: what occurs inside the examples' inputs and outputs, and a few small
values of each type.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import product, zip_longest
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ....dsl import REPRESENTATIVES, Task, Type

__all__ = ["Pools", "ProbePoints", "merge", "pools"]

MOST_POINTS = 20
"""For one scope, over all examples."""
MOST_VALUES = 40
"""Of one type."""
POINTS_PER_EXAMPLE = (2, 5)

Pools = dict[Type, list[Any]]
"""Values by type."""


def pools(task: Task, example: int, types: Sequence[Type]) -> Pools:
    """Return for each type values that a body may meet on an example, the likeliest first."""
    given = task.examples[example]
    found: Pools = {t: [] for t in types}
    shown = [*zip(given.inputs, task.request.parameters, strict=True)]
    for value, its_type in [*shown, (given.output, task.request.result)]:
        _collect(value, its_type, found)
    for wanted in sorted(types, key=lambda t: len(str(t))):
        for value in _usual(wanted, found):
            _add(value, found[wanted])
    return found


def merge(known: Sequence[Pools]) -> Pools:
    """Return the values of several pools together."""
    found: Pools = {}
    for pool in known:
        for wanted, values in pool.items():
            for value in values:
                _add(value, found.setdefault(wanted, []))
    return found


def _collect(value: Any, type: Type, found: Pools) -> None:
    if type in found:
        _add(value, found[type])
        if type.name == "list" and value:
            _add(value[1:], found[type])
    if type.name == "list":
        for element in value:
            _collect(element, type.arguments[0], found)
    elif type.name == "pair":
        for part, inner in zip(value, type.arguments, strict=True):
            _collect(part, inner, found)


def _usual(type: Type, found: Pools) -> list[Any]:
    """Return a few values of a type, made of what was found for its parts."""
    if type.name == "list":
        parts = found.get(type.arguments[0], [])[:4]
        return [[], *([part] for part in parts), parts[:2], parts[::-1]]
    if type.name == "pair":
        first, second = (found.get(part, [])[:3] for part in type.arguments)
        return list(product(first, second))
    return list(REPRESENTATIVES.get(type, ()))


def _add(value: Any, values: list[Any]) -> None:
    if len(values) < MOST_VALUES and not any(repr(value) == repr(known) for known in values):
        values.append(value)


class ProbePoints:
    """Chooses probe points of a task.

    Args:
        task: its examples are gone through evenly, up to :data:`MOST_POINTS` points.
        types: that variables may have, ground.
    """

    def __init__(self, task: Task, types: Sequence[Type]) -> None:
        known = [pools(task, example, types) for example in range(len(task.examples))]
        everywhere = merge(known)
        numbers: dict[Type, dict[str, int]] = {t: {} for t in types}
        self._columns = [
            {t: _Column.of(own[t], everywhere[t], numbers[t]) for t in types} for own in known
        ]
        self._different = {t: len(known_texts) for t, known_texts in numbers.items()}

    def choose(self, scope: Sequence[Type]) -> list[tuple[int, tuple[Any, ...]]]:
        """Return the points of a scope: an example, and a value for each variable.

        Args:
            scope: types of the variables.
        """
        least, most = POINTS_PER_EXAMPLE
        examples = len(self._columns)
        each = min(most, max(least, -(-MOST_POINTS // examples)))
        chosen: list[list[tuple[int, tuple[Any, ...]]]] = []
        used = [np.zeros(self._different[wanted], np.int64) for wanted in scope]
        for example in range(min(examples, MOST_POINTS // each)):
            # The same choice each time, and another for each scope and example.
            random = np.random.default_rng([example, len(scope)])
            picked = []
            for wanted, times in zip(scope, used, strict=True):
                column = self._columns[example][wanted]
                count = len(column.values)
                # What was not yet used comes first, so that the points differ as much as they can:
                # `(gt? $0 3)` and `(gt? $0 4)` are told apart by 4 alone. Then an example's own.
                late = 2 * times[column.numbers] + column.foreign
                order = np.argsort(count * late + random.permutation(count))[:each].tolist()
                first = [order[i % len(order)] for i in range(each)] if order else []
                for i in first:
                    times[column.numbers[i]] += 1
                picked.append([column.values[i] for i in first])
            chosen.append([(example, point) for point in zip(*picked, strict=False)])
        # One of each example first: a body that fails on one example may do well on the others.
        return [point for turn in zip_longest(*chosen) for point in turn if point is not None]


@dataclass(frozen=True)
class _Column:
    """The values of a type that a variable may take on an example.

    Attributes:
        values: the values.
        numbers: int64[n], of each value's text; equal texts have the same, for all examples.
        foreign: bool[n], whether they come from other examples.
    """

    values: list[Any]
    numbers: NDArray[np.int64]
    foreign: NDArray[np.bool_]

    @classmethod
    def of(cls, own: list[Any], everywhere: list[Any], numbers: dict[str, int]) -> _Column:
        """Return the values of both; texts that are new get numbers."""
        values = [*own, *everywhere]
        texts = [numbers.setdefault(repr(value), len(numbers)) for value in values]
        return cls(values, np.array(texts, np.int64), np.arange(len(values)) >= len(own))
