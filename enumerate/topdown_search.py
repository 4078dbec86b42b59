"""The top-down search: programs by description length, each judged by the likelihood.

Exact, and open to any primitive and any likelihood. Windows of description length are enumerated
over the compiled prior. Where solving means equal outputs, the native evaluator sorts out what does
not give them; the reference interpreter judges the rest, and everything where it does not.
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from contextlib import contextmanager

from ..dsl.frontier import Entry
from ..dsl.likelihood import Scorer
from .encoding import decode
from .native.evaluator import Judge
from .native.heap import native_limits
from .native.kept import lent
from .search import Budget, Clock, Found, Problem
from .states import TablesTooLarge
from .tables import Tables
from .topdown import WINDOW, Batch, Int64, TopDown

__all__ = ["SLACK", "top_down"]

SLACK = 1.5
"""Nats of the guide's to search on after the first solution."""

DEEPEST = 150.0
"""No search goes beyond so many nats: a finite language has nothing further to offer there."""

BATCH = 4096
"""How many programs are considered between looks at the clock."""


def top_down(problem: Problem, budget: Budget) -> Found:
    """Search a task's programs window by window until the budget is spent or none can be better.

    A log likelihood is at most 0, so once the worst of ``budget.solutions`` programs found has a
    higher posterior than the cheapest program not yet seen could have, the frontier is final.

    With a guide, programs come by its description length, and what is found is scored by the prior.
    No frontier is final then: the search ends once the best program found is, by the guide's own
    posterior, :data:`SLACK` nats better than any not yet seen could be.
    """
    clock = Clock(budget)
    task = problem.task
    score = problem.scorer()
    search = TopDown(Tables(problem.order, task.request))
    depth, best = 0.0, -math.inf
    with _judge_of(problem) as judge:
        while depth < DEEPEST and not clock.is_over():
            try:
                search.window(depth, depth + WINDOW)
            except TablesTooLarge:
                break
            while not search.is_done:
                before = clock.candidates
                batch = search.next_batch(judge, clock.allowed(BATCH))
                best = max(best, _score(batch, search.order, problem, score, clock))
                if not clock.is_over():
                    clock.candidates = before + search.considered
                if clock.is_over():
                    return clock.found(task, depth)
            depth += WINDOW
            if clock.worst() >= -depth if problem.guide is None else best >= SLACK - depth:
                break
    return clock.found(task, depth)


def _score(batch: Batch, order: Int64, problem: Problem, score: Scorer, clock: Clock) -> float:
    """Score the programs of a batch until the budget is spent.

    Returns:
        The best log joint, by the prior that gives the batch its order; -inf if nothing fits.
    """
    grammar, request = problem.grammar, problem.task.request
    before, best = clock.candidates, -math.inf
    for i in range(len(batch)):
        clock.candidates = before + int(order[i])
        program = decode(batch.tokens[batch.starts[i] : batch.starts[i + 1]], grammar.library)
        log_likelihood, filled = score(program)
        if math.isfinite(log_likelihood):
            log_prior = -float(batch.costs[i])
            best = max(best, log_prior + log_likelihood)
            if problem.guide is not None:
                log_prior = grammar.log_prior(program, request)
            when = clock.seconds, clock.candidates
            clock.entries.append(Entry(filled, log_prior, log_likelihood, *when, "top-down"))
        if clock.is_over():
            return best
    return best


@contextmanager
def _judge_of(problem: Problem) -> Iterator[Judge | None]:
    """Give the native judge where there can be one; the likelihood judges what it lets through."""
    if not is_native(problem):
        yield None
        return
    with lent(problem.grammar.library, problem.limits) as evaluator:
        rows = problem.task.examples
        yield evaluator.judge(
            evaluator.examples([e.inputs for e in rows], [e.output for e in rows])
        )


def is_native(problem: Problem) -> bool:
    """Say whether programs can be told from solutions by comparing native values."""
    return problem.likelihood.comparable and native_limits(problem.limits)
