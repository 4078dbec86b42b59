"""Rankings: which of the programs that solve a task comes first.

The posterior of a program is what the prior and the task's data say. A ranking may know more of
what people ask for, and count something against a program besides: the order of a frontier, which
of its programs is the answer, and what learning takes for likely to be meant, follow the ranking.
Log priors, log likelihoods and posteriors stay what they are, and no program is left out for it.

Ours; the posterior alone is DreamCoder's.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Protocol

from ..calculus.terms import Term, Variable, spine, strip
from ..support.errors import UnknownName

__all__ = ["RANKINGS", "Posterior", "Ranking", "UsesInputs", "find_ranking"]


class Ranking(Protocol):
    """Says what counts against a program besides its posterior."""

    def penalty(self, program: Term) -> float:
        """Return the nats that count against a program that solves a task, 0 or more."""


@dataclass(frozen=True)
class Posterior:
    """The posterior alone: the most probable program comes first."""

    def penalty(self, program: Term) -> float:
        return 0.0


@dataclass(frozen=True)
class UsesInputs:
    """The posterior, less a penalty for each input that a program ignores.

    Who asks for a function of two arguments seldom wants one of the first. The prior does not know
    that, and few examples are met by many short programs that leave an input out: the price of
    knowing it is that a constant function, if one is wanted, needs to be shorter by the penalty
    than the shortest program that uses its input and fits the examples too.

    Attributes:
        nats: the penalty for each input.
    """

    nats: float = 4.0

    def penalty(self, program: Term) -> float:
        inputs, body = strip(program)
        return self.nats * (inputs - len(_used(body, 0)))


def _used(term: Term, depth: int) -> set[int]:
    """Return the free variables of a term that stands ``depth`` lambdas within them."""
    if term.free <= depth:
        return set()
    inner, body = strip(term)
    depth += inner
    head, arguments = spine(body)
    found = {head.index - depth} if isinstance(head, Variable) and head.index >= depth else set()
    return found.union(*(_used(argument, depth) for argument in arguments))


RANKINGS: Mapping[str, Ranking] = {"posterior": Posterior(), "uses-inputs": UsesInputs()}
"""The rankings there are, by the names that options give them."""


def find_ranking(name: str) -> Ranking:
    """Return the ranking called ``name``.

    Raises:
        UnknownName: if there is none, with those that there are.
    """
    if name not in RANKINGS:
        raise UnknownName("ranking", name, RANKINGS)
    return RANKINGS[name]
