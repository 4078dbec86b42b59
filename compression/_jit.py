"""The one place where numba meets this room: a typed decorator for its compiled functions."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, TypeVar

from ..dsl.kernels import njit

__all__ = ["kernel"]

F = TypeVar("F", bound=Callable[..., Any])


def kernel(function: F) -> F:
    """Compile ``function`` on its first call and keep the machine code, by content.

    Compiled functions see arrays and numbers only. They must be called with the same dtypes each
    time (a Python ``int`` where another call gave an ``int32`` would compile them anew), so each is
    reached through one wrapper that fixes them.
    """
    return njit(cache=True, nogil=True, error_model="numpy")(function)
