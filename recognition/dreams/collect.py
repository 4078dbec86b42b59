"""Collect programs for dreams: draw them and run them until enough of them do something new.

One thread draws while others run what was drawn. What is drawn next depends on how much of what
was drawn before was new, but always on results that are a fixed number of batches old, so that it
is the same whatever the number of threads.

The proposal that is fitted again and again to what was found follows the cross-entropy method
(Rubinstein, The cross-entropy method for combinatorial and continuous optimization, Methodology and
Computing in Applied Probability 1999), with novelty in place of a score; how sources are mixed and
when drawing ends is ours.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterable, Iterator, Sequence
from enum import Enum, auto
from typing import Any, NamedTuple

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
"""Chunks from a proposal before the next is fitted: of the first proposal, and at most."""

TOGETHER = 1 << 16
"""Draws at a time, at most: the more, the less often the same is drawn."""

PARTS = 4
"""Batches of programs to run have a chunk's draws, divided by this."""

CAUTION = 0.9
"""The share of what is expected that is counted on."""

POOR_PROPOSALS = 3
"""Drawing ends after so many in a row that are below :attr:`.DreamConfig.patience`."""

SCORED = 8192
"""Programs of the bank that get their exact costs at a time, while those before are run."""

WORSE = 4
"""The grammar is drawn from too until a proposal gives more than so many times as much that is
new."""


class CollectedPrograms:
    """Programs that were run, and the cheapest of each behaviour.

    Attributes:
        varied: how many usable programs were run whose output changes with the input.

    Args:
        request: the type of all programs.
        inputs: what to compare them on.
        distinct: whether one program is kept for each behaviour; else all that are usable.
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
    collected: CollectedPrograms, sources: ProgramSources, enough: int, chunk: int, patience: int
) -> None:
    """Draw from the grammar, as programs come, until enough have outputs that vary.

    Constants do not count: most of what a uniform grammar draws is constant, and nearly all of that
    is left out in the end. For the arguments see :func:`gather`.
    """

    def chunks() -> Iterator[ProgramBatch]:
        draws = patience * enough
        while collected.varied < enough and draws > 0:
            yield sources.as_drawn(chunk)
            draws -= chunk

    for _ in collected.add(chunks()):
        pass


def gather(
    collected: CollectedPrograms,
    sources: ProgramSources,
    bank: ProgramBatch,
    enough: int,
    chunk: int,
    patience: int,
) -> None:
    """Draw from the grammar and from ever better proposals until there are enough behaviours.

    Args:
        collected: where the programs go.
        sources: what is drawn from.
        bank: programs of the bank to begin with.
        enough: how many behaviours; there will be about as many.
        chunk: draws from the grammar to begin with; a quarter as many programs are run at a time.
        patience: draws for each new behaviour; where it takes more, drawing ends.
    """
    part = max(chunk // PARTS, 1)
    first = _from_bank(sources, bank, part, chunk)
    *_, last = collected.add(first)  # the last batch is what the grammar gave
    drawing = _Drawing(collected, sources, enough, chunk, patience, last / chunk)
    for new in collected.add(drawing.batches()):
        drawing.was_run(new)


def _from_bank(
    sources: ProgramSources, bank: ProgramBatch, part: int, chunk: int
) -> Iterator[ProgramBatch]:
    """Yield the programs of the bank with their exact costs, then draws from the grammar."""
    for some in parts(bank, SCORED):
        yield from parts(sources.scored(some), part)
    yield sources.from_grammar(chunk)


class _Origin(Enum):
    """Which grammar a program was drawn from."""

    GRAMMAR = auto()
    PROPOSAL = auto()


class _Sent(NamedTuple):
    """A batch that was drawn, and whose run has not ended."""

    origin: _Origin
    draws: float  # that it took


class _Drawing:
    """Decides what to draw next from what earlier draws had that was new.

    Batches leave through :meth:`batches` and their results arrive at :meth:`was_run`, in the same
    order, a fixed number of batches later (:class:`.worker_pool.WorkerPool`). Hence every decision
    depends on the same results whatever the number of threads.

    Attributes:
        sent: the batches whose results have not arrived, the oldest first.
        rates: by origin, the new behaviours of each draw in the last batch whose result arrived.
        drawn: draws whose results arrived.
    """

    def __init__(
        self,
        collected: CollectedPrograms,
        sources: ProgramSources,
        enough: int,
        chunk: int,
        patience: int,
        rate: float,
    ) -> None:
        self.collected = collected
        self.sources = sources
        self.enough = enough
        self.chunk = chunk
        self.patience = patience
        self.sent: deque[_Sent] = deque()
        self.rates = {_Origin.GRAMMAR: rate, _Origin.PROPOSAL: 0.0}
        self.drawn = 0.0
        self._grammar_pays = True

    def batches(self) -> Iterator[ProgramBatch]:
        """Fit one proposal after another and yield what they give, until there is enough."""
        turns, poor = TURNS[0], 0
        while poor < POOR_PROPOSALS:
            self.sources.fit_proposal(self.collected.programs()[0])
            found, drawn = len(self.collected), self.drawn
            yield from self._from_one_proposal(turns * self.chunk)
            if self._is_enough:
                return
            new = len(self.collected) - found
            poor = poor + 1 if new * self.patience < self.drawn - drawn else 0
            turns = min(2 * turns, TURNS[1])

    def was_run(self, new: int) -> None:
        """Take note of how many behaviours were new in the oldest batch sent."""
        origin, draws = self.sent.popleft()
        self.drawn += draws
        self.rates[origin] = new / draws

    def _from_one_proposal(self, total: int) -> Iterator[ProgramBatch]:
        """Yield what ``total`` draws from the proposal give, the grammar's own beside them.

        The grammar is drawn from too while that pays (:data:`WORSE`); once it does not, it is not
        tried again.
        """
        for done in range(0, total, TOGETHER):
            draws = min(total - done, TOGETHER)
            yield from self._sent(self.sources.from_proposal(draws), draws, _Origin.PROPOSAL)
            own, proposed = self.rates[_Origin.GRAMMAR], self.rates[_Origin.PROPOSAL]
            self._grammar_pays = self._grammar_pays and WORSE * own >= proposed
            if self._grammar_pays and proposed:
                yield from self._sent(self.sources.from_grammar(draws), draws, _Origin.GRAMMAR)
            if self._is_enough:
                return

    def _sent(self, programs: ProgramBatch, draws: int, origin: _Origin) -> Iterator[ProgramBatch]:
        """Yield programs in batches to be run, until there is enough.

        A draw that gave nothing is sent as an empty batch: that it gave nothing counts.
        """
        part = max(self.chunk // PARTS, 1)
        for batch in parts(programs, part) if len(programs) else [programs]:
            if self._is_enough:
                return
            share = len(batch) / len(programs) if len(programs) else 1.0
            self.sent.append(_Sent(origin, draws * share))
            yield batch

    @property
    def _is_enough(self) -> bool:
        """Whether there will be enough behaviours, cautiously, when all that was sent is run."""
        more = sum(draws * self.rates[origin] for origin, draws in self.sent)
        return len(self.collected) + CAUTION * more >= self.enough
