"""The primitives of DeepCoder with lambdas, as in LambdaBeam (Shi et al., NeurIPS 2023)."""

from __future__ import annotations

from typing import Any

from ...dsl import constant, primitive

__all__ = ["LARGEST", "LONGEST", "PRIMITIVES", "SMALLEST"]

SMALLEST, LARGEST = -256, 255
"""The integers that a program's values may be."""
LONGEST = 20
"""The length that a program's lists may have."""


@primitive("int -> int -> int", name="Add")
def add(x: Any, y: Any) -> Any:
    """Add."""
    return x + y


@primitive("int -> int -> int", name="Subtract")
def subtract(x: Any, y: Any) -> Any:
    """Subtract."""
    return x - y


@primitive("int -> int -> int", name="Multiply")
def multiply(x: Any, y: Any) -> Any:
    """Multiply."""
    return x * y


@primitive("int -> int -> int", name="IntDivide")
def int_divide(x: Any, y: Any) -> Any:
    """Divide, rounding down; division by zero is an error."""
    return x // y


@primitive("int -> int", name="Square")
def square(x: Any) -> Any:
    """Square."""
    return x * x


@primitive("int -> int -> int", name="Min")
def minimum_of_two(x: Any, y: Any) -> Any:
    """Give the smaller."""
    return min(x, y)


@primitive("int -> int -> int", name="Max")
def maximum_of_two(x: Any, y: Any) -> Any:
    """Give the larger."""
    return max(x, y)


@primitive("int -> int -> bool", name="Greater")
def greater(x: Any, y: Any) -> Any:
    """Compare."""
    return x > y


@primitive("int -> int -> bool", name="Less")
def less(x: Any, y: Any) -> Any:
    """Compare."""
    return x < y


@primitive("t0 -> t0 -> bool", name="Equal")
def equal(x: Any, y: Any) -> Any:
    """Compare."""
    return x == y


@primitive("int -> bool", name="IsEven")
def is_even(x: Any) -> Any:
    """Say whether a number is even."""
    return x % 2 == 0


@primitive("int -> bool", name="IsOdd")
def is_odd(x: Any) -> Any:
    """Say whether a number is odd."""
    return x % 2 == 1


@primitive("bool -> int -> int -> int", name="If", lazy=(1, 2))
def choose(condition: Any, x: Any, y: Any) -> Any:
    """Choose."""
    return x() if condition else y()


@primitive("list(int) -> int", name="Head")
def head(xs: Any) -> Any:
    """Give the first element."""
    return xs[0]


@primitive("list(int) -> int", name="Last")
def last(xs: Any) -> Any:
    """Give the last element."""
    return xs[-1]


@primitive("int -> list(int) -> list(int)", name="Take")
def take(n: Any, xs: Any) -> Any:
    """Keep the first elements, or leave off so many at the end."""
    return xs[:n]


@primitive("int -> list(int) -> list(int)", name="Drop")
def drop(n: Any, xs: Any) -> Any:
    """Leave off the first elements, or keep so many at the end."""
    return xs[n:]


@primitive("int -> list(int) -> int", name="Access")
def access(n: Any, xs: Any) -> Any:
    """Give the element at a position, counted from the end if it is negative."""
    return xs[n]


@primitive("list(int) -> int", name="Minimum")
def minimum(xs: Any) -> Any:
    """Give the smallest element."""
    return min(xs)


@primitive("list(int) -> int", name="Maximum")
def maximum(xs: Any) -> Any:
    """Give the largest element."""
    return max(xs)


@primitive("list(int) -> list(int)", name="Reverse")
def reverse(xs: Any) -> Any:
    """Turn the order round."""
    return xs[::-1]


@primitive("list(int) -> list(int)", name="Sort")
def sort(xs: Any) -> Any:
    """Sort upwards."""
    return sorted(xs)


@primitive("list(int) -> int", name="Sum")
def total(xs: Any) -> Any:
    """Add up."""
    return sum(xs)


@primitive("(int -> int) -> list(int) -> list(int)", name="Map")
def map_(f: Any, xs: Any) -> Any:
    """Apply a function to each element."""
    return [f(x) for x in xs]


@primitive("(int -> bool) -> list(int) -> list(int)", name="Filter")
def filter_(f: Any, xs: Any) -> Any:
    """Keep the elements for which a function is true."""
    return [x for x in xs if f(x)]


@primitive("(int -> bool) -> list(int) -> int", name="Count")
def count(f: Any, xs: Any) -> Any:
    """Count the elements for which a function is true."""
    found = 0
    for x in xs:
        if f(x):
            found += 1
    return found


@primitive("(int -> int -> int) -> list(int) -> list(int) -> list(int)", name="ZipWith")
def zip_with(f: Any, xs: Any, ys: Any) -> Any:
    """Apply a function to the elements of two lists in pairs, as far as the shorter goes."""
    return [f(xs[i], ys[i]) for i in range(min(len(xs), len(ys)))]


@primitive("(int -> int -> int) -> list(int) -> list(int)", name="Scanl1")
def scanl1(f: Any, xs: Any) -> Any:
    """Give the list of results so far, combining from the left; each is a value of the program."""
    if len(xs) == 0:
        return xs
    found = [xs[0]]
    for i in range(1, len(xs)):
        value = f(found[i - 1], xs[i])
        if value < -256 or value > 255:
            raise ValueError("a result beyond what programs may have")
        found.append(value)
    return found


PRIMITIVES = (
    add, subtract, multiply, int_divide, square, minimum_of_two, maximum_of_two,
    greater, less, equal, is_even, is_odd, choose,
    head, last, take, drop, access, minimum, maximum, reverse, sort, total,
    map_, filter_, count, zip_with, scanl1,
    *(constant(str(n), "int", n) for n in range(-1, 5)),
)  # fmt: skip
