"""Harvesting: programs are drawn and run until enough of them do something new.

Drawing, on one thread, and running, on others, go on side by side. What is drawn depends on what
was found before, but always on what was found a fixed number of chunks before, so that it is the
same whatever the number of threads.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ...dsl import Type
from ...enumerate.topdown import ProgramBatch
from .program_batches import DistinctBehaviours, join, parts, take
from .program_sources import ProgramSources
from .worker_pool import ProgramRunner, WorkerPool

__all__ = ["CollectedPrograms", "gather", "gather_plain"]

Hashes = NDArray[np.int64]
Flags = NDArray[np.bool_]

TURNS = 8, 128
"""Chunks from a scout before the next is fitted: of the first scout, and at most."""

TOGETHER = 1 << 16
"""Draws at a time, at most: the more, the less often the same is drawn."""

PARTS = 4
"""So many times fewer programs than a chunk has draws are run at a time."""

CAUTION = 0.9
"""The share of what is expected that is counted on."""

POOR_SCOUTS = 3
"""Drawing ends after so many in a row that are below :attr:`.DreamConfig.patience`."""

SCORED = 8192
"""Programs of the bank that get their exact costs at a time, while those before are run."""

WORSE = 4
"""The grammar is drawn from as long as a scout finds no more than so many times as much."""


class CollectedPrograms:
    """Programs that were run, and the cheapest of each behaviour.

    Attributes:
        varied: how many programs of use were run whose output changes with the input.

    Args:
        request: the type of all programs.
        inputs: what to compare them on.
        distinct: whether one program is kept for each behaviour; else all are that are of use.
        runners: what runs them.
        is_late: says when no more are to be run.
    """

    def __init__(
        self,
        request: Type,
        inputs: Sequence[Any],
        distinct: bool,
        runners: WorkerPool,
        is_late: Callable[[], bool] = lambda: False,
    ) -> None:
        self._request = request
        self._inputs = inputs
        self._distinct = distinct
        self._runners = runners
        self._is_late = is_late
        self._programs: list[ProgramBatch] = []
        self._constant: list[Flags] = []
        self._behaviours = DistinctBehaviours()
        self._number = 0
        self.varied = 0

    def __len__(self) -> int:
        return len(self._behaviours)

    def add(self, batches: Iterable[ProgramBatch]) -> Iterator[int]:
        """Run programs; yield for each batch how many behaviours were new."""

        def run(runner: ProgramRunner, batch: ProgramBatch) -> tuple[ProgramBatch, Hashes, Flags]:
            return batch, *runner.behaviours(batch, self._inputs, self._request)

        def in_time() -> Iterator[ProgramBatch]:
            begun = bool(self._programs)
            for batch in batches:
                if begun and self._is_late():
                    return
                begun = True
                yield batch

        for batch, hashes, constant in self._runners.map(run, in_time()):
            if not self._distinct:
                each = 1 + self._number + np.arange(len(batch))
                hashes = np.where(hashes == 0, 0, each)
            self.varied += int(np.count_nonzero((hashes != 0) & ~constant))
            new = self._behaviours.add(hashes, batch.costs, self._number)
            self._number += len(batch)
            self._programs.append(batch)
            self._constant.append(constant)
            yield new

    def programs(self) -> tuple[ProgramBatch, Flags]:
        """Return the programs to keep so far, and which of them are constant."""
        chosen = self._behaviours.bearers[: len(self)]
        constant = np.concatenate([np.empty(0, np.bool_), *self._constant])[chosen]
        return take(join(self._programs), chosen), constant


def gather_plain(
    harvest: CollectedPrograms, sources: ProgramSources, enough: int, chunk: int, patience: int
) -> None:
    """Draw from the grammar, as programs come, until enough have outputs that vary.

    Constants do not count: most of what a uniform grammar draws is constant, and nearly all of that
    is left out in the end. For the arguments see :func:`gather`.
    """

    def chunks() -> Iterator[ProgramBatch]:
        draws = patience * enough
        while harvest.varied < enough and draws > 0:
            yield sources.as_drawn(chunk)
            draws -= chunk

    for _ in harvest.add(chunks()):
        pass


def gather(
    harvest: CollectedPrograms,
    sources: ProgramSources,
    first: ProgramBatch,
    enough: int,
    chunk: int,
    patience: int,
) -> None:
    """Draw from the grammar and from ever better scouts until there are enough behaviours.

    Args:
        harvest: where they are gathered.
        sources: what is drawn from.
        first: programs of the bank to begin with.
        enough: how many behaviours; there will be about as many.
        chunk: draws from the grammar to begin with; a quarter as many programs are run at a time.
        patience: draws for each new behaviour; where it takes more, drawing ends.
    """
    part = max(chunk // PARTS, 1)
    # What the last programs of the grammar itself and of scouts had that was new, by the draw.
    own = scouted = 0.0

    def start() -> Iterator[ProgramBatch]:
        for some in parts(first, SCORED):
            yield from parts(sources.scored(some), part)
        yield sources.from_grammar(chunk)

    for new in harvest.add(start()):
        own = new / chunk
    under_way: deque[tuple[bool, float]] = deque()  # whether from a scout, and the draws it took
    heard = 0.0  # draws of which it is known what they had

    def expected() -> float:
        """Return how many behaviours there will be, cautiously, when all is run that is drawn."""
        more = sum(draws * (scouted if scout else own) for scout, draws in under_way)
        return len(harvest) + CAUTION * more

    def run(drawn: ProgramBatch, draws: int, scout: bool) -> Iterator[ProgramBatch]:
        for some in parts(drawn, part) if len(drawn) else [drawn]:
            if expected() >= enough:
                return
            under_way.append((scout, draws * (len(some) / len(drawn) if len(drawn) else 1.0)))
            yield some

    def chunks() -> Iterator[ProgramBatch]:
        turns, poor, also_own = TURNS[0], 0, True
        while poor < POOR_SCOUTS:
            sources.fit_scout(harvest.programs()[0])
            before, told = len(harvest), heard
            for done in range(0, turns * chunk, TOGETHER):
                draws = min(turns * chunk - done, TOGETHER)
                yield from run(sources.from_scout(draws), draws, True)
                also_own = also_own and WORSE * own >= scouted
                if also_own and scouted:
                    yield from run(sources.from_grammar(draws), draws, False)
                if expected() >= enough:
                    return
            poor = poor + 1 if (len(harvest) - before) * patience < heard - told else 0
            turns = min(2 * turns, TURNS[1])

    for new in harvest.add(chunks()):
        scout, draws = under_way.popleft()
        heard += draws
        if scout:
            scouted = new / draws
        else:
            own = new / draws
