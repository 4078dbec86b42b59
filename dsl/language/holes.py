"""Programs with holes: constants that the likelihood chooses for each task."""

from __future__ import annotations

from collections.abc import Generator, Sequence
from typing import Any

from ..calculus.reduction import beta_normal, inline, map_leaves, nested_abstractions
from ..calculus.terms import (
    Abstraction,
    Application,
    Lambda,
    Literal,
    Symbol,
    Term,
    Variable,
    apply,
    subterms,
)
from ..calculus.types import TypeConstructor
from ..support.trampoline import deep
from .library import Library, Primitive

__all__ = ["abstract_holes", "fill"]


def abstract_holes(program: Term, library: Library) -> tuple[Term, list[Primitive]]:
    """Turn each hole into an argument.

    Returns:
        The program inside one more lambda for each hole, and the holes in order of their
        arguments. Abstractions that contain holes are inlined, so that each use has its own.

    Raises:
        TooLarge: if the program has no normal form within reach.
    """
    names = {p.name for p in library.primitives if p.is_hole}
    with_holes: set[Abstraction] = set()
    for abstraction in nested_abstractions(program):
        inside = subterms(abstraction.body)
        if any(t in with_holes or (isinstance(t, Symbol) and t.name in names) for t in inside):
            with_holes.add(abstraction)
    opened = inline(program, keep=lambda abstraction: abstraction not in with_holes)
    found: list[str] = []
    body = _replace_holes(opened, names, found)
    # The first hole is the outermost argument; until their number was known they counted upwards.
    count = len(found)
    body = map_leaves(
        body,
        lambda leaf, depth: (
            Variable(depth + count - 1 - int(leaf.value))
            if isinstance(leaf, Literal) and leaf.type is _PLACE
            else leaf
        ),
    )
    for _ in found:
        body = Lambda(body)
    # Only now: a hole that is an argument is one constant, however often the argument is used.
    return beta_normal(body), [library.primitive(name) for name in found]


def fill(abstracted: Term, values: Sequence[Any], holes: Sequence[Primitive]) -> Term:
    """Put literals where the holes were: the inverse of :func:`abstract_holes`."""
    literals = [Literal(value, hole.type) for value, hole in zip(values, holes, strict=True)]
    return beta_normal(apply(abstracted, *literals))


_PLACE = TypeConstructor("the place of a hole")


@deep
def _replace_holes(term: Term, names: set[str], found: list[str]) -> Generator[Any, Any, Term]:
    # Equal sub-terms are one object, so this walks the tree, not the graph: each occurrence of a
    # hole is a constant of its own.
    if isinstance(term, Application):
        function = yield _replace_holes.step(term.function, names, found)
        argument = yield _replace_holes.step(term.argument, names, found)
        return Application(function, argument)
    if isinstance(term, Lambda):
        body = yield _replace_holes.step(term.body, names, found)
        return Lambda(body)
    if isinstance(term, Symbol) and term.name in names:
        found.append(term.name)
        return Literal(len(found) - 1, _PLACE)
    return term
