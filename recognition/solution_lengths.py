"""How long known solutions are, in nats, under the prior and under the guide of their task.

What a guide is worth: a search by decreasing probability meets a program of n nats after at most
exp(n) others.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import NamedTuple

from ..dsl import Frontier, Grammar
from .model import RecognitionModel

__all__ = ["DescriptionLength", "description_lengths"]


class DescriptionLength(NamedTuple):
    """How long a task's best known program is, in nats."""

    task: str
    prior: float
    guide: float


def description_lengths(
    model: RecognitionModel, frontiers: Iterable[Frontier], grammar: Grammar
) -> list[DescriptionLength]:
    """Return how long the best known programs are under a prior, and under their task's guide.

    Args:
        model: for the grammar's library.
        frontiers: solved tasks; those that the model cannot read, and those without entries, are
            left out.
        grammar: the prior.

    Raises:
        RecognitionError: if the grammar's library is not the model's.
    """
    known: Sequence[Frontier] = [f for f in frontiers if f.entries]
    guides = model.guides((f.task for f in known), grammar)
    found = []
    for frontier in known:
        if frontier.task.name in guides and frontier.best is not None:
            guide = Grammar(grammar.library, guides[frontier.task.name])
            program, request = frontier.best.program, frontier.task.request
            lengths = (-g.log_prior(program, request) for g in (grammar, guide))
            found.append(DescriptionLength(frontier.task.name, *lengths))
    return found
