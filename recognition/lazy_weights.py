"""The guides of many tasks, worked out a few hundred at a time, when they are asked for."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence

from ..dsl import Task, Weights

__all__ = ["LazyWeights"]

BATCH = 512
"""Tasks in one forward pass."""

KEPT = 2
"""Passes whose weights are kept: tasks may be asked for a little out of order."""


class LazyWeights(Mapping[str, Weights]):
    """Log weights by the name of a task, for those tasks that have any.

    Tasks go through the network in the order given, :data:`BATCH` at a time, and the weights of the
    last :data:`KEPT` passes are kept. So memory does not grow with the number of tasks, and to ask
    for them in that order costs one pass for each batch.

    Args:
        tasks: the tasks; of those with one name the last counts.
        weigh: returns the weights of some tasks, by name; those that have none are left out.
    """

    def __init__(
        self, tasks: Iterable[Task], weigh: Callable[[Sequence[Task]], dict[str, Weights]]
    ) -> None:
        chosen = list({task.name: task for task in tasks}.values())
        self._batches = [chosen[i : i + BATCH] for i in range(0, len(chosen), BATCH)]
        self._numbers = {t.name: i for i, batch in enumerate(self._batches) for t in batch}
        self._weigh = weigh
        self._kept: dict[int, dict[str, Weights]] = {}

    def _pass(self, number: int) -> dict[str, Weights]:
        """Return the weights of one batch of tasks."""
        if number not in self._kept:
            while len(self._kept) >= KEPT:
                del self._kept[next(iter(self._kept))]
            self._kept[number] = self._weigh(self._batches[number])
        return self._kept[number]

    def __getitem__(self, name: str) -> Weights:
        return self._pass(self._numbers[name])[name]

    def __iter__(self) -> Iterator[str]:
        for number in range(len(self._batches)):
            yield from list(self._pass(number))

    def __len__(self) -> int:
        return sum(1 for _ in self)
