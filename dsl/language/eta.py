"""Eta-long form: a lambda at each place where a function is wanted, every head fully applied."""

from __future__ import annotations

from collections.abc import Generator
from typing import Any

from ..calculus.reduction import beta_normal, shift
from ..calculus.terms import Application, Lambda, Term, Variable, spine
from ..calculus.types import Substitution, Type
from ..support.errors import TypeMismatch
from ..support.trampoline import deep
from ..support.words import counted
from .library import Library

__all__ = ["eta_long"]


def eta_long(term: Term, request: Type, library: Library) -> Term:
    """Return ``term`` in beta-normal, eta-long form for use at type ``request``.

    Only terms of this form have a prior: the grammar generates nothing else.

    Raises:
        TypeMismatch: if the term cannot be used at ``request``, or has no such form because a
            polymorphic head would have to return a function.
        UnknownName: if it uses something that is not in the library.
    """
    substitution = Substitution(max(request.variables, default=-1) + 1)
    # A bare abstraction in head position is a leaf here, even one whose definition is a lambda.
    return _expand(beta_normal(term), request, (), substitution, library)


@deep
def _expand(
    term: Term,
    wanted: Type,
    environment: tuple[Type, ...],
    substitution: Substitution,
    library: Library,
) -> Generator[Any, Any, Term]:
    wanted = substitution.apply(wanted)
    if wanted.is_arrow:
        body = term.body if isinstance(term, Lambda) else Application(shift(term, 1), Variable(0))
        scope = (wanted.parameters[0], *environment)
        inner = wanted.arguments[1]
        expanded = yield _expand.step(body, inner, scope, substitution, library)
        return Lambda(expanded)
    head, arguments = spine(term)
    if isinstance(head, Lambda):
        raise TypeMismatch(f"{library.show(term)} is a function, but {wanted} is wanted")
    if isinstance(head, Variable):
        if head.index >= len(environment):
            raise TypeMismatch(f"variable {head} is not bound in {library.show(term)}")
        function = substitution.apply(environment[head.index])
    else:
        function = substitution.instantiate(library.type_of(head))
    parameters = function.parameters
    if len(arguments) != len(parameters):
        raise TypeMismatch(
            f"{library.show(head)} : {function} is given "
            f"{counted(len(arguments), 'argument')} where {wanted} is wanted, so the term has "
            "no eta-long form"
        )
    # The result is unified before the arguments are visited: it may say what they must be.
    substitution.unify(function.result, wanted)
    result = head
    for argument, parameter in zip(arguments, parameters, strict=True):
        expanded = yield _expand.step(argument, parameter, environment, substitution, library)
        result = Application(result, expanded)
    return result
