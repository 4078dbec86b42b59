"""Small languages, by the types of their primitives: enumeration needs no values."""

from collections.abc import Callable

import pytest

from reverie.dsl.calculus.syntax import parse_type
from reverie.dsl.language.library import Library, Primitive

# DreamCoder's list languages, as in its repository (dreamcoder/domains/list).
TYPES = {
    "map": "(t0 -> t1) -> list(t0) -> list(t1)",
    "unfold": "t0 -> (t0 -> bool) -> (t0 -> t1) -> (t0 -> t0) -> list(t1)",
    "range": "int -> list(int)",
    "index": "int -> list(t0) -> t0",
    "fold": "list(t0) -> t1 -> (t0 -> t1 -> t1) -> t1",
    "length": "list(t0) -> int",
    "if": "bool -> t0 -> t0 -> t0",
    "+": "int -> int -> int",
    "-": "int -> int -> int",
    "empty": "list(t0)",
    "cons": "t0 -> list(t0) -> list(t0)",
    "car": "list(t0) -> t0",
    "cdr": "list(t0) -> list(t0)",
    "empty?": "list(t0) -> bool",
    **{str(n): "int" for n in range(6)},
    "*": "int -> int -> int",
    "mod": "int -> int -> int",
    "gt?": "int -> int -> bool",
    "eq?": "int -> int -> bool",
    "is-prime": "int -> bool",
    "is-square": "int -> bool",
}
LANGUAGES = {
    "common": "map unfold range index fold length if + - empty cons car cdr empty? 0 1 * mod gt? "
    "eq? is-prime is-square",
    "base": "0 1 2 3 4 5 * + - gt? eq? is-prime is-square empty cons car cdr empty? if",
    # Recursion is a variable of the request there, not a primitive.
    "mccarthy": "empty cons car cdr empty? gt? if eq? + - 0 1",
}


def library_of(types: dict[str, str], continuation: str | None = None) -> Library:
    """Make a library of primitives that have types but no meaning."""
    return Library(
        [Primitive(name, parse_type(t), lambda *_: None) for name, t in types.items()],
        continuation=None if continuation is None else parse_type(continuation),
    )


@pytest.fixture(scope="session")
def make_library() -> Callable[..., Library]:
    return library_of


@pytest.fixture(scope="session")
def languages() -> dict[str, Library]:
    return {
        name: library_of({p: TYPES[p] for p in primitives.split()})
        for name, primitives in LANGUAGES.items()
    }
