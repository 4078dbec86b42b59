"""SyGuS problems of the programming-by-example track: ``.sl`` files.

The signature of ``synth-fun`` becomes the request, each ``(constraint (= (f input ...) output))``
an example; the grammar that the problem offers is not used. Both SyGuS-IF v1 and v2 are read. As in
SMT-LIB 2.6, a function without arguments is written without parentheses, ``(= c 3)``, a truth value
may be asserted, ``(p 5 3)`` and ``(not (p 1 2))``, and ``and`` joins several examples.
"""

from __future__ import annotations

import re
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from typing import TYPE_CHECKING, Any

from ...dsl import BOOL, INT, REAL, STR, Task, Type, arrow
from .fields import InvalidTaskFile

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
    examples = [
        example
        for form in forms
        if form.head == "constraint"
        for example in _examples(form, function, request)
    ]
    if not examples:
        raise InvalidTaskFile(f"no examples; each is written {EXAMPLE}")
    return Task(name, request, examples)


def _signature(form: _Form) -> tuple[str, Type]:
    match form.parts[1:]:
        case (_Word() as name, _Form(parts=parameters), _Word() | _Form() as result, *_):
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
        raise InvalidTaskFile(
            f"line {line}: the sort {_shown(sort)} is not known; known are {', '.join(SORTS)}"
        )
    return SORTS[sort]


def _shown(part: Any) -> str:
    """Write a sort as the file has it; what nests in it is left out."""
    if isinstance(part, _Form):
        return f"({' '.join('...' if isinstance(p, _Form) else str(p) for p in part.parts)})"
    return str(part)


def _examples(form: _Form, function: str, request: Type) -> Iterator[tuple[list[Any], Any]]:
    """Yield the examples that a constraint states.

    Raises:
        InvalidTaskFile: if it states anything else.
    """
    is_predicate = request.result == BOOL
    left = list(reversed(form.parts[1:]))
    if len(left) != 1:
        raise _no_example(form, function, request)
    while left:
        formula, output = left.pop(), None
        if isinstance(formula, _Form) and formula.head == "and" and len(formula.parts) > 1:
            left.extend(reversed(formula.parts[1:]))
            continue
        holds = True
        while isinstance(formula, _Form) and formula.head == "not" and len(formula.parts) == 2:
            formula, holds = formula.parts[1], not holds
        inputs = _inputs(formula, function, request)
        if inputs is not None and is_predicate:
            output = True
        match formula:
            case _Form(parts=("=", one, other)):
                # An equation may be written either way around.
                for call, value in ((one, other), (other, one)):
                    inputs = _inputs(call, function, request)
                    if inputs is not None:
                        output = _value(value)
                        break
        if inputs is None or output is None or not (holds or isinstance(output, bool)):
            raise _no_example(form, function, request)
        yield inputs, output if holds else not output


def _inputs(call: Any, function: str, request: Type) -> list[Any] | None:
    """Return what the function is called with; None where this is no call of it with values."""
    if not request.parameters:
        return [] if isinstance(call, _Word) and call == function else None
    if not (isinstance(call, _Form) and call.head == function):
        return None
    values = [_value(part) for part in call.parts[1:]]
    return None if None in values else values


def _no_example(form: _Form, function: str, request: Type) -> InvalidTaskFile:
    call = f"({function} input)" if request.parameters else function
    return InvalidTaskFile(
        f"line {form.line}: this constraint is not an example; only problems by example are read, "
        f"where each constraint is (constraint (= {call} output)), several of them joined by and, "
        "or for a truth value just the call or (not call)"
    )


def _value(part: Any) -> Any:
    """Return what a literal stands for; None if ``part`` is not a literal."""
    match part:
        case _Word("true" | "false"):
            return part == "true"
        case _Form(parts=("-", int() | float() as number)):
            return -number
        case _Form(parts=("/", int() | float() as above, int() | float() as below)) if below:
            return above / below
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
