"""Bottom-up search: cost levels, observational equivalence, and deduction from the goal.

For growing cost, every state of the ground grammar gets the programs that can be made of cheaper
ones, and of those with equal values on all examples (of a function's body: at all probe points)
only the first is kept. So the work grows with the number of distinct behaviours, not of programs.
See :mod:`.bank` for whom this follows. After each cost level, deduction from the goal proposes
programs far beyond it: see :mod:`.agenda`.

* A state is built only as far as the cheapest program around it allows.
* The wanted type's newest level is not kept, only compared with the examples' outputs.
* Closed terms within bodies are not built again.
* Combinations that another makes superfluous are left out: see :mod:`.combinations`.

Terms may fail on some examples: a body is not run for an empty list, nor a branch that is not
taken. Closed terms that fail on more than half of the examples are dropped all the same, and so are
bodies that fail at the first few points.

Left out are productions of more than four arguments, and those that take functions of functions or
of more than three arguments.

The order is by costs that approximate the prior (see :mod:`.ground_grammar`), and equal values at
the probe points do not prove two bodies equal. Therefore whatever matches is scored with the exact
prior and run by the reference interpreter before it counts as a solution, and after the first the
search goes on for :data:`SLACK` nats.
"""

from __future__ import annotations

import math
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager, suppress

from ...dsl import Interpreter, Lambda, ReverieError, Term, Type, TypeConstructor
from ..collector import Collector
from ..native.block import native_limits
from ..native.memory.word_layout import WORD_TYPES
from ..strategy import Budget, SearchProblem, SearchResult
from ..time_limits import TimeIsUp, time_limit
from .bank import bank_layout
from .bank.bank import LEVELS, Bank, KeptProgram
from .bank.bank_layout import CANDIDATES
from .bank.task_context import open_context
from .deduction.agenda import BackwardSearch
from .ground_grammar import GroundGrammar

__all__ = ["SLACK", "applicable", "bottom_up", "explore", "throughput"]

SLACK = 1.5
"""Nats to search on after the first solution."""

MOST_JUDGED = 2000
"""Matches of one level that are scored: where examples say little, there is no end of them."""

WORTH_SIMPLIFYING = 1_000_000
"""Candidates before the search finds out which terms it may as well leave out: it takes 0.1 s."""

PATIENCE = 0.02
"""Seconds between looks at the clock, roughly."""


def applicable(problem: SearchProblem) -> str | None:
    """Say why a problem is not for this search; None if it is."""
    library, request = problem.grammar.library, problem.task.request
    if not problem.likelihood.comparable:
        return "its likelihood does not compare outputs"
    if not problem.task.examples:
        return "it has no examples"
    if request.variables:
        return f"its request {request} has type variables"
    if any(t.is_arrow for t in request.parameters):
        return f"its request {request} takes functions"
    if not native_limits(problem.limits):
        return "its limits are beyond what native code can hold"
    if library.continuation is not None:
        return "its language passes continuations"
    types: list[Type] = [request, *(p.type for p in library.productions)]
    if any(map(_holds_functions, types)):
        return "a list or pair holds functions, which are not compared here"
    if other := sorted(set().union(*(t.constructors() for t in types)) - WORD_TYPES):
        return f"values of type {other[0]} are not compared here"
    if holes := [p.name for p in library.primitives if p.is_hole]:
        return f"its language has the hole {holes[0]}"
    for primitive in library.primitives:
        if any(t.is_arrow for p in primitive.type.parameters for t in p.parameters):
            return f"{primitive.name} takes functions of functions"
    return None


def _holds_functions(type: Type, inside: bool = False) -> bool:
    """Say whether functions stand inside lists, pairs or other data in a type."""
    if not isinstance(type, TypeConstructor):
        return False
    if type.is_arrow and inside:
        return True
    return any(_holds_functions(t, inside or not type.is_arrow) for t in type.arguments)


class NotApplicable(ReverieError):
    """The search was given a problem that is not for it."""


def bottom_up(problem: SearchProblem, budget: Budget, *, nesting: int = 2) -> SearchResult:
    """Search a task's programs by cost until the budget is spent or the best are found.

    With a guide, costs are those of :attr:`SearchProblem.broad_order`, and what is found is scored
    by the prior; the search ends soon after the first solution, by the guide's costs.

    Args:
        problem: the task, in a language of comparable values.
        budget: its candidates are programs whose values were computed; when its memory is used
            for what is kept, the search ends. When deduction would take too much of it, the
            search does without.
        nesting: how many functions may stand inside one another, at most 3.

    Returns:
        What was found; its depth is counted in the approximate costs.

    Raises:
        NotApplicable: if :func:`applicable` gives a reason.
    """
    clock = _collector(problem, budget)
    with time_limit(clock.is_late):
        try:
            with _prepared(problem, clock, nesting) as run:
                return run.run()
        except TimeIsUp:  # before the first program
            return clock.result(0.0)


def explore(problem: SearchProblem, budget: Budget, *, nesting: int = 2) -> Iterator[KeptProgram]:
    """Yield programs of all types over a task's inputs, one for each behaviour.

    They are found as :func:`bottom_up` finds them, and yielded once the budget is spent, those of
    one type together, cheapest first. The examples' outputs are not looked at.

    Raises:
        NotApplicable: if :func:`applicable` gives a reason.
    """
    clock = _collector(problem, budget)
    with suppress(TimeIsUp), ExitStack() as stack:
        with time_limit(clock.is_late):
            run = stack.enter_context(_prepared(problem, clock, nesting))
            run.checking = False
            run.run()
        yield from run.bank.programs()


def throughput(
    problem: SearchProblem, budget: Budget, *, completing: bool = True
) -> tuple[SearchResult, int, int, float]:
    """Search, and say what it took, for measuring.

    Args:
        problem, budget: as for :func:`bottom_up`.
        completing: whether deduction may work in between.

    Returns:
        What was found; the programs kept; the bytes that they take; and how many programs of the
        wanted type there are, of whatever values, up to the level that was finished.
    """
    with _prepared(problem, _collector(problem, budget), 2) as run:
        run.completing = completing
        found = run.run()
        level = round(found.depth / run.unit)
        return found, run.bank.kept, run.bank.bytes, run.bank.ground.size(level)


def _collector(problem: SearchProblem, budget: Budget) -> Collector:
    return Collector(problem, budget, "bottom-up", broad=True)


@contextmanager
def _prepared(problem: SearchProblem, clock: Collector, nesting: int) -> Iterator[_Run]:
    reason = applicable(problem)
    if reason is not None:
        raise NotApplicable(f"task {problem.task.name!r} cannot be searched bottom-up: {reason}")
    ground = GroundGrammar(problem.broad_order, problem.task.request, nesting=nesting)
    with open_context(problem.grammar.library, problem.limits, problem.task) as context:
        yield _Run(problem, clock, Bank(ground, context), int(clock.budget.memory * 1e9))


class _Run:
    """One search.

    Attributes:
        checking: whether the wanted type's newest level is only compared with the outputs wanted;
            otherwise nothing is compared, and all is kept.
        completing: whether deduction works after each level, if anything is compared; not any
            more once there is no memory for them.
    """

    checking = True
    completing = True

    def __init__(self, problem: SearchProblem, clock: Collector, bank: Bank, memory: int) -> None:
        self.problem = problem
        self.clock = clock
        self.bank = bank
        self.memory = memory
        self.score = problem.scorer()
        self.unit = bank.ground.unit
        self.rate = 1e6
        self.judged = 0
        self.goals = BackwardSearch(
            bank, Interpreter(problem.grammar.library, problem.limits), clock.is_late
        )

    def run(self) -> SearchResult:
        done = 0
        last = LEVELS - 1
        with suppress(TimeIsUp):
            while done < last and self.level(done + 1):
                done += 1
                if self.checking and self.completing:
                    self.finish()
                if self.clock.entries:
                    last = min(last, max(done, math.ceil((SLACK - self.best()) / self.unit)))
        return self.clock.result(done * self.unit)

    def level(self, level: int) -> bool:
        """Do all that belongs to a level; False if that did not come to an end."""
        self.judged = 0
        ground, bank = self.bank.ground, self.bank
        if self.clock.candidates > WORTH_SIMPLIFYING:
            bank.rule_tables.simplify()
        steps = bank.steps_to(level, keep_root=not self.checking)
        if self.checking:
            bank.add(ground.root)
            steps.append((ground.root, level, 1))
        bank.begin(steps)
        return self.work()

    def work(self) -> bool:
        """Let the kernels run in short stretches; False if the budget or the memory is spent."""
        clock, bank = self.clock, self.bank
        while not clock.is_over():
            left = clock.budget.seconds - clock.seconds
            allowed = clock.budget.candidates
            began = time.perf_counter()
            # The rate may fall: near the end look at the clock more often.
            effort = int(self.rate * min(PATIENCE, max(left / 4, 1e-3)))
            code = bank.advance(1 << 60 if allowed is None else allowed, effort)
            clock.candidates = int(bank.progress[CANDIDATES])
            if code == bank_layout.PAUSED:
                self.rate = effort / (time.perf_counter() - began)
            self.judge()
            if code == bank_layout.DONE:
                return True
            if (
                code in (bank_layout.FULL_BLOCK, bank_layout.FULL_VALUES)
                or bank.bytes > self.memory
            ):
                return False
        return False

    def finish(self) -> None:
        """Let deduction propose programs, as far as its effort allows."""
        clock = self.clock
        most = LEVELS
        if self.problem.guide is None and math.isfinite(worst := clock.worst()):
            most = min(most, math.ceil(-worst / self.unit))
        for proposals in self.goals.work(clock.candidates, most):
            for proposal in proposals:
                self.score_exactly(proposal.build(), clock.candidates)
            if clock.is_over():
                return
            if self.bank.bytes + self.goals.bytes > self.memory:
                self.completing = False  # the bank has better use for what is left
                self.goals.completer.forget()
                return

    def judge(self) -> None:
        """Score what matches exactly, and keep it if it is as good as what is known."""
        for rule, arguments, candidates in self.bank.take_matches():
            if self.judged == MOST_JUDGED:
                break
            self.judged += 1
            self.score_exactly(self.bank.build(rule, arguments, 0), candidates)

    def best(self) -> float:
        """Return the first entry's score in the order of the search."""
        return self.clock.best() if self.problem.guide is None else self.clock.nearest

    def score_exactly(self, body: Term, candidates: int) -> None:
        """Keep a program if it solves the task and is as good as what is known."""
        clock, problem = self.clock, self.problem
        request = problem.task.request
        term = body
        for _ in request.parameters:
            term = Lambda(term)
        log_prior = problem.grammar.log_prior(term, request)
        if log_prior <= clock.worst() or not math.isfinite(log_prior):
            return
        # Without a guide the search goes by the prior itself.
        log_order = log_prior if problem.guide is None else None
        clock.propose(term, self.score, log_order=log_order, candidates=candidates)
