"""Reading types, programs and language files; the grammar is ``syntax.lark``.

Every error is a :class:`~reverie.dsl.support.errors.ParseError` with line, column, a caret and what
was expected there.
"""

from __future__ import annotations

import json
import re
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any, NoReturn

from ..support.errors import ParseError, TypeMismatch
from ..support.words import counted
from .fast_parser import find_name, is_name, last_unclosed, read_term
from .terms import Abstraction, Lambda, Literal, Symbol, Term, Variable, apply
from .types import BUILT_IN, Type, TypeConstructor, TypeVariable, arrow
from .values import to_value

if TYPE_CHECKING:
    from lark import Lark, Token
    from lark.exceptions import UnexpectedInput

__all__ = ["is_name", "parse_statements", "parse_term", "parse_type", "place_of_name"]

_WORDS = {
    "LPAR": "'('",
    "RPAR": "')'",
    "LSQB": "'['",
    "RSQB": "']'",
    "COMMA": "','",
    "COLON": "':'",
    "EQUAL": "'='",
    "__ANON_0": "'->'",
    "DEFINITION": "'#('",
    "LAMBDA": "'lambda'",
    "VARIABLE": "a variable such as $0",
    "LITERAL": "a literal such as 2.5:real",
    "NAME": "a name",
    "TYPE_NAME": "a type",
    "STRING": "a quoted text",
    "PATH": "module:function",
    "NUMBER": "a number",
    "WORD": "true, false or null",
    "INTEGER": "an argument's number",
    "$END": "the end",
}


_TYPE_VARIABLE = re.compile(r"t[0-9]+")

DEEPEST_TYPE = 100
"""How deep a type may nest, arguments of functions counted."""


class _Fault(Exception):
    """What a token says makes no sense."""

    def __init__(self, token: Token | None, message: str) -> None:
        super().__init__(message)
        self.token = token


class _Build:
    """The parser's callbacks: each builds the value of one rule of the grammar."""

    def __init__(self) -> None:
        self._depths: dict[Type, int] = {}

    def type_name(self, children: list[Token]) -> Type:
        name = str(children[0])
        if _TYPE_VARIABLE.fullmatch(name):
            return TypeVariable(int(name[1:]))
        return self.type_application(children)

    def type_application(self, children: list[Any]) -> Type:
        name, *arguments = children
        if _TYPE_VARIABLE.fullmatch(name):
            shown = ", ".join(map(str, arguments))
            raise _Fault(
                name,
                f"{name} is a type variable, which takes no arguments; write {name}, or name a "
                f"type, such as list({shown})",
            )
        wanted = BUILT_IN.get(name, len(arguments))
        if len(arguments) != wanted:
            usage = f"{name}({', '.join(['int'] * wanted)})" if wanted else str(name)
            raise _Fault(
                name,
                f"{name} takes {counted(wanted, 'type argument')}, not {len(arguments)}; "
                f"write it like {usage}",
            )
        return self._measured(TypeConstructor(str(name), arguments), arguments, name)

    def arrow(self, children: list[Type]) -> Type:
        return self._measured(arrow(*children), children)

    def _measured(self, made: Type, parts: list[Type], token: Token | None = None) -> Type:
        """Return ``made``, if it does not nest too deeply for what walks types recursively."""
        depth = max(len(parts), 1) + max((self._depths.get(part, 0) for part in parts), default=0)
        if depth > DEEPEST_TYPE:
            raise _Fault(token, f"this type nests more than {DEEPEST_TYPE} deep")
        self._depths[made] = depth
        return made

    def variable(self, children: list[Token]) -> Term:
        return Variable(int(children[0][1:]))

    def literal(self, children: list[Token]) -> Term:
        try:
            return _literal(str(children[0]))
        except ParseError as error:
            raise _Fault(children[0], error.message) from None
        except ValueError as error:
            raise _Fault(children[0], f"{children[0]:.60} is no literal: {error}") from None

    def symbol(self, children: list[Token]) -> Term:
        return Symbol(str(children[0]))

    def lambda_(self, children: list[Any]) -> Term:
        return Lambda(children[1])

    def application(self, children: list[Term]) -> Term:
        return apply(*children)

    def abstraction_lambda(self, children: list[Any]) -> Term:
        return self._abstraction(children[0], Lambda(children[2]))

    def abstraction(self, children: list[Any]) -> Term:
        return self._abstraction(children[0], apply(*children[1:]))

    def _abstraction(self, token: Token, body: Term) -> Term:
        try:
            return Abstraction(body)
        except ValueError as error:
            raise _Fault(token, str(error)) from None

    def name(self, children: list[Token]) -> tuple[Any, ...]:
        token = children[0]
        return "name", (token.update(value=_json(token)) if token.type == "STRING" else token)

    def continuation(self, children: list[Type]) -> tuple[Any, ...]:
        return "continuation", children[0]

    def primitive(self, children: list[Any]) -> tuple[Any, ...]:
        name, declared, *rest = children
        given = dict(rest)
        source = next((k, given[k]) for k in ("path", "constant") if k in given)
        said = {"commutative": given.get("commutative"), "tested": given.get("tested", True)}
        lazy, doc = given.get("lazy", ()), given.get("doc", "")
        return "primitive", name, declared, lazy, said, source, doc

    def hole(self, children: list[Any]) -> tuple[Any, ...]:
        name, declared, *rest = children
        return "hole", name, declared, dict(rest).get("doc", "")

    def abstraction_definition(self, children: list[Any]) -> tuple[Any, ...]:
        declared = children[1] if len(children) == 3 else None
        return "abstraction", children[0], declared, children[-1]

    def commutative(self, children: list[Token]) -> tuple[Any, ...]:
        return "commutative", True

    def noncommutative(self, children: list[Token]) -> tuple[Any, ...]:
        return "commutative", False

    def untested(self, children: list[Token]) -> tuple[Any, ...]:
        return "tested", False

    def lazy(self, children: list[Token]) -> tuple[Any, ...]:
        return "lazy", tuple(int(c) for c in children)

    def doc(self, children: list[Token]) -> tuple[Any, ...]:
        return "doc", _json(children[0])

    def path(self, children: list[Token]) -> tuple[Any, ...]:
        return "path", children[0]

    def constant(self, children: list[Any]) -> tuple[Any, ...]:
        return "constant", children[0]

    def json(self, children: list[Token]) -> Any:
        return _json(children[0])

    def array(self, children: list[Any]) -> list[Any]:
        return children

    def language(self, children: list[Any]) -> list[Any]:
        return children


def _json(token: Token) -> Any:
    try:
        return json.loads(token, strict=False)
    except ValueError as error:
        shown = token if len(token) <= 40 else f"{token[:40]}..."
        raise _Fault(token, f"{shown} is not JSON that can be read: {error}") from None


def _literal(text: str) -> Literal:
    value, _, type_text = text.rpartition(":")
    declared = parse_type(type_text)
    try:
        found = json.loads(value, strict=False)
        checked = to_value(found, declared)
        # A text stays one where it stands for a list of characters: literals are plain values.
        return Literal(found if isinstance(checked, list) else checked, declared)
    except TypeMismatch as error:
        raise ValueError(error) from None


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
    from lark.exceptions import UnexpectedInput

    try:
        return _parser().parse(text, start=start)
    except UnexpectedInput as error:
        _fail(text, error, what)
    except _Fault as fault:
        token = fault.token
        place = (token.line or 1, token.column or 1) if token else (1, 1)
        raise ParseError(f"not a {what}: {fault}", text, *place) from None


def _fail(text: str, error: UnexpectedInput, what: str) -> NoReturn:
    from lark.exceptions import UnexpectedCharacters, UnexpectedToken

    line, column = error.line, error.column
    lone = last_unclosed(text)
    expected: set[str] = set()
    found = "this"
    if isinstance(error, UnexpectedToken):
        expected = set(error.accepts or error.expected)
        found = repr(str(error.token))
        if error.token.type == "$END":
            (line, column), found = _place(text, len(text.rstrip())), "the end of the text"
            if lone is not None:
                (line, column), found = _place(text, lone), f"{found}, and this '(' is not closed"
    elif isinstance(error, UnexpectedCharacters):
        expected = set(error.allowed or ())
        found = repr(error.char)
    expected = expected or {"$END"}
    words = sorted({_WORDS.get(name, f"'{name.lower()}'") for name in expected - {"WS", "COMMENT"}})
    message = f"not a {what}: found {found}, expected {' or '.join(words)}"
    raise ParseError(message, text, line, column) from None


def _place(text: str, offset: int) -> tuple[int, int]:
    """Return line and column, from 1, of a position in the text."""
    before = text[:offset]
    return before.count("\n") + 1, offset - before.rfind("\n")


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
    try:
        found = read_term(text, _literal)
    except ParseError:  # in the type of a literal
        found = None
    if found is None:
        found = _parse(text, "term", "program")
    assert isinstance(found, Term)
    return found


def parse_statements(text: str) -> list[tuple[Any, ...]]:
    """Read a language file into its statements, each ``(kind, ...)`` with names as lark tokens."""
    parsed: list[tuple[Any, ...]] = _parse(text, "language", "language file")
    return parsed


def place_of_name(text: str, name: str, start: int = 0) -> tuple[int, int]:
    """Return line and column, from 1, of the first symbol ``name`` in the text of a program.

    Args:
        text: the text of a program, or one that has it somewhere after ``start``.
        name: the symbol; if it is nowhere, the place is ``start``.
        start: where to begin to look.
    """
    found = find_name(text, name, start)
    return _place(text, start if found is None else found)
