"""Rewriting a corpus with an abstraction, as cheaply as that abstraction allows.

The rewritten programs are beta-equal to the originals: each use ``(name a b ...)`` reduces to the
term that was there. Where uses overlap, the same sweep as in the search's utility decides, so the
cost of the result is the predicted one.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from reverie.dsl import Term

from ...dsl import kernel
from ..corpus.corpus import Corpus
from ..corpus.costs import Costs
from ..corpus.kernel_types import BOOL, BOOLS, INT, INTS, LONGS, TABLE
from ..corpus.nodes import (
    APPLY,
    ARGUMENT,
    LAMBDA,
    NODES,
    SYMBOL,
    VARIABLE,
    Ints,
    Nodes,
    bits,
    cons,
    empty_nodes,
    free_masks,
    grown,
    needed_nodes,
    new_memo,
    renamed,
)
from ..corpus.pattern import NamedPattern

__all__ = ["apply_abstraction"]


def apply_abstraction(
    corpus: Corpus,
    abstraction: NamedPattern,
    costs: Costs,
    leaf: Term | None = None,
    *,
    lift: bool = False,
) -> Corpus:
    """Rewrite ``corpus`` with ``abstraction`` wherever that makes it cheaper.

    Args:
        corpus: the programs.
        abstraction: what to use; its name must be new to the corpus unless it means the same.
        costs: what terms cost.
        leaf: the term that the name stands for, for :meth:`Corpus.terms`.
        lift: read ``(#0 $1)`` in the body, the variables bound there and in falling order, as
            whatever stands at that place, made a function of these variables.

    Returns:
        The rewritten corpus.
    """
    names = list(corpus.names)
    number = {name: i for i, name in enumerate(names)}
    name_cost = costs.symbols.get(abstraction.name, costs.symbol)
    pattern = abstraction.pattern
    for name in [*pattern.names, abstraction.name]:
        if name not in number:
            number[name] = len(names)
            names.append(name)
    renumber = np.array([number[name] for name in pattern.names] or [0], np.int32)
    cost = corpus.costs(costs)
    count = int(corpus.nodes.size[0])
    room = 2 * (count + len(pattern.rows)) + 64
    while True:
        scratch = grown(corpus.nodes, room)
        used = np.zeros(count, np.bool_)
        arguments = np.zeros((count, abstraction.arity), np.int32)
        depths = np.zeros((count, abstraction.arity), np.int32)
        lifted = np.zeros((count, abstraction.arity), np.int32)
        target = empty_nodes(room)
        roots = corpus.roots.copy()
        root = _import(scratch, pattern.rows, renumber)
        if (
            root >= 0
            and _plan(
                scratch,
                root,
                cost,
                np.array([name_cost, costs.apply, costs.lam], np.int64),
                bool(lift),
                used,
                arguments,
                depths,
                lifted,
            )
            == 0
            and _emit(
                scratch,
                used,
                arguments,
                depths,
                lifted,
                number[abstraction.name],
                target,
                roots,
            )
            == 0
        ):
            break
        room *= 2
    nodes, kept = compacted(target, roots)
    leaves: Mapping[str, Term] = corpus.leaves
    if leaf is not None:
        leaves = {**leaves, abstraction.name: leaf}
    return replace(corpus, nodes=nodes, names=names, roots=kept, leaves=leaves)


def compacted(nodes: Nodes, roots: Ints) -> tuple[Nodes, Ints]:
    """Return a table with only what ``roots`` need, and the roots in it."""
    smaller = empty_nodes(int(nodes.size[0]) + 1)
    kept = roots.copy()
    _compact(nodes, roots, smaller, kept)
    return smaller, kept


@kernel(NODES, TABLE, INTS)
def _import(nodes: Nodes, rows: Ints, renumber: Ints) -> Any:
    """Add a pattern's rows, symbols renumbered; returns its root, -1 if the table is full."""
    image = np.empty(rows.shape[0], np.int32)
    new = np.int64(-1)
    for i in range(rows.shape[0]):
        kind, left, right = rows[i, 0], rows[i, 1], rows[i, 2]
        if kind == APPLY:
            left, right = image[left], image[right]
        elif kind == LAMBDA:
            left = image[left]
        elif kind == SYMBOL:
            left = renumber[left]
        new = np.int64(cons(nodes, kind, left, right))
        if new < 0:
            return -1
        image[i] = new
    return new


@kernel(NODES, INT, INT)
def _lifted_argument(nodes: Nodes, at: Any, depth: Any) -> tuple[int, int]:
    """Read a spine ``(#a $i $j ...)``, i > j > ... all below ``depth``: a and the set of i, j, ...

    Returns (-1, 0) for anything else.
    """
    mask, last = 0, -1
    while nodes.kind[at] == APPLY:
        value = nodes.right[at]
        if nodes.kind[value] != VARIABLE:
            return -1, 0
        index = nodes.left[value]
        if index >= depth or index <= last or index > 7:
            return -1, 0
        mask |= 1 << index
        last = index
        at = nodes.left[at]
    if nodes.kind[at] != ARGUMENT:
        return -1, 0
    return nodes.left[at], mask


@kernel(NODES, INT, INTS, LONGS, BOOL, BOOLS, TABLE, TABLE, TABLE)
def _plan(
    nodes: Nodes,
    pattern: int,
    cost: Ints,
    prices: NDArray[np.int64],
    lift: bool,
    used: NDArray[np.bool_],
    arguments: Ints,
    depths: Ints,
    lifted: Ints,
) -> int:
    """Decide at which corpus nodes to use the pattern. Returns 0, or -1 if the table is full.

    Args:
        nodes: the table, the corpus first, the pattern after it.
        pattern: the root of the pattern.
        cost: (corpus nodes,): what they cost.
        prices: the costs of the name, of an application, of a lambda.
        lift: see :func:`apply_abstraction`.
        used: (corpus nodes,): set where the pattern is to be used.
        arguments, depths, lifted: (corpus nodes, arity): set there to each argument as it occurs,
            the number of the pattern's binders around it, and which of these it is a function of.
    """
    # Nodes come before those that hold them, so one sweep decides from the leaves upwards.
    count, arity = arguments.shape
    memo = new_memo()
    masks = free_masks(nodes, count)
    saving = np.zeros(count, np.int64)
    outside = np.empty(arity, np.int64)  # each argument as seen from outside the pattern
    stack = [(np.int64(0), np.int64(0), np.int64(0))]
    for node in range(count):
        # 1. What is saved without a use here: what is saved below.
        kind = nodes.kind[node]
        if kind == APPLY:
            saving[node] = saving[nodes.left[node]] + saving[nodes.right[node]]
        elif kind == LAMBDA:
            saving[node] = saving[nodes.left[node]]
        # 2. Match the pattern, its nodes and those of the corpus side by side. What costs no more
        # than the name alone cannot gain.
        if kind != nodes.kind[pattern] or cost[node] <= prices[0]:
            continue
        for a in range(arity):
            outside[a] = -1
        stack.clear()
        stack.append((np.int64(pattern), np.int64(node), np.int64(0)))
        matches = True
        while len(stack) > 0:
            at, here, depth = stack.pop()
            a, mask = -1, 0
            if nodes.kind[at] == ARGUMENT:
                a = nodes.left[at]
            elif lift and nodes.kind[at] == APPLY and depth > 0:
                a, mask = _lifted_argument(nodes, at, depth)
            # An argument: what stands there must be free of the pattern's binders but for those in
            # `mask`, which it becomes a function of.
            if a >= 0:
                if mask == 0:
                    matches = bool(nodes.free[here] == 0 or nodes.low[here] >= depth)
                else:
                    inner = masks[here] & ((np.int64(1) << min(depth, np.int64(29))) - 1)
                    matches = bool(depth < 8 and (inner & ~mask) == 0)
                if not matches:
                    break
                # The same argument must be the same term wherever it occurs, as seen from outside
                # the pattern.
                value = np.int64(renamed(nodes, here, depth, mask, memo))
                if value < 0:
                    return -1
                if outside[a] < 0:
                    outside[a] = value
                    arguments[node, a] = here
                    depths[node, a] = depth
                    lifted[node, a] = mask
                elif outside[a] != value or bits(lifted[node, a]) != bits(mask):
                    matches = False
                    break
            elif nodes.kind[at] != nodes.kind[here]:
                matches = False
                break
            elif nodes.kind[at] == APPLY:
                stack.append((np.int64(nodes.left[at]), np.int64(nodes.left[here]), depth))
                stack.append((np.int64(nodes.right[at]), np.int64(nodes.right[here]), depth))
            elif nodes.kind[at] == LAMBDA:
                stack.append((np.int64(nodes.left[at]), np.int64(nodes.left[here]), depth + 1))
            # A leaf: equal leaves are one node, since terms are hash-consed.
            elif at != here:
                matches = False
                break
        if not matches:
            continue
        # 3. Use the pattern here where that saves more than the uses below do by themselves: what
        # the node costs, less the name, and for each argument an application, what it costs once
        # rewritten, and the lambdas that make it a function.
        with_it = np.int64(cost[node]) - prices[0]
        for a in range(arity):
            with_it += saving[arguments[node, a]] - cost[arguments[node, a]] - prices[1]
            with_it -= bits(lifted[node, a]) * prices[2]
        if with_it > saving[node]:
            saving[node] = with_it
            used[node] = True
    return 0


@kernel(NODES, BOOLS, TABLE, TABLE, TABLE, INT, NODES, INTS)
def _emit(
    nodes: Nodes,
    used: NDArray[np.bool_],
    arguments: Ints,
    depths: Ints,
    lifted: Ints,
    symbol: int,
    target: Nodes,
    roots: Ints,
) -> int:
    """Write the rewritten nodes into ``target`` and renumber ``roots``. Returns 0, -1 if full."""
    count = used.size
    image = np.empty(count, np.int32)
    memo = new_memo()
    for node in range(count):
        kind = nodes.kind[node]
        if used[node]:
            new = cons(target, SYMBOL, symbol, 0)
            for a in range(arguments.shape[1]):
                mask = lifted[node, a]
                value = renamed(target, image[arguments[node, a]], depths[node, a], mask, memo)
                for _ in range(bits(mask)):
                    if value >= 0:
                        value = cons(target, LAMBDA, value, 0)
                if new < 0 or value < 0:
                    return -1
                new = cons(target, APPLY, new, value)
        elif kind == APPLY:
            new = cons(target, APPLY, image[nodes.left[node]], image[nodes.right[node]])
        elif kind == LAMBDA:
            new = cons(target, LAMBDA, image[nodes.left[node]], 0)
        else:
            new = cons(target, kind, nodes.left[node], 0)
        if new < 0:
            return -1
        image[node] = new
    for i in range(roots.size):
        roots[i] = image[roots[i]]
    return 0


@kernel(NODES, INTS, NODES, INTS)
def _compact(nodes: Nodes, roots: Ints, smaller: Nodes, kept: Ints) -> None:
    count = nodes.size[0]
    needed = needed_nodes(nodes, roots)
    image = np.empty(count, np.int32)
    for node in range(count):
        if needed[node]:
            kind = nodes.kind[node]
            left, right = nodes.left[node], nodes.right[node]
            if kind in (APPLY, LAMBDA):
                left = image[left]
            if kind == APPLY:
                right = image[right]
            image[node] = cons(smaller, kind, left, right)
    for i in range(roots.size):
        kept[i] = image[roots[i]]
