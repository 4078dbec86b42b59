"""The native evaluator: programs run by compiled code, primitives stay Python functions.

:mod:`.word_layout` says how values lie in memory, :mod:`.interpret` evaluates, :mod:`.compile`
turns primitives into C functions over the types of :mod:`.numba_types`, :mod:`.block` calls Python
for what does not compile, and :mod:`.evaluator` is what the rest of Reverie uses.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from .evaluator import Examples, NativeEvaluator, Support, support

__all__ = ["Examples", "NativeEvaluator", "Support", "support"]


def __getattr__(name: str) -> Any:
    # Late, since importing a module of kernels compiles them: several processes share that work.
    if name not in __all__:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    from . import evaluator

    return getattr(evaluator, name)
