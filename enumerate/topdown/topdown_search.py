"""The top-down search: programs by description length, each judged by the likelihood.

Exact, and open to any primitive and any likelihood. Windows of description length are enumerated
over the compiled prior. Where solving means equal outputs, the native evaluator sorts out what does
not give them; the reference interpreter judges the rest, and everything where it does not.
"""

from __future__ import annotations

import math
import os
import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor, wait
from contextlib import ExitStack, contextmanager
from functools import cache

from ...dsl import Entry, Scorer
from ..automaton.automaton import TablesTooLarge
from ..automaton.compiled_grammar import CompiledGrammar, tables_of
from ..native.block import native_limits
from ..native.evaluator import Judge
from ..native.evaluator_pool import borrow, restore
from ..native.watchdog import StoppedCalls, note_in, notes
from ..strategy import Budget, Collector, SearchProblem, SearchResult
from ..time_limit import TimeIsUp, time_limit
from ..tokens import decode
from .enumerator import WINDOW, ProgramBatch, TopDown
from .work_sharing import Shared

__all__ = ["SLACK", "top_down"]

SLACK = 1.5
"""Nats of the guide's to search on after the first solution."""

DEEPEST = 150.0
"""No search goes beyond so many nats: a finite language has nothing further to offer there."""

BATCH = 1 << 15
"""How many programs are considered at most between looks at the clock."""

FEW = 1024
"""A window of no more programs than this is not shared."""

ENTRY = 700
"""Bytes that an entry of the tables takes, with what it was built from."""

LEAST_ENTRIES, ENTRIES = 10_000, 10
"""The entries that tables may have where candidates are counted: so many, and for each candidate.

Where next to nothing can be made of a language's functions, tables grow and there are no candidates
to count. Ordinary tables have one entry for several candidates.
"""

LOOK = 0.005
"""Seconds between looks at the clock, about."""


def top_down(problem: SearchProblem, budget: Budget, *, start: float = 0.0) -> SearchResult:
    """Search a task's programs window by window until the budget is spent or none can be better.

    A log likelihood is at most 0, so once the worst of ``budget.solutions`` programs found has a
    higher posterior than the cheapest program not yet seen could have, the frontier is final.

    With a guide, programs come by its description length, and what is found is scored by the prior.
    No frontier is final then: the search ends once the best program found is, by the guide's own
    posterior, :data:`SLACK` nats better than any not yet seen could be.

    Where programs are judged natively, ``budget.threads`` threads share each window, unless
    candidates are counted: what is considered then depends on nothing but the problem.

    Args:
        problem: the task.
        budget: its candidates are programs that were enumerated.
        start: programs of a description length below this many nats are passed over: they were
            considered before, see :attr:`SearchResult.depth`.
    """
    hunt = _Hunt(problem, Collector(budget))
    clock, task = hunt.clock, problem.task
    tables = (
        tables_of if problem.guide is None else CompiledGrammar
    )  # a guide is of use to one task only
    search = TopDown(tables(problem.order, task.request), batch=BATCH)
    several = is_native(problem) and budget.candidates is None
    entries = budget.memory * 1e9 / ENTRY
    if budget.candidates is not None:
        entries = min(entries, LEAST_ENTRIES + ENTRIES * budget.candidates)
    depth = start
    with _judge_of(problem) as judge, time_limit(clock.is_late):
        score = problem.scorer()
        while depth < DEEPEST and not clock.is_over():
            try:
                search.window(depth, depth + WINDOW, entries)
                hunt.consider(search, judge, score, FEW)
                if not search.is_done and not clock.is_over():
                    hunt.together(search, judge, score, budget.threads if several else 1)
            except (TablesTooLarge, TimeIsUp):
                break
            if clock.is_over():
                break
            depth += WINDOW
            if clock.worst() >= -depth if problem.guide is None else hunt.best >= SLACK - depth:
                break
    return clock.found(task, depth)


class _Hunt:
    """What the threads of a search have in common.

    Attributes:
        problem: what is asked.
        clock: what is found, and how much was considered.
        best: the best log joint found, by the prior that programs are ordered by.
    """

    def __init__(self, problem: SearchProblem, clock: Collector) -> None:
        self.problem = problem
        self.clock = clock
        self.best = -math.inf
        self._size = FEW  # of the next batch
        self._lock = threading.Lock()
        self._ready: set[int] = set()  # threads that help

    def consider(
        self, search: TopDown, judge: Judge | None, score: Scorer, most: int = BATCH
    ) -> None:
        """Go on with a search by one batch, and score what comes of it."""
        clock = self.clock
        size, began = min(self._size, most), clock.seconds
        batch = search.next_batch(judge, clock.allowed(size))
        self._choose_size(size, search.considered, clock.seconds - began)
        with self._lock:
            before, considered = clock.candidates, search.considered
            for i in range(len(batch)):
                if clock.is_over():
                    considered = int(search.order[i - 1]) if i else 0
                    break
                clock.candidates = before + int(search.order[i])
                self._score(batch, i, score)
            clock.candidates = before + considered

    def _choose_size(self, size: int, considered: int, seconds: float) -> None:
        """Let the next batches take about as long as wanted."""
        if seconds > 2 * LOOK:
            self._size = max(size // 2, 1)
        elif seconds < LOOK / 2 and considered == self._size:
            self._size = min(size * 2, BATCH)

    def _score(self, batch: ProgramBatch, number: int, score: Scorer) -> None:
        """Score one program of a batch, and keep it if it solves the task."""
        problem, clock = self.problem, self.clock
        tokens = batch.tokens[batch.starts[number] : batch.starts[number + 1]]
        program = decode(tokens, problem.grammar.library)
        log_likelihood, filled = score(program)
        if math.isfinite(log_likelihood):
            log_prior = -float(batch.costs[number])
            self.best = max(self.best, log_prior + log_likelihood)
            if problem.guide is not None:
                log_prior = problem.grammar.log_prior(program, problem.task.request)
            when = clock.seconds, clock.candidates
            clock.entries.append(Entry(filled, log_prior, log_likelihood, *when, "top-down"))

    def together(self, search: TopDown, judge: Judge | None, score: Scorer, threads: int) -> None:
        """Go on to the end of a window, or of the budget, with several threads."""
        shared = Shared(search)
        helpers = [
            _helpers(os.getpid()).submit(self._help, shared, notes()) for _ in range(threads - 1)
        ]
        try:
            self._go_on(shared, judge, score)
        finally:
            shared.stop()
            wait(helper for helper in helpers if not helper.cancel())
        for helper in helpers:
            if not helper.cancelled():
                helper.result()

    def _help(self, shared: Shared, notes_of_search: StoppedCalls) -> None:
        """Do in another thread what the search's own does, if there is memory for it."""
        note_in(notes_of_search)
        if threading.get_ident() not in self._ready:
            self._ready.add(threading.get_ident())
            restore()  # what earlier searches had to stop, and this one has not yet
        with ExitStack() as stack, time_limit(self.clock.is_late):
            try:
                judge = stack.enter_context(_judge_of(self.problem))
            except MemoryError:
                return
            self._go_on(shared, judge, self.problem.scorer())

    def _go_on(self, shared: Shared, judge: Judge | None, score: Scorer) -> None:
        shared.join()
        try:
            while (search := shared.take()) is not None:
                while not (search.is_done or shared.is_stopped or self.clock.is_over()):
                    self.consider(search, judge, score)
                    shared.share(search)
                if self.clock.is_over():
                    shared.stop()
        except BaseException:
            shared.stop()
            raise


@cache
def _helpers(process: int) -> ThreadPoolExecutor:
    """Return a process's threads that help: they keep their evaluators."""
    return ThreadPoolExecutor(os.cpu_count(), thread_name_prefix="search")


@contextmanager
def _judge_of(problem: SearchProblem) -> Iterator[Judge | None]:
    """Give the native judge where there can be one; the likelihood judges what it lets through."""
    if not is_native(problem):
        yield None
        return
    with borrow(problem.grammar.library, problem.limits) as evaluator:
        rows = problem.task.examples
        yield evaluator.judge(
            evaluator.examples([e.inputs for e in rows], [e.output for e in rows])
        )


def is_native(problem: SearchProblem) -> bool:
    """Say whether programs can be told from solutions by comparing native values."""
    return problem.likelihood.comparable and native_limits(problem.limits)
