"""The one place where numba meets this room: a typed decorator, and the types that it takes."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, TypeVar

import numba
import numpy as np

from ...dsl import njit

__all__ = [
    "BOOL", "BOOLS", "BYTES", "INT", "INTS", "LONGS", "MEMO", "REAL", "REALS", "TABLE",
    "kernel", "longer", "record",
]  # fmt: skip

F = TypeVar("F", bound=Callable[..., Any])

types: Any = numba.types

INT, REAL, BOOL = types.int64, types.float64, types.boolean
INTS, LONGS, REALS = types.int32[::1], types.int64[::1], types.float64[::1]
BOOLS = types.boolean[::1]
TABLE = types.int32[:, ::1]
BYTES = types.Array(types.uint8, 1, "C", readonly=True)
MEMO = types.DictType(types.int64, types.int64)


def record(kind: type, *fields: Any) -> Any:
    """Return the type of a named tuple with fields of these types."""
    return types.NamedTuple(fields, kind)


def kernel(*arguments: Any) -> Callable[[F], F]:
    """Compile a function for arguments of these types, or take its machine code, kept by content.

    Compiled functions see arrays and numbers only. Integers of any size become ``INT``, so each
    function is compiled once, whoever calls it.
    """
    return njit(arguments, cache=True, nogil=True, error_model="numpy")


@njit
def longer(array: Any, used: int, size: int) -> Any:
    """Return an array of ``size`` with the first ``used`` elements of this one (in kernels).

    Copying a slice would compile the message for shapes that do not fit, which takes seconds.
    """
    new = np.empty(size, array.dtype)
    for i in range(used):
        new[i] = array[i]
    return new
