"""How deeply data may nest.

Much of what works on values goes down into them by recursion: Python's own comparison, printing and
pickling do, and so do compiled kernels. So values nest only so deep, and whatever lets values in,
from a file, an argument or a primitive, asks here, without recursion, whether they do.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

__all__ = ["DEEPEST", "nests_beyond"]

DEEPEST = 256
"""How many levels of lists, tuples, sets and dictionaries a value may have."""

_CONTAINERS = (list, tuple, set, frozenset, Mapping)


def nests_beyond(value: Any, deepest: int = DEEPEST) -> bool:
    """Say whether a value has more levels than that; one that contains itself always has.

    >>> nests_beyond([[1], 2], 1), nests_beyond([[1], 2], 2)
    (True, False)
    """
    level = [value] if isinstance(value, _CONTAINERS) else []
    for _ in range(deepest):
        if not level:
            return False
        # What is shared is looked at once: a level holds no more than there are objects.
        inside: dict[int, Any] = {}
        for container in level:
            parts = container.values() if isinstance(container, Mapping) else container
            inside.update((id(p), p) for p in parts if isinstance(p, _CONTAINERS))
        level = list(inside.values())
    return bool(level)
