"""Type inference for terms: Hindley-Milner without let, the substitution threaded left to right.

The algorithm is W of Damas and Milner (POPL 1982); without ``let`` nothing is generalised on the
way, so one substitution serves a whole term.
"""

from __future__ import annotations

from collections.abc import Generator
from typing import Any, Protocol

from ..support.errors import TypeMismatch
from ..support.trampoline import deep
from .terms import Application, Lambda, Term, Variable, spine
from .types import Substitution, Type, arrow

__all__ = ["Signature", "infer_type"]


class Signature(Protocol):
    """What inference needs of a library: the types of leaves, and how terms are printed."""

    def type_of(self, head: Term) -> Type:
        """Return the type of a symbol, an abstraction or a literal.

        Raises:
            UnknownName: for a symbol that is not known.
        """

    def show(self, term: Term) -> str:
        """Print a term."""


# The types of the variables in scope: a linked list, ``$0`` first.
Scope = tuple[Any, ...]


def infer_type(
    term: Term, environment: list[Type], substitution: Substitution, signature: Signature
) -> Type:
    """Return the type of ``term``; the substitution says more about its variables.

    Args:
        term: the term.
        environment: types of the free variables, ``$0`` first.
        substitution: has no variable of the environment as its next; grows.
        signature: says what symbols are.

    Raises:
        TypeMismatch: if the term has no type.
        UnknownName: if it uses something that the signature does not have.
    """
    scope: Scope = ()
    for t in reversed(environment):
        scope = (t, scope)
    if isinstance(term, (Lambda, Application)):
        return _infer(term, scope, substitution, signature)
    return _type_of_leaf(term, scope, substitution, signature)


def _type_of_leaf(
    leaf: Term, scope: Scope, substitution: Substitution, signature: Signature
) -> Type:
    if not isinstance(leaf, Variable):
        return substitution.instantiate(signature.type_of(leaf))
    rest, bound = scope, 0
    while rest:
        if bound == leaf.index:
            found: Type = rest[0]
            return found
        rest, bound = rest[1], bound + 1
    raise TypeMismatch(f"variable {leaf} is not bound: only {bound} lambdas are around it")


@deep
def _infer(
    term: Term, scope: Scope, substitution: Substitution, signature: Signature
) -> Generator[Any, Any, Type]:
    if isinstance(term, Lambda):
        parameter = substitution.fresh()
        inner = (parameter, scope)
        if isinstance(term.body, (Lambda, Application)):
            body: Type = yield _infer.step(term.body, inner, substitution, signature)
        else:
            body = _type_of_leaf(term.body, inner, substitution, signature)
        return arrow(parameter, body)
    head, arguments = spine(term)
    if isinstance(head, Lambda):
        function: Type = yield _infer.step(head, scope, substitution, signature)
    else:
        function = _type_of_leaf(head, scope, substitution, signature)
    for position, argument in enumerate(arguments):
        if isinstance(argument, (Lambda, Application)):
            given: Type = yield _infer.step(argument, scope, substitution, signature)
        else:
            given = _type_of_leaf(argument, scope, substitution, signature)
        if not function.is_arrow:
            function = substitution.apply(function)
        try:
            if function.is_arrow:
                wanted, result = function.arguments
                substitution.unify(wanted, given)
            else:
                result = substitution.fresh()
                substitution.unify(function, arrow(given, result))
        except TypeMismatch:
            needed = (
                f"{substitution.apply(function.parameters[0])} is needed"
                if function.is_arrow
                else f"{signature.show(head)} takes no more arguments (type {function})"
            )
            raise TypeMismatch(
                f"in {signature.show(term)}: argument {position + 1} of {signature.show(head)}, "
                f"{signature.show(argument)}, has type {substitution.apply(given)}, but {needed}"
            ) from None
        function = result
    return function
