"""The exceptions of Reverie.

Each message says what was found, where, what is allowed, and how to mend it.
"""

from __future__ import annotations

import difflib
from collections.abc import Iterable

__all__ = ["ParseError", "ReverieError", "TypeMismatch", "UnknownName", "suggest"]


class ReverieError(Exception):
    """Something a person wrote is wrong; the message is meant for that person."""


class ParseError(ReverieError):
    """A text is not in the syntax it should be in.

    Attributes:
        message: what is wrong, without the place.
        line, column: the place, both counted from 1.
    """

    def __init__(self, message: str, text: str, line: int, column: int) -> None:
        self.message = message
        self.line = line
        self.column = column
        super().__init__(f"{message}\n{excerpt(text, line, column)}")


class TypeMismatch(ReverieError):
    """A term, value or declaration does not have the type it should have."""


class UnknownName(ReverieError):
    """A name that is not defined here, with the nearest ones that are."""

    def __init__(self, kind: str, name: str, known: Iterable[str]) -> None:
        self.name = name
        super().__init__(f"unknown {kind} {name!r}{suggest(name, known)}")


def suggest(name: str, known: Iterable[str], most: int = 12) -> str:
    """Return ``; did you mean 'x'?``, or the list of what is known when nothing is near.

    >>> suggest("lenght", ["length", "map"])
    "; did you mean 'length'?"
    """
    names = sorted(set(known))
    near = difflib.get_close_matches(name, names, n=3, cutoff=0.6)
    if near:
        return f"; did you mean {' or '.join(repr(n) for n in near)}?"
    if not names:
        return "; none is defined"
    shown = ", ".join(names[:most]) + (", ..." if len(names) > most else "")
    return f"; known: {shown}"


def excerpt(text: str, line: int, column: int, width: int = 72) -> str:
    """Return the line of ``text`` around the place, a caret below it, and the place in numbers."""
    lines = text.split("\n")
    content = lines[min(line, len(lines)) - 1]
    start = max(0, column - 1 - width // 2)
    window = content[start : start + width].replace("\t", " ")
    caret = " " * (column - 1 - start) + "^"
    return f"  {window}\n  {caret}\n  at line {line}, column {column}"
