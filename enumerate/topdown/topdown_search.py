"""The top-down search: programs by description length, each scored by the likelihood.

Exact, and open to any primitive and any likelihood. Windows of description length are enumerated
over the compiled prior. Where solving means equal outputs, the native evaluator rejects what does
not give them; the reference interpreter checks what is left, or everything where that evaluator
cannot be used.
"""

from __future__ import annotations

import os
import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor, wait
from contextlib import ExitStack, contextmanager
from functools import cache

from ...dsl import Scorer
from ..automaton.automaton import TablesTooLarge
from ..automaton.compiled_grammar import CompiledGrammar, tables_of
from ..collector import Collector
from ..native.block import native_limits
from ..native.evaluator import Judge
from ..native.evaluator_pool import borrow, restore
from ..native.watchdog import StoppedCalls, note_in, notes
from ..strategy import Budget, SearchProblem, SearchResult
from ..time_limits import TimeIsUp, time_limit
from ..tokens import decode
from .enumerator import WINDOW, TopDown
from .work_sharing import Shared

__all__ = ["SLACK", "top_down"]

SLACK = 1.5
"""Nats of the guide's to search on after the first solution."""

DEEPEST = 150.0
"""No search goes beyond so many nats: a finite language has nothing further to offer there."""

BATCH = 1 << 15
"""How many programs are considered at most between looks at the collector."""

FEW = 1024
"""A window of no more programs than this is not shared."""

ENTRY = 700
"""Bytes that an entry of the tables takes, with what it was built from."""

LEAST_ENTRIES, ENTRIES = 10_000, 10
"""The entries that tables may have where candidates are counted: so many, and for each candidate.

Where next to nothing can be made of a language's functions, tables grow and there are no candidates
to count. Ordinary tables have one entry for several candidates.
"""

GRACE = 0.5
"""Seconds beyond its time that a search may take to get to its first candidates."""

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
    collector = Collector(problem, budget, "top-down")
    run = _Run(problem, collector)
    tables = (
        tables_of if problem.guide is None else CompiledGrammar
    )  # a guide is of use to one task only
    search = TopDown(tables(problem.order, problem.task.request), batch=BATCH)
    several = is_native(problem) and budget.candidates is None
    entries = budget.memory * 1e9 / ENTRY
    if budget.candidates is not None:
        entries = min(entries, LEAST_ENTRIES + ENTRIES * budget.candidates)
    depth = start
    with _judge_of(problem) as judge, time_limit(collector.is_late):
        score = problem.scorer()
        while depth < DEEPEST and not collector.is_over():
            try:
                grace = GRACE if depth == start else 0.0
                search.window(depth, depth + WINDOW, entries, grace=grace)
                run.consider(search, judge, score, FEW)
                if not search.is_done and not collector.is_over():
                    run.together(search, judge, score, budget.threads if several else 1)
            except (TablesTooLarge, TimeIsUp):
                break
            if collector.is_over():
                break
            depth += WINDOW
            if problem.guide is None:
                final = collector.worst() >= -depth
            else:
                final = collector.nearest >= SLACK - depth
            if final:
                break
    return collector.result(depth)


class _Run:
    """The state that the threads of a search share.

    Attributes:
        problem: what is asked.
        collector: what is found, and how much was considered.
    """

    def __init__(self, problem: SearchProblem, collector: Collector) -> None:
        self.problem = problem
        self.collector = collector
        self._size = FEW  # of the next batch
        self._lock = threading.Lock()
        self._ready: set[int] = set()  # threads that help

    def consider(
        self, search: TopDown, judge: Judge | None, score: Scorer, most: int = BATCH
    ) -> None:
        """Go on with a search by one batch, and score what comes of it."""
        collector, library = self.collector, self.problem.grammar.library
        size, began = min(self._size, most), collector.seconds
        batch = search.next_batch(judge, collector.allowed(size))
        self._choose_size(size, search.considered, collector.seconds - began)
        with self._lock:
            before, considered = collector.candidates, search.considered
            for i in range(len(batch)):
                if collector.is_over():
                    considered = int(search.order[i - 1]) if i else 0
                    break
                collector.candidates = before + int(search.order[i])
                program = decode(batch.tokens[batch.starts[i] : batch.starts[i + 1]], library)
                collector.propose(program, score, log_order=-float(batch.costs[i]))
            collector.candidates = before + considered

    def _choose_size(self, size: int, considered: int, seconds: float) -> None:
        """Choose the size of the next batches, so that each takes about as long as wanted."""
        if seconds > 2 * LOOK:
            self._size = max(size // 2, 1)
        elif seconds < LOOK / 2 and considered == self._size:
            self._size = min(size * 2, BATCH)

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
        """Search in another thread as the search's own does, if there is memory for it."""
        note_in(notes_of_search)
        if threading.get_ident() not in self._ready:
            self._ready.add(threading.get_ident())
            restore()  # what earlier searches had to stop, and this one has not yet
        with ExitStack() as stack, time_limit(self.collector.is_late):
            try:
                judge = stack.enter_context(_judge_of(self.problem))
            except MemoryError:
                return
            self._go_on(shared, judge, self.problem.scorer())

    def _go_on(self, shared: Shared, judge: Judge | None, score: Scorer) -> None:
        shared.join()
        try:
            while (search := shared.take()) is not None:
                while not (search.is_done or shared.is_stopped or self.collector.is_over()):
                    self.consider(search, judge, score)
                    shared.share(search)
                if self.collector.is_over():
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
    """Give the native check, where there can be one; the likelihood scores what passes it."""
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
