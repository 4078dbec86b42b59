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
from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import TypeVar

import numpy as np
from numpy.typing import NDArray

from ..dsl.grammar import Grammar
from ..dsl.interpreter import Limits
from ..dsl.types import INT, Type
from ..enumerate.native.layout import ERROR
from ..enumerate.sampling import Sampler
from ..enumerate.tables import TablesTooLarge
from ..enumerate.topdown import Batch
from .dreams import Dreams
from .evaluating import Runner
from .inputs import CannotDream, Inputs
from .programs import Distinct, hash_programs, join, take

__all__ = ["Diet", "dream", "ground"]

_log = logging.getLogger(__name__)

Hashes = NDArray[np.int64]
Flags = NDArray[np.bool_]

CHUNK = 8192
"""Draws at a time."""


@dataclass(frozen=True)
class Diet:
    """What dreams are made of.

    Attributes:
        distinct: keep one program for each behaviour, the cheapest (for the MAP objective);
            otherwise programs come as they are drawn, repetitions included.
        max_tokens: longer programs are not dreamt.
        signature: inputs on which behaviours are compared. A predicate has few answers, so that
            fewer than 20 tell too little apart.
        examples: inputs of its own that each dream gets.
        least: dreams with an output on fewer of these are dropped.
        together: how many dreams share a set of inputs.
        constants: the largest share of programs whose output never changes.
        patience: draws for each dream that is wanted before dreaming ends with fewer.
    """

    distinct: bool = True
    max_tokens: int = 24
    signature: int = 20
    examples: int = 12
    least: int = 3
    together: int = 256
    constants: float = 0.05
    patience: int = 200


def dream(
    grammar: Grammar,
    requests: Iterable[Type],
    inputs: Inputs,
    count: int,
    seed: int = 0,
    *,
    limits: Limits | None = None,
    diet: Diet | None = None,
    workers: int = 1,
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
        diet: see :class:`Diet`.
        workers: threads that run programs.

    Returns:
        The dreams of each request, in the order of their first mention.

    Raises:
        CannotDream: if no inputs can be made up for one of the requests.
    """
    diet = diet or Diet()
    times = Counter(map(ground, requests))
    shares = {request: math.sqrt(number) for request, number in times.items()}
    total = sum(shares.values())
    pool = _Runners(grammar, limits or Limits(), workers)
    found = []
    for number, (request, share) in enumerate(shares.items()):
        wanted = max(1, round(count * share / total))
        rng = np.random.default_rng([seed, number])
        programs = _programs(grammar, request, inputs, wanted, rng, diet, pool)
        found.append(with_examples(programs, request, inputs, rng, diet, pool))
    return found


def ground(request: Type) -> Type:
    """Return the request with int for its type variables.

    Raises:
        CannotDream: if it takes functions.
    """
    if any(t.is_arrow for t in request.parameters):
        raise CannotDream(f"programs of type {request} take functions, which are not made up")
    return request.replace(dict.fromkeys(request.variables, INT))


T = TypeVar("T")
S = TypeVar("S")


class _Runners:
    """Runs batches in threads, each with an evaluator of its own; results come in order."""

    def __init__(self, grammar: Grammar, limits: Limits, workers: int) -> None:
        self._free = [Runner(grammar.library, limits) for _ in range(workers)]

    def map(self, work: Callable[[Runner, T], S], items: Iterable[T]) -> Iterator[S]:
        """Yield what ``work`` makes of each item, a few items ahead."""
        workers = len(self._free)
        if workers == 1:
            for item in items:
                yield work(self._free[0], item)
            return

        def run(item: T) -> S:
            runner = self._free.pop()
            try:
                return work(runner, item)
            finally:
                self._free.append(runner)

        waiting = []
        with ThreadPoolExecutor(workers) as threads:
            for item in items:
                waiting.append(threads.submit(run, item))
                if len(waiting) > 2 * workers:
                    yield waiting.pop(0).result()
            while waiting:
                yield waiting.pop(0).result()


def _programs(
    grammar: Grammar,
    request: Type,
    inputs: Inputs,
    wanted: int,
    rng: np.random.Generator,
    diet: Diet,
    pool: _Runners,
) -> Batch:
    """Draw programs worth dreaming: a few more than wanted, since some will have no examples."""
    common = inputs.draw(rng, request.parameters, diet.signature)
    enough = math.ceil(1.1 * wanted) + 10

    def evaluate(runner: Runner, batch: Batch) -> tuple[Batch, Hashes, Flags]:
        return batch, *runner.behaviours(batch, common)

    kept, constants = [], []
    behaviours = Distinct()
    number = 0
    for batch, hashes, constant in pool.map(evaluate, _draws(grammar, request, enough, rng, diet)):
        if not diet.distinct:
            hashes = np.where(hashes == 0, 0, 1 + number + np.arange(len(batch)))
        behaviours.add(hashes, batch.costs, number)
        number += len(batch)
        kept.append(batch)
        constants.append(constant)
        if len(behaviours) >= enough:
            break
    chosen = behaviours.bearers[: len(behaviours)]
    constant = np.concatenate([np.empty(0, np.bool_), *constants])[chosen]
    allowed = math.ceil(diet.constants * np.count_nonzero(~constant))
    cheapest = np.argsort(behaviours.costs[: len(chosen)][constant], kind="stable")[:allowed]
    chosen = np.sort(np.concatenate([chosen[~constant], chosen[constant][cheapest]]))
    return take(join(kept), chosen[:enough])


def _draws(
    grammar: Grammar, request: Type, enough: int, rng: np.random.Generator, diet: Diet
) -> Iterator[Batch]:
    """Yield drawn programs, no program twice if behaviours are to be distinct."""
    seed = int(rng.integers(1 << 62))
    sampler = Sampler(grammar, request, seed=seed, max_tokens=diet.max_tokens)
    known = Distinct()
    while sampler.drawn < diet.patience * enough:
        try:
            batch = sampler.draw(CHUNK)
        except TablesTooLarge as error:
            _log.warning("dreaming of %s ends early: %s", request, error)
            return
        if diet.distinct:
            before = len(known)
            known.add(hash_programs(batch.tokens, batch.starts), batch.costs, 0)
            batch = take(batch, np.sort(known.bearers[before : len(known)]))
        if len(batch):
            yield batch


def with_examples(
    programs: Batch,
    request: Type,
    inputs: Inputs,
    rng: np.random.Generator,
    diet: Diet,
    pool: _Runners,
) -> Dreams:
    """Give programs inputs of their own, in a random order; drop those that fail on most."""
    order = rng.permutation(len(programs))
    found: list[Dreams] = []
    for _ in range(2):
        groups = [order[i : i + diet.together] for i in range(0, len(order), diet.together)]
        tasks = [
            (take(programs, group), inputs.draw(rng, request.parameters, diet.examples))
            for group in groups
        ]
        parts = pool.map(lambda runner, task: runner.outputs(*task, request), tasks)
        again: list[NDArray[np.int64]] = []
        for group, part in zip(groups, parts, strict=True):
            good = np.count_nonzero(part.outputs != ERROR, axis=1) >= diet.least
            found.append(part.take(np.flatnonzero(good)))
            again.append(group[~good])
        order = np.concatenate([np.empty(0, np.int64), *again])
        if not len(order):
            break
    return Dreams.concat(found) if found else Dreams.none(request)
