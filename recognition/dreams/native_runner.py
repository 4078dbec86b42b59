"""Running many programs on made-up inputs: which are of use as dreams, and what they make."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ...dsl import Library, Limits, Type, njit
from ...enumerate import Tokens
from ...enumerate.bottomup import mix
from ...enumerate.native import (
    CLOSURE,
    ERROR,
    FAILED,
    LIST,
    PAIR,
    PROGRAM,
    TAG,
    TOP,
    WORD_TYPES,
    Memory,
    NativeEvaluator,
    pointer_to,
    read_tokens,
    run_program,
)
from ...enumerate.topdown import ProgramBatch
from .dream_set import Dreams
from .value_codec import ValueWriter, behind, copy_value, is_integer, settled, shifted

__all__ = ["FUEL", "LONGEST", "NativeRunner", "runs_natively", "tightened"]

Words = NDArray[np.int64]

LONGEST = 40
"""No output of a dream is a longer list."""

FUEL = 2000
"""Calls in one evaluation: dreams are short, and what takes longer is dropped, not waited for."""

BLOCK_WORDS = 1 << 18
ROOM = 8
"""Words behind an output, on the average; where there are more, the heap grows."""


def _symmetric(low: int, high: int) -> int:
    """Return the largest absolute value such that it and all below are in a range, or -1."""
    return min(-low, high) if low <= 0 <= high else -1


def runs_natively(request: Type, limits: Limits) -> bool:
    """Say whether programs of a request can be dreamt natively."""
    one_sided = limits.value_range is not None and _symmetric(*limits.value_range) < 1
    return request.constructors() <= WORD_TYPES and not one_sided


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


class NativeRunner:
    """Runs programs of one library; each thread needs its own.

    Args:
        library: whose programs to run.
        limits: bounds on each evaluation.
    """

    def __init__(self, library: Library, limits: Limits) -> None:
        self.evaluator = NativeEvaluator(library, tightened(limits), words=BLOCK_WORDS)
        low, high = limits.value_range or (-limits.integer, limits.integer)
        self.bounds = low, high, min(LONGEST, limits.value_length or LONGEST)
        self._start = self.evaluator.heap.mark()

    def behaviours(
        self, batch: ProgramBatch, inputs: Sequence[Any], request: Type
    ) -> tuple[Words, NDArray[np.bool_]]:
        """Return a hash of what each program does on all inputs, and whether that is constant.

        The hash is 0 for programs of no use: those that fail on more than half of the inputs.

        Raises:
            OutOfRoom: if the inputs do not fit the block.
        """
        hashes = np.zeros(len(batch), np.int64)
        constant = np.zeros(len(batch), np.bool_)
        examples, _, _ = self._show(inputs, request)
        heap = self.evaluator.heap
        with heap.watched():
            _sign(
                heap.address,
                batch.tokens,
                batch.starts,
                examples,
                *self.bounds,
                hashes,
                constant,
            )
        self.evaluator.check()
        return hashes, constant

    def outputs(self, batch: ProgramBatch, inputs: Sequence[Any], request: Type) -> Dreams:
        """Return the programs as dreams on one set of inputs.

        Raises:
            OutOfRoom: if the inputs do not fit the block.
        """
        examples, given, written = self._show(inputs, request)
        words = np.empty((len(batch), len(inputs)), np.int64)
        values = np.empty(len(written) + ROOM * words.size, np.int64)
        values[: len(written)] = written
        heap = self.evaluator.heap
        state = np.array([0, len(written)])
        with heap.watched():
            while not _record(
                heap.address,
                batch.tokens,
                batch.starts,
                examples,
                *self.bounds,
                words,
                values,
                state,
            ):
                values = np.concatenate([values, np.empty_like(values)])
        self.evaluator.check()
        return Dreams(
            request,
            batch.tokens[batch.starts[0] : batch.starts[-1]],
            batch.starts - batch.starts[0],
            -batch.costs,
            np.zeros(len(batch), np.int64),
            given[None],
            words,
            values[: state[1]],
        )

    def _show(self, inputs: Sequence[Any], request: Type) -> tuple[Words, Words, Words]:
        """Write inputs into the block, in place of those before.

        Returns:
            int64[examples, 2], environment and inputs of each (see :func:`.batch.run_program`); the
            words of the inputs, int64[examples, arguments], and the values that these point to.
        """
        writer = ValueWriter()
        types = request.parameters
        rows = [[writer.write(v, t) for v, t in zip(row, types, strict=True)] for row in inputs]
        count = len(types)
        given = np.array(rows, np.int64).reshape(len(inputs), count)
        written = np.array(writer.words, np.int64)
        heap = self.evaluator.heap
        heap.release(self._start)
        start = heap.allocate(len(written) + len(inputs) * (3 * count + 1))
        end = start + len(written)
        heap.words[start:end] = shifted(written, start)
        # Of each example: an environment for each argument, then all of them as a vector.
        shown = heap.words[end : heap.memory[TOP]].reshape(len(inputs), 3 * count + 1)
        places = end + np.arange(len(inputs)) * shown.shape[1]
        here = shifted(given, start)
        for i in range(count):
            shown[:, 2 * i] = here[:, i]
            shown[:, 2 * i + 1] = places + 2 * (i - 1) if i else 0
        shown[:, 2 * count] = count
        shown[:, 2 * count + 1 :] = here
        heap.keep()
        environments = places + 2 * (count - 1) if count else np.zeros_like(places)
        return np.stack([environments, places + 2 * count], axis=1), given, written


@njit("int64(CPointer(int64), int64, int64, int64, int64)", cache=True, nogil=True)
def _moderate(memory: Memory, word: int, low: int, high: int, longest: int) -> int:
    """Return how many words lie behind a value, -1 if it is none of moderate size.

    Failures, functions and objects are none, nor is what contains one.
    """
    if is_integer(word):
        return 0 if low <= word <= high else -1
    tag = word >> TAG
    if tag not in (LIST, PAIR):
        return -1 if CLOSURE <= tag <= FAILED else 0
    at, count = behind(word)
    if tag == LIST and count > longest:
        return -1
    total: int = count
    for i in range(count):
        part = memory[at + i]
        if is_integer(part):  # most are, and a call takes longer than to look
            if not low <= part <= high:
                return -1
            continue
        inner = _moderate(memory, part, low, high, longest)
        if inner < 0:
            return -1
        total += inner
    return total


@njit("int64(CPointer(int64), int64)", cache=True, nogil=True)
def _hash(memory: Memory, word: int) -> int:
    """Return a hash of a value: of what it is, not of where it lies."""
    tag = word >> TAG
    if tag not in (LIST, PAIR):
        return settled(word)
    at, count = behind(word)
    h: int = tag << 32 | count
    for i in range(count):
        part = memory[at + i]
        h = mix(h, part if is_integer(part) else _hash(memory, part))
    return h


@njit(
    "void(int64, int16[::1], int64[::1], int64[:,::1], int64, int64, int64, int64[::1], "
    "boolean[::1])",
    cache=True,
    nogil=True,
    error_model="numpy",
)
def _sign(
    address: int,
    tokens: Tokens,
    starts: Words,
    examples: Words,
    low: int,
    high: int,
    longest: int,
    hashes: Words,
    constant: NDArray[np.bool_],
) -> None:
    """Write the hash of what each program does, 0 if it is of no use, and whether that is constant.

    Args:
        address: of the block.
        tokens: the programs one after another.
        starts: (n + 1,), where each begins.
        examples: (E, 2), environment and inputs.
        low, high: bounds of integers.
        longest: the longest list allowed.
        hashes, constant: (n,); written.
    """
    memory = pointer_to(address)
    for i in range(len(hashes)):
        h, seen, first, same = 0, 0, 0, True
        if read_tokens(memory, tokens, starts[i], starts[i + 1], memory[PROGRAM]):
            for k in range(len(examples)):
                word = run_program(memory, examples[k, 0], examples[k, 1])
                if word == ERROR or _moderate(memory, word, low, high, longest) < 0:
                    h = mix(h, ERROR)
                    if 2 * (k + 1 - seen) > len(examples):
                        break  # of no use any more
                    continue
                value = _hash(memory, word)
                h = mix(h, value)
                if seen == 0:
                    first = value
                seen += 1
                same = same and value == first
        constant[i] = same
        hashes[i] = 0
        if 2 * seen >= len(examples) and seen > 0:
            hashes[i] = h if h != 0 else 1


@njit(
    "boolean(int64, int16[::1], int64[::1], int64[:,::1], int64, int64, int64, int64[:,::1], "
    "int64[::1], int64[::1])",
    cache=True,
    nogil=True,
    error_model="numpy",
)
def _record(
    address: int,
    tokens: Tokens,
    starts: Words,
    examples: Words,
    low: int,
    high: int,
    longest: int,
    words: Words,
    values: Words,
    state: Words,
) -> bool:
    """Write what each program gives on each example, and the values that it points to.

    Args:
        address, tokens, starts, examples, low, high, longest: see :func:`_sign`.
        words: (n, E); written, with ``ERROR`` where there is no value of moderate size.
        values: the heap that the words point to; written.
        state: (2,), the program to go on with, and how much of the heap is used; changed.

    Returns:
        Whether all programs are done; else a larger heap is needed.
    """
    memory = pointer_to(address)
    while state[0] < len(words):
        i = state[0]
        before = state[1]
        good = read_tokens(memory, tokens, starts[i], starts[i + 1], memory[PROGRAM])
        for k in range(len(examples)):
            word = run_program(memory, examples[k, 0], examples[k, 1]) if good else ERROR
            size = -1 if word == ERROR else _moderate(memory, word, low, high, longest)
            if state[1] + size > len(values):
                state[1] = before
                return False
            words[i, k] = ERROR if size < 0 else copy_value(memory, word, values, state)
        state[0] += 1
    return True
