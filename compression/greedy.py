"""Compression one abstraction after the other: find the best, rewrite, repeat."""

from __future__ import annotations

import itertools
from collections.abc import Callable
from dataclasses import dataclass, replace

from .abstractions import Abstraction, fresh_names
from .corpus import Corpus
from .costs import Costs
from .errors import CompressionError
from .rewriting import apply_abstraction
from .search import Candidate, SearchConfig, candidates

__all__ = ["Progress", "Step", "greedy", "take", "taken_names"]

Progress = Callable[[int, float], None]
"""Called with the number of libraries that were looked at and the least total cost so far."""


@dataclass(frozen=True)
class Step:
    """One abstraction and what it did.

    Attributes:
        abstraction: what was learned.
        utility: what it saved, the body charged.
        corpus: the corpus after rewriting with it.
        cost: what that corpus costs.
        uses: how often it occurs there.
        gap: 0 if the search was complete, else a bound on how much better another could have been.
    """

    abstraction: Abstraction
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
    progress: Progress | None = None,
) -> list[Step]:
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
        progress: called after each step with its number and what the corpus then costs.
    """
    setting = replace(config, count=2 * ties if ties > 1 else 1, spread=_EQUAL)
    names = fresh_names(taken_names(corpus, config.costs), prefix, number)
    level: list[tuple[Step, ...]] = [()]
    for number, name in enumerate(itertools.islice(names, iterations), 1):
        if config.stop is not None and config.stop.over.is_set():
            break
        found: list[tuple[Candidate, float, tuple[Step, ...]]] = []
        floor = 0.0
        for steps in level:
            at = steps[-1].corpus if steps else corpus
            result = candidates(at, setting, floor)
            found += [(candidate, result.gap, steps) for candidate in result.candidates]
            if result.candidates:
                floor = max(floor, result.candidates[0].utility - _EQUAL)
        if not found:
            break
        least = max(candidate.utility for candidate, _, _ in found) - _EQUAL
        following = [
            (*steps, take(steps[-1].corpus if steps else corpus, candidate, name, config, gap))
            for candidate, gap, steps in found
            if candidate.utility > least
        ]
        following.sort(key=lambda s: (s[-1].cost, s[-1].abstraction.arity))
        level = following[:ties]
        if progress is not None:
            progress(number, level[0][-1].cost)
    return list(level[0])


_EQUAL = 1e-3  # utilities closer than this are equal: costs are whole numbers


def take(
    corpus: Corpus, candidate: Candidate, name: str, config: SearchConfig, gap: float = 0.0
) -> Step:
    """Rewrite ``corpus`` with a candidate that was found in it.

    Raises:
        CompressionError: if the rewritten corpus does not cost what the search predicted.
    """
    abstraction = Abstraction(name, candidate.body, candidate.arity)
    rewritten = apply_abstraction(corpus, abstraction, config.costs)
    before, cost = corpus.cost(config.costs), rewritten.cost(config.costs)
    predicted = before - candidate.utility - config.structure_penalty * candidate.body_cost
    if abs(cost - predicted) > 1e-9 * max(1.0, before):
        raise CompressionError(
            f"rewriting with {name} = {candidate.body} costs {cost}, but {predicted} was "
            "predicted: this is a defect of the compressor; please report the corpus"
        )
    return Step(abstraction, candidate.utility, rewritten, cost, sum(rewritten.uses(name)), gap)


def taken_names(corpus: Corpus, costs: Costs) -> set[str]:
    """Return the words that a new abstraction must not be called."""
    words = set(corpus.names) | set(costs.symbols)
    for name in corpus.names:
        if name.startswith("#("):
            words.update(name.replace("(", " ").replace(")", " ").split())
    return words
