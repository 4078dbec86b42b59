"""Making the tables that the compiled search works on."""

from __future__ import annotations

from typing import Any

import numpy as np

from ...dsl import kernel
from ..corpus.corpus import Corpus
from ..corpus.costs import Costs
from ..corpus.kernel_types import INTS, REALS
from ..corpus.nodes import (
    APPLY,
    ARGUMENT,
    LAMBDA,
    NODES,
    SYMBOL,
    VARIABLE,
    Ints,
    Nodes,
    Reals,
    free_masks,
    grown,
    lowered_table,
    new_memo,
)
from .patterns import FIRST_LEAF_HEAD, PatternTables

__all__ = ["make_problem"]


def make_problem(
    corpus: Corpus, costs: Costs, room: int, *, eta_long: bool = False
) -> tuple[PatternTables, Any]:
    """Prepare a corpus for the search; returns also the memo that it needs.

    Args:
        corpus: the programs.
        costs: what terms cost.
        room: for how many nodes there is to be room.
        eta_long: see :class:`~reverie.compression.search.abstraction_search.SearchConfig`.
    """
    nodes = corpus.nodes
    count = int(nodes.size[0])
    cost = corpus.costs(costs)
    kind, left = nodes.kind[:count], nodes.left[:count]
    is_variable = kind == VARIABLE
    variables = int(left[is_variable].max()) + 1 if is_variable.any() else 0
    symbols = len(corpus.names)
    has_argument = kind == ARGUMENT
    arguments = int(left[has_argument].max()) + 1 if has_argument.any() else 0
    shift = np.zeros(5, np.int32)
    shift[VARIABLE] = FIRST_LEAF_HEAD
    shift[SYMBOL] = FIRST_LEAF_HEAD + variables
    shift[ARGUMENT] = FIRST_LEAF_HEAD + variables + symbols
    head = np.where(kind >= VARIABLE, left + shift[kind], kind).astype(np.int32)
    by_kind = costs.table()
    head_cost = np.concatenate(
        [
            by_kind[[APPLY, LAMBDA]],
            np.full(variables, by_kind[VARIABLE]),
            costs.of_symbols(corpus.names),
            np.full(arguments, by_kind[ARGUMENT]),
        ]
    ).astype(np.int32)
    order = np.argsort(corpus.tasks, kind="stable")
    of_roots = corpus.roots[order], corpus.tasks[order], corpus.weights[order]
    weight, task, deepest = _occurrences(nodes, *of_roots)
    rows = np.where(nodes.free[:count] > 0, np.minimum(nodes.low[:count], deepest), 0)
    first = np.zeros(count + 1, np.int32)
    np.cumsum(rows, out=first[1:])
    lowered = np.empty(int(first[-1]), np.int32)
    while True:
        # A copy: what is made during the search is no part of the corpus.
        scratch, memo = grown(nodes, room), new_memo()
        if lowered_table(scratch, first, lowered, memo) == 0:
            break
        room *= 2
    origin = np.arange(room, dtype=np.int32)
    np.minimum.at(origin, lowered, np.repeat(np.arange(count, dtype=np.int32), rows))
    has_left, has_right = kind <= LAMBDA, kind == APPLY
    may_match = (kind <= LAMBDA) & (cost > costs.symbol)
    if eta_long:
        may_match &= kind == APPLY
        may_match[left[kind == APPLY]] = False
    places = np.flatnonzero(may_match).astype(np.int32)
    problem = PatternTables(
        head=head,
        left=np.where(has_left, left, count).astype(np.int32),
        right=np.where(has_right, nodes.right[:count], count).astype(np.int32),
        cost=cost,
        free=nodes.free[:count].copy(),
        low=nodes.low[:count].copy(),
        mask=free_masks(nodes, count),
        first=first,
        lowered=lowered,
        table=scratch,
        origin=origin,
        weight=weight,
        task=task,
        head_cost=head_cost,
        variables=np.array([variables], np.int32),
        roots=of_roots[0],
        root_task=of_roots[1],
        root_weight=of_roots[2],
        places=places,
    )
    return problem, memo


@kernel(NODES, INTS, INTS, REALS)
def _occurrences(nodes: Nodes, roots: Ints, tasks: Ints, weights: Reals) -> tuple[Reals, Ints, int]:
    """Count occurrences: what a unit saved at a node is worth at most, its only task, lambda depth.

    A task counts its best program only, so the worth of a node is the sum over tasks of the
    largest over the task's programs of (program's weight * occurrences in it). The programs of a
    task follow one another.
    """
    count = nodes.size[0]
    weight = np.zeros(count)
    only = np.full(count, -2, np.int32)
    times = np.zeros(count)
    depth = np.zeros(count, np.int32)
    best = np.zeros(count)
    stack = [np.int32(0)]  # which stays at the bottom
    listed = np.empty(count, np.int32)
    in_task = np.empty(count, np.int32)
    seen = np.full(count, -1, np.int32)
    deepest = 0
    i = 0
    while i < tasks.size:
        task = tasks[i]
        task_size = 0
        while i < tasks.size and tasks[i] == task:
            program = i
            i += 1
            # List the program's nodes, children first, and pass counts from parents to children.
            stack.append(np.int32(roots[program]))
            size = 0
            while len(stack) > 1:
                node = stack.pop()
                if node < 0:  # what is below it has been listed
                    listed[size] = ~node
                    size += 1
                elif seen[node] != program:
                    seen[node] = program
                    kind = nodes.kind[node]
                    stack.append(~node)
                    if kind == APPLY:
                        stack.append(nodes.right[node])
                    if kind in (APPLY, LAMBDA):
                        stack.append(nodes.left[node])
            times[roots[program]] = weights[program]
            for k in range(size - 1, -1, -1):
                node = listed[k]
                kind = nodes.kind[node]
                inner = depth[node]
                if kind == LAMBDA:
                    inner += 1
                deepest = max(deepest, inner)
                if kind in (APPLY, LAMBDA):
                    times[nodes.left[node]] += times[node]
                    depth[nodes.left[node]] = max(depth[nodes.left[node]], inner)
                if kind == APPLY:
                    times[nodes.right[node]] += times[node]
                    depth[nodes.right[node]] = max(depth[nodes.right[node]], inner)
                if best[node] == 0.0:
                    in_task[task_size] = node
                    task_size += 1
                    best[node] = 1e-300  # seen in this task, whatever its count
                best[node] = max(best[node], times[node])
                times[node] = 0.0
                if only[node] == -2:
                    only[node] = task
                elif only[node] != task:
                    only[node] = -1
        for k in range(task_size):
            weight[in_task[k]] += best[in_task[k]]
            best[in_task[k]] = 0.0
    return weight, only, deepest
