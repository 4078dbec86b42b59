"""Operations on terms: shifting, substitution, beta and eta normal forms."""

from __future__ import annotations

from collections.abc import Callable, Generator
from typing import Any

from .errors import ReverieError
from .recursion import deep
from .terms import Abstraction, Application, Lambda, Term, Variable

__all__ = [
    "TooLarge",
    "beta_eta_normal",
    "beta_normal",
    "eta_reduce",
    "inline",
    "map_leaves",
    "shift",
    "substitute",
]

Walk = Generator[Any, Any, Term]


class TooLarge(ReverieError):
    """A term has no normal form within the allowed number of steps."""


def map_leaves(term: Term, replace: Callable[[Term, int], Term]) -> Term:
    """Rebuild ``term`` with each leaf replaced by ``replace(leaf, depth)``.

    ``depth`` counts the lambdas between the root and the leaf. Equal sub-terms at equal depth are
    visited once.
    """
    memo: dict[tuple[Term, int], Term] = {}
    stack = [(term, 0)]
    while stack:
        node, depth = key = stack[-1]
        if key in memo:
            stack.pop()
        elif isinstance(node, Lambda):
            inner = (node.body, depth + 1)
            if inner in memo:
                memo[key] = Lambda(memo[inner])
            else:
                stack.append(inner)
        elif isinstance(node, Application):
            left, right = (node.function, depth), (node.argument, depth)
            missing = [k for k in (left, right) if k not in memo]
            if missing:
                stack += missing
            else:
                memo[key] = Application(memo[left], memo[right])
        else:
            memo[key] = replace(node, depth)
    return memo[term, 0]


def shift(term: Term, by: int, cutoff: int = 0) -> Term:
    """Add ``by`` to the index of each variable that is free beyond ``cutoff`` binders.

    Raises:
        ValueError: if an index would become negative.
    """
    if by == 0 or term.free <= cutoff:
        return term

    def moved(leaf: Term, depth: int) -> Term:
        if isinstance(leaf, Variable) and leaf.index >= depth + cutoff:
            if leaf.index + by < depth + cutoff:
                raise ValueError(f"cannot shift {term} by {by}: ${leaf.index} would be captured")
            return Variable(leaf.index + by)
        return leaf

    return map_leaves(term, moved)


def substitute(body: Term, argument: Term) -> Term:
    """Return the body of a lambda with ``argument`` in the place of its variable ``$0``."""
    if body.free == 0:
        return body
    shifted: dict[int, Term] = {}

    def replaced(leaf: Term, depth: int) -> Term:
        if not isinstance(leaf, Variable) or leaf.index < depth:
            return leaf
        if leaf.index > depth:
            return Variable(leaf.index - 1)
        if depth not in shifted:
            shifted[depth] = shift(argument, depth)
        return shifted[depth]

    return map_leaves(body, replaced)


def inline(term: Term, keep: Callable[[Abstraction], bool] = lambda _: False) -> Term:
    """Replace abstractions by their definitions, through and through, but for those to ``keep``."""
    memo: dict[Term, Term] = {}

    def definition(leaf: Term, _: int) -> Term:
        if not isinstance(leaf, Abstraction) or keep(leaf):
            return leaf
        if leaf not in memo:
            memo[leaf] = inline(leaf.body, keep)
        return memo[leaf]

    return map_leaves(term, definition)


def beta_normal(term: Term, fuel: int = 10_000) -> Term:
    """Reduce every redex, outermost first; abstractions are leaves (see :func:`inline`).

    Raises:
        TooLarge: after ``fuel`` reductions.
    """
    budget = [fuel]
    result: Term = _beta(term, budget)
    return result


@deep
def _beta(term: Term, budget: list[int]) -> Walk:
    # Reduce the head until it is no redex, then the parts.
    arguments: list[Term] = []
    while True:
        if isinstance(term, Application):
            arguments.append(term.argument)
            term = term.function
        elif isinstance(term, Lambda) and arguments:
            budget[0] -= 1
            if budget[0] < 0:
                raise TooLarge("no beta-normal form within the allowed number of reductions")
            term = substitute(term.body, arguments.pop())
        else:
            break
    if isinstance(term, Lambda):
        body = yield _beta.step(term.body, budget)
        return Lambda(body)
    while arguments:
        argument = yield _beta.step(arguments.pop(), budget)
        term = Application(term, argument)
    return term


def eta_reduce(term: Term) -> Term:
    """Replace ``(lambda (f $0))`` by ``f`` wherever ``f`` does not use ``$0``, innermost first."""
    result: Term = _eta(term)
    return result


@deep
def _eta(term: Term) -> Walk:
    if isinstance(term, Application):
        function = yield _eta.step(term.function)
        argument = yield _eta.step(term.argument)
        return Application(function, argument)
    if isinstance(term, Lambda):
        body = yield _eta.step(term.body)
        if isinstance(body, Application) and body.argument is Variable(0):
            try:
                return shift(body.function, -1)
            except ValueError:
                pass
        return Lambda(body)
    return term


def beta_eta_normal(term: Term, fuel: int = 10_000) -> Term:
    """Return the beta-eta normal form with all abstractions inlined: equal for equal functions.

    Two typed terms are equal by beta and eta if and only if these are the same object.
    """
    return eta_reduce(beta_normal(inline(term), fuel))
