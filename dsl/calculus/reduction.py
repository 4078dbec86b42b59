"""Operations on terms: shifting, substitution, beta and eta normal forms."""

from __future__ import annotations

from collections.abc import Callable, Generator, Mapping
from typing import Any

from ..support.errors import ReverieError
from ..support.trampoline import deep
from .terms import Abstraction, Application, Lambda, Term, Variable, spine, subterms

__all__ = [
    "TooLarge",
    "beta_eta_normal",
    "beta_normal",
    "eta_reduce",
    "inline",
    "map_leaves",
    "nested_abstractions",
    "occurs",
    "shift",
    "substitute",
]

Walk = Generator[Any, Any, Term]


class TooLarge(ReverieError):
    """A term has no normal form within the allowed number of steps."""


def map_leaves(
    term: Term, replace: Callable[[Term, int], Term], *, free_beyond: int | None = None
) -> Term:
    """Rebuild ``term`` with each leaf replaced by ``replace(leaf, depth)``.

    ``depth`` counts the lambdas between the root and the leaf. Equal sub-terms at equal depth are
    visited once.

    Args:
        term: the term.
        replace: gives the new leaf.
        free_beyond: if given, only variables that are free beyond so many binders around the root
            are visited; sub-terms without one stay as they are.
    """
    memo: dict[tuple[Term, int], Term] = {}
    stack = [(term, 0)]
    while stack:
        node, depth = key = stack[-1]
        if key in memo:
            stack.pop()
        elif free_beyond is not None and node.free <= depth + free_beyond:
            memo[key] = node
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
        ValueError: if a variable would become bound by other binders, or none.
    """
    if by == 0 or term.free <= cutoff:
        return term

    def moved(leaf: Term, depth: int) -> Term:
        assert isinstance(leaf, Variable)
        if leaf.index + by < depth + cutoff:
            raise ValueError(f"cannot shift by {by}: ${leaf.index - depth} would be captured")
        return Variable(leaf.index + by)

    return map_leaves(term, moved, free_beyond=cutoff)


def substitute(body: Term, argument: Term) -> Term:
    """Return the body of a lambda with ``argument`` in the place of its variable ``$0``."""
    shifted: dict[int, Term] = {}

    def replaced(leaf: Term, depth: int) -> Term:
        assert isinstance(leaf, Variable)
        if leaf.index > depth:
            return Variable(leaf.index - 1)
        if depth not in shifted:
            shifted[depth] = shift(argument, depth)
        return shifted[depth]

    return map_leaves(body, replaced, free_beyond=0)


def occurs(index: int, term: Term) -> bool:
    """Say whether the variable with this index, seen from the root of ``term``, is free in it."""
    seen = {(term, index)}
    stack = [(term, index)]
    while stack:
        node, index = stack.pop()
        if node.free <= index:
            continue
        inner: tuple[tuple[Term, int], ...] = ()
        if isinstance(node, Application):
            inner = ((node.function, index), (node.argument, index))
        elif isinstance(node, Lambda):
            inner = ((node.body, index + 1),)
        elif isinstance(node, Variable) and node.index == index:
            return True
        for key in inner:
            if key not in seen:
                seen.add(key)
                stack.append(key)
    return False


def inline(term: Term, keep: Callable[[Abstraction], bool] = lambda _: False) -> Term:
    """Replace abstractions by their definitions, through and through, but for those to ``keep``.

    Definitions inside an abstraction that is kept stay as they are.
    """
    opened: dict[Term, Term] = {}
    for abstraction in nested_abstractions(term, keep):
        opened[abstraction] = _replaced(abstraction.body, opened)
    return _replaced(term, opened)


def _replaced(term: Term, images: Mapping[Term, Term]) -> Term:
    return map_leaves(term, lambda leaf, _: images.get(leaf, leaf)) if images else term


def nested_abstractions(
    term: Term, keep: Callable[[Abstraction], bool] = lambda _: False
) -> list[Abstraction]:
    """List the abstractions in ``term`` and in their definitions, each after those it uses.

    Args:
        term: the term.
        keep: leaves out an abstraction, and what only its definition uses.
    """
    order: dict[Abstraction, None] = {}
    stack: list[tuple[Abstraction, bool]] = [(a, False) for a in _kept_out(term, keep)]
    while stack:
        abstraction, ready = stack.pop()
        if ready:
            order[abstraction] = None
        elif abstraction not in order:
            stack.append((abstraction, True))
            stack += [(a, False) for a in _kept_out(abstraction.body, keep) if a not in order]
    return list(order)


def _kept_out(term: Term, keep: Callable[[Abstraction], bool]) -> list[Abstraction]:
    return [t for t in subterms(term) if isinstance(t, Abstraction) and not keep(t)]


def beta_normal(term: Term, fuel: int = 10_000) -> Term:
    """Reduce every redex, outermost first; abstractions are leaves (see :func:`inline`).

    Equal sub-terms are reduced once.

    Raises:
        TooLarge: after ``fuel`` reductions.
    """
    return _beta(term, [fuel], {})


@deep
def _beta(term: Term, budget: list[int], known: dict[Term, Term]) -> Walk:
    if term in known:
        return known[term]
    # Reduce the head until it is no redex, then the parts.
    head = term
    arguments: list[Term] = []
    while True:
        if isinstance(head, Application):
            arguments.append(head.argument)
            head = head.function
        elif isinstance(head, Lambda) and arguments:
            budget[0] -= 1
            if budget[0] < 0:
                raise TooLarge("no beta-normal form within the allowed number of reductions")
            head = substitute(head.body, arguments.pop())
        else:
            break
    result = head
    if isinstance(head, Lambda):
        body = yield _beta.step(head.body, budget, known)
        result = Lambda(body)
    while arguments:
        argument = arguments.pop()
        if isinstance(argument, (Lambda, Application)):
            argument = yield _beta.step(argument, budget, known)
        result = Application(result, argument)
    known[term] = result
    return result


def eta_reduce(term: Term) -> Term:
    """Replace ``(lambda (f $0))`` by ``f`` wherever ``f`` does not use ``$0``, innermost first."""
    return _eta(term, {})


@deep
def _eta(term: Term, known: dict[Term, Term]) -> Walk:
    if term in known:
        return known[term]
    result = term
    if isinstance(term, Application):
        head, arguments = spine(term)
        result = yield _eta.step(head, known)
        for argument in arguments:
            reduced = yield _eta.step(argument, known)
            result = Application(result, reduced)
    elif isinstance(term, Lambda):
        body = yield _eta.step(term.body, known)
        if (
            isinstance(body, Application)
            and body.argument is Variable(0)
            and not occurs(0, body.function)
        ):
            result = shift(body.function, -1)
        else:
            result = Lambda(body)
    known[term] = result
    return result


def beta_eta_normal(term: Term, fuel: int = 10_000) -> Term:
    """Return the beta-eta normal form with all abstractions inlined: equal for equal functions.

    Two typed terms are equal by beta and eta if and only if these are the same object.

    Raises:
        TooLarge: after ``fuel`` reductions.
    """
    return eta_reduce(beta_normal(inline(term), fuel))
