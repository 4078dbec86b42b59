"""The kernels behind properties: :mod:`reverie.recognition.features.property_reference`, compiled.

Numbers that an example does not have are NaN here, predicates that are neither true nor false are
-1. The order of what is written is that of the plain definitions.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from ...dsl import njit
from .path_kernels import MOST_SUMMARIES, NUMBER_TESTS, has, predicates_of, summarise, test, walk
from .value_paths import ID, LETTER, NUMBER, TRUTH, WINDOW

__all__ = ["MOST_EXAMPLES", "describe", "features"]

Words = NDArray[np.int64]
Floats = NDArray[np.float64]
Truths = NDArray[np.int8]

MOST_EXAMPLES = 32
"""Of one task; further ones are not looked at."""

PER_QUANTITY, PER_PREDICATE = 7, 3


# ---- two paths ----------------------------------------------------------------------------------


@njit("void(float64, float64[::1], int64, int64, float64[::1], int8[::1])", cache=True, nogil=True)
def _member(x: float, ys: Floats, m: int, kind: int, q: Floats, p: Truths) -> None:
    """Relate a value to a sequence: 3 quantities (8 for numbers) and a predicate."""
    occurrences, first, last, less, greater = 0, -1, -1, 0, 0
    for i in range(m):
        if ys[i] == x:
            occurrences += 1
            last = i
            if first < 0:
                first = i
        less += ys[i] < x
        greater += ys[i] > x
    q[0] = occurrences
    q[1] = first if occurrences else np.nan
    q[2] = m - 1 - last if occurrences else np.nan
    p[0] = occurrences > 0
    if kind == NUMBER:
        q[3], q[4] = less, greater
        for number in range(NUMBER_TESTS):
            passed = 0
            for i in range(m):
                passed += test(NUMBER, number, ys[i])
            q[5 + number] = x - passed


@njit(
    "void(float64[::1], int64, float64[::1], int64, float64[::1], int8[::1])",
    cache=True,
    nogil=True,
)
def _labelled(xs: Floats, n: int, ys: Floats, m: int, q: Floats, p: Truths) -> None:
    """Relate numbers to truth values, one by one: 4 quantities, a predicate for each test."""
    q[:4] = np.nan
    p[:NUMBER_TESTS] = -1
    if n != m or n == 0:
        return
    p[:NUMBER_TESTS] = 1
    for i in range(n):
        at = 0 if ys[i] else 2
        if not q[at] <= xs[i]:
            q[at] = xs[i]
        if not q[at + 1] >= xs[i]:
            q[at + 1] = xs[i]
        for number in range(NUMBER_TESTS):
            if test(NUMBER, number, xs[i]) != (ys[i] != 0.0):
                p[number] = 0


@njit(cache=True, nogil=True)
def _found_at(xs: Floats, n: int, ys: Floats, m: int) -> bool:
    """Say whether ``ys`` stands somewhere within ``xs`` as a whole."""
    for start in range(n - m + 1):
        same = True
        for i in range(m):
            if xs[start + i] != ys[i]:
                same = False
                break
        if same:
            return True
    return False


@njit(
    "void(float64[::1], int64, float64[::1], int64, int64, float64[::1], int8[::1], "
    "float64[:,::1])",
    cache=True,
    nogil=True,
)
def _sequences(
    xs: Floats, n: int, ys: Floats, m: int, kind: int, q: Floats, p: Truths, work: Floats
) -> None:
    """Relate two sequences: 5 quantities and 12 predicates; for numbers 15 and 18."""
    # 1. What the two have in common at the front and at the end, and in how many places they
    # differ.
    shorter = min(n, m)
    common, behind, changed = 0, 0, 0
    while common < shorter and xs[common] == ys[common]:
        common += 1
    while behind < shorter and xs[n - 1 - behind] == ys[m - 1 - behind]:
        behind += 1
    for i in range(shorter):
        changed += xs[i] != ys[i]
    mirrored = n == m
    for i in range(shorter):
        mirrored = mirrored and xs[i] == ys[m - 1 - i]
    # 2. How much of the output is new, and whether it is a subsequence of the input: each element
    # is matched to the first one that is left.
    new, matched = 0, 0
    rearranged = n == m
    for i in range(m):
        new += not has(xs, n, ys[i])
        if matched < n:
            while matched < n and xs[matched] != ys[i]:
                matched += 1
            matched += 1
        else:
            matched = n + 1
    subsequence = matched <= n
    lost = 0
    # Of what was dropped, and of what was kept.
    lows, highs, passed, counts = work[0], work[1], work[2:4], work[4]
    lows[:], highs[:] = np.nan, np.nan
    work[2:5] = 0.0
    for i in range(n):
        kept = 1 if has(ys, m, xs[i]) else 0
        lost += not kept
        counts[kept] += 1
        if kind == NUMBER:
            if not lows[kept] <= xs[i]:
                lows[kept] = xs[i]
            if not highs[kept] >= xs[i]:
                highs[kept] = xs[i]
            for number in range(NUMBER_TESTS):
                passed[kept, number] += test(NUMBER, number, xs[i])
    # 3. One is a permutation of the other if every element occurs equally often in both; counted
    # only where nothing is new and nothing is lost.
    if rearranged and (new or lost):
        rearranged = False
    if rearranged:
        for i in range(n):
            here, there = 0, 0
            for k in range(n):
                here += xs[k] == xs[i]
                there += ys[k] == xs[i]
            if here != there:
                rearranged = False
                break
    # 4. Write what holds of sequences of any kind, in the order of the reference definition.
    q[0], q[1], q[2], q[3], q[4] = common, behind, new, lost, changed
    p[0] = n == m and common == n
    p[1] = mirrored
    p[2] = rearranged
    p[3] = m <= n and common == m
    p[4] = n <= m and common == n
    p[5] = m <= n and behind == m
    p[6] = n <= m and behind == n
    p[7] = _found_at(xs, n, ys, m)
    p[8] = _found_at(ys, m, xs, n)
    p[9] = subsequence
    p[10] = new == 0
    p[11] = lost == 0
    if kind != NUMBER:
        return
    # 5. For numbers besides: least and greatest difference and ratio place by place (the
    # comparisons are written so that NaN, nothing yet, gives way), then the range of what was kept
    # and of what was dropped, and the gaps between these.
    q[5:15] = np.nan
    if n == m:
        for i in range(n):
            difference = ys[i] - xs[i]
            if not q[5] <= difference:
                q[5] = difference
            if not q[6] >= difference:
                q[6] = difference
            if xs[i] != 0.0:
                ratio = ys[i] / xs[i]
                if not q[7] <= ratio:
                    q[7] = ratio
                if not q[8] >= ratio:
                    q[8] = ratio
    q[9], q[10], q[11], q[12] = lows[1], highs[1], lows[0], highs[0]
    q[13], q[14] = lows[1] - highs[0], lows[0] - highs[1]
    # 6. Each test: did all that was kept pass it, and any that was dropped?
    for number in range(NUMBER_TESTS):
        p[12 + 2 * number] = passed[1, number] == counts[1] if counts[1] else -1
        p[13 + 2 * number] = passed[0, number] > 0 if counts[0] else -1


# ---- one example, one task -----------------------------------------------------------------------


@njit(cache=True, nogil=True)
def _scratch(paths: int) -> tuple[Floats, Floats, Words]:
    """Return room for :func:`describe`: elements, summaries and more, counts and kinds."""
    width = max(paths + 1, MOST_SUMMARIES)
    return (
        np.empty((paths, WINDOW)),
        np.empty((paths + 5, MOST_SUMMARIES)),
        np.empty((paths + 3, width), np.int64),
    )


@njit(
    "UniTuple(int64, 2)(int64[::1], int64[::1], int64[::1], int64[:,::1], int64[::1], "
    "boolean[::1], float64[:,::1], float64[:,::1], int64[:,::1], float64[::1], int8[::1])",
    cache=True,
    nogil=True,
)
def describe(
    heap: Words,
    values: Words,
    sides: Words,
    steps: Words,
    kinds: Words,
    scalar: NDArray[np.bool_],
    xs: Floats,
    summaries: Floats,
    numbers: Words,
    q: Floats,
    p: Truths,
) -> tuple[int, int]:
    """Write the quantities and predicates of one example; return how many there are.

    Args:
        heap: what words point to.
        values: (sides,), the words of the inputs and of the output.
        sides, steps, kinds, scalar: of each path, see :class:`.value_paths.ValuePath`.
        xs, summaries, numbers: scratch, see :func:`_scratch`.
        q, p: written.
    """
    paths = len(sides)
    counts, widths, first_predicate = numbers[0], numbers[1], numbers[2]
    summary_kinds = numbers[3:]
    work = summaries[paths:]
    # 1. Each path by itself: its elements, their summaries and the predicates of them.
    qi, pi = 0, 0
    for t in range(paths):
        counts[t] = walk(heap, values[sides[t]], steps[t], 0, kinds[t], xs[t], 0)
        widths[t] = summarise(kinds[t], scalar[t], xs[t], counts[t], summaries[t], summary_kinds[t])
        for i in range(widths[t]):
            if summary_kinds[t, i] != ID:
                q[qi] = summaries[t, i]
                qi += 1
        first_predicate[t] = pi
        pi += predicates_of(kinds[t], scalar[t], xs[t], counts[t], p[pi:])
    # 2. Each pair of paths of different sides: an input with another, or an input with the output.
    first_predicate[paths] = pi
    for a in range(paths):
        for b in range(paths):
            # Once for each pair, the earlier side first.
            if sides[a] >= sides[b]:
                continue
            # Their summaries first, each with each of its kind: numbers and letters by difference,
            # all else by equality.
            for i in range(widths[a]):
                for k in range(widths[b]):
                    x, y = summaries[a, i], summaries[b, k]
                    if summary_kinds[a, i] != summary_kinds[b, k]:
                        continue
                    if summary_kinds[a, i] in (NUMBER, LETTER):
                        q[qi] = y - x
                        qi += 1
                    else:
                        p[pi] = -1 if np.isnan(x) or np.isnan(y) else x == y
                        pi += 1
            # Then the values, by the kinds of both. If the later one is a single truth value, the
            # numbers that sum up the other are written by which it is, and its predicates are
            # compared with it.
            n, m = counts[a], counts[b]
            if kinds[b] == TRUTH and scalar[b]:
                answer = xs[b, 0] != 0.0
                for i in range(widths[a]):
                    if summary_kinds[a, i] == NUMBER:
                        q[qi] = np.nan if answer else summaries[a, i]
                        q[qi + 1] = summaries[a, i] if answer else np.nan
                        qi += 2
                for i in range(first_predicate[a], first_predicate[a + 1]):
                    p[pi] = -1 if p[i] < 0 else (p[i] == 1) == answer
                    pi += 1
            # Numbers with a truth value each.
            elif kinds[b] == TRUTH and kinds[a] == NUMBER and not scalar[a]:
                _labelled(xs[a], n, xs[b], m, q[qi:], p[pi:])
                qi += 4
                pi += NUMBER_TESTS
            elif kinds[a] != kinds[b]:
                continue
            # Two single values, then one and a sequence, then two sequences. The offsets go on by
            # what the function called writes.
            elif scalar[a] and scalar[b]:
                if kinds[a] == NUMBER:
                    x, y = xs[a, 0], xs[b, 0]
                    q[qi] = y / x if x != 0.0 else np.nan
                    q[qi + 1] = y - x * x
                    qi += 2
            elif scalar[a] or scalar[b]:
                if scalar[a]:
                    _member(xs[a, 0], xs[b], m, kinds[a], q[qi:], p[pi:])
                else:
                    _member(xs[b, 0], xs[a], n, kinds[a], q[qi:], p[pi:])
                qi += 8 if kinds[a] == NUMBER else 3
                pi += 1
            else:
                _sequences(xs[a], n, xs[b], m, kinds[a], q[qi:], p[pi:], work)
                qi += 15 if kinds[a] == NUMBER else 5
                pi += 18 if kinds[a] == NUMBER else 12
    return qi, pi


@njit(cache=True, nogil=True)
def _squash(x: float) -> float:
    size = min(np.log1p(abs(x)) / 3.0, 4.0)
    return float(size if x >= 0.0 else -size)


@njit("void(float64[:,::1], int8[:,::1], int64, float32[::1])", cache=True, nogil=True)
def _aggregate(q: Floats, p: Truths, examples: int, out: NDArray[np.float32]) -> None:
    """Write what quantities and predicates are like over the examples of a task."""
    to = 0
    for i in range(q.shape[1]):
        known, signs, zeros, odd = 0, 0, 0, 0
        least, greatest = 0.0, 0.0
        for e in range(examples):
            v = q[e, i]
            if np.isnan(v):
                continue
            least = v if known == 0 else min(least, v)
            greatest = v if known == 0 else max(greatest, v)
            known += 1
            signs += (v > 0.0) - (v < 0.0)
            zeros += v == 0.0
            whole = np.floor(v)  # and no remainder, which is slow
            odd += whole != 2.0 * np.floor(0.5 * whole)
        out[to : to + PER_QUANTITY] = 0.0
        if known:
            out[to] = known / examples
            out[to + 1] = signs / known
            out[to + 2] = zeros / known
            out[to + 3] = least == greatest
            out[to + 4] = _squash(least)
            out[to + 5] = _squash(greatest)
            out[to + 6] = odd / known
        to += PER_QUANTITY
    for i in range(p.shape[1]):
        known, true = 0, 0
        for e in range(examples):
            known += p[e, i] >= 0
            true += p[e, i] == 1
        out[to : to + PER_PREDICATE] = 0.0
        if known:
            out[to] = 2.0 * true / known - 1.0
            out[to + 1] = true == known
            out[to + 2] = true == 0
        to += PER_PREDICATE


@njit(
    "void(int64[::1], int64[:,:,::1], int64[:,::1], int64[::1], int64[::1], int64[:,::1], "
    "int64[::1], int64[:,::1], int64[::1], boolean[::1], int64, int64, float32[:,::1])",
    cache=True,
    nogil=True,
)
def features(
    heap: Words,
    inputs: Words,
    outputs: Words,
    sets: Words,
    which: Words,
    chosen: Words,
    sides: Words,
    steps: Words,
    kinds: Words,
    scalar: NDArray[np.bool_],
    quantities: int,
    predicates: int,
    out: NDArray[np.float32],
) -> None:
    """Write the properties of tasks.

    Args:
        heap, inputs, outputs, sets: see :class:`reverie.recognition.dreams.dream_set.Dreams`.
        which: (B,), the positions of the tasks.
        chosen: (B, most examples), positions of the examples to use, then -1.
        sides, steps, kinds, scalar: of the paths.
        quantities, predicates: how many each example has.
        out: (B, properties); written.
    """
    q = np.empty((MOST_EXAMPLES, quantities))
    p = np.empty((MOST_EXAMPLES, predicates), np.int8)
    xs, summaries, numbers = _scratch(len(sides))
    arguments = inputs.shape[2]
    values = np.empty(arguments + 1, np.int64)
    for row in range(len(which)):
        task = which[row]
        count = 0
        for k in range(chosen.shape[1]):
            example = chosen[row, k]
            if example < 0 or count == MOST_EXAMPLES:
                break
            for a in range(arguments):
                values[a] = inputs[sets[task], example, a]
            values[arguments] = outputs[task, example]
            describe(
                heap,
                values,
                sides,
                steps,
                kinds,
                scalar,
                xs,
                summaries,
                numbers,
                q[count],
                p[count],
            )
            count += 1
        _aggregate(q, p, count, out[row])
