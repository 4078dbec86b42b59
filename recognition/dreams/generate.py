"""Dreaming: programs drawn from a grammar, run on made-up inputs, one for each behaviour.

Raw samples of a grammar are hardly worth training on: most are trivial, and many ways to say one
thing pull in different directions. So programs are run on the same inputs first. Those that fail
on most of them or make huge values are dropped, and of those that do the same only the cheapest
stays: the target of the MAP objective (Ellis et al., DreamCoder, PLDI 2021, section 4). Only then
does each get inputs of its own, so that the guide sees many.

Constants are kept, the cheapest of them, and so is the identity: a guide that never dreamt them
finds them hard to say.
"""

from __future__ import annotations

import logging
import math
import time
from collections import Counter, defaultdict
from collections.abc import Generator, Iterable
from contextlib import closing
from itertools import chain
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ...dsl import INT, Dreamer, Frontier, Grammar, Limits, Term, Type
from ...enumerate import encode
from ...enumerate.automaton import GrammarAutomaton
from ...enumerate.native import ERROR
from ...enumerate.topdown import ProgramBatch
from ..recognition_config import DreamConfig
from .collect import CollectedPrograms, gather, gather_plain
from .dream_set import Dreams
from .native_runner import NativeRunner, runs_natively
from .program_batches import take
from .program_sources import NO_PROGRAMS, ProgramSources, telling
from .python_runner import PythonRunner
from .random_inputs import CannotDream, RandomInputs
from .worker_pool import ProgramRunner, WorkerPool

__all__ = ["DreamConfig", "dream", "ground", "replay"]

_log = logging.getLogger(__name__)

Hashes = NDArray[np.int64]

SPARE = 1.04
"""So many times as many programs are found as dreams are wanted, and some more where few are: one
in fifty fails on inputs of its own."""

CHUNK = 512, 4096
"""Draws at a time, at least and at most."""

PLAIN_CHUNK = 64, 512
"""The same, where programs are run in Python."""

CHUNKS = 16
"""Where few are wanted, draws at a time are so many times fewer."""


def dream(
    grammar: Grammar,
    requests: Iterable[Type],
    inputs: RandomInputs,
    count: int,
    seed: int = 0,
    *,
    limits: Limits | None = None,
    config: DreamConfig | None = None,
    dreamer: Dreamer | None = None,
    workers: int = 1,
    seconds: float = math.inf,
) -> list[Dreams]:
    """Dream programs of the grammar, with examples.

    Args:
        grammar: what to draw from; fitted to solved tasks, and bigram, it gives far more of use.
        requests: types of programs, such as those of all tasks. Each gets dreams in proportion to
            the square root of how often it is listed.
        inputs: where inputs come from.
        count: dreams in all; there may be fewer, where the grammar has no more to offer.
        seed: the same seed gives the same dreams.
        limits: of the domain.
        config: see :class:`DreamConfig`.
        dreamer: makes the examples, in a domain whose tasks are no tables of inputs and outputs.
        workers: threads that run programs.
        seconds: how long that may take; there are fewer dreams where it takes longer, as it may
            where programs are run in Python.

    Returns:
        The dreams of each request, in the order of their first mention. Where no inputs can be
        made up for one there are none, which is logged.

    Raises:
        CannotDream: if no inputs can be made up for any of the requests.
    """
    times = Counter(requests if dreamer else map(ground, requests))
    shares = {request: math.sqrt(number) for request, number in times.items()}
    total = sum(shares.values())
    # A new one: what the proposals of one call draw is not to depend on what was built before.
    structure = GrammarAutomaton(grammar.library, bigram=True)
    found, reasons = [], []
    end = time.monotonic() + seconds
    for number, (request, share) in enumerate(shares.items()):
        # What a request leaves of its time is for those after it.
        left = (end - time.monotonic()) / (len(shares) - number)
        wanted = max(1, round(count * share / total))
        rng = np.random.default_rng([seed, number])
        try:
            sleep = _Sleep(grammar, request, inputs, limits, config, dreamer, workers, rng)
            sleep.allow(left / 2)
            programs = sleep.programs(wanted, structure)
            sleep.allow(left / 2)
            dreams = sleep.with_examples(programs, wanted)
        except CannotDream as error:
            reasons.append(error)
            dreams = Dreams.none(request)
        found.append(dreams)
    if reasons and len(reasons) == len(found):
        raise reasons[0]
    for reason in reasons:
        _log.warning("%s", reason)
    return found


def replay(
    grammar: Grammar,
    frontiers: Iterable[Frontier],
    inputs: RandomInputs,
    count: int,
    seed: int = 0,
    *,
    limits: Limits | None = None,
    config: DreamConfig | None = None,
    workers: int = 1,
) -> list[Dreams]:
    """Run the best programs of solved tasks on made-up inputs: other tasks with these solutions.

    Args:
        grammar: whose log priors the dreams get.
        frontiers: of solved tasks.
        count: dreams in all, the solutions taken equally often.
        inputs, seed, limits, config, workers: see :func:`dream`.

    Returns:
        The dreams of each request; requests that cannot be dreamt are left out.
    """
    best: defaultdict[Type, list[Term]] = defaultdict(list)
    for frontier in frontiers:
        if frontier.best:
            best[frontier.task.request].append(frontier.best.program)
    total = sum(map(len, best.values()))
    found = []
    for number, (request, programs) in enumerate(best.items()):
        rng = np.random.default_rng([seed, number])
        tokens = [encode(program, grammar.library) for program in programs]
        costs = [-grammar.log_prior(program, request) for program in programs]
        starts = np.cumsum([0, *map(len, tokens)])
        batch = ProgramBatch(np.concatenate(tokens), starts, np.array(costs))
        times = max(1, round(count / total))
        try:
            sleep = _Sleep(grammar, ground(request), inputs, limits, config, None, workers, rng)
            repeated = take(batch, np.tile(np.arange(len(batch)), times))
            found.append(sleep.with_examples(repeated, len(repeated)))
        except CannotDream as error:
            _log.info("%s", error)
    return found


def ground(request: Type) -> Type:
    """Return the request with int for its type variables.

    Raises:
        CannotDream: if it takes functions.
    """
    if any(t.is_arrow for t in request.parameters):
        raise CannotDream(f"programs of type {request} take functions, which are not made up")
    return request.replace(dict.fromkeys(request.variables, INT))


class _Sleep:
    """Dreaming of one request."""

    def __init__(
        self,
        grammar: Grammar,
        request: Type,
        inputs: RandomInputs,
        limits: Limits | None,
        config: DreamConfig | None,
        dreamer: Dreamer | None,
        workers: int,
        rng: np.random.Generator,
    ) -> None:
        self.grammar = grammar
        self.request = request
        self.inputs = inputs
        self.limits = limits or Limits()
        self.config = config or DreamConfig()
        self.rng = rng
        self.shown = dreamer is not None
        library = grammar.library
        self.native = not self.shown and runs_natively(request, self.limits)
        runners: list[ProgramRunner] = [PythonRunner(library, self.limits, dreamer)]
        if self.native:
            runners = [NativeRunner(library, self.limits) for _ in range(workers)]
        self._end = math.inf
        self.runners = WorkerPool(runners, self.is_late)

    def allow(self, seconds: float) -> None:
        """Let what is done next take so many seconds; programs that are run later fail."""
        self._end = time.monotonic() + seconds

    def is_late(self) -> bool:
        """Whether the time that was allowed is over."""
        return time.monotonic() > self._end

    def rows(self, count: int) -> list[tuple[Any, ...]]:
        """Draw inputs, unless a dreamer has its own."""
        return [] if self.shown else self.inputs.draw(self.rng, self.request.parameters, count)

    def programs(self, wanted: int, structure: GrammarAutomaton) -> ProgramBatch:
        """Find programs worth dreaming: a few too many, since some will have no examples.

        Args:
            wanted: how many.
            structure: a bigram structure of the library; it grows.
        """
        config, rng = self.config, self.rng
        rows = self.rows(telling(self.request.result))
        collected = CollectedPrograms(
            self.request, rows, config.distinct, self.runners, self.is_late
        )
        sources = ProgramSources(
            self.grammar, self.request, structure, self.limits, config.max_tokens, rng
        )
        enough = math.ceil(SPARE * wanted + 2 * math.sqrt(wanted)) + 10
        least, most = CHUNK if self.native else PLAIN_CHUNK
        bounds = enough, max(least, min(enough // CHUNKS, most)), config.patience
        if not config.distinct:
            gather_plain(collected, sources, *bounds)
        else:
            bank = NO_PROGRAMS
            if self.native:
                candidates = min(max(4 * enough, 20_000), config.candidates)
                bank = sources.from_bank(self.inputs, candidates, self.is_late)
            gather(collected, sources, bank, *bounds)
        return _chosen(collected, enough, config, rng)

    def with_examples(self, programs: ProgramBatch, wanted: int) -> Dreams:
        """Give programs inputs of their own, in a random order; drop those that fail on most.

        Returns:
            As many dreams as are wanted; fewer where there are no more programs to go on with.
        """
        parts = self._shown(programs, wanted)
        with closing(parts):
            return Dreams.concat(chain([Dreams.none(self.request)], parts), wanted)

    def _shown(self, programs: ProgramBatch, wanted: int) -> Generator[Dreams]:
        """Yield the dreams of :meth:`with_examples` part by part."""
        config, request = self.config, self.request
        least = 1 if self.shown else config.least
        order = self.rng.permutation(len(programs))
        for _ in range(2):
            groups = [order[i : i + config.together] for i in range(0, len(order), config.together)]
            tasks = ((take(programs, group), self.rows(config.examples)) for group in groups)
            again: list[NDArray[np.int64]] = []
            with closing(
                self.runners.map(lambda runner, task: runner.outputs(*task, request), tasks)
            ) as made:
                for group, part in zip(groups, made, strict=True):
                    good = np.count_nonzero(part.outputs != ERROR, axis=1) >= least
                    chosen = np.flatnonzero(good)[:wanted]
                    wanted -= len(chosen)
                    yield part.take(chosen)
                    if not wanted or self.is_late():
                        return
                    again.append(group[~good])
            order = np.concatenate([np.empty(0, np.int64), *again])


def _chosen(
    collected: CollectedPrograms, enough: int, config: DreamConfig, rng: np.random.Generator
) -> ProgramBatch:
    """Choose among the programs: few constants, and not too many of the longest.

    What is to be as it was drawn is only cut off.
    """
    programs, constant = collected.programs()
    varied, flat = np.flatnonzero(~constant), np.flatnonzero(constant)
    allowed = math.ceil(config.constants * len(varied))
    if not config.distinct:
        chosen = np.sort(np.concatenate([varied, flat[:allowed]]))
        return take(programs, chosen[:enough])
    cheapest = np.argsort(programs.costs[flat], kind="stable")
    chosen = np.concatenate([varied, flat[cheapest[:allowed]]])
    return take(programs, chosen[tempered(programs.costs[chosen], enough, rng)])


def tempered(costs: NDArray[np.float64], count: int, rng: np.random.Generator) -> Hashes:
    """Choose ``count`` programs, as many of each nat of cost as the root of how many there are.

    There are ever more programs of ever higher cost, and those of interest are among the few.

    Returns:
        int64[at most count], their positions in ascending order.
    """
    if len(costs) <= count:
        return np.arange(len(costs))
    nats = costs.astype(np.int64)
    sizes = np.bincount(nats)
    # The least of exponential variables of rate w is that of i with a probability that goes as w.
    keys = rng.exponential(size=len(costs)) * np.sqrt(sizes[nats])
    return np.sort(np.argpartition(keys, count)[:count])
