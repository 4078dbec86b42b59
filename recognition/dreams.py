"""Dreams: programs of one request, with inputs and what they make of them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ..dsl.library import Library
from ..dsl.task import Example
from ..dsl.terms import Term
from ..dsl.types import Type
from ..enumerate.encoding import Tokens, decode
from ..enumerate.native.layout import ERROR
from ..enumerate.topdown import Batch
from .programs import join, take
from .values import read_value, shift, shifted

__all__ = ["Dreams"]

Words = NDArray[np.int64]
Positions = NDArray[np.int64]


@dataclass(frozen=True, eq=False)
class Dreams:
    """N programs of one request; immutable.

    Programs share sets of inputs: dream i ran on set ``sets[i]``.

    Attributes:
        request: the type of all programs, without type variables.
        tokens: int16[total], the programs one after another (:mod:`reverie.enumerate.encoding`).
        starts: int64[N + 1], where each begins and the last ends.
        log_priors: float64[N], in nats, under the grammar that dreamt.
        sets: int64[N], the number of the set of inputs.
        inputs: int64[S, E, A], words of the inputs: sets, examples, arguments.
        outputs: int64[N, E], words of the outputs; ``ERROR`` where there is none.
        heap: int64[...], what the words point to (:mod:`reverie.recognition.values`).
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
        programs = take(Batch(self.tokens, self.starts, self.log_priors), which)
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
    def concat(cls, parts: Sequence[Dreams]) -> Dreams:
        """Return the dreams of all parts, of one request, in order.

        Raises:
            ValueError: if there is no part, or their requests differ.
        """
        if len({part.request for part in parts}) != 1:
            raise ValueError(
                "dreams of one request can be joined; got those of "
                f"{', '.join(sorted({str(part.request) for part in parts})) or 'none'}"
            )
        width = max(part.outputs.shape[1] for part in parts)
        count, given = sum(map(len, parts)), sum(len(part.inputs) for part in parts)
        # Zeros are never shown, since there is no output.
        inputs = np.zeros((given, width, len(parts[0].request.parameters)), np.int64)
        outputs = np.full((count, width), ERROR)
        heap = np.empty(sum(len(part.heap) for part in parts), np.int64)
        numbers = np.empty(count, np.int64)
        first = sets = words = objects = 0
        for part in parts:
            own = part.outputs.shape[1]
            last, up_to, end = first + len(part), sets + len(part.inputs), words + len(part.heap)
            inputs[sets:up_to, :own] = shifted(part.inputs, words, objects)
            outputs[first:last, :own] = shifted(part.outputs, words, objects)
            shift(part.heap, words, objects, heap[words:end])
            numbers[first:last] = part.sets + sets
            first, sets, words = last, up_to, end
            objects += len(part.objects)
        return cls(
            parts[0].request,
            *join([Batch(part.tokens, part.starts, part.log_priors) for part in parts]),
            numbers,
            inputs,
            outputs,
            heap,
            tuple(x for part in parts for x in part.objects),
        )
