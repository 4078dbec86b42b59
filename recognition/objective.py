"""The objective: the log prior of the target programs under the weights that the network gave.

It is exactly :meth:`reverie.dsl.grammar.Grammar.log_prior`, for a batch of weights at once and
differentiable in them: a sum over a program's heads of the weight of what was chosen, less the
log of the total weight of what could have been (Ellis et al., DreamCoder, PLDI 2021, appendix).
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from ..enumerate.summaries import Classes, Summaries

__all__ = ["ClassTensors", "Targets", "log_prior", "occurrences", "targets"]


class ClassTensors(NamedTuple):
    """:class:`~reverie.enumerate.summaries.Classes` for the network."""

    rows: Tensor  # int64 (classes,)
    closed: Tensor  # float32 (classes, C): 0 for what can be chosen, minus infinity for the rest

    @classmethod
    def of(cls, classes: Classes, device: torch.device) -> ClassTensors:
        """Move the classes to a device."""
        closed = np.where(classes.offered, 0.0, -np.inf).astype(np.float32)
        rows = torch.from_numpy(classes.rows.astype(np.int64))
        return cls(rows.to(device), torch.from_numpy(closed).to(device))


class Targets(NamedTuple):
    """The heads of the programs that a batch of tasks is to be solved by."""

    owners: Tensor  # int64 (N,): whose program a head is of, 0 <= owner < B
    classes: Tensor  # int64 (N,)
    columns: Tensor  # int64 (N,)
    constants: Tensor  # float32 (B,)


def targets(summaries: Summaries, which: NDArray[np.int64], device: torch.device) -> Targets:
    """Gather the heads of some programs.

    Args:
        summaries: of many programs.
        which: (B,), the program of each task of the batch.
        device: where to put them.
    """
    first = summaries.starts[which]
    counts = summaries.starts[which + 1] - first
    before = np.cumsum(counts) - counts
    heads = np.repeat(first - before, counts) + np.arange(counts.sum())
    owners = np.repeat(np.arange(len(which)), counts)

    def move(values: NDArray[np.int64]) -> Tensor:
        return torch.from_numpy(values).to(device)

    return Targets(
        move(owners),
        move(summaries.classes[heads].astype(np.int64)),
        move(summaries.columns[heads].astype(np.int64)),
        torch.from_numpy(summaries.constants[which].astype(np.float32)).to(device),
    )


def log_prior(weights: Tensor, wanted: Targets, classes: ClassTensors) -> Tensor:
    """Return the log prior of each task's program under the task's own weights, in nats.

    Args:
        weights: (B, rows, C), log weights, not normalised; one row is a unigram grammar.
        wanted: the programs.
        classes: what their heads were chosen from.

    Returns:
        (B,)
    """
    batch, rows, columns = weights.shape
    at = wanted.owners * rows
    if rows > 1:
        at = at + classes.rows[wanted.classes]
    offered = weights.reshape(batch * rows, columns).index_select(0, at)
    chosen = offered.gather(1, wanted.columns[:, None])[:, 0]
    total = (offered + classes.closed[wanted.classes]).logsumexp(dim=1)
    return wanted.constants.to(weights.dtype).index_add(0, wanted.owners, chosen - total)


def occurrences(wanted: Targets, columns: int) -> Tensor:
    """Return float32 (B, C): 1 for what occurs in a task's program, 0 for the rest."""
    found = torch.zeros(len(wanted.constants), columns, device=wanted.owners.device)
    found[wanted.owners, wanted.columns] = 1.0
    return found
