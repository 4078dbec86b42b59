"""What a search is: it takes a task, a grammar and a budget, and returns the task's frontier."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from functools import cached_property

from ..dsl import (
    Frontier,
    Grammar,
    Interpreter,
    Likelihood,
    Limits,
    Ranking,
    Scorer,
    Task,
    UsesInputs,
)
from .guide_mixture import BROAD_SHARE, PRIOR_SHARE, geometric_mixture, mixture
from .native.watchdog import with_timeout

__all__ = ["Budget", "Search", "SearchProblem", "SearchResult"]


@dataclass(frozen=True)
class Budget:
    """How long one search may take.

    Attributes:
        seconds: of wall-clock time.
        candidates: programs considered; None for no bound. A search that is bounded by this alone
            (``seconds`` infinite) gives the same result each time, and uses one thread.
        memory: GB that the search may use.
        solutions: stop once so many programs are found and none that is left can be better.
        threads: how many the search may use.
    """

    seconds: float = math.inf
    candidates: int | None = None
    memory: float = 2.0
    solutions: int = 5
    threads: int = 1

    def share(self, part: float) -> Budget:
        """Return a part of this budget's seconds and candidates."""
        candidates = None if self.candidates is None else max(1, int(self.candidates * part))
        return replace(self, seconds=self.seconds * part, candidates=candidates)

    def after(self, found: SearchResult) -> Budget:
        """Return what is left of this budget after a search."""
        candidates = None
        if self.candidates is not None:
            candidates = self.candidates - found.candidates
        return replace(self, seconds=self.seconds - found.seconds, candidates=candidates)


@dataclass(frozen=True)
class SearchProblem:
    """What a search is asked: a task in a language, and what solving it means.

    Attributes:
        task: what a program is wanted for.
        grammar: the prior, by which all that is found is scored.
        likelihood: what solving means.
        limits: bounds on each evaluation.
        guide: the same library with weights for this task, which say where to look first; None
            where nobody knows better than the prior.
        ranking: which of the programs that solve the task comes first.
    """

    task: Task
    grammar: Grammar
    likelihood: Likelihood
    limits: Limits = field(default_factory=Limits)
    guide: Grammar | None = None
    ranking: Ranking = field(default_factory=UsesInputs)

    @cached_property
    def order(self) -> Grammar:
        """The grammar whose description lengths programs are to be searched by.

        It is the guide with a share of the prior in it, so that a guide that is wrong costs little.
        """
        if self.guide is None:
            return self.grammar
        return mixture(self.guide, self.grammar, PRIOR_SHARE, self.task.request)

    @cached_property
    def broad_order(self) -> Grammar:
        """The same with one row of the guide's weights for all arguments, nearer to the prior."""
        if self.guide is None:
            return self.grammar
        return geometric_mixture(self.guide, self.grammar, BROAD_SHARE, self.task.request)

    def scorer(self) -> Scorer:
        """Return the judge of programs; where one does not come back, it counts as no solution."""
        interpreter = Interpreter(self.grammar.library, self.limits)
        score = self.likelihood.scorer(self.task, self.task.examples, interpreter)
        return lambda program: with_timeout(interpreter, score, (-math.inf, program))(program)


@dataclass(frozen=True)
class SearchResult:
    """What a search has to say.

    Attributes:
        frontier: the best programs found.
        candidates: how many programs were considered.
        seconds: how long it took.
        depth: programs of a description length up to this many nats were all considered.
        stopped: primitives that had to be stopped, and why; they counted as failing after that.
    """

    frontier: Frontier
    candidates: int
    seconds: float
    depth: float = 0.0
    stopped: Mapping[str, str] = field(default_factory=dict)

    def then(self, other: SearchResult, size: int) -> SearchResult:
        """Return this and what another search found after it, as one."""
        later = [
            replace(
                entry,
                seconds=entry.seconds + self.seconds,
                candidates=entry.candidates + self.candidates,
            )
            for entry in other.frontier.entries
        ]
        entries = [*self.frontier.entries, *later]
        return SearchResult(
            Frontier.of(self.frontier.task, entries, size),
            self.candidates + other.candidates,
            self.seconds + other.seconds,
            max(self.depth, other.depth),
        )


Search = Callable[[SearchProblem, Budget], SearchResult]
