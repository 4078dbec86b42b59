"""What is said about paths: quantities and predicates, in plain Python.

A *quantity* is a number that an example has or has not (None), a *predicate* is true, false or
neither. There are those of one path, and those of two paths on different sides of an example, an
input's and the output's above all. They are made from kinds alone, for whatever types a request
has; :mod:`reverie.recognition.features.property_kernels` computes the same numbers in the same
order.

The idea of property signatures is Odena and Sutton's (Learning to represent programs with property
signatures, ICLR 2020).
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from itertools import pairwise
from typing import NamedTuple

from .value_paths import ID, LETTER, NUMBER, TRUTH, ValuePath

__all__ = ["Facts", "aggregate_predicates", "aggregate_quantities", "of_one", "of_two", "squash"]

Numbers = Sequence[float]


class Facts(NamedTuple):
    """Quantities and predicates by name, always the same names in the same order."""

    quantities: dict[str, float | None]
    predicates: dict[str, bool | None]


def summaries(path: ValuePath, xs: Numbers) -> dict[str, tuple[int, float | None]]:
    """Return the summaries of a path, each with its kind."""
    if path.is_scalar:
        return {"value": (path.kind, xs[0])}
    first, last = (xs[0], xs[-1]) if xs else (None, None)
    found: dict[str, tuple[int, float | None]] = {
        "length": (NUMBER, float(len(xs))),
        "distinct": (NUMBER, float(len(set(xs)))),
        "first": (path.kind, first),
        "last": (path.kind, last),
    }
    if path.kind == NUMBER:
        found["least"] = (NUMBER, min(xs, default=None))
        found["greatest"] = (NUMBER, max(xs, default=None))
        found["sum"] = (NUMBER, sum(xs))
        found["second"] = (NUMBER, xs[1] if len(xs) > 1 else None)
    elif path.kind == TRUTH:
        found["true"] = (NUMBER, sum(xs))
    return found


def of_one(path: ValuePath, xs: Numbers) -> Facts:
    """Return what is said about one path."""
    quantities = {
        f"{path.name} {name}": value
        for name, (kind, value) in summaries(path, xs).items()
        if kind != ID
    }
    predicates: dict[str, bool | None] = {}
    for name, test in TESTS.get(path.kind, {}).items():
        predicates[f"{path.name} all {name}"] = all(map(test, xs)) if xs else None
        if not path.is_scalar:
            predicates[f"{path.name} some {name}"] = any(map(test, xs))
    if not path.is_scalar:
        pairs = list(pairwise(xs))
        if path.kind in (NUMBER, LETTER):
            predicates[f"{path.name} ascends"] = all(x <= y for x, y in pairs)
            predicates[f"{path.name} descends"] = all(x >= y for x, y in pairs)
        predicates[f"{path.name} is one value"] = all(x == xs[0] for x in xs) if xs else None
        predicates[f"{path.name} is a palindrome"] = list(xs) == list(reversed(xs))
    return Facts(quantities, predicates)


NUMBERS: dict[str, Callable[[float], bool]] = {
    "even": lambda x: x % 2 == 0,
    "positive": lambda x: x > 0,
    "zero": lambda x: x == 0,
}
LETTERS: dict[str, Callable[[float], bool]] = {
    "lower": lambda x: 97 <= x <= 122,
    "upper": lambda x: 65 <= x <= 90,
    "digit": lambda x: 48 <= x <= 57,
    "space": lambda x: x == 32,
}
TESTS = {NUMBER: NUMBERS, LETTER: LETTERS}


def of_two(a: ValuePath, xs: Numbers, b: ValuePath, ys: Numbers) -> Facts:
    """Return what is said about two paths, ``a`` on the earlier side."""
    name = f"{a.name}, {b.name}"
    quantities: dict[str, float | None] = {}
    predicates: dict[str, bool | None] = {}
    for one, (kind, x) in summaries(a, xs).items():
        for other, (same, y) in summaries(b, ys).items():
            if kind != same:
                continue
            if kind in (NUMBER, LETTER):
                quantities[f"{name}: {other} - {one}"] = None if x is None or y is None else y - x
            else:
                predicates[f"{name}: {other} = {one}"] = None if x is None or y is None else y == x
    more = Facts({}, {})
    if b.kind == TRUTH and b.is_scalar:
        more = _decided(a, xs, bool(ys[0]))
    elif b.kind == TRUTH and a.kind == NUMBER and not a.is_scalar:
        more = _labelled(xs, ys)
    elif a.kind != b.kind:
        pass
    elif a.is_scalar and b.is_scalar:
        more = _two_scalars(a.kind, xs[0], ys[0])
    elif a.is_scalar:
        more = _member(a.kind, xs[0], ys)
    elif b.is_scalar:
        more = _member(a.kind, ys[0], xs)
    else:
        more = _two_sequences(a.kind, xs, ys)
    quantities |= {f"{name}: {key}": q for key, q in more.quantities.items()}
    predicates |= {f"{name}: {key}": p for key, p in more.predicates.items()}
    return Facts(quantities, predicates)


def _two_scalars(kind: int, x: float, y: float) -> Facts:
    if kind != NUMBER:
        return Facts({}, {})
    return Facts({"ratio": y / x if x else None, "y - x * x": y - x * x}, {})


def _member(kind: int, x: float, ys: Numbers) -> Facts:
    """Relate a value to a sequence."""
    places = [i for i, y in enumerate(ys) if y == x]
    quantities: dict[str, float | None] = {
        "occurrences": float(len(places)),
        "first place": float(places[0]) if places else None,
        "place from the end": float(len(ys) - 1 - places[-1]) if places else None,
    }
    if kind == NUMBER:
        quantities["less"] = float(sum(y < x for y in ys))
        quantities["greater"] = float(sum(y > x for y in ys))
        for name, test in NUMBERS.items():
            quantities[f"value - {name}"] = x - sum(map(test, ys))
    return Facts(quantities, {"member": bool(places)})


def _decided(a: ValuePath, xs: Numbers, answer: bool) -> Facts:
    """Relate a path to an answer: what it is like for yes and for no, and what says the same."""
    quantities = {
        f"{name} if {decision}": value if decision == answer else None
        for name, (kind, value) in summaries(a, xs).items()
        if kind == NUMBER
        for decision in (False, True)
    }
    predicates = {
        f"as {name}": None if value is None else value == answer
        for name, value in of_one(a, xs).predicates.items()
    }
    return Facts(quantities, predicates)


def _labelled(xs: Numbers, ys: Numbers) -> Facts:
    """Relate numbers to truth values, one by one: a threshold, or being even."""
    if len(xs) != len(ys) or not xs:
        return Facts(
            {
                "least true": None,
                "greatest true": None,
                "least false": None,
                "greatest false": None,
            },
            dict.fromkeys((f"true if {name}" for name in NUMBERS), None),
        )
    yes = [x for x, y in zip(xs, ys, strict=True) if y]
    no = [x for x, y in zip(xs, ys, strict=True) if not y]
    return Facts(
        {
            "least true": min(yes, default=None),
            "greatest true": max(yes, default=None),
            "least false": min(no, default=None),
            "greatest false": max(no, default=None),
        },
        {
            f"true if {name}": all(test(x) == bool(y) for x, y in zip(xs, ys, strict=True))
            for name, test in NUMBERS.items()
        },
    )


def _two_sequences(kind: int, xs: Numbers, ys: Numbers) -> Facts:
    """Relate two sequences of one kind."""
    n, m = len(xs), len(ys)
    left, right = list(xs), list(ys)
    common = next((i for i in range(min(n, m)) if xs[i] != ys[i]), min(n, m))
    behind = next((i for i in range(min(n, m)) if xs[n - 1 - i] != ys[m - 1 - i]), min(n, m))
    quantities: dict[str, float | None] = {
        "common prefix": float(common),
        "common suffix": float(behind),
        "new": float(sum(y not in left for y in ys)),
        "lost": float(sum(x not in right for x in xs)),
        "changed": float(sum(x != y for x, y in zip(xs, ys, strict=False))),
    }
    predicates: dict[str, bool | None] = {
        "equal": left == right,
        "reversed": left == right[::-1],
        "rearranged": sorted(xs) == sorted(ys),
        "prefix": m <= n and common == m,
        "extended": n <= m and common == n,
        "suffix": m <= n and behind == m,
        "extended in front": n <= m and behind == n,
        "within": any(left[i : i + m] == right for i in range(n - m + 1)),
        "around": any(right[i : i + n] == left for i in range(m - n + 1)),
        "subsequence": _subsequence(ys, xs),
        "subset": all(y in left for y in ys),
        "superset": all(x in right for x in xs),
    }
    if kind == NUMBER:
        both = list(zip(xs, ys, strict=True)) if n == m else []
        differences = [y - x for x, y in both]
        ratios = [y / x for x, y in both if x]
        kept = [x for x in xs if x in right]
        dropped = [x for x in xs if x not in right]
        quantities |= {
            "least difference": min(differences, default=None),
            "greatest difference": max(differences, default=None),
            "least ratio": min(ratios, default=None),
            "greatest ratio": max(ratios, default=None),
            "least kept": min(kept, default=None),
            "greatest kept": max(kept, default=None),
            "least dropped": min(dropped, default=None),
            "greatest dropped": max(dropped, default=None),
            "kept above dropped": min(kept) - max(dropped) if kept and dropped else None,
            "dropped above kept": min(dropped) - max(kept) if kept and dropped else None,
        }
        for name, test in NUMBERS.items():
            predicates[f"kept all {name}"] = all(map(test, kept)) if kept else None
            predicates[f"dropped some {name}"] = any(map(test, dropped)) if dropped else None
    return Facts(quantities, predicates)


def _subsequence(short: Numbers, long: Numbers) -> bool:
    rest = iter(long)
    return all(x in rest for x in short)


# ---- over the examples of a task -----------------------------------------------------------------

PER_QUANTITY, PER_PREDICATE = 7, 3


def squash(x: float) -> float:
    """Return a number of moderate size for any number, steep around 0."""
    return math.copysign(min(math.log1p(abs(x)) / 3.0, 4.0), x)


def aggregate_quantities(values: Sequence[float | None]) -> list[float]:
    """Return what a quantity is like over all examples: numbers from -4 to 4.

    The share that has it, mean sign, share of zeros, whether it is constant, the least and the
    greatest, and the share of odd ones.
    """
    known = [v for v in values if v is not None]
    if not known:
        return [0.0] * PER_QUANTITY
    count = len(known)
    return [
        count / len(values),
        sum((v > 0) - (v < 0) for v in known) / count,
        sum(v == 0 for v in known) / count,
        float(all(v == known[0] for v in known)),
        squash(min(known)),
        squash(max(known)),
        sum(math.floor(v) % 2 for v in known) / count,
    ]


def aggregate_predicates(values: Sequence[bool | None]) -> list[float]:
    """Return the mean, from -1 to 1, whether all are true, and whether all are false."""
    known = [v for v in values if v is not None]
    if not known:
        return [0.0] * PER_PREDICATE
    return [2.0 * sum(known) / len(known) - 1.0, float(all(known)), float(not any(known))]
