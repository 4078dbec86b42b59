"""Inputs for dreams: some as the tasks have them, most drawn wide.

A guide that saw narrow inputs alone is worse on real ones, which are longer or larger; and one that
saw inputs of a single kind does not know what it may rely on. So the inputs of one set share a
scale, another set has another, and a part is what the tasks show.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from typing import Any, TypeVar

import numpy as np

from ..dsl.errors import ReverieError
from ..dsl.interpreter import Limits
from ..dsl.task import Task
from ..dsl.types import BOOL, CHAR, INT, REAL, STR, Type, TypeConstructor

__all__ = ["CannotDream", "Inputs"]

T = TypeVar("T")

MOST_KNOWN = 2000
"""Values of each type that are kept from tasks."""

SCALES = (2, 5, 10, 10, 20, 50, 100, 100, 300, 1000)
LENGTHS = (2, 4, 6, 6, 8, 10, 12, 16)
LETTERS = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789 .,-@/()'"


class CannotDream(ReverieError):
    """There are no dreams of a request."""


class Inputs:
    """Draws inputs.

    Args:
        tasks: where to take inputs from; held-out examples are not looked at.
        own: the share of inputs that are the tasks' own.
        limits: bounds on integers and lists.
    """

    def __init__(
        self, tasks: Iterable[Task] = (), *, own: float = 0.25, limits: Limits | None = None
    ) -> None:
        limits = limits or Limits()
        largest = min(limits.integer, 10**6)
        self._range = limits.value_range or (-largest, largest)
        self._longest = min(limits.length, limits.value_length or 40)
        self.own = own
        self._rows: dict[tuple[Type, ...], list[tuple[Any, ...]]] = {}
        self._known: dict[Type, list[Any]] = {}
        for task in tasks:
            parameters = task.request.parameters
            rows = self._rows.setdefault(parameters, [])
            for example in task.examples:
                if len(rows) < MOST_KNOWN:
                    rows.append(example.inputs)
                for value, parameter in zip(example.inputs, parameters, strict=True):
                    self._learn(value, parameter)

    def _learn(self, value: Any, type: Type) -> None:
        known = self._known.setdefault(type, [])
        if len(known) < MOST_KNOWN:
            known.append(value)
        if isinstance(type, TypeConstructor) and type.name == "list":
            for element in value:
                self._learn(element, type.arguments[0])
        elif isinstance(type, TypeConstructor) and type.name == "pair":
            for part, inner in zip(value, type.arguments, strict=True):
                self._learn(part, inner)
        elif type is STR:
            for letter in value:
                self._learn(letter, CHAR)

    def draw(
        self, rng: np.random.Generator, parameters: tuple[Type, ...], count: int
    ) -> list[tuple[Any, ...]]:
        """Return ``count`` inputs of arguments of these types, as one task might have them.

        Raises:
            CannotDream: if there is no way to make a value of one of the types.
        """
        rows = self._rows.get(parameters)
        scale, length = _pick(rng, SCALES), _pick(rng, LENGTHS)
        found = []
        for _ in range(count):
            if rows and rng.random() < self.own:
                found.append(_pick(rng, rows))
                continue
            if rng.random() < 0.3:
                scale, length = _pick(rng, SCALES), _pick(rng, LENGTHS)
            found.append(tuple(self._value(rng, t, scale, length) for t in parameters))
        return found

    def _value(self, rng: np.random.Generator, type: Type, scale: int, length: int) -> Any:
        if type is INT:
            return self._integer(rng, scale)
        if type is BOOL:
            return bool(rng.random() < 0.5)
        known = self._known.get(type)
        if type is CHAR:
            letters = known if known and rng.random() < 0.7 else LETTERS
            return _pick(rng, letters)
        if type is REAL:
            drawn = rng.normal(0.0, scale)
            return round(float(drawn), int(rng.integers(0, 4)))
        if type is STR:
            return "".join(self._list(rng, CHAR, scale, length))
        if isinstance(type, TypeConstructor) and type.name == "list":
            return self._list(rng, type.arguments[0], scale, length)
        if isinstance(type, TypeConstructor) and type.name == "pair":
            return tuple(self._value(rng, t, scale, length) for t in type.arguments)
        if known:
            return _pick(rng, known)
        raise CannotDream(
            f"no inputs of type {type} can be made up: values come from tasks that have some, and "
            "none has; give the domain a dreamer of its own"
        )

    def _integer(self, rng: np.random.Generator, scale: int) -> int:
        low = -scale if rng.random() < 0.4 else 0
        least, most = self._range
        return max(least, min(most, int(rng.integers(low, scale + 1))))

    def _list(self, rng: np.random.Generator, element: Type, scale: int, length: int) -> list[Any]:
        count = min(int(rng.integers(0, length + 1)), self._longest)
        inner = max(1, math.isqrt(2 * length))  # lists of lists are not larger by far
        kind = rng.random()
        drawn: list[Any]
        if element is INT:
            low = -scale if rng.random() < 0.3 else 0
            drawn = np.clip(rng.integers(low, scale + 1, count), *self._range).tolist()
        else:
            drawn = [self._value(rng, element, scale, inner) for _ in range(count)]
        if kind < 0.2 and drawn:  # repetitions
            few = drawn[: max(1, count // 3)]
            return [few[i] for i in rng.integers(len(few), size=count).tolist()]
        if kind < 0.3 and element in (INT, REAL, CHAR):
            return sorted(drawn, reverse=bool(rng.random() < 0.3))
        return drawn


def _pick(rng: np.random.Generator, values: Sequence[T]) -> T:
    return values[int(rng.integers(len(values)))]
