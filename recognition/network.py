"""The guide network: from what was read off a task to weights of the grammar.

Each type of task has a reader of its own, since what is read differs in size; everything after it
is shared. On one trunk sit a unigram head, a bigram head (full, or of low rank) and one that
guesses which productions occur (Ellis et al., DreamCoder, PLDI 2021, section 4 and appendix). The
heads begin at the prior: what is learned is how a task's weights differ from it.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import NamedTuple

import torch
from torch import Tensor, nn

from ..dsl.grammar import Grammar

__all__ = ["GuideNetwork", "Output", "key_of"]


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

    def forward(self, request: str, features: Tensor) -> Output:
        """Return the output for a batch of tasks of one type.

        Args:
            request: the name of the type, see :func:`key_of`.
            features: (B, ...), what its encoder read.
        """
        hidden = self.trunk(self.readers[request](features))
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
