"""What a domain may bring so that a recognition model can read its tasks: an encoder.

An encoder is made for one type of task. It turns a task into an array of a fixed shape, and has
layers that take such arrays to the width of the network (the recognition model of Ellis et al.,
DreamCoder, PLDI 2021, section 4). This module says what one must do and needs no PyTorch;
:mod:`reverie.recognition` has three, and trains them.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any, Protocol

import numpy as np
from numpy.typing import NDArray

from ..calculus.types import Type
from ..tasks.task import Task

if TYPE_CHECKING:
    from torch import nn

__all__ = ["Encoder", "Encoders"]


class Encoder(Protocol):
    """Reads tasks of one type, and dreams of it."""

    @property
    def shape(self) -> tuple[int, ...]:
        """The shape of what is read off one task."""

    def of(self, task: Task) -> NDArray[np.float32]:
        """Return what is read off a task, of the shape said.

        Raises:
            UnreadableTask: if it holds nothing that can be read.
        """

    def batch(
        self, dreams: Any, which: NDArray[np.int64], rng: np.random.Generator
    ) -> NDArray[np.float32]:
        """Return what is read off the dreams at some positions, (B, *shape).

        Args:
            dreams: of the type, as :class:`.Dreams`.
            which: (B,), positions; one may occur often.
            rng: chooses which examples of each are shown.
        """

    def module(self, width: int) -> nn.Module:
        """Return new layers that take (B, *shape) to (B, width)."""


Encoders = Callable[[Type], Encoder | None]
"""Makes an encoder for tasks of a type; None if it can read none of them."""
