"""How many bits a library and the programs written with it take."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from math import lgamma, log

from .corpus_parser import read_texts
from .nodes import APPLY, ARGUMENT, LAMBDA, SYMBOL, VARIABLE

__all__ = ["description_length"]

_PREFIX = {VARIABLE: "$", ARGUMENT: "#"}


def description_length(
    programs: Sequence[str], bodies: Sequence[str] = (), given: Sequence[str] = ()
) -> float:
    """Return the length in bits of ``bodies`` and ``programs`` under one adaptive code.

    Each text is its tokens in prefix order (application, lambda, variables and symbols), coded by
    the Krichevsky-Trofimov estimator over the tokens that occur. What is learned is thereby charged
    for, body and all, and a program is worth what its tokens are rare.

    Args:
        programs, bodies: what to code.
        given: texts that the code has seen before, and that cost nothing.
    """
    known, coded = _tokens(given), _tokens([*bodies, *programs])
    alphabet = len(known | coded)
    nats = _nats(known + coded, alphabet) - _nats(known, alphabet)
    return nats / log(2)


def _nats(tokens: Counter[str], alphabet: int) -> float:
    nats = lgamma(tokens.total() + alphabet / 2) - lgamma(alphabet / 2)
    return nats - sum(lgamma(n + 0.5) - lgamma(0.5) for n in tokens.values())


def _tokens(texts: Sequence[str]) -> Counter[str]:
    """Count the tokens in texts."""
    tokens: Counter[str] = Counter()
    if not texts:
        return tokens
    nodes, names, roots = read_texts(list(texts), arguments=True)
    count = int(nodes.size[0])
    times = [0] * count
    for root in roots.tolist():
        times[root] += 1
    kinds, lefts, rights = nodes.kind.tolist(), nodes.left.tolist(), nodes.right.tolist()
    for node in range(count - 1, -1, -1):
        kind, left = kinds[node], lefts[node]
        if kind == APPLY:
            tokens["("] += times[node]
            times[left] += times[node]
            times[rights[node]] += times[node]
        elif kind == LAMBDA:
            tokens["(lam"] += times[node]
            times[left] += times[node]
        elif kind == SYMBOL:
            tokens[names[left]] += times[node]
        else:
            tokens[f"{_PREFIX[kind]}{left}"] += times[node]
    return tokens
