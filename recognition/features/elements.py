"""Elements: what any example is made of, and the layers that read them as a set.

Each number, truth value or character within an example is an element: its value, where it stands in
its list, which argument it belongs to, whether it occurs on the other side.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray
from torch import Tensor, nn

from ...dsl import Example

__all__ = ["FIELDS", "Elements", "Sets", "fields", "read_elements"]

Float32 = NDArray[np.float32]

BITS = 7
"""Of a character's code that are read one by one: letters are told apart by nothing else."""

FIELDS = 11 + BITS
"""Of an element, for the network."""

LARGEST = 1e9
"""Numbers beyond are read as this."""


class Elements(NamedTuple):
    """The elements of a task's examples, one example after another."""

    rows: Float32  # (n, 7): side, occurs elsewhere, value, position, length, depth, is text
    counts: NDArray[np.int64]  # (examples,)


def read_elements(examples: Sequence[Example], most: int) -> Elements:
    """Read examples.

    Args:
        examples: of one task.
        most: elements of an example; the rest is left out.
    """
    rows: list[tuple[float, ...]] = []
    counts = []
    for example in examples:
        sides = [[*_leaves(value)] for value in (*example.inputs, example.output)]
        output = {leaf[0] for leaf in sides[-1]}
        inputs = {leaf[0] for side in sides[:-1] for leaf in side}
        last = len(sides) - 1
        found = [
            (last - side, leaf[0] in (inputs if side == last else output), *leaf)
            for side, leaves in enumerate(sides)
            for leaf in leaves
        ][:most]
        counts.append(len(found))
        rows += found
    return Elements(np.array(rows, np.float32).reshape(-1, 7), np.array(counts, np.int64))


def fields(rows: Float32) -> Float32:
    """Return (n, FIELDS), what the network is shown of elements."""
    side, elsewhere, value, position, length, depth, text = rows.T
    found: Float32 = np.stack(
        [
            np.ones(len(rows), np.float32),
            side == 0,
            side / 4,
            # At three scales, so that small and huge numbers are told apart alike.
            np.sign(value) * np.log1p(np.abs(value)) / 4,
            np.clip(value / 8, -2, 2),
            value % 2,
            np.minimum(position, 32) / 8,
            np.minimum(length - 1 - position, 32) / 8,
            depth / 2,
            elsewhere,
            text,
            *(text * (value // 2**k % 2) for k in range(BITS)),
        ],
        axis=1,
        dtype=np.float32,
        casting="unsafe",
    )
    return found


def _leaves(value: Any, depth: int = 0) -> Iterator[tuple[float, int, int, int, bool]]:
    """Yield (value, position, length, depth, is text) of what can be read of a value."""
    parts = value if isinstance(value, (str, list, tuple)) else [value]
    for position, part in enumerate(parts):
        if isinstance(part, str) and len(part) == 1:
            yield float(ord(part)), position, len(parts), depth, True
        elif isinstance(part, (str, list, tuple)):
            yield from _leaves(part, depth + 1)
        elif isinstance(part, (bool, int, float)):
            yield _bounded(part), position, len(parts), depth, False


def _bounded(number: float) -> float:
    return 0.0 if number != number else float(max(-LARGEST, min(LARGEST, number)))


class Sets(nn.Module):
    """Elements to examples to tasks, by sums that do not mind the order.

    Only what is there goes through the layers, not what pads it, and nothing but the first layer is
    worked out element by element.

    Args:
        width: of what is returned, and of the layers but the first, which has half.
    """

    def __init__(self, width: int) -> None:
        super().__init__()
        half = width // 2 or 1
        self.element = nn.Sequential(nn.Linear(FIELDS, half), nn.ReLU())
        self.example = nn.Sequential(
            nn.Linear(half, width), nn.ReLU(), nn.Linear(width, width), nn.ReLU()
        )
        self.task = nn.Linear(width, width)

    def forward(self, features: Tensor) -> Tensor:
        """Take (B, examples, elements, FIELDS) to (B, width).

        The first field is 1 for an element and 0 for padding; an example without elements is none.
        """
        there = features[..., 0] > 0
        counts = there.sum(dim=2)
        of_example = there.flatten(0, 1).nonzero()[:, 0]
        of_task = counts.nonzero()[:, 0]
        summed = _sums(self.element(features[there]), of_example, counts.numel())
        given = counts > 0
        examples = self.example(summed[given.flatten()] / counts[given][:, None] ** 0.5)
        total = _sums(examples, of_task, len(features))
        tasks: Tensor = self.task(total / given.sum(dim=1, keepdim=True).clamp(min=1))
        return tasks


def _sums(values: Tensor, owners: Tensor, count: int) -> Tensor:
    """Return (count, k), the sum of the rows of each owner."""
    return values.new_zeros(count, values.shape[1]).index_add(0, owners, values)
