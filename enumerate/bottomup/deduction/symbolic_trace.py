"""Deduction for higher-order functions: examples for a function argument, by symbolic execution.

Feser et al. 2015 (lambda-squared) deduce examples for the function of map, fold or filter by rules
written for each. Ours needs no rules: the primitive's Python function is run once on symbols, list
elements that stand for themselves and a function that notes what it was called with and returns a
new symbol. Where the result is made of symbols, the goal says what the function has to return, call
by call: a map's function the goal's elements; a scan's, too, and it is called with them. A
primitive whose control flow depends on the elements, or on what its function returns, cannot be
traced.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, NamedTuple

from ..intervals import FREE, Bounds, meet

__all__ = ["Trace", "demands", "trace"]

MOST_CALLS = 64


class _Symbol:
    """An element of a list or a function's result: equal only to itself, within all bounds."""

    def __init__(self, place: tuple[int, int]) -> None:
        self.place = place

    def __lt__(self, other: object) -> bool:
        return False

    __gt__ = __le__ = __ge__ = __lt__

    def __bool__(self) -> bool:
        raise TypeError("a symbol is neither true nor false")


RESULT = -1
"""In the place of a list: the symbol is what the function returned when it was called then."""
GIVEN = -2
"""In the place of a list: the value is an argument of the primitive that is no list."""

NUMBER = -3
"""In the place of a list: an integer of the primitive's own, such as a position."""

Place = tuple[int, int]
"""The list among the arguments, and the position in it."""


class Trace(NamedTuple):
    """A run on symbols.

    Attributes:
        calls: for each call of the function where its arguments come from.
        result: where the elements of the result come from.
    """

    calls: list[list[Place]]
    result: list[Place]


def trace(
    function: Callable[..., Any], position: int, lengths: Sequence[int | None]
) -> Trace | None:
    """Run a primitive on symbols; None if it cannot be traced.

    Args:
        function: the primitive's Python function.
        position: of the argument that is a function.
        lengths: of the other arguments in order; None for one that is no list.
    """
    calls: list[list[Place]] = []

    def noted(*arguments: Any) -> _Symbol:
        if len(calls) == MOST_CALLS:
            raise TypeError("too many calls")
        calls.append([_place(argument) for argument in arguments])
        return _Symbol((RESULT, len(calls) - 1))

    given: list[Any] = [
        _Symbol((GIVEN, number)) if n is None else [_Symbol((number, i)) for i in range(n)]
        for number, n in enumerate(lengths)
    ]
    given.insert(position, noted)
    try:
        result = function(*given)
        return Trace(calls, [symbol.place for symbol in result])
    except Exception:  # noqa: BLE001 - whatever a primitive does with symbols, it is no trace
        return None


def _place(argument: Any) -> Place:
    return (NUMBER, argument) if type(argument) is int else argument.place


def demands(
    found: Trace, given: Sequence[Any], goal: Sequence[Bounds], longer: bool = False
) -> list[tuple[tuple[int, ...], Bounds]] | None:
    """Return what the function must return for which arguments; None if nothing would do.

    Calls whose arguments or results the goal does not tell are left out.

    Args:
        found: the trace for arguments of these lengths.
        given: the other arguments: sequences of words, or a word.
        goal: the bounds of the wanted list's elements.
        longer: whether a list that goes on behind them will do as well.
    """
    if len(found.result) < len(goal) or (not longer and len(found.result) > len(goal)):
        return None
    returned: dict[int, Bounds] = {}
    for (number, i), wanted in zip(found.result, goal, strict=False):
        if number == RESULT:
            returned[i] = meet(returned.get(i, wanted), wanted)
        else:
            word = given[i] if number == GIVEN else given[number][i]
            if not wanted[0] <= word <= wanted[1]:
                return None
    demanded: dict[tuple[int, ...], Bounds] = {}
    for number, places in enumerate(found.calls):
        if number not in returned:
            continue
        arguments = []
        for which, i in places:
            if which == RESULT:
                low, high = returned.get(i, FREE)
                if low != high:
                    break
                arguments.append(low)
            elif which == NUMBER:
                arguments.append(i)
            else:
                arguments.append(given[i] if which == GIVEN else given[which][i])
        else:
            # A function gives the same for the same.
            key = tuple(arguments)
            demanded[key] = meet(demanded.get(key, returned[number]), returned[number])
    if any(low > high for low, high in (*returned.values(), *demanded.values())):
        return None
    return [(arguments, wanted) for arguments, wanted in demanded.items() if wanted != FREE]
