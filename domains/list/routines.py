"""The classic list routines, by name: what each computes, and inputs that show it.

The names are those of the list tasks of Ellis et al. (PLDI 2021) and of their origami experiment;
the definitions follow from the names. A routine with parameters is a family: ``add-k`` gives
``add-k with k=0`` to ``add-k with k=5``.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass
from itertools import product
from random import Random
from typing import Any

__all__ = ["FAMILIES", "ORIGAMI", "Family", "Routine", "members"]

Inputs = tuple[Any, ...]

LL = "list(int) -> list(int)"
LI = "list(int) -> int"
LB = "list(int) -> bool"
LBS = "list(int) -> list(bool)"


@dataclass(frozen=True)
class Family:
    """Routines that differ in constants.

    Attributes:
        name: without the constants.
        request: the type of a program for it.
        function: maps the constants, then the inputs, to the output.
        inputs: draws inputs, given the constants.
        constants: the values of ``k``, and of ``n`` if there is one.
    """

    name: str
    request: str
    function: Callable[..., Any]
    inputs: Callable[..., Inputs]
    constants: tuple[tuple[int, ...], ...] = ()


@dataclass(frozen=True)
class Routine:
    """One function to be found, with a source of inputs."""

    name: str
    request: str
    function: Callable[..., Any]
    inputs: Callable[[Random], Inputs]


def members(family: Family) -> list[Routine]:
    """Return the routines of a family, one for each choice of constants.

    >>> [routine.name for routine in members(FAMILIES[0])][:2]
    ['add-k with k=0', 'add-k with k=1']
    """
    return [_member(family, values) for values in product(*family.constants)]


def _member(family: Family, values: tuple[int, ...]) -> Routine:
    given = " and ".join(f"{k}={value}" for k, value in zip("kn", values, strict=False))
    return Routine(
        f"{family.name} with {given}" if given else family.name,
        family.request,
        lambda *inputs: family.function(*values, *inputs),
        lambda random: family.inputs(random, *values),
    )


# ---- inputs --------------------------------------------------------------------------------------


def numbers(least: int = 0, most: int = 7, top: int = 16) -> Callable[..., Inputs]:
    """Draw a list of numbers up to ``top``, its length between ``least`` and ``most``."""
    return lambda random, *_: (
        [random.randint(0, top) for _ in range(random.randint(least, most))],
    )


def at_least_k(random: Random, *constants: int) -> Inputs:
    """Draw a list with as many numbers as the constants add up to, or some more."""
    (values,) = numbers(max(sum(constants), 1), sum(constants) + 6)(random)
    return (values,)


def some_k(random: Random, k: int) -> Inputs:
    """Draw a list in which k is likely to occur."""
    (values,) = numbers()(random)
    return ([k if random.random() < 0.3 else x for x in values],)


def about_k(random: Random, k: int) -> Inputs:
    """Draw a list of numbers on both sides of k."""
    (values,) = numbers(top=2 * k + 3)(random)
    return (values,)


def multiples_of_k(random: Random, k: int) -> Inputs:
    """Draw a list of which some, or all, are multiples of k."""
    (values,) = numbers()(random)
    share = random.choice((0.3, 0.5, 1.0))
    return ([random.randint(0, 9) * k if random.random() < share else x for x in values],)


def letters(random: Random, k: int, n: int) -> Inputs:
    """Draw a list of numbers below n; where that is only 0, lists differ in length alone."""
    return numbers(most=7 if n > 1 else 30, top=n - 1)(random)


def often(special: tuple[int, ...]) -> Callable[..., Inputs]:
    """Draw a list of which some, or all, are among ``special``."""

    def draw(random: Random, *_: int) -> Inputs:
        (values,) = numbers(top=30)(random)
        share = random.choice((0.3, 0.5, 1.0))
        return ([random.choice(special) if random.random() < share else x for x in values],)

    return draw


def head_again(random: Random) -> Inputs:
    """Draw a list whose head may occur again."""
    (values,) = numbers(1, 7)(random)
    return ([values[0] if random.random() < 0.3 else x for x in values],)


def head_divides(random: Random) -> Inputs:
    """Draw a list whose head, not 0, divides some of the rest."""
    head = random.randint(1, 6)
    (rest,) = multiples_of_k(random, head)
    return ([head, *rest],)


def head_counts(random: Random) -> Inputs:
    """Draw a small number, not 0, and after it at least that many."""
    head = random.randint(1, 5)
    (rest,) = numbers(head, head + 5)(random)
    return ([head, *rest],)


def head_repeats(random: Random) -> Inputs:
    """Draw a small number, not 0, and after it a few others."""
    (rest,) = numbers(1, 4)(random)
    return ([random.randint(1, 5), *rest],)


def lists(least: int = 0) -> Callable[..., Inputs]:
    """Draw a list of short lists, each with at least ``least`` elements."""

    def draw(random: Random, *_: int) -> Inputs:
        return ([numbers(least, 3, 9)(random)[0] for _ in range(random.randint(1, 5))],)

    return draw


def number(least: int, most: int) -> Callable[..., Inputs]:
    """Draw a number."""
    return lambda random, *_: (random.randint(least, most),)


def even_length(random: Random) -> Inputs:
    """Draw a list of even length."""
    return ([random.randint(0, 9) for _ in range(2 * random.randint(0, 4))],)


def position(first: int) -> Callable[..., Inputs]:
    """Draw a position, counted from ``first``, and a list that has it."""

    def draw(random: Random) -> Inputs:
        where = random.randint(0, 9)
        (values,) = numbers(where + 1, where + 4, 9)(random)
        return (where + first, values)

    return draw


def two_lists(random: Random) -> Inputs:
    """Draw two lists of one length."""
    length = random.randint(0, 6)
    return (*numbers(length, length, 9)(random), *numbers(length, length, 9)(random))


# ---- what they compute ---------------------------------------------------------------------------


def is_prime(x: int) -> bool:
    """Say whether a number is prime."""
    return x > 1 and all(x % d for d in range(2, math.isqrt(x) + 1))


def is_square(x: int) -> bool:
    """Say whether a number is a square."""
    return math.isqrt(x) ** 2 == x


def fibonacci(n: int) -> int:
    """Return the n-th Fibonacci number, the first two being 1."""
    now, then = 0, 1
    for _ in range(n):
        now, then = then, now + then
    return now


PRIMES = tuple(x for x in range(40) if is_prime(x))
SQUARES = tuple(x * x for x in range(7))

K0 = ((0, 1, 2, 3, 4, 5),)
K1 = ((1, 2, 3, 4, 5),)
K2 = ((2, 3, 4, 5),)
K3 = ((0, 1, 2, 3),)
NATURALS = numbers()
SOME = numbers(1)

FAMILIES = (
    Family("add-k", LL, lambda k, xs: [x + k for x in xs], NATURALS, K0),
    Family("append-index-k", LL, lambda k, xs: [*xs, xs[k - 1]], at_least_k, K1),
    Family("append-k", LL, lambda k, xs: [*xs, k], NATURALS, K0),
    Family("bool-identify-geq-k", LBS, lambda k, xs: [x >= k for x in xs], about_k, K0),
    Family("bool-identify-is-mod-k", LBS, lambda k, xs: [x % k == 0 for x in xs], NATURALS, K1),
    Family("bool-identify-is-prime", LBS, lambda xs: [is_prime(x) for x in xs], often(PRIMES)),
    Family("bool-identify-k", LBS, lambda k, xs: [x == k for x in xs], some_k, K0),
    Family(
        "caesar-cipher-k-modulo-n",
        LL,
        lambda k, n, xs: [(x + k) % n for x in xs],
        letters,
        (*K0, *K1),
    ),
    Family("count-head-in-tail", LI, lambda xs: xs[1:].count(xs[0]), head_again),
    Family("count-k", LI, lambda k, xs: xs.count(k), some_k, K0),
    Family("drop-k", LL, lambda k, xs: xs[k:], at_least_k, K0),
    Family("dup", LL, lambda xs: [x for x in xs for _ in range(2)], NATURALS),
    Family("empty", LB, lambda xs: not xs, numbers(0, 3)),
    Family("evens", LL, lambda xs: [x for x in xs if x % 2 == 0], NATURALS),
    Family("fibonacci", "int -> int", fibonacci, number(1, 20)),
    Family("has-head-in-tail", LB, lambda xs: xs[0] in xs[1:], head_again),
    Family("has-k", LB, lambda k, xs: k in xs, some_k, K0),
    Family("head", LI, lambda xs: xs[0], SOME),
    Family("index-head", LI, lambda xs: xs[xs[0]], head_counts),
    Family("index-k", LI, lambda k, xs: xs[k - 1], at_least_k, K1),
    Family("is-evens", LB, lambda xs: all(x % 2 == 0 for x in xs), often((0, 2, 4, 6, 8))),
    Family("is-mod-k", LB, lambda k, xs: all(x % k == 0 for x in xs), multiples_of_k, K1),
    Family("is-odds", LB, lambda xs: all(x % 2 == 1 for x in xs), often((1, 3, 5, 7, 9))),
    Family("is-primes", LB, lambda xs: all(map(is_prime, xs)), often(PRIMES)),
    Family("is-squares", LB, lambda xs: all(map(is_square, xs)), often(SQUARES)),
    Family("keep eq k", LL, lambda k, xs: [x for x in xs if x == k], some_k, K3),
    Family("keep gt k", LL, lambda k, xs: [x for x in xs if x > k], about_k, K3),
    Family("keep primes", LL, lambda xs: [x for x in xs if is_prime(x)], often(PRIMES)),
    Family("keep squares", LL, lambda xs: [x for x in xs if is_square(x)], often(SQUARES)),
    Family("keep-mod-head", LL, lambda xs: [x for x in xs[1:] if x % xs[0] == 0], head_divides),
    Family("keep-mod-k", LL, lambda k, xs: [x for x in xs if x % k == 0], multiples_of_k, K1),
    Family("kth-largest", LI, lambda k, xs: sorted(xs)[-k], at_least_k, K1),
    Family("kth-smallest", LI, lambda k, xs: sorted(xs)[k - 1], at_least_k, K1),
    Family("last", LI, lambda xs: xs[-1], SOME),
    Family("len", LI, len, NATURALS),
    Family("max", LI, max, SOME),
    Family("min", LI, min, SOME),
    Family("modulo-k", LL, lambda k, xs: [x % k for x in xs], NATURALS, K1),
    Family("mult-k", LL, lambda k, xs: [x * k for x in xs], NATURALS, K0),
    Family("odds", LL, lambda xs: [x for x in xs if x % 2 == 1], NATURALS),
    Family("pop", LL, lambda xs: xs[:-1], SOME),
    Family("pow-k", LL, lambda k, xs: [x**k for x in xs], NATURALS, K1),
    Family("prepend-index-k", LL, lambda k, xs: [xs[k - 1], *xs], at_least_k, K1),
    Family("prepend-k", LL, lambda k, xs: [k, *xs], NATURALS, K0),
    Family("product", LI, math.prod, numbers(0, 5, 9)),
    Family("range", "int -> list(int)", lambda n: list(range(n)), number(0, 30)),
    Family(
        "remove empty lists",
        "list(list(int)) -> list(list(int))",
        lambda xss: [xs for xs in xss if xs],
        lists(),
    ),
    Family("remove eq k", LL, lambda k, xs: [x for x in xs if x != k], some_k, K3),
    Family("remove gt k", LL, lambda k, xs: [x for x in xs if x <= k], about_k, K3),
    Family("remove-index-k", LL, lambda k, xs: xs[: k - 1] + xs[k:], at_least_k, K1),
    Family("remove-mod-head", LL, lambda xs: [x for x in xs[1:] if x % xs[0]], head_divides),
    Family("remove-mod-k", LL, lambda k, xs: [x for x in xs if x % k], multiples_of_k, K2),
    Family(
        "repeat",
        LL,
        lambda xs: [xs[1]] * xs[0],
        lambda random: ([random.randint(1, 9), random.randint(0, 9)],),
    ),
    Family("repeat-k", LL, lambda k, xs: xs * k, NATURALS, K1),
    Family("repeat-many", LL, lambda xs: xs[1:] * xs[0], head_repeats),
    Family("replace-all-with-index-k", LL, lambda k, xs: [xs[k - 1]] * len(xs), at_least_k, K1),
    Family("reverse", LL, lambda xs: xs[::-1], NATURALS),
    Family("rotate-k", LL, lambda k, xs: xs[-k:] + xs[:-k], at_least_k, K1),
    Family("slice-k-n", LL, lambda k, n, xs: xs[k - 1 : k - 1 + n], at_least_k, (*K1, *K1)),
    Family("sort", LL, sorted, NATURALS),
    Family("sum", LI, sum, NATURALS),
    Family("tail", LL, lambda xs: xs[1:], SOME),
    Family("take-k", LL, lambda k, xs: xs[:k], at_least_k, K1),
)
"""The families of the list domain."""

DIGITS = numbers(0, 7, 9)

ORIGAMI = (
    Family("length int", LI, len, DIGITS),
    Family(
        "map length", "list(list(int)) -> list(int)", lambda xss: [len(xs) for xs in xss], lists(1)
    ),
    Family("remove 0s", LL, lambda xs: [x for x in xs if x != 0], numbers(0, 7, 3)),
    Family("remove above 1", LL, lambda xs: [x for x in xs if x <= 1], numbers(0, 7, 3)),
    Family("countdown", "int -> list(int)", lambda n: list(range(n, 0, -1)), number(0, 16)),
    Family("weird count", "int -> list(int)", lambda n: list(range(-n, 0, -1)), number(-16, 0)),
    Family("take every other", LL, lambda xs: xs[::2], even_length),
    Family("drop last element", LL, lambda xs: xs[:-1], numbers(1, 7, 9)),
    Family("range", "int -> list(int)", lambda n: list(range(n)), number(0, 16)),
    Family("range inclusive", "int -> list(int)", lambda n: list(range(n + 1)), number(0, 16)),
    Family("index int", "int -> list(int) -> int", lambda i, xs: xs[i], position(0)),
    Family("1-index int", "int -> list(int) -> int", lambda i, xs: xs[i - 1], position(1)),
    Family("stutter", LL, lambda xs: [x for x in xs for _ in range(2)], DIGITS),
    Family("sum", LI, sum, DIGITS),
    Family("append constant 0", LL, lambda xs: [*xs, 0], DIGITS),
    Family("map double", LL, lambda xs: [2 * x for x in xs], DIGITS),
    Family("map increment", LL, lambda xs: [x + 1 for x in xs], DIGITS),
    Family("map negation", LL, lambda xs: [-x for x in xs], DIGITS),
    Family(
        "zip plus",
        "list(int) -> list(int) -> list(int)",
        lambda xs, ys: [x + y for x, y in zip(xs, ys, strict=True)],
        two_lists,
    ),
    Family(
        "zip minus",
        "list(int) -> list(int) -> list(int)",
        lambda xs, ys: [x - y for x, y in zip(xs, ys, strict=True)],
        two_lists,
    ),
)
"""Twenty routines that need recursion in a Lisp without list functions."""
