"""The internals of numba that compiling primitives takes, for type checkers: they have any type.

Everything else of numba comes from :mod:`reverie.dsl.support.jit`.
"""

from __future__ import annotations

from typing import Any

import numba
import numba.core.compiler
import numba.core.compiler_machinery
import numba.core.imputils
import numba.core.ir
import numba.core.lowering
import numba.core.typed_passes
import numba.core.typing.templates
import numba.core.untyped_passes
import numba.extending

__all__ = [
    "compiler",
    "extending",
    "imputils",
    "ir",
    "lowering",
    "machinery",
    "passes",
    "signature",
    "typed_passes",
]

compiler: Any = numba.core.compiler
extending: Any = numba.extending
imputils: Any = numba.core.imputils
ir: Any = numba.core.ir
lowering: Any = numba.core.lowering
machinery: Any = numba.core.compiler_machinery
passes: Any = numba.core.untyped_passes
signature: Any = numba.core.typing.templates.signature
typed_passes: Any = numba.core.typed_passes
