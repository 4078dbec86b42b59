"""Frontiers: the best programs found for a task.

For the programs p_1, ..., p_n of a task x, with the joint probability of each

    log P(x, p_i) = log P(x | p_i) + log P(p_i | D, theta)        (likelihood and prior)

the log evidence and the posterior within the frontier are

    log Z = log sum over i of exp log P(x, p_i),
    log P(p_i | x) = log P(x, p_i) - log Z.

They are the exact ones if no other program explains the task; Z is a lower bound on the evidence
otherwise. A description length is -log P(x, p_i), in nats. (Ellis et al., PLDI 2021, section 2.)
"""

from __future__ import annotations

import heapq
import math
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, replace

from ..calculus.terms import Term
from ..support.html import Code, html_table
from ..tasks.task import Task

__all__ = ["Entry", "Frontier"]


@dataclass(frozen=True, slots=True)
class Entry:
    """A program that solves a task, and how well.

    Attributes:
        program: the program.
        log_prior: its log probability under the grammar it was found or last scored with, nats.
        log_likelihood: the log probability of the task's data given the program, nats.
        seconds: when in the search it was found.
        candidates: how many programs had been considered by then.
        search: which search found it.
        penalty: what a ranking counts against it besides, nats (see
            :mod:`reverie.dsl.model.ranking`); 0 where the posterior alone decides.
    """

    program: Term
    log_prior: float
    log_likelihood: float
    seconds: float = 0.0
    candidates: int = 0
    search: str = ""
    penalty: float = 0.0

    @property
    def log_joint(self) -> float:
        """Log prior plus log likelihood: the log posterior up to the task's constant."""
        return self.log_prior + self.log_likelihood

    @property
    def score(self) -> float:
        """What entries are ranked by: the log joint, less the penalty."""
        return self.log_joint - self.penalty

    @property
    def description_length(self) -> float:
        """Minus the log joint: nats to write down the program, then the data given the program."""
        return -self.log_joint


@dataclass(frozen=True)
class Frontier:
    """The programs known to solve a task, each once, the highest score first.

    The score is the posterior, less what the domain's ranking counts against a program: nothing
    with the ranking ``posterior`` (see :mod:`reverie.dsl.model.ranking`). Make one with
    :meth:`of`, which sorts, removes doubles and keeps the best.
    """

    task: Task
    entries: tuple[Entry, ...] = ()

    @classmethod
    def of(cls, task: Task, entries: Iterable[Entry], size: int | None = None) -> Frontier:
        """Return the frontier of the ``size`` best among ``entries`` (all if None).

        Of two entries with one program the better is kept; ties keep the order given.
        """
        best: dict[Term, Entry] = {}
        for entry in entries:
            known = best.get(entry.program)
            if known is None or entry.log_joint > known.log_joint:
                best[entry.program] = entry
        if size is None:
            size = len(best)
        return cls(task, tuple(heapq.nlargest(size, best.values(), key=lambda e: e.score)))

    @property
    def best(self) -> Entry | None:
        """The entry that ranks first, or None while the task is unsolved."""
        return self.entries[0] if self.entries else None

    @property
    def most_probable(self) -> Entry | None:
        """The entry of highest posterior, whatever its rank."""
        return max(self.entries, key=lambda e: e.log_joint, default=None)

    @property
    def log_evidence(self) -> float:
        """Log of the summed joint probability of the entries; minus infinity if there are none."""
        return _log_sum(e.log_joint for e in self.entries)

    def posterior(self) -> Iterator[tuple[Entry, float]]:
        """Yield each entry with its posterior probability within the frontier.

        Where the grammar can make none of the programs, each has the same.
        """
        yield from self._shares([entry.log_joint for entry in self.entries])

    def meant(self) -> Iterator[tuple[Entry, float]]:
        """Yield each entry with the probability that it is meant: the posterior with its penalty.

        Learning goes by it: weights are fitted, and guides trained, to what is likely to be meant.
        """
        yield from self._shares([entry.score for entry in self.entries])

    def _shares(self, scores: list[float]) -> Iterator[tuple[Entry, float]]:
        total = _log_sum(scores)
        for entry, score in zip(self.entries, scores, strict=True):
            if total == -math.inf:
                yield entry, 1 / len(self.entries)
            else:
                yield entry, math.exp(score - total)

    def merge(self, other: Frontier, size: int | None = None) -> Frontier:
        """Return the best entries of both frontiers."""
        return Frontier.of(self.task, (*self.entries, *other.entries), size)

    def rescore(self, log_prior: Iterable[float]) -> Frontier:
        """Return the frontier with new log priors, in the order of ``entries``, sorted again."""
        scored = (
            replace(entry, log_prior=new)
            for entry, new in zip(self.entries, log_prior, strict=True)
        )
        return Frontier.of(self.task, scored)

    def __len__(self) -> int:
        return len(self.entries)

    def __repr__(self) -> str:
        if not self.entries:
            return f"{self.task.name}: unsolved"
        rows = [f"{self.task.name}:"]
        rows += [
            f"  {p:6.1%} {e.description_length:8.2f}  {e.program}" for e, p in self.posterior()
        ]
        return "\n".join(rows)

    def _repr_html_(self) -> str:
        return self.html(str)

    def html(self, show: Callable[[Term], str]) -> str:
        """Return the table that notebooks show, with programs printed by ``show``."""
        rows = [
            (f"{p:.1%}", e.description_length, e.log_prior, e.log_likelihood, Code(show(e.program)))
            for e, p in self.posterior()
        ]
        head = ["posterior", "nats", "log prior", "log likelihood", "program"]
        return html_table(self.task.name, head, rows)


def _log_sum(logs: Iterable[float]) -> float:
    """Return the log of the sum of what these are logs of."""
    known = list(logs)
    top = max(known, default=-math.inf)
    if top == -math.inf:
        return top
    return top + math.log(sum(math.exp(each - top) for each in known))
