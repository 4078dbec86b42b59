"""Where a worker process was when it got stuck or died: the traceback that it left behind."""

from __future__ import annotations

import faulthandler
import re
from collections.abc import Callable
from pathlib import Path
from typing import TypeVar

from ..dsl import interpreter
from ..enumerate import search

__all__ = ["place_in", "traced"]

Value = TypeVar("Value")

_FRAME = re.compile(r'File "(.*)", line (\d+) in (\S+)')

_OURS = (
    str(Path(__file__).parents[1]),
    *(str(Path(file).parent) for file in (interpreter.__file__, search.__file__)),
)


def traced(trace: Path, patience: float | None, function: Callable[[], Value]) -> Value:
    """Call a function; write where it is to a file, should a fault end it or should it take long.

    Args:
        trace: the file.
        patience: seconds after which that is to be written; None for never.
        function: what to call.
    """
    with trace.open("w") as file:
        faulthandler.enable(file)
        if patience is not None:
            faulthandler.dump_traceback_later(patience, file=file)
        try:
            return function()
        finally:
            faulthandler.cancel_dump_traceback_later()
            faulthandler.disable()


def place_in(trace: Path) -> str:
    """Return the innermost place of a trace that is neither ours nor a package's, or nothing."""
    try:
        text = trace.read_text(encoding="utf-8", errors="replace")
        trace.unlink()
    except OSError:
        return ""
    for thread in text.split("\n\n"):
        frames = _FRAME.findall(thread)
        if (__file__, traced.__name__) not in {(file, name) for file, _, name in frames}:
            continue
        for file, line, name in frames:
            if not file.startswith(_OURS) and "site-packages" not in file:
                return f", in {name}, line {line} of {file}"
    return ""
