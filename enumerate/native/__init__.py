"""The native evaluator: programs run by compiled code, primitives stay Python functions.

:mod:`.layout` says how values lie in memory, :mod:`.interpret` evaluates, :mod:`.compile` turns
primitives into C functions over the types of :mod:`.bridge`, :mod:`.heap` calls Python for what
does not compile, and :mod:`.evaluator` is what the rest of Reverie uses.
"""

from .evaluator import Examples, NativeEvaluator, Support, support

__all__ = ["Examples", "NativeEvaluator", "Support", "support"]
