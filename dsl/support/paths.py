"""Paths as people give them from Python."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

from .errors import ReverieError

__all__ = ["as_path"]


def as_path(given: Any, what: str) -> Path:
    """Return the path that is meant by a text or a path.

    Args:
        given: what a person gave.
        what: what should be there, such as ``"the folder of a run"``, for the message.

    Raises:
        ReverieError: if it is neither.
    """
    if isinstance(given, (str, os.PathLike)):
        return Path(given)
    raise ReverieError(f"{what} is named by a text or a Path; got {given!r:.60}")
