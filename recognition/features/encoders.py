"""Encoders: what the network is shown of a task, and the layers that read it.

An encoder is made for one type of task. It turns a task into an array of a fixed shape, outside the
network, and has a module that takes such arrays to the width of the network. There is one for
examples whose values have properties (:class:`PropertyEncoder`), the one to prefer; one for any
examples at all (:class:`ElementEncoder`); and one for pictures (:class:`ImageEncoder`). A domain
may bring its own.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any
from weakref import WeakKeyDictionary

import numpy as np
from numpy.typing import NDArray
from torch import nn

from ...dsl import BUILT_IN, INT, Encoder, Task, Type
from ..dreams.dream_set import Dreams
from ..recognition_config import RecognitionError
from .elements import FIELDS, Elements, Sets, fields, read_elements
from .properties import Properties

__all__ = [
    "ElementEncoder",
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


class PropertyEncoder:
    """Reads examples by their properties, natively (:mod:`.properties`)."""

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
    """Reads any examples, as sets of elements: the general fallback (:mod:`.elements`).

    The network sees an example as the set of its elements, and a task as the set of its examples
    (Zaheer et al., Deep Sets, NeurIPS 2017), so that neither order nor number matters.

    Args:
        request: the type of the tasks.
        examples: the most examples of a task that are read.
        elements: the most elements of an example; the rest is left out.
    """

    def __init__(self, request: Type, examples: int = 8, elements: int = 48) -> None:
        self.request = request
        self.shape = (examples, elements, FIELDS)
        # Values are read in Python: once for each dream, however often it is shown.
        self._known: WeakKeyDictionary[Dreams, dict[int, Elements]] = WeakKeyDictionary()

    def __reduce__(self) -> tuple[Any, ...]:
        """Pickle without the dreams that were read."""
        return type(self), (self.request, *self.shape[:2])

    def of(self, task: Task) -> Float32:
        """Return float32 (examples, elements, FIELDS); a row of zeros is no element."""
        _check_examples(task)
        most, elements, _ = self.shape
        read = read_elements(task.examples[:most], elements)
        if not len(read.rows):
            raise UnreadableTask(f"task {task.name!r} shows no numbers, truth values or texts")
        found: Float32 = self._laid_out([read], [np.arange(len(read.counts))])[0]
        return found

    def batch(self, dreams: Dreams, which: Positions, rng: np.random.Generator) -> Float32:
        """Return float32 (B, examples, elements, FIELDS), of some examples of each dream."""
        known = self._known.setdefault(dreams, {})
        read, chosen = [], []
        for i in which.tolist():
            if i not in known:
                known[i] = read_elements(dreams.examples(i), self.shape[1])
            total = len(known[i].counts)
            count = int(rng.integers(min(2, total), total + 1))
            read.append(known[i])
            chosen.append(rng.permutation(total)[: min(count, self.shape[0])])
        return self._laid_out(read, chosen)

    def _laid_out(self, read: Sequence[Elements], chosen: Sequence[Positions]) -> Float32:
        """Return (B, examples, elements, FIELDS), of the chosen examples of B tasks."""
        first = np.cumsum([0, *(len(r.rows) for r in read)])[:-1]
        starts = [
            (start + np.cumsum(r.counts) - r.counts)[c]
            for start, r, c in zip(first, read, chosen, strict=True)
        ]
        counts = np.concatenate([r.counts[c] for r, c in zip(read, chosen, strict=True)])
        example = np.concatenate(
            [i * self.shape[0] + np.arange(len(c)) for i, c in enumerate(chosen)]
        )
        place = np.arange(counts.sum()) - np.repeat(np.cumsum(counts) - counts, counts)
        rows = np.concatenate([r.rows for r in read])[
            np.repeat(np.concatenate(starts), counts) + place
        ]
        found = np.zeros((len(read), *self.shape), np.float32)
        found.reshape(-1, *self.shape[1:])[np.repeat(example, counts), place] = fields(rows)
        return found

    def module(self, width: int) -> nn.Module:
        return Sets(width)


def _check_examples(task: Task) -> None:
    if not task.examples:
        raise UnreadableTask(f"task {task.name!r} has no examples to read")


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
    own = set().union(*(t.constructors() for t in sides)) - BUILT_IN.keys()
    return ElementEncoder(request) if own else PropertyEncoder(request)
