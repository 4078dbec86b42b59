"""Compression one abstraction after the other: find the best, rewrite, repeat."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from .abstractions import Abstraction, fresh_names
from .corpus import Corpus
from .costs import Costs
from .errors import CompressionError
from .rewriting import apply_abstraction
from .search import Candidate, SearchConfig, candidates

__all__ = ["Step", "greedy", "take", "taken_names"]


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
    corpus: Corpus, config: SearchConfig, iterations: int, prefix: str = "fn_", number: int = 0
) -> Iterator[Step]:
    """Yield up to ``iterations`` steps, each the best one there is; stop when none saves.

    Names are ``prefix`` and a number, from ``number``; those in use are skipped.
    """
    names = fresh_names(taken_names(corpus, config.costs), prefix, number)
    for name, _ in zip(names, range(iterations), strict=False):
        found = candidates(corpus, config)
        if not found.candidates:
            return
        step = take(corpus, found.candidates[0], name, config, found.gap)
        corpus = step.corpus
        yield step


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
