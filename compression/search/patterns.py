"""A corpus as the compiled search sees it, and what can be asked about a pattern in it.

A *pattern* is an abstraction under construction: a term with holes. It is kept as a table whose
rows are the places of the corpus that it matches and whose columns are what each argument and
each hole holds there. Tables lie in one stack, an array of numbers.

A pattern is also the list of *tokens* that fill its holes in order, always the last hole first:
a head (see :class:`PatternTables`), ``heads + n`` for the whole closed corpus node ``n``,
``heads + nodes + n`` for an application of that node, or a negative number for an argument (see
:func:`argument_token`). An argument that uses variables bound by the pattern can be *lifted* to a
function of them: ``(lam (f (g $0)))`` and ``(lam (f (h $0 1)))`` share ``(lam (f (#0 $0)))``, with
``(lam (g $0))`` and ``(lam (h $0 1))`` for ``#0``. Its column holds the inside of that function.
"""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from ...dsl import kernel, record_type
from ..corpus.kernel_types import INT, INTS, LONGS, MEMO, REAL, REALS
from ..corpus.nodes import NODES, Ints, Memo, Nodes, Reals, renamed

__all__ = ["APPLY_HEAD", "FIRST_LEAF_HEAD", "LAMBDA_HEAD", "PatternTables"]

APPLY_HEAD, LAMBDA_HEAD, FIRST_LEAF_HEAD = 0, 1, 2


class PatternTables(NamedTuple):
    """A corpus as the search sees it; node numbers below ``head.size`` are corpus nodes.

    Attributes:
        head: (nodes,): 0 application, 1 lambda, 2 + i variable ``$i``, then the symbols.
        left, right: (nodes,): the children; ``nodes`` where there is none.
        cost: (nodes,): the cost of the term.
        free, low: (nodes,): as in :class:`~reverie.compression.corpus.nodes.Nodes`.
        mask: (nodes,): the free variables, see ``free_masks``.
        first, lowered: the nodes as seen from outside binders, see ``lowered_table``.
        table: the corpus nodes, then nodes made from them.
        origin: (capacity of ``table``,): the first corpus node that is this node or becomes it by
            renaming; what is saved inside it is the same, and it comes before all that hold it.
        weight: (nodes,): an upper bound on what one unit saved at the node is worth.
        task: (nodes,): the one task in which the node occurs, -1 if there are several.
        head_cost: (heads,): what each head costs.
        variables: (1,): the number of variable heads.
        roots, root_task, root_weight: (programs,), grouped by task in ascending order.
        places: the nodes where an abstraction may match, ascending.
    """

    head: Ints
    left: Ints
    right: Ints
    cost: Ints
    free: Ints
    low: Ints
    mask: Ints
    first: Ints
    lowered: Ints
    table: Nodes
    origin: Ints
    weight: Reals
    task: Ints
    head_cost: Ints
    variables: Ints
    roots: Ints
    root_task: Ints
    root_weight: Reals
    places: Ints


PROBLEM = record_type(PatternTables, *[INTS] * 9, NODES, INTS, REALS, *[INTS] * 5, REALS, INTS)
"""Its type in compiled code."""


@kernel(PROBLEM, INT, INT)
def lower(p: PatternTables, node: Any, depth: Any) -> Any:
    """Return ``node`` as seen from outside ``depth`` binders; -1 if it uses one of them."""
    if depth == 0 or p.free[node] == 0:
        return node
    if p.low[node] < depth:
        return -1
    return p.lowered[p.first[node] + depth - 1]


@kernel(INT, INT)
def argument_token(argument: int, mask: int) -> int:
    """Return the token of ``#argument`` applied to the variables in the bit set ``mask``."""
    return -1 - (argument + 64 * mask)


@kernel(PROBLEM, INT, INT, INT, MEMO)
def lifted_value(p: PatternTables, node: Any, depth: Any, mask: Any, memo: Memo) -> Any:
    """Return the inside of ``node`` as a function of the pattern's variables in ``mask``.

    Returns -1 if it uses others of the ``depth`` binders around it, -2 if the table is full.
    """
    if (p.mask[node] & ((1 << depth) - 1)) & ~mask:
        return -1
    value = renamed(p.table, node, depth, mask, memo)
    if value < 0:
        return -2
    p.origin[value] = min(p.origin[value], node)
    return value


@kernel(PROBLEM, INTS, INT, INT, INT, REAL, LONGS)
def exact_utility(
    p: PatternTables,
    table: Ints,
    base: int,
    rows: int,
    arguments: int,
    body: float,
    saving: NDArray[np.int64],
) -> float:
    """Return the exact utility of a finished pattern.

    One sweep over the corpus, children first, decides at each matched place whether to use the
    abstraction there or to rewrite only what is inside it. An argument survives once however often
    the body uses it, so what is saved inside it counts once: this is right for nested matches too.

    Args:
        p: the corpus.
        table: the stack; the pattern's columns (place, what is left to save there, arguments)
            begin at ``base``, with ``rows`` entries each.
        base, rows, arguments: see ``table``.
        body: what the body costs, times the structure penalty.
        saving: (nodes + 1,): overwritten; per node what one occurrence of it saves.
    """
    count = p.head.size
    begin = table[base]
    saving[:begin] = 0
    saving[count] = 0
    row = 0
    for node in range(begin, count):
        s = saving[p.left[node]] + saving[p.right[node]]
        if row < rows and table[base + row] == node:
            used = np.int64(table[base + rows + row])
            for a in range(arguments):
                used += saving[p.origin[table[base + (2 + a) * rows + row]]]
            s = max(s, used)
            row += 1
        saving[node] = s
    total = 0.0
    i = 0
    while i < p.roots.size:
        task = p.root_task[i]
        before = np.inf
        after = np.inf
        while i < p.roots.size and p.root_task[i] == task:
            root = p.roots[i]
            before = min(before, p.root_weight[i] * p.cost[root])
            after = min(after, p.root_weight[i] * (p.cost[root] - saving[root]))
            i += 1
        total += before - after
    return total - body


@kernel(PROBLEM, INTS, INT, INT, INT, INT)
def is_useless(
    p: PatternTables, table: Ints, base: int, rows: int, arguments: int, lifts: int
) -> bool:
    """Say whether some argument is one closed term at all places, or two are always equal.

    ``lifts`` is where ``table`` has the number of variables that each argument is a function of.
    """
    for a in range(arguments):
        at = base + (2 + a) * rows
        value = table[at]
        if p.table.free[value] <= table[lifts + a]:
            row = 1
            while row < rows and table[at + row] == value:
                row += 1
            if row == rows:
                return True
        for b in range(a):
            other = base + (2 + b) * rows
            row = 0 if table[lifts + a] == table[lifts + b] else rows + 1
            while row < rows and table[at + row] == table[other + row]:
                row += 1
            if row == rows:
                return True
    return False
