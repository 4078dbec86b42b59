"""Kernels on single paths: reading them off values, summaries, tests and predicates.

The plain definitions are in :mod:`reverie.recognition.features.value_paths` and in
:mod:`reverie.recognition.features.property_reference`, in the same order.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from ...dsl import njit
from ...enumerate.native import DATA, LIST, PAIR, TAG, decode_real
from .value_paths import EACH, ID, LENGTH, LETTER, NUMBER, TRUTH

__all__ = ["MOST_SUMMARIES", "NUMBER_TESTS", "has", "predicates_of", "summarise", "test", "walk"]

Words = NDArray[np.int64]
Floats = NDArray[np.float64]
Truths = NDArray[np.int8]

MOST_SUMMARIES = 8
NUMBER_TESTS, LETTER_TESTS = 3, 4

_ODD = -7070675565921424023


@njit("int64(int64[::1], int64)", cache=True, nogil=True)
def _hash(heap: Words, word: int) -> int:
    """Return a hash of a value by its content."""
    tag = word >> TAG
    if tag != LIST and tag != PAIR:
        return (word ^ (word >> 29)) * _ODD
    at, count = word & DATA, 2
    if tag == LIST:
        count = at & 0xFFFF
        at >>= 16
    h = tag * 1021 + count
    for i in range(count):
        h = (h ^ _hash(heap, heap[at + i])) * _ODD
        h ^= (h >> 31) & 0x1FFFFFFFF
    return h


@njit(
    "int64(int64[::1], int64, int64[::1], int64, int64, float64[::1], int64)",
    cache=True,
    nogil=True,
)
def walk(heap: Words, word: int, steps: Words, at: int, kind: int, out: Floats, count: int) -> int:
    """Append to ``out`` what a value shows on a path; return how many numbers there are then."""
    if count == len(out):
        return count
    step = steps[at]
    data = word & DATA
    if step == EACH:
        start = data >> 16
        for i in range(start, start + (data & 0xFFFF)):
            count = walk(heap, heap[i], steps, at + 1, kind, out, count)
        return count
    if step == LENGTH:
        out[count] = data & 0xFFFF
    elif step >= 0:
        return walk(heap, heap[data + step], steps, at + 1, kind, out, count)
    elif kind == NUMBER:
        out[count] = decode_real(word)
    elif kind == ID:
        out[count] = _hash(heap, word) & ((1 << 52) - 1)
    else:
        out[count] = data
    return count + 1


@njit(cache=True, nogil=True)
def has(xs: Floats, n: int, x: float) -> bool:
    """Say whether a number is among the first ``n``."""
    for i in range(n):  # noqa: SIM110 - compiled code
        if xs[i] == x:
            return True
    return False


@njit(cache=True, nogil=True)
def test(kind: int, number: int, x: float) -> bool:
    """Say whether an element passes a test of its kind."""
    if kind == NUMBER:
        if number == 0:
            return bool(x == 2.0 * np.floor(0.5 * x))
        return x > 0.0 if number == 1 else x == 0.0
    if number == 0:
        return 97.0 <= x <= 122.0
    if number == 1:
        return 65.0 <= x <= 90.0
    return 48.0 <= x <= 57.0 if number == 2 else x == 32.0


@njit(cache=True, nogil=True)
def tests(kind: int) -> int:
    """Return how many tests there are for elements of a kind."""
    if kind == NUMBER:
        return NUMBER_TESTS
    return LETTER_TESTS if kind == LETTER else 0


@njit(
    "int64(int64, boolean, float64[::1], int64, float64[::1], int64[::1])", cache=True, nogil=True
)
def summarise(kind: int, scalar: bool, xs: Floats, n: int, values: Floats, kinds: Words) -> int:
    """Write the summaries of a path and their kinds; return how many there are."""
    if scalar:
        values[0], kinds[0] = xs[0], kind
        return 1
    distinct, total, least, greatest = 0, 0.0, np.nan, np.nan
    for i in range(n):
        distinct += not has(xs, i, xs[i])
        total += xs[i]
        if i == 0 or xs[i] < least:
            least = xs[i]
        if i == 0 or xs[i] > greatest:
            greatest = xs[i]
    values[0], kinds[0] = n, NUMBER
    values[1], kinds[1] = distinct, NUMBER
    values[2], kinds[2] = xs[0] if n else np.nan, kind
    values[3], kinds[3] = xs[n - 1] if n else np.nan, kind
    if kind == NUMBER:
        values[4], values[5], values[6] = least, greatest, total
        values[7] = xs[1] if n > 1 else np.nan
        kinds[4:8] = NUMBER
        return 8
    if kind == TRUTH:
        values[4], kinds[4] = total, NUMBER
        return 5
    return 4


@njit("int64(int64, boolean, float64[::1], int64, int8[::1])", cache=True, nogil=True)
def predicates_of(kind: int, scalar: bool, xs: Floats, n: int, out: Truths) -> int:
    """Write the predicates of one path; return how many there are."""
    count = 0
    for number in range(tests(kind)):
        passed = 0
        for i in range(n):
            passed += test(kind, number, xs[i])
        out[count] = passed == n if n else -1
        count += 1
        if not scalar:
            out[count] = passed > 0
            count += 1
    if scalar:
        return count
    ascends = descends = one = palindrome = True
    for i in range(n):
        if i:
            ascends = ascends and xs[i - 1] <= xs[i]
            descends = descends and xs[i - 1] >= xs[i]
        one = one and xs[i] == xs[0]
        palindrome = palindrome and xs[i] == xs[n - 1 - i]
    if kind in (NUMBER, LETTER):
        out[count] = ascends
        out[count + 1] = descends
        count += 2
    out[count] = one if n else -1
    out[count + 1] = palindrome
    return count + 2
