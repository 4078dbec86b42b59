"""Warm starts: what was learned for the productions that stay goes on in a new network."""

from __future__ import annotations

import torch

from ..dsl.grammar import Grammar
from ..dsl.library import Library
from .network import GuideNetwork, Head

__all__ = ["transfer"]


@torch.no_grad()
def transfer(old: GuideNetwork, before: Library, new: GuideNetwork, after: Library) -> None:
    """Copy to ``new`` what ``old`` learned.

    Trunk and readers are copied as they are, and of the heads what belongs to productions that both
    libraries have, found by their terms. What is new to the library keeps its first weights.

    Args:
        old: the network to learn from.
        before: its library.
        new: the network to write to, of the same widths.
        after: its library.
    """
    known = {p.term: i for i, p in enumerate(before.productions)}
    pairs = [(known[p.term], i) for i, p in enumerate(after.productions) if p.term in known]
    columns = _pairs([*pairs, (len(before), len(after))])
    rows = _pairs(_row_pairs(before, after, pairs))
    _copy_alike(old.trunk, new.trunk)
    for name, reader in old.readers.items():
        if name in new.readers:
            _copy_alike(reader, new.readers[name])
    _copy_head(old.unigram, new.unigram, _pairs([(0, 0)]), columns)
    if old.bigram is not None and new.bigram is not None:
        _copy_head(old.bigram, new.bigram, rows, columns)
    _copy_rows(old.occurs.weight, new.occurs.weight, columns)
    _copy_rows(old.occurs.bias, new.occurs.bias, columns)


def _row_pairs(
    before: Library, after: Library, pairs: list[tuple[int, int]]
) -> list[tuple[int, int]]:
    """Return the rows of bigram weights that both have, as (old, new)."""
    old, new = (Grammar.uniform(library, bigram=True) for library in (before, after))
    rows = [(0, 0), (old.row(len(before)), new.row(len(after)))]
    for source, target in pairs:
        arity = before.productions[source].arity
        rows += [(old.row(source, k), new.row(target, k)) for k in range(arity)]
    return rows


def _pairs(pairs: list[tuple[int, int]]) -> tuple[torch.Tensor, torch.Tensor]:
    sources, targets = torch.tensor(pairs).T
    return sources, targets


def _copy_alike(old: torch.nn.Module, new: torch.nn.Module) -> None:
    """Copy a module's parameters if the shapes are the same."""
    mine, other = dict(new.named_parameters()), dict(old.named_parameters())
    if {n: p.shape for n, p in mine.items()} == {n: p.shape for n, p in other.items()}:
        for name, parameter in mine.items():
            parameter.copy_(other[name])


def _copy_rows(
    old: torch.Tensor, new: torch.Tensor, pairs: tuple[torch.Tensor, torch.Tensor]
) -> None:
    if old.shape[1:] == new.shape[1:]:
        new[pairs[1]] = old[pairs[0]]


def _copy_head(
    old: Head,
    new: Head,
    rows: tuple[torch.Tensor, torch.Tensor],
    columns: tuple[torch.Tensor, torch.Tensor],
) -> None:
    """Copy the weights of a head where both row and column are in both libraries."""
    to, source = (rows[1][:, None], columns[1]), (rows[0][:, None], columns[0])
    new.start[to] = old.start[source]
    width = old.rows.in_features
    before = old.rows.weight.view(len(old.start), -1, width)
    after = new.rows.weight.view(len(new.start), -1, width)
    if old.rows.in_features != new.rows.in_features:
        return
    if old.columns is None and new.columns is None:
        after[to] = before[source]
    elif old.columns is not None and new.columns is not None:
        if len(old.columns) == len(new.columns):
            after[rows[1]] = before[rows[0]]
            new.columns[:, columns[1]] = old.columns[:, columns[0]]
