"""Where a worker process was when it got stuck or died: the traceback that it left behind."""

from __future__ import annotations

import faulthandler
import re
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Protocol, TypeVar

from .. import dsl, enumerate
from ..enumerate.native import heartbeat

__all__ = ["ended_if_stuck", "place_in", "traced"]

SILENCE = 10.0
"""Seconds without a sign of life after which a search is stuck."""

Value = TypeVar("Value")


class HasFileno(Protocol):
    """A file, or a pipe."""

    def fileno(self) -> int: ...


_FRAME = re.compile(r'File "(.*)", line (\d+) in (\S+)')

_OURS = (
    str(Path(__file__).parents[1]),
    *(str(Path(path)) for room in (dsl, enumerate) for path in room.__path__),
)


def traced(file: HasFileno, patience: float | None, function: Callable[[], Value]) -> Value:
    """Call a function; write where it is to a file, should a fault end it or should it take long.

    Args:
        file: the file.
        patience: seconds after which that is to be written; None if it may take as long as it
            likes, as long as it gets on: where it does not, it ends this process.
        function: what to call.
    """
    faulthandler.enable(file.fileno())
    try:
        if patience is None:
            with ended_if_stuck(file):
                return function()
        faulthandler.dump_traceback_later(patience, file=file.fileno())
        return function()
    finally:
        faulthandler.cancel_dump_traceback_later()
        faulthandler.disable()


@contextmanager
def ended_if_stuck(file: HasFileno) -> Iterator[None]:
    """End this process where a call of a primitive cannot be stopped from within it.

    Args:
        file: where to write the place first.
    """
    try:
        with heartbeat(
            lambda: faulthandler.dump_traceback_later(SILENCE, exit=True, file=file.fileno())
        ):
            yield
    finally:
        faulthandler.cancel_dump_traceback_later()


def place_in(trace: str) -> str:
    """Return the innermost place of a trace that is neither ours nor a package's, or nothing."""
    for thread in trace.split("\n\n"):
        frames = _FRAME.findall(thread)
        if (__file__, traced.__name__) not in {(file, name) for file, _, name in frames}:
            continue
        for file, line, name in frames:
            if not file.startswith(_OURS) and "site-packages" not in file:
                return f", in {name}, line {line} of {file}"
    return ""
