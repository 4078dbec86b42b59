"""Bodies with their arguments bound, as patterns, and in the place of a use: compiled.

The body of an abstraction is kept in a corpus as one more program, its arguments as outer lambdas.
Making it from a pattern, reading it as a pattern, and writing out a use (beta reduction) are the
three things done with it. All add nodes to a table, children first, each (node, binders around it)
once. Ours.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from ...dsl import kernel
from ..corpus.kernel_types import INT, INTS, LONGS, TABLE
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
    needed_nodes,
    new_memo,
)

__all__ = ["close_body", "inline_symbol", "open_bodies"]


@kernel(INT, INT)
def _place(node: Any, depth: Any) -> Any:
    """Return the key of a node below so many binders."""
    return node * 65536 + depth


@kernel(NODES, INT, INT)
def _opened(nodes: Nodes, body: Any, arity: Any) -> tuple[Any, Any]:
    """Take up to ``arity`` lambdas off a body; returns what is inside, and how many there were."""
    inner = 0
    while inner < arity and nodes.kind[body] == LAMBDA:
        body = np.int64(nodes.left[body])
        inner += 1
    return body, inner


@kernel(NODES, TABLE, INTS, INT)
def close_body(nodes: Nodes, rows: Ints, renumber: Ints, arity: Any) -> Any:
    """Add a pattern with its arguments bound by outer lambdas; returns its node, -1 if full.

    Args:
        nodes: the table.
        rows: int32[nodes of the pattern, 3]: the pattern.
        renumber: int32[symbols]: the number of each of its symbols in the table.
        arity: the number of arguments.
    """
    image = new_memo()  # by row and binders around it, as an argument's index depends on these
    stack = [(np.int64(rows.shape[0] - 1), np.int64(0))]
    new = np.int64(-1)
    while len(stack) > 0:
        row, depth = stack[-1]
        kind, left, right = rows[row, 0], np.int64(rows[row, 1]), np.int64(rows[row, 2])
        inner = depth + 1 if kind == LAMBDA else depth
        if kind <= LAMBDA and _place(left, inner) not in image:
            stack.append((left, inner))
            continue
        if kind == APPLY and _place(right, inner) not in image:
            stack.append((right, inner))
            continue
        stack.pop()
        if kind == APPLY:
            node = cons(nodes, APPLY, image[_place(left, inner)], image[_place(right, inner)])
        elif kind == LAMBDA:
            node = cons(nodes, LAMBDA, image[_place(left, inner)], 0)
        elif kind == ARGUMENT:
            node = cons(nodes, VARIABLE, depth + arity - 1 - left, 0)
        elif kind == SYMBOL:
            node = cons(nodes, SYMBOL, renumber[left], 0)
        else:
            node = cons(nodes, kind, left, 0)
        new = np.int64(node)
        if new < 0:
            return -1
        image[_place(row, depth)] = new
    for _ in range(arity):
        if new >= 0:
            new = np.int64(cons(nodes, LAMBDA, new, 0))
    return new


@kernel(NODES, INT, INT)
def _raised(nodes: Nodes, node: Any, by: Any) -> Any:
    """Return a term as seen from inside ``by`` more binders; -1 if the table is full."""
    if by == 0 or nodes.free[node] == 0:
        return node
    image = new_memo()
    stack = [(np.int64(node), np.int64(0))]
    new = np.int64(-1)
    while len(stack) > 0:
        at, depth = stack[-1]
        kind, left, right = nodes.kind[at], np.int64(nodes.left[at]), np.int64(nodes.right[at])
        inner = depth + 1 if kind == LAMBDA else depth
        if kind == APPLY and _place(right, inner) not in image:
            stack.append((right, inner))
            continue
        if kind <= LAMBDA and _place(left, inner) not in image:
            stack.append((left, inner))
            continue
        stack.pop()
        if kind == APPLY:
            new = np.int64(
                cons(nodes, APPLY, image[_place(left, inner)], image[_place(right, inner)])
            )
        elif kind == LAMBDA:
            new = np.int64(cons(nodes, LAMBDA, image[_place(left, inner)], 0))
        elif kind == VARIABLE:
            new = np.int64(cons(nodes, VARIABLE, left if left < depth else left + by, 0))
        else:
            new = at
        if new < 0:
            return -1
        image[_place(at, depth)] = new
    return new


@kernel(NODES, INT, NODES, INT, LONGS)
def _copied(source: Nodes, root: Any, out: Nodes, inner: Any, given: NDArray[np.int64]) -> Any:
    """Copy the inside of a body, its arguments replaced; returns its node, -1 if ``out`` is full.

    Args:
        source: the table that the body is in.
        root: the body without its lambdas.
        out: the table to copy it to.
        inner: how many lambdas it had.
        given: int64[arguments]: nodes of ``out`` for the arguments; ``ARGUMENT`` leaves if empty.
    """
    image = new_memo()
    stack = [(np.int64(root), np.int64(0))]
    new = np.int64(-1)
    while len(stack) > 0:
        at, depth = stack[-1]
        kind, left, right = source.kind[at], np.int64(source.left[at]), np.int64(source.right[at])
        below = depth + 1 if kind == LAMBDA else depth
        if kind == APPLY and _place(right, below) not in image:
            stack.append((right, below))
            continue
        if kind <= LAMBDA and _place(left, below) not in image:
            stack.append((left, below))
            continue
        stack.pop()
        if kind == APPLY:
            new = np.int64(
                cons(out, APPLY, image[_place(left, below)], image[_place(right, below)])
            )
        elif kind == LAMBDA:
            new = np.int64(cons(out, LAMBDA, image[_place(left, below)], 0))
        elif kind == VARIABLE and left >= depth:
            argument = inner - 1 - (left - depth)
            if given.size == 0:
                new = np.int64(cons(out, ARGUMENT, argument, 0))
            else:
                new = np.int64(_raised(out, given[argument], depth))
        else:
            new = np.int64(cons(out, kind, left, 0))
        if new < 0:
            return -1
        image[_place(at, depth)] = new
    return new


@kernel(NODES, INTS, NODES, INTS)
def open_bodies(nodes: Nodes, arities: Ints, out: Nodes, roots: Ints) -> bool:
    """Write bodies as patterns into ``out``, and renumber ``roots``; False if it is full.

    A body that lost a lambda to eta reduction is applied to the argument.
    """
    given = np.zeros(0, np.int64)
    for i in range(roots.size):
        body, inner = _opened(nodes, np.int64(roots[i]), np.int64(arities[i]))
        new = np.int64(_copied(nodes, body, out, inner, given))
        for a in range(inner, arities[i]):
            argument = cons(out, ARGUMENT, a, 0)
            if new < 0 or argument < 0:
                return False
            new = np.int64(cons(out, APPLY, new, argument))
        if new < 0:
            return False
        roots[i] = new
    return True


@kernel(NODES, NODES, INT, INT, INT, LONGS, INT)
def _use(
    source: Nodes,
    out: Nodes,
    body: Any,
    inner: Any,
    arity: Any,
    given: NDArray[np.int64],
    count: Any,
) -> Any:
    """Write out one use of a body; returns its node, -1 if ``out`` is full.

    Args:
        source, body, inner: the body without its ``inner`` lambdas, and the table it is in.
        out: the table to write to.
        arity: how many arguments a use has; those missing become lambdas around it.
        given: int64[arity]: the first ``count`` are the arguments, nodes of ``out``; overwritten.
        count: see ``given``.
    """
    missing = arity - count
    for a in range(count):
        given[a] = _raised(out, given[a], missing)
        if given[a] < 0:
            return -1
    for a in range(count, arity):
        given[a] = cons(out, VARIABLE, arity - 1 - a, 0)
        if given[a] < 0:
            return -1
    result = np.int64(_copied(source, body, out, inner, given))
    for a in range(inner, arity):
        if result >= 0:
            result = np.int64(cons(out, APPLY, result, given[a]))
    for _ in range(missing):
        if result >= 0:
            result = np.int64(cons(out, LAMBDA, result, 0))
    return result


@kernel(NODES, INT, INT, INT, NODES, INTS)
def inline_symbol(
    nodes: Nodes, symbol: Any, whole: Any, arity: Any, out: Nodes, roots: Ints
) -> bool:
    """Write programs to ``out`` without one symbol, whose uses become what it stands for.

    Args:
        nodes: the programs' table.
        symbol: the number of the symbol.
        whole: its body, the arguments as outer lambdas.
        arity: how many arguments it takes.
        out: an empty table.
        roots: int32[programs]: the programs; renumbered.

    Returns:
        Whether there was room for them.
    """
    body, inner = _opened(nodes, whole, arity)
    count = nodes.size[0]
    needed = needed_nodes(nodes, roots)
    image = np.full(count, -1, np.int64)
    partial = np.full(count, -1, np.int64)  # the arguments of a use that has not all of them yet
    last = np.empty(count, np.int64)  # the last of these, as a node of `out`
    given = np.empty(max(arity, 1), np.int64)
    operands = np.empty(2, np.int64)
    # Children come before parents. A use is written out when something needs it: an operand that
    # is a use with arguments missing, or a program that is one; so one more round serves the roots.
    for step in range(count + roots.size):
        node = np.int64(step) if step < count else np.int64(roots[step - count])
        if step < count and not needed[node]:
            continue
        kind = nodes.kind[node]
        left, right = np.int64(nodes.left[node]), np.int64(nodes.right[node])
        wanted = 0
        if step >= count:
            operands[0] = node
            wanted = 1
        elif kind == SYMBOL and left == symbol:
            partial[node] = 0
            continue
        elif kind == APPLY and 0 <= partial[left] < arity:
            operands[0] = right
            wanted = 1
        elif kind == APPLY:
            operands[0] = left
            operands[1] = right
            wanted = 2
        elif kind == LAMBDA:
            operands[0] = left
            wanted = 1
        for k in range(wanted):
            operand = operands[k]
            if image[operand] < 0:
                at = operand
                for a in range(partial[operand] - 1, -1, -1):
                    given[a] = last[at]
                    at = np.int64(nodes.left[at])
                image[operand] = _use(
                    nodes, out, body, inner, arity, given[:arity], partial[operand]
                )
                if image[operand] < 0:
                    return False
            operands[k] = image[operand]
        if step >= count:
            roots[step - count] = operands[0]
        elif wanted == 1 and kind == APPLY:
            partial[node] = partial[left] + 1
            last[node] = operands[0]
        else:
            if kind == APPLY:
                image[node] = cons(out, APPLY, operands[0], operands[1])
            elif kind == LAMBDA:
                image[node] = cons(out, LAMBDA, operands[0], 0)
            else:
                image[node] = cons(out, kind, left, 0)
            if image[node] < 0:
                return False
    return True
