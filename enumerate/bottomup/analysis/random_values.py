"""Random values of a type, for finding out by testing what holds of a library."""

from __future__ import annotations

from random import Random
from typing import Any

from ....dsl import BOOL, CHAR, INT, REAL, Failure, Type, TypeConstructor, TypeVariable

__all__ = ["is_list", "is_plain", "same", "sample"]


def sample(random: Random, wanted: Type, size: int | None = None) -> Any:
    """Return a random value; a type variable stands for integers.

    Args:
        random: the source.
        wanted: the type.
        size: the length of a list; random if None.
    """
    if isinstance(wanted, TypeVariable) or wanted is INT:
        return random.randint(-3, 9)
    if wanted is BOOL:
        return random.random() < 0.5
    if wanted is REAL:
        return random.choice((-1.5, 0.0, 0.5, 2.0))
    if wanted is CHAR:
        return random.choice("abC 1")
    if wanted.name == "pair":
        return tuple(sample(random, part) for part in wanted.arguments)
    count = random.randint(0, 3) if size is None else size
    return [sample(random, wanted.arguments[0]) for _ in range(count)]


def is_plain(wanted: Type) -> bool:
    """Say whether there are samples of a type."""
    if isinstance(wanted, TypeVariable):
        return True
    if wanted.name in ("list", "pair"):
        return all(map(is_plain, wanted.arguments))
    return wanted in (INT, BOOL, REAL, CHAR)


def is_list(wanted: Type) -> bool:
    """Say whether a type is one of lists."""
    return isinstance(wanted, TypeConstructor) and wanted.name == "list"


def same(one: Any, other: Any) -> bool:
    """Say whether two results are equal; failures are."""
    if isinstance(one, Failure) or isinstance(other, Failure):
        return isinstance(one, Failure) and isinstance(other, Failure)
    return type(one) is type(other) and bool(one == other)
