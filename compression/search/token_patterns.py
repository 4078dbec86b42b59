"""From the search's tokens to patterns."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from ...dsl import kernel
from ..corpus.corpus import Corpus
from ..corpus.costs import Costs
from ..corpus.kernel_types import INT, INTS, LONGS
from ..corpus.nodes import (
    APPLY,
    ARGUMENT,
    LAMBDA,
    NODES,
    SYMBOL,
    VARIABLE,
    Ints,
    Nodes,
    cons,
    grown,
)
from ..corpus.pattern import Pattern, patterns_of
from .patterns import APPLY_HEAD, FIRST_LEAF_HEAD, LAMBDA_HEAD, PROBLEM, PatternTables

__all__ = ["TokenReader"]


class TokenReader:
    """Makes patterns of tokens (see :mod:`.patterns`); those made before are remembered.

    Args:
        corpus: the programs.
        costs: what terms cost.
    """

    def __init__(self, corpus: Corpus, costs: Costs) -> None:
        self._corpus = corpus
        self._lifted_cost = costs.apply + costs.variable
        self._nodes = corpus.nodes  # replaced by a copy before anything is added
        self._known: dict[bytes, tuple[Pattern, int]] = {}

    def patterns(self, tokens: Sequence[Ints], problem: PatternTables) -> list[tuple[Pattern, int]]:
        """Return the patterns with these tokens, and the costs of their bodies without arguments.

        Args:
            tokens: those of each pattern.
            problem: the tables of the search that found them.
        """
        keys = [each.tobytes() for each in tokens]
        new = {k: t for k, t in zip(keys, tokens, strict=True) if k not in self._known}
        if new:
            ends = np.cumsum([len(each) for each in new.values()]).astype(np.int64)
            roots = np.empty(len(new), np.int32)
            costs = np.empty(len(new), np.int64)
            together = np.concatenate(list(new.values()))
            lifted_cost = int(self._lifted_cost)
            if self._nodes is self._corpus.nodes:
                self._grow()
            while not _read_tokens(problem, self._nodes, together, ends, lifted_cost, roots, costs):
                self._grow()
            found = patterns_of(self._nodes, self._corpus.names, roots)
            self._known.update(zip(new, zip(found, costs.tolist(), strict=True), strict=True))
        return [self._known[key] for key in keys]

    def _grow(self) -> None:
        self._nodes = grown(self._nodes, 2 * int(self._nodes.size[0]) + 1024)


@kernel(PROBLEM, NODES, INTS, LONGS, INT, INTS, LONGS)
def _read_tokens(
    p: PatternTables,
    nodes: Nodes,
    tokens: Ints,
    ends: NDArray[np.int64],
    lifted_cost: int,
    roots: Ints,
    costs: NDArray[np.int64],
) -> bool:
    """Add patterns to a table that begins with the corpus nodes; False if it is full.

    Tokens fill holes from the last to the first, an application's argument before its function. So
    read backwards, a function comes before its argument and both before their application.

    Args:
        p: the corpus as the search sees it.
        nodes: the table.
        tokens, ends: int32[tokens], int64[patterns]: the tokens, and where those of each end.
        lifted_cost: of a variable that an argument is applied to.
        roots, costs: int32[patterns], int64[patterns]: set to the nodes, and to what they cost,
            arguments not counted.
    """
    count, heads = p.head.size, p.head_cost.size
    variables = p.variables[0]
    stack = [np.int64(0)]  # which stays at the bottom
    begin = 0
    for i in range(ends.size):
        cost = np.int64(0)
        for t in range(ends[i] - 1, begin - 1, -1):
            token = np.int64(tokens[t])
            if token < 0:
                argument, mask = (-1 - token) % 64, (-1 - token) // 64
                node = np.int64(cons(nodes, ARGUMENT, argument, 0))
                for bit in range(7, -1, -1):
                    if (mask >> bit) & 1:
                        variable = cons(nodes, VARIABLE, bit, 0)
                        if node < 0 or variable < 0:
                            return False
                        node = np.int64(cons(nodes, APPLY, node, variable))
                        cost += lifted_cost
            elif token >= heads:
                node = (token - heads) % count
                cost += p.cost[node]
                if token >= heads + count:
                    cost += p.head_cost[APPLY_HEAD]
                    node = np.int64(cons(nodes, APPLY, node, stack.pop()))
            else:
                cost += p.head_cost[token]
                if token == APPLY_HEAD:
                    last = stack.pop()
                    node = np.int64(cons(nodes, APPLY, stack.pop(), last))
                elif token == LAMBDA_HEAD:
                    node = np.int64(cons(nodes, LAMBDA, stack.pop(), 0))
                elif token < FIRST_LEAF_HEAD + variables:
                    node = np.int64(cons(nodes, VARIABLE, token - FIRST_LEAF_HEAD, 0))
                else:
                    symbol = token - FIRST_LEAF_HEAD - variables
                    node = np.int64(cons(nodes, SYMBOL, symbol, 0))
            if node < 0:
                return False
            stack.append(node)
        roots[i] = stack.pop()
        costs[i] = cost
        begin = ends[i]
    return True
