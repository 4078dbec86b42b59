"""A corpus together with its library, whose bodies are compressed as the programs are.

The body of each abstraction is one more program, its arguments as outer lambdas, and a task of its
own. So what the library costs is part of what the corpus costs, later abstractions are used in the
bodies of earlier ones, and an abstraction that does not pay can be taken out again: every use, in
the programs and in the other bodies, is replaced by what it stands for.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ..corpus.corpus import Corpus
from ..corpus.costs import Costs
from ..corpus.kernel_types import INT, INTS, LONGS, TABLE, kernel
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
    empty_nodes,
    grown,
    needed_nodes,
    new_memo,
)
from ..corpus.pattern import NamedPattern, Pattern, patterns_of
from .rewriting import apply_abstraction, compacted

__all__ = ["ChargedCorpus"]


@dataclass(frozen=True)
class ChargedCorpus:
    """Programs and the library that they use.

    Attributes:
        corpus: the programs, then the bodies, each with its arguments as outer lambdas.
        library: the name and arity of each abstraction, in the order of the bodies.
    """

    corpus: Corpus
    library: tuple[tuple[str, int], ...] = ()

    @property
    def count(self) -> int:
        """The number of programs, the library's bodies not counted."""
        return len(self.corpus) - len(self.library)

    def cost(self, costs: Costs) -> float:
        """Return what programs and bodies cost; the lambdas for arguments are free."""
        return self.corpus.cost(costs) - sum(
            float(weight) * costs.lam * arity
            for (_, arity), weight in zip(
                self.library, self.corpus.weights[self.count :], strict=True
            )
        )

    def programs(self) -> Corpus:
        """Return the programs alone."""
        return self._kept(range(self.count))

    def extended(self, abstraction: NamedPattern, costs: Costs, weight: float) -> ChargedCorpus:
        """Rewrite programs and bodies with an abstraction, and put it on the shelf.

        Args:
            abstraction: what to use; its name must be new.
            costs: what terms cost.
            weight: how much its body counts.
        """
        rewritten = apply_abstraction(self.corpus, abstraction, costs)
        return ChargedCorpus(
            _with_body(rewritten, abstraction.pattern, weight),
            (*self.library, (abstraction.name, abstraction.arity)),
        )

    def without(self, name: str) -> ChargedCorpus:
        """Take an abstraction out: each use is replaced by what it stands for."""
        number = [known for known, _ in self.library].index(name)
        arity = self.library[number][1]
        row = self.count + number
        rest = [i for i in range(len(self.corpus)) if i != row]
        library = self.library[:number] + self.library[number + 1 :]
        if name not in self.corpus.names:
            return ChargedCorpus(self._kept(rest), library)
        nodes, symbol = self.corpus.nodes, self.corpus.names.index(name)
        roots = self.corpus.roots[rest]
        room = 2 * int(nodes.size[0]) + 64
        while True:
            out, images = empty_nodes(room), roots.copy()
            if _inline(nodes, symbol, int(self.corpus.roots[row]), arity, out, images):
                break
            room *= 2
        return ChargedCorpus(self._with(out, images, rest), library)

    def renamed(self, names: Mapping[str, str]) -> ChargedCorpus:
        """Return the same with other names; what is not in ``names`` keeps its own."""
        corpus = replace(self.corpus, names=[names.get(n, n) for n in self.corpus.names])
        return ChargedCorpus(corpus, tuple((names.get(n, n), arity) for n, arity in self.library))

    def abstractions(self) -> list[NamedPattern]:
        """Return the abstractions, in the order of the library."""
        bodies = self.corpus.roots[self.count :]
        arities = np.array([arity for _, arity in self.library], np.int32)
        room = 2 * int(self.corpus.nodes.size[0]) + 64
        while True:
            out, roots = empty_nodes(room), bodies.copy()
            if _open(self.corpus.nodes, arities, out, roots):
                break
            room *= 2
        patterns = patterns_of(out, self.corpus.names, roots)
        return [NamedPattern(n, p) for (n, _), p in zip(self.library, patterns, strict=True)]

    def in_order(self) -> list[str]:
        """Return the names of the library, each after those that its body uses."""
        users = {name: self.corpus.uses(name)[self.count :] for name, _ in self.library}
        todo = [name for name, _ in self.library]
        rows = {name: row for row, name in enumerate(todo)}
        ordered: list[str] = []
        while todo:
            ready = next(n for n in todo if not any(users[m][rows[n]] for m in todo))
            ordered.append(ready)
            todo.remove(ready)
        return ordered

    def _kept(self, rows: range | list[int]) -> Corpus:
        nodes, roots = compacted(self.corpus.nodes, self.corpus.roots[list(rows)])
        return self._with(nodes, roots, rows)

    def _with(self, nodes: Nodes, roots: Ints, rows: range | list[int]) -> Corpus:
        kept = np.array(list(rows), np.int64)
        _, tasks = np.unique(self.corpus.tasks[kept], return_inverse=True)
        return replace(
            self.corpus,
            nodes=nodes,
            roots=roots,
            tasks=tasks.astype(np.int32),
            weights=self.corpus.weights[kept],
        )


def _with_body(corpus: Corpus, pattern: Pattern, weight: float) -> Corpus:
    """Add a pattern as a program, its arguments as outer lambdas, and as a task of its own."""
    number = {name: i for i, name in enumerate(corpus.names)}
    renumber = np.array([number[name] for name in pattern.names] or [0], np.int32)
    room = int(corpus.nodes.size[0]) + 2 * len(pattern.rows) + 64
    while True:
        nodes = grown(corpus.nodes, room)
        root = _close(nodes, pattern.rows, renumber, pattern.arity)
        if root >= 0:
            break
        room *= 2
    return replace(
        corpus,
        nodes=nodes,
        roots=np.append(corpus.roots, np.int32(root)),
        tasks=np.append(corpus.tasks, np.int32(corpus.tasks.max() + 1)),
        weights=np.append(corpus.weights, weight),
    )


# ---- kernels: bodies with bound arguments, patterns, and uses written out -----------------------


@kernel(INT, INT)
def _place(node: int, depth: int) -> int:
    """Return the key of a node below so many binders."""
    return node * 65536 + depth


@kernel(NODES, INT, INT)
def _opened(nodes: Nodes, body: int, arity: int) -> tuple[int, int]:
    """Take up to ``arity`` lambdas off a body; returns what is inside, and how many there were."""
    inner = 0
    while inner < arity and nodes.kind[body] == LAMBDA:
        body = np.int64(nodes.left[body])
        inner += 1
    return body, inner


@kernel(NODES, TABLE, INTS, INT)
def _close(nodes: Nodes, rows: Ints, renumber: Ints, arity: int) -> Any:
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
def _raised(nodes: Nodes, node: int, by: int) -> Any:
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
def _copied(source: Nodes, root: int, out: Nodes, inner: int, given: NDArray[np.int64]) -> Any:
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
def _open(nodes: Nodes, arities: Ints, out: Nodes, roots: Ints) -> bool:
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
    body: int,
    inner: int,
    arity: int,
    given: NDArray[np.int64],
    count: int,
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
def _inline(nodes: Nodes, symbol: int, whole: int, arity: int, out: Nodes, roots: Ints) -> bool:
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
