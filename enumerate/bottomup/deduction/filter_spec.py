"""Specification of a filter's predicate, from an input list and the output list.

The output has to be what is left of the input when all elements that it does not have are left out.
Then the predicate is true for the elements that it has, and false for the others: labelled
examples, as Feser et al. 2015 (lambda-squared) deduce them for filter. Predicates are found by
comparing integers, or among the programs of the bank.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from ....dsl import njit
from ...native.memory.block_access import pointer_to
from ...native.memory.word_layout import DATA, ERROR, FALSE, LIST, TAG, TRUE
from ..bank.apply_primitive import operate

__all__ = ["compare", "filterable", "labelled_elements"]

Words = NDArray[np.int64]

_OPTIONS: dict[str, Any] = {"cache": True, "nogil": True, "error_model": "numpy"}


@njit("void(int64, int64[:, ::1], int64[::1], int64[::1], boolean[::1])", **_OPTIONS)
def filterable(address: int, words: Words, elements: Words, ends: Words, found: Any) -> None:
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


def labelled_elements(given: list[int], goal: list[int]) -> list[tuple[tuple[int, ...], int]]:
    """Return what the test says of each element, for lists that :func:`filterable` found.

    Args:
        given: the words of a list's elements.
        goal: of those that are wanted.
    """
    wanted = set(goal)
    return [((word,), TRUE if word in wanted else FALSE) for word in dict.fromkeys(given)]


@njit(
    "int64(int64, int64[:, ::1], int64[::1], int64[::1], int64, int64[::1], int64[:, ::1], int64, "
    "int64[:, ::1])",
    **_OPTIONS,
)
def compare(
    address: int,
    values: Words,
    costs: Words,
    integers: Words,
    few: int,
    goal: Words,
    tests: Words,
    most: int,
    found: Words,
) -> int:
    """Find the tests of one or two integers that give the goal.

    Args:
        address: of the block.
        values, costs: int64[n, p] and int64[n].
        integers: int64[m], the rows that may be tested, cheapest first.
        few: how many of them every one is put beside, in both orders.
        goal: int64[p], truth values.
        tests: int64[t, 3], the cost of a primitive, the offset of its node, and how many arguments
            it takes.
        most: the largest cost wanted.
        found: int64[k, 4], receives cost, test and the rows of its arguments, -1 for none.

    Returns:
        How many were found, at most ``k``; those made of cheaper programs come first.
    """
    memory = pointer_to(address)
    count = 0
    for i in range(len(integers)):
        for t in range(len(tests)):
            for j in range(2 * min(i + 1, few) if tests[t, 2] == 2 else 1):
                x = integers[i]
                y = integers[j >> 1]
                total = tests[t, 0] + costs[x] + (costs[y] if tests[t, 2] == 2 else 0)
                if total > most:
                    continue
                if j & 1:
                    x, y = y, x
                good = True
                for p in range(len(goal)):
                    first = values[x, p]
                    second = values[y, p]
                    if first == ERROR or (tests[t, 2] == 2 and second == ERROR):
                        good = False
                        break
                    if operate(memory, tests[t, 1], first, second, 0, 0) != goal[p]:
                        good = False
                        break
                if good:
                    if count == len(found):
                        return count
                    found[count, 0] = total
                    found[count, 1] = t
                    found[count, 2] = x
                    found[count, 3] = y if tests[t, 2] == 2 else -1
                    count += 1
    return count
