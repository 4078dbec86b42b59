"""Interning: equal values become equal words, so that a word is its own key.

Interned lists and pairs lie at the end of the block, each stored once with interned elements, and
are found through an open-addressing table of words. Whole rows of words can then be compared and
hashed as integers, whatever their type. Functions and objects of Python are equal only to
themselves here; ``-0.0`` becomes ``0.0``.

The table is int64[HEAD + mask + 1]: the mask, the number of words, then the places, 0 for a free
one. A place is looked for by linear probing.
"""

from __future__ import annotations

from ....dsl import njit
from .block_access import allocate, copy, decode_real, encode_real, exhausted, is_real
from .word_layout import DATA, EMPTY, END, ERROR, LIST, OUT_OF_MEMORY, PAIR, TAG, TOP, Memory

__all__ = ["HEAD", "intern"]

MASK, USED, HEAD = 0, 1, 2
"""Words of the table: its number of places less 1, the words in it, and the first place."""

_PRIME = 0x9E3779B97F4A7C15 - (1 << 64)


@njit("int64(CPointer(int64), CPointer(int64), int64)", cache=True, nogil=True)
def intern(memory: Memory, table: Memory, word: int) -> int:
    """Return the one word for a value; the poison value if there is no more room."""
    tag = word >> TAG
    if tag not in (LIST, PAIR):
        if is_real(word) and decode_real(word) == 0.0:
            return encode_real(0.0)
        return word
    start = word & DATA
    count = 2
    if tag == LIST:
        count = start & 0xFFFF
        start >>= 16
        if count == 0:
            return EMPTY
    top = memory[TOP]
    new = allocate(memory, count)
    if new == 0:
        return ERROR
    key = tag * _PRIME
    for i in range(count):
        element = intern(memory, table, memory[start + i])
        if element == ERROR:
            return ERROR
        memory[new + i] = element
        key = (key ^ element) * _PRIME
        key ^= (key >> 29) & 0x7FFFFFFFF
    memory[TOP] = top
    mask = table[MASK]
    place = key & mask
    while table[HEAD + place] != 0:
        known = table[HEAD + place]
        at = known & DATA
        size = 2
        if known >> TAG == LIST:
            size = at & 0xFFFF
            at >>= 16
        if known >> TAG == tag and size == count:
            same = True
            for i in range(count):
                if memory[at + i] != memory[new + i]:
                    same = False
                    break
            if same:
                return known
        place = (place + 1) & mask
    end = memory[END] - count
    if end < new + count or 2 * table[USED] > mask:
        exhausted(memory, OUT_OF_MEMORY)
        return ERROR
    copy(memory, new, end, count)
    memory[END] = end
    found = PAIR << TAG | end
    if tag == LIST:
        found = EMPTY | end << 16 | count
    table[HEAD + place] = found
    table[USED] += 1
    return found
