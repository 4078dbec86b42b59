"""A corpus together with its library, whose bodies are compressed as the programs are.

The body of each abstraction is one more program, its arguments as outer lambdas, and a task of its
own. So what the library costs is part of what the corpus costs, later abstractions are used in the
bodies of earlier ones, and an abstraction that does not pay can be taken out again: every use, in
the programs and in the other bodies, is replaced by what it stands for.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace

import numpy as np

from reverie.dsl import Symbol

from ..abstraction import Abstraction, definition
from ..corpus.corpus import Corpus, cons_rows, write_nodes
from ..corpus.costs import Costs
from ..corpus.nodes import APPLY, ARGUMENT, LAMBDA, SYMBOL, VARIABLE, Ints, Nodes, empty_nodes
from .rewriting import apply_abstraction

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

    def extended(self, abstraction: Abstraction, costs: Costs, weight: float) -> ChargedCorpus:
        """Rewrite programs and bodies with an abstraction, and put it on the shelf.

        Args:
            abstraction: what to use; its name must be new.
            costs: what terms cost.
            weight: how much its body counts.
        """
        rewritten = apply_abstraction(self.corpus, abstraction, costs)
        symbols = {name: Symbol(name) for name in rewritten.names}
        body = Corpus.from_terms([definition(abstraction, symbols).body])
        return ChargedCorpus(
            _with_program(rewritten, body, weight),
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
        source, out = _Rows.of(self.corpus.nodes), _Rows()
        symbol = self.corpus.names.index(name)
        body, inner = int(self.corpus.roots[row]), 0
        while inner < arity and source.kind[body] == LAMBDA:
            body, inner = source.left[body], inner + 1

        def use(arguments: tuple[int, ...]) -> int:
            missing = arity - len(arguments)
            given = [out.raised(a, missing) for a in arguments]
            given += [out.cons(VARIABLE, i) for i in reversed(range(missing))]

            def variable(index: int, depth: int) -> int:
                if index < depth:
                    return out.cons(VARIABLE, index)
                return out.raised(given[inner - 1 - (index - depth)], depth)

            result = out.copied(source, body, variable)
            for argument in given[inner:]:
                result = out.cons(APPLY, result, argument)
            for _ in range(missing):
                result = out.cons(LAMBDA, result)
            return result

        roots = [int(self.corpus.roots[i]) for i in rest]
        image: dict[int, int] = {}
        partial: dict[int, tuple[int, ...]] = {}  # uses that have not all of their arguments yet

        def whole(node: int) -> int:
            if node not in image:
                image[node] = use(partial[node])
            return image[node]

        for node in source.needed(roots):
            kind, left, right = source.kind[node], source.left[node], source.right[node]
            if kind == SYMBOL and left == symbol:
                partial[node] = ()
            elif kind == APPLY and left in partial and len(partial[left]) < arity:
                partial[node] = (*partial[left], whole(right))
            elif kind == APPLY:
                image[node] = out.cons(APPLY, whole(left), whole(right))
            elif kind == LAMBDA:
                image[node] = out.cons(LAMBDA, whole(left))
            else:
                image[node] = out.cons(kind, left)
        rewritten = [whole(root) for root in roots]
        return ChargedCorpus(self._with(out.nodes(), rewritten, rest), library)

    def renamed(self, names: Mapping[str, str]) -> ChargedCorpus:
        """Return the same with other names; what is not in ``names`` keeps its own."""
        corpus = replace(self.corpus, names=[names.get(n, n) for n in self.corpus.names])
        return ChargedCorpus(corpus, tuple((names.get(n, n), arity) for n, arity in self.library))

    def abstractions(self) -> list[Abstraction]:
        """Return the abstractions, in the order of the library."""
        source = _Rows.of(self.corpus.nodes)
        found = []
        for (name, arity), root in zip(self.library, self.corpus.roots[self.count :], strict=True):
            out = _Rows()
            body, inner = int(root), 0
            while inner < arity and source.kind[body] == LAMBDA:
                body, inner = source.left[body], inner + 1

            def variable(index: int, depth: int, out: _Rows = out, inner: int = inner) -> int:
                if index < depth:
                    return out.cons(VARIABLE, index)
                return out.cons(ARGUMENT, inner - 1 - (index - depth))

            new = out.copied(source, body, variable)
            for i in range(inner, arity):
                new = out.cons(APPLY, new, out.cons(ARGUMENT, i))
            text = write_nodes(out.nodes(), self.corpus.names, [new])[new]
            found.append(Abstraction(name, text, arity))
        return found

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
        source, out = _Rows.of(self.corpus.nodes), _Rows()
        roots = [int(self.corpus.roots[i]) for i in rows]
        image: dict[int, int] = {}
        for node in source.needed(roots):
            kind, left, right = source.kind[node], source.left[node], source.right[node]
            if kind <= LAMBDA:
                left, right = image[left], image[right] if kind == APPLY else 0
            image[node] = out.cons(kind, left, right)
        return self._with(out.nodes(), [image[root] for root in roots], rows)

    def _with(self, nodes: Nodes, roots: list[int], rows: range | list[int]) -> Corpus:
        kept = np.array(list(rows), np.int64)
        _, tasks = np.unique(self.corpus.tasks[kept], return_inverse=True)
        return replace(
            self.corpus,
            nodes=nodes,
            roots=np.array(roots, np.int32),
            tasks=tasks.astype(np.int32),
            weights=self.corpus.weights[kept],
        )


def _with_program(corpus: Corpus, program: Corpus, weight: float) -> Corpus:
    """Add the only program of another corpus, as a task of its own."""
    out = _Rows.of(corpus.nodes)
    names = list(corpus.names)
    number = {name: i for i, name in enumerate(names)}
    source = _Rows.of(program.nodes)
    image: dict[int, int] = {}
    for node in range(len(source.kind)):
        kind, left, right = source.kind[node], source.left[node], source.right[node]
        if kind == SYMBOL:
            name = program.names[left]
            if name not in number:
                number[name] = len(names)
                names.append(name)
            left = number[name]
        elif kind <= LAMBDA:
            left, right = image[left], image[right] if kind == APPLY else 0
        image[node] = out.cons(kind, left, right)
    return replace(
        corpus,
        nodes=out.nodes(),
        names=names,
        roots=np.append(corpus.roots, np.int32(image[int(program.roots[0])])),
        tasks=np.append(corpus.tasks, np.int32(corpus.tasks.max() + 1)),
        weights=np.append(corpus.weights, weight),
    )


class _Rows:
    """Hash-consed nodes as Python lists, for terms that are built one by one."""

    __slots__ = ("_known", "free", "kind", "left", "right")

    def __init__(self) -> None:
        self.kind: list[int] = []
        self.left: list[int] = []
        self.right: list[int] = []
        self.free: list[int] = []
        self._known: dict[tuple[int, int, int], int] = {}

    @classmethod
    def of(cls, nodes: Nodes) -> _Rows:
        rows, count = cls(), int(nodes.size[0])
        rows.kind, rows.left = nodes.kind[:count].tolist(), nodes.left[:count].tolist()
        rows.right, rows.free = nodes.right[:count].tolist(), nodes.free[:count].tolist()
        triples = zip(rows.kind, rows.left, rows.right, strict=True)
        rows._known = {triple: i for i, triple in enumerate(triples)}
        return rows

    def nodes(self) -> Nodes:
        made = empty_nodes(len(self.kind) + 64)
        table: Ints = np.array([self.kind, self.left, self.right], np.int32).T.copy()
        cons_rows(made, table)
        return made

    def cons(self, kind: int, left: int, right: int = 0) -> int:
        key = (kind, left, right)
        found = self._known.get(key)
        if found is not None:
            return found
        free = 0
        if kind == APPLY:
            free = max(self.free[left], self.free[right])
        elif kind == LAMBDA:
            free = max(0, self.free[left] - 1)
        elif kind == VARIABLE:
            free = left + 1
        self.kind.append(kind)
        self.left.append(left)
        self.right.append(right)
        self.free.append(free)
        self._known[key] = len(self.kind) - 1
        return len(self.kind) - 1

    def needed(self, roots: list[int]) -> list[int]:
        """Return the nodes that ``roots`` are made of, children first."""
        wanted = set(roots)
        for node in range(max(wanted), -1, -1):
            if node in wanted and self.kind[node] <= LAMBDA:
                wanted.add(self.left[node])
                if self.kind[node] == APPLY:
                    wanted.add(self.right[node])
        return sorted(wanted)

    def raised(self, node: int, by: int) -> int:
        """Return a term as seen from inside ``by`` more binders."""
        if by == 0 or self.free[node] == 0:
            return node
        return self.copied(
            self, node, lambda i, depth: self.cons(VARIABLE, i if i < depth else i + by)
        )

    def copied(self, source: _Rows, root: int, variable: Callable[[int, int], int]) -> int:
        """Copy a term from ``source``; ``variable(index, depth)`` is what a variable becomes."""
        image: dict[tuple[int, int], int] = {}
        stack = [(root, 0)]
        while stack:
            node, depth = stack[-1]
            kind, left, right = source.kind[node], source.left[node], source.right[node]
            children = []
            if kind == APPLY:
                children = [(left, depth), (right, depth)]
            elif kind == LAMBDA:
                children = [(left, depth + 1)]
            missing = [child for child in children if child not in image]
            if missing:
                stack += missing
                continue
            stack.pop()
            if kind == VARIABLE:
                image[node, depth] = variable(left, depth)
            elif kind <= LAMBDA:
                image[node, depth] = self.cons(kind, *(image[child] for child in children))
            else:
                image[node, depth] = self.cons(kind, left)
        return image[root, 0]
