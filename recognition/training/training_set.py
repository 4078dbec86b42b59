"""Lessons: what there is to learn from, for one type of task.

A lesson shows the network something (the examples of a dream or of a solved task) and asks it for
weights under which a program (what was dreamt, or a solution) is probable.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from ...dsl import Encoder, Frontier, Task, Type
from ...enumerate import encode
from ...enumerate.automaton import PriorStatistics, Summariser
from ..dreams.dream_set import Dreams
from ..features.encoders import read_as

__all__ = ["TrainingSet", "from_dreams", "from_frontiers"]

Float32 = NDArray[np.float32]
Positions = NDArray[np.int64]

VIEWS = 4
"""How many choices of its examples a solved task is shown by."""


@dataclass(frozen=True, eq=False)
class TrainingSet:
    """Programs for tasks of one type, each with something to be seen.

    Attributes:
        request: what their tasks are read as.
        summaries: of all programs.
        see: gives float32 (B, ...), what is shown with the programs at B positions; random in which
            of the examples.
        train: the positions to learn from.
        held_out: the positions to measure on.
        chance: with which probability each of ``train`` is drawn; None if all have the same.
    """

    request: Type
    summaries: PriorStatistics
    see: Callable[[Positions, np.random.Generator], Float32]
    train: Positions
    held_out: Positions
    chance: NDArray[np.float64] | None = None

    def draw(self, count: int, rng: np.random.Generator) -> Positions:
        """Draw positions to learn from."""
        return rng.choice(self.train, count, p=self.chance)


def from_dreams(
    dreams: Dreams, encoder: Encoder, summariser: Summariser, held_out: int
) -> TrainingSet:
    """Return lessons from dreams, the last ``held_out`` of them to measure on.

    No more than a tenth is held out.
    """
    count = len(dreams)
    kept = count - min(held_out, count // 10)
    everything = np.arange(count)
    return TrainingSet(
        dreams.request,
        summariser.summarise(dreams.tokens, dreams.starts, dreams.request),
        lambda which, rng: encoder.batch(dreams, which, rng),
        everything[:kept],
        everything[kept:],
    )


def from_frontiers(
    frontiers: Sequence[Frontier],
    encoder: Encoder,
    summariser: Summariser,
    map_share: float,
    rng: np.random.Generator,
) -> TrainingSet:
    """Return lessons from solved tasks of one request.

    Args:
        frontiers: of the tasks, none empty; all programs must be the grammar's.
        encoder: of their type.
        summariser: of their library.
        map_share: the part of the lessons whose target is a frontier's best program; in the rest it
            is drawn by what is likely to be meant (:meth:`~reverie.dsl.Frontier.meant`).
        rng: for which of a task's examples are shown.
    """
    request = frontiers[0].task.request
    programs, owners, chance = [], [], []
    for number, frontier in enumerate(frontiers):
        for place, (entry, probability) in enumerate(frontier.meant()):
            programs.append(entry.program)
            owners.append(number)
            chance.append(map_share * (place == 0) + (1 - map_share) * probability)
    tokens = [encode(program, summariser.library) for program in programs]
    views = _views([frontier.task for frontier in frontiers], encoder, rng)
    owner = np.array(owners)
    best = np.flatnonzero(np.diff(owner, prepend=-1))
    return TrainingSet(
        read_as(request),
        summariser.summarise(np.concatenate(tokens), np.cumsum([0, *map(len, tokens)]), request),
        lambda which, rng: views[rng.integers(len(views), size=len(which)), owner[which]],
        np.arange(len(owner)),
        best,
        np.array(chance) / np.sum(chance),
    )


def _views(tasks: Iterable[Task], encoder: Encoder, rng: np.random.Generator) -> Float32:
    """Return (VIEWS, tasks, ...): each task in full, then by half or more of its examples."""
    rows = []
    for task in tasks:
        shown = [encoder.of(task)]
        for _ in range(VIEWS - 1):
            total = len(task.examples)
            few = rng.permutation(total)[: rng.integers((total + 1) // 2, total + 1)]
            part = [task.examples[k] for k in np.sort(few)]
            shown.append(encoder.of(Task(task.name, task.request, part, (), task.extra)))
        rows.append(shown)
    return np.array(rows).swapaxes(0, 1)
