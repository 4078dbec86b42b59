"""Property signatures: a task of any request as a vector of fixed length.

What an example shows (:mod:`.value_paths`) is summarised and compared, inputs with output
(:mod:`.property_reference`). Over the examples, in whatever order, each quantity and predicate
becomes a few numbers. Nothing depends on how long lists are or how large integers: sizes beyond
those trained on give vectors of the same kind.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from ...dsl import Example, Type
from ...enumerate.native import ERROR
from ..dreams.dream_set import Dreams
from ..dreams.generate import ground
from ..dreams.value_codec import ValueWriter
from .property_kernels import MOST_EXAMPLES, features
from .property_reference import (
    PER_PREDICATE,
    PER_QUANTITY,
    Facts,
    aggregate_predicates,
    aggregate_quantities,
    of_one,
    of_two,
)
from .value_paths import STOP, paths_of, read_path

__all__ = ["Properties", "choose_examples"]

Floats = NDArray[np.float32]
Positions = NDArray[np.int64]


class Properties:
    """The property signature of tasks of one request.

    Attributes:
        request: without type variables: integers stand for them.
        paths: what is looked at.
        names: of the quantities and the predicates.
        size: the length of the vectors.

    >>> from reverie.dsl.calculus.syntax import parse_type
    >>> from reverie.dsl.tasks.task import Example
    >>> properties = Properties(parse_type("int -> int"))
    >>> properties.of([Example((1,), 2), Example((5,), 6)]).shape == (properties.size,)
    True
    """

    def __init__(self, request: Type) -> None:
        self.request = ground(request)
        sides = [*self.request.parameters, self.request.result]
        names = [*(f"${i}" for i in range(len(sides) - 1)), "output"]
        self.paths = [
            path
            for side, (t, name) in enumerate(zip(sides, names, strict=True))
            for path in paths_of(t, side, name)
        ]
        nothing = self._facts([[0.0] if t.is_scalar else [] for t in self.paths])
        self.names = tuple(nothing.quantities), tuple(nothing.predicates)
        self.size = PER_QUANTITY * len(self.names[0]) + PER_PREDICATE * len(self.names[1])

    def of(self, examples: Iterable[Example]) -> Floats:
        """Return the properties of a task's examples: float32[size]."""
        given = list(examples)[:MOST_EXAMPLES]
        dreams = _as_dreams(self.request, given)
        chosen = np.arange(len(given)).reshape(1, -1)
        found: Floats = self._features(dreams, np.zeros(1, np.int64), chosen)[0]
        return found

    def batch(
        self,
        dreams: Dreams,
        which: Positions,
        rng: np.random.Generator,
        *,
        least: int = 2,
        most: int = 10,
    ) -> Floats:
        """Return the properties of dreams, each shown by some of its examples.

        Args:
            dreams: of this request.
            which: int64[B], positions of dreams; one may occur often.
            rng: chooses the examples.
            least, most: how many examples to show, where there are as many.

        Returns:
            float32[B, size].
        """
        if dreams.request is not self.request:
            raise ValueError(f"these are properties of {self.request}, not of {dreams.request}")
        which = np.ascontiguousarray(which, np.int64)
        return self._features(dreams, which, choose_examples(dreams, which, rng, least, most))

    def explain(self, examples: Sequence[Example]) -> dict[str, list[float]]:
        """Return the same numbers by name, computed in plain Python."""
        names: dict[str, int] = {}
        facts = []
        for example in examples:
            values = (*example.inputs, example.output)
            facts.append(self._facts([read_path(t, values[t.side], names) for t in self.paths]))
        quantities, predicates = self.names
        found = {
            name: aggregate_quantities([f.quantities[name] for f in facts]) for name in quantities
        }
        for name in predicates:
            found[name] = aggregate_predicates([f.predicates[name] for f in facts])
        return found

    def _facts(self, paths: list[list[float]]) -> Facts:
        quantities: dict[str, float | None] = {}
        predicates: dict[str, bool | None] = {}
        shown = list(zip(self.paths, paths, strict=True))
        parts = [of_one(path, xs) for path, xs in shown]
        parts += [of_two(a, xs, b, ys) for a, xs in shown for b, ys in shown if a.side < b.side]
        for part in parts:
            quantities |= part.quantities
            predicates |= part.predicates
        return Facts(quantities, predicates)

    @cached_property
    def _plan(self) -> tuple[Positions, Positions, Positions, NDArray[np.bool_]]:
        depth = max((len(t.steps) for t in self.paths), default=0) + 1
        steps = np.full((len(self.paths), depth), STOP, np.int64)
        for row, path in zip(steps, self.paths, strict=True):
            row[: len(path.steps)] = path.steps
        return (
            np.array([t.side for t in self.paths], np.int64),
            steps,
            np.array([t.kind for t in self.paths], np.int64),
            np.array([t.is_scalar for t in self.paths], np.bool_),
        )

    def _features(self, dreams: Dreams, which: Positions, chosen: Positions) -> Floats:
        out = np.empty((len(which), self.size), np.float32)
        features(
            dreams.heap,
            dreams.inputs,
            dreams.outputs,
            dreams.sets,
            which,
            chosen,
            *self._plan,
            len(self.names[0]),
            len(self.names[1]),
            out,
        )
        return out


def choose_examples(
    dreams: Dreams, which: Positions, rng: np.random.Generator, least: int, most: int
) -> Positions:
    """Return for each dream the positions of some of its examples at random, then -1.

    Returns:
        int64[B, most].
    """
    good = dreams.outputs[which] != ERROR
    keys = rng.random(good.shape, np.float32)
    keys[~good] = 2.0
    order = np.argsort(keys, axis=1)[:, :most]
    counts = rng.integers(least, most + 1, len(which))
    counts = np.minimum(counts, good.sum(axis=1))
    order[np.arange(order.shape[1]) >= counts[:, None]] = -1
    return np.ascontiguousarray(order)


def _as_dreams(request: Type, examples: Sequence[Example]) -> Dreams:
    """Return examples as one dream without a program."""
    writer = ValueWriter()
    inputs = [
        [writer.write(v, t) for v, t in zip(e.inputs, request.parameters, strict=True)]
        for e in examples
    ]
    outputs = [writer.write(e.output, request.result) for e in examples]
    count = len(examples)
    return Dreams(
        request,
        np.empty(0, np.int16),
        np.zeros(2, np.int64),
        np.zeros(1),
        np.zeros(1, np.int64),
        np.array(inputs, np.int64).reshape(1, count, len(request.parameters)),
        np.array(outputs, np.int64).reshape(1, count),
        np.array(writer.words, np.int64),
        tuple(writer.objects),
    )
