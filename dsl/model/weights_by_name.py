"""Weights by the names of what they are weights of, wherever they are read back.

A matrix of weights says nothing of its columns, and a language may have been edited since it was
written: its primitives put in another order, one added, one taken away. So whatever keeps weights
keeps the productions that they belong to, and each weight goes to its own production again.
What is new gets the weight of a variable, in each row; the rows of a new production's arguments, in
a bigram grammar, are the mean of all others.
"""

from __future__ import annotations

import logging
from collections.abc import Sequence
from typing import Any, NamedTuple

import numpy as np

from ..calculus.terms import Term
from ..language.library import Library
from ..support.errors import ReverieError
from .grammar import Grammar, Weights

__all__ = ["Column", "columns_of", "grammar_by_name"]

logger = logging.getLogger(__name__)


class Column(NamedTuple):
    """What a column of weights belongs to.

    Attributes:
        name: the production's name.
        arity: how many arguments it had when the weights were written.
        term: the production in the library at hand; None if that has it no longer.
    """

    name: str
    arity: int
    term: Term | None


def columns_of(grammar: Grammar) -> list[tuple[str, int]]:
    """Return name and arity of each column of a grammar's weights but the last, the variables'."""
    return [(p.name, p.arity) for p in grammar.library.productions]


def grammar_by_name(
    library: Library, weights: Any, columns: Sequence[Column], place: str
) -> Grammar:
    """Return a grammar in which each weight is that of the production it was written for.

    Args:
        library: the library at hand.
        weights: the rows of log weights, as JSON gives them; the last column is the variables'.
        columns: what the other columns belong to, in order.
        place: where the weights come from, for messages.

    Raises:
        ReverieError: if the weights are no matrix of these columns.
    """
    try:
        given = np.array(weights, dtype=np.float64)
    except (TypeError, ValueError, OverflowError) as error:
        raise ReverieError(f"the weights in {place} are no rows of numbers: {error}") from None
    total = 2 + sum(column.arity for column in columns)
    shapes = [(1, len(columns) + 1), (total, len(columns) + 1)]
    if given.shape not in shapes:
        raise ReverieError(
            f"weights of shape {given.shape} do not fit the {len(columns)} productions in {place}; "
            f"allowed are {shapes[0]} (unigram) and {shapes[1]} (bigram)"
        )
    sources = {column.term: i for i, column in enumerate(columns) if column.term is not None}
    order = [sources.get(production.term) for production in library.productions]
    found = np.repeat(given[:, -1:], len(library) + 1, axis=1)
    for target, source in enumerate(order):
        if source is not None:
            found[:, target] = given[:, source]
    if len(given) > 1:
        found = _with_rows(found, library, columns, order)
    new = [p.name for p, source in zip(library.productions, order, strict=True) if source is None]
    _tell(new, [column.name for column in columns if column.term is None], place)
    try:
        return Grammar(library, found)
    except ValueError as error:
        raise ReverieError(f"{error}; they are in {place}") from None


def _with_rows(
    found: Weights, library: Library, columns: Sequence[Column], order: Sequence[int | None]
) -> Weights:
    """Return bigram weights with the rows of the library at hand, in order."""
    first = 2 + np.cumsum([0, *(column.arity for column in columns)])
    rows = [found[0], found[1]]
    for production, source in zip(library.productions, order, strict=True):
        for argument in range(production.arity):
            known = source is not None and argument < columns[source].arity
            row = found[first[source] + argument] if known else found.mean(axis=0)
            rows.append(row)
    return np.stack(rows)


def _tell(new: Sequence[str], gone: Sequence[str], place: str) -> None:
    if new:
        logger.warning(
            "%s has no weight for %s: each gets that of a variable", place, ", ".join(new)
        )
    if gone:
        logger.warning(
            "%s has weights for %s, which the language has no longer: they are left out",
            place,
            ", ".join(gone),
        )
