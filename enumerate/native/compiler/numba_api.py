"""Numba as the rest of this package uses it, for type checkers: what numba makes has any type."""

from __future__ import annotations

from collections.abc import MutableSequence
from typing import Any, TypeAlias

import numba
import numba.core.cgutils
import numba.core.compiler
import numba.core.compiler_machinery
import numba.core.imputils
import numba.core.ir
import numba.core.lowering
import numba.core.typed_passes
import numba.core.typing.templates
import numba.core.untyped_passes
import numba.extending

from ....dsl import cfunc, njit

__all__ = [
    "Memory",
    "cfunc",
    "cgutils",
    "extending",
    "from_dtype",
    "imputils",
    "intrinsic",
    "ir",
    "lowering",
    "njit",
    "overload",
    "passes",
    "signature",
    "typed_passes",
    "types",
]

Memory: TypeAlias = MutableSequence[int]
"""The block, in compiled code."""

types: Any = numba.types
from_dtype: Any = numba.from_dtype
extending: Any = numba.extending
intrinsic: Any = numba.extending.intrinsic
cgutils: Any = numba.core.cgutils
imputils: Any = numba.core.imputils
ir: Any = numba.core.ir
compiler: Any = numba.core.compiler
machinery: Any = numba.core.compiler_machinery
passes: Any = numba.core.untyped_passes
typed_passes: Any = numba.core.typed_passes
lowering: Any = numba.core.lowering
signature: Any = numba.core.typing.templates.signature


def overload(function: Any, **options: Any) -> Any:
    """Say what ``function`` does in compiled code; argument names and annotations may differ.

    ``options`` are those of ``njit``.
    """
    return extending.overload(function, options, strict=False)
