"""What a search writes to: it scores programs, keeps solutions, counts, and says when to stop.

One place for all searches, so that an entry means the same whichever found it (ours).
"""

from __future__ import annotations

import math
import time

from ..dsl import Entry, Frontier, Grammar, Scorer, Term
from .native.watchdog import notes
from .strategy import Budget, SearchProblem, SearchResult

__all__ = ["Collector"]


class Collector:
    """Scores the programs that one search proposes, keeps those that solve its task, and counts.

    Args:
        problem: what is asked.
        budget: of the search.
        search: the search's name.
        broad: whether the search follows :attr:`SearchProblem.broad_order`, not ``order``.

    Attributes:
        candidates: how many programs were considered.
        entries: the programs that solve the task.
        nearest: the best log joint of an entry by :attr:`order`; -inf if there is none.
    """

    def __init__(
        self, problem: SearchProblem, budget: Budget, search: str, *, broad: bool = False
    ) -> None:
        self.problem = problem
        self.budget = budget
        self.search = search
        self._broad = broad
        self.nearest = -math.inf
        self.candidates = 0
        self.entries: list[Entry] = []
        self._notes = notes()  # of this thread, whichever asks
        self._start = time.perf_counter() - self._notes.lost

    @property
    def order(self) -> Grammar:
        """The grammar that the search follows: the prior, or one that a guide has part in."""
        return self.problem.broad_order if self._broad else self.problem.order

    @property
    def seconds(self) -> float:
        """Seconds since the search began, without those lost to primitives that did not end."""
        return time.perf_counter() - self._notes.lost - self._start

    def is_over(self) -> bool:
        """Whether the budget is spent."""
        allowed = self.budget.candidates
        return (allowed is not None and self.candidates >= allowed) or self.is_late()

    def is_late(self, grace: float = 0.0) -> bool:
        """Whether the time is up, and has been for so many seconds."""
        return self.seconds >= self.budget.seconds + grace

    def allowed(self, programs: int) -> int:
        """Return how many of so many further programs the budget of candidates lets through."""
        if self.budget.candidates is None:
            return programs
        return min(programs, self.budget.candidates - self.candidates)

    def propose(
        self,
        program: Term,
        score: Scorer,
        *,
        log_order: float | None = None,
        candidates: int | None = None,
    ) -> None:
        """Score a program, and keep it if it solves the task.

        Args:
            program: of the task's request.
            score: what tells how well a program solves the task; each thread has its own.
            log_order: the program's log prior by the grammar that the search follows, where the
                search knows it.
            candidates: how many programs had been considered with it; all so far if None.
        """
        problem, request = self.problem, self.problem.task.request
        log_likelihood, filled = score(program)
        if not math.isfinite(log_likelihood):
            return
        if log_order is None:
            log_order = self.order.log_prior(program, request)
        log_prior = log_order
        if problem.guide is not None:
            log_prior = problem.grammar.log_prior(program, request)
        self.nearest = max(self.nearest, log_order + log_likelihood)
        when = self.seconds, self.candidates if candidates is None else candidates
        penalty = problem.ranking.penalty(filled)
        self.entries.append(Entry(filled, log_prior, log_likelihood, *when, self.search, penalty))

    def best(self) -> float:
        """Return the first entry's score; -inf if there is none."""
        return max((entry.score for entry in self.entries), default=-math.inf)

    def worst(self) -> float:
        """Return the score of the last entry of a full frontier; -inf while it is not full."""
        scores = sorted((entry.score for entry in self.entries), reverse=True)
        return (
            scores[self.budget.solutions - 1] if len(scores) >= self.budget.solutions else -math.inf
        )

    def result(self, depth: float) -> SearchResult:
        """Return what was found, after all programs to a depth in nats were considered."""
        frontier = Frontier.of(self.problem.task, self.entries, self.budget.solutions)
        return SearchResult(frontier, self.candidates, self.seconds, depth)
