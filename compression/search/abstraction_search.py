"""The search for one abstraction, as Python sees it."""

from __future__ import annotations

import math
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray

from reverie.dsl import Options

from ..corpus.corpus import Corpus
from ..corpus.costs import Costs
from ..corpus.pattern import Pattern
from ..corpus_errors import CompressionError
from .deadline import Deadline
from .patterns import PatternTables
from .search_kernels import search
from .search_tables import make_problem
from .token_patterns import TokenReader
from .top_k import TopPatterns

__all__ = ["Candidate", "SearchConfig", "SearchResult", "Searcher", "candidates"]

UNLIMITED = 2**62
SMALL = 2000  # nodes of a corpus that is searched faster by one thread


@dataclass(frozen=True)
class SearchConfig(Options):
    """How to search for one abstraction.

    Attributes:
        max_arity: the largest number of arguments.
        max_lift: how many of the body's own variables an argument may be a function of: with 1,
            ``(lam (f (g $0)))`` and ``(lam (f (h $0 1)))`` share ``(lam (f (#0 $0)))``.
        costs: what terms cost.
        structure_penalty: how much the body of an abstraction counts against it.
        allow_single_task: whether it may be useful in one task only.
        eta_long: for programs in eta-long form: no abstraction begins with a lambda, stands for a
            function with arguments missing, or has an argument in the place of an applied function.
        count: how many candidates to return.
        spread: return only those whose utility is less than this below the best.
        budget: stop after this many patterns, with the best so far; None for no limit.
        threads: how many threads search; the result is the same, but for which of equals is first.
        stop: what can end the search early, with the best so far.
    """

    refusal = CompressionError

    max_arity: int = 2
    max_lift: int = 0
    costs: Costs = field(default_factory=Costs)
    structure_penalty: float = 1.0
    allow_single_task: bool = False
    eta_long: bool = False
    count: int = 1
    spread: float = math.inf
    budget: int | None = None
    threads: int = 1
    stop: Deadline | None = None

    def __post_init__(self) -> None:
        self.check_whole(0, "max_arity", "max_lift")
        self.check_whole(1, "count", "threads")
        self.check_number(0, "structure_penalty")
        if self.budget is not None and self.budget < 0:
            raise CompressionError(f"budget must be None or a number from 0; got {self.budget!r}")


@dataclass(frozen=True)
class Candidate:
    """An abstraction that the search found.

    Attributes:
        pattern: its body.
        utility: what it saves: the corpus before minus after, minus the penalised body.
        body_cost: the cost of the body, its arguments not counted.
    """

    pattern: Pattern
    utility: float
    body_cost: int

    @property
    def body(self) -> str:
        """The body's text, with ``#0``, ``#1``, ... for the arguments."""
        return self.pattern.text

    @property
    def arity(self) -> int:
        """The number of arguments."""
        return self.pattern.arity


@dataclass(frozen=True)
class SearchResult:
    """The candidates, best first.

    Attributes:
        candidates: those with a positive utility.
        steps: how many patterns were looked at.
        gap: 0 if the search was complete; otherwise no abstraction is better than the best
            candidate by more than this.
    """

    candidates: list[Candidate]
    steps: int
    gap: float


def candidates(corpus: Corpus, config: SearchConfig, floor: float = 0.0) -> SearchResult:
    """Return the abstractions that compress ``corpus`` most, those with a utility above ``floor``.

    Those are excluded with an argument that is the same closed term wherever they match, or with
    two arguments that are always equal (argument capture and redundant arguments in Stitch).
    """
    return Searcher(corpus, config).candidates(config, floor)


class Searcher:
    """The search in one corpus, ready to be run at several settings.

    Args:
        corpus: the programs.
        config: what all settings have in common: the costs, and whether programs are eta-long.
    """

    def __init__(self, corpus: Corpus, config: SearchConfig) -> None:
        self._corpus = corpus
        self._common = config
        self._problem, self._memo = self._made(2 * int(corpus.nodes.size[0]) + 64)
        self._reader = TokenReader(corpus, config.costs)

    def _made(self, room: int) -> tuple[PatternTables, Any]:
        common = self._common
        return make_problem(self._corpus, common.costs, room, eta_long=common.eta_long)

    def candidates(self, config: SearchConfig, floor: float = 0.0) -> SearchResult:
        """Return what :func:`candidates` does, at this setting."""
        costs = config.costs
        if (costs, config.eta_long) != (self._common.costs, self._common.eta_long):
            raise ValueError("the costs and the form of programs are the same at all settings")
        prices = np.array([costs.symbol, costs.apply, costs.lam, costs.variable], np.int64)
        while True:
            found = self._found(config, prices, floor)
            if all(part.steps >= 0 for part in found):
                break
            room = 4 * len(self._problem.origin)
            self._problem, self._memo = self._made(room)
        tokens = [
            (float(utility), part.tokens[start : start + length])
            for part in found
            for utility, start, length in zip(part.utility, part.start, part.length, strict=True)
        ]
        tokens.sort(key=lambda pair: -pair[0])
        read = self._reader.patterns([pattern for _, pattern in tokens], self._problem)
        listed: dict[Pattern, Candidate] = {}
        for (pattern, cost), (utility, _) in zip(read, tokens, strict=True):
            listed.setdefault(pattern, Candidate(pattern, utility, cost))
        best = tokens[0][0] if tokens else 0.0
        kept = [c for c in listed.values() if c.utility > best - config.spread][: config.count]
        bound = max(float(part.bound) for part in found)
        if bound > best:
            bound = min(bound, self._corpus.cost(costs))  # nothing saves more than there is
        return SearchResult(kept, sum(int(p.steps) for p in found), max(0.0, bound - best))

    def _found(
        self, config: SearchConfig, prices: NDArray[np.int64], floor: float
    ) -> list[TopPatterns]:
        """Search with one thread, or with several where the corpus is large enough to gain."""
        shared = np.array([-math.inf])
        stop = np.zeros(1) if config.stop is None else config.stop.flag

        def part(number: int, parts: int) -> TopPatterns:
            found: TopPatterns = search(
                self._problem,
                min(config.max_arity, 63),
                config.max_lift,
                prices,
                float(config.structure_penalty),
                bool(config.allow_single_task),
                bool(config.eta_long),
                config.count,
                float(floor),
                float(config.spread),
                UNLIMITED if config.budget is None else config.budget // parts,
                self._memo,
                shared,
                stop,
                number,
                parts,
            )
            return found

        # Lifted arguments add to the table of nodes, which one thread can do at a time.
        small = len(self._problem.head) < SMALL or config.max_lift > 0
        parts = 1 if small else config.threads
        if parts == 1:
            return [part(0, 1)]
        with ThreadPoolExecutor(parts) as pool:
            return list(pool.map(part, range(parts), [parts] * parts))
