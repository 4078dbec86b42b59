"""Patterns: the bodies of abstractions as nodes, their arguments as leaves.

A pattern is a term with ``ARGUMENT`` leaves, in the table's form (:mod:`.nodes`) and in *canonical
order*: children before parents, the function before the argument, each node once, symbols numbered
by first occurrence. So equal patterns have equal rows, and one pattern can be a key, be matched and
be priced as it is. It is text only for people, in files and in Stitch's format (Bowers et al.,
POPL 2023, whose notation ``#0``, ``#1``, ... for arguments it is).
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

import numpy as np
from numpy.typing import NDArray

from reverie.dsl import Abstraction, Application, Lambda, Symbol, Term, Variable, occurs, strip

from ...dsl import kernel
from ..corpus_errors import CompressionError, CorpusError
from .corpus import cons_rows, leaf_term, write_nodes
from .corpus_parser import read_texts
from .kernel_types import INTS, longer
from .nodes import APPLY, ARGUMENT, LAMBDA, NODES, SYMBOL, VARIABLE, Ints, Nodes, empty_nodes

__all__ = ["NamedPattern", "Pattern", "patterns_of"]


@dataclass(frozen=True, eq=False, repr=False)
class Pattern:
    """The body of an abstraction.

    Attributes:
        rows: int32[nodes, 3]: (kind, left, right) of each node in canonical order, the root last.
        names: the symbols by number.
    """

    rows: Ints
    names: tuple[str, ...]
    _key: tuple[bytes, tuple[str, ...]] = field(init=False)
    _hash: int = field(init=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "_key", (self.rows.tobytes(), self.names))
        object.__setattr__(self, "_hash", hash(self._key))

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Pattern) and self._key == other._key

    def __hash__(self) -> int:
        return self._hash

    def __repr__(self) -> str:
        return self.text

    # ---- made from texts and terms --------------------------------------------------------------

    @staticmethod
    def read(text: str) -> Pattern:
        """Read a pattern from its text.

        Raises:
            CorpusError: if it is none.

        >>> Pattern.read("(g #1 (lambda #0))")
        (g #1 (lam #0))
        """
        nodes, names, roots = read_texts([text], arguments=True)
        return patterns_of(nodes, names, roots)[0]

    @staticmethod
    def of_abstraction(abstraction: Abstraction, show: Callable[[Term], str] = str) -> Pattern:
        """Return an abstraction's body: the inverse of :meth:`definition`, up to eta.

        Args:
            abstraction: a closed term, its arguments as outer lambdas.
            show: names the leaves, other abstractions among them.

        >>> from reverie.dsl import parse_term
        >>> Pattern.of_abstraction(parse_term("#(lambda (lambda (g $1 (lambda ($0 $1)))))"))
        (g #0 (lam ($0 #1)))
        """
        arity, body = strip(abstraction.body)
        # What is not used cannot be an argument: the lambdas from there on stay part of the body.
        inner: list[bool] = [occurs(index, body) for index in range(arity)]
        while arity and not all(inner[-arity:]):
            arity -= 1
        body = abstraction.body
        for _ in range(arity):
            assert isinstance(body, Lambda)
            body = body.body
        order: dict[tuple[Term, int], int] = {}
        numbers: dict[tuple[int, int, int], int] = {}
        names: dict[str, int] = {}

        def row(node: Term, depth: int) -> tuple[int, int, int]:
            if isinstance(node, Application):
                return APPLY, order[node.function, depth], order[node.argument, depth]
            if isinstance(node, Lambda):
                return LAMBDA, order[node.body, depth + 1], 0
            if isinstance(node, Variable) and node.index >= depth:
                return ARGUMENT, arity - 1 - (node.index - depth), 0
            if isinstance(node, Variable):
                return VARIABLE, node.index, 0
            return SYMBOL, names.setdefault(show(node), len(names)), 0

        stack: list[tuple[Term, int, bool]] = [(body, 0, False)]
        while stack:
            node, depth, ready = stack.pop()
            if (node, depth) in order:
                continue
            if isinstance(node, Application) and not ready:
                stack += [(node, depth, True)]
                stack += [(node.argument, depth, False), (node.function, depth, False)]
            elif isinstance(node, Lambda) and not ready:
                stack += [(node, depth, True), (node.body, depth + 1, False)]
            else:
                order[node, depth] = numbers.setdefault(row(node, depth), len(numbers))
        return Pattern(np.array(list(numbers), np.int32).reshape(-1, 3), tuple(names))

    # ---- asked ----------------------------------------------------------------------------------

    @cached_property
    def arity(self) -> int:
        """The number of arguments."""
        return int(self._arguments.max()) + 1 if self._arguments.size else 0

    @property
    def _arguments(self) -> Ints:
        """The arguments, in the order in which the pattern uses them first."""
        found: Ints = self.rows[self.rows[:, 0] == ARGUMENT, 1]
        return found

    @property
    def root(self) -> int:
        """The number of the root in :attr:`nodes`."""
        return len(self.rows) - 1

    @cached_property
    def nodes(self) -> Nodes:
        """The pattern as a table of its own, not to be changed."""
        made = empty_nodes(len(self.rows))
        cons_rows(made, self.rows)
        return made

    @cached_property
    def leaves(self) -> list[tuple[int, int]]:
        """The kind and number of each leaf, from left to right, each occurrence."""
        rows: list[list[int]] = self.rows.tolist()
        found = []
        stack = [len(rows) - 1]
        while stack:
            kind, left, right = rows[stack.pop()]
            if kind == APPLY:
                stack += [right, left]
            elif kind == LAMBDA:
                stack.append(left)
            else:
                found.append((kind, left))
        return found

    def order_of_use(self, *, last_first: bool = False) -> dict[int, int]:
        """Return the place of each argument in the order in which the pattern first uses them.

        Args:
            last_first: read it from its end, as Stitch numbers arguments.

        >>> pattern = Pattern.read("(g #1 #0)")
        >>> pattern.order_of_use(), pattern.order_of_use(last_first=True)
        ({1: 0, 0: 1}, {0: 0, 1: 1})
        """
        uses = [number for kind, number in self.leaves if kind == ARGUMENT]
        met = dict.fromkeys(reversed(uses) if last_first else uses)
        return {old: new for new, old in enumerate(met)}

    # ---- changed and converted ------------------------------------------------------------------

    def reordered(self, order: Sequence[int] | None = None) -> Pattern:
        """Return the same pattern with its arguments in another order.

        Args:
            order: the new place of each argument; by default they come as the pattern first uses
                them, left to right.

        >>> Pattern.read("(g #1 #0 #1)").reordered()
        (g #0 #1 #0)
        """
        places = np.empty(self.arity, np.int32)
        if order is None:
            places[self._arguments] = np.arange(self.arity)
        else:
            places[:] = order
        rows = self.rows.copy()
        chosen = rows[:, 0] == ARGUMENT
        rows[chosen, 1] = places[rows[chosen, 1]]
        return Pattern(rows, self.names)

    def definition(self, leaves: Mapping[str, Term]) -> Abstraction:
        """Return the abstraction as a closed term, its arguments as outer lambdas.

        Args:
            leaves: the terms that symbols stand for; other symbols stand for themselves.
        """
        rows: list[list[int]] = self.rows.tolist()
        built: dict[tuple[int, int], Term] = {}
        root = (len(rows) - 1, 0)
        stack = [root]
        while stack:
            node, depth = key = stack[-1]
            kind, left, right = rows[node]
            children: list[tuple[int, int]] = []
            if kind == APPLY:
                children = [(left, depth), (right, depth)]
            elif kind == LAMBDA:
                children = [(left, depth + 1)]
            missing = [child for child in children if child not in built]
            if missing:
                stack += missing
                continue
            stack.pop()
            if kind == APPLY:
                built[key] = Application(built[children[0]], built[children[1]])
            elif kind == LAMBDA:
                built[key] = Lambda(built[children[0]])
            elif kind == VARIABLE:
                built[key] = Variable(left)
            elif kind == ARGUMENT:
                built[key] = Variable(depth + self.arity - 1 - left)
            else:
                name = self.names[left]
                built[key] = leaves[name] if name in leaves else leaf_term(name)
        term = built[root]
        for _ in range(self.arity):
            term = Lambda(term)
        return Abstraction(term)

    def open_term(self) -> Term:
        """Return the pattern as a term of symbols alone, the arguments being ``#0``, ``#1``, ..."""
        built: list[Term] = []
        for kind, left, right in self.rows.tolist():
            if kind == APPLY:
                built.append(Application(built[left], built[right]))
            elif kind == LAMBDA:
                built.append(Lambda(built[left]))
            elif kind == VARIABLE:
                built.append(Variable(left))
            else:
                built.append(Symbol(self.names[left] if kind == SYMBOL else f"#{left}"))
        return built[-1]

    @cached_property
    def text(self) -> str:
        """The pattern as Stitch writes it."""
        return write_nodes(self.nodes, self.names, [self.root])[self.root]


@dataclass(frozen=True, repr=False)
class NamedPattern:
    """An abstraction: ``(name a b)`` stands for the pattern with ``#0`` = a and ``#1`` = b.

    Attributes:
        name: one word.
        pattern: what the name stands for.
    """

    name: str
    pattern: Pattern

    @property
    def arity(self) -> int:
        """The number of arguments."""
        return self.pattern.arity

    @property
    def body(self) -> str:
        """The pattern's text."""
        return self.pattern.text

    def __repr__(self) -> str:
        return f"NamedPattern(name={self.name!r}, body={self.body!r}, arity={self.arity})"

    @staticmethod
    def read(name: str, body: str, arity: int) -> NamedPattern:
        """Read an abstraction from its name, the text of its body and the number of its arguments.

        Raises:
            CompressionError: if the name is not one word, or the body cannot be read, has free
                variables, or does not use exactly ``#0`` to ``#(arity - 1)``.

        >>> NamedPattern.read("twice", "(g #0 #0)", 1)
        NamedPattern(name='twice', body='(g #0 #0)', arity=1)
        """
        if not name or set(name) & set(" \t\n()") or name[0] in '$#"':
            raise CompressionError(
                f"{name!r} cannot name an abstraction: a name is one word without blanks or "
                "parentheses that does not begin with $ # or a quote"
            )
        given: Any = body
        if not isinstance(given, str):
            raise CompressionError(f"the body of {name} must be a text; got {given!r}")
        try:
            pattern = Pattern.read(body)
        except CorpusError as error:
            raise CompressionError(f"the body of {name} cannot be read: {error}") from None
        if pattern.nodes.free[pattern.root]:
            raise CompressionError(f"the body of {name} must not have free variables: {body}")
        used = {number for kind, number in pattern.leaves if kind == ARGUMENT}
        if len(used) != arity or (used and max(used) != arity - 1):
            last = arity - 1
            wanted = f"#0 to #{last}" if last > 3 else " ".join(f"#{i}" for i in range(arity))
            wanted = wanted or "no argument"
            raise CompressionError(
                f"{name} has arity {arity}, so its body must use exactly {wanted}: {body}"
            )
        return NamedPattern(name, pattern)

    def dreamcoder_text(self, known: Mapping[str, str]) -> str:
        """Return the abstraction in DreamCoder's form ``#(lambda ...)``.

        Args:
            known: this form of the abstractions that it may use, by name.
        """
        # As symbols the known ones are printed as they stand, so no term of theirs is needed.
        return str(self.pattern.definition({name: Symbol(text) for name, text in known.items()}))


def patterns_of(nodes: Nodes, names: Sequence[str], roots: Ints) -> list[Pattern]:
    """Return the terms at ``roots`` as patterns."""
    if not len(roots):
        return []
    rows, ends, symbols, symbol_ends = _canonical(nodes, np.ascontiguousarray(roots, np.int32))
    listed = symbols.tolist()
    found = []
    start = first = 0
    for end, last in zip(ends.tolist(), symbol_ends.tolist(), strict=True):
        chosen = tuple([names[symbol] for symbol in listed[first:last]])
        found.append(Pattern(rows[3 * start : 3 * end].reshape(-1, 3), chosen))
        start, first = end, last
    return found


@kernel(NODES, INTS)
def _canonical(
    nodes: Nodes, roots: Ints
) -> tuple[Ints, NDArray[np.int64], Ints, NDArray[np.int64]]:
    """Write each term's nodes in canonical order.

    Returns:
        The rows of all terms (three numbers each), where each term's rows end; the symbols of each
        term by its own numbers, and where these end.
    """
    count = nodes.size[0]
    rows = np.empty(3 * 256, np.int32)
    ends = np.empty(roots.size, np.int64)
    symbols = np.empty(64, np.int32)
    symbol_ends = np.empty(roots.size, np.int64)
    # A node's own number in the term whose number is in `seen`; for symbols likewise.
    own = np.empty(count, np.int32)
    seen = np.full(count, -1, np.int32)
    size = 0
    symbol_count = 0
    stack = [np.int32(0)]  # which stays at the bottom
    for i in range(roots.size):
        begin = size
        first_symbol = symbol_count
        stack.append(roots[i])
        while len(stack) > 1:
            node = stack.pop()
            if node >= 0:
                if seen[node] == i:
                    continue
                kind = nodes.kind[node]
                if kind <= LAMBDA:
                    stack.append(~node)  # to be written once its children are
                    if kind == APPLY:
                        stack.append(nodes.right[node])
                    stack.append(nodes.left[node])
                    continue
            else:
                node = ~node
                if seen[node] == i:  # a node pushed twice before it was written
                    continue
            kind = nodes.kind[node]
            left, right = nodes.left[node], np.int32(0)
            if kind <= LAMBDA:
                left = own[left]
                if kind == APPLY:
                    right = own[nodes.right[node]]
            elif kind == SYMBOL:
                if symbol_count == symbols.size:
                    symbols = longer(symbols, symbol_count, 2 * symbol_count)
                symbols[symbol_count] = left  # each symbol is one node, so it is met once
                left = np.int32(symbol_count - first_symbol)
                symbol_count += 1
            if 3 * size + 3 > rows.size:
                rows = longer(rows, 3 * size, 6 * size)
            rows[3 * size] = kind
            rows[3 * size + 1] = left
            rows[3 * size + 2] = right
            own[node] = size - begin
            seen[node] = i
            size += 1
        ends[i] = size
        symbol_ends[i] = symbol_count
    return rows[: 3 * size], ends, symbols[:symbol_count], symbol_ends
