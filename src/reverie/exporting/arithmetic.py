"""Arithmetic programs as formulas: sympy expressions, and LaTeX."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any

from ..dsl import (
    INT,
    REAL,
    Library,
    Literal,
    ReverieError,
    Symbol,
    Term,
    Type,
    Variable,
    beta_normal,
    inline,
    spine,
    strip,
)
from ..run.run import Run

if TYPE_CHECKING:
    import sympy

__all__ = ["NotArithmetic", "formula", "to_latex", "to_sympy"]

Operations = Mapping[str, Callable[..., Any]]


class NotArithmetic(ReverieError):
    """A program is no formula: its type is not one of numbers, or it uses what sympy lacks."""


def _operations() -> dict[str, Callable[..., Any]]:
    import sympy

    named: dict[str, Callable[..., Any]] = {
        "+": lambda x, y: x + y,
        "-": lambda x, y: x - y,
        "*": lambda x, y: x * y,
        "/": lambda x, y: x / y,
        "negate": lambda x: -x,
        "square": lambda x: x**2,
        "power": lambda x, y: x**y,
        "mod": sympy.Mod,
        "min": sympy.Min,
        "max": sympy.Max,
        "abs": sympy.Abs,
    }
    for name in ("sqrt", "exp", "log", "sin", "cos", "tan", "asin", "acos", "atan", "tanh"):
        named[name] = getattr(sympy, name)
    same = {"pow": "power", "^": "power", "**": "power", "neg": "negate", "%": "mod"}
    same |= {"add": "+", "subtract": "-", "sub": "-", "multiply": "*", "mul": "*", "times": "*"}
    same |= {"divide": "/", "div": "/", "minimum": "min", "maximum": "max"}
    named |= {other: named[name] for other, name in same.items()}
    return named | {f"{name}.": operation for name, operation in named.items()}


def formula(
    program: Term, request: Type, library: Library, operations: Operations | None = None
) -> sympy.Expr:
    """Return a program as a sympy expression; its arguments are the symbols x0, x1, ...

    Args:
        program: the program, closed.
        request: its type, from numbers to a number.
        library: the program's language; abstractions are opened.
        operations: what further primitives mean: by name, a function of sympy expressions.

    Raises:
        NotArithmetic: if the program is no formula; the message names the primitive.
    """
    import sympy

    parameters = request.parameters
    if not {*parameters, request.result} <= {INT, REAL}:
        raise NotArithmetic(f"a program of type {request} is no formula of numbers")
    known = {**_operations(), **(operations or {})}
    count, body = strip(beta_normal(inline(program)))
    if count != len(parameters):
        raise NotArithmetic(f"{library.show(program)} is not written out as a function of numbers")
    symbols = sympy.symbols(f"x0:{count}", real=True)

    def value(term: Term) -> Any:
        head, arguments = spine(term)
        if isinstance(head, Variable):
            return symbols[count - 1 - head.index]
        if isinstance(head, Literal):
            return _number(head.value, str(head))
        if isinstance(head, Symbol):
            primitive = library.primitive(head.name)
            if not primitive.type.is_arrow and not primitive.is_hole:
                return _number(primitive.value, head.name)
            if head.name in known and len(arguments) == len(primitive.type.parameters):
                return known[head.name](*map(value, arguments))
            raise NotArithmetic(
                f"sympy knows no {head.name!r}; say what it means: "
                f"formula(..., operations={{{head.name!r}: lambda x: ...}})"
            )
        raise NotArithmetic(f"{library.show(term)} is no formula")

    found: sympy.Expr = sympy.sympify(value(body))
    return found


def _number(value: Any, shown: str) -> Any:
    import sympy

    if isinstance(value, bool) or not isinstance(value, int | float):
        raise NotArithmetic(f"{shown} is no number")
    return sympy.Integer(value) if isinstance(value, int) else sympy.Float(value)


def _formulas(run: Run) -> dict[str, sympy.Expr]:
    """Return the formula of each solved task that has one.

    Raises:
        NotArithmetic: if none has.
    """
    found, reasons = {}, Counter[str]()
    for name, frontier in run.frontiers.items():
        if frontier.best is not None:
            try:
                found[name] = formula(frontier.best.program, frontier.task.request, run.library)
            except NotArithmetic as error:
                reasons[str(error)] += 1
    if not found:
        why = f": {reasons.most_common(1)[0][0]}" if reasons else ", since none is solved"
        raise NotArithmetic(f"no program of the run is a formula{why}")
    return found


def to_sympy(run: Run) -> str:
    """Return the arithmetic solutions of a run as Python, ``FORMULAS`` by the task's name.

    Raises:
        NotArithmetic: if there is none.
    """
    import sympy

    formulas = _formulas(run)
    symbols = sorted({s.name for f in formulas.values() for s in f.free_symbols})
    lines = ["from sympy import *", ""]
    lines += [f"{name} = Symbol({name!r}, real=True)" for name in symbols]
    lines += ["FORMULAS = {"]
    lines += [
        f"    {name!a}: S({sympy.sstr(found, full_prec=False, sympy_integers=True)}),"
        for name, found in formulas.items()
    ]
    return "\n".join([*lines, "}", ""])


_SPECIAL = {c: f"\\{c}" for c in "&%$#_{}"} | {
    "~": r"\textasciitilde{}",
    "^": r"\textasciicircum{}",
    "\\": r"\textbackslash{}",
}


def to_latex(run: Run) -> str:
    """Return the arithmetic solutions of a run as a LaTeX document.

    Raises:
        NotArithmetic: if there is none.
    """
    import sympy

    rows = [
        f"\\text{{{_escaped(name)}}} &= {sympy.latex(found, full_prec=False)}"
        for name, found in _formulas(run).items()
    ]
    lines = [r"\documentclass{article}", r"\usepackage{amsmath}", r"\allowdisplaybreaks"]
    lines += [r"\begin{document}", r"\begin{align*}", " \\\\\n".join(rows), r"\end{align*}"]
    return "\n".join([*lines, r"\end{document}", ""])


def _escaped(text: str) -> str:
    plain = re.sub(r"\s+", " ", "".join(c if c.isprintable() else " " for c in text))
    return "".join(_SPECIAL.get(c, c) for c in plain)
