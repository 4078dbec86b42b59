"""What a goal says of a test that chooses among the elements of a list, as a filter's does.

The wanted list has to be what is left of another when all that is not in it is left out. Then the
test is true for the elements that are in it, and false for the others.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from ..native.jit import njit
from ..native.layout import DATA, FALSE, LIST, TAG, TRUE
from ..native.memory import pointer_to

__all__ = ["chosen", "verdicts"]

Words = NDArray[np.int64]

_OPTIONS: dict[str, Any] = {"cache": True, "nogil": True, "error_model": "numpy"}


@njit("void(int64, int64[:, ::1], int64[::1], int64[::1], boolean[::1])", **_OPTIONS)
def chosen(address: int, words: Words, elements: Words, ends: Words, found: Any) -> None:
    """Say which programs' lists hold the wanted ones, and something else besides.

    Args:
        address: of the block.
        words: int64[n, examples], the values of programs.
        elements: of the wanted lists, one list after another.
        ends: int64[examples], where each ends.
        found: bool[n], written.
    """
    memory = pointer_to(address)
    for r in range(len(words)):
        longer = False
        good = True
        first = 0
        for e in range(len(ends)):
            word = words[r, e]
            if word >> TAG != LIST:
                good = False
                break
            start = (word & DATA) >> 16
            count = word & 0xFFFF
            at = first
            for i in range(start, start + count):
                wanted = False
                for j in range(first, ends[e]):
                    if elements[j] == memory[i]:
                        wanted = True
                        break
                if not wanted:
                    longer = True
                elif at < ends[e] and elements[at] == memory[i]:
                    at += 1
                else:
                    good = False
                    break
            if not good or at < ends[e]:
                good = False
                break
            first = ends[e]
        found[r] = good and longer


def verdicts(given: list[int], goal: list[int]) -> list[tuple[tuple[int, ...], int]]:
    """Return what the test says of each element, for lists that :func:`chosen` found.

    Args:
        given: the words of a list's elements.
        goal: of those that are wanted.
    """
    wanted = set(goal)
    return [((word,), TRUE if word in wanted else FALSE) for word in dict.fromkeys(given)]
