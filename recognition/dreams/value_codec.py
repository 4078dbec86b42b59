"""Values in flat arrays: what dreams and examples are made of, for kernels.

A value is one word, as in the native evaluator's block
(:mod:`reverie.enumerate.native.memory.word_layout`): integers, booleans, characters and reals are
the word itself, a list or a pair points to consecutive words of a *heap*, an int64 array that grows
at its end. A ``str`` is a list of characters here. What else there is, values of a domain's own
types, is a handle: a position in a table of objects.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ...dsl import BOOL, CHAR, INT, REAL, STR, Type, TypeConstructor, njit
from ...enumerate.native import BOOL as BOOL_TAG
from ...enumerate.native import CHAR as CHAR_TAG
from ...enumerate.native import (
    DATA,
    EMPTY,
    EXPONENT,
    FALSE,
    HANDLE,
    LIST,
    LONGEST,
    PAIR,
    REALS,
    TAG,
    TRUE,
    Memory,
)

__all__ = [
    "ValueWriter",
    "behind",
    "copy_value",
    "is_integer",
    "key_of",
    "read_value",
    "settled",
    "shift",
    "shifted",
]

Words = NDArray[np.int64]

LARGEST = (1 << TAG) - 1
"""Integers beyond this, which a task may have, are taken for this."""

ZERO = EXPONENT
MINUS_ZERO = -(1 << 63)
"""The words of two reals that are equal."""


class ValueWriter:
    """Writes Python values to a heap.

    Attributes:
        words: the heap so far.
        objects: what the handles stand for.
    """

    def __init__(self) -> None:
        self.words: list[int] = []
        self.objects: list[Any] = []
        self._places: dict[Any, int] = {}

    def write(self, value: Any, type: Type) -> int:
        """Return the word of a value of ``type``."""
        if type is INT:
            return max(-LARGEST, min(LARGEST, int(value)))
        if type is BOOL:
            return TRUE if value else FALSE
        if type is CHAR:
            return CHAR_TAG << TAG | ord(value)
        if type is REAL:
            bits = int((np.float64(value) + 0.0).view(np.int64))
            return bits ^ (~(bits >> 63) & EXPONENT)
        if type is STR:
            return self._list([self.write(c, CHAR) for c in value])
        if isinstance(type, TypeConstructor) and type.name == "list":
            element = type.arguments[0]
            if element is INT:  # the most common by far
                return self._list([max(-LARGEST, min(LARGEST, int(v))) for v in value])
            return self._list([self.write(v, element) for v in value])
        if isinstance(type, TypeConstructor) and type.name == "pair":
            parts = [self.write(v, t) for v, t in zip(value, type.arguments, strict=True)]
            return PAIR << TAG | self._place(parts)
        return HANDLE << TAG | self._object(value)

    def _list(self, words: list[int]) -> int:
        if not words:
            return EMPTY
        words = words[:LONGEST]
        return EMPTY | self._place(words) << 16 | len(words)

    def _place(self, words: list[int]) -> int:
        start = len(self.words)
        self.words += words
        return start

    def _object(self, value: Any) -> int:
        """Return the place of an object; equal ones share it where they can be hashed."""
        try:
            place = self._places.setdefault(value, len(self.objects))
        except TypeError:
            place = len(self.objects)
        if place == len(self.objects):
            self.objects.append(value)
        return place


def key_of(value: Any) -> Any:
    """Return what tells a value of any type from others, for people's types by what they print."""
    if isinstance(value, (list, tuple)):
        return tuple(map(key_of, value))
    if hasattr(value, "tobytes"):  # arrays print in part only
        return getattr(value, "shape", None), value.tobytes()
    return repr(value)


def read_value(word: int, type: Type, heap: Words, objects: Sequence[Any] = ()) -> Any:
    """Return the Python value of a word of ``type``."""
    if type is STR:
        return "".join(read_value(word, TypeConstructor("list", (CHAR,)), heap))
    tag, data = word >> TAG, word & DATA
    if tag in (0, -1):
        return word
    if not -REALS <= word < REALS:
        return float(np.int64(word ^ (~(word >> 63) & EXPONENT)).view(np.float64))
    if tag == BOOL_TAG:
        return data == 1
    if tag == CHAR_TAG:
        return chr(data)
    inner = type.arguments if isinstance(type, TypeConstructor) else ()
    if tag == LIST:
        start, count = data >> 16, data & 0xFFFF
        element = inner[0] if inner else type
        return [read_value(w, element, heap, objects) for w in heap[start : start + count].tolist()]
    if tag == PAIR:
        parts = zip(heap[data : data + 2].tolist(), inner or (type, type), strict=True)
        return tuple(read_value(w, t, heap, objects) for w, t in parts)
    if tag == HANDLE:
        return objects[data]
    raise ValueError(f"the word {word:#x} is not a value")


def shifted(words: Words, offset: int, objects: int = 0) -> Words:
    """Return words whose heap was moved by ``offset`` words, and whose objects by ``objects``."""
    out = np.empty(words.size, np.int64)
    shift(np.ascontiguousarray(words).reshape(-1), offset, objects, out)
    return out.reshape(words.shape)


@njit("void(int64[::1], int64, int64, int64[::1])", cache=True, nogil=True)
def shift(words: Words, offset: int, objects: int, out: Words) -> None:
    """Write words to ``out`` as :func:`shifted` returns them."""
    for i in range(len(words)):
        word = words[i]
        tag = word >> TAG
        if tag == LIST and word != EMPTY:
            word += offset << 16
        elif tag == PAIR:
            word += offset
        elif tag == HANDLE:
            word += objects
        out[i] = word


@njit(forceinline=True)
def is_integer(word: int) -> bool:
    """Say whether a word is an integer."""
    return -1 <= word >> TAG <= 0


@njit(forceinline=True)
def behind(word: int) -> tuple[int, int]:
    """Return where the words of a list or a pair begin, and how many there are."""
    data = word & DATA
    return (data >> 16, data & 0xFFFF) if word >> TAG == LIST else (data, 2)


@njit(forceinline=True)
def settled(word: int) -> int:
    """Return the one word for a value that points nowhere: ``-0.0`` is ``0.0``."""
    return ZERO if word == MINUS_ZERO else word


@njit("int64(CPointer(int64), int64, int64[::1], int64[::1])", cache=True, nogil=True)
def copy_value(memory: Memory, word: int, heap: Words, state: Words) -> int:
    """Copy a value out of an evaluator's block; return its word, which points to the heap.

    Args:
        memory: the block.
        word: of the value, without functions and objects.
        heap: has room for it; written.
        state: its second word says where the free part of the heap begins; changed.
    """
    tag = word >> TAG
    if tag not in (LIST, PAIR):
        return settled(word)
    at, count = behind(word)
    if count == 0:
        return EMPTY
    start: int = state[1]
    state[1] += count
    for i in range(count):
        part = memory[at + i]
        heap[start + i] = part if is_integer(part) else copy_value(memory, part, heap, state)
    return PAIR << TAG | start if tag == PAIR else EMPTY | start << 16 | count
