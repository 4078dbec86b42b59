"""Compression one abstraction after the other: find the best, rewrite, repeat."""

from __future__ import annotations

import itertools
import math
from collections.abc import Callable, Iterable
from dataclasses import dataclass, replace

from ..corpus.corpus import Corpus
from ..corpus.costs import Costs
from ..corpus.pattern import NamedPattern
from ..corpus_errors import CompressionError
from ..search.abstraction_search import Candidate, SearchConfig, candidates
from .rewriting import apply_abstraction

__all__ = ["GreedyStep", "Progress", "fresh_names", "greedy", "take", "taken_names"]

Progress = Callable[[int, float], None]
"""Called with the number of libraries that were looked at and the least total cost so far."""


@dataclass(frozen=True)
class GreedyStep:
    """One abstraction and what it did.

    Attributes:
        abstraction: what was learned.
        utility: what it saved, the body charged.
        corpus: the corpus after rewriting with it.
        cost: what that corpus costs.
        uses: how often it occurs there.
        gap: 0 if the search was complete, else a bound on how much better another could have been.
    """

    abstraction: NamedPattern
    utility: float
    corpus: Corpus
    cost: float
    uses: int
    gap: float


def greedy(
    corpus: Corpus,
    config: SearchConfig,
    iterations: int,
    prefix: str = "fn_",
    number: int = 0,
    ties: int = 4,
    look_ahead: int = 1,
    progress: Progress | None = None,
) -> list[GreedyStep]:
    """Return up to ``iterations`` steps, each the best one there is; stop when none saves.

    Steps of equal utility can lead to corpora that compress differently later. So up to ``ties``
    sequences are carried along for as long as their utilities are equal, step by step; those that
    fall behind are dropped. It costs little: the search after one sequence gives the others a
    cutoff. Of sequences equal to the end the one with the cheapest corpus is returned, then the one
    with the fewest arguments.

    Args:
        corpus: the programs.
        config: how to search; ``count`` and ``spread`` are not used.
        iterations: how many abstractions to learn at most.
        prefix, number: names are ``prefix`` and a number, from ``number``; none that is in use.
        ties: how many sequences to carry along; 1 takes the first best.
        look_ahead: above 1, go through sequences once more that may take a lesser step after the
            first one, so many side by side; what leads to the cheaper corpus is returned.
        progress: called after each step with its number and what the corpus then costs.
    """
    best = _sequence(corpus, config, iterations, prefix, number, ties, 1, progress)
    if look_ahead > 1:
        other = _sequence(corpus, config, iterations, prefix, number, ties, look_ahead, progress)
        if other and other[-1].cost < best[-1].cost:
            return other
    return best


def _sequence(
    corpus: Corpus,
    config: SearchConfig,
    iterations: int,
    prefix: str,
    number: int,
    ties: int,
    width: int,
    progress: Progress | None,
) -> list[GreedyStep]:
    """Return a sequence of steps, kept among ``ties`` equal ones, or ``width`` if that is above 1.

    The first step is the best there is whatever the width.
    """
    names = fresh_names(taken_names(corpus, config.costs), prefix, number)
    level: list[tuple[GreedyStep, ...]] = [()]
    equal = _EQUAL * max(corpus.cost(config.costs), 1e-3)
    for count, name in enumerate(itertools.islice(names, iterations), 1):
        if config.stop is not None and config.stop.over.is_set():
            break
        exact = width == 1 or count == 1
        spread = equal if exact else math.inf
        setting = replace(config, count=2 * ties if ties > 1 else 1, spread=spread)
        found: list[tuple[Candidate, float, tuple[GreedyStep, ...]]] = []
        floor = 0.0
        for steps in level:
            at = steps[-1].corpus if steps else corpus
            result = candidates(at, setting, floor)
            found += [(candidate, result.gap, steps) for candidate in result.candidates]
            if result.candidates and exact:
                floor = max(floor, result.candidates[0].utility - equal)
        if not found:
            break
        if exact:
            least = max(candidate.utility for candidate, _, _ in found) - equal
            found = [f for f in found if f[0].utility > least]
        else:
            found = _cheapest(found, width)
        following = [
            (*steps, take(steps[-1].corpus if steps else corpus, candidate, name, config, gap))
            for candidate, gap, steps in found
        ]
        following.sort(key=lambda s: (s[-1].cost, s[-1].abstraction.arity))
        level = following[: max(ties, width)]
        if progress is not None:
            progress(count, level[0][-1].cost)
    return list(level[0])


def _cheapest(
    found: list[tuple[Candidate, float, tuple[GreedyStep, ...]]], width: int
) -> list[tuple[Candidate, float, tuple[GreedyStep, ...]]]:
    """Return the ``width`` extensions that lead to the cheapest corpora, of equal ones the first.

    Different orders and different texts of the same steps cost the same.
    """
    by_cost: dict[float, tuple[Candidate, float, tuple[GreedyStep, ...]]] = {}
    for candidate, gap, steps in found:
        cost = steps[-1].cost - candidate.utility - candidate.body_cost
        by_cost.setdefault(float(f"{cost:.9g}"), (candidate, gap, steps))
    return [by_cost[cost] for cost in sorted(by_cost)[:width]]


_EQUAL = 1e-9  # utilities closer than this part of the corpus's cost are equal


def take(
    corpus: Corpus, candidate: Candidate, name: str, config: SearchConfig, gap: float = 0.0
) -> GreedyStep:
    """Rewrite ``corpus`` with a candidate that was found in it.

    Raises:
        CompressionError: if the rewritten corpus does not cost what the search predicted.
    """
    abstraction = NamedPattern(name, candidate.pattern)
    rewritten = apply_abstraction(corpus, abstraction, config.costs)
    before, cost = corpus.cost(config.costs), rewritten.cost(config.costs)
    predicted = before - candidate.utility - config.structure_penalty * candidate.body_cost
    if abs(cost - predicted) > 1e-9 * max(1.0, before):
        raise CompressionError(
            f"rewriting with {name} = {candidate.body} costs {cost}, but {predicted} was "
            "predicted: this is a defect of the compressor; please report the corpus"
        )
    return GreedyStep(
        abstraction, candidate.utility, rewritten, cost, sum(rewritten.uses(name)), gap
    )


def fresh_names(taken: Iterable[str], prefix: str, number: int = 0) -> Iterable[str]:
    """Yield ``prefix0``, ``prefix1``, ... from ``number``, without those that are taken."""
    used = set(taken)
    while True:
        if f"{prefix}{number}" not in used:
            yield f"{prefix}{number}"
        number += 1


def taken_names(corpus: Corpus, costs: Costs) -> set[str]:
    """Return the words that a new abstraction must not be called."""
    words = set(corpus.names) | set(costs.symbols)
    for name in corpus.names:
        if name.startswith("#("):
            words.update(name.replace("(", " ").replace(")", " ").split())
    return words
