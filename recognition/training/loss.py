"""The objective: the log prior of the target programs under the weights that the network gave.

It is exactly :meth:`reverie.dsl.model.grammar.Grammar.log_prior`, for a batch of weights at once
and differentiable in them: a sum over a program's heads of the weight of what was chosen, less the
log of the total weight of what could have been (Ellis et al., DreamCoder, PLDI 2021, appendix).
"""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from ...enumerate.automaton import ChoiceClasses, PriorStatistics
from .network import GuideNetwork, RowRun

__all__ = [
    "TargetChoices",
    "chances",
    "closed",
    "log_prior",
    "log_priors",
    "move",
    "occurrences",
    "targets",
]


class TargetChoices(NamedTuple):
    """The heads of the programs that a batch of tasks is to be solved by."""

    owners: Tensor  # int64 (N,): whose program a head is of, 0 <= owner < B
    classes: Tensor  # int64 (N,)
    rows: Tensor  # int64 (N,): of a bigram grammar, ascending
    runs: list[RowRun]  # where equal rows begin and end
    columns: Tensor  # int64 (N,)
    constants: Tensor  # float32 (B,)


def closed(classes: ChoiceClasses, device: torch.device) -> Tensor:
    """Return float32 (classes, C): 0 for what can be chosen, minus infinity for the rest."""
    bars = np.where(classes.offered, 0.0, -np.inf).astype(np.float32)
    return torch.from_numpy(bars).to(device)


def move(values: NDArray[Any], device: torch.device) -> Tensor:
    """Return an array as a tensor; on its way to a GPU it holds nothing up."""
    found = torch.from_numpy(values)
    if device.type == "cuda":
        found = found.pin_memory()
    return found.to(device, non_blocking=True)


def targets(
    summaries: PriorStatistics,
    which: NDArray[np.int64],
    classes: ChoiceClasses,
    device: torch.device,
) -> TargetChoices:
    """Gather the heads of some programs.

    Args:
        summaries: of many programs.
        which: (B,), the program of each task of the batch.
        classes: what the summaries refer to.
        device: where to put them.
    """
    first = summaries.starts[which]
    counts = summaries.starts[which + 1] - first
    before = np.cumsum(counts) - counts
    heads = np.repeat(first - before, counts) + np.arange(counts.sum())
    owners = np.repeat(np.arange(len(which)), counts)
    rows = classes.rows[summaries.classes[heads]]
    order = np.argsort(rows, kind="stable")
    heads, owners, rows = heads[order], owners[order], rows[order]
    starts = np.flatnonzero(np.diff(rows, prepend=-1))
    ends = np.append(starts[1:], len(rows))

    table = np.empty((4, len(heads)), np.int64)
    table[:] = owners, summaries.classes[heads], rows, summaries.columns[heads]
    moved = move(table, device).unbind()
    runs = list(map(RowRun, rows[starts].tolist(), starts.tolist(), ends.tolist()))
    constants = move(summaries.constants[which].astype(np.float32), device)
    return TargetChoices(moved[0], moved[1], moved[2], runs, moved[3], constants)


def log_prior(weights: Tensor, wanted: TargetChoices, closed: Tensor) -> Tensor:
    """Return the log prior of each task's program under the task's own weights, in nats.

    Args:
        weights: (N, C), the row of log weights, not normalised, that each head is chosen by.
        wanted: the programs.
        closed: (classes, C), what no head of a class can be, see :func:`closed`.

    Returns:
        (B,)
    """
    chosen = weights.gather(1, wanted.columns[:, None])[:, 0]
    total = (weights + closed.index_select(0, wanted.classes)).logsumexp(dim=1)
    return wanted.constants.to(weights.dtype).index_add(0, wanted.owners, chosen - total)


def log_priors(
    network: GuideNetwork, hidden: Tensor, wanted: TargetChoices, closed: Tensor
) -> Tensor:
    """Return (heads, B), the log prior of each task's program under each head's weights.

    The unigram head comes first, then the bigram head if there is one.
    """
    row = network.unigram(hidden)[:, 0].index_select(0, wanted.owners)
    found = [log_prior(row.float(), wanted, closed)]
    if network.bigram is not None:
        rows = network.bigram.at(hidden, wanted.owners, wanted.rows, wanted.runs)
        found.append(log_prior(rows.float(), wanted, closed))
    return torch.stack(found)


def chances(network: GuideNetwork, hidden: Tensor, wanted: TargetChoices, closed: Tensor) -> Tensor:
    """Return (N, C), the probability of each choice at each head, under the richest head."""
    if network.bigram is None:
        rows = network.unigram(hidden)[:, 0].index_select(0, wanted.owners)
    else:
        rows = network.bigram.at(hidden, wanted.owners, wanted.rows, wanted.runs)
    found: Tensor = (rows + closed.index_select(0, wanted.classes)).softmax(dim=1)
    return found


def occurrences(wanted: TargetChoices, columns: int) -> Tensor:
    """Return float32 (B, C): 1 for what occurs in a task's program, 0 for the rest."""
    found = torch.zeros(len(wanted.constants), columns, device=wanted.owners.device)
    found[wanted.owners, wanted.columns] = 1.0
    return found
