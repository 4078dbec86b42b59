"""Editing names: strings, and constants that the examples' outputs share."""

from __future__ import annotations

from collections.abc import Callable

import reverie as rv
from reverie.domains.likelihoods import StringConstants

NAMES = ["Ada Lovelace", "Emmy Noether", "Kurt Goedel", "Alan Turing", "Mary Cartwright"]
LATER = ["Sofia Kovalevskaya", "Carl Gauss", "Julia Robinson"]


@rv.primitive(name="++")
def join(first: str, second: str) -> str:
    """Put one text after another."""
    return first + second


@rv.primitive(name="first-word")
def first_word(text: str) -> str:
    """Take the first word."""
    return text.split()[0]


@rv.primitive(name="last-word")
def last_word(text: str) -> str:
    """Take the last word."""
    return text.split()[-1]


@rv.primitive
def initial(text: str) -> str:
    """Take the first character."""
    return text[0]


@rv.primitive
def upper(text: str) -> str:
    """Write in capitals."""
    return text.upper()


@rv.primitive
def lower(text: str) -> str:
    """Write in small letters."""
    return text.lower()


EDITS: dict[str, Callable[[str, str], str]] = {
    "first name": lambda first, last: first,
    "shouted": lambda first, last: f"{first} {last}".upper(),
    "exclamation": lambda first, last: f"{first} {last}!",
    "doctor": lambda first, last: f"Dr. {last}",
    "abbreviated": lambda first, last: f"{first[0]}. {last}",
    "register": lambda first, last: f"{last}, {first}",
    "address": lambda first, last: f"{first.lower()}@example.org",
    "initials": lambda first, last: f"{first[0]}.{last[0]}.",
    "invitation": lambda first, last: f"Dear {first}, welcome!",
}

SOLUTIONS = {
    "first name": "(lambda (first-word $0))",
    "shouted": "(lambda (upper $0))",
    "exclamation": "(lambda (++ $0 TEXT))",
    "doctor": "(lambda (++ TEXT (last-word $0)))",
    "abbreviated": "(lambda (++ (initial $0) (++ TEXT (last-word $0))))",
    "register": "(lambda (++ (last-word $0) (++ TEXT (first-word $0))))",
    "address": "(lambda (++ (lower (first-word $0)) TEXT))",
    "initials": "(lambda (++ (initial $0) (++ TEXT (++ (initial (last-word $0)) TEXT))))",
    "invitation": "(lambda (++ TEXT (++ (first-word $0) TEXT)))",
}


def examples(edit: Callable[[str, str], str], names: list[str]) -> list[tuple[list[str], str]]:
    return [([name], edit(*name.split())) for name in names]


domain = rv.Domain(
    "strings",
    [
        *(join, first_word, last_word, initial, upper, lower),
        rv.hole("TEXT", "str", "A text that the outputs share."),
    ],
    [
        rv.Task(name, "str -> str", examples(edit, NAMES), examples(edit, LATER))
        for name, edit in EDITS.items()
    ],
    likelihood=StringConstants(),
    doc="Editing names.",
)
