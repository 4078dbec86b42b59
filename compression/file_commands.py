"""Compressing and rewriting the corpora in files."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from ..dsl import read_equations
from .api import compress, propose, rewrite
from .corpus.corpus import Corpus
from .corpus_errors import CompressionError, CorpusError
from .corpus_files import read_abstractions, read_file

__all__ = ["compress_file", "rewrite_file"]


def compress_file(
    path: str | Path,
    max_arity: int | None = None,
    iterations: int | None = None,
    equations: str | Path | None = None,
    held_out: str | Path | None = None,
    candidates: int = 0,
    **options: Any,
) -> dict[str, Any]:
    """Compress the corpus in a JSON file (see :func:`read_file`) and return the result as JSON.

    Args:
        path: the corpus, with the tasks and weights of its programs where it has some.
        max_arity: how many arguments an abstraction may take; None for 2.
        iterations: how many to learn at most; None for 3.
        equations: the file of equations to compress modulo (see :func:`read_equations`), if any.
        held_out: a file of other programs to rewrite with what is found, if any.
        candidates: how many to list, under that name, of those that would be best as the first.
        options: those of :func:`compress`.

    Raises:
        CorpusError: if a file is no corpus.
        EquationError: if the equations cannot be read.
    """
    given = read_file(path)
    known = None if equations is None else read_equations(equations)
    others = None if held_out is None else read_file(held_out)
    if others is not None:
        try:
            Corpus.read(others.programs)
        except CorpusError as error:
            raise CompressionError(f"{held_out}: {error}") from None
    try:
        result = compress(
            given.programs,
            3 if iterations is None else iterations,
            2 if max_arity is None else max_arity,
            tasks=given.tasks,
            weights=given.weights,
            equations=known,
            held_out=None if others is None else others.programs,
            **options,
        ).json
        if candidates:
            arity = 2 if max_arity is None else max_arity
            proposed = propose(
                given.programs, candidates, arity, tasks=given.tasks, weights=given.weights
            )
            result["candidates"] = [
                {"body": c.body, "arity": c.arity, "utility": c.utility} for c in proposed
            ]
        return result
    except CorpusError as error:
        raise CompressionError(f"{path}: {error}") from None


def rewrite_file(path: str | Path, abstractions: str | Path) -> dict[str, Any]:
    """Rewrite the corpus in a JSON file, and return the result as JSON.

    Args:
        path: the corpus (see :func:`read_file`).
        abstractions: the file of the abstractions (see :func:`read_abstractions`).

    Raises:
        CompressionError: if one of the files is not what it should be, or an abstraction has the
            name of a symbol of the programs.
    """
    given = read_file(path)
    found = read_abstractions(abstractions)
    try:
        return rewrite(given.programs, found, tasks=given.tasks).json
    except CompressionError as error:
        raise CompressionError(f"{path}: {error}") from None
