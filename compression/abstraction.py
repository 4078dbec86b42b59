"""Abstractions as text, and their conversions to terms."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from reverie.dsl import Abstraction as AbstractionTerm
from reverie.dsl import Application, Lambda, Symbol, Term, Variable, map_leaves, occurs, strip

from .corpus.corpus import leaf_term
from .corpus.corpus_parser import read_body
from .corpus.nodes import APPLY, ARGUMENT, LAMBDA, SYMBOL, VARIABLE
from .corpus_errors import CompressionError, CorpusError

__all__ = [
    "Abstraction",
    "definition",
    "dreamcoder_text",
    "fresh_names",
    "from_term",
    "order_of_use",
    "reordered",
]


@dataclass(frozen=True)
class Abstraction:
    """A named abstraction: ``(name a b)`` stands for ``body`` with ``#0`` = a and ``#1`` = b.

    Attributes:
        name: one word.
        body: its text; ``#0``, ``#1``, ... are the arguments.
        arity: the number of arguments.

    Raises:
        CompressionError: if the name is not one word, or the body cannot be read, has free
            variables, or does not use exactly ``#0`` to ``#(arity - 1)``.
    """

    name: str
    body: str
    arity: int

    def __post_init__(self) -> None:
        if not self.name or set(self.name) & set(" \t\n()") or self.name[0] in '$#"':
            raise CompressionError(
                f"{self.name!r} cannot name an abstraction: a name is one word without blanks or "
                "parentheses that does not begin with $ # or a quote"
            )
        given: Any = self.body
        if not isinstance(given, str):
            raise CompressionError(f"the body of {self.name} must be a text; got {given!r}")
        try:
            nodes, _, root = read_body(self.body)
        except CorpusError as error:
            raise CompressionError(f"the body of {self.name} cannot be read: {error}") from None
        if nodes.free[root]:
            raise CompressionError(
                f"the body of {self.name} must not have free variables: {self.body}"
            )
        count = int(nodes.size[0])
        used = set(nodes.left[:count][nodes.kind[:count] == ARGUMENT].tolist())
        if len(used) != self.arity or (used and max(used) != self.arity - 1):
            last = self.arity - 1
            wanted = f"#0 to #{last}" if last > 3 else " ".join(f"#{i}" for i in range(self.arity))
            wanted = wanted or "no argument"
            raise CompressionError(
                f"{self.name} has arity {self.arity}, so its body must use exactly {wanted}: "
                f"{self.body}"
            )


def definition(abstraction: Abstraction, leaves: Mapping[str, Term]) -> AbstractionTerm:
    """Return the abstraction as a closed term, its arguments as outer lambdas.

    Args:
        abstraction: what to convert.
        leaves: the terms that symbols stand for; other symbols stand for themselves.
    """
    nodes, names, whole = read_body(abstraction.body)
    kinds, lefts, rights = nodes.kind.tolist(), nodes.left.tolist(), nodes.right.tolist()
    built: dict[tuple[int, int], Term] = {}
    root = (whole, 0)
    stack = [root]
    while stack:
        node, depth = key = stack[-1]
        kind = kinds[node]
        children: list[tuple[int, int]] = []
        if kind == APPLY:
            children = [(lefts[node], depth), (rights[node], depth)]
        elif kind == LAMBDA:
            children = [(lefts[node], depth + 1)]
        missing = [child for child in children if child not in built]
        if missing:
            stack += missing
            continue
        stack.pop()
        if kind == APPLY:
            built[key] = Application(built[children[0]], built[children[1]])
        elif kind == LAMBDA:
            built[key] = Lambda(built[children[0]])
        elif kind == VARIABLE:
            built[key] = Variable(lefts[node])
        elif kind == ARGUMENT:
            built[key] = Variable(depth + abstraction.arity - 1 - lefts[node])
        elif kind == SYMBOL:
            name = names[lefts[node]]
            built[key] = leaves[name] if name in leaves else leaf_term(name)
    term = built[root]
    for _ in range(abstraction.arity):
        term = Lambda(term)
    return AbstractionTerm(term)


def from_term(name: str, term: AbstractionTerm, show: Callable[[Term], str] = str) -> Abstraction:
    """Return an abstraction's text form: the inverse of :func:`definition`, up to eta.

    Args:
        name: what to call it.
        term: the abstraction.
        show: prints terms, with the names of other abstractions say.

    >>> from reverie.dsl import parse_term
    >>> from_term("f", parse_term("#(lambda (lambda (g $1 (lambda ($0 $1)))))")).body
    '(g #0 (lambda ($0 #1)))'
    """
    arity, body = strip(term.body)
    # What is not used cannot be an argument: the lambdas from there on stay part of the body.
    inner: list[bool] = [occurs(index, body) for index in range(arity)]
    while arity and not all(inner[-arity:]):
        arity -= 1
    body = term.body
    for _ in range(arity):
        assert isinstance(body, Lambda)
        body = body.body

    def argument(leaf: Term, depth: int) -> Term:
        if isinstance(leaf, Variable) and leaf.index >= depth:
            return Symbol(f"#{arity - 1 - (leaf.index - depth)}")
        return leaf

    return Abstraction(name, show(map_leaves(body, argument)), arity)


_ARGUMENT = re.compile(r'"(?:[^"\\]|\\.)*"|(?<![^\s()])#(\d+)(?![^\s()])')  # texts are passed by


def order_of_use(body: str, *, last_first: bool = False) -> dict[int, int]:
    """Return the place of each argument in the order in which a body first uses them.

    Args:
        body: the text.
        last_first: read it from its end, as Stitch numbers arguments.

    >>> order_of_use("(g #1 #0)"), order_of_use("(g #1 #0)", last_first=True)
    ({1: 0, 0: 1}, {0: 0, 1: 1})
    """
    uses = [int(n) for n in _ARGUMENT.findall(body) if n]
    met = dict.fromkeys(reversed(uses) if last_first else uses)
    return {old: new for new, old in enumerate(met)}


def reordered(abstraction: Abstraction, order: Sequence[int] | None = None) -> Abstraction:
    """Return the same abstraction with its arguments in another order.

    Args:
        abstraction: what to change.
        order: the new place of each argument; by default they come as the body first uses them,
            left to right.

    >>> reordered(Abstraction("f", "(g #1 #0 #1)", 2)).body
    '(g #0 #1 #0)'
    """
    places = order_of_use(abstraction.body) if order is None else dict(enumerate(order))
    body = _ARGUMENT.sub(
        lambda found: f"#{places[int(found[1])]}" if found[1] else found[0], abstraction.body
    )
    return replace(abstraction, body=body)


def dreamcoder_text(abstraction: Abstraction, known: Mapping[str, str]) -> str:
    """Return the abstraction in DreamCoder's form ``#(lambda ...)``.

    Args:
        abstraction: what to convert.
        known: this form of the abstractions that it may use, by name.
    """
    # As symbols the known ones are printed as they stand, so no term of theirs is needed.
    return str(definition(abstraction, {name: Symbol(text) for name, text in known.items()}))


def fresh_names(taken: Iterable[str], prefix: str, number: int = 0) -> Iterable[str]:
    """Yield ``prefix0``, ``prefix1``, ... from ``number``, without those that are taken."""
    used = set(taken)
    while True:
        if f"{prefix}{number}" not in used:
            yield f"{prefix}{number}"
        number += 1
