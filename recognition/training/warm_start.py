"""Warm starts: what was learned for the productions that stay goes on in a new network."""

from __future__ import annotations

import torch
from torch import Tensor

from ...dsl import Grammar, Library
from .network import GuideNetwork, Head

__all__ = ["transfer"]

Pairs = tuple[Tensor, Tensor]
"""Positions in the old, and the new ones."""


@torch.no_grad()
def transfer(old: GuideNetwork, before: Library, new: GuideNetwork, after: Library) -> None:
    """Copy to ``new`` what ``old`` learned.

    Trunk and readers are copied as they are, and of the heads what belongs to productions that both
    libraries have, found by their terms. What is new to the library keeps its first weights.

    Args:
        old: the network to learn from.
        before: its library.
        new: the network to write to, of the same widths and heads.
        after: its library.
    """
    known = {p.term: i for i, p in enumerate(before.productions)}
    same = [(known[p.term], i) for i, p in enumerate(after.productions) if p.term in known]
    columns = _pairs([*same, (len(before), len(after))])
    new.trunk.load_state_dict(old.trunk.state_dict())
    for name, reader in old.readers.items():
        if name in new.readers:
            new.readers[name].load_state_dict(reader.state_dict())
    _copy_head(old.unigram, new.unigram, _pairs([(0, 0)]), columns)
    if old.bigram is not None and new.bigram is not None:
        _copy_head(old.bigram, new.bigram, _pairs(_rows(before, after, same)), columns)
    new.occurs.weight[columns[1]] = old.occurs.weight[columns[0]]
    new.occurs.bias[columns[1]] = old.occurs.bias[columns[0]]


def _rows(before: Library, after: Library, same: list[tuple[int, int]]) -> list[tuple[int, int]]:
    """Return the rows of bigram weights that both have."""
    old, new = (Grammar.uniform(library, bigram=True) for library in (before, after))
    rows = [(0, 0), (old.row(len(before)), new.row(len(after)))]
    for source, target in same:
        arity = before.productions[source].arity
        rows += [(old.row(source, k), new.row(target, k)) for k in range(arity)]
    return rows


def _pairs(pairs: list[tuple[int, int]]) -> Pairs:
    sources, targets = torch.tensor(pairs).T
    return sources, targets


def _copy_head(old: Head, new: Head, rows: Pairs, columns: Pairs) -> None:
    """Copy what belongs to rows and columns that are in both."""
    source, target = (rows[0][:, None], columns[0]), (rows[1][:, None], columns[1])
    new.start[target] = old.start[source]
    before, after = (h.rows.weight.view(len(h.start), -1, h.rows.in_features) for h in (old, new))
    if old.columns is None or new.columns is None:
        after[target] = before[source]
    else:
        after[rows[1]] = before[rows[0]]
        new.columns[:, columns[1]] = old.columns[:, columns[0]]
