"""Packed values: they come back as they were, equal ones are one, tables may grow at any time."""

from typing import Any

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from reverie.dsl.model.interpreter import Limits
from reverie.dsl.support.jit import njit
from reverie.enumerate.bottomup.bank.bank_layout import BLOCK_USED, INTERNED, PROGRESS_WORDS
from reverie.enumerate.bottomup.bank.value_interning import (
    POISON,
    find,
    grow_hashes,
    grow_interned,
    hash_word,
    pack,
    unpack,
)
from reverie.enumerate.native.block import Block
from reverie.enumerate.native.memory.block_access import pointer_to
from reverie.enumerate.native.memory.word_layout import ERROR

numbers = st.integers(-(2**31) + 1, 2**31 - 1) | st.sampled_from([2**30 - 1, 2**30, -(2**30) - 1])
atoms = numbers | st.booleans() | st.sampled_from("ab ") | st.floats(-9, 9).filter(lambda x: x % 1)
values = st.recursive(
    atoms, lambda inner: st.lists(inner, max_size=5) | st.tuples(inner, inner), max_leaves=12
)


@njit
def _pack(address: int, word: int, end: int, interned: Any, progress: Any) -> int:
    memory = pointer_to(address)
    return pack(memory, word, hash_word(memory, word), end, interned, progress)


@njit
def _unpack(address: int, packed: int) -> int:
    return unpack(pointer_to(address), packed)


@settings(deadline=None, max_examples=60)
@given(st.lists(values, min_size=1, max_size=12), st.data())
def test_packed_values_come_back_and_equal_ones_are_one(given_: list[Any], data: Any) -> None:
    heap = Block(1 << 16, Limits())
    progress = np.zeros(PROGRESS_WORDS, np.int64)
    progress[BLOCK_USED] = 1 << 15
    interned = np.zeros(64, np.int64)
    packed: dict[str, int] = {}
    for value in given_ + given_[::-1]:
        if data.draw(st.booleans()) or 2 * progress[INTERNED] > len(interned) - 32:
            larger = np.zeros(2 * len(interned), np.int64)
            grow_interned(interned, larger)
            interned = larger
        word = heap.encode(value)
        found = _pack(heap.address, word, 1 << 16, interned, progress)
        assert -(2**31) <= found < 2**31
        assert packed.setdefault(repr(value), found) == found
        heap.clear()  # what lies in scratch may go
        assert repr(heap.decode(_unpack(heap.address, found))) == repr(value)
    assert len(set(packed.values())) == len(packed)
    assert np.count_nonzero(interned) == progress[INTERNED]


def test_poison_needs_no_box() -> None:
    heap = Block(1 << 12, Limits())
    progress = np.zeros(PROGRESS_WORDS, np.int64)
    assert _pack(heap.address, ERROR, 1 << 12, np.zeros(64, np.int64), progress) == POISON
    assert _unpack(heap.address, POISON) == ERROR
    assert not progress.any()


@given(st.lists(st.integers(-(2**63), 2**63 - 1).filter(bool), max_size=40, unique=True))
def test_a_set_of_hashes_keeps_them_when_it_grows(hashes: list[int]) -> None:
    table = np.zeros(64, np.int64)
    for h in hashes:
        table[find(table, h)] = h
    larger = np.zeros(128, np.int64)
    grow_hashes(table, larger)
    for held in (table, larger):
        assert sorted(held[held != 0].tolist()) == sorted(hashes)
        assert all(held[find(held, h)] == h for h in hashes)
