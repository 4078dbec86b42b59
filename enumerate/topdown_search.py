"""The top-down search: programs by description length, each judged by the likelihood.

Exact, and open to any primitive and any likelihood. Windows of description length are enumerated
over the compiled prior. Where solving means equal outputs, the native evaluator sorts out what does
not give them; the reference interpreter judges the rest, and everything where it does not.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager

from ..dsl.frontier import Entry
from ..dsl.likelihood import Scorer
from .encoding import decode
from .native.heap import native_limits
from .native.kept import lent
from .search import Budget, Clock, Found, Problem
from .states import TablesTooLarge
from .tables import Tables
from .topdown import WINDOW, Batch, TopDown

__all__ = ["SLACK", "top_down"]

SLACK = 1.5
"""Nats of the guide's to search on after the first solution."""

DEEPEST = 150.0
"""No search goes beyond so many nats: a finite language has nothing further to offer there."""

Filter = Callable[[Batch], Iterable[int]]
"""Gives the positions of the programs of a batch that are worth judging."""


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
    with _filter(problem) as worth:
        while depth < DEEPEST and not clock.is_over():
            try:
                search.window(depth, depth + WINDOW)
            except TablesTooLarge:
                break
            for batch in _batches(search):
                batch = batch.first(clock.allowed(len(batch)))
                best = max(best, _judge(batch, problem, worth, score, clock))
                if clock.is_over():
                    return clock.found(task, depth)
            depth += WINDOW
            if clock.worst() >= -depth if problem.guide is None else best >= SLACK - depth:
                break
    return clock.found(task, depth)


def _batches(search: TopDown) -> Iterator[Batch]:
    while len(batch := search.next_batch()):
        yield batch


def _judge(batch: Batch, problem: Problem, worth: Filter, score: Scorer, clock: Clock) -> float:
    """Score the programs of a batch that are worth it, until the budget is spent.

    Returns:
        The best log joint, by the prior that gives the batch its order; -inf if nothing fits.
    """
    grammar, request = problem.grammar, problem.task.request
    before, best = clock.candidates, -math.inf
    for i in worth(batch):
        clock.candidates = before + i + 1
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
    clock.candidates = before + len(batch)
    return best


def _everything(batch: Batch) -> Iterable[int]:
    return range(len(batch))


@contextmanager
def _filter(problem: Problem) -> Iterator[Filter]:
    """Give the native filter where there can be one, else one that lets everything through."""
    if not is_native(problem):
        yield _everything
        return
    with lent(problem.grammar.library, problem.limits) as evaluator:
        rows = problem.task.examples
        examples = evaluator.examples([e.inputs for e in rows], [e.output for e in rows])
        yield lambda batch: map(int, evaluator.run(batch.tokens, batch.starts, examples))


def is_native(problem: Problem) -> bool:
    """Say whether programs can be told from solutions by comparing native values."""
    return problem.likelihood.comparable and native_limits(problem.limits)
