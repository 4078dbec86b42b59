"""A wide language, and random programs in it: what the native evaluator is held to.

It has numbers, truth values, characters, pairs, nested lists, functions of functions, recursion,
lazy arguments, a hole, and objects that only Python knows.
"""

from __future__ import annotations

import itertools
import math
import random
from collections.abc import Sequence
from typing import Any

from reverie.dsl import (
    INT,
    Lambda,
    Library,
    Primitive,
    Term,
    Type,
    Variable,
    apply,
    constant,
    hole,
    list_of,
    parse_type,
    primitive,
)

__all__ = ["LISTS", "WIDE", "Canvas", "make", "random_programs"]


def make(name: str, type: str, function: Any, *lazy: int) -> Primitive:
    """Return a primitive; ``lazy`` are the arguments that it gets as functions."""
    return Primitive(name, parse_type(type), function, lazy=frozenset(lazy))


@primitive("int -> bool", name="is-prime")
def is_prime(n: int) -> bool:
    """Say whether a number is prime."""
    if n < 2:
        return False
    d = 2
    while d * d <= n:
        if n % d == 0:
            return False
        d += 1
    return True


@primitive("int -> bool", name="is-square")
def is_square(n: int) -> bool:
    """Say whether a number is a square."""
    root = 0
    while root * root < n:
        root += 1
    return root * root == n


@primitive("t0 -> (t0 -> bool) -> (t0 -> t1) -> (t0 -> t0) -> list(t1)")
def unfold(x: Any, stop: Any, element: Any, after: Any) -> list[Any]:
    """Build a list from a seed."""
    result = []
    while not stop(x):
        result.append(element(x))
        x = after(x)
    return result


@primitive("list(t0) -> t1 -> (t0 -> t1 -> t1) -> t1")
def fold(values: list[Any], x: Any, f: Any) -> Any:
    """Combine the elements from the right."""
    for value in reversed(values):
        x = f(value, x)
    return x


@primitive("t0 -> ((t0 -> t1) -> t0 -> t1) -> t1")
def fix1(x: Any, body: Any) -> Any:
    """Apply a function that may call itself."""

    # Annotations are code, too, and the evaluator knows its own fix by its code.
    def recurse(y):  # type: ignore[no-untyped-def]
        return body(recurse, y)

    return recurse(x)  # type: ignore[no-untyped-call]


LISTS = [
    make("map", "(t0 -> t1) -> list(t0) -> list(t1)", lambda f, xs: [f(x) for x in xs]),
    unfold,
    make("range", "int -> list(int)", lambda n: list(range(n))),
    make("index", "int -> list(t0) -> t0", lambda i, xs: xs[i]),
    fold,
    make("length", "list(t0) -> int", len),
    make("if", "bool -> t0 -> t0 -> t0", lambda c, a, b: a() if c else b(), 1, 2),
    make("+", "int -> int -> int", lambda a, b: a + b),
    make("-", "int -> int -> int", lambda a, b: a - b),
    make("*", "int -> int -> int", lambda a, b: a * b),
    make("mod", "int -> int -> int", lambda a, b: a % b),
    constant("empty", "list(t0)", []),
    make("cons", "t0 -> list(t0) -> list(t0)", lambda x, xs: [x] + xs),  # noqa: RUF005
    make("car", "list(t0) -> t0", lambda xs: xs[0]),
    make("cdr", "list(t0) -> list(t0)", lambda xs: xs[1:]),
    make("empty?", "list(t0) -> bool", lambda xs: xs == []),
    constant("0", "int", 0),
    constant("1", "int", 1),
    make("gt?", "int -> int -> bool", lambda a, b: a > b),
    make("eq?", "int -> int -> bool", lambda a, b: a == b),
    is_prime,
    is_square,
]


class Canvas:
    """Something that only Python knows."""

    def __init__(self, marks: tuple[int, ...] = ()) -> None:
        self.marks = marks

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Canvas) and other.marks == self.marks

    __hash__ = None  # type: ignore[assignment]

    def __repr__(self) -> str:
        return f"Canvas{self.marks}"


WIDE = [
    *LISTS,
    fix1,
    make("same?", "t0 -> t0 -> bool", lambda a, b: a == b),
    make("pair", "t0 -> t1 -> pair(t0, t1)", lambda a, b: (a, b)),
    make("first", "pair(t0, t1) -> t0", lambda p: p[0]),
    make("second", "pair(t0, t1) -> t1", lambda p: p[1]),
    make("swap", "pair(t0, t1) -> pair(t1, t0)", lambda p: (p[1], p[0])),
    make(
        "zip",
        "list(t0) -> list(t1) -> list(pair(t0, t1))",
        lambda a, b: list(zip(a, b)),  # noqa: B905 - numba knows no keywords of zip
    ),
    make("sum", "list(pair(int, int)) -> int", lambda xs: sum([a * b for a, b in xs])),
    make("cube", "int -> int", lambda n: n * n * n % 7),
    make("sort", "list(int) -> list(int)", sorted),
    make("sort-any", "list(t0) -> list(t0)", sorted),
    make("max", "list(int) -> int", max),
    make("filter", "(t0 -> bool) -> list(t0) -> list(t0)", lambda f, xs: [x for x in xs if f(x)]),
    make("twice", "(t0 -> t0) -> t0 -> t0", lambda f, x: f(f(x))),
    make("compose", "(t1 -> t2) -> (t0 -> t1) -> t0 -> t2", lambda f, g, x: f(g(x))),
    make("five", "int -> int -> int -> int -> int -> int", lambda a, b, c, d, e: a - b + c - d + e),
    make("either", "bool -> int -> int", lambda c, x: 0 if c else x(), 1),
    make("concat", "list(list(t0)) -> list(t0)", lambda xs: [x for m in xs for x in m]),
    make("every-other", "list(t0) -> list(t0)", lambda xs: xs[::2]),
    constant("2.5", "real", 2.5),
    constant("-0.0", "real", -0.0),
    make("+.", "real -> real -> real", lambda a, b: a + b),
    make("*.", "real -> real -> real", lambda a, b: a * b),
    make("/.", "real -> real -> real", lambda a, b: a / b),
    make("sqrt", "real -> real", math.sqrt),
    make("floor", "real -> int", math.floor),
    make("real", "int -> real", float),
    constant("a", "char", "a"),
    make("next", "char -> char", lambda c: chr(ord(c) + 1)),
    make("vowel?", "char -> bool", lambda c: c in "aeiou"),
    make("upper", "list(char) -> list(char)", lambda xs: [c.upper() for c in xs]),
    constant("blank", "canvas", Canvas()),
    make("mark", "int -> canvas -> canvas", lambda n, c: Canvas((*c.marks, n))),
    make("marks", "canvas -> list(int)", lambda c: list(c.marks)),
    hole("?", "real"),
]


def _instances(
    library: Library, images: Sequence[Type]
) -> dict[Type, list[tuple[Term, tuple[Type, ...]]]]:
    """Give the heads for each type."""
    found: dict[Type, list[tuple[Term, tuple[Type, ...]]]] = {}
    for production in library.productions:
        variables = production.type.variables
        for chosen in itertools.product(images, repeat=len(variables)):
            kind = production.type.replace(dict(zip(variables, chosen, strict=True)))
            found.setdefault(kind.result, []).append((production.term, kind.parameters))
    return found


def _grow(heads: Any, rng: random.Random, want: Type, scope: tuple[Type, ...], size: int) -> Term:
    """Make a random eta-long program of about a size; much faster than to sample the prior."""
    if want.is_arrow:
        inner: Type = want.arguments[1]
        return Lambda(_grow(heads, rng, inner, (want.parameters[0], *scope), size))
    if size < -8:
        raise RecursionError
    usable = [(Variable(i), t.parameters) for i, t in enumerate(scope) if t.result is want]
    usable += heads.get(want, [])
    if size <= 1:
        usable = [h for h in usable if not h[1]] or usable
    elif rng.random() < 0.7:
        usable = [h for h in usable if h[1]] or usable
    if not usable:
        raise RecursionError
    head, parameters = rng.choice(usable)
    share = (size - 1) // max(len(parameters), 1)
    return apply(head, *[_grow(heads, rng, p, scope, share) for p in parameters])


def random_programs(
    library: Library,
    want: Type,
    count: int,
    seed: int,
    images: Sequence[Type] = (INT, list_of(INT)),
) -> list[Term]:
    """Return distinct eta-long programs of a type, of 2 to 16 heads; fewer if they are rare.

    Args:
        library: the language.
        want: the type.
        count: how many.
        seed: of the draw.
        images: what type variables may stand for.
    """
    rng, heads = random.Random(seed), _instances(library, images)
    found: dict[Term, None] = {}
    for _ in range(50 * count):
        if len(found) == count:
            break
        try:
            found[_grow(heads, rng, want, (), rng.randint(2, 16))] = None
        except RecursionError:
            continue
    return list(found)
