"""Fast reading of programs, and what can be said of their text without a parser.

Programs are read by the hundred thousand, and the parser of :mod:`reverie.dsl.calculus.syntax`
takes ten times as long over each. This reader accepts exactly the ``term`` of ``syntax.lark`` (a
test holds the two together) and says nothing about errors: those are for the parser to explain.
"""

from __future__ import annotations

import re
from collections.abc import Callable

from .terms import Abstraction, Lambda, Symbol, Term, Variable, apply

__all__ = ["find_name", "is_name", "last_unclosed", "read_term"]

_END = r"(?=[\s()]|$)"
_TEXT = r'"(?:[^"\\\n]|\\.)*"'
_NUMBER = r"-?[0-9]+(?:\.[0-9]+)?(?:[eE][+-]?[0-9]+)?"
_ARGUMENTS = r"(?:\((?:[\w, ]|\((?:[\w, ]|\([\w, ]*\))*\))*\))?"  # of a type, to the third level
_LITERAL = rf"(?:{_TEXT}|{_NUMBER}|true|false|NaN|-?Infinity):[^\W\d]\w*{_ARGUMENTS}{_END}"
_TOKEN = re.compile(
    rf"[ \t\f\r\n]+|;[^\n]*|(?P<literal>{_LITERAL})|(?P<lambda>(?:lambda|lam|λ){_END})"
    rf'|(?P<name>[^\s()"$#;][^\s()"]*)|\$(?P<variable>[0-9]+){_END}'
    r"|(?P<open>\#?\()|(?P<close>\))|(?P<other>.)"
)


def read_term(text: str, literal: Callable[[str], Term]) -> Term | None:
    """Read a program, or return None if it is not one.

    Args:
        text: the program.
        literal: reads a literal; a ``ValueError`` says that it is none.
    """
    kinds: list[str] = []  # of the open parentheses: "(", "#(", either followed by "lambda"
    inside: list[list[Term]] = [[]]  # the terms read so far in each, and outside
    opening = False  # whether the token before was an opening parenthesis
    for token in _TOKEN.finditer(text):
        kind = token.lastgroup
        if kind is None:
            continue
        if kind == "name":
            inside[-1].append(Symbol(token[0]))
        elif kind == "open":
            kinds.append(token[0])
            inside.append([])
        elif kind == "close":
            terms = inside.pop()
            if not terms or not kinds:
                return None
            term, opened = apply(*terms), kinds.pop()
            if opened.endswith("lambda"):
                if len(terms) > 1:
                    return None
                term = Lambda(term)
            if opened.startswith("#"):
                if term.free:
                    return None
                term = Abstraction(term)
            inside[-1].append(term)
        elif kind == "variable":
            inside[-1].append(Variable(int(token["variable"])))
        elif kind == "lambda" and opening:
            kinds[-1] += "lambda"
        elif kind == "literal":
            try:
                inside[-1].append(literal(token[0]))
            except ValueError:
                return None
        else:
            return None
        opening = kind == "open"
    return inside[0][0] if not kinds and len(inside[0]) == 1 else None


def is_name(text: str) -> bool:
    """Say whether ``text`` can be the name of a primitive: one word that reads back as a symbol."""
    token = _TOKEN.fullmatch(text)
    return token is not None and token.lastgroup == "name"


def find_name(text: str, name: str, start: int = 0) -> int | None:
    """Return where the first symbol ``name`` is in a text, comments and quotations left out."""
    for token in _TOKEN.finditer(text, start):
        if token.lastgroup == "name" and token[0] == name:
            return token.start()
    return None


def last_unclosed(text: str) -> int | None:
    """Return where the innermost parenthesis is that is still open at the end of a text."""
    opened: list[int] = []
    for token in _TOKEN.finditer(text):
        if token.lastgroup == "open":
            opened.append(token.end() - 1)
        elif token.lastgroup == "close" and opened:
            opened.pop()
    return opened[-1] if opened else None
