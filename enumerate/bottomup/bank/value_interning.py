"""Values by content: hashes, and 32 bits that stand for all values that are equal (hash consing).

A kept value is *packed*: an even number is twice an integer, an odd one is twice the offset of a
*box* and one. A box is a word in the block, the value's own, and of a list or pair its content
comes next, unless that is a part of another's. Equal values share a box. The box at offset 0 is
the poison value.
"""

from __future__ import annotations

from typing import Final

import numpy as np
from numpy.typing import NDArray

from ....dsl import njit
from ...native.memory.block_access import equal, is_integer, pointer_to, prefetch
from ...native.memory.word_layout import BASE, DATA, EMPTY, END, ERROR, LIST, PAIR, TAG, Memory
from .bank_layout import BLOCK_USED, INTERNED, LOW

__all__ = [
    "POISON",
    "expect",
    "expect_box",
    "expect_value",
    "find",
    "grow_hashes",
    "grow_interned",
    "hash_word",
    "mix",
    "pack",
    "unpack",
]

Words = NDArray[np.int64]

POISON: Final = 1
"""The poison value, packed."""

DIRECT: Final = 1 << 30
"""Integers below this, either side of 0, need no box."""
OFFSET: Final = (1 << 31) - 1

# Large odd numbers.
_SEED: Final = -7070675565921424023
_ODD: Final = -4417276706812531889
_STEP: Final = -7046029254386353131
"""Another, 2**64 by the golden ratio: its multiples are far from one another."""


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
        # A sum of products: the elements do not wait for one another.
        h = count
        factor = _ODD
        for i in range(count):
            element = memory[start + i]
            if LIST <= element >> TAG <= PAIR:
                element = hash_word(memory, element)
            factor += _STEP
            word = (element ^ factor) * _SEED
            h += (word ^ (word >> 32) & LOW) * (factor | 1)
        return mix(_SEED, h)
    if tag == PAIR:
        h = mix(PAIR << 20, hash_word(memory, memory[word & DATA]))
        return mix(h, hash_word(memory, memory[(word & DATA) + 1]))
    return word


@njit(forceinline=True)
def unpack(memory: Memory, packed: int) -> int:
    """Return the word of a packed value."""
    word: int = memory[packed >> 1 & OFFSET] if packed & 1 else packed >> 1
    return word


@njit(forceinline=True)
def _place(h: int, slots: int) -> int:
    """Return where in a table of so many slots the search for a hash begins.

    The highest bits say so. Thus what lies in order lies in order still when the table grows, and
    growing goes through memory from one end to the other.
    """
    return ((h >> 32) & LOW) * slots >> 32


@njit(forceinline=True)
def find(hashes: Words, h: int) -> int:
    """Return the slot of a hash in a set of hashes, or the free one where it belongs."""
    mask = len(hashes) - 1
    slot: int = _place(h, len(hashes))
    while hashes[slot] != 0 and hashes[slot] != h:
        slot = (slot + 1) & mask
    return slot


@njit(forceinline=True)
def expect(table: Words, h: int) -> None:
    """Ask for the slot of a hash, in the table of hashes or of interned values."""
    prefetch(pointer_to(table.ctypes.data), _place(h, len(table)))


@njit(forceinline=True)
def expect_box(memory: Memory, interned: Words, h: int) -> None:
    """Ask for the box that a value with a hash most likely has; its slot had to be asked for."""
    prefetch(memory, interned[_place(h, len(interned))] & LOW)


@njit(forceinline=True)
def expect_value(memory: Memory, packed: int) -> None:
    """Ask for a packed value's box."""
    if packed & 1:
        prefetch(memory, packed >> 1 & OFFSET)


@njit("int64(CPointer(int64), int64, int64, int64, int64[::1], int64[::1])", cache=True, nogil=True)
def pack(memory: Memory, word: int, h: int, end: int, interned: Words, progress: Words) -> int:
    """Return a value packed, making its box if there is none.

    Args:
        memory: the block.
        word: the value.
        h: its hash: see :func:`hash_word`.
        end: of the block; if it is reached, the poison value is returned.
        interned: int64[2**k], what is boxed so far: the high half of the hash, and the offset of
            the box; 0 where free. Entries lie where the hash's highest bits say.
        progress: ``INTERNED`` and ``BLOCK_USED`` move.
    """
    if is_integer(word) and -DIRECT <= word < DIRECT:
        return word << 1
    if word == ERROR:
        return POISON
    tag = word >> TAG
    count = 0
    start = word & DATA
    if tag == LIST:
        count = word & 0xFFFF
        start >>= 16
    elif tag == PAIR:
        count = 2
    else:
        h = mix(h, word)
    high = h >> 32
    mask = len(interned) - 1
    slot = _place(h, len(interned))
    while interned[slot] != 0:
        if interned[slot] >> 32 == high:
            at = interned[slot] & LOW
            if equal(memory, memory[at], word, 0) == 1:
                return int(at << 1 | 1)
        slot = (slot + 1) & mask
    new = progress[BLOCK_USED]
    # What lies before scratch or behind it stays: a part of such a list needs no copy.
    stays = tag == LIST and (start >= memory[END] or start + count <= memory[BASE])
    copied = 0 if stays else count
    if new + 1 + copied > end:
        return POISON
    progress[BLOCK_USED] = new + 1 + copied
    content = start if stays else new + 1
    nested = False
    for i in range(copied):
        memory[content + i] = memory[start + i]
        nested = nested or LIST <= memory[start + i] >> TAG <= PAIR
    if nested:
        for i in range(copied):
            part = memory[content + i]
            if LIST <= part >> TAG <= PAIR:
                inner = pack(memory, part, hash_word(memory, part), end, interned, progress)
                memory[content + i] = unpack(memory, inner)
        slot = _place(h, len(interned))
        while interned[slot] != 0:
            slot = (slot + 1) & mask
    if tag == PAIR:
        word = PAIR << TAG | content
    elif count:
        word = EMPTY | content << 16 | count
    elif tag == LIST:
        word = EMPTY
    memory[new] = word
    interned[slot] = high << 32 | new
    progress[INTERNED] += 1
    return int(new << 1 | 1)


@njit("void(int64[::1], int64[::1])", cache=True, nogil=True)
def grow_hashes(old: Words, new: Words) -> None:
    """Move a set of hashes to a larger array of zeros."""
    for h in old:
        if h != 0:
            new[find(new, h)] = h


@njit("void(int64[::1], int64[::1])", cache=True, nogil=True)
def grow_interned(old: Words, new: Words) -> None:
    """Move the table of interned values to a larger array of zeros."""
    mask = len(new) - 1
    for entry in old:
        if entry != 0:
            slot = _place(entry, len(new))
            while new[slot] != 0:
                slot = (slot + 1) & mask
            new[slot] = entry
