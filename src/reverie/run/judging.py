"""Judging known programs again, by the code at hand.

A frontier says what solved a task when it was written down. The code of the language, or what
counts as a solution, may have been edited since, so before a program is called a solution it is run
on its task's examples again.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, field, replace

from ..dsl import Domain, Frontier, Grammar, Interpreter, rescored
from ..enumerate.native import with_timeout

__all__ = ["Judgement", "judged"]


@dataclass(frozen=True)
class Judgement:
    """What came of judging a run's programs again.

    Attributes:
        changes: what of the code has changed since the run was last worked on, in words.
        dropped: how many programs of each task fail now, where some do.
    """

    changes: tuple[str, ...] = ()
    dropped: Mapping[str, int] = field(default_factory=dict)

    @property
    def text(self) -> str:
        """One message for people; empty if there is nothing to say."""
        parts = []
        if self.changes:
            shown = "; ".join(self.changes[:5])
            more = len(self.changes) - 5
            parts.append(f"the code has changed: {shown}" + (f"; and {more} more" * (more > 0)))
        if self.dropped:
            count, tasks = sum(self.dropped.values()), len(self.dropped)
            parts.append(
                f"{count} known program{'s fail' if count > 1 else ' fails'} now and "
                f"{'are' if count > 1 else 'is'} dropped, of {tasks} task{'s' * (tasks > 1)}"
            )
        elif self.changes:
            parts.append("all known programs still solve their tasks")
        return "; ".join(parts)


def judged(domain: Domain, grammar: Grammar, frontier: Frontier, *, rescore: bool) -> Frontier:
    """Return a frontier without the programs that fail, or that the grammar cannot make.

    Args:
        domain: says what a solution is.
        grammar: the library, and the weights.
        frontier: what was known.
        rescore: whether to work out the log priors again, too.
    """
    if not frontier.entries:
        return frontier
    interpreter = Interpreter(grammar.library, domain.limits)
    score = domain.likelihood.scorer(frontier.task, frontier.task.examples, interpreter)
    judge = with_timeout(interpreter, score, (-math.inf, None))
    entries = []
    for entry in frontier.entries:
        found = judge(entry.program)[0]
        if math.isfinite(found):
            same = math.isclose(found, entry.log_likelihood, rel_tol=1e-9, abs_tol=1e-9)
            entries.append(entry if same else replace(entry, log_likelihood=found))
    if entries == list(frontier.entries) and not rescore:
        return frontier
    right = Frontier.of(frontier.task, entries)
    if rescore:
        right = rescored(grammar, right)
        right = Frontier(right.task, tuple(e for e in right.entries if e.log_prior > -math.inf))
    return right
