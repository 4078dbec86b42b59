"""What a run learned, in the forms of other tools.

>>> sorted(FORMATS)
['dot', 'dreamcoder', 'graphml', 'json', 'latex', 'python', 'stitch', 'sympy']
"""

from __future__ import annotations

from collections.abc import Callable

from ..dsl import ReverieError, suggest
from ..run.run import Run
from .arithmetic import NotArithmetic, formula, to_latex, to_sympy
from .graphs import to_dot, to_graphml
from .interchange import read_grammar, to_dreamcoder, to_json, to_stitch
from .source import to_python

__all__ = ["FORMATS", "NotArithmetic", "export", "formula", "read_grammar"]

FORMATS: dict[str, Callable[[Run], str]] = {
    "json": to_json,
    "python": to_python,
    "sympy": to_sympy,
    "latex": to_latex,
    "dreamcoder": to_dreamcoder,
    "stitch": to_stitch,
    "dot": to_dot,
    "graphml": to_graphml,
}
"""The formats by name; each returns the text of a file."""


def export(run: Run, format: str) -> str:
    """Return a run in a format, as the text of a file.

    Args:
        run: the run.
        format: ``json`` (our own), ``python``, ``sympy`` or ``latex`` for the solutions;
            ``dreamcoder`` or ``stitch`` for library and solutions; ``dot`` or ``graphml`` for the
            library's graph.

    Raises:
        ReverieError: for another format.
        NotArithmetic: if ``sympy`` or ``latex`` is asked for, and no solution is a formula.
    """
    if format not in tuple(FORMATS):  # a tuple: what cannot be hashed is no format either
        known = ", ".join(FORMATS)
        near = suggest(str(format), FORMATS).partition("; known")[0]
        raise ReverieError(f"unknown format {format!r}{near}; the formats are {known}")
    return FORMATS[format](run)
