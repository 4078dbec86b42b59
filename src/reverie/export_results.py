"""Exporting what a person has at hand: a run, the folder of one, or the solution of one task."""

from __future__ import annotations

import os
from pathlib import Path

from .dsl import Domain, Grammar, ReverieError
from .exporting import export as text_of
from .loop.solver import Solution
from .open_run import load
from .run.run import Run

__all__ = ["export"]


def export(results: Run | Solution | str | Path, format: str) -> str:
    """Return what was found in a format, as the text of a file.

    Args:
        results: a run, the folder that it is in, or the solution of one task.
        format: ``json`` (our own), ``python``, ``sympy`` or ``latex`` for the solutions;
            ``dreamcoder`` or ``stitch`` for library and solutions; ``dot`` or ``graphml`` for the
            library's graph.

    Raises:
        ReverieError: for another format, or results of another kind.
        NotArithmetic: if ``sympy`` or ``latex`` is asked for, and no solution is a formula.
    """
    return text_of(_as_run(results), format)


def _as_run(results: object) -> Run:
    if isinstance(results, Run):
        return results
    if isinstance(results, (str, os.PathLike)):
        return load(Path(results))
    if isinstance(results, Solution):
        library = results.library
        domain = Domain(library.name, library.primitives, continuation=library.continuation)
        frontiers = {results.task.name: results.frontier}
        return Run(domain, Grammar.uniform(library), frontiers, (), {})
    raise ReverieError(
        f"{results!r:.60} cannot be exported; give a run, the folder of one, or a solution"
    )
