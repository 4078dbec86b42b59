"""Values of built-in types, made without a task: a few fixed ones, and random ones.

What holds of a primitive is found by running it on such values: whether it keeps its type
(``reverie check``), whether its arguments commute, what a fold depends on. Small numbers and short
lists are what tells functions apart soonest, since coincidences are frequent among them.

:class:`.RandomInputs` draws by another law: inputs of dreams are as wide as those of real tasks.
"""

from __future__ import annotations

from collections.abc import Mapping
from itertools import islice, product
from random import Random
from types import MappingProxyType
from typing import Any, Final

from ..calculus.types import BOOL, CHAR, INT, REAL, STR, Type, TypeConstructor, TypeVariable

__all__ = ["REPRESENTATIVES", "is_list", "representatives", "sample"]

REPRESENTATIVES: Final[Mapping[Type, tuple[Any, ...]]] = MappingProxyType(
    {
        INT: (0, 1, 2, 3, -1, 5),
        BOOL: (True, False),
        CHAR: ("a", "B", " ", "1"),
        REAL: (0.0, 1.0, -0.5, 2.5),
        STR: ("ab", ""),
    }
)
"""A few values of each base type, the likeliest to matter first."""


def is_list(wanted: Type) -> bool:
    """Say whether a type is one of lists."""
    return isinstance(wanted, TypeConstructor) and wanted.name == "list"


def representatives(wanted: Type, few: int = 3) -> tuple[Any, ...]:
    """Return a few fixed values of a type; none if it is a function's, or has parts with none.

    Args:
        wanted: the type.
        few: the longest list, and the largest number of pairs.

    >>> representatives(TypeConstructor("list", [INT]))
    ([0, 1, 2], [0], [])
    """
    if wanted in REPRESENTATIVES:
        return REPRESENTATIVES[wanted]
    if is_list(wanted):
        elements = list(representatives(wanted.arguments[0], few)[:few])
        return (elements, elements[:1], []) if elements else ()
    if isinstance(wanted, TypeConstructor) and wanted.name == "pair":
        return tuple(islice(product(*(representatives(t, few) for t in wanted.arguments)), few))
    return ()


def sample(random: Random, wanted: Type, size: int | None = None) -> Any:
    """Return a small random value of a plain type; a type variable stands for integers.

    Args:
        random: the source.
        wanted: a type for which :func:`.is_plain` holds.
        size: the length of a list or text; random if None.
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
    if wanted is STR:
        return "".join(sample(random, CHAR) for _ in range(count))
    return [sample(random, wanted.arguments[0]) for _ in range(count)]
