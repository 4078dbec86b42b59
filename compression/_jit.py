"""The one place where numba meets this package: a typed decorator for its compiled functions."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, TypeVar

import numba

__all__ = ["kernel"]

F = TypeVar("F", bound=Callable[..., Any])


def kernel(function: F) -> F:
    """Compile ``function`` on its first call and keep the machine code on disk.

    Compiled functions see arrays and numbers only. They must be called with the same dtypes each
    time (a Python ``int`` where another call gave an ``int32`` would compile them anew), so each is
    reached through one wrapper that fixes them.
    """
    decorate: Any = numba.njit(cache=True, nogil=True, error_model="numpy")
    compiled: F = decorate(function)
    return compiled
