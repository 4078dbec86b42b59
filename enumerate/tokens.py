"""Programs as arrays of small integers, for kernels.

A program is its pre-order walk, an int16 token for each head and each lambda:

* ``p >= 0``: production ``p`` of the library, followed by its arguments;
* :data:`LAMBDA`: a lambda, followed by its body;
* ``v < 0``: a variable: with ``code = -v - 1`` its de Bruijn index is ``code & 255``, and
  ``code >> 8`` arguments follow.

Programs are eta-long, so a production is always followed by as many arguments as its type has.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from ..dsl import Lambda, Library, ReverieError, Term, Variable, apply, spine

__all__ = ["LAMBDA", "Tokens", "decode", "encode", "variable_token"]

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


def encode(term: Term, library: Library) -> Tokens:
    """Return the tokens of an eta-long program; a literal becomes the hole that it fills.

    Raises:
        UnknownName: if the term uses something that is not in the library.
        ReverieError: if the term is not beta-normal and eta-long.
    """
    tokens = []
    pending = [term]
    while pending:
        head, arguments = spine(pending.pop())
        if isinstance(head, Variable):
            tokens.append(variable_token(head.index, len(arguments)))
        elif isinstance(head, Lambda):
            if arguments:
                raise ReverieError(f"not beta-normal: {library.show(apply(head, *arguments))}")
            tokens.append(LAMBDA)
            arguments = [head.body]
        else:
            production = library.index(head)
            if len(arguments) != library.productions[production].arity:
                raise ReverieError(
                    f"not eta-long: {library.productions[production].name} has "
                    f"{len(arguments)} arguments in {library.show(apply(head, *arguments))}"
                )
            tokens.append(production)
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
            head, count = Variable(-1 - token & 255), -1 - token >> 8
        built.append(apply(head, *(built.pop() for _ in range(count))))
    (term,) = built
    return term
