"""Harvesting: programs are drawn and run until enough of them do something new.

Drawing, on one thread, and running, on others, go on side by side. What is drawn depends on what
was found before, but always on what was found a fixed number of chunks before, so that it is the
same whatever the number of threads.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable, Iterator, Sequence
from itertools import chain
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ..dsl.types import Type
from ..enumerate.topdown import Batch
from .programs import Distinct, join, take
from .runners import Runners, Running
from .sources import Sources

__all__ = ["Harvest", "gather", "gather_plain"]

Hashes = NDArray[np.int64]
Flags = NDArray[np.bool_]

TURNS = 8, 128
"""Chunks from a scout before the next is fitted: of the first scout, and at most."""

POOR_SCOUTS = 3
"""Drawing ends after so many in a row that are below what :attr:`Diet.patience` asks for."""

WORSE = 4
"""The grammar is drawn from as long as a scout finds no more than so many times as much."""


class Harvest:
    """Programs that were run, and the cheapest of each behaviour.

    Attributes:
        varied: how many programs of use were run whose output changes with the input.

    Args:
        request: the type of all programs.
        inputs: what to compare them on.
        distinct: whether one program is kept for each behaviour; else all are that are of use.
        runners: what runs them.
    """

    def __init__(
        self, request: Type, inputs: Sequence[Any], distinct: bool, runners: Runners
    ) -> None:
        self._request = request
        self._inputs = inputs
        self._distinct = distinct
        self._runners = runners
        self._programs: list[Batch] = []
        self._constant: list[Flags] = []
        self._behaviours = Distinct()
        self._number = 0
        self.varied = 0

    def __len__(self) -> int:
        return len(self._behaviours)

    def add(self, batches: Iterable[Batch]) -> Iterator[int]:
        """Run programs; yield for each batch how many behaviours were new."""

        def run(runner: Running, batch: Batch) -> tuple[Batch, Hashes, Flags]:
            return batch, *runner.behaviours(batch, self._inputs, self._request)

        for batch, hashes, constant in self._runners.map(run, batches):
            if not self._distinct:
                each = 1 + self._number + np.arange(len(batch))
                hashes = np.where(hashes == 0, 0, each)
            self.varied += int(np.count_nonzero((hashes != 0) & ~constant))
            new = self._behaviours.add(hashes, batch.costs, self._number)
            self._number += len(batch)
            self._programs.append(batch)
            self._constant.append(constant)
            yield new

    def programs(self) -> tuple[Batch, Flags]:
        """Return the programs to keep so far, and which of them are constant."""
        chosen = self._behaviours.bearers[: len(self)]
        constant = np.concatenate([np.empty(0, np.bool_), *self._constant])[chosen]
        return take(join(self._programs), chosen), constant


def gather_plain(
    harvest: Harvest, sources: Sources, enough: int, chunk: int, patience: int
) -> None:
    """Draw from the grammar, as programs come, until enough have outputs that vary.

    Constants do not count: most of what a uniform grammar draws is constant, and nearly all of that
    is left out in the end. For the arguments see :func:`gather`.
    """

    def chunks() -> Iterator[Batch]:
        draws = patience * enough
        while harvest.varied < enough and draws > 0:
            yield sources.from_grammar(chunk, distinct=False)
            draws -= chunk

    for _ in harvest.add(chunks()):
        pass


def gather(
    harvest: Harvest,
    sources: Sources,
    first: Iterable[Batch],
    enough: int,
    chunk: int,
    patience: int,
) -> None:
    """Draw from the grammar and from ever better scouts until there are enough behaviours.

    Args:
        harvest: where they are gathered.
        sources: what is drawn from.
        first: programs to begin with.
        enough: how many behaviours; there will be somewhat more.
        chunk: draws at a time.
        patience: draws for each new behaviour; where it takes more, drawing ends.
    """
    # What the last chunk of the grammar itself and of scouts had that was new.
    own = scouted = 0
    for new in harvest.add(chain(first, [sources.from_grammar(chunk)])):
        own = new
    under_way: deque[bool] = deque()  # whether from a scout, of each chunk
    heard = 0

    def chunks() -> Iterator[Batch]:
        turns, poor, also_own = TURNS[0], 0, True
        while poor < POOR_SCOUTS:
            sources.fit_scout(harvest.programs()[0])
            before, draws = len(harvest), -heard * chunk
            for _ in range(turns):
                if len(harvest) >= enough:
                    return
                under_way.append(True)
                yield sources.from_scout(chunk)
                also_own = also_own and WORSE * own >= scouted
                if also_own and scouted:
                    under_way.append(False)
                    yield sources.from_grammar(chunk)
            draws += heard * chunk
            poor = poor + 1 if (len(harvest) - before) * patience < draws else 0
            turns = min(2 * turns, TURNS[1])

    for new in harvest.add(chunks()):
        heard += 1
        if under_way.popleft():
            scouted = new
        else:
            own = new
