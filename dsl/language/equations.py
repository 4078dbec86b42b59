"""Equations between programs, as read from a file: ``name: left => right``, one a line.

``?x`` is a pattern variable and stands for any term. ``(@ f x)`` is an application, as ``(f x)``
is. ``//`` begins a comment. ``<=>`` in place of ``=>`` says that the right side is to be looked for
as well. A number means the corpus's number of that value, however either is spelt.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from reverie.dsl.calculus.terms import Application, Lambda, Symbol, Term, Variable

from ..support.errors import ReverieError, excerpt
from ..support.files import read_text

__all__ = [
    "Equation",
    "EquationError",
    "Rewrite",
    "agree",
    "is_variable",
    "parse_equations",
    "pattern_variables",
    "read_equations",
    "replay",
    "respelt",
    "symbols",
]

_TOKEN = re.compile(r"[()]|[^\s()]+")
_NUMBER = re.compile(r"[+-]?(\d+\.?\d*|\.\d+)([eE][+-]?\d+)?")
_LAMBDAS = ("lam", "lambda", "λ")
_FORM = "name: left => right, such as  swap: (+ ?x ?y) => (+ ?y ?x)"


class EquationError(ReverieError):
    """Equations cannot be read, or a derivation does not follow from them."""


class UnreadableEquation(EquationError):
    """A line is no equation.

    Attributes:
        line, column: the place, both counted from 1.
    """

    def __init__(self, message: str, source: str, text: str, line: int, column: int) -> None:
        self.line, self.column = line, column
        place = f"{source}, line {line}, column {column}"
        super().__init__(f"{place}: {message}\n{excerpt(text, line, column)}")


@dataclass(frozen=True)
class Equation:
    """Two patterns that stand for equal terms; a symbol ``?x`` in them is a pattern variable.

    Attributes:
        name: what it is called in derivations.
        left: what is looked for.
        right: what is as good.
        both: whether the right side is looked for too.
    """

    name: str
    left: Term
    right: Term
    both: bool = False

    def __str__(self) -> str:
        return f"{self.name}: {self.left} {'<=>' if self.both else '=>'} {self.right}"


@dataclass(frozen=True)
class Rewrite:
    """One step of a derivation: an equation used at one place of a program.

    Attributes:
        equation: its name.
        forward: whether the left side became the right one.
        path: the place: 0 is the function of an application or a lambda's body, 1 the argument.
        before, after: the subterm there.
    """

    equation: str
    forward: bool
    path: tuple[int, ...]
    before: Term
    after: Term

    def json(self) -> dict[str, Any]:
        """Return the step as plain data."""
        return {
            "equation": self.equation,
            "direction": "forward" if self.forward else "backward",
            "path": list(self.path),
            "before": str(self.before),
            "after": str(self.after),
        }


def read_equations(path: str | Path) -> list[Equation]:
    """Read equations from a file.

    Raises:
        UnreadableEquation: if a line is no equation.
        EquationError: if the file cannot be read.
    """
    path = Path(path)
    try:
        text = read_text(path, "utf-8-sig")
    except OSError as error:
        raise EquationError(f"cannot read {path}: {error.strerror or error}") from None
    except UnicodeDecodeError as error:
        raise EquationError(f"{path} is not UTF-8 text: {error}") from None
    return parse_equations(text, str(path))


def parse_equations(text: str, source: str = "the equations") -> list[Equation]:
    """Read equations from a text.

    Args:
        text: one equation a line.
        source: what to call it in errors.

    Raises:
        EquationError: if a line is no equation.

    >>> print(parse_equations("swap: (+ ?x ?y) => (+ ?y ?x)")[0])
    swap: (+ ?x ?y) => (+ ?y ?x)
    """
    found: dict[str, Equation] = {}
    for number, line in enumerate(text.splitlines(), 1):
        code = re.split(r"(?:^|(?<=\s))//", line, maxsplit=1)[0]
        if code.strip():
            equation = _Line(code, source, text, number).equation()
            if equation.name in found:
                column = line.index(equation.name) + 1
                raise UnreadableEquation(
                    f"there is an equation {equation.name!r} already: give this one another name",
                    *(source, text, number, column),
                )
            found[equation.name] = equation
    return list(found.values())


class _Line:
    """The reader of one line."""

    def __init__(self, code: str, source: str, text: str, number: int) -> None:
        self.code, self.source, self.text, self.number = code, source, text, number

    def error(self, message: str, offset: int) -> UnreadableEquation:
        return UnreadableEquation(message, self.source, self.text, self.number, offset + 1)

    def equation(self) -> Equation:
        named = re.match(r"\s*([^\s:()]+)\s*:\s", self.code)
        start = len(self.code) - len(self.code.lstrip())
        if named is None:
            raise self.error(f"expected a name and ':', as in  {_FORM}", start)
        arrow = re.search(r"(?<=[\s)])<?=>(?=[\s(]|$)", self.code)
        if arrow is None:
            raise self.error(f"expected '=>' or '<=>', as in  {_FORM}", len(self.code.rstrip()))
        left = self.pattern(named.end(), arrow.start(), "left")
        right = self.pattern(arrow.end(), len(self.code), "right")
        both = arrow[0] == "<=>"
        directions = [(left, right, named.end(), arrow.end())]
        if both:
            directions.append((right, left, arrow.end(), named.end()))
        for pattern, other, place, elsewhere in directions:
            known = pattern_variables(pattern)
            if pattern in known:
                raise self.error("a side that is only a variable matches everything", place)
            for name in sorted(v.name for v in pattern_variables(other) - known):
                found = re.compile(rf"(?<![^\s()]){re.escape(name)}(?![^\s()])")
                match = found.search(self.code, elsewhere)
                raise self.error(
                    f"{name} stands for nothing: it is not on the other side",
                    match.start() if match else elsewhere,
                )
        return Equation(named[1], left, right, both)

    def pattern(self, start: int, stop: int, side: str) -> Term:
        """Read ``code[start:stop]``, which is one term."""
        stack: list[tuple[int, list[Term | str]]] = []
        done: Term | None = None
        for token in _TOKEN.finditer(self.code, start, stop):
            if done is not None:
                raise self.error(f"the {side} side is complete before this", token.start())
            item: Term | str
            if token[0] == "(":
                stack.append((token.start(), []))
                continue
            if token[0] == ")":
                if not stack:
                    raise self.error("')' without a '(' before it", token.start())
                opened, items = stack.pop()
                item = self.combined(items, opened)
            elif stack and not stack[-1][1] and token[0] in (*_LAMBDAS, "@"):
                item = token[0]
            else:
                item = self.leaf(token[0], token.start())
            if stack:
                stack[-1][1].append(item)
            elif isinstance(item, Term):
                done = item
        if stack:
            raise self.error("this '(' has no ')'", stack[-1][0])
        if done is None:
            raise self.error(f"expected a term on the {side} side", stop)
        if done.free:
            raise self.error(f"the {side} side has a variable $i without its lambda", start)
        return done

    def leaf(self, word: str, place: int) -> Term:
        if word[0] != "$":
            return Symbol(word)
        if not word[1:].isdecimal() or len(word) > 6:
            raise self.error("a variable is '$' and digits, such as $0", place)
        return Variable(int(word[1:]))

    def combined(self, items: list[Term | str], place: int) -> Term:
        terms = [i for i in items if isinstance(i, Term)]
        if items and isinstance(items[0], str) and items[0] != "@":
            if len(terms) != 1:
                raise self.error("a lambda has one body", place)
            if pattern_variables(terms[0]):
                raise self.error("a pattern variable inside a lambda is not supported", place)
            return Lambda(terms[0])
        if len(terms) < 2:
            raise self.error("expected a function and its arguments in parentheses", place)
        term = terms[0]
        for argument in terms[1:]:
            term = Application(term, argument)
        return term


def pattern_variables(pattern: Term) -> set[Symbol]:
    """Return the pattern variables in a pattern."""
    return {s for s in _symbols(pattern) if is_variable(s)}


def is_variable(term: Term) -> bool:
    """Return whether a term is a pattern variable: ``?x``, or ``#0`` in an abstraction's body."""
    if not isinstance(term, Symbol) or len(term.name) < 2:
        return False
    return term.name[0] == "?" or (term.name[0] == "#" and term.name[1:].isdecimal())


def symbols(equation: Equation) -> list[str]:
    """Return the names that an equation uses, without its variables and numbers."""
    names = {s.name for side in (equation.left, equation.right) for s in _symbols(side)}
    plain = (n for n in names if not is_variable(Symbol(n)))
    return sorted(n for n in plain if not _NUMBER.fullmatch(n))


def _symbols(term: Term) -> set[Symbol]:
    found: set[Symbol] = set()
    stack = [term]
    while stack:
        item = stack.pop()
        if isinstance(item, Symbol):
            found.add(item)
        elif isinstance(item, Lambda):
            stack.append(item.body)
        elif isinstance(item, Application):
            stack += [item.function, item.argument]
    return found


def respelt(equations: Iterable[Equation], names: Sequence[str]) -> list[Equation]:
    """Return the equations with numbers spelt as in a corpus with these symbols."""
    known = set(names)
    spelling: dict[float, str] = {}
    for name in names:
        if _NUMBER.fullmatch(name):
            spelling.setdefault(float(name), name)

    def spelt(term: Term) -> Term:
        if isinstance(term, Symbol):
            if term.name in known or not _NUMBER.fullmatch(term.name):
                return term
            return Symbol(spelling.get(float(term.name), term.name))
        if isinstance(term, Lambda):
            return Lambda(spelt(term.body))
        if isinstance(term, Application):
            return Application(spelt(term.function), spelt(term.argument))
        return term

    return [Equation(e.name, spelt(e.left), spelt(e.right), e.both) for e in equations]


def agree(pattern: Term, term: Term, bound: dict[Symbol, Term]) -> bool:
    """Match a pattern with a term, given and adding what its variables stand for."""
    if isinstance(pattern, Symbol) and is_variable(pattern):
        return bound.setdefault(pattern, term) is term
    if isinstance(pattern, Application):
        return (
            isinstance(term, Application)
            and agree(pattern.function, term.function, bound)
            and agree(pattern.argument, term.argument, bound)
        )
    if isinstance(pattern, Lambda):
        return isinstance(term, Lambda) and agree(pattern.body, term.body, bound)
    return pattern is term


def replay(program: Term, steps: Iterable[Rewrite], equations: Mapping[str, Equation]) -> Term:
    """Return what a derivation leads to, after checking that each step is an equation's instance.

    Raises:
        EquationError: if a step is not.
    """
    for step in steps:
        equation = equations[step.equation]
        sides = (step.before, step.after) if step.forward else (step.after, step.before)
        bound: dict[Symbol, Term] = {}
        if not agree(equation.left, sides[0], bound) or not agree(equation.right, sides[1], bound):
            raise EquationError(f"{step.before} = {step.after} is no case of {equation}")
        program = _replaced(program, step)
    return program


def _replaced(program: Term, step: Rewrite) -> Term:
    above: list[Term] = []
    here = program
    for turn in step.path:
        above.append(here)
        if isinstance(here, Application):
            here = here.argument if turn else here.function
        elif isinstance(here, Lambda):
            here = here.body
        else:
            raise EquationError(f"there is no place {step.path} in {program}")
    if here is not step.before:
        raise EquationError(f"expected {step.before} at {step.path} in {program}; got {here}")
    new = step.after
    for term, turn in zip(reversed(above), reversed(step.path), strict=True):
        if isinstance(term, Application):
            new = Application(term.function, new) if turn else Application(new, term.argument)
        else:
            new = Lambda(new)
    return new
