"""Dreams: programs of one request, with inputs and what they make of them."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ...dsl import Example, Library, Term, Type
from ...enumerate import Tokens, decode
from ...enumerate.native import ERROR
from ...enumerate.topdown import ProgramBatch
from .program_batches import take
from .value_codec import read_value, shift, shifted

__all__ = ["Dreams"]

Words = NDArray[np.int64]
Positions = NDArray[np.int64]


@dataclass(frozen=True, eq=False)
class Dreams:
    """N programs of one request; immutable.

    Programs share sets of inputs: dream i ran on set ``sets[i]``.

    Attributes:
        request: the type of all programs, without type variables.
        tokens: int16[total], the programs one after another (:mod:`reverie.enumerate.tokens`).
        starts: int64[N + 1], where each begins and the last ends.
        log_priors: float64[N], in nats, under the grammar that dreamt.
        sets: int64[N], the number of the set of inputs.
        inputs: int64[S, E, A], words of the inputs: sets, examples, arguments.
        outputs: int64[N, E], words of the outputs; ``ERROR`` where there is none.
        heap: int64[...], what the words point to (:mod:`reverie.recognition.dreams.value_codec`).
        objects: what handles stand for: values of a domain's own types.
    """

    request: Type
    tokens: Tokens
    starts: Positions
    log_priors: NDArray[np.float64]
    sets: Positions
    inputs: Words
    outputs: Words
    heap: Words
    objects: tuple[Any, ...] = ()

    def __len__(self) -> int:
        return len(self.log_priors)

    def __repr__(self) -> str:
        return f"Dreams({self.request}, {len(self):,} programs)"

    @classmethod
    def none(cls, request: Type) -> Dreams:
        """Return no dreams."""
        empty = np.empty(0, np.int64)
        shape = (0, 0, len(request.parameters))
        return cls(
            request,
            np.empty(0, np.int16),
            np.zeros(1, np.int64),
            np.empty(0),
            empty,
            np.empty(shape, np.int64),
            np.empty((0, 0), np.int64),
            empty,
        )

    # ---- back to Python -------------------------------------------------------------------------

    def program(self, i: int, library: Library) -> Term:
        """Return program i, given the library that it was dreamt with."""
        return decode(self.tokens[self.starts[i] : self.starts[i + 1]], library)

    def examples(self, i: int) -> list[Example]:
        """Return the examples of program i as Python values, those without an output left out."""
        types = self.request.parameters
        found = []
        rows = zip(self.inputs[self.sets[i]].tolist(), self.outputs[i].tolist(), strict=True)
        for given, output in rows:
            if output != ERROR:
                values = [self._read(w, t) for w, t in zip(given, types, strict=True)]
                found.append(Example(tuple(values), self._read(output, self.request.result)))
        return found

    def _read(self, word: int, type: Type) -> Any:
        return read_value(word, type, self.heap, self.objects)

    # ---- choosing and joining -------------------------------------------------------------------

    def take(self, which: Positions) -> Dreams:
        """Return the dreams at these positions, in this order; values are shared."""
        programs = take(ProgramBatch(self.tokens, self.starts, self.log_priors), which)
        return Dreams(
            self.request,
            *programs,
            self.sets[which],
            self.inputs,
            self.outputs[which],
            self.heap,
            self.objects,
        )

    def split(self, rng: np.random.Generator, held_out: float) -> tuple[Dreams, Dreams]:
        """Return two parts at random; the second has the share ``held_out`` of the dreams."""
        order = rng.permutation(len(self))
        count = round(held_out * len(self))
        return self.take(np.sort(order[count:])), self.take(np.sort(order[:count]))

    @classmethod
    def concat(cls, parts: Iterable[Dreams], expected: int = 0) -> Dreams:
        """Return the dreams of all parts, of one request, in order.

        Args:
            parts: none is needed any more once the next is asked for.
            expected: how many dreams there may be in all; it only saves time to know.

        Raises:
            ValueError: if there is no part, or their requests differ.
        """
        requests: dict[Type, None] = {}
        tokens, lengths = _Rows(np.int16), _Rows(np.int64)
        log_priors, sets = _Rows(np.float64), _Rows(np.int64)
        inputs, outputs, heap = _Rows(np.int64), _Rows(np.int64), _Rows(np.int64)
        objects: list[Any] = []
        for part in parts:
            requests[part.request] = None
            if len(requests) > 1:
                break
            scale = 1.2 * expected / max(1, len(part))
            given, words = len(inputs), len(heap)
            tokens.add(part.tokens[part.starts[0] : part.starts[-1]], scale)
            lengths.add(np.diff(part.starts), scale)
            log_priors.add(part.log_priors, scale)
            sets.add(part.sets + given, scale)
            # Zeros are never shown, since there is no output.
            inputs.add(shifted(part.inputs, words, len(objects)), scale, fill=0)
            outputs.add(shifted(part.outputs, words, len(objects)), scale, fill=ERROR)
            shift(part.heap, words, len(objects), heap.more(len(part.heap), scale))
            objects += part.objects
        if len(requests) != 1:
            raise ValueError(
                "dreams of one request can be joined; got those of "
                f"{', '.join(sorted(map(str, requests))) or 'none'}"
            )
        starts = np.zeros(len(lengths) + 1, np.int64)
        np.cumsum(lengths.rows, out=starts[1:])
        (request,) = requests
        return cls(
            request,
            tokens.rows,
            starts,
            log_priors.rows,
            sets.rows,
            inputs.rows,
            outputs.rows,
            heap.rows,
            tuple(objects),
        )


ROOM = 1 << 23
"""The most rows that room is made for on a guess: few dreams may come with the values of many."""


class _Rows:
    """An array that grows at its end.

    Room is made for all that may come: memory that was never written to costs nothing.
    """

    def __init__(self, dtype: Any) -> None:
        self._all = np.empty(0, dtype)
        self._count = 0

    def __len__(self) -> int:
        return self._count

    @property
    def rows(self) -> NDArray[Any]:
        return self._all[: self._count]

    def add(self, rows: NDArray[Any], scale: float, fill: int = 0) -> None:
        """Add rows.

        Args:
            rows: what is narrower than others is filled up.
            scale: so many times as many may come in all.
            fill: what with.
        """
        if not self._count:
            self._all = np.empty((0, *rows.shape[1:]), self._all.dtype)
        if rows.ndim > 1:
            width = max(rows.shape[1], self._all.shape[1])
            rows = _widened(rows, width, fill)
            if width > self._all.shape[1]:
                self._all = _widened(self.rows, width, fill)
        self.more(len(rows), scale)[:] = rows

    def more(self, count: int, scale: float) -> NDArray[Any]:
        """Return so many new rows, to be written to."""
        end = self._count + count
        if end > len(self._all):
            room = max(min(round(scale * count), ROOM), 2 * len(self._all), end)
            grown = np.empty((room, *self._all.shape[1:]), self._all.dtype)
            grown[: self._count] = self.rows
            self._all = grown
        self._count = end
        return self._all[end - count : end]


def _widened(rows: NDArray[Any], width: int, fill: int) -> NDArray[Any]:
    """Return rows whose second dimension is ``width``, filled up at its end."""
    beyond = [(0, 0)] * rows.ndim
    beyond[1] = 0, width - rows.shape[1]
    return np.pad(rows, beyond, constant_values=fill) if any(beyond[1]) else rows
