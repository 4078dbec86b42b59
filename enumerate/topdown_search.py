"""The top-down search: programs by description length, each judged by the likelihood.

Exact, and open to any primitive and any likelihood: windows of description length are enumerated
over the compiled prior, and the reference interpreter runs what comes out.
"""

from __future__ import annotations

import math
from collections.abc import Iterator

from ..dsl.frontier import Entry
from ..dsl.interpreter import Interpreter
from ..dsl.likelihood import Scorer
from .encoding import decode
from .search import Budget, Clock, Found, Problem
from .states import TablesTooLarge
from .tables import Tables
from .topdown import WINDOW, Batch, TopDown

__all__ = ["top_down"]

DEEPEST = 150.0
"""No search goes beyond so many nats: a finite language has nothing further to offer there."""


def top_down(problem: Problem, budget: Budget) -> Found:
    """Search a task's programs window by window until the budget is spent or none can be better.

    A log likelihood is at most 0, so once the worst of ``budget.solutions`` programs found has a
    higher posterior than the cheapest program not yet seen could have, the frontier is final.
    """
    clock = Clock(budget)
    task, library = problem.task, problem.grammar.library
    score = problem.likelihood.scorer(task, task.examples, Interpreter(library, problem.limits))
    search = TopDown(Tables(problem.grammar, task.request))
    depth = 0.0
    while depth < DEEPEST and not clock.is_over():
        try:
            search.window(depth, depth + WINDOW)
        except TablesTooLarge:
            break
        for batch in _batches(search):
            if not _judge(batch, problem, score, clock):
                return clock.found(task, depth)
        depth += WINDOW
        if clock.worst() >= -depth:
            break
    return clock.found(task, depth)


def _batches(search: TopDown) -> Iterator[Batch]:
    while len(batch := search.next_batch()):
        yield batch


def _judge(batch: Batch, problem: Problem, score: Scorer, clock: Clock) -> bool:
    """Score the programs of a batch; return False once the budget is spent."""
    library = problem.grammar.library
    for i in range(len(batch)):
        if clock.is_over():
            return False
        clock.candidates += 1
        program = decode(batch.tokens[batch.starts[i] : batch.starts[i + 1]], library)
        log_likelihood, filled = score(program)
        if math.isfinite(log_likelihood):
            log_prior = -float(batch.costs[i])
            clock.entries.append(
                Entry(
                    filled, log_prior, log_likelihood, clock.seconds, clock.candidates, "top-down"
                )
            )
    return True
