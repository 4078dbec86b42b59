"""Where the results of a command go: to standard output, or to a file."""

from __future__ import annotations

import io
import tempfile
from argparse import Namespace
from contextlib import ExitStack
from pathlib import Path
from typing import Any, TextIO

from ..dsl import ReverieError, write_whole
from ..run.text_tables import json_text, without_controls

__all__ = ["new_file", "result_file", "say"]


def say(options: Namespace, data: Any, text: str) -> None:
    """Print a result: as JSON where ``--json`` was given, else as text."""
    shown = json_text(data) if options.json else without_controls(text)
    print(shown, file=options.results)


def new_file(path: Path) -> TextIO:
    """Open a file to write, which must not hold anything yet."""
    if path.is_dir():
        raise ReverieError(f"{path} is a folder; name a file to write")
    if path.exists() and path.stat().st_size:
        raise ReverieError(f"{path} exists already; nothing was written over. Name another file")
    try:
        return path.open("w", encoding="utf-8", errors="backslashreplace")
    except OSError as error:
        raise ReverieError(f"cannot write to {path}: {error.strerror}") from None


def result_file(name: str | None, stack: ExitStack) -> TextIO | None:
    """Check, before the work, that a file for results can be written; it is written whole after it.

    Where the work fails, nothing is written.
    """
    if name is None:
        return None
    path = Path(name)
    if not path.exists():
        _check_folder(path)
    elif path.is_file() or path.is_dir():
        new_file(path).close()
    text = io.StringIO()

    def save(part: Path) -> None:
        part.write_text(text.getvalue(), encoding="utf-8", errors="backslashreplace")

    def finish(kind: type[BaseException] | None, *rest: object) -> None:
        if kind is None:
            write_whole(path, save)

    stack.push(finish)
    return text


def _check_folder(path: Path) -> None:
    try:
        with tempfile.TemporaryFile(dir=path.parent):
            pass
    except OSError as error:
        raise ReverieError(f"cannot write to {path}: {error.strerror}") from None
