"""Programs as arrays of small integers, for kernels.

A program is its pre-order walk, an int16 token for each head and each lambda:

* ``p >= 0``: production ``p`` of the library, followed by its arguments;
* :data:`LAMBDA`: a lambda, followed by its body;
* ``v < 0``: a variable: with ``code = -v - 1`` its de Bruijn index is ``code & 255``, and
  ``code >> 8`` arguments follow.

Programs are eta-long, so a production is always followed by as many arguments as its type has. The
evaluator has a table of its own (:class:`TokenTable`), in which applications have tokens too, so
that it can be given terms of any form.
"""

from __future__ import annotations

from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from ..dsl import Lambda, Library, ReverieError, Term, Variable, apply, spine

__all__ = ["LAMBDA", "TokenTable", "Tokens", "decode", "encode", "variable_token"]

Tokens = NDArray[np.int16]

LAMBDA = 0x7FFF
"""The token of a lambda; so a library may have at most 32,767 productions."""


def variable_token(index: int, arguments: int) -> int:
    """Return the token of a variable.

    Raises:
        ReverieError: if more than 255 lambdas or 127 arguments would be needed.
    """
    if index > 255 or arguments > 127:
        raise ReverieError(
            f"variable ${index} with {arguments} arguments does not fit a token: allowed are "
            "indices up to 255 and up to 127 arguments"
        )
    return -1 - (index | arguments << 8)


class TokenTable(Protocol):
    """Tokens for programs of any form: of heads, literals included, and of applications."""

    def token(self, head: Term) -> int:
        """Return the token of a head that is no variable and no lambda."""

    def arity(self, token: int) -> int:
        """Return how many arguments must follow such a token."""

    def application(self, arguments: int) -> int:
        """Return the token that applies the term after it to so many arguments."""


def encode(term: Term, library: Library, table: TokenTable | None = None) -> Tokens:
    """Return the tokens of a program.

    Args:
        term: the program, beta-normal and eta-long; with a table it may have any form.
        library: its library.
        table: where the tokens are. None for the library's own: a production's is its number, and
            a literal becomes the hole that it fills.

    Raises:
        UnknownName: if the term uses something that is not in the library.
        ReverieError: if the term is not beta-normal and eta-long, and there is no table; or if a
            variable does not fit a token.
    """
    tokens: list[int] = []
    pending = [term]
    while pending:
        head, arguments = spine(pending.pop())
        count = len(arguments)
        if isinstance(head, Variable):
            tokens.append(variable_token(head.index, count))
        elif isinstance(head, Lambda):
            if count == 0:
                tokens.append(LAMBDA)
                arguments = [head.body]
            elif table is None:
                raise ReverieError(f"not beta-normal: {library.show(apply(head, *arguments))}")
            else:
                tokens.append(table.application(count))
                arguments = [head, *arguments]
        elif table is None:
            production = library.index(head)
            if count != library.productions[production].arity:
                raise ReverieError(
                    f"not eta-long: {library.productions[production].name} has {count} arguments "
                    f"in {library.show(apply(head, *arguments))}"
                )
            tokens.append(production)
        else:
            token = table.token(head)
            arity = table.arity(token)
            if count > arity:
                tokens.append(table.application(count - arity))
                arguments = [apply(head, *arguments[:arity]), *arguments[arity:]]
            elif count == arity:
                tokens.append(token)
            else:
                # Arguments are missing: this is a function that waits for all of them.
                if count:
                    tokens.append(table.application(count))
                tokens += [LAMBDA] * arity
                tokens.append(token)
                tokens += [variable_token(i, 0) for i in reversed(range(arity))]
        pending += reversed(arguments)
    return np.array(tokens, dtype=np.int16)


def decode(tokens: Tokens, library: Library) -> Term:
    """Return the program that ``tokens`` stand for."""
    built: list[Term] = []
    for token in reversed(tokens.tolist()):
        if token == LAMBDA:
            built.append(Lambda(built.pop()))
            continue
        head: Term
        if token >= 0:
            production = library.productions[token]
            head, count = production.term, production.arity
        else:
            code = -1 - token
            head, count = Variable(code & 255), code >> 8
        built.append(apply(head, *(built.pop() for _ in range(count))))
    (term,) = built
    return term
