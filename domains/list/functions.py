"""List processing: the primitives of DreamCoder's list domain, and its four published sets.

Names, types and meaning follow the DreamCoder system (Ellis et al., PLDI 2021, section 4 and
appendix). Each primitive is a plain function of its arguments, which changes none of them and
raises where it has no value; that is also what lets a compiler take each one by itself.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

from ...dsl import constant, primitive

__all__ = ["BASE", "COMMON", "MCCARTHY", "RICH"]

# Bounds that the published system sets; they keep a search from long useless values.
LONGEST_RANGE = 99
UNFOLD_STEPS = 50
NESTED_CALLS = 20


# ---- numbers -------------------------------------------------------------------------------------


@primitive("int -> int -> int", name="+")
def add(x: int, y: int) -> int:
    """Add."""
    return x + y


@primitive("int -> int -> int", name="-")
def subtract(x: int, y: int) -> int:
    """Subtract the second from the first."""
    return x - y


@primitive("int -> int -> int", name="*")
def multiply(x: int, y: int) -> int:
    """Multiply."""
    return x * y


@primitive("int -> int")
def negate(x: int) -> int:
    """Change the sign."""
    return -x


@primitive("int -> int -> int")
def mod(x: int, y: int) -> int:
    """Take the remainder, with the sign of the divisor; by zero there is none."""
    return x % y


@primitive("int -> int -> bool", name="gt?")
def is_greater(x: int, y: int) -> bool:
    """Say whether the first is greater."""
    return x > y


@primitive("int -> int -> bool", name="eq?")
def is_equal(x: int, y: int) -> bool:
    """Say whether two numbers are equal."""
    return x == y


@primitive("int -> bool", name="is-prime")
def is_prime(x: int) -> bool:
    """Say whether a number is prime."""
    if x < 4:
        return x > 1
    if x % 2 == 0:
        return False
    divisor = 3
    while divisor * divisor <= x:
        if x % divisor == 0:
            return False
        divisor += 2
    return True


@primitive("int -> bool", name="is-square")
def is_square(x: int) -> bool:
    """Say whether a number is a square."""
    if x < 0:
        return False
    root = int(math.sqrt(x))  # exact: no integer here has more than 31 bits
    return root * root == x


# ---- truth ---------------------------------------------------------------------------------------


@primitive("bool -> t0 -> t0 -> t0", lazy=(1, 2))
def if_(condition: bool, then: Callable[[], Any], otherwise: Callable[[], Any]) -> Any:
    """Choose one of two values; the other is never computed."""
    return then() if condition else otherwise()


@primitive("bool -> bool")
def not_(x: bool) -> bool:
    """Negate a truth value."""
    return not x


@primitive("bool -> bool -> bool")
def and_(x: bool, y: bool) -> bool:
    """Say whether both hold."""
    return x and y


@primitive("bool -> bool -> bool")
def or_(x: bool, y: bool) -> bool:
    """Say whether one of two holds."""
    return x or y


# ---- lists, made and taken apart -----------------------------------------------------------------


@primitive("t0 -> list(t0)")
def singleton(x: Any) -> list[Any]:
    """Make a list of one element."""
    return [x]


@primitive("t0 -> list(t0) -> list(t0)")
def cons(x: Any, xs: list[Any]) -> list[Any]:
    """Put an element before a list."""
    return [x, *xs]


@primitive("list(t0) -> t0")
def car(xs: list[Any]) -> Any:
    """Take the first element; an empty list has none."""
    if len(xs) == 0:
        raise IndexError("car of an empty list")
    return xs[0]


@primitive("list(t0) -> list(t0)")
def cdr(xs: list[Any]) -> list[Any]:
    """Drop the first element; an empty list has none."""
    if len(xs) == 0:
        raise IndexError("cdr of an empty list")
    return xs[1:]


@primitive("list(t0) -> bool", name="empty?")
def is_empty(xs: list[Any]) -> bool:
    """Say whether a list is empty."""
    return len(xs) == 0


@primitive("list(t0) -> int")
def length(xs: list[Any]) -> int:
    """Count the elements."""
    return len(xs)


@primitive("int -> list(t0) -> t0")
def index(i: int, xs: list[Any]) -> Any:
    """Take the element at a position, counted from 0."""
    if not 0 <= i < len(xs):
        raise IndexError("index out of range")
    return xs[i]


@primitive("int -> int -> list(t0) -> list(t0)")
def slice_(start: int, stop: int, xs: list[Any]) -> list[Any]:
    """Take the elements from one position up to another, without the latter."""
    if start < 0 or stop < 0:
        raise IndexError("slice from a negative position")
    return xs[start:stop]


@primitive("int -> list(int)")
def range_(n: int) -> list[int]:
    """List the numbers from 0 up to n, without n; none if n is negative."""
    if n > LONGEST_RANGE:
        raise ValueError("range too long")
    return list(range(n))


@primitive("list(t0) -> list(t0) -> list(t0)", name="++")
def concatenate(xs: list[Any], ys: list[Any]) -> list[Any]:
    """Put one list after another."""
    return xs + ys


@primitive("list(t0) -> list(t0)")
def reverse(xs: list[Any]) -> list[Any]:
    """Turn a list around."""
    return xs[::-1]


@primitive("list(int) -> list(int)")
def sort(xs: list[int]) -> list[int]:
    """Put numbers in ascending order."""
    return sorted(xs)


@primitive("list(int) -> int")
def sum_(xs: list[int]) -> int:
    """Add up the elements."""
    total = 0
    for x in xs:
        total += x
    return total


# ---- functions of functions ----------------------------------------------------------------------


@primitive("(t0 -> t1) -> list(t0) -> list(t1)")
def map_(f: Callable[[Any], Any], xs: list[Any]) -> list[Any]:
    """Apply a function to each element."""
    return [f(x) for x in xs]


@primitive("(int -> t0 -> t1) -> list(t0) -> list(t1)")
def mapi(f: Callable[[int, Any], Any], xs: list[Any]) -> list[Any]:
    """Apply a function to each position and element."""
    return [f(i, x) for i, x in enumerate(xs)]


@primitive("list(t0) -> t1 -> (t0 -> t1 -> t1) -> t1")
def fold(xs: list[Any], start: Any, f: Callable[[Any, Any], Any]) -> Any:
    """Combine the elements from the right: f(first, f(second, ... f(last, start)))."""
    value = start
    for x in xs[::-1]:
        value = f(x, value)
    return value


@primitive("(int -> t1 -> t0 -> t1) -> t1 -> list(t0) -> t1")
def reducei(f: Callable[[int, Any, Any], Any], start: Any, xs: list[Any]) -> Any:
    """Combine the elements from the left, with their positions."""
    value = start
    for i, x in enumerate(xs):
        value = f(i, value, x)
    return value


@primitive("t0 -> (t0 -> bool) -> (t0 -> t1) -> (t0 -> t0) -> list(t1)")
def unfold(
    start: Any,
    done: Callable[[Any], bool],
    element: Callable[[Any], Any],
    step: Callable[[Any], Any],
) -> list[Any]:
    """Build a list from a state, an element for each state, until the state is done."""
    values: list[Any] = []
    state = start
    for _ in range(UNFOLD_STEPS):
        if done(state):
            return values
        values.append(element(state))
        state = step(state)
    raise RecursionError("unfold does not end")


@primitive("(t0 -> bool) -> list(t0) -> list(t0)")
def filter_(p: Callable[[Any], bool], xs: list[Any]) -> list[Any]:
    """Keep the elements that fulfil a condition."""
    return [x for x in xs if p(x)]


@primitive("(t0 -> bool) -> list(t0) -> bool")
def all_(p: Callable[[Any], bool], xs: list[Any]) -> bool:
    """Say whether each element fulfils a condition."""
    for x in xs:  # noqa: SIM110 - a loop compiles where a generator does not
        if not p(x):
            return False
    return True


@primitive("(t0 -> bool) -> list(t0) -> bool")
def any_(p: Callable[[Any], bool], xs: list[Any]) -> bool:
    """Say whether some element fulfils a condition."""
    for x in xs:  # noqa: SIM110 - likewise
        if p(x):
            return True
    return False


@primitive("t0 -> ((t0 -> t1) -> t0 -> t1) -> t1")
def fix1(argument: Any, body: Callable[[Callable[[Any], Any], Any], Any]) -> Any:
    """Call a function that may call itself: the body is given itself and the argument."""

    def call(value: Any, level: int) -> Any:
        if level > NESTED_CALLS:
            raise RecursionError("fix1 calls itself too often")
        return body(lambda inner: call(inner, level + 1), value)

    return call(argument, 1)


# ---- the published sets --------------------------------------------------------------------------

EMPTY = constant("empty", "list(t0)", [], "The empty list.")
TRUE = constant("true", "bool", True, "What holds.")
NUMBERS = tuple(constant(str(n), "int", n) for n in range(6))
ZERO, ONE = NUMBERS[:2]

BASE = (
    *NUMBERS,
    *(multiply, add, subtract, is_greater, is_equal, is_prime, is_square),
    *(EMPTY, cons, car, cdr, is_empty, if_),
)
"""First-order list processing."""

COMMON = (
    *(map_, unfold, range_, index, fold, length, if_, add, subtract),
    *(EMPTY, cons, car, cdr, is_empty, ZERO, ONE),
    *(multiply, mod, is_greater, is_equal, is_prime, is_square),
)
"""The set of the list-processing experiments."""

RICH = (
    *(*NUMBERS, EMPTY, singleton, range_, concatenate, mapi, reducei, TRUE, not_, and_, or_),
    *(sort, add, multiply, negate, mod, is_equal, is_greater, is_prime, is_square, sum_, reverse),
    *(all_, any_, index, filter_, slice_),
)
"""A set in which the routines that others have to learn are given."""

MCCARTHY = (
    *(EMPTY, cons, car, cdr, is_empty, fix1, is_greater, if_, is_equal),
    *(add, subtract, ZERO, ONE),
)
"""Lisp of 1959: recursion and nothing ready-made (the "origami" experiment)."""
