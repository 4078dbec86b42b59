"""The batches of a training, each of one type of task: what is shown, and what is asked for.

A batch depends on the seed and its number alone. So a training goes on from any step as if it had
never stopped, and for a GPU threads make the next batches while it works on one.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Generator, Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass
from itertools import count
from typing import NamedTuple

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from ...enumerate.automaton import ChoiceClasses
from ..recognition_config import RecognitionConfig
from .loss import TargetChoices, move, targets
from .network import key_of
from .training_set import TrainingSet

__all__ = ["Batches", "Curriculum", "TrainingBatch"]


@dataclass(frozen=True, eq=False)
class Curriculum:
    """All lessons.

    Attributes:
        dreams: by type of task.
        solved: likewise.
        classes: what the summaries of both refer to.
    """

    dreams: Sequence[TrainingSet]
    solved: Sequence[TrainingSet]
    classes: ChoiceClasses


class TrainingBatch(NamedTuple):
    """Some tasks of one type."""

    request: str  # see key_of
    features: Tensor  # (B, ...), what is shown of them
    wanted: TargetChoices  # the programs that they are to be solved by


class Batches:
    """Makes batches.

    Args:
        curriculum: the lessons.
        config: the size of a batch, the share of solved tasks, the seed.
        device: where the batches are wanted.
        workers: threads that make them ahead; 0 to make each when it is asked for.
    """

    def __init__(
        self,
        curriculum: Curriculum,
        config: RecognitionConfig,
        device: torch.device,
        workers: int = 0,
    ) -> None:
        self._curriculum = curriculum
        self._config = config
        self._device = device
        self._workers = workers

    def make(self, step: int) -> TrainingBatch:
        """Return the batch of a step."""
        rng = np.random.default_rng([self._config.seed, step])
        lessons = self._choose(rng)
        return self._shown(lessons, lessons.draw(self._config.batch, rng), rng)

    def after(self, step: int) -> Generator[TrainingBatch]:
        """Yield the batches of a step and of all that follow; close the generator when done."""
        steps = count(step)
        if not self._workers:
            yield from map(self.make, steps)  # without end
        pool = ThreadPoolExecutor(self._workers, "batches")
        ready: deque[Future[TrainingBatch]] = deque()
        try:
            while True:
                while len(ready) < 2 * self._workers:
                    ready.append(pool.submit(self.make, next(steps)))
                yield ready.popleft().result()
        finally:
            pool.shutdown(cancel_futures=True)

    def held_out(self, lessons: TrainingSet) -> Iterator[TrainingBatch]:
        """Yield all that is kept out of some lessons."""
        rng = np.random.default_rng(self._config.seed)
        size = 4 * self._config.batch
        for start in range(0, len(lessons.held_out), size):
            yield self._shown(lessons, lessons.held_out[start : start + size], rng)

    def _choose(self, rng: np.random.Generator) -> TrainingSet:
        dreams, solved = self._curriculum.dreams, self._curriculum.solved
        is_replay = not dreams or (solved and rng.random() < self._config.replay)
        part = solved if is_replay else dreams
        # Types with many lessons come more often, but not in proportion: few would starve.
        sizes = np.sqrt([len(lessons.train) for lessons in part])
        return part[int(rng.choice(len(part), p=sizes / sizes.sum()))]

    def _shown(
        self, lessons: TrainingSet, which: NDArray[np.int64], rng: np.random.Generator
    ) -> TrainingBatch:
        features = move(lessons.see(which, rng), self._device)
        wanted = targets(lessons.summaries, which, self._curriculum.classes, self._device)
        return TrainingBatch(key_of(lessons.request), features, wanted)
