"""A corpus together with its library, whose bodies are compressed as the programs are.

The body of each abstraction is one more program, its arguments as outer lambdas, and a task of its
own. So what the library costs is part of what the corpus costs, later abstractions are used in the
bodies of earlier ones, and an abstraction that does not pay can be taken out again: every use, in
the programs and in the other bodies, is replaced by what it stands for.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace

import numpy as np

from ..corpus.corpus import Corpus
from ..corpus.costs import Costs
from ..corpus.nodes import Ints, Nodes, empty_nodes, grown
from ..corpus.pattern import NamedPattern, Pattern, patterns_of
from .body_kernels import close_body, inline_symbol, open_bodies
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
            if inline_symbol(nodes, symbol, int(self.corpus.roots[row]), arity, out, images):
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
            if open_bodies(self.corpus.nodes, arities, out, roots):
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
        root = close_body(nodes, pattern.rows, renumber, pattern.arity)
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
