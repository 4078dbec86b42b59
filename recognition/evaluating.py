"""Running many programs on made-up inputs: which are of use as dreams, and what they make."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ..dsl.interpreter import Limits
from ..dsl.library import Library
from ..dsl.types import Type
from ..enumerate.bottomup.interning import hash_word, mix
from ..enumerate.native import NativeEvaluator, layout
from ..enumerate.native.jit import Memory, njit
from ..enumerate.native.layout import CLOSURE, DATA, ERROR, FAILED, LIST, PAIR, TAG
from ..enumerate.native.memory import pointer_to
from ..enumerate.topdown import Batch
from .dreams import Dreams
from .values import Writer, copy_values, shifted

__all__ = ["FUEL", "LONGEST", "Runner", "parts", "runs_natively", "tightened"]

Words = NDArray[np.int64]

LONGEST = 40
"""No output of a dream is a longer list."""

FUEL = 2000
"""Calls in one evaluation: dreams are short, and what takes longer is dropped, not waited for."""

NATIVE = {"int", "bool", "real", "char", "list", "pair"}
"""Types whose values native code can give back."""

BLOCK_WORDS = 1 << 18
TIGHT = 1 << 14
"""With less room than this after a batch, some of it may have failed for want of memory."""


def _symmetric(low: int, high: int) -> int:
    """Return the largest absolute value such that it and all below are in a range, or -1."""
    return min(-low, high) if low <= 0 <= high else -1


def runs_natively(request: Type, limits: Limits) -> bool:
    """Say whether programs of a request can be dreamt natively."""
    one_sided = limits.value_range is not None and _symmetric(*limits.value_range) < 1
    return request.constructors() <= NATIVE and not one_sided


def tightened(limits: Limits) -> Limits:
    """Return limits that native code keeps, such that what it computes is within ``limits``.

    Bounds on the values of programs are kept inside functions as well, so some programs that
    the language allows are not dreamt.
    """
    if limits.value_range is not None:
        limits = replace(limits, integer=min(limits.integer, _symmetric(*limits.value_range)))
    if limits.value_length is not None:
        limits = replace(limits, length=min(limits.length, limits.value_length))
    return replace(limits, fuel=min(limits.fuel, FUEL), integer=min(limits.integer, 2**31 - 1))


class Runner:
    """Runs programs of one library; each thread needs its own.

    Args:
        library: whose programs to run.
        limits: bounds on each evaluation.
    """

    def __init__(self, library: Library, limits: Limits) -> None:
        self.evaluator = NativeEvaluator(library, tightened(limits), words=BLOCK_WORDS)
        self.range = limits.value_range or (-limits.integer, limits.integer)
        self.longest = min(LONGEST, limits.value_length or LONGEST)

    def behaviours(self, batch: Batch, inputs: Sequence[Any]) -> tuple[Words, NDArray[np.bool_]]:
        """Return a hash of what each program does on all inputs, and whether that is constant.

        The hash is 0 for programs of no use: those that fail on more than half of the inputs.
        """
        hashes = np.zeros(len(batch), np.int64)
        constant = np.zeros(len(batch), np.bool_)
        first = 0
        for part in parts(batch):
            words = self._words(part, inputs)
            if words is None:
                half = len(part) // 2
                for low, piece in ((0, part.first(half)), (half, _rest(part, half))):
                    at = slice(first + low, first + low + len(piece))
                    hashes[at], constant[at] = self.behaviours(piece, inputs)
                first += len(part)
                continue
            at = slice(first, first + len(part))
            _sign(
                self.evaluator.heap.address,
                words,
                *self.range,
                self.longest,
                hashes[at],
                constant[at],
            )
            first += len(part)
        return hashes, constant

    def outputs(self, batch: Batch, inputs: Sequence[Any], request: Type) -> Dreams:
        """Return the programs as dreams on one set of inputs."""
        words = self._words(batch, inputs)
        if words is None:
            if len(batch) == 1:
                return Dreams.none(request)
            half = len(batch) // 2
            pieces = batch.first(half), _rest(batch, half)
            return Dreams.concat([self.outputs(piece, inputs, request) for piece in pieces])
        memory = self.evaluator.heap.memory
        end = memory[layout.END]
        room = len(self.evaluator.heap.words) - end
        heap = np.empty(room, np.int64)
        flat = words.reshape(-1)
        _drop(self.evaluator.heap.address, flat, *self.range, self.longest)
        moved = np.zeros(room + 1, np.int64)
        used = copy_values(self.evaluator.heap.address, end, flat, moved, heap)
        writer = Writer()
        types = request.parameters
        rows = [[writer.write(v, t) for v, t in zip(row, types, strict=True)] for row in inputs]
        given = np.array(rows, np.int64).reshape(1, len(inputs), len(types))
        return Dreams(
            request,
            batch.tokens[batch.starts[0] : batch.starts[-1]],
            batch.starts - batch.starts[0],
            -batch.costs,
            np.zeros(len(batch), np.int64),
            shifted(given, used),
            words,
            np.concatenate([heap[:used], shifted(np.array(writer.words, np.int64), used)]),
            tuple(writer.objects),
        )

    def _words(self, batch: Batch, inputs: Sequence[Any]) -> Words | None:
        """Evaluate; None if the block may have been too small for all of it together."""
        evaluator = self.evaluator
        evaluator.forget()
        examples = evaluator.examples(inputs, [False] * len(inputs))
        words = evaluator.words(batch.tokens, batch.starts, examples)
        memory = evaluator.heap.memory
        room = memory[layout.END] - memory[layout.BASE]
        return None if room < TIGHT and len(batch) > 1 else words


def parts(batch: Batch, size: int = 1024) -> Iterator[Batch]:
    """Yield the programs of a batch, ``size`` at a time."""
    for first in range(0, len(batch), size):
        yield _rest(batch, first).first(min(size, len(batch) - first))


def _rest(batch: Batch, first: int) -> Batch:
    """Return the programs of a batch from one on."""
    return Batch(batch.tokens, batch.starts[first:], batch.costs[first:])


@njit("boolean(CPointer(int64), int64, int64, int64, int64)", cache=True, nogil=True)
def _usable(memory: Memory, word: int, low: int, high: int, longest: int) -> bool:
    """Say whether a word is a value of moderate size: no failure, no function, no object."""
    tag = word >> TAG
    if tag in (0, -1):
        return low <= word <= high
    if tag in (LIST, PAIR):
        at, count = word & DATA, 2
        if tag == LIST:
            count = at & 0xFFFF
            at >>= 16
            if count > longest:
                return False
        for i in range(count):  # noqa: SIM110 - compiled code
            if not _usable(memory, memory[at + i], low, high, longest):
                return False
        return True
    return not CLOSURE <= tag <= FAILED


@njit("void(int64, int64[::1], int64, int64, int64)", cache=True, nogil=True)
def _drop(address: int, words: Words, low: int, high: int, longest: int) -> None:
    """Make a failure of each word that is not usable."""
    memory = pointer_to(address)
    for i in range(len(words)):
        if words[i] != ERROR and not _usable(memory, words[i], low, high, longest):
            words[i] = ERROR


@njit(
    "void(int64, int64[:,::1], int64, int64, int64, int64[::1], boolean[::1])",
    cache=True,
    nogil=True,
)
def _sign(
    address: int,
    words: Words,
    low: int,
    high: int,
    longest: int,
    hashes: Words,
    constant: NDArray[np.bool_],
) -> None:
    """Write the hash of each row of values, 0 if it is of no use, and whether all are the same.

    Args:
        address: of the block.
        words: (n, inputs), interned.
        low, high: bounds of integers.
        longest: the longest list allowed.
        hashes, constant: (n,); written.
    """
    memory = pointer_to(address)
    for i in range(len(words)):
        h, seen, first, same = 0, 0, ERROR, True
        for k in range(words.shape[1]):
            word = words[i, k]
            if word == ERROR or not _usable(memory, word, low, high, longest):
                h = mix(h, ERROR)
                continue
            h = mix(h, hash_word(memory, word))
            seen += 1
            if first == ERROR:
                first = word
            same = same and word == first
        constant[i] = same
        hashes[i] = 0
        if 2 * seen >= words.shape[1] and seen > 0:
            hashes[i] = h if h != 0 else 1
