"""Hypothesis strategies: types, terms, libraries and well-typed programs."""

from __future__ import annotations

import numpy as np
from hypothesis import strategies as st

from reverie.dsl.calculus.syntax import is_name, parse_type
from reverie.dsl.calculus.terms import (
    Abstraction,
    Application,
    Lambda,
    Literal,
    Symbol,
    Term,
    Variable,
)
from reverie.dsl.calculus.types import (
    BOOL,
    CHAR,
    INT,
    REAL,
    STR,
    Type,
    TypeConstructor,
    TypeVariable,
    arrow,
    list_of,
    pair_of,
)
from reverie.dsl.language.library import Library, Primitive, constant
from reverie.dsl.model.grammar import Grammar

REQUESTS = [
    parse_type(text)
    for text in (
        "int",
        "int -> int",
        "list(int) -> int",
        "list(int) -> list(int)",
        "int -> list(int) -> bool",
        "(int -> bool) -> list(int) -> list(int)",
    )
]
"""Requests that the programs of :func:`language` can meet."""


@st.composite
def types(draw: st.DrawFn) -> Type:
    """Draw a type."""
    leaves = st.sampled_from([INT, BOOL, REAL, CHAR, STR, TypeConstructor("tower")]) | st.builds(
        TypeVariable, st.integers(0, 4)
    )
    return draw(
        st.recursive(
            leaves,
            lambda inner: st.one_of(
                st.builds(list_of, inner),
                st.builds(pair_of, inner, inner),
                st.builds(arrow, inner, inner),
                st.builds(lambda a, b: TypeConstructor("Größe_2", (a, b)), inner, inner),
            ),
            max_leaves=8,
        )
    )


def names() -> st.SearchStrategy[str]:
    """Draw a name that a primitive can have."""
    odd = ["+", "empty?", "1", "-1", "0.5", "λx", "größer", "a:b", "'.'", "lambdas", "x;y", "日本"]
    return st.sampled_from(odd) | st.text(min_size=1, max_size=6).filter(is_name)


@st.composite
def literals(draw: st.DrawFn) -> Term:
    """Draw a literal."""
    kind = draw(st.integers(0, 3))
    if kind == 0:
        return Literal(draw(st.integers()), INT)
    if kind == 1:
        return Literal(draw(st.floats(allow_nan=False, allow_infinity=False)), REAL)
    if kind == 2:
        return Literal(draw(st.booleans()), BOOL)
    return Literal(draw(st.text()), draw(st.sampled_from([STR, list_of(CHAR)])))


@st.composite
def terms(draw: st.DrawFn, scope: int = 0, depth: int = 5) -> Term:
    """Draw a term whose free variables are below ``scope``; it need not have a type."""
    kind = draw(st.integers(0, 6)) if depth else draw(st.integers(0, 2))
    if kind == 0 and scope:
        return Variable(draw(st.integers(0, scope - 1)))
    if kind == 1:
        return draw(literals())
    if kind <= 2:
        return Symbol(draw(names()))
    if kind == 3:
        return Abstraction(draw(terms(0, depth - 1)))
    if kind == 4:
        return Lambda(draw(terms(scope + 1, depth - 1)))
    return Application(draw(terms(scope, depth - 1)), draw(terms(scope, depth - 1)))


def _if(condition: object, then: object, otherwise: object) -> object:
    return then() if condition else otherwise()  # type: ignore[operator]


def _fold(items: list[object], start: object, step: object) -> object:
    for item in reversed(items):
        start = step(item, start)  # type: ignore[operator]
    return start


def _at(index: int, items: list[object]) -> object:
    if index < 0:
        raise IndexError(index)
    return items[index]


LANGUAGE = [
    constant("0", "int", 0),
    constant("1", "int", 1),
    constant("empty", "list(t0)", []),
    Primitive("+", parse_type("int -> int -> int"), lambda x, y: x + y),
    Primitive("*", parse_type("int -> int -> int"), lambda x, y: x * y),
    Primitive("gt?", parse_type("int -> int -> bool"), lambda x, y: x > y),
    Primitive("if", parse_type("bool -> t0 -> t0 -> t0"), _if, lazy=frozenset({1, 2})),
    Primitive("cons", parse_type("t0 -> list(t0) -> list(t0)"), lambda x, xs: [x, *xs]),
    Primitive("car", parse_type("list(t0) -> t0"), lambda xs: xs[0]),
    Primitive("cdr", parse_type("list(t0) -> list(t0)"), lambda xs: xs[1:]),
    Primitive("index", parse_type("int -> list(t0) -> t0"), _at),
    Primitive(
        "map",
        parse_type("(t0 -> t1) -> list(t0) -> list(t1)"),
        lambda f, xs: [f(x) for x in xs],
    ),
    Primitive("fold", parse_type("list(t0) -> t1 -> (t0 -> t1 -> t1) -> t1"), _fold),
    Primitive("pair", parse_type("t0 -> t1 -> pair(t0, t1)"), lambda a, b: (a, b)),
    Primitive("fst", parse_type("pair(t0, t1) -> t0"), lambda p: p[0]),
]
"""A small language: polymorphic, higher-order, with lazy arguments."""


def language(*definitions: str) -> Library:
    """Return the small language with abstractions, each in terms of those before."""
    library = Library(LANGUAGE)
    for definition in definitions:
        library = library.extend(Abstraction(library.parse(definition)))
    return library


@st.composite
def libraries(draw: st.DrawFn) -> Library:
    """Draw a library: some of the small language, always enough to end, some abstractions."""
    chosen = draw(st.lists(st.sampled_from(LANGUAGE[3:]), unique_by=lambda p: p.name, max_size=9))
    library = Library([*LANGUAGE[:3], *chosen])
    for _ in range(draw(st.integers(0, 2))):
        request = draw(st.sampled_from(REQUESTS))
        drawn = sample(library, request, draw(st.integers(0, 2**32 - 1)))
        if drawn is not None:
            library = library.extend(Abstraction(drawn))
    return library


def sample(
    library: Library, request: Type, seed: int, *, max_nodes: int = 40, tries: int = 20
) -> Term | None:
    """Return a program of the uniform grammar, or None if the tries all grew too large."""
    grammar, rng = Grammar.uniform(library), np.random.default_rng(seed)
    drawn = (grammar.sample(request, rng, max_nodes=max_nodes) for _ in range(tries))
    return next((program for program in drawn if program is not None), None)


@st.composite
def programs(draw: st.DrawFn) -> tuple[Library, Type, Term]:
    """Draw a library, a request and a well-typed, eta-long program."""
    library = draw(libraries())
    request = draw(st.sampled_from(REQUESTS))
    program = sample(library, request, draw(st.integers(0, 2**32 - 1)))
    if program is None:
        program = sample(library, INT, 0)
        request = INT
    assert program is not None
    return library, request, program


@st.composite
def weights(draw: st.DrawFn, library: Library, *, bigram: bool) -> np.ndarray:
    """Draw log weights for a grammar."""
    rows = Grammar.rows_of(library) if bigram else 1
    seed = draw(st.integers(0, 2**32 - 1))
    return np.random.default_rng(seed).normal(size=(rows, len(library) + 1))
