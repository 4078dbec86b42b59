"""Many programs at once: choosing, joining, hashing them, and telling which are new."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import numpy as np
from numpy.typing import NDArray

from ...dsl import njit
from ...enumerate import Tokens
from ...enumerate.topdown import ProgramBatch

__all__ = ["DistinctBehaviours", "hash_programs", "join", "parts", "take"]

Words = NDArray[np.int64]
Float64 = NDArray[np.float64]

_ODD = -7070675565921424023


class DistinctBehaviours:
    """A growing set of behaviours, each known by a hash, and their cheapest programs.

    Attributes:
        costs: float64, of each behaviour's cheapest program; the first ``len(self)`` count.
        bearers: int64, the number of that program.
    """

    def __init__(self) -> None:
        self._keys = np.zeros(1 << 12, np.int64)
        self._places = np.zeros(1 << 12, np.int64)
        self.costs = np.zeros(1 << 11)
        self.bearers = np.zeros(1 << 11, np.int64)
        self._count = 0

    def __len__(self) -> int:
        return self._count

    def add(self, hashes: Words, costs: Float64, first: int) -> int:
        """Add programs; return how many behaviours were new.

        Args:
            hashes: of their behaviours; those with 0 are left out.
            costs: of the programs.
            first: the number of the first; the others follow.
        """
        while 2 * (self._count + len(hashes)) > len(self._keys):
            keys, places = self._keys, self._places
            self._keys = np.zeros(2 * len(keys), np.int64)
            self._places = np.zeros(2 * len(keys), np.int64)
            _move(keys, places, self._keys, self._places)
            self.costs = np.concatenate([self.costs, np.zeros(len(self.costs))])
            self.bearers = np.concatenate([self.bearers, np.zeros(len(self.bearers), np.int64)])
        before = self._count
        self._count = int(
            _add(
                self._keys,
                self._places,
                before,
                self.costs,
                self.bearers,
                np.ascontiguousarray(hashes),
                np.ascontiguousarray(costs),
                first,
            )
        )
        return self._count - before


@njit("void(int64[::1], int64[::1], int64[::1], int64[::1])", cache=True, nogil=True)
def _move(keys: Words, places: Words, new_keys: Words, new_places: Words) -> None:
    mask = len(new_keys) - 1
    for i in range(len(keys)):
        if keys[i] != 0:
            slot = keys[i] & mask
            while new_keys[slot] != 0:
                slot = (slot + 1) & mask
            new_keys[slot] = keys[i]
            new_places[slot] = places[i]


@njit(
    "int64(int64[::1], int64[::1], int64, float64[::1], int64[::1], int64[::1], float64[::1], "
    "int64)",
    cache=True,
    nogil=True,
)
def _add(
    keys: Words,
    places: Words,
    count: int,
    best: Float64,
    bearers: Words,
    hashes: Words,
    costs: Float64,
    first: int,
) -> int:
    mask = len(keys) - 1
    for i in range(len(hashes)):
        key = hashes[i]
        if key == 0:
            continue
        slot = key & mask
        while keys[slot] != 0 and keys[slot] != key:
            slot = (slot + 1) & mask
        if keys[slot] == 0:
            keys[slot] = key
            places[slot] = count
            best[count] = costs[i]
            bearers[count] = first + i
            count += 1
        elif costs[i] < best[places[slot]]:
            best[places[slot]] = costs[i]
            bearers[places[slot]] = first + i
    return count


@njit("int64[::1](int16[::1], int64[::1])", cache=True, nogil=True)
def hash_programs(tokens: Tokens, starts: Words) -> Words:
    """Return a hash of the tokens of each program, never 0."""
    out = np.empty(len(starts) - 1, np.int64)
    for i in range(len(out)):
        h = starts[i + 1] - starts[i]
        for k in range(starts[i], starts[i + 1]):
            h = (h ^ tokens[k]) * _ODD
            h ^= (h >> 29) & 0x7FFFFFFFF
        out[i] = h if h != 0 else 1
    return out


def take(batch: ProgramBatch, which: Words) -> ProgramBatch:
    """Return the programs of a batch at these positions, in this order."""
    starts = np.zeros(len(which) + 1, np.int64)
    np.cumsum(batch.starts[which + 1] - batch.starts[which], out=starts[1:])
    tokens = np.empty(starts[-1], np.int16)
    _take(batch.tokens, batch.starts, np.ascontiguousarray(which), tokens)
    return ProgramBatch(tokens, starts, batch.costs[which])


@njit("void(int16[::1], int64[::1], int64[::1], int16[::1])", cache=True, nogil=True)
def _take(tokens: Tokens, starts: Words, which: Words, out: Tokens) -> None:
    to = 0
    for i in which:
        for k in range(starts[i], starts[i + 1]):
            out[to] = tokens[k]
            to += 1


def parts(batch: ProgramBatch, size: int) -> Iterator[ProgramBatch]:
    """Yield the programs of a batch, ``size`` at a time."""
    for first in range(0, len(batch), size):
        rest = ProgramBatch(batch.tokens, batch.starts[first:], batch.costs[first:])
        yield rest.first(min(size, len(batch) - first))


def join(batches: Sequence[ProgramBatch]) -> ProgramBatch:
    """Return the programs of several batches as one."""
    tokens = [b.tokens[b.starts[0] : b.starts[-1]] for b in batches]
    lengths = [np.diff(b.starts) for b in batches]
    starts = np.concatenate([[0], np.cumsum(np.concatenate([[0], *lengths]))[1:]])
    return ProgramBatch(
        np.concatenate([np.empty(0, np.int16), *tokens]),
        starts.astype(np.int64),
        np.concatenate([np.empty(0), *(b.costs for b in batches)]),
    )
