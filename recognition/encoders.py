"""Encoders: what the network is shown of a task, and the layers that read it.

An encoder is made for one type of task. It turns a task into an array of a fixed shape, outside the
network, and has a module that takes such arrays to the width of the network. There is one for
examples whose values have properties (:class:`PropertyEncoder`), the one to prefer; one for any
examples at all (:class:`ElementEncoder`); and one for pictures (:class:`ImageEncoder`). A domain
may bring its own.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray
from torch import Tensor, nn

from ..dsl.task import Example, Task
from ..dsl.types import INT, Type
from .config import RecognitionError
from .dreams import Dreams
from .properties import Properties

__all__ = [
    "ElementEncoder",
    "Encoder",
    "Encoders",
    "ImageEncoder",
    "PropertyEncoder",
    "UnreadableTask",
    "encoder_for",
    "read_as",
]

Float32 = NDArray[np.float32]
Positions = NDArray[np.int64]


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

    def batch(self, dreams: Dreams, which: Positions, rng: np.random.Generator) -> Float32:
        """Return what is read off the dreams at some positions, (B, *shape).

        Args:
            dreams: of the type.
            which: (B,), positions; one may occur often.
            rng: chooses which examples of each are shown.
        """

    def module(self, width: int) -> nn.Module:
        """Return new layers that take (B, *shape) to (B, width)."""


Encoders = Callable[[Type], Encoder | None]
"""Makes an encoder for tasks of a type; None if it can read none of them."""


class PropertyEncoder:
    """Reads examples by their properties, natively (:mod:`reverie.recognition.properties`)."""

    def __init__(self, request: Type) -> None:
        self.properties = Properties(request)
        self.shape = (self.properties.size,)

    def of(self, task: Task) -> Float32:
        """Return float32 (size,)."""
        _check_examples(task)
        return self.properties.of(task.examples)

    def batch(self, dreams: Dreams, which: Positions, rng: np.random.Generator) -> Float32:
        """Return float32 (B, size), each dream shown by some of its examples."""
        return self.properties.batch(dreams, which, rng)

    def module(self, width: int) -> nn.Module:
        return nn.Linear(self.properties.size, width)


class ElementEncoder:
    """Reads any examples, as sets of elements: the general fallback (DeepSets).

    Each number, truth value or character within an example is an element: its value, where it
    stands in its list, which argument it belongs to, whether it occurs on the other side. The
    network sees an example as the set of its elements, and a task as the set of its examples
    (Zaheer et al., Deep Sets, NeurIPS 2017), so that neither order nor number matters.

    Args:
        request: the type of the tasks.
        examples: the most examples of a task that are read.
        elements: the most elements of an example; the rest is left out.
    """

    def __init__(self, request: Type, examples: int = 8, elements: int = 48) -> None:
        self.request = request
        self.shape = (examples, elements, FIELDS)

    def of(self, task: Task) -> Float32:
        """Return float32 (examples, elements, FIELDS); a row of zeros is no element."""
        _check_examples(task)
        read: Float32 = self._read([task.examples])[0]
        if not read.any():
            raise UnreadableTask(f"task {task.name!r} shows no numbers, truth values or texts")
        return read

    def batch(self, dreams: Dreams, which: Positions, rng: np.random.Generator) -> Float32:
        """Return float32 (B, examples, elements, FIELDS), of some examples of each dream."""
        shown = []
        for i in which.tolist():
            examples = dreams.examples(i)
            count = int(rng.integers(min(2, len(examples)), len(examples) + 1))
            shown.append([examples[k] for k in rng.permutation(len(examples))[:count]])
        return self._read(shown)

    def _read(self, shown: Sequence[Sequence[Example]]) -> Float32:
        """Return (B, examples, elements, FIELDS) for the examples of B tasks."""
        most, elements, _ = self.shape
        places: list[tuple[int, int, int]] = []
        rows: list[tuple[float, ...]] = []
        for task, examples in enumerate(shown):
            for number, example in enumerate(examples[:most]):
                sides = [[*_leaves(value)] for value in (*example.inputs, example.output)]
                output = {leaf[0] for leaf in sides[-1]}
                inputs = {leaf[0] for side in sides[:-1] for leaf in side}
                last = len(sides) - 1
                found = [
                    (last - side, leaf[0] in (inputs if side == last else output), *leaf)
                    for side, leaves in enumerate(sides)
                    for leaf in leaves
                ][:elements]
                places += [(task, number, place) for place in range(len(found))]
                rows += found
        read = np.zeros((len(shown), *self.shape), dtype=np.float32)
        if rows:
            read[tuple(np.array(places).T)] = _fields(np.array(rows, dtype=np.float64))
        return read

    def module(self, width: int) -> nn.Module:
        return _Sets(FIELDS, width)


def _check_examples(task: Task) -> None:
    if not task.examples:
        raise UnreadableTask(f"task {task.name!r} has no examples to read")


BITS = 7
"""Of a character's code that are read one by one: letters are told apart by nothing else."""

FIELDS = 11 + BITS
"""Of an element."""

LARGEST = 1e9
"""Numbers beyond are read as this."""


def _fields(rows: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return (N, FIELDS) for (side, occurs elsewhere, value, position, length, depth, is text)."""
    side, elsewhere, value, position, length, depth, text = rows.T
    number = np.clip(np.nan_to_num(value, posinf=LARGEST, neginf=-LARGEST), -LARGEST, LARGEST)
    return np.stack(
        [
            np.ones(len(rows)),
            side == 0,
            side / 4,
            # At three scales, so that small and huge numbers are told apart alike.
            np.sign(number) * np.log1p(np.abs(number)) / 4,
            np.clip(number / 8, -2, 2),
            number % 2,
            np.minimum(position, 32) / 8,
            np.minimum(length - 1 - position, 32) / 8,
            depth / 2,
            elsewhere,
            text,
            *(text * (number // 2**k % 2) for k in range(BITS)),
        ],
        axis=1,
    )


def _leaves(value: Any, depth: int = 0) -> Iterator[tuple[float, int, int, int, bool]]:
    """Yield (value, position, length, depth, is text) of what can be read of a value."""
    parts = value if isinstance(value, (str, list, tuple)) else [value]
    for position, part in enumerate(parts):
        if isinstance(part, str) and len(part) == 1:
            yield float(ord(part)), position, len(parts), depth, True
        elif isinstance(part, (str, list, tuple)):
            yield from _leaves(part, depth + 1)
        elif isinstance(part, (bool, int, float)):
            yield float(max(-LARGEST, min(LARGEST, part))), position, len(parts), depth, False


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

    def batch(self, dreams: Dreams, which: Positions, rng: np.random.Generator) -> Float32:
        """Return float32 (B, channels, height, width); a dream is shown by all its examples."""
        found = [self.of(Task("dream", dreams.request, dreams.examples(i))) for i in which.tolist()]
        return np.stack(found)

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
"""Types whose values have properties."""


def read_as(request: Type) -> Type:
    """Return the type that tasks of ``request`` are read as: with int for type variables."""
    return request.replace(dict.fromkeys(request.variables, INT))


def encoder_for(request: Type) -> Encoder | None:
    """Return the encoder for tasks of a type, where a domain does not bring its own.

    Values of a domain's own types are read as elements, if they are made of numbers and texts.
    """
    sides = [*request.parameters, request.result]
    if any(t.is_arrow for t in request.parameters):
        return None
    own = set().union(*(t.constructors() for t in sides)) - READABLE
    return ElementEncoder(request) if own else PropertyEncoder(request)
