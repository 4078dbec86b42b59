"""What an executor is, and the simplest: one task after another, in this process."""

from __future__ import annotations

import logging
from collections.abc import Generator, Mapping, Sequence
from dataclasses import replace
from typing import Protocol

from ..dsl import Domain, Frontier, Grammar, Task, Weights
from ..enumerate import Budget, SearchProblem, SearchResult, find_search, make_ready
from ..enumerate.native import forget_all, patience_for, restore, stopped_primitives
from .memory_limit import limited_memory

__all__ = ["NO_MEMORY", "Executor", "Results", "Serial", "given_up", "search_task", "tell_stopped"]

logger = logging.getLogger(__name__)

NO_MEMORY = "its search needed more memory than it may have"

Results = Generator[tuple[Task, SearchResult], None, None]
"""Tasks with what their search found, as soon as it is known, in any order."""


class Executor(Protocol):
    """Searches tasks, and yields what comes of each as soon as it is known."""

    def search(
        self,
        grammar: Grammar,
        tasks: Sequence[Task],
        budget: Budget,
        search: str,
        guides: Mapping[str, Weights] | None = None,
    ) -> Results:
        """Search each task under ``grammar``; to close the generator ends what is not done.

        Args:
            grammar: the prior.
            tasks: what to solve.
            budget: of each task.
            search: the name of a search.
            guides: other weights of the grammar's library to search by, for the tasks that have
                some, by name of task.
        """

    def prepare(self, grammar: Grammar) -> None:
        """Compile what searches need, before time counts; no code of the domain runs.

        What is compiled is kept on disk: the first time ever takes a while, later ones a moment.
        """

    def close(self) -> None:
        """Let go of all workers."""


class Serial:
    """Searches one task after another, in this process.

    Args:
        domain: what the tasks are of.
        memory: GB that one search may use; this process may grow by twice that meanwhile.
    """

    def __init__(self, domain: Domain, *, memory: float = 2.0) -> None:
        self.domain = domain
        self.memory = memory

    def prepare(self, grammar: Grammar) -> None:
        make_ready(grammar.library, self.domain.likelihood, self.domain.limits)

    def search(
        self,
        grammar: Grammar,
        tasks: Sequence[Task],
        budget: Budget,
        search: str,
        guides: Mapping[str, Weights] | None = None,
    ) -> Results:
        for task in tasks:
            weights = (guides or {}).get(task.name)
            try:
                with limited_memory(self.memory):
                    found = search_task(self.domain, grammar, task, budget, search, weights)
            except MemoryError:
                forget_all()
                found = given_up(task, NO_MEMORY)
            tell_stopped(task, found)
            yield task, found

    def close(self) -> None: ...


def search_task(
    domain: Domain,
    grammar: Grammar,
    task: Task,
    budget: Budget,
    search: str,
    weights: Weights | None,
) -> SearchResult:
    """Search one task, in this process."""
    guide = None if weights is None else Grammar(grammar.library, weights)
    problem = SearchProblem(
        task, grammar, domain.likelihood, domain.limits, guide, domain.known_ranking
    )
    restore()
    with patience_for(budget.seconds):
        found = find_search(search)(problem, budget)
    return replace(found, stopped=stopped_primitives())


def tell_stopped(task: Task, found: SearchResult) -> None:
    """Log which primitives a search had to stop."""
    for name, why in found.stopped.items():
        logger.warning(
            "task %r: primitive %s %s; it was stopped, and counted as failing for the rest of this "
            "search",
            task.name,
            name,
            why,
        )


def given_up(task: Task, reason: str, seconds: float = 0.0) -> SearchResult:
    """Log that a task's search came to nothing, and return that."""
    logger.warning("task %r is given up for now: %s", task.name, reason)
    return SearchResult(Frontier(task), 0, seconds)
