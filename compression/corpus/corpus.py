"""A corpus: programs as roots in one table of hash-consed nodes."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace

import numpy as np
from numpy.typing import NDArray

from reverie.dsl import Application, Lambda, Literal, ParseError, Symbol, Term, Variable, parse_term

from ...dsl import kernel
from ..corpus_errors import CorpusError
from .corpus_parser import read_texts
from .costs import Costs, node_costs
from .kernel_types import INT, INTS, TABLE
from .nodes import APPLY, LAMBDA, NODES, SYMBOL, VARIABLE, Ints, Nodes, Reals, cons, empty_nodes

__all__ = ["Corpus", "leaf_term", "write_nodes"]


@dataclass(frozen=True)
class Corpus:
    """Programs to be compressed together.

    Attributes:
        nodes: the table; every node in it is part of some program.
        names: the symbols by number. A literal or an inline abstraction is one symbol.
        roots: int32 (programs,): the node of each program.
        tasks: int32 (programs,): the task each program is a solution of, numbered from 0.
        weights: float64 (programs,): how much each program counts.
        leaves: the terms of symbols that are not plain names.
    """

    nodes: Nodes
    names: list[str]
    roots: Ints
    tasks: Ints
    weights: Reals
    leaves: Mapping[str, Term] = field(default_factory=dict)

    @classmethod
    def read(
        cls,
        texts: Sequence[str],
        tasks: Sequence[object] | None = None,
        weights: Sequence[float] | None = None,
    ) -> Corpus:
        """Read a corpus from program texts.

        Args:
            texts: the programs.
            tasks: the task of each; without it each program is a task of its own.
            weights: how much each counts; 1 each without it.

        Raises:
            CorpusError: if there is no program, one cannot be read, or the lengths differ.
        """
        _check_nonempty(len(texts))
        numbers, shares = _tasks(tasks, len(texts)), _weights(weights, len(texts))
        nodes, names, roots = read_texts(texts)
        return cls(nodes, names, roots, numbers, shares)

    @classmethod
    def from_terms(
        cls,
        terms: Sequence[Term],
        tasks: Sequence[object] | None = None,
        weights: Sequence[float] | None = None,
    ) -> Corpus:
        """Make a corpus of terms. Abstractions and literals in them are opaque symbols.

        Raises:
            CorpusError: as :meth:`read`.
        """
        _check_nonempty(len(terms))
        numbers, shares = _tasks(tasks, len(terms)), _weights(weights, len(terms))
        order: dict[Term, int] = {}
        names: list[str] = []
        symbols: dict[str, int] = {}
        leaves: dict[str, Term] = {}
        rows: list[tuple[int, int, int]] = []
        for term in terms:
            for node in _children_first(term, order):
                if isinstance(node, Application):
                    rows.append((APPLY, order[node.function], order[node.argument]))
                elif isinstance(node, Lambda):
                    rows.append((LAMBDA, order[node.body], 0))
                elif isinstance(node, Variable):
                    rows.append((VARIABLE, node.index, 0))
                else:
                    if isinstance(node, Symbol):
                        name = node.name
                    else:
                        name = _opaque(node)
                        leaves[name] = node
                    rows.append((SYMBOL, symbols.setdefault(name, len(symbols)), 0))
                    if len(symbols) > len(names):
                        names.append(name)
                order[node] = len(order)
        nodes = empty_nodes(len(rows) + 64)
        cons_rows(nodes, np.array(rows, np.int32).reshape(-1, 3))
        roots = np.array([order[t] for t in terms], np.int32)
        return cls(nodes, names, roots, numbers, shares, leaves)

    def __len__(self) -> int:
        return len(self.roots)

    def costs(self, costs: Costs) -> Ints:
        """Return the cost of every node."""
        return node_costs(self.nodes, self.names, costs)

    def cost(self, costs: Costs) -> float:
        """Return the cost of the corpus: the sum over tasks of the least weighted program."""
        each = self.costs(costs)[self.roots] * self.weights
        least = np.full(int(self.tasks.max()) + 1, np.inf)
        np.minimum.at(least, self.tasks, each)
        return float(least.sum())

    def texts(self) -> list[str]:
        """Return the programs as texts."""
        written = write_nodes(self.nodes, self.names, self.roots)
        return [written[int(root)] for root in self.roots]

    def terms(self, programs: Iterable[int] | None = None) -> list[Term]:
        """Return the programs (or those with these numbers) as terms."""
        wanted = range(len(self)) if programs is None else programs
        roots = [int(self.roots[program]) for program in wanted]
        known = dict(self.leaves)
        kinds, lefts = self.nodes.kind.tolist(), self.nodes.left.tolist()
        rights = self.nodes.right.tolist()
        built: dict[int, Term] = {}
        stack = list(roots)
        while stack:
            node = stack[-1]
            if node in built:
                stack.pop()
                continue
            kind, left = kinds[node], lefts[node]
            children = [left, rights[node]][: 2 - kind] if kind <= LAMBDA else []
            missing = [child for child in children if child not in built]
            if missing:
                stack += missing
                continue
            stack.pop()
            if kind == APPLY:
                built[node] = Application(built[left], built[rights[node]])
            elif kind == LAMBDA:
                built[node] = Lambda(built[left])
            elif kind == VARIABLE:
                built[node] = Variable(left)
            else:
                name = self.names[left]
                if name not in known:
                    known[name] = leaf_term(name)
                built[node] = known[name]
        return [built[root] for root in roots]

    def with_meaning(self, name: str, term: Term) -> Corpus:
        """Return the corpus with ``name`` as :meth:`from_terms` would call the leaf ``term``."""
        new = _opaque(term)
        if name not in self.names:
            return self
        if new in self.names:
            return Corpus.from_terms(self.terms(), self.tasks.tolist(), self.weights.tolist())
        names = [new if known == name else known for known in self.names]
        return replace(self, names=names, leaves={**self.leaves, new: term})

    def uses(self, name: str) -> list[int]:
        """Return how often the symbol ``name`` occurs in each program."""
        if name not in self.names:
            return [0] * len(self)
        found: list[int] = _uses(self.nodes, self.roots, self.names.index(name)).tolist()
        return found


def _opaque(leaf: Term) -> str:
    """Return the name of a leaf that is no plain symbol.

    No name in a language has a control character, and terms are interned, so this name is the same
    in every corpus while the term lives.
    """
    return f"\x1a{id(leaf):x}"


def leaf_term(name: str) -> Term:
    """Return the term that a symbol of a corpus is: a literal, an inline abstraction, a name."""
    if name.startswith("#("):
        return parse_term(name)
    if ":" in name:
        try:
            found = parse_term(name)
        except ParseError:
            return Symbol(name)
        return found if isinstance(found, Literal) else Symbol(name)
    return Symbol(name)


def write_nodes(nodes: Nodes, names: Sequence[str], wanted: Sequence[int] | Ints) -> dict[int, str]:
    """Return the text of each wanted node."""
    kinds, lefts, rights = nodes.kind.tolist(), nodes.left.tolist(), nodes.right.tolist()
    texts: dict[int, str] = {}
    for root in map(int, wanted):
        if root in texts:
            continue
        parts: list[str] = []
        todo: list[int | str] = [root]
        while todo:
            node = todo.pop()
            if isinstance(node, str):
                parts.append(node)
                continue
            kind = kinds[node]
            if kind == APPLY:
                todo.append(")")
                while kinds[node] == APPLY:
                    todo += [rights[node], " "]
                    node = lefts[node]
                todo += [node, "("]
            elif kind == LAMBDA:
                todo += [")", lefts[node], "(lam "]
            elif kind == SYMBOL:
                parts.append(names[lefts[node]])
            else:
                parts.append(f"{'$' if kind == VARIABLE else '#'}{lefts[node]}")
        texts[root] = "".join(parts)
    return texts


def _children_first(term: Term, done: Mapping[Term, int]) -> list[Term]:
    """Return the sub-terms of ``term`` that are not ``done``, each once, children first."""
    order: list[Term] = []
    seen: set[Term] = set()
    stack = [(term, False)]
    while stack:
        node, ready = stack.pop()
        if node in done or node in seen:
            continue
        if isinstance(node, Application) and not ready:
            stack += [(node, True), (node.argument, False), (node.function, False)]
        elif isinstance(node, Lambda) and not ready:
            stack += [(node, True), (node.body, False)]
        else:
            seen.add(node)
            order.append(node)
    return order


@kernel(NODES, TABLE)
def cons_rows(nodes: Nodes, rows: Ints) -> None:
    for i in range(rows.shape[0]):
        cons(nodes, rows[i, 0], rows[i, 1], rows[i, 2])


@kernel(NODES, INTS, INT)
def _uses(nodes: Nodes, roots: Ints, symbol: int) -> NDArray[np.int64]:
    inside = np.zeros(nodes.size[0], np.int64)
    for node in range(inside.size):
        kind = nodes.kind[node]
        if kind == SYMBOL and nodes.left[node] == symbol:
            inside[node] = 1
        elif kind == APPLY:
            inside[node] = inside[nodes.left[node]] + inside[nodes.right[node]]
        elif kind == LAMBDA:
            inside[node] = inside[nodes.left[node]]
    return inside[roots]


def _check_nonempty(count: int) -> None:
    if count == 0:
        raise CorpusError("the corpus is empty: give at least one program")


def _tasks(tasks: Sequence[object] | None, count: int) -> Ints:
    if tasks is None:
        return np.arange(count, dtype=np.int32)
    if len(tasks) != count:
        raise CorpusError(f"{len(tasks)} tasks for {count} programs: give one task per program")
    numbers: dict[object, int] = {}
    return np.array([numbers.setdefault(t, len(numbers)) for t in tasks], np.int32)


def _weights(weights: Sequence[float] | None, count: int) -> Reals:
    if weights is None:
        return np.ones(count)
    if len(weights) != count:
        raise CorpusError(
            f"{len(weights)} weights for {count} programs: give one weight per program"
        )
    found = np.array(weights, np.float64)
    wrong = np.flatnonzero(~((found >= 0) & np.isfinite(found)))
    if wrong.size:
        i = int(wrong[0])
        raise CorpusError(f"a weight is a number from 0; got {weights[i]!r}", i)
    return found
