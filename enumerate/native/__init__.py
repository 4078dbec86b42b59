"""The native evaluator: programs run by compiled code, primitives stay Python functions."""

from .evaluator import Examples, NativeEvaluator, Support

__all__ = ["Examples", "NativeEvaluator", "Support"]
