"""Libraries: the primitives of a language and the abstractions learned on top of them."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Any
from weakref import WeakKeyDictionary

from ..calculus.inference import infer_type
from ..calculus.reduction import map_leaves, nested_abstractions
from ..calculus.syntax import is_name, parse_term, place_of_name
from ..calculus.terms import Abstraction, Literal, Symbol, Term, show, subterms
from ..calculus.types import Substitution, Type, canonical
from ..support.errors import ParseError, ReverieError, TypeMismatch, UnknownName
from .library_view import Definition, dependency_graph, library_html, library_text
from .primitives import Primitive, constant, hole

if TYPE_CHECKING:
    import networkx

__all__ = ["Library", "Primitive", "Production", "constant", "hole"]


LARGEST_DEFINITION = 100_000
"""How many symbols an abstraction may have, written out: definitions of definitions can double."""


@dataclass(frozen=True)
class Production:
    """One thing that a program may be headed by: a primitive or an abstraction."""

    term: Symbol | Abstraction
    name: str
    type: Type

    @cached_property
    def arity(self) -> int:
        """The number of arguments."""
        return len(self.type.parameters)


class Library:
    """Primitives and abstractions, with names and types; immutable.

    Args:
        primitives: the primitives, with distinct names.
        abstractions: the learned functions, or a mapping from names to them. Without names they
            are called ``fn_0``, ``fn_1``, ... (names in use are skipped). A definition given twice
            is taken once, under its first name.
        name: what the language is called.
        continuation: the type of the state in a language written in continuation-passing style
            (a turtle, a tower): where it is asked for, only its innermost variable is offered.

    Raises:
        ReverieError: if a name is defined twice, or two holes have one type.
        UnknownName, TypeMismatch: if an abstraction does not make sense in this language.
    """

    def __init__(
        self,
        primitives: Iterable[Primitive],
        abstractions: Iterable[Abstraction] | Mapping[str, Abstraction] = (),
        *,
        name: str = "language",
        continuation: Type | None = None,
        _types: Mapping[Term, Type] | None = None,
    ) -> None:
        types = _types or {}  # those known from another library of the same primitives
        self.name = name
        self.continuation = continuation
        self.primitives = tuple(primitives)
        self._by_name: dict[str, Production] = {}
        self._by_term: dict[Term, int] = {}
        self._primitive: dict[str, Primitive] = {}
        self._holes: dict[Type, int] = {}
        self._candidates: dict[Type, tuple[int, ...]] = {}
        self._foreign: WeakKeyDictionary[Term, Type] = WeakKeyDictionary()
        productions: list[Production] = []

        def add(production: Production) -> None:
            if production.name in self._by_name:
                raise ReverieError(f"{production.name!r} is defined twice in library {name!r}")
            self._by_name[production.name] = production
            self._by_term[production.term] = len(productions)
            productions.append(production)

        self.productions = productions
        for primitive in self.primitives:
            if primitive.is_hole:
                if primitive.type in self._holes:
                    raise ReverieError(f"two holes of type {primitive.type} in library {name!r}")
                self._holes[primitive.type] = len(productions)
            self._primitive[primitive.name] = primitive
            add(Production(Symbol(primitive.name), primitive.name, canonical([primitive.type])[0]))
        if isinstance(abstractions, Mapping):
            named = [(str(k), v) for k, v in abstractions.items()]
        else:
            named = []
            taken = set(self._by_name)
            for abstraction in abstractions:
                named.append((fresh_name(taken), abstraction))
                taken.add(named[-1][0])
        for given, abstraction in named:
            if not is_name(given):
                raise ReverieError(f"{given!r} cannot name an abstraction: a name is one word")
            if abstraction in self._by_term:
                continue
            if abstraction.written > LARGEST_DEFINITION:
                raise ReverieError(
                    f"the definition of {given} is too large: with what it uses written out, it "
                    f"has more than {LARGEST_DEFINITION:,} symbols"
                )
            known = types.get(abstraction)
            add(Production(abstraction, given, known or self.infer(abstraction.body)))
        self.productions = tuple(productions)

    productions: tuple[Production, ...] | list[Production]

    # ---- looking things up ----------------------------------------------------------------------

    @property
    def abstractions(self) -> dict[str, Abstraction]:
        """The learned functions by name, in the order in which they were added."""
        return {p.name: p.term for p in self.productions if isinstance(p.term, Abstraction)}

    def __len__(self) -> int:
        return len(self.productions)

    def __contains__(self, name: object) -> bool:
        return name in self._by_name

    def index(self, head: Term) -> int:
        """Return the position of ``head`` in ``productions``; a literal counts as its type's hole.

        Raises:
            UnknownName: if the library does not have it.
        """
        found = self._by_term.get(head)
        if found is None and isinstance(head, Literal):
            found = self._holes.get(head.type)
        if found is None:
            raise self._unknown(head)
        return found

    def type_of(self, head: Term) -> Type:
        """Return the type of a symbol, an abstraction or a literal.

        An abstraction that is not in the library is typed by its definition.

        Raises:
            UnknownName: for a symbol that the library does not have.
        """
        if isinstance(head, Literal):
            return head.type
        found = self._by_term.get(head)
        if found is not None:
            return self.productions[found].type
        if isinstance(head, Abstraction):
            return self._type_of_foreign(head)
        raise self._unknown(head)

    def _type_of_foreign(self, abstraction: Abstraction) -> Type:
        found = self._foreign.get(abstraction)
        if found is None:
            # Those inside it come first, so that each is typed once and nothing recurs deeply.
            for inner in (*nested_abstractions(abstraction.body), abstraction):
                if inner not in self._by_term and inner not in self._foreign:
                    self._foreign[inner] = self.infer(inner.body)
            found = self._foreign[abstraction]
        return found

    def primitive(self, name: str) -> Primitive:
        """Return the primitive called ``name``.

        Raises:
            UnknownName: if there is none.
        """
        found = self._primitive.get(name)
        if found is None:
            raise UnknownName("primitive", name, self._primitive)
        return found

    def hole_of(self, type: Type) -> Primitive | None:
        """Return the hole of this type, if the language has one."""
        found = self._holes.get(type)
        return None if found is None else self._primitive[self.productions[found].name]

    def name_of(self, abstraction: Abstraction) -> str | None:
        """Return the name of an abstraction, or None if it is not in the library."""
        found = self._by_term.get(abstraction)
        return None if found is None else self.productions[found].name

    def _unknown(self, head: Term) -> UnknownName:
        if isinstance(head, Literal):
            holes = [self.productions[i].name for i in self._holes.values()]
            return UnknownName(
                f"constant: there is no hole of type {head.type} for", show(head), holes
            )
        kind = "abstraction" if isinstance(head, Abstraction) else "primitive"
        return UnknownName(kind, show(head), self._by_name)

    def candidates(self, request: Type) -> tuple[int, ...]:
        """Return the productions whose return type unifies with ``request`` (not an arrow)."""
        found = self._candidates.get(request)
        if found is None:
            substitution = Substitution(max(request.variables, default=-1) + 1)
            found = tuple(
                index
                for index, production in enumerate(self.productions)
                if substitution.unifies(substitution.instantiate(production.type).result, request)
            )
            self._candidates[request] = found
        return found

    # ---- programs -------------------------------------------------------------------------------

    def parse(self, text: str) -> Term:
        """Read a program in this language; abstractions may be named or inline.

        Raises:
            ParseError: if the text is not a program, or uses a name that is not defined (with its
                place and the nearest names).
        """
        try:
            return self.resolve(parse_term(text))
        except UnknownName as error:
            raise ParseError(str(error), text, *place_of_name(text, error.name)) from None

    def resolve(self, term: Term) -> Term:
        """Put abstractions in the place of their names.

        Raises:
            UnknownName: if a symbol is neither a primitive nor an abstraction of this library.
        """
        resolved: dict[Term, Term] = {}

        def meaning(leaf: Term, _: int) -> Term:
            if isinstance(leaf, Symbol):
                known = self._by_name.get(leaf.name)
                if known is None:
                    raise UnknownName("primitive", leaf.name, self._by_name)
                return known.term
            if isinstance(leaf, Abstraction) and leaf not in resolved:
                for inner in nested_abstractions(leaf):  # those inside it first
                    if inner not in resolved:
                        resolved[inner] = Abstraction(map_leaves(inner.body, meaning))
            return resolved.get(leaf, leaf)

        return map_leaves(term, meaning)

    def show(self, term: Term) -> str:
        """Print a program with the names of this library's abstractions."""
        return show(term, self.name_of)

    def infer(self, term: Term, environment: Iterable[Type] = ()) -> Type:
        """Return the most general type of ``term``, its variables numbered from ``t0``.

        Args:
            term: the term.
            environment: types of the free variables, ``$0`` first.

        Raises:
            TypeMismatch: if it has none.
            UnknownName: if it uses something the library does not have.
        """
        types = list(environment)
        used = [v for t in types for v in t.variables]
        substitution = Substitution(max(used, default=-1) + 1)
        found = infer_type(term, types, substitution, self)
        return canonical([substitution.apply(found)])[0]

    def check(self, term: Term, request: Type) -> None:
        """Raise :class:`TypeMismatch` unless ``term`` can be used at type ``request``."""
        found = self.infer(term)
        substitution = Substitution(max(request.variables, default=-1) + 1)
        if not substitution.unifies(substitution.instantiate(found), request):
            raise TypeMismatch(
                f"program {self.show(term)} has type {found}, which does not fit {request}"
            )

    # ---- growing and drawing --------------------------------------------------------------------

    def extend(self, *new: Abstraction) -> Library:
        """Return the library with further abstractions, named after those that are there."""
        named = self.abstractions
        taken = set(self._by_name)
        for abstraction in new:
            if abstraction not in self._by_term:
                named[fresh_name(taken)] = abstraction
                taken |= named.keys()
        return self.with_abstractions(named)

    def with_abstractions(self, abstractions: Mapping[str, Abstraction]) -> Library:
        """Return the same language with these abstractions instead."""
        return Library(
            self.primitives,
            abstractions,
            name=self.name,
            continuation=self.continuation,
            _types={p.term: p.type for p in self.productions},
        )

    def __reduce__(self) -> tuple[Any, ...]:
        return _rebuild, (self.primitives, self.abstractions, self.name, self.continuation)

    @cached_property
    def graph(self) -> networkx.DiGraph[str]:
        """The dependency graph: an edge from each abstraction to each thing that it uses."""
        return dependency_graph(
            {p.name: str(p.type) for p in self.productions},
            {name: self._used_by(a.body) for name, a in self.abstractions.items()},
        )

    def _used_by(self, body: Term) -> set[str]:
        """Return the names of what a definition uses, itself or inside what has no name."""
        known = self._by_term
        foreign = nested_abstractions(body, keep=lambda abstraction: abstraction in known)
        used = {leaf for part in (body, *(a.body for a in foreign)) for leaf in subterms(part)}
        return {self.productions[known[leaf]].name for leaf in used if leaf in known}

    def __repr__(self) -> str:
        return library_text(*self._shown())

    def _repr_html_(self) -> str:
        return library_html(*self._shown())

    def _shown(self) -> tuple[list[str], list[Definition]]:
        """Return what there is to print: the primitives' names, and the definitions."""
        return [p.name for p in self.primitives], [
            Definition(name, str(self.type_of(a)), self.show(a.body))
            for name, a in self.abstractions.items()
        ]


def _rebuild(
    primitives: Iterable[Primitive],
    abstractions: Mapping[str, Abstraction],
    name: str,
    continuation: Type | None,
) -> Library:
    return Library(primitives, abstractions, name=name, continuation=continuation)


def fresh_name(taken: Iterable[str], prefix: str = "fn_") -> str:
    """Return the first of ``fn_0``, ``fn_1``, ... that is not taken."""
    used = set(taken)
    number = 0
    while f"{prefix}{number}" in used:
        number += 1
    return f"{prefix}{number}"
