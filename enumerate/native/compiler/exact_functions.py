"""Functions of reals in compiled code with exactly Python's meaning.

C's mathematical functions give infinities and NaN where Python's raise, and the optimizer replaces
some by others that round differently. So they are called as Python calls them, hidden from the
optimizer, and their results are checked as CPython does.
"""

from __future__ import annotations

import math
from typing import Any

import llvmlite.binding
from llvmlite import ir as llvm

from ....dsl import cgutils, intrinsic, kernel_types, njit, overload
from .leaving import leave_if

__all__ = ["FUNCTIONS", "absolute", "real_power", "real_quotient", "real_remainder", "whole_below"]


def _processor(name: str, count: int = 1) -> Any:
    """Return a function that LLVM knows, and a processor computes."""

    @intrinsic
    def call(typingctx: Any, arguments: Any) -> Any:
        def codegen(context: Any, builder: Any, signature: Any, given: Any) -> Any:
            real = llvm.DoubleType()
            kind = llvm.FunctionType(real, [real] * count)
            function = cgutils.get_or_insert_function(builder.module, kind, name)
            numbers = [builder.extract_value(given[0], i) for i in range(count)]
            return builder.call(function, numbers)

        return kernel_types.float64(kernel_types.UniTuple(kernel_types.float64, count)), codegen

    return call


def _library(name: str, count: int = 1) -> Any:
    """Return a function of C's library, under a name that says nothing to the optimizer."""
    hidden = f"reverie_{name}"
    llvmlite.binding.add_symbol(hidden, llvmlite.binding.address_of_symbol(name))
    return _processor(hidden, count)


_floor = _processor("llvm.floor.f64")
_fabs = _processor("llvm.fabs.f64")
_copysign = _processor("llvm.copysign.f64", 2)
_fmod = _library("fmod", 2)
_pow = _library("pow", 2)
_atan2 = _library("atan2", 2)


@njit
def whole_below(x: float) -> float:
    """Return the largest real without fraction that is not above ``x``."""
    return _floor((x,))  # type: ignore[no-any-return]


@njit
def absolute(x: float) -> float:
    """Return the absolute value."""
    return _fabs((x,))  # type: ignore[no-any-return]


@njit
def _is_finite(x: float) -> bool:
    return x - x == 0.0


@njit
def real_remainder(x: float, y: float) -> float:
    """Return ``x % y``."""
    if y == 0.0:
        raise ZeroDivisionError
    rest = _fmod((x, y))
    if rest == 0.0:
        return _copysign((0.0, y))  # type: ignore[no-any-return]
    return rest + y if (y < 0.0) != (rest < 0.0) else rest  # type: ignore[no-any-return]


@njit
def real_quotient(x: float, y: float) -> float:
    """Return ``x // y``, by the same steps as CPython."""
    if y == 0.0:
        raise ZeroDivisionError
    rest = _fmod((x, y))
    quotient = (x - rest) / y
    if rest != 0.0 and (y < 0.0) != (rest < 0.0):
        quotient -= 1.0
    if quotient == 0.0:
        return _copysign((0.0, x / y))  # type: ignore[no-any-return]
    below = _floor((quotient,))
    return below + 1.0 if quotient - below > 0.5 else below  # type: ignore[no-any-return]


@njit
def real_power(x: float, y: float) -> float:
    """Return ``x ** y``."""
    leave_if(not (_is_finite(x) and _is_finite(y)))
    leave_if(x < 0.0 and y != _floor((y,)))  # a complex number
    if x == 0.0 and y < 0.0:
        raise ZeroDivisionError
    result = _pow((x, y))
    if not _is_finite(result):
        raise OverflowError
    return result  # type: ignore[no-any-return]


def _one(name: str) -> Any:
    """Return a mathematical function that raises where Python's does."""
    compute = _processor("llvm.sqrt.f64") if name == "sqrt" else _library(name)

    def function(x: Any) -> float:
        """Compute a function of a real."""
        raise NotImplementedError

    @overload(function)
    def choose(x: Any) -> Any:
        def apply(x: Any) -> float:
            value = float(x)
            result = compute((value,))
            if _is_finite(value) and not _is_finite(result):
                raise ValueError  # outside its domain, or beyond the reals
            leave_if(not _is_finite(value))
            return result  # type: ignore[no-any-return]

        return apply if _is_number(x) else None

    return function


def _is_number(kind: Any) -> bool:
    return isinstance(kind, (kernel_types.Float, kernel_types.Integer, kernel_types.Boolean))


def is_nan(x: Any) -> bool:
    """Say whether a number is none."""
    raise NotImplementedError


def is_infinite(x: Any) -> bool:
    """Say whether a number is infinite."""
    raise NotImplementedError


def is_finite(x: Any) -> bool:
    """Say whether a number is finite."""
    raise NotImplementedError


def with_sign_of(x: Any, y: Any) -> float:
    """Give a number the sign of another."""
    raise NotImplementedError


def angle(y: Any, x: Any) -> float:
    """Compute the angle of a point."""
    raise NotImplementedError


def real_magnitude(x: Any) -> float:
    """Return the absolute value, as a real."""
    raise NotImplementedError


@overload(is_nan)
def _is_nan(x: Any) -> Any:
    return (lambda x: float(x) != float(x)) if _is_number(x) else None


@overload(is_infinite)
def _is_infinite(x: Any) -> Any:
    def test(x: Any) -> bool:
        return not _is_finite(float(x)) and float(x) == float(x)

    return test if _is_number(x) else None


@overload(is_finite)
def _is_finite_number(x: Any) -> Any:
    return (lambda x: _is_finite(float(x))) if _is_number(x) else None


@overload(with_sign_of)
def _with_sign_of(x: Any, y: Any) -> Any:
    if _is_number(x) and _is_number(y):
        return lambda x, y: _copysign((float(x), float(y)))
    return None


@overload(angle)
def _angle(y: Any, x: Any) -> Any:
    return (lambda y, x: _atan2((float(y), float(x)))) if _is_number(x) and _is_number(y) else None


@overload(real_magnitude)
def _real_magnitude(x: Any) -> Any:
    return (lambda x: absolute(float(x))) if _is_number(x) else None


FUNCTIONS = {
    getattr(math, name): _one(name)
    for name in (
        *("sqrt", "exp", "log", "log2", "log10", "sinh", "cosh", "tanh"),
        *("sin", "cos", "tan", "asin", "acos", "atan"),
    )
} | {
    math.isnan: is_nan,
    math.isinf: is_infinite,
    math.isfinite: is_finite,
    math.copysign: with_sign_of,
    math.atan2: angle,
    math.fabs: real_magnitude,
}
"""Python's functions of reals, and what computes them in compiled code."""
