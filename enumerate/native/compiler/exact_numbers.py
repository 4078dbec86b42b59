"""Numbers in compiled code with exactly Python's meaning; beyond 64 bits, Python runs.

Machine integers wrap where Python's grow. Each function here computes what Python computes, raises
where Python raises, or leaves the call to Python (:mod:`.leaving`). Where integers and reals are
compared, or integers divided, the integers must be reals themselves: up to 2**53.
"""

from __future__ import annotations

import operator
from typing import Any

from ....dsl import intrinsic, kernel_types, overload
from .exact_conversions import round_down, round_half_even, round_up, to_real, to_whole
from .exact_functions import absolute, real_power, real_quotient, real_remainder
from .leaving import leave_if, leave_with
from .number_kinds import exact, is_mixed, is_real, is_whole, wholes, widen

__all__ = [
    "exact",
    "is_real",
    "is_whole",
    "round_down",
    "round_half_even",
    "round_up",
    "to_real",
    "to_whole",
    "wholes",
    "widen",
]


# ---- integers -----------------------------------------------------------------------------------


def _checked(name: str) -> Any:
    @intrinsic
    def compute(typingctx: Any, left: Any, right: Any) -> Any:
        def codegen(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
            pair = getattr(builder, name)(*arguments)
            value, overflow = builder.extract_value(pair, 0), builder.extract_value(pair, 1)
            with builder.if_then(overflow, likely=False):
                leave_with(context, builder)
            return value

        return kernel_types.int64(kernel_types.int64, kernel_types.int64), codegen

    return compute


whole_sum = _checked("sadd_with_overflow")
whole_difference = _checked("ssub_with_overflow")
whole_product = _checked("smul_with_overflow")


def add(left: Any, right: Any) -> Any:
    """Add numbers, join lists."""
    raise NotImplementedError


def subtract(left: Any, right: Any) -> Any:
    """Subtract."""
    raise NotImplementedError


def multiply(left: Any, right: Any) -> Any:
    """Multiply numbers, repeat lists."""
    raise NotImplementedError


def divide(left: Any, right: Any) -> Any:
    """Divide."""
    raise NotImplementedError


def divide_down(left: Any, right: Any) -> Any:
    """Floor division."""
    raise NotImplementedError


def remainder(left: Any, right: Any) -> Any:
    """Take the remainder, with the sign of the divisor."""
    raise NotImplementedError


def power(left: Any, right: Any) -> Any:
    """Raise to a power."""
    raise NotImplementedError


def shift_left(left: Any, right: Any) -> Any:
    """Shift left."""
    raise NotImplementedError


def shift_right(left: Any, right: Any) -> Any:
    """Shift right."""
    raise NotImplementedError


@overload(add)
def _add(left: Any, right: Any) -> Any:
    if wholes(left, right):
        return lambda left, right: whole_sum(widen(left), widen(right))
    return (lambda left, right: float(left) + float(right)) if is_mixed(left, right) else None


@overload(subtract)
def _subtract(left: Any, right: Any) -> Any:
    if wholes(left, right):
        return lambda left, right: whole_difference(widen(left), widen(right))
    return (lambda left, right: float(left) - float(right)) if is_mixed(left, right) else None


@overload(multiply)
def _multiply(left: Any, right: Any) -> Any:
    if wholes(left, right):
        return lambda left, right: whole_product(widen(left), widen(right))
    return (lambda left, right: float(left) * float(right)) if is_mixed(left, right) else None


@overload(divide)
def _divide(left: Any, right: Any) -> Any:
    def real(left: Any, right: Any) -> float:
        if float(right) == 0.0:
            raise ZeroDivisionError
        return float(left) / float(right)

    def whole(left: Any, right: Any) -> float:
        if widen(right) == 0:
            raise ZeroDivisionError
        return exact(left) / exact(right)

    if wholes(left, right):
        return whole
    return real if is_mixed(left, right) else None


@overload(divide_down)
def _divide_down(left: Any, right: Any) -> Any:
    def whole(left: Any, right: Any) -> int:
        one, other = widen(left), widen(right)
        if other == 0:
            raise ZeroDivisionError
        if other == -1:  # the only quotient that may not fit
            return whole_difference(0, one)  # type: ignore[no-any-return]
        return one // other  # type: ignore[no-any-return]

    if wholes(left, right):
        return whole
    if is_mixed(left, right):
        return lambda left, right: real_quotient(float(left), float(right))
    return None


@overload(remainder)
def _remainder(left: Any, right: Any) -> Any:
    def whole(left: Any, right: Any) -> int:
        one, other = widen(left), widen(right)
        if other == 0:
            raise ZeroDivisionError
        if other == -1:
            return 0
        return one % other  # type: ignore[no-any-return]

    if wholes(left, right):
        return whole
    if is_mixed(left, right):
        return lambda left, right: real_remainder(float(left), float(right))
    return None


@overload(shift_left)
def _shift_left(left: Any, right: Any) -> Any:
    def shift(left: Any, right: Any) -> int:
        one, other = widen(left), widen(right)
        if other < 0:
            raise ValueError
        if one == 0:
            return 0
        leave_if(other > 62)
        shifted = one << other
        leave_if(shifted >> other != one)
        return shifted  # type: ignore[no-any-return]

    return shift if wholes(left, right) else None


@overload(shift_right)
def _shift_right(left: Any, right: Any) -> Any:
    def shift(left: Any, right: Any) -> int:
        one, other = widen(left), widen(right)
        if other < 0:
            raise ValueError
        if other > 63:
            other = 63
        return one >> other  # type: ignore[no-any-return]

    return shift if wholes(left, right) else None


@overload(power)
def _power(left: Any, right: Any) -> Any:
    def whole(left: Any, right: Any) -> int:
        base, exponent = widen(left), widen(right)
        leave_if(exponent < 0)  # a real, then
        result = 1
        while exponent > 0:
            if exponent & 1:
                result = whole_product(result, base)
            exponent >>= 1
            if exponent > 0:
                leave_if(base > 3037000499 or base < -3037000499)
                base = base * base
        return result

    if wholes(left, right):
        return whole
    if is_mixed(left, right):
        return lambda left, right: real_power(float(left), float(right))
    return None


# ---- bits ---------------------------------------------------------------------------------------


def both_bits(left: Any, right: Any) -> Any:
    """Bitwise and."""
    raise NotImplementedError


def either_bits(left: Any, right: Any) -> Any:
    """Bitwise or."""
    raise NotImplementedError


def different_bits(left: Any, right: Any) -> Any:
    """Bitwise exclusive or."""
    raise NotImplementedError


def _truths(left: Any, right: Any) -> bool:
    return isinstance(left, kernel_types.Boolean) and isinstance(right, kernel_types.Boolean)


@overload(both_bits)
def _both_bits(left: Any, right: Any) -> Any:
    if _truths(left, right):
        return lambda left, right: left & right
    return (lambda left, right: widen(left) & widen(right)) if wholes(left, right) else None


@overload(either_bits)
def _either_bits(left: Any, right: Any) -> Any:
    if _truths(left, right):
        return lambda left, right: left | right
    return (lambda left, right: widen(left) | widen(right)) if wholes(left, right) else None


@overload(different_bits)
def _different_bits(left: Any, right: Any) -> Any:
    if _truths(left, right):
        return lambda left, right: left != right
    return (lambda left, right: widen(left) ^ widen(right)) if wholes(left, right) else None


# ---- one number ---------------------------------------------------------------------------------


def negate(value: Any) -> Any:
    """Change the sign."""
    raise NotImplementedError


def keep_sign(value: Any) -> Any:
    """Unary plus: the number itself; of a truth value, an integer."""
    raise NotImplementedError


def invert(value: Any) -> Any:
    """Bitwise complement."""
    raise NotImplementedError


def magnitude(value: Any) -> Any:
    """Return the absolute value."""
    raise NotImplementedError


@overload(negate)
def _negate(value: Any) -> Any:
    if is_whole(value):
        return lambda value: whole_difference(0, widen(value))
    return (lambda value: -value) if is_real(value) else None


@overload(keep_sign)
def _keep_sign(value: Any) -> Any:
    if is_whole(value):
        return lambda value: widen(value)  # noqa: PLW0108 - an intrinsic is called, not passed on
    return (lambda value: value) if is_real(value) else None


@overload(invert)
def _invert(value: Any) -> Any:
    return (lambda value: -1 - widen(value)) if is_whole(value) else None


@overload(magnitude)
def _magnitude(value: Any) -> Any:
    def whole(value: Any) -> int:
        number = widen(value)
        return whole_difference(0, number) if number < 0 else number  # type: ignore[no-any-return]

    if is_whole(value):
        return whole
    return (lambda value: absolute(value)) if is_real(value) else None  # noqa: PLW0108


# ---- comparisons --------------------------------------------------------------------------------


def equals(left: Any, right: Any) -> bool:
    """Say whether two values are equal."""
    raise NotImplementedError


def differs(left: Any, right: Any) -> bool:
    """Say whether two values differ."""
    raise NotImplementedError


def is_less(left: Any, right: Any) -> bool:
    """Compare."""
    raise NotImplementedError


def is_at_most(left: Any, right: Any) -> bool:
    """Compare."""
    raise NotImplementedError


def is_more(left: Any, right: Any) -> bool:
    """Compare."""
    raise NotImplementedError


def is_at_least(left: Any, right: Any) -> bool:
    """Compare."""
    raise NotImplementedError


def _register_comparison(function: Any, compare: Any) -> None:
    def mixed(left: Any, right: Any) -> bool:
        if float(left) - float(left) == 0.0 and float(right) - float(right) == 0.0:
            return compare(exact(left), exact(right))  # type: ignore[no-any-return]
        return compare(float(left), float(right))  # type: ignore[no-any-return]

    @overload(function)
    def choose(left: Any, right: Any) -> Any:
        if wholes(left, right):
            return lambda left, right: compare(widen(left), widen(right))
        if is_real(left) and is_real(right):
            return lambda left, right: compare(left, right)  # noqa: PLW0108 - numba wants it
        return mixed if is_mixed(left, right) else None


COMPARISONS = {
    equals: operator.eq,
    differs: operator.ne,
    is_less: operator.lt,
    is_at_most: operator.le,
    is_more: operator.gt,
    is_at_least: operator.ge,
}
"""What computes comparisons, and of what."""

for _function, _compare in COMPARISONS.items():
    _register_comparison(_function, _compare)
