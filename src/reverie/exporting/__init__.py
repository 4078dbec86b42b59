"""What a run learned, in the forms of other tools.

>>> sorted(FORMATS)
['dot', 'dreamcoder', 'graphml', 'json', 'latex', 'python', 'stitch', 'sympy']
"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ..dsl.model.domain import Domain
from ..dsl.model.grammar import Grammar
from ..dsl.support.errors import ReverieError, suggest
from ..run.run import Run
from .arithmetic import NotArithmetic, formula, to_latex, to_sympy
from .graphs import to_dot, to_graphml
from .interchange import read_grammar, to_dreamcoder, to_json, to_stitch
from .source import to_python

if TYPE_CHECKING:
    from ..loop.solver import Solution

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


def export(run: Run | Solution | str | Path, format: str) -> str:
    """Return a run in a format, as the text of a file.

    Args:
        run: the run, the folder that it is in, or the solution of one task.
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
    return FORMATS[format](_as_run(run))


def _as_run(given: Any) -> Run:
    from ..loop.solver import Solution
    from ..open_run import load

    if isinstance(given, Run):
        return given
    if isinstance(given, (str, Path)):
        return load(given)
    if isinstance(given, Solution):
        library = given.library
        domain = Domain(library.name, library.primitives, continuation=library.continuation)
        frontiers = {given.task.name: given.frontier}
        return Run(domain, Grammar.uniform(library), frontiers, (), {})
    raise ReverieError(
        f"{given!r:.60} cannot be exported; give a run, the folder of one, or a solution"
    )
