"""Likelihoods: how probable a task's data are, given a program.

For a task with examples (x_1, y_1), ..., (x_n, y_n), a likelihood says what

    log P(y_1, ..., y_n | p, x_1, ..., x_n)        (nats, at most 0)

is. It is 0 or minus infinity where outputs must be met exactly (:class:`Equality`), and a density
or a mass where they may be met more or less well. Where the program has holes, the likelihood also
chooses their constants, and answers for the program with these.

A likelihood decides what it means to solve a task: a program whose log likelihood is finite is a
solution, and all solutions compete by posterior.
"""

from __future__ import annotations

import math
import operator
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, Protocol

from ..calculus.terms import Term
from ..tasks.task import Example, InvalidTask, Task
from .interpreter import Failure, Interpreter

__all__ = ["Equality", "Likelihood", "Scorer", "Verdict", "holds_out"]

Verdict = tuple[float, Term]
"""A log likelihood in nats, at most 0 (minus infinity: no solution), and the program with its holes
filled."""

Scorer = Callable[[Term], Verdict]
"""Judges programs for one task."""


class Likelihood(Protocol):
    """What a domain says about data and programs."""

    @property
    def comparable(self) -> bool:
        """Whether solving means to give each example's output exactly, compared by ``==``.

        If so, a search may compare values by itself, stop at the first wrong one and treat
        programs with equal values as one.
        """

    def check(self, task: Task) -> None:
        """Raise :class:`InvalidTask` if the task lacks what is needed to judge programs."""

    def scorer(self, task: Task, examples: Sequence[Example], interpreter: Interpreter) -> Scorer:
        """Return a judge of programs for ``task``, on these of its examples."""


@dataclass(frozen=True)
class Equality:
    """All or nothing: the output of each example must be met.

    Attributes:
        observe: what of a value is compared with the example's output (a turtle's picture, say).
        equal: how the two are compared.
    """

    observe: Callable[[Any], Any] | None = None
    equal: Callable[[Any, Any], bool] = operator.eq

    @property
    def comparable(self) -> bool:
        return self.observe is None and self.equal is operator.eq

    def check(self, task: Task) -> None:
        if not task.examples:
            raise InvalidTask(
                f"task {task.name!r} has no examples; give at least one input with its output"
            )

    def scorer(self, task: Task, examples: Sequence[Example], interpreter: Interpreter) -> Scorer:
        observe, equal = self.observe, self.equal

        def score(program: Term) -> Verdict:
            run = interpreter.function(program)
            for example in examples:
                value = run(*example.inputs)
                if isinstance(value, Failure):
                    return -math.inf, program
                try:
                    seen = value if observe is None else observe(value)
                    if not equal(seen, example.output):
                        return -math.inf, program
                except Exception:  # noqa: BLE001 - a domain's own functions may raise anything
                    return -math.inf, program
            return 0.0, program

        return score


def holds_out(
    likelihood: Likelihood, task: Task, program: Term, interpreter: Interpreter
) -> bool | None:
    """Say whether a solution is right on the held-out examples; None if there are none."""
    if not task.held_out:
        return None
    return math.isfinite(likelihood.scorer(task, task.held_out, interpreter)(program)[0])
