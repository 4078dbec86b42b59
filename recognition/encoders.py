"""Encoders: what the network is shown of a task, and the layers that read it.

An encoder is made for one type of task. It turns a task into an array of a fixed shape, outside the
network, and has a module that takes such arrays to the width of the network. There is one for
examples whose values have properties (:mod:`reverie.recognition.properties`), the one to prefer;
one for any examples at all (:class:`ElementEncoder`); and one for pictures
(:class:`ImageEncoder`). A domain may bring its own.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray
from torch import Tensor, nn

from ..dsl.task import Example, Task
from ..dsl.types import Type
from .config import RecognitionError

__all__ = ["ElementEncoder", "Encoder", "Encoders", "ImageEncoder", "UnreadableTask", "encoder_for"]

Float32 = NDArray[np.float32]


class UnreadableTask(RecognitionError):
    """No encoder can read tasks of a type."""


class Encoder(Protocol):
    """Reads tasks of one type."""

    @property
    def shape(self) -> tuple[int, ...]:
        """The shape of what is read off one task."""

    def of(self, task: Task) -> Float32:
        """Return what is read off a task, of the shape said.

        Raises:
            UnreadableTask: if it holds nothing that can be read.
        """

    def module(self, width: int) -> nn.Module:
        """Return new layers that take (B, *shape) to (B, width)."""


Encoders = Callable[[Type], Encoder | None]
"""Makes an encoder for tasks of a type; None if it can read none of them."""


class ElementEncoder:
    """Reads any examples, as sets of elements: the general fallback (DeepSets).

    Each number, truth value or character within an example is an element: its value, where it
    stands in its list, which argument it belongs to, whether it occurs elsewhere in the example.
    The network sees an example as the set of its elements, and a task as the set of its examples
    (Zaheer et al., Deep Sets, NeurIPS 2017), so that neither order nor number matters.

    Args:
        request: the type of the tasks.
        examples: the most examples of a task that are read.
        elements: the most elements of an example; the rest is left out.
    """

    FIELDS = 11

    def __init__(self, request: Type, examples: int = 8, elements: int = 48) -> None:
        self.request = request
        self.shape = (examples, elements, self.FIELDS)

    def of(self, task: Task) -> Float32:
        """Return float32 (examples, elements, FIELDS), zeros where there is nothing."""
        return self.read(task.examples)

    def read(self, examples: Sequence[Example]) -> Float32:
        """Return the elements of some examples; a row of zeros is no element."""
        if not examples:
            raise UnreadableTask(f"a task of type {self.request} has no examples to read")
        found = np.zeros(self.shape, dtype=np.float32)
        for number, example in enumerate(examples[: self.shape[0]]):
            sides = [*example.inputs, example.output]
            rows = [
                (side - len(example.inputs), *leaf)
                for side, value in enumerate(sides)
                for leaf in _leaves(value)
            ]
            inputs = {row[1] for row in rows if row[0] < 0}
            outputs = {row[1] for row in rows if row[0] == 0}
            for place, (side, value, position, length, depth) in enumerate(rows[: self.shape[1]]):
                found[number, place] = (
                    1.0,
                    side == 0,
                    -side / 4,
                    *_scales(value),
                    position / 8,
                    (length - 1 - position) / 8,
                    depth / 2,
                    value in (inputs if side == 0 else outputs),
                    isinstance(value, str),
                )
        return found

    def module(self, width: int) -> nn.Module:
        return _Sets(self.FIELDS, width)


def _scales(value: float | str) -> tuple[float, float, float]:
    """Return a value at three scales, so that small and huge ones are told apart alike."""
    number = float(ord(value)) if isinstance(value, str) else float(np.clip(value, -1e9, 1e9))
    return np.sign(number) * np.log1p(abs(number)) / 4, np.clip(number / 8, -2, 2), number % 2


def _leaves(value: Any, depth: int = 0) -> Iterator[tuple[Any, int, int, int]]:
    """Yield (value, position, length, depth) of what a value is made of."""
    if isinstance(value, (str, list, tuple)) and not (isinstance(value, str) and len(value) == 1):
        length = len(value)
        for position, inner in enumerate(value):
            if isinstance(inner, (list, tuple)):
                yield from _leaves(inner, depth + 1)
            else:
                yield from ((leaf[0], position, length, depth) for leaf in _leaves(inner, depth))
    elif isinstance(value, (bool, int, float, str)):
        yield value, 0, 1, depth


class _Sets(nn.Module):
    """Elements to examples to tasks, by sums that do not mind the order."""

    def __init__(self, fields: int, width: int) -> None:
        super().__init__()
        self.element = nn.Sequential(
            nn.Linear(fields, width // 2), nn.ReLU(), nn.Linear(width // 2, width)
        )
        self.example = nn.Sequential(nn.ReLU(), nn.Linear(width, width), nn.ReLU())
        self.task = nn.Linear(width, width)

    def forward(self, features: Tensor) -> Tensor:
        """Take (B, examples, elements, fields) to (B, width)."""
        there = features[..., :1]
        elements = self.element(features) * there
        examples = self.example(elements.sum(dim=2) / there.sum(dim=2).clamp(min=1) ** 0.5)
        # An example without elements is still one: only the padding behind the last is none.
        given = there.amax(dim=2)
        tasks: Tensor = self.task((examples * given).sum(dim=1) / given.sum(dim=1).clamp(min=1))
        return tasks


class ImageEncoder:
    """Reads a picture of each task with a small convolutional network.

    Args:
        picture: gives a task's picture, an array (height, width) or (channels, height, width).
        shape: (channels, height, width).
    """

    def __init__(
        self, picture: Callable[[Task], Any], shape: tuple[int, int, int] = (1, 28, 28)
    ) -> None:
        self.picture = picture
        self.shape = shape

    def of(self, task: Task) -> Float32:
        """Return float32 (channels, height, width)."""
        seen: Float32 = np.asarray(self.picture(task), dtype=np.float32)
        if seen.size != np.prod(self.shape):
            raise UnreadableTask(
                f"the picture of task {task.name!r} has shape {seen.shape}; wanted {self.shape}"
            )
        return seen.reshape(self.shape)

    def module(self, width: int) -> nn.Module:
        channels, height, across = self.shape
        left = -(-height // 4) * -(-across // 4)
        return nn.Sequential(
            nn.Conv2d(channels, 16, 3, stride=2, padding=1),
            nn.ReLU(),
            nn.Conv2d(16, 32, 3, stride=2, padding=1),
            nn.ReLU(),
            nn.Flatten(),
            nn.Linear(32 * left, width),
        )


READABLE = {"int", "bool", "real", "char", "str", "list", "pair"}
"""Types whose values are made of numbers, truth values and characters."""


def encoder_for(request: Type) -> Encoder | None:
    """Return the encoder to use for tasks of a type, if a domain does not say otherwise."""
    ends = [*request.parameters, request.result]
    if any(t.is_arrow for t in ends) or set().union(*(t.constructors() for t in ends)) - READABLE:
        return None
    return ElementEncoder(request)
