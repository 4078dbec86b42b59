"""Routines over one to three inputs, written by hand: what tasks of the deepcoder language are made of.

They are in the spirit of LambdaBeam's (Shi et al., NeurIPS 2023). Nothing here is taken from there.
"""

# ruff: noqa: E501 - one routine a line

from __future__ import annotations

from collections.abc import Callable, Iterable
from itertools import accumulate
from typing import Any

from ...dsl import INT, Type, list_of

__all__ = ["FURTHER", "ROUTINES", "L", "N", "Routine"]

L, N = list_of(INT), INT

Routine = tuple[str, list[Type], Type, Callable[..., Any]]
"""What it is called, the types of its inputs and of its output, what it does."""


def zipped(f: Callable[..., Any], *lists: Iterable[Any]) -> list[Any]:
    """Apply a function along lists as far as the shortest goes."""
    return list(map(f, *lists))


ROUTINES: list[Routine] = [
    ("add the index", [L], L, lambda xs: [i + x for i, x in enumerate(xs)]),
    ("multiply by the place", [L], L, lambda xs: [(i + 1) * x for i, x in enumerate(xs)]),
    ("indices", [L], L, lambda xs: [*range(len(xs))]),
    ("length", [L], N, len),
    ("running maximum", [L], L, lambda xs: [*accumulate(xs, max)]),
    ("running minimum, negated", [L], L, lambda xs: [-x for x in accumulate(xs, min)]),
    ("running sum", [L], L, lambda xs: [*accumulate(xs)]),
    ("running sum from the end", [L], L, lambda xs: [*accumulate(xs[::-1])][::-1]),
    ("running sum of squares", [L], L, lambda xs: [*accumulate(x * x for x in xs)]),
    ("running alternation", [L], L, lambda xs: [*accumulate(xs, lambda a, x: x - a)]),
    ("differences", [L], L, lambda xs: zipped(lambda a, b: b - a, xs, xs[1:])),
    ("distances of neighbours", [L], L, lambda xs: zipped(lambda a, b: abs(a - b), xs, xs[1:])),
    ("larger of neighbours", [L], L, lambda xs: zipped(max, xs, xs[1:])),
    ("sums of neighbours", [L], L, lambda xs: zipped(lambda a, b: a + b, xs, xs[1:])),
    ("sums of three", [L], L, lambda xs: zipped(lambda a, b, c: a + b + c, xs, xs[1:], xs[2:])),
    ("pairwise sum, even only", [L, L], L, lambda a, b: [s for s in zipped(lambda x, y: x + y, a, b) if s % 2 == 0]),
    ("pairwise product", [L, L], L, lambda a, b: zipped(lambda x, y: x * y, a, b)),
    ("pairwise product plus one", [L, L], L, lambda a, b: zipped(lambda x, y: x * y + 1, a, b)),
    ("pairwise distance", [L, L], L, lambda a, b: zipped(lambda x, y: abs(x - y), a, b)),
    ("pairwise mean", [L, L], L, lambda a, b: zipped(lambda x, y: (x + y) // 2, a, b)),
    ("pairwise maximum of three", [L, L, L], L, lambda a, b, c: zipped(max, a, b, c)),
    ("pairwise sum of three", [L, L, L], L, lambda a, b, c: zipped(lambda x, y, z: x + y + z, a, b, c)),
    ("x y plus z", [L, L, L], L, lambda a, b, c: zipped(lambda x, y, z: x * y + z, a, b, c)),
    ("choose the larger, sorted", [L, L], L, lambda a, b: sorted(zipped(max, a, b))),
    ("sum of pairwise maxima", [L, L], N, lambda a, b: sum(zipped(max, a, b))),
    ("inner product", [L, L], N, lambda a, b: sum(zipped(lambda x, y: x * y, a, b))),
    ("largest pairwise difference", [L, L], N, lambda a, b: max(zipped(lambda x, y: x - y, a, b))),
    ("places that agree", [L, L], N, lambda a, b: sum(zipped(lambda x, y: x == y, a, b))),
    ("places where the first is larger", [L, L], N, lambda a, b: sum(zipped(lambda x, y: x > y, a, b))),
    ("count above the mean", [L], N, lambda xs: sum(x > sum(xs) // len(xs) for x in xs)),
    ("keep above the mean", [L], L, lambda xs: [x for x in xs if x > sum(xs) // len(xs)]),
    ("mean", [L], N, lambda xs: sum(xs) // len(xs)),
    ("count above the last", [L], N, lambda xs: sum(x > xs[-1] for x in xs)),
    ("count of the largest", [L], N, lambda xs: xs.count(max(xs))),
    ("count between", [L, N, N], N, lambda xs, a, b: sum(a < x < b for x in xs)),
    ("keep between", [L, N, N], L, lambda xs, a, b: [x for x in xs if a < x < b]),
    ("keep multiples of three", [L], L, lambda xs: [x for x in xs if x % 3 == 0]),
    ("keep what k divides", [L, N], L, lambda xs, k: [x for x in xs if x % (k + 1) == 0]),
    ("drop the largest", [L], L, lambda xs: [x for x in xs if x != max(xs)]),
    ("drop both extremes", [L], L, lambda xs: sorted(xs)[1:-1]),
    ("negative ones first", [L], N, lambda xs: sum(x < 0 for x in xs)),
    ("squares of the odd", [L], L, lambda xs: [x * x for x in xs if x % 2 == 1]),
    ("halve the even", [L], L, lambda xs: [x // 2 for x in xs if x % 2 == 0]),
    ("collatz step", [L], L, lambda xs: [x // 2 if x % 2 == 0 else 3 * x + 1 for x in xs]),
    ("even ones halved, others kept", [L], L, lambda xs: [x // 2 if x % 2 == 0 else x for x in xs]),
    ("zero the negative", [L], L, lambda xs: [max(x, 0) for x in xs]),
    ("magnitudes", [L], L, lambda xs: [abs(x) for x in xs]),
    ("signs", [L], L, lambda xs: [(x > 0) - (x < 0) for x in xs]),
    ("replace k by zero", [L, N], L, lambda xs, k: [0 if x == k else x for x in xs]),
    ("replace a by b", [L, N, N], L, lambda xs, a, b: [b if x == a else x for x in xs]),
    ("clip between", [L, N, N], L, lambda xs, a, b: [max(a, min(x, a + b)) for x in xs]),
    ("a x plus b", [L, N, N], L, lambda xs, a, b: [a * x + b for x in xs]),
    ("x squared plus x", [L], L, lambda xs: [x * x + x for x in xs]),
    ("five x minus one", [L], L, lambda xs: [5 * x - 1 for x in xs]),
    ("square of x minus k", [L, N], L, lambda xs, k: [(x - k) ** 2 for x in xs]),
    ("last digits", [L], L, lambda xs: [x % 10 for x in xs]),
    ("remainders by three", [L], L, lambda xs: [x % 3 for x in xs]),
    ("distance from the mean", [L], L, lambda xs: [abs(x - sum(xs) // len(xs)) for x in xs]),
    ("distance to the largest", [L], L, lambda xs: [max(xs) - x for x in xs]),
    ("add the first", [L], L, lambda xs: [x + xs[0] for x in xs]),
    ("rank of each", [L], L, lambda xs: [sum(y < x for y in xs) for x in xs]),
    ("how often each occurs", [L], L, lambda xs: [xs.count(x) for x in xs]),
    ("how many of ys are smaller", [L, L], L, lambda xs, ys: [sum(y < x for y in ys) for x in xs]),
    ("repeated only", [L], L, lambda xs: [x for x in xs if xs.count(x) > 1]),
    ("keep what is in ys", [L, L], L, lambda xs, ys: [x for x in xs if x in ys]),
    ("drop what is in ys", [L, L], L, lambda xs, ys: [x for x in xs if x not in ys]),
    ("reflect in the sum of ends", [L], L, lambda xs: [min(xs) + max(xs) - x for x in xs]),
    ("add the reverse", [L], L, lambda xs: zipped(lambda a, b: a + b, xs, xs[::-1])),
    ("larger of it and its reverse", [L], L, lambda xs: zipped(max, xs, xs[::-1])),
    ("minus the sorted", [L], L, lambda xs: zipped(lambda a, b: a - b, xs, sorted(xs))),
    ("sort downwards", [L], L, lambda xs: sorted(xs)[::-1]),
    ("k largest, downwards", [L, N], L, lambda xs, k: sorted(xs)[::-1][:k]),
    ("sum of the k largest", [L, N], N, lambda xs, k: sum(sorted(xs)[::-1][:k])),
    ("sum of the two largest", [L], N, lambda xs: sum(sorted(xs)[-2:])),
    ("second smallest", [L], N, lambda xs: sorted(xs)[1]),
    ("median", [L], N, lambda xs: sorted(xs)[len(xs) // 2]),
    ("range", [L], N, lambda xs: max(xs) - min(xs)),
    ("sum of even", [L], N, lambda xs: sum(x for x in xs if x % 2 == 0)),
    ("even sum minus odd sum", [L], N, lambda xs: sum(x if x % 2 == 0 else -x for x in xs)),
    ("largest running sum", [L], N, lambda xs: max(accumulate(xs))),
    ("sum of magnitudes", [L], N, lambda xs: sum(map(abs, xs))),
    ("sum of squared differences", [L, L], N, lambda a, b: sum(zipped(lambda x, y: (x - y) ** 2, a, b))),
    ("element at k from the end", [L, N], N, lambda xs, k: xs[::-1][k] if k < len(xs) else None),
    ("sum up to k", [L, N], N, lambda xs, k: sum(xs[:k])),
    ("maximum after the first k", [L, N], N, lambda xs, k: max(xs[k:], default=None)),
    ("without the ends", [L], L, lambda xs: xs[1:-1]),
    ("reverse of all but the first", [L], L, lambda xs: xs[1:][::-1]),
    ("smaller of two numbers, squared", [N, N], N, lambda a, b: min(a, b) ** 2),
    ("distance of two numbers", [N, N], N, lambda a, b: abs(a - b)),
    ("polynomial of three", [N, N, N], N, lambda a, b, c: a * b + c),
    ("middle of three", [N, N, N], N, lambda a, b, c: sorted([a, b, c])[1]),
    ("remainder", [N, N], N, lambda a, b: a % (b + 1)),
    ("keep below the square of k", [L, N], L, lambda xs, k: [x for x in xs if x < k * k]),
    ("increase where larger than before", [L], L, lambda xs: zipped(lambda a, b: b if b > a else 0, xs, xs[1:])),
    ("running maximum minus element", [L], L, lambda xs: zipped(lambda m, x: m - x, accumulate(xs, max), xs)),
    ("pairwise choice by k", [L, L, N], L, lambda a, b, k: zipped(lambda x, y: x if x > k else y, a, b)),
    ("scale by the sum", [L], L, lambda xs: [x * sum(xs) for x in xs]),
    ("squares in order", [L], L, lambda xs: sorted(x * x for x in xs)),
    ("odd ones doubled, sorted", [L], L, lambda xs: sorted(2 * x for x in xs if x % 2)),
]  # fmt: skip


FURTHER: list[Routine] = [
    ("countdown", [L], L, lambda xs: [*range(len(xs), 0, -1)]),
    ("squares of the places", [L], L, lambda xs: [i * i for i in range(len(xs))]),
    ("minus the place", [L], L, lambda xs: [x - i for i, x in enumerate(xs)]),
    ("powers of two along", [L], L, lambda xs: [2 ** (i + 1) for i in range(len(xs))]),
    ("length times the largest", [L], N, lambda xs: len(xs) * max(xs)),
    ("second to last", [L], N, lambda xs: xs[-2]),
    ("sum without the extremes", [L], N, lambda xs: sum(xs) - max(xs) - min(xs)),
    ("third largest", [L], N, lambda xs: sorted(xs)[-3]),
    ("sum of the odd squares", [L], N, lambda xs: sum(x * x for x in xs if x % 2)),
    ("count of k", [L, N], N, lambda xs, k: xs.count(k)),
    ("how many are odd and positive", [L], N, lambda xs: sum(x > 0 and x % 2 == 1 for x in xs)),
    ("largest even", [L], N, lambda xs: max((x for x in xs if x % 2 == 0), default=None)),
    ("sum of those above k", [L, N], N, lambda xs, k: sum(x for x in xs if x > k)),
    ("largest of both", [L, L], N, lambda a, b: max(a + b)),
    ("difference of the sums", [L, L], N, lambda a, b: sum(a) - sum(b)),
    ("twice the first plus the last", [L], N, lambda xs: 2 * xs[0] + xs[-1]),
    ("times k plus the smallest", [L, N], L, lambda xs, k: [x * k + min(xs) for x in xs]),
    ("subtract the median", [L], L, lambda xs: [x - sorted(xs)[len(xs) // 2] for x in xs]),
    ("differences from behind", [L], L, lambda xs: zipped(lambda a, b: a - b, xs, xs[1:])),
    ("products of neighbours", [L], L, lambda xs: zipped(lambda a, b: a * b, xs, xs[1:])),
    ("second neighbours' differences", [L], L, lambda xs: zipped(lambda a, b: b - a, xs, xs[2:])),
    ("smaller of neighbours, sorted", [L], L, lambda xs: sorted(zipped(min, xs, xs[1:]))),
    ("keep larger than before", [L], L, lambda xs: [b for a, b in zip(xs, xs[1:]) if b > a]),  # noqa: B905, RUF007
    ("running maximum from the end", [L], L, lambda xs: [*accumulate(xs[::-1], max)][::-1]),
    ("running sum, halved", [L], L, lambda xs: [x // 2 for x in accumulate(xs)]),
    ("running sum minus k", [L, N], L, lambda xs, k: [x - k for x in accumulate(xs)]),
    ("running minimum plus element", [L], L, lambda xs: zipped(lambda m, x: m + x, accumulate(xs, min), xs)),
    ("running sum of positives", [L], L, lambda xs: [*accumulate(max(x, 0) for x in xs)]),
    ("doubling sum", [L], L, lambda xs: [*accumulate(xs, lambda a, x: 2 * a + x)]),
    ("larger, else zero", [L, L], L, lambda a, b: zipped(lambda x, y: x if x > y else 0, a, b)),
    ("pairwise smaller, doubled", [L, L], L, lambda a, b: zipped(lambda x, y: 2 * min(x, y), a, b)),
    ("pairwise sum, reversed", [L, L], L, lambda a, b: zipped(lambda x, y: x + y, a, b)[::-1]),
    ("pair with the reverse", [L, L], L, lambda a, b: zipped(lambda x, y: x - y, a, b[::-1])),
    ("a times k plus b", [L, L, N], L, lambda a, b, k: zipped(lambda x, y: k * x + y, a, b)),
    ("pairwise sums above k", [L, L, N], L, lambda a, b, k: [s for s in zipped(lambda x, y: x + y, a, b) if s > k]),
    ("smallest of three lists", [L, L, L], L, lambda a, b, c: zipped(min, a, b, c)),
    ("a minus b plus c", [L, L, L], L, lambda a, b, c: zipped(lambda x, y, z: x - y + z, a, b, c)),
    ("keep even, times k", [L, N], L, lambda xs, k: [k * x for x in xs if x % 2 == 0]),
    ("keep what differs from k", [L, N], L, lambda xs, k: [x for x in xs if x != k]),
    ("keep above both", [L, N, N], L, lambda xs, a, b: [x for x in xs if x > max(a, b)]),
    ("keep squares below k", [L, N], L, lambda xs, k: [x for x in xs if x * x < 10 * k]),
    ("keep positive, sorted downwards", [L], L, lambda xs: sorted((x for x in xs if x > 0), reverse=True)),
    ("keep below the first, doubled", [L], L, lambda xs: [2 * x for x in xs if x < xs[0]]),
    ("odd ones negated", [L], L, lambda xs: [-x if x % 2 else x for x in xs]),
    ("small ones squared", [L, N], L, lambda xs, k: [x * x if x < k else x for x in xs]),
    ("above k replaced by k, doubled", [L, N], L, lambda xs, k: [2 * min(x, k) for x in xs]),
    ("distance from k", [L, N], L, lambda xs, k: [abs(x - k) for x in xs]),
    ("whether above the first", [L], L, lambda xs: [int(x > xs[0]) for x in xs]),
    ("drop the smallest k", [L, N], L, lambda xs, k: sorted(xs)[k:]),
    ("k from the end, reversed", [L, N], L, lambda xs, k: xs[::-1][:k]),
]  # fmt: skip
"""Routines that were written later, and that nothing was made with in view."""
