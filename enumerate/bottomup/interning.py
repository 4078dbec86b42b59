"""Values by content: hashes, and one word for all values that are equal."""

from __future__ import annotations

from typing import Final

import numpy as np
from numpy.typing import NDArray

from ..native.jit import Memory, njit
from ..native.layout import DATA, EMPTY, ERROR, LIST, PAIR, TAG
from ..native.memory import equal
from .record import BLOCK_USED, INTERNED, LOW

__all__ = ["grow_hashes", "grow_interned", "hash_word", "intern", "mix"]

Words = NDArray[np.int64]

# Two large odd numbers.
_SEED: Final = -7070675565921424023
_ODD: Final = -4417276706812531889


@njit
def mix(seed: int, word: int) -> int:
    """Mix a word into a 64-bit hash; seed and word play different parts, so order matters."""
    h = ((seed + _SEED) * _ODD ^ word) * _SEED
    h ^= (h >> 29) & 0x7FFFFFFFF
    h *= _ODD
    return h ^ ((h >> 32) & LOW)


@njit("int64(CPointer(int64), int64)", cache=True, nogil=True)
def hash_word(memory: Memory, word: int) -> int:
    """Return a hash of a value that depends on its content, not on where it lies."""
    tag = word >> TAG
    if tag == LIST:
        start = (word & DATA) >> 16
        count = word & 0xFFFF
        h = _SEED ^ count
        for i in range(count):
            element = memory[start + i]
            if LIST <= element >> TAG <= PAIR:
                element = hash_word(memory, element)
            h = (h ^ element) * _SEED
            h ^= (h >> 32) & LOW
        return h
    if tag == PAIR:
        h = mix(PAIR << 20, hash_word(memory, memory[word & DATA]))
        return mix(h, hash_word(memory, memory[(word & DATA) + 1]))
    return word


@njit("int64(CPointer(int64), int64, int64, int64[:, ::1], int64[::1])", cache=True, nogil=True)
def intern(memory: Memory, word: int, end: int, interned: Words, progress: Words) -> int:
    """Return the word that stands for all values equal to this one, making it if there is none.

    Args:
        memory: the block.
        word: a value.
        end: of the block; if it is reached, the poison value is returned.
        interned: int64[2**k, 2], hash and word of the values interned so far, 0 where free.
        progress: ``INTERNED`` and ``BLOCK_USED`` move.
    """
    tag = word >> TAG
    if tag != LIST and tag != PAIR:
        return word
    count = 2
    start = word & DATA
    if tag == LIST:
        count = word & 0xFFFF
        start >>= 16
        if count == 0:
            return EMPTY
    h = hash_word(memory, word)
    mask = len(interned) - 1
    slot = h & mask
    while interned[slot, 1] != 0:
        if interned[slot, 0] == h and equal(memory, interned[slot, 1], word, 0) == 1:
            return int(interned[slot, 1])
        slot = (slot + 1) & mask
    new = progress[BLOCK_USED]
    if new + count > end:
        return ERROR
    progress[BLOCK_USED] = new + count
    for i in range(count):
        memory[new + i] = memory[start + i]
    nested = False
    for i in range(count):
        nested = nested or LIST <= memory[new + i] >> TAG <= PAIR
    if nested:
        for i in range(count):
            memory[new + i] = intern(memory, memory[new + i], end, interned, progress)
        slot = h & mask
        while interned[slot, 1] != 0:
            slot = (slot + 1) & mask
    result: int = PAIR << TAG | new if tag == PAIR else EMPTY | new << 16 | count
    interned[slot, 0] = h
    interned[slot, 1] = result
    progress[INTERNED] += 1
    return result


@njit("void(int64[::1], int64[::1])", cache=True, nogil=True)
def grow_hashes(old: Words, new: Words) -> None:
    """Move a set of hashes to a larger array of zeros."""
    mask = len(new) - 1
    for h in old:
        if h != 0:
            slot = h & mask
            while new[slot] != 0:
                slot = (slot + 1) & mask
            new[slot] = h


@njit("void(int64[:, ::1], int64[:, ::1])", cache=True, nogil=True)
def grow_interned(old: Words, new: Words) -> None:
    """Move the table of interned values to a larger array of zeros."""
    mask = len(new) - 1
    for i in range(len(old)):
        if old[i, 1] != 0:
            slot = old[i, 0] & mask
            while new[slot, 1] != 0:
                slot = (slot + 1) & mask
            new[slot, 0] = old[i, 0]  # copying a row would take seconds more to compile
            new[slot, 1] = old[i, 1]
