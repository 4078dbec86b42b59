"""The guide network: from what was read off a task to weights of the grammar.

Each type of task has a reader of its own, since what is read differs in size; everything after it
is shared. On one trunk sit a unigram head, a bigram head (full, or of low rank) and one that
guesses which productions occur (Ellis et al., DreamCoder, PLDI 2021, section 4 and appendix). The
heads begin at the prior: what is learned is how a task's weights differ from it.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

import torch
from torch import Tensor, nn

from ...dsl import Grammar

__all__ = ["GuideNetwork", "Output", "RowRun", "key_of"]


class Output(NamedTuple):
    """What the network says of a batch of B tasks, for a library of C - 1 productions."""

    unigram: Tensor  # (B, 1, C): log weights; the last column is the variables
    bigram: Tensor | None  # (B, rows, C): log weights
    occurs: Tensor  # (B, C): logits of occurring in a solution


def key_of(request: object) -> str:
    """Return a request's name within the network: modules may have no full stop in theirs."""
    return str(request).replace(".", "·")


class GuideNetwork(nn.Module):
    """Readers, trunk and heads.

    Args:
        grammar: the library, and the weights to begin with.
        readers: a module for each type of task, by :func:`key_of` its request; it takes features
            (B, ...) to (B, width).
        width: of all layers.
        layers: of the trunk.
        bigram: whether there is a bigram head.
        rank: of the bigram head, None for a full one.
    """

    def __init__(
        self,
        grammar: Grammar,
        readers: Mapping[str, nn.Module],
        *,
        width: int,
        layers: int,
        bigram: bool,
        rank: int | None,
    ) -> None:
        super().__init__()
        rows = Grammar.rows_of(grammar.library)
        columns = len(grammar.library) + 1
        prior = torch.tensor(grammar.weights, dtype=torch.float32)
        self.readers = nn.ModuleDict(readers)
        steps: list[nn.Module] = [nn.ReLU()]
        for _ in range(layers):
            steps += [nn.Linear(width, width), nn.ReLU()]
        self.trunk = nn.Sequential(*steps)
        self.unigram = Head(width, prior.mean(dim=0, keepdim=True), None)
        self.bigram = Head(width, prior.expand(rows, columns), rank) if bigram else None
        self.occurs = nn.Linear(width, columns)

    def hidden(self, request: str, features: Tensor) -> Tensor:
        """Return (B, width), what the heads are given for a batch of tasks of one type.

        Args:
            request: the name of the type, see :func:`key_of`.
            features: (B, ...), what its encoder read.
        """
        hidden: Tensor = self.trunk(self.readers[request](features))
        return hidden

    def forward(self, request: str, features: Tensor) -> Output:
        """Return all that the network says of a batch of tasks; see :meth:`hidden`."""
        hidden = self.hidden(request, features)
        bigram = None if self.bigram is None else self.bigram(hidden)
        return Output(self.unigram(hidden), bigram, self.occurs(hidden))


class Head(nn.Module):
    """Log weights of a grammar: a start, plus what the task says.

    Args:
        width: of what it is given.
        start: (rows, columns): the log weights to begin with.
        rank: if not None, the matrix of each task is ``rows x rank`` times a shared
            ``rank x columns``.
    """

    def __init__(self, width: int, start: Tensor, rank: int | None) -> None:
        super().__init__()
        rows, columns = start.shape
        self.start = nn.Parameter(start.clone())
        self.rows = nn.Linear(width, rows * (columns if rank is None else rank), bias=False)
        nn.init.normal_(self.rows.weight, std=0.3 / width**0.5)
        self.columns = None if rank is None else nn.Parameter(torch.randn(rank, columns))

    def forward(self, hidden: Tensor) -> Tensor:
        """Return log weights (B, rows, columns) for ``hidden`` (B, width)."""
        found: Tensor = self.rows(hidden).unflatten(1, (len(self.start), -1))
        if self.columns is not None:
            found = found @ self.columns
        return found + self.start

    def at(self, hidden: Tensor, owners: Tensor, rows: Tensor, runs: Sequence[RowRun]) -> Tensor:
        """Return the rows of log weights (N, columns) that are asked for, and make no others.

        A program passes through few of a bigram grammar's rows, and this is most of the work of a
        step. On a GPU the whole is faster than its parts.

        Args:
            hidden: (B, width).
            owners: int64 (N,), of which of the batch.
            rows: int64 (N,), ascending.
            runs: where equal rows begin and end.
        """
        if hidden.is_cuda:
            whole: Tensor = self(hidden)
            return whole.flatten(0, 1).index_select(0, owners * len(self.start) + rows)
        weight = self.rows.weight.view(len(self.start), -1, hidden.shape[1])
        rows_of: Any = _Rows.apply
        found: Tensor = rows_of(hidden.to(weight.dtype), weight, owners, runs)
        if self.columns is not None:
            found = found @ self.columns
        return found + self.start.index_select(0, rows)


class RowRun(NamedTuple):
    """Where one row begins and ends among those that are asked for."""

    row: int
    start: int
    end: int


class _Rows(torch.autograd.Function):
    """A matrix product for each run of equal rows."""

    @staticmethod
    def forward(ctx: Any, hidden: Tensor, weight: Tensor, owners: Tensor, runs: Any) -> Tensor:
        """Return (N, k) for hidden (B, width), weight (rows, k, width), owners (N,)."""
        given = hidden.index_select(0, owners)
        found = given.new_empty(len(owners), weight.shape[1])
        for row, start, end in runs:
            torch.mm(given[start:end], weight[row].t(), out=found[start:end])
        ctx.save_for_backward(given, weight, owners)
        ctx.runs, ctx.batch = runs, len(hidden)
        return found

    @staticmethod
    def backward(ctx: Any, *gradients: Tensor) -> tuple[Tensor, Tensor, None, None]:
        """Return the gradients of ``hidden`` and ``weight``."""
        given, weight, owners = ctx.saved_tensors
        gradient = gradients[0].contiguous()
        back = torch.empty_like(given)
        change = torch.zeros_like(weight)
        for row, start, end in ctx.runs:
            torch.mm(gradient[start:end], weight[row], out=back[start:end])
            torch.mm(gradient[start:end].t(), given[start:end], out=change[row])
        total = given.new_zeros(ctx.batch, given.shape[1]).index_add_(0, owners, back)
        return total, change, None, None
