"""What a term costs: Stitch's counting, every number of which can be changed."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

import numpy as np

from ...dsl import kernel
from ..corpus_errors import CompressionError
from .kernel_types import INTS
from .nodes import APPLY, ARGUMENT, LAMBDA, NODES, SYMBOL, VARIABLE, Ints, Nodes

__all__ = ["Costs", "node_costs"]

_LARGEST = 2**30


@dataclass(frozen=True)
class Costs:
    """The cost of each kind of node; a term costs the sum over its nodes.

    Attributes:
        apply: of an application of one function to one argument.
        lam: of a lambda.
        symbol: of a symbol that ``symbols`` does not list; also of an abstraction's name.
        variable: of a variable ``$i``.
        argument: of ``#i`` in a body; the search's utility counts it 0.
        symbols: of single symbols.

    Raises:
        CompressionError: if a cost is not a whole number, or is negative; applications and lambdas
            must cost at least 1.
    """

    apply: int = 1
    lam: int = 1
    symbol: int = 100
    variable: int = 100
    argument: int = 100
    symbols: Mapping[str, int] = field(default_factory=dict)

    def __post_init__(self) -> None:
        least = {"apply": 1, "lam": 1}
        named = {k: getattr(self, k) for k in ("apply", "lam", "symbol", "variable", "argument")}
        for name, value in {**named, **self.symbols}.items():
            low = least.get(name, 0) if name in named else 0
            if isinstance(value, bool) or not isinstance(value, int) or value < low:
                raise CompressionError(
                    f"the cost of {name} must be a whole number from {low}; got {value!r}"
                )

    def of_symbols(self, names: list[str]) -> Ints:
        """Return the costs of these symbols, by position."""
        return np.array([self.symbols.get(name, self.symbol) for name in names], np.int32)

    def table(self) -> Ints:
        """Return the costs by kind of node (see ``nodes``), symbols 0."""
        by_kind = np.zeros(5, np.int32)
        by_kind[APPLY], by_kind[LAMBDA] = self.apply, self.lam
        by_kind[VARIABLE], by_kind[ARGUMENT] = self.variable, self.argument
        return by_kind


def node_costs(nodes: Nodes, names: list[str], costs: Costs) -> Ints:
    """Return the cost of each node, int32 (nodes,).

    Raises:
        CompressionError: if a term costs more than 2**30.
    """
    total = _node_costs(nodes, costs.table(), costs.of_symbols(names))
    if total.size and total.max() > _LARGEST:
        raise CompressionError(
            f"a program costs {total.max()}, more than {_LARGEST}: give smaller costs or split it"
        )
    return total.astype(np.int32)


@kernel(NODES, INTS, INTS)
def _node_costs(nodes: Nodes, by_kind: Ints, by_symbol: Ints) -> np.ndarray:
    total = np.empty(nodes.size[0], np.int64)
    for node in range(total.size):
        kind = nodes.kind[node]
        if kind == SYMBOL:
            total[node] = by_symbol[nodes.left[node]]
        else:
            total[node] = by_kind[kind]
            if kind == APPLY:
                total[node] += total[nodes.left[node]] + total[nodes.right[node]]
            elif kind == LAMBDA:
                total[node] += total[nodes.left[node]]
    return total
