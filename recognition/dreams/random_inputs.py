"""Inputs for dreams: some as the tasks have them, most drawn wide.

A guide that saw narrow inputs alone is worse on real ones, which are longer or larger; and one that
saw inputs of a single kind does not know what it may rely on. So the inputs of one set share a
scale, another set has another, and a part is what the tasks show.
"""

from __future__ import annotations

import math
from collections.abc import Iterable
from random import Random
from typing import Any

import numpy as np

from ...dsl import BOOL, CHAR, INT, REAL, STR, Limits, ReverieError, Task, Type, TypeConstructor

__all__ = ["CannotDream", "RandomInputs"]

MOST_KNOWN = 2000
"""Values of each type that are kept from tasks."""

SCALES = (2, 5, 10, 10, 20, 50, 100, 100, 300, 1000)
LENGTHS = (2, 4, 6, 6, 8, 10, 12, 16)
LETTERS = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789 .,-@/()'"


class CannotDream(ReverieError):
    """There are no dreams of a request."""


class RandomInputs:
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
        # For single numbers Python's own generator is several times as fast as NumPy's.
        random = Random(int(rng.integers(1 << 62)))
        rows = self._rows.get(parameters)
        scale, length = random.choice(SCALES), random.choice(LENGTHS)
        found = []
        for _ in range(count):
            if rows and random.random() < self.own:
                found.append(random.choice(rows))
                continue
            if random.random() < 0.3:
                scale, length = random.choice(SCALES), random.choice(LENGTHS)
            found.append(tuple([self._value(random, t, scale, length) for t in parameters]))
        return found

    def _value(self, random: Random, type: Type, scale: int, length: int) -> Any:
        if type is INT:
            return self._integer(random, scale)
        if type is BOOL:
            return random.random() < 0.5
        known = self._known.get(type)
        if type is CHAR:
            letters = known if known and random.random() < 0.7 else LETTERS
            return random.choice(letters)
        if type is REAL:
            return round(random.gauss(0.0, scale), random.randrange(4))
        if type is STR:
            return "".join(self._list(random, CHAR, scale, length))
        if isinstance(type, TypeConstructor) and type.name == "list":
            return self._list(random, type.arguments[0], scale, length)
        if isinstance(type, TypeConstructor) and type.name == "pair":
            return tuple(self._value(random, t, scale, length) for t in type.arguments)
        if known:
            return random.choice(known)
        raise CannotDream(
            f"no inputs of type {type} can be made up: values come from tasks that have some, and "
            "none has; give the domain a dreamer of its own"
        )

    def _integer(self, random: Random, scale: int) -> int:
        low = -scale if random.random() < 0.4 else 0
        least, most = self._range
        return max(least, min(most, random.randint(low, scale)))

    def _list(self, random: Random, element: Type, scale: int, length: int) -> list[Any]:
        count = min(random.randint(0, length), self._longest)
        inner = max(1, math.isqrt(2 * length))  # lists of lists are not larger by far
        kind = random.random()
        drawn: list[Any]
        if element is INT:
            low = -scale if random.random() < 0.3 else 0
            width, (least, most) = scale + 1 - low, self._range
            unit = random.random  # what `randint` gives, at a fifth of the time
            drawn = [low + int(width * unit()) for _ in range(count)]
            if low < least or scale > most:
                drawn = [max(least, min(most, value)) for value in drawn]
        else:
            drawn = [self._value(random, element, scale, inner) for _ in range(count)]
        if kind < 0.2 and drawn:  # repetitions
            return random.choices(drawn[: max(1, count // 3)], k=count)
        if kind < 0.3 and element in (INT, REAL, CHAR):
            return sorted(drawn, reverse=random.random() < 0.3)
        return drawn
