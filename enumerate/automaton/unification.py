"""What fits a hole, by unification; and types up to renaming of their variables.

A hole is given by its type and the types of the variables in scope, jointly numbered from 0. New
type variables, of a production or of an outcome, are numbered from :data:`FRESH`.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from functools import lru_cache
from typing import NamedTuple

from ...dsl import ReverieError, Substitution, Type, TypeConstructor, TypeMismatch, TypeVariable

__all__ = [
    "FRESH",
    "LARGEST",
    "TablesTooLarge",
    "Use",
    "check_size",
    "fits_all",
    "fitting_production",
    "fitting_variables",
    "rename",
    "replace",
]

FRESH = 1 << 20
LARGEST = 200


class TablesTooLarge(ReverieError):
    """A search asks for more kinds of holes than it may build."""


class Use(NamedTuple):
    """A head at a hole that it fits."""

    arguments: tuple[Type, ...]  # the types of its arguments
    bindings: Mapping[int, Type]  # the images of those type variables of the hole that it binds


def fitting_production(declared: Type, request: Type) -> Use | None:
    """Return how a production of type ``declared`` fills a hole of type ``request``, if it can."""
    substitution = Substitution(FRESH)
    function = substitution.instantiate(declared)
    if not substitution.unifies(function.result, request):
        return None
    substitution.unify(function.result, request)
    try:
        images = {v: substitution.apply(TypeVariable(v)) for v in request.variables}
        bindings = {v: t for v, t in images.items() if t is not TypeVariable(v)}
        return Use(tuple(map(substitution.apply, function.parameters)), bindings)
    except TypeMismatch as error:  # a type beyond the bounds
        raise TablesTooLarge(f"types of holes grow without end: {error}") from None


def fitting_variables(
    request: Type, scope: Iterable[Type], continuation: Type | None
) -> list[tuple[int, Use]]:
    """Return the de Bruijn index and the use of each variable that fits a hole.

    Where ``continuation`` is wanted, only the innermost variable of it is kept beside functions.
    """
    found = []
    terminal_seen = False
    for index, given in enumerate(scope):
        bindings = _unifier(request, given.result)
        if bindings is None:
            continue
        if request is continuation and not given.is_arrow:
            if terminal_seen:
                continue
            terminal_seen = True
        found.append((index, Use(replace(given.parameters, bindings), bindings)))
    return found


@lru_cache(1 << 16)
def _unifier(request: Type, given: Type) -> Mapping[int, Type] | None:
    """Return what unifying two types that share their variables binds; None if they do not."""
    if request is given:
        return {}
    if not request.variables and not given.variables:
        return None
    substitution = Substitution()
    if not substitution.unifies(given, request):
        return None
    substitution.unify(given, request)
    return {v: substitution.apply(t) for v, t in substitution.bindings.items()}


def fits_all(result: Type) -> bool:
    """Say whether a production of this result fits all types of the result's constructor."""
    if not isinstance(result, TypeConstructor):
        return True
    plain = all(isinstance(t, TypeVariable) for t in result.arguments)
    return plain and len(result.variables) == len(result.arguments)


def replace(types: tuple[Type, ...], images: Mapping[int, Type]) -> tuple[Type, ...]:
    """Replace type variables in each of ``types``, once."""
    if not images:
        return types
    return tuple([t.replace(images) if t.variables else t for t in types])


def rename(
    types: tuple[Type, ...], bindings: Mapping[int, Type]
) -> tuple[tuple[Type, ...], dict[int, int]]:
    """Apply ``bindings``, then rename variables to 0, 1, ... by first occurrence.

    Returns:
        The types, and the new names of variables by the old.

    Raises:
        TablesTooLarge: see :func:`check_size`.
    """
    order: dict[int, int] = {}
    bound: dict[int, Type] = {}
    for t in types:
        for v in t.variables:
            if v in bindings:
                image = bound[v] = bindings[v]
                for u in image.variables:
                    if u not in order:
                        order[u] = len(order)
            elif v not in order:
                order[v] = len(order)
    if not bound and all(old == new for old, new in order.items()):
        return types, order
    images: dict[int, Type] = {v: TypeVariable(n) for v, n in order.items()}
    images |= {v: _image(t, images) if t.variables else t for v, t in bound.items()}
    return tuple([_image(t, images) if t.variables else t for t in types]), order


def _image(t: Type, images: Mapping[int, Type]) -> Type:
    """Return ``t`` with all its variables replaced."""
    key = (t, *[images[v] for v in t.variables])
    image = _images.get(key)
    if image is None:
        image = _images[key] = check_size(t.replace(images))
    return image


def check_size(t: Type) -> Type:
    """Return ``t`` itself.

    Raises:
        TablesTooLarge: if it has more than :data:`LARGEST` symbols. Heads that cost next to nothing
            can wrap a type, or double it, again and again below any bound.
    """
    if _size(t) > LARGEST:
        raise TablesTooLarge(
            f"the types of holes grow beyond {LARGEST:,} symbols; lower the bound, or use weights "
            "that are less peaked"
        )
    return t


@lru_cache(1 << 16)
def _size(t: Type) -> int:
    """Return the number of symbols in a type; shared parts are looked at once."""
    return 1 + sum(map(_size, t.arguments)) if isinstance(t, TypeConstructor) else 1


# A type with the images of its variables, and what it becomes: few types, replaced very often.
_images: dict[tuple[Type, ...], Type] = {}
