"""Reading types, programs and language files; the grammar is ``syntax.lark``.

Every error is a :class:`~reverie.dsl.errors.ParseError` with line, column, a caret and what was
expected there.
"""

from __future__ import annotations

import json
import re
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any, NoReturn

from .errors import ParseError
from .terms import Abstraction, Lambda, Literal, Symbol, Term, Variable, apply
from .types import Type, TypeConstructor, TypeVariable, arrow

if TYPE_CHECKING:
    from lark import Lark, Token
    from lark.exceptions import UnexpectedInput

__all__ = ["is_name", "parse_statements", "parse_term", "parse_type", "place_of_name"]

_WORDS = {
    "LPAR": "'('",
    "RPAR": "')'",
    "COMMA": "','",
    "COLON": "':'",
    "EQUAL": "'='",
    "__ANON_0": "'->'",
    "__ANON_1": "'#('",
    "LAMBDA": "'lambda'",
    "VARIABLE": "a variable such as $0",
    "LITERAL": "a literal such as 2.5:real",
    "NAME": "a name",
    "TYPE_NAME": "a type",
    "DOC": "a quoted description",
    "PATH": "module:function",
    "VALUE": "a value",
    "INTEGER": "an argument's number",
    "$END": "the end",
}


class _Build:
    """The parser's callbacks: each builds the value of one rule of the grammar."""

    def type_name(self, children: list[Token]) -> Type:
        name = str(children[0])
        if re.fullmatch(r"t\d+", name):
            return TypeVariable(int(name[1:]))
        return TypeConstructor(name)

    def type_application(self, children: list[Any]) -> Type:
        return TypeConstructor(str(children[0]), children[1:])

    def arrow(self, children: list[Type]) -> Type:
        return arrow(*children)

    def variable(self, children: list[Token]) -> Term:
        return Variable(int(children[0][1:]))

    def literal(self, children: list[Token]) -> Term:
        value, _, type_text = str(children[0]).rpartition(":")
        parsed_type = parse_type(type_text)
        parsed = json.loads(value)
        if parsed_type == TypeConstructor("real"):
            parsed = float(parsed)
        return Literal(parsed, parsed_type)

    def symbol(self, children: list[Token]) -> Term:
        return Symbol(str(children[0]))

    def lambda_(self, children: list[Any]) -> Term:
        return Lambda(children[1])

    def application(self, children: list[Term]) -> Term:
        return apply(*children)

    def abstraction_lambda(self, children: list[Any]) -> Term:
        return self._abstraction(Lambda(children[1]))

    def abstraction(self, children: list[Term]) -> Term:
        return self._abstraction(apply(*children))

    def _abstraction(self, body: Term) -> Term:
        return Abstraction(body)

    def name(self, children: list[Token]) -> tuple[Any, ...]:
        return ("name", children[0])

    def continuation(self, children: list[Type]) -> tuple[Any, ...]:
        return ("continuation", children[0])

    def primitive(self, children: list[Any]) -> tuple[Any, ...]:
        name, declared, *rest = children
        lazy = next((c[1] for c in rest if isinstance(c, tuple) and c[0] == "lazy"), ())
        source = next(c for c in rest if isinstance(c, tuple) and c[0] != "lazy")
        doc = next((json.loads(c) for c in rest if isinstance(c, str)), "")
        return ("primitive", name, declared, lazy, source, doc)

    def hole(self, children: list[Any]) -> tuple[Any, ...]:
        doc = json.loads(children[2]) if len(children) > 2 else ""
        return ("hole", children[0], children[1], doc)

    def abstraction_definition(self, children: list[Any]) -> tuple[Any, ...]:
        declared = children[1] if len(children) == 3 else None
        return ("abstraction", children[0], declared, children[-1])

    def lazy(self, children: list[Token]) -> tuple[Any, ...]:
        return ("lazy", tuple(int(c) for c in children))

    def path(self, children: list[Token]) -> tuple[Any, ...]:
        return ("path", children[0])

    def value(self, children: list[Token]) -> tuple[Any, ...]:
        try:
            return ("value", json.loads(children[0]))
        except ValueError:
            return ("value", ParseError)

    def language(self, children: list[Any]) -> list[Any]:
        return children


@cache
def _parser() -> Lark:
    from lark import Lark

    grammar = (Path(__file__).parent / "syntax.lark").read_text(encoding="utf-8")
    return Lark(
        grammar,
        parser="lalr",
        start=["type", "term", "language"],
        transformer=_Build(),
        maybe_placeholders=False,
    )


def _parse(text: str, start: str, what: str) -> Any:
    from lark.exceptions import UnexpectedInput, VisitError

    try:
        return _parser().parse(text, start=start)
    except UnexpectedInput as error:
        _fail(text, error, what)
    except VisitError as error:
        raise ParseError(f"not a {what}: {error.orig_exc}", text, 1, 1) from None
    except ValueError as error:
        raise ParseError(f"not a {what}: {error}", text, 1, 1) from None


def _fail(text: str, error: UnexpectedInput, what: str) -> NoReturn:
    from lark.exceptions import UnexpectedCharacters, UnexpectedToken

    line, column = error.line, error.column
    expected: set[str] = set()
    found = "this"
    if isinstance(error, UnexpectedToken):
        expected = set(error.accepts or error.expected)
        if error.token.type == "$END":
            found = "the end of the text"
            opened = _last_unclosed(text)
            if opened is not None:
                found += ", and this '(' is not closed"
            line, column = _place(text, len(text.rstrip()) if opened is None else opened)
        else:
            found = repr(str(error.token))
    elif isinstance(error, UnexpectedCharacters):
        expected = set(error.allowed or ())
        found = repr(error.char)
    words = sorted({_WORDS.get(name, f"'{name.lower()}'") for name in expected} - {"'ws'"})
    message = f"not a {what}: found {found}"
    if words:
        message += f", expected {' or '.join(words)}"
    raise ParseError(message, text, line, column) from None


def _last_unclosed(text: str) -> int | None:
    """Return where the innermost parenthesis that is still open at the end begins."""
    opened: list[int] = []
    for found in re.finditer(r'[()]|;[^\n]*|"(?:[^"\\\n]|\\.)*"', text):
        if found.group() == "(":
            opened.append(found.start())
        elif found.group() == ")" and opened:
            opened.pop()
    return opened[-1] if opened else None


def _place(text: str, position: int) -> tuple[int, int]:
    """Return line and column, from 1, of a position in a text."""
    before = text[:position]
    return before.count("\n") + 1, len(before) - (before.rfind("\n") + 1) + 1


@cache
def parse_type(text: str) -> Type:
    """Read a type.

    >>> parse_type("(t0 -> bool) -> list(t0) -> pair(t0, int)")
    (t0 -> bool) -> list(t0) -> pair(t0, int)
    """
    parsed: Type = _parse(text, "type", "type")
    return parsed


def parse_term(text: str) -> Term:
    """Read a program; names stay symbols (see ``Library.parse`` to resolve them).

    >>> parse_term("(lam (map (λ (+ $0 1)) $0))")
    (lambda (map (lambda (+ $0 1)) $0))
    """
    parsed: Term = _parse(text, "term", "program")
    return parsed


def parse_statements(text: str) -> list[tuple[Any, ...]]:
    """Read a language file into its statements, each ``(kind, ...)`` with names as lark tokens."""
    parsed: list[tuple[Any, ...]] = _parse(text, "language", "language file")
    return parsed


def is_name(text: str) -> bool:
    """Say whether ``text`` can be the name of a primitive: one word that reads back as a symbol."""
    try:
        return parse_term(text) is Symbol(text)
    except ParseError:
        return False


def place_of_name(text: str, name: str) -> tuple[int, int]:
    """Return line and column, from 1, of the first symbol ``name`` in the text of a program."""
    found = re.search(rf"(?<![^\s()]){re.escape(name)}(?![^\s()])", text)
    return _place(text, found.start() if found else 0)
