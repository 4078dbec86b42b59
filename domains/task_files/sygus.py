"""SyGuS problems of the programming-by-example track: ``.sl`` files.

The signature of ``synth-fun`` becomes the request, each ``(constraint (= (f input ...) output))``
an example; the grammar that the problem offers is not used. Both SyGuS-IF v1 and v2 are read.
"""

from __future__ import annotations

import re
import sys
from dataclasses import dataclass
from functools import cache
from typing import TYPE_CHECKING, Any

from ...dsl import BOOL, INT, REAL, STR, Task, Type, arrow
from .foreign_formats import InvalidTaskFile

if TYPE_CHECKING:
    from lark import Lark, Token

__all__ = ["read_sygus"]

GRAMMAR = r"""
start: expression*
?expression: OPEN expression* ")" -> form
           | STRING               -> string
           | DECIMAL              -> decimal
           | INTEGER              -> integer
           | WORD                 -> word

OPEN: "("
STRING: /"([^"]|"")*"/s
DECIMAL.2: /-?\d+\.\d+(?=[\s()]|$)/
INTEGER.1: /-?\d+(?=[\s()]|$)/
WORD: /\|[^|]*\||[^\s()";|]+/
COMMENT: /;[^\n]*/

%import common.WS
%ignore WS
%ignore COMMENT
"""

SORTS = {"Int": INT, "Bool": BOOL, "String": STR, "Real": REAL}
EXAMPLE = '(constraint (= (f "input") "output"))'


class _Word(str):
    """A name, to be told from a string."""

    __slots__ = ()


@dataclass(frozen=True)
class _Form:
    """A parenthesis with what is in it, and the line on which it opens."""

    parts: tuple[Any, ...]
    line: int

    @property
    def head(self) -> Any:
        return self.parts[0] if self.parts else None


def read_sygus(text: str, name: str) -> Task:
    """Read one problem.

    Raises:
        InvalidTaskFile: if it is not in the syntax, or specifies its function otherwise than by
            examples.
        InvalidTask: if an example does not fit the signature.
    """
    forms = [form for form in _parse(text) if isinstance(form, _Form)]
    functions = [form for form in forms if form.head == "synth-fun"]
    if len(functions) != 1:
        raise InvalidTaskFile(
            f"found {len(functions)} synth-fun commands; a problem has one function to find, "
            "(synth-fun f ((x String)) String)"
        )
    function, request = _signature(functions[0])
    examples = [_example(form, function) for form in forms if form.head == "constraint"]
    if not examples:
        raise InvalidTaskFile(f"no examples; each is written {EXAMPLE}")
    return Task(name, request, examples)


def _signature(form: _Form) -> tuple[str, Type]:
    match form.parts[1:]:
        case (_Word() as name, _Form(parts=parameters), _Word() as result, *_):
            sorts = [
                p.parts[1] if isinstance(p, _Form) and len(p.parts) == 2 else p for p in parameters
            ]
            return name, arrow(*(_type(sort, form.line) for sort in [*sorts, result]))
    raise InvalidTaskFile(
        f"line {form.line}: this synth-fun has no signature; it is written "
        "(synth-fun f ((x String)) String)"
    )


def _type(sort: Any, line: int) -> Type:
    if not isinstance(sort, str) or sort not in SORTS:
        shown = sort if isinstance(sort, str) else "a compound sort"
        raise InvalidTaskFile(
            f"line {line}: the sort {shown} is not known; known are {', '.join(SORTS)}"
        )
    return SORTS[sort]


def _example(form: _Form, function: str) -> tuple[list[Any], Any]:
    match form.parts:
        case (_, _Form(parts=("=", call, output))):
            if not (isinstance(call, _Form) and call.head == function):
                call, output = output, call  # an equation may be written either way around
            if isinstance(call, _Form) and call.head == function:
                values = [_value(part) for part in (*call.parts[1:], output)]
                if None not in values:
                    return values[:-1], values[-1]
    raise InvalidTaskFile(
        f"line {form.line}: this constraint is not an example; only problems by example are read, "
        f"where each constraint is {EXAMPLE}"
    )


def _value(part: Any) -> Any:
    """Return what a literal stands for; None if ``part`` is not a literal."""
    match part:
        case _Word("true" | "false"):
            return part == "true"
        case _Form(parts=("-", int() | float() as number)):
            return -number
        case _Word() | _Form():
            return None
    return part


# ---- the syntax ----------------------------------------------------------------------------------


def _parse(text: str) -> list[Any]:
    from lark.exceptions import UnexpectedInput

    try:
        parsed: Any = _parser().parse(text)  # not a tree, but what the callbacks built
    except UnexpectedInput as error:
        line = error.line if error.line > 0 else text.count("\n") + 1
        column = f", column {error.column}" if error.column > 0 else ""
        raise InvalidTaskFile(
            f"not a SyGuS problem: line {line}{column} is unexpected "
            f"({text.count('(')} '(' against {text.count(')')} ')')"
        ) from None
    expressions: list[Any] = parsed
    return expressions


@cache
def _parser() -> Lark:
    from lark import Lark

    return Lark(GRAMMAR, parser="lalr", transformer=_Build())


class _Build:
    """The parser's callbacks: each builds the value of one rule of the grammar."""

    def start(self, children: list[Any]) -> list[Any]:
        return children

    def form(self, children: list[Any]) -> _Form:
        return _Form(tuple(children[1:]), children[0].line)

    def string(self, children: list[Token]) -> str:
        return _unescape(children[0][1:-1])

    def decimal(self, children: list[Token]) -> float:
        return float(children[0])

    def integer(self, children: list[Token]) -> int:
        try:
            return int(children[0])
        except ValueError:
            raise InvalidTaskFile(
                f"line {children[0].line}: a number has {len(children[0])} digits; "
                f"{sys.get_int_max_str_digits()} are the most that can be read"
            ) from None

    def word(self, children: list[Token]) -> _Word:
        return _Word(children[0].strip("|"))


def _unescape(text: str) -> str:
    r"""Undo the escapes of SMT-LIB 2.6 (``""``, ``\u{41}``, ``\u0041``) and of CVC4 (``\x41``).

    >>> _unescape(r'say ""\u{48}i\x21""')
    'say "Hi!"'
    """

    def character(match: re.Match[str]) -> str:
        code = int(next(group for group in match.groups() if group), 16)
        return chr(code) if code <= 0x10FFFF else match[0]

    pattern = r"\\u\{([0-9A-Fa-f]{1,5})\}|\\u([0-9A-Fa-f]{4})|\\x([0-9A-Fa-f]{2})"
    return re.sub(pattern, character, text.replace('""', '"'))
