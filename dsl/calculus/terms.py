"""Programs: hash-consed lambda terms with de Bruijn variables.

Terms are interned: equal terms are one object, so equality is identity, a term is its own key in
every cache, and repeated sub-terms are stored once. Terms are syntax only; what a symbol means is
said by a :class:`~reverie.dsl.language.library.Library`.
"""

from __future__ import annotations

import json
import threading
from collections.abc import Callable, Iterator
from html import escape
from typing import Any, TypeVar
from weakref import WeakValueDictionary

from .types import REAL, Type

__all__ = ["Abstraction", "Application", "Lambda", "Literal", "Symbol", "Term", "Variable", "apply"]


class Term:
    """A lambda term.

    Attributes:
        free: how many enclosing lambdas it needs: 1 + its largest free index, 0 for a closed term.
        leaves: its number of leaves, DreamCoder's measure of size (lambdas and applications are
            free, an abstraction counts 1).
        written: its number of leaves with the definitions of abstractions written out.
    """

    __slots__ = ("__weakref__", "free", "leaves", "written")
    free: int
    leaves: int
    written: int

    def __repr__(self) -> str:
        return show(self)

    def _repr_html_(self) -> str:
        return f"<code>{escape(show(self))}</code>"


class Variable(Term):
    """A variable by de Bruijn index: ``$0`` is bound by the nearest lambda around it."""

    __slots__ = ("index",)
    index: int

    def __new__(cls, index: int) -> Variable:
        found = _variables.get(index)
        if found is None:
            found = super().__new__(cls)
            found.index, found.free, found.leaves, found.written = index, index + 1, 1, 1
            found = _first(_variables, index, found)
        return found

    def __reduce__(self) -> tuple[Any, ...]:
        return Variable, (self.index,)


class Symbol(Term):
    """A primitive, by name."""

    __slots__ = ("name",)
    name: str

    def __new__(cls, name: str) -> Symbol:
        found = _symbols.get(name)
        if found is None:
            found = super().__new__(cls)
            found.name, found.free, found.leaves, found.written = name, 0, 1, 1
            found = _first(_symbols, name, found)
        return found

    def __reduce__(self) -> tuple[Any, ...]:
        return Symbol, (self.name,)


class Literal(Term):
    """A constant that stands for itself, such as a fitted real: ``2.5:real``, ``"Dr. ":str``.

    Numbers of other libraries become Python's own, and an integer of type ``real`` a real.

    Raises:
        TypeError: if ``value`` is neither a number, a truth value nor a string.
    """

    __slots__ = ("type", "value")
    value: int | float | str
    type: Type

    def __new__(cls, value: int | float | str, type: Type) -> Literal:
        value = _plain(value, type)
        # repr keeps 1, 1.0, True and -0.0 apart, which compare equal.
        key = (repr(value), type)
        found = _literals.get(key)
        if found is None:
            found = super().__new__(cls)
            found.value, found.type = value, type
            found.free, found.leaves, found.written = 0, 1, 1
            found = _first(_literals, key, found)
        return found

    def __reduce__(self) -> tuple[Any, ...]:
        return Literal, (self.value, self.type)


class Abstraction(Term):
    """A learned library function, by its definition: printed ``#(lambda ...)``.

    Raises:
        ValueError: if ``body`` is not closed.
    """

    __slots__ = ("body",)
    body: Term

    def __new__(cls, body: Term) -> Abstraction:
        found = _abstractions.get(body)
        if found is None:
            if body.free:
                raise ValueError(
                    f"an abstraction must be closed, but its body has free variables: {body}"
                )
            found = super().__new__(cls)
            found.body, found.free, found.leaves, found.written = body, 0, 1, body.written
            found = _first(_abstractions, body, found)
        return found

    def __reduce__(self) -> tuple[Any, ...]:
        return _from_postorder, (tuple(_postorder(self)),)


class Lambda(Term):
    """A function of one argument."""

    __slots__ = ("body",)
    body: Term

    def __new__(cls, body: Term) -> Lambda:
        found = _lambdas.get(body)
        if found is None:
            found = super().__new__(cls)
            found.body, found.free = body, max(0, body.free - 1)
            found.leaves, found.written = body.leaves, body.written
            found = _first(_lambdas, body, found)
        return found

    def __reduce__(self) -> tuple[Any, ...]:
        return _from_postorder, (tuple(_postorder(self)),)


class Application(Term):
    """One function applied to one argument."""

    __slots__ = ("argument", "function")
    function: Term
    argument: Term

    def __new__(cls, function: Term, argument: Term) -> Application:
        key = (function, argument)
        found = _applications.get(key)
        if found is None:
            found = super().__new__(cls)
            found.function, found.argument = key
            found.free = max(function.free, argument.free)
            found.leaves = function.leaves + argument.leaves
            found.written = function.written + argument.written
            found = _first(_applications, key, found)
        return found

    def __reduce__(self) -> tuple[Any, ...]:
        return _from_postorder, (tuple(_postorder(self)),)


_variables: WeakValueDictionary[int, Variable] = WeakValueDictionary()
_symbols: WeakValueDictionary[str, Symbol] = WeakValueDictionary()
_literals: WeakValueDictionary[tuple[str, Type], Literal] = WeakValueDictionary()
_abstractions: WeakValueDictionary[Term, Abstraction] = WeakValueDictionary()
_lambdas: WeakValueDictionary[Term, Lambda] = WeakValueDictionary()
_applications: WeakValueDictionary[tuple[Term, Term], Application] = WeakValueDictionary()


_Key = TypeVar("_Key")
_Made = TypeVar("_Made", bound=Term)

_interning = threading.RLock()


def _first(terms: WeakValueDictionary[_Key, _Made], key: _Key, made: _Made) -> _Made:
    """Return the one term of a key: ``made``, unless another thread has made it meanwhile."""
    with _interning:
        return terms.setdefault(key, made)


def apply(function: Term, *arguments: Term) -> Term:
    """Return ``function`` applied to ``arguments``, left to right."""
    for argument in arguments:
        function = Application(function, argument)
    return function


def spine(term: Term) -> tuple[Term, list[Term]]:
    """Split a term into the head of its applications and the arguments, left to right."""
    arguments = []
    while isinstance(term, Application):
        arguments.append(term.argument)
        term = term.function
    arguments.reverse()
    return term, arguments


def strip(term: Term) -> tuple[int, Term]:
    """Split a term into its number of outer lambdas and what is inside them."""
    count = 0
    while isinstance(term, Lambda):
        count += 1
        term = term.body
    return count, term


def subterms(term: Term) -> Iterator[Term]:
    """Yield each distinct sub-term once, abstraction bodies excluded, parents before children."""
    seen = {term}
    stack = [term]
    while stack:
        node = stack.pop()
        yield node
        children: tuple[Term, ...] = ()
        if isinstance(node, Application):
            children = (node.argument, node.function)
        elif isinstance(node, Lambda):
            children = (node.body,)
        for child in children:
            if child not in seen:
                seen.add(child)
                stack.append(child)


def abstractions(term: Term) -> set[Abstraction]:
    """Return the abstractions that ``term`` uses directly (not those inside their definitions)."""
    return {t for t in subterms(term) if isinstance(t, Abstraction)}


def show(term: Term, name: Callable[[Abstraction], str | None] | None = None) -> str:
    """Print a term as an s-expression.

    Args:
        term: the term.
        name: gives the name of an abstraction, or None to print its definition inline.
    """
    parts: list[str] = []
    todo: list[Term | str] = [term]
    while todo:
        node = todo.pop()
        if isinstance(node, str):
            parts.append(node)
        elif isinstance(node, Application):
            head, arguments = spine(node)
            todo.append(")")
            for argument in reversed(arguments):
                todo += [argument, " "]
            todo += [head, "("]
        elif isinstance(node, Lambda):
            todo += [")", node.body, "(lambda "]
        elif isinstance(node, Variable):
            parts.append(f"${node.index}")
        elif isinstance(node, Symbol):
            parts.append(node.name)
        elif isinstance(node, Literal):
            parts.append(_show_literal(node))
        elif isinstance(node, Abstraction):
            known = name(node) if name else None
            if known is not None:
                parts.append(known)
            else:
                # A body that is a bare leaf keeps its own parentheses, so that it reads back.
                bare = not isinstance(node.body, (Lambda, Application))
                todo += [")", node.body, "#("] if bare else [node.body, "#"]
    return "".join(parts)


def _show_literal(literal: Literal) -> str:
    # JSON's notation: "text", 2.5, true, NaN, -Infinity.
    return f"{json.dumps(literal.value, ensure_ascii=False)}:{literal.type}"


def _plain(value: Any, type: Type) -> int | float | str:
    """Return the value as an object of Python's own, so that it prints as it is read."""
    if not isinstance(value, (int, float, str)) and hasattr(value, "item"):
        value = value.item()  # a number of numpy's or torch's
    if isinstance(value, bool):
        return value
    if isinstance(value, str):
        return str(value)
    if isinstance(value, float) or (isinstance(value, int) and type is REAL):
        return float(value)
    if isinstance(value, int):
        return int(value)
    raise TypeError(f"a literal must be a number, a truth value or a string; got {value!r}")


def _postorder(term: Term) -> list[tuple[str, Any]]:
    """List the distinct sub-terms, children first, each naming its children by position."""
    order: list[Term] = []
    done: set[Term] = set()
    stack: list[tuple[Term, bool]] = [(term, False)]
    while stack:
        node, ready = stack.pop()
        if node in done:
            continue
        if ready or not isinstance(node, (Lambda, Application, Abstraction)):
            done.add(node)
            order.append(node)
            continue
        stack.append((node, True))
        if isinstance(node, Application):
            stack += [(node.function, False), (node.argument, False)]
        else:
            stack.append((node.body, False))
    position = {node: i for i, node in enumerate(order)}
    rows: list[tuple[str, Any]] = []
    for node in order:
        if isinstance(node, Lambda):
            rows.append(("lambda", position[node.body]))
        elif isinstance(node, Application):
            rows.append(("apply", (position[node.function], position[node.argument])))
        elif isinstance(node, Abstraction):
            rows.append(("abstraction", position[node.body]))
        else:
            rows.append(("leaf", node))
    return rows


def _from_postorder(rows: tuple[tuple[str, Any], ...]) -> Term:
    """Rebuild a pickled term without recursion, so that deep terms travel between processes."""
    built: list[Term] = []
    for kind, data in rows:
        if kind == "leaf":
            built.append(data)
        elif kind == "lambda":
            built.append(Lambda(built[data]))
        elif kind == "abstraction":
            built.append(Abstraction(built[data]))
        else:
            built.append(Application(built[data[0]], built[data[1]]))
    return built[-1]
