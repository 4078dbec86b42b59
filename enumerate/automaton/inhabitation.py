"""Which constructors a hole can have that anything fills at all (ours).

A head costs what the prior says, whether or not its arguments can be made; but where one of them
cannot, no program has that head, and what its other arguments lead to need not be built. The
question is asked of constructors alone: types with other arguments are taken for the same. So
``list(grid)`` counts as inhabited where ``nil`` is, and all that is ruled out here is empty.

It is the emptiness problem of a tree automaton: what can be made is the least fixed point of
productions whose arguments can be made, and of variables that such productions bring into scope.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from ...dsl import Type, TypeConstructor, TypeVariable
from .unification import FRESH, fitting_production

__all__ = ["Inhabited", "Makers", "inhabited", "makers", "request_of_kind"]

Bools = NDArray[np.bool_]


class Inhabited(NamedTuple):
    """What there can be, by the number of the constructor; 0 is a type variable.

    Attributes:
        holes: whether a hole of it can be filled.
        variables: whether a variable that returns it can be in scope, and be used.
    """

    holes: Bools
    variables: Bools


class Makers(NamedTuple):
    """The heads that return each constructor.

    Attributes:
        arguments: for each constructor and head that fits, the types of the head's arguments.
        nested: whether a function type stands within another type, as in ``list(int -> int)``: what
            comes into scope is not followed so far.
    """

    arguments: tuple[tuple[int, tuple[Type, ...]], ...]
    nested: bool


def request_of_kind(kind: tuple[str, int] | None) -> Type:
    """Return the most general type of a constructor, by name and arity; a variable for None."""
    if kind is None:
        return TypeVariable(FRESH - 1)
    name, arity = kind
    return TypeConstructor(name, [TypeVariable(FRESH - 2 - k) for k in range(arity)])


def makers(productions: Sequence[Type], constructors: Mapping[tuple[str, int], int]) -> Makers:
    """Return the heads that return each constructor.

    Args:
        productions: their types.
        constructors: the numbers of the constructors, by name and arity.
    """
    found = [
        (number, use.arguments)
        for kind, number in constructors.items()
        for declared in productions
        if (use := fitting_production(declared, request_of_kind(kind))) is not None
    ]
    return Makers(tuple(found), any(map(_is_nested, productions)))


def inhabited(
    makers: Makers, request: Type, constructors: Mapping[tuple[str, int], int]
) -> Inhabited:
    """Say which constructors there can be in programs of type ``request``.

    Args:
        makers: from :func:`makers`.
        request: the type of the programs.
        constructors: as for :func:`makers`.
    """
    count = len(constructors) + 1
    holes, variables = np.zeros(count, np.bool_), np.zeros(count, np.bool_)
    everything = Inhabited(np.ones(count, np.bool_), np.ones(count, np.bool_))
    if makers.nested or _is_nested(request):
        return everything

    def number(result: Type) -> int:
        return constructors[result.name, len(result.arguments)]

    def is_filled(hole: Type) -> bool:
        return isinstance(hole.result, TypeVariable) or bool(holes[number(hole.result)])

    in_scope = dict.fromkeys(_with_inner(request.parameters))
    holes[0] = variables[0] = True
    while True:
        for variable in in_scope:
            if all(map(is_filled, variable.parameters)):
                if isinstance(variable.result, TypeVariable):
                    return everything  # it may come to be of any type
                holes[number(variable.result)] = variables[number(variable.result)] = True
        before = len(in_scope), int(holes.sum())
        for kind, arguments in makers.arguments:
            holes[kind] |= all(map(is_filled, arguments))
            if not all(is_filled(argument) for argument in arguments if not argument.is_arrow):
                continue
            # What fills the functions among its arguments may need the variables that they bring,
            # so those are in scope whether or not it is filled yet. But a variable of type t0 is
            # nothing new where another argument of type t0 is filled outside: what it can be could
            # be made there.
            made = {argument for argument in arguments if isinstance(argument, TypeVariable)}
            for argument in arguments:
                inner = _with_inner(argument.parameters)
                in_scope |= dict.fromkeys(t for t in inner if t.result not in made)
        if before == (len(in_scope), int(holes.sum())):
            return Inhabited(holes, variables)


def _with_inner(variables: Iterable[Type]) -> Iterator[Type]:
    """Yield variables' types, and those of the parameters of functions that they are given."""
    for variable in variables:
        yield variable
        for argument in variable.parameters:
            yield from _with_inner(argument.parameters)


def _is_nested(t: Type) -> bool:
    """Say whether a function type stands within a type that is none."""
    if not isinstance(t, TypeConstructor):
        return False
    if t.is_arrow:
        return any(map(_is_nested, t.arguments))
    return any(part.is_arrow or _is_nested(part) for part in t.arguments)
