"""Values in flat arrays: what dreams and examples are made of, for kernels.

A value is one word, as in the native evaluator's block (:mod:`reverie.enumerate.native.layout`):
integers, booleans, characters and reals are the word itself, a list or a pair points to consecutive
words of a *heap*, an int64 array that grows at its end. A ``str`` is a list of characters here.
What else there is, values of a domain's own types, is a handle: a position in a table of objects.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ..dsl.types import BOOL, CHAR, INT, REAL, STR, Type, TypeConstructor
from ..enumerate.native import layout
from ..enumerate.native.jit import Memory, njit
from ..enumerate.native.layout import (
    DATA,
    EMPTY,
    EXPONENT,
    HANDLE,
    LIST,
    PAIR,
    REALS,
    TAG,
)
from ..enumerate.native.memory import pointer_to

__all__ = ["Writer", "copy_values", "key_of", "read_value", "shifted"]

Words = NDArray[np.int64]

LARGEST = (1 << TAG) - 1
"""Integers beyond this, which a task may have, are taken for this."""


class Writer:
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
            return layout.TRUE if value else layout.FALSE
        if type is CHAR:
            return layout.CHAR << TAG | ord(value)
        if type is REAL:
            bits = int((np.float64(value) + 0.0).view(np.int64))
            return bits ^ (~(bits >> 63) & EXPONENT)
        if type is STR:
            return self._list([self.write(c, CHAR) for c in value])
        if isinstance(type, TypeConstructor) and type.name == "list":
            return self._list([self.write(v, type.arguments[0]) for v in value])
        if isinstance(type, TypeConstructor) and type.name == "pair":
            parts = [self.write(v, t) for v, t in zip(value, type.arguments, strict=True)]
            return PAIR << TAG | self._place(parts)
        return HANDLE << TAG | self._object(value)

    def _list(self, words: list[int]) -> int:
        if not words:
            return EMPTY
        words = words[: layout.LONGEST]
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
    if tag == layout.BOOL:
        return data == 1
    if tag == layout.CHAR:
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
    _shift(np.ascontiguousarray(words).reshape(-1), offset, objects, out)
    return out.reshape(words.shape)


@njit("void(int64[::1], int64, int64, int64[::1])", cache=True, nogil=True)
def _shift(words: Words, offset: int, objects: int, out: Words) -> None:
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


@njit("int64(CPointer(int64), int64, int64, int64[::1], int64[::1])", cache=True, nogil=True)
def _copy(memory: Memory, word: int, end: int, moved: Words, heap: Words) -> int:
    tag = word >> TAG
    if tag != LIST and tag != PAIR:
        return word
    at, count = word & DATA, 2
    if tag == LIST:
        count = at & 0xFFFF
        at >>= 16
        if count == 0:
            return EMPTY
    if moved[at - end + 1] != 0:
        return int(moved[at - end + 1])
    start = moved[0]
    moved[0] += count
    for i in range(count):
        heap[start + i] = _copy(memory, memory[at + i], end, moved, heap)
    found: int = PAIR << TAG | start if tag == PAIR else EMPTY | start << 16 | count
    moved[at - end + 1] = found
    return found


@njit("int64(int64, int64, int64[::1], int64[::1], int64[::1])", cache=True, nogil=True)
def copy_values(address: int, end: int, words: Words, moved: Words, heap: Words) -> int:
    """Copy interned values out of an evaluator's block; return how many words of heap were used.

    Args:
        address: of the block.
        end: where its interned values begin.
        words: (n,), values without functions and objects; changed to words of the heap.
        moved: (1 + interned words,) zeros; scratch.
        heap: as long as the interned words; written.
    """
    memory = pointer_to(address)
    for i in range(len(words)):
        words[i] = _copy(memory, words[i], end, moved, heap)
    return int(moved[0])
