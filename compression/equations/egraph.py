"""An e-graph: classes of equal terms, closed under congruence, that can say why two are equal.

A term is an entry with its number; a class is a set of entries. Each union is remembered with its
reason in a forest over entries, whose paths are the explanations (Nieuwenhuis and Oliveras, 2005;
Willsey et al., *egg*, POPL 2021).
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import replace

from reverie.dsl import Application, Lambda, Symbol, Term

from ...dsl import Equation, Rewrite, is_variable

__all__ = ["EGraph", "substituted"]

_Node = tuple[Term | None, tuple[int, ...]]  # a leaf, or None and one (lambda) or two children
_Bound = dict[Symbol, int]


class EGraph:
    """Classes of equal terms.

    Attributes:
        limit: no entries are added by equations above this number.
    """

    def __init__(self, limit: int) -> None:
        self.limit = limit
        self._parent: list[int] = []  # union-find
        self._terms: list[Term] = []  # the term of each entry
        self._shapes: list[_Node] = []  # its leaf, or its children as entries
        self._entry: dict[Term, int] = {}
        self._canonical: dict[_Node, int] = {}
        self._nodes: dict[int, dict[_Node, None]] = {}  # by class, in order
        self._users: dict[int, list[int]] = {}  # by class: entries with a child in it
        self._why: dict[int, tuple[int, Equation | None, bool]] = {}  # the forest's edges
        self._todo: list[int] = []

    def __len__(self) -> int:
        return len(self._terms)

    def find(self, entry: int) -> int:
        """Return the class of an entry."""
        root = entry
        while self._parent[root] != root:
            root = self._parent[root]
        while self._parent[entry] != root:
            self._parent[entry], entry = root, self._parent[entry]
        return root

    def classes(self) -> list[int]:
        """Return all classes."""
        return list(self._nodes)

    def nodes(self, number: int) -> list[_Node]:
        """Return the ways to write a class, in terms of classes."""
        return list(self._nodes[number])

    def add(self, term: Term) -> int:
        """Return the entry of a term."""
        found = self._entry.get(term)
        if found is not None:
            return found
        shape: _Node
        if isinstance(term, Application):
            shape = (None, (self.add(term.function), self.add(term.argument)))
        elif isinstance(term, Lambda):
            shape = (None, (self.add(term.body),))
        else:
            shape = (term, ())
        entry = len(self._terms)
        self._terms.append(term)
        self._shapes.append(shape)
        self._parent.append(entry)
        self._entry[term] = entry
        node = self._canon(shape)
        self._nodes[entry] = {node: None}
        self._users[entry] = []
        for child in node[1]:
            self._users[child].append(entry)
        twin = self._canonical.setdefault(node, entry)
        if twin != entry:
            self._union(entry, twin, None)
        return entry

    def _canon(self, node: _Node) -> _Node:
        return (node[0], tuple(self.find(c) for c in node[1]))

    def _union(self, a: int, b: int, equation: Equation | None) -> bool:
        """Join two classes because of an equation with sides ``a`` and ``b``, or by congruence."""
        big, small = self.find(b), self.find(a)
        if big == small:
            return False
        self._link(a, b, equation)
        if len(self._users[small]) > len(self._users[big]):
            big, small = small, big
        self._parent[small] = big
        self._nodes[big].update(self._nodes.pop(small))
        moved = self._users.pop(small)
        self._users[big] += moved
        self._todo += moved
        return True

    def _link(self, a: int, b: int, equation: Equation | None) -> None:
        """Make ``a`` the root of its tree in the forest, then a child of ``b``."""
        here, edge = a, (b, equation, True)
        while True:
            before = self._why.get(here)
            self._why[here] = edge
            if before is None:
                return
            edge = (here, before[1], not before[2])
            here = before[0]

    def rebuild(self) -> None:
        """Close under congruence what was joined."""
        while self._todo:
            todo, self._todo = dict.fromkeys(self._todo), []
            for entry in todo:
                twin = self._canonical.setdefault(self._canon(self._shapes[entry]), entry)
                if twin != entry:
                    self._union(entry, twin, None)
        for number, nodes in self._nodes.items():
            self._nodes[number] = dict.fromkeys(self._canon(n) for n in nodes)

    def saturate(self, equations: list[Equation], rounds: int) -> None:
        """Apply equations everywhere until nothing changes, or a bound is reached."""
        rules = [(e, True, e.left, e.right) for e in equations]
        rules += [(e, False, e.right, e.left) for e in equations if e.both]
        self.rebuild()
        for _ in range(rounds):
            found = [
                (rule, bound)
                for rule in rules
                for number in self.classes()
                for bound in self.matches(rule[2], number)
            ]
            changed = False
            for (equation, forward, pattern, other), bound in found:
                if len(self) >= self.limit:
                    break
                terms = {name: self._terms[number] for name, number in bound.items()}
                a = self.add(substituted(pattern, terms))
                b = self.add(substituted(other, terms))
                sides = (a, b) if forward else (b, a)
                changed |= self._union(*sides, equation)
            self.rebuild()
            if not changed or len(self) >= self.limit:
                return

    def matches(self, pattern: Term, number: int) -> Iterator[_Bound]:
        """Yield each way in which a class has an instance of a pattern."""
        return self._matches(pattern, number, {})

    def _matches(self, pattern: Term, number: int, bound: _Bound) -> Iterator[_Bound]:
        if isinstance(pattern, Symbol) and is_variable(pattern):
            known = bound.get(pattern)
            if known is None:
                yield {**bound, pattern: number}
            elif known == number:
                yield bound
        elif isinstance(pattern, Application):
            for leaf, children in self._nodes[number]:
                if leaf is None and len(children) == 2:
                    for inner in self._matches(pattern.function, children[0], bound):
                        yield from self._matches(pattern.argument, children[1], inner)
        elif isinstance(pattern, Lambda):
            for leaf, children in self._nodes[number]:
                if leaf is None and len(children) == 1:
                    yield from self._matches(pattern.body, children[0], bound)
        elif (pattern, ()) in self._nodes[number]:
            yield bound

    def explain(self, a: int, b: int) -> list[Rewrite]:
        """Return steps from one entry's term to that of an equal one."""
        steps: list[Rewrite] = []
        if a == b:
            return steps
        up = [a]
        while up[-1] in self._why:
            up.append(self._why[up[-1]][0])
        place = {entry: i for i, entry in enumerate(up)}
        down = [b]
        while down[-1] not in place:
            down.append(self._why[down[-1]][0])
        for entry in up[: place[down[-1]]]:
            other, equation, forward = self._why[entry]
            steps += self._edge(entry, other, equation, forward)
        for entry in reversed(down[:-1]):
            other, equation, forward = self._why[entry]
            steps += self._edge(other, entry, equation, not forward)
        return steps

    def _edge(self, a: int, b: int, equation: Equation | None, forward: bool) -> list[Rewrite]:
        if equation is not None:
            return [Rewrite(equation.name, forward, (), self._terms[a], self._terms[b])]
        steps: list[Rewrite] = []
        pairs = zip(self._shapes[a][1], self._shapes[b][1], strict=True)
        for turn, (child, other) in enumerate(pairs):
            steps += [replace(s, path=(turn, *s.path)) for s in self.explain(child, other)]
        return steps


def substituted(pattern: Term, terms: Mapping[Symbol, Term]) -> Term:
    """Return a pattern with terms for its variables, taken as they stand."""
    if isinstance(pattern, Symbol):
        return terms.get(pattern, pattern)
    if isinstance(pattern, Application):
        function = substituted(pattern.function, terms)
        return Application(function, substituted(pattern.argument, terms))
    if isinstance(pattern, Lambda):
        return Lambda(substituted(pattern.body, terms))
    return pattern
