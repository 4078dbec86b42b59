"""Paths into a value of any type, each of which reads a sequence of numbers.

A list of integers is one path, its elements. A nested value has several: ``list(list(int))`` shows
its elements as such (which can be told apart, not more), their lengths, and all numbers in them. A
single number is a path of one, a *scalar*. So what is said about paths holds for every type.
"""

from __future__ import annotations

from typing import Any, NamedTuple

from ...dsl import BOOL, CHAR, INT, REAL, STR, Type, TypeConstructor, list_of

__all__ = ["ID", "LETTER", "NUMBER", "TRUTH", "WINDOW", "ValuePath", "paths_of", "read_path"]

WINDOW = 48
"""A path's elements beyond this are not seen."""

MOST_PATHS = 6
"""Of one value; the outermost come first."""

NUMBER, TRUTH, LETTER, ID = 0, 1, 2, 3
"""Kinds of elements: integers and reals; booleans; characters; what can only be told apart."""

FIRST, SECOND, EACH, LENGTH, STOP = 0, 1, 2, 3, -1
"""Steps into a value: into a pair, to each element of a list, to a list's length."""


class ValuePath(NamedTuple):
    """Where to find a sequence of numbers in an example.

    Attributes:
        name: for people, such as ``$0.each.length``.
        side: which argument, or the number of arguments for the output.
        steps: the way into the value.
        kind: of the elements.
    """

    name: str
    side: int
    steps: tuple[int, ...]
    kind: int

    @property
    def is_scalar(self) -> bool:
        """Whether there is always exactly one element."""
        return EACH not in self.steps


def paths_of(type: Type, side: int, name: str) -> list[ValuePath]:
    """Return the paths of values of ``type``, the outermost first.

    >>> from reverie.dsl.calculus.syntax import parse_type
    >>> [path.name for path in paths_of(parse_type("list(pair(int, bool))"), 0, "$0")]
    ['$0.each', '$0.each.first', '$0.each.second']
    """
    found: list[ValuePath] = []
    waiting: list[tuple[Type, tuple[int, ...], str]] = [(type, (), name)]
    while waiting and len(found) < MOST_PATHS:
        t, steps, called = waiting.pop(0)
        if t is STR:
            t = list_of(CHAR)
        if t in (INT, REAL, BOOL, CHAR):
            kind = TRUTH if t is BOOL else LETTER if t is CHAR else NUMBER
            found.append(ValuePath(called, side, steps, kind))
            continue
        constructor = t.name if isinstance(t, TypeConstructor) else ""
        # Elements of a list, and values of other types, can at least be told apart.
        if (steps and steps[-1] == EACH) or constructor not in ("list", "pair"):
            found.append(ValuePath(called, side, steps, ID))
        if constructor == "list":
            if EACH in steps:
                found.append(ValuePath(f"{called}.length", side, (*steps, LENGTH), NUMBER))
            waiting.append((t.arguments[0], (*steps, EACH), f"{called}.each"))
        elif constructor == "pair":
            waiting.append((t.arguments[0], (*steps, FIRST), f"{called}.first"))
            waiting.append((t.arguments[1], (*steps, SECOND), f"{called}.second"))
    return found[:MOST_PATHS]


def read_path(path: ValuePath, value: Any, names: dict[str, int]) -> list[float]:
    """Return the numbers on a path of a Python value.

    Args:
        path: says where.
        value: of its side.
        names: numbers for what can only be told apart, so far; grows.
    """
    found = [value]
    for step in path.steps:
        if step == EACH:
            found = [element for whole in found for element in whole]
        elif step == LENGTH:
            found = [len(whole) for whole in found]
        else:
            found = [whole[step] for whole in found]
    if path.kind == ID:
        found = [names.setdefault(repr(x), len(names)) for x in found]
    elif path.kind == LETTER:
        found = [ord(x) for x in found]
    return [float(x) for x in found[:WINDOW]]
