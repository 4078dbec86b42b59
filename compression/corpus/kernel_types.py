"""The types of what kernels of this room take, by short names, and growing arrays."""

from __future__ import annotations

from typing import Any

import numpy as np

from ...dsl import kernel_types, njit

__all__ = [
    "BOOL", "BOOLS", "BYTES", "INT", "INTS", "LONGS", "MEMO", "REAL", "REALS", "TABLE",
    "longer",
]  # fmt: skip

INT, REAL, BOOL = kernel_types.int64, kernel_types.float64, kernel_types.boolean
INTS, LONGS = kernel_types.int32[::1], kernel_types.int64[::1]
REALS, BOOLS = kernel_types.float64[::1], kernel_types.boolean[::1]
TABLE = kernel_types.int32[:, ::1]
BYTES = kernel_types.Array(kernel_types.uint8, 1, "C", readonly=True)
MEMO = kernel_types.DictType(INT, INT)


@njit
def longer(array: Any, used: int, size: int) -> Any:
    """Return an array of ``size`` with the first ``used`` elements of this one (in kernels).

    Copying a slice would compile the message for shapes that do not fit, which takes seconds.
    """
    new = np.empty(size, array.dtype)
    for i in range(used):
        new[i] = array[i]
    return new
