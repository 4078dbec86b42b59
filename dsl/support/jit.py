"""Compiled functions: numba's decorators and types, as every room uses them.

The one place where the package meets numba, but for the compiler passes of
:mod:`reverie.enumerate.native.compiler`. Machine code is kept by content: see :mod:`.code_cache`.

Nothing in this room is compiled; the module stands here because every room above may need it.
"""

from __future__ import annotations

import importlib.util
import inspect
import sys
import typing
from collections.abc import Callable
from typing import Any, TypeVar

import numba
import numba.core.ccallback
import numba.core.cgutils
import numba.core.compiler_lock
import numba.core.sigutils
import numba.core.typeinfer
import numba.extending

from .checked_cache import CheckedCache
from .code_cache import ContentCache, own_names_of

__all__ = [
    "cfunc",
    "cfunc_besides",
    "cgutils",
    "from_dtype",
    "intrinsic",
    "kernel",
    "kernel_types",
    "njit",
    "overload",
    "record_type",
]

# What numba makes has any type.
ccallback: Any = numba.core.ccallback
cgutils: Any = numba.core.cgutils
compiler_lock: Any = numba.core.compiler_lock.global_compiler_lock
from_dtype: Any = numba.from_dtype
extending: Any = numba.extending
intrinsic: Any = extending.intrinsic
kernel_types: Any = numba.types
sigutils: Any = numba.core.sigutils
typeinfer: Any = numba.core.typeinfer

Function = TypeVar("Function", bound=Callable[..., Any])


def _leave_linear_algebra_for_later() -> None:
    """Let numba not import scipy's linear algebra before compiled code multiplies matrices.

    It does so just to see whether it is there, which takes a tenth of a second of each start.
    """
    if "numba.np.arraymath" in sys.modules or "scipy.linalg" in sys.modules:
        return
    modules: Any = sys.modules
    modules["scipy.linalg"] = None  # what raises ImportError
    try:
        arraymath: Any = importlib.import_module("numba.np.arraymath")
    finally:
        del modules["scipy.linalg"]
    arraymath._HAVE_BLAS = importlib.util.find_spec("scipy") is not None


_leave_linear_algebra_for_later()


# ---- types --------------------------------------------------------------------------------------


def record_type(kind: type, *fields: Any) -> Any:
    """Return the type of a named tuple, as kernels take it, with fields of these types."""
    return kernel_types.NamedTuple(fields, kind)


# ---- decorators ---------------------------------------------------------------------------------


def _under_own_names(compile_: Callable[..., Any], function: Any) -> Callable[..., Any]:
    """Let what is compiled on its first call, perhaps by one thread of several, have own names."""

    def compile_named(*signature: Any) -> Any:
        with compiler_lock, own_names_of(function):
            return compile_(*signature)

    return compile_named


@typing.overload
def njit(function: Function, /) -> Function: ...
@typing.overload
def njit(*signature: str | tuple[Any, ...], **options: Any) -> Callable[[Function], Function]: ...
def njit(*given: Any, **options: Any) -> Any:
    """Compile a function: ``numba.njit``, but that ``cache=True`` keeps the code by content.

    With a signature (text, or numba's types) it is compiled, or taken from the cache, right now;
    else when it is called.
    """
    if given and inspect.isfunction(given[0]):
        return numba.njit(given[0])
    kept = options.pop("cache", False)

    def decorate(function: Any) -> Any:
        dispatcher = numba.njit(**options)(function)
        if kept:
            dispatcher._cache = ContentCache(function)
            dispatcher.compile = _under_own_names(dispatcher.compile, function)
        if given:
            with typeinfer.register_dispatcher(dispatcher), own_names_of(function):
                dispatcher.compile(*given)
            dispatcher.disable_compile()
        return dispatcher

    return decorate


def cfunc(signature: str) -> Callable[[Any], Any]:
    """Compile a function that C can call, now, and keep the code by content: ``numba.cfunc``."""

    def decorate(function: Any) -> Any:
        compiled = _as_cfunc(function, signature)
        compiled._cache = ContentCache(function)
        with own_names_of(function):
            compiled.compile()
        return compiled

    return decorate


def cfunc_besides(signature: str) -> Callable[[Any], Any]:
    """Do what :func:`cfunc` does, but keep the code beside the file that the function is from."""

    def decorate(function: Any) -> Any:
        compiled = _as_cfunc(function, signature)
        compiled._cache = CheckedCache(function)
        compiled.compile()
        return compiled

    return decorate


def _as_cfunc(function: Any, signature: str) -> Any:
    kind = sigutils.normalize_signature(signature)
    return ccallback.CFunc(function, kind, locals={}, options={})


def kernel(*arguments: Any) -> Callable[[Function], Function]:
    """Compile a function for arguments of these types, or take its machine code, kept by content.

    Compiled functions see arrays, numbers and named tuples of them only. Integers of any size
    become ``int64``, so each function is compiled once, whoever calls it. Other threads go on.
    """
    return njit(arguments, cache=True, nogil=True, error_model="numpy")


def overload(function: Any, **options: Any) -> Any:
    """Say what ``function`` does in compiled code; argument names and annotations may differ.

    ``options`` are those of ``njit``.
    """
    return extending.overload(function, options, strict=False)
