"""Tasks of our own making: routines over one to three inputs, examples drawn from a seed."""

from __future__ import annotations

from collections.abc import Callable
from itertools import accumulate
from random import Random
from typing import Any

from ...dsl import INT, Task, Type, arrow, list_of
from .functions import LARGEST, LONGEST, SMALLEST

__all__ = ["make_tasks"]

LIST = list_of(INT)

# Each routine: what it is called, the types of its inputs, what it returns, what it does.
ROUTINES: list[tuple[str, list[Type], Type, Callable[..., Any]]] = [
    ("largest difference", [LIST], INT, lambda xs: max(xs) - min(xs)),
    ("sum of the positive", [LIST], INT, lambda xs: sum(x for x in xs if x > 0)),
    ("count above", [LIST, INT], INT, lambda xs, k: sum(x > k for x in xs)),
    ("second largest", [LIST], INT, lambda xs: sorted(xs)[-2]),
    ("sum of the smallest k", [LIST, INT], INT, lambda xs, k: sum(sorted(xs)[:k])),
    ("inner product", [LIST, LIST], INT, lambda xs, ys: sum(map(lambda x, y: x * y, xs, ys))),
    ("ends added", [LIST], INT, lambda xs: xs[0] + xs[-1]),
    ("double", [LIST], LIST, lambda xs: [2 * x for x in xs]),
    ("square of each", [LIST], LIST, lambda xs: [x * x for x in xs]),
    ("add to each", [LIST, INT], LIST, lambda xs, k: [x + k for x in xs]),
    ("keep even", [LIST], LIST, lambda xs: [x for x in xs if x % 2 == 0]),
    ("keep above the first", [LIST], LIST, lambda xs: [x for x in xs if x > xs[0]]),
    ("sort downwards", [LIST], LIST, lambda xs: sorted(xs, reverse=True)),
    ("running sum", [LIST], LIST, lambda xs: list(accumulate(xs))),
    ("running maximum", [LIST], LIST, lambda xs: list(accumulate(xs, max))),
    ("pairwise maximum", [LIST, LIST], LIST, lambda xs, ys: list(map(max, xs, ys))),
    ("pairwise difference", [LIST, LIST], LIST, lambda xs, ys: [x - y for x, y in zip(xs, ys)]),  # noqa: B905
    ("differences", [LIST], LIST, lambda xs: [y - x for x, y in zip(xs, xs[1:])]),  # noqa: B905, RUF007
    ("clip from above", [LIST, INT], LIST, lambda xs, k: [min(x, k) for x in xs]),
    ("clip between", [LIST, INT, INT], LIST, lambda xs, a, b: [max(a, min(x, b)) for x in xs]),
    ("middle part", [LIST, INT, INT], LIST, lambda xs, a, b: xs[a:][:b]),
    ("reverse the rest", [LIST], LIST, lambda xs: xs[1:][::-1]),
    ("distance from the smallest", [LIST], LIST, lambda xs: [x - min(xs) for x in xs]),
    ("add the reverse", [LIST], LIST, lambda xs: [x + y for x, y in zip(xs, xs[::-1])]),  # noqa: B905
]


def make_tasks(seed: int = 0) -> list[Task]:
    """Return the domain's own tasks, five examples and ten held out each; the same for a seed."""
    return [_task(Random(f"{seed} {routine[0]}"), *routine) for routine in ROUTINES]


def _task(
    random: Random, name: str, parameters: list[Type], result: Type, routine: Callable[..., Any]
) -> Task:
    found: list[tuple[list[Any], Any]] = []
    while len(found) < 15:
        inputs = [_input(random, parameter) for parameter in parameters]
        output = routine(*inputs)
        if _is_value(output) and (inputs, output) not in found:
            found.append((inputs, output))
    return Task(name, arrow(*parameters, result), found[:5], found[5:])


def _input(random: Random, parameter: Type) -> Any:
    if parameter is INT:
        return random.randint(0, 6)
    return [random.randint(-10, 20) for _ in range(random.randint(3, 8))]


def _is_value(value: Any) -> bool:
    """Say whether a program of this language may give a value."""
    if isinstance(value, int):
        return SMALLEST <= value <= LARGEST
    return len(value) <= LONGEST and all(map(_is_value, value))
