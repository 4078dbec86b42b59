"""Integer arithmetic that raises where 64 bits do not suffice, as Python's never needs to.

A primitive's integers are below 2**31, so one product or a few sums fit 64 bits and cost nothing
extra. Only functions in which numbers could grow further (:func:`may_overflow`) are compiled with
checks: a pass over numba's intermediate code replaces the operators before types are inferred. Such
a function is called in Python instead when it raises: it may be that only 64 bits were too few.
"""

from __future__ import annotations

import dis
import operator
import types as python_types
from typing import Any

from ....dsl import intrinsic, kernel_types, overload
from .exception_cleanup import with_passes
from .loop_interrupts import WatchLoops, has_loops
from .numba_internals import ir, machinery

__all__ = ["MISREAD", "compiler_for", "may_overflow"]

MISREAD = frozenset(
    {"upper", "lower", "title", "capitalize", "swapcase", "casefold"}
    | {"isalpha", "isalnum", "isupper", "isprintable", "isidentifier"}
)
"""Methods of strings that numba (0.68) gets wrong for some characters: they run in Python."""

_GROWING = {"*", "**", "<<", "*=", "**=", "<<="}
_ADDING = {"+", "-", "+=", "-="}
_CONSTANT = {"LOAD_CONST", "LOAD_SMALL_INT"}


def may_overflow(code: python_types.CodeType) -> bool:
    """Say whether a function's integers may need more than 64 bits, given small ones.

    That is so if it multiplies and computes anything besides one product, or if it adds up more
    than constants in a loop: numbers that are doubled, or Fibonacci's, grow as fast as powers.
    """
    growing = adding = summing = 0
    loops = has_loops(code)
    pending = [code]
    while pending:
        code = pending.pop()
        before = ""
        for instruction in dis.get_instructions(code):
            if instruction.opname == "BINARY_OP":
                growing += instruction.argrepr in _GROWING
                adding += instruction.argrepr in _ADDING
                summing += instruction.argrepr in _ADDING and before not in _CONSTANT
            before = instruction.opname
        pending += [c for c in code.co_consts if isinstance(c, python_types.CodeType)]
    return growing > 1 or (growing == 1 and (loops or adding > 0)) or (loops and summing > 0)


def multiply(left: Any, right: Any) -> Any:
    """Multiply."""
    return left * right


def add(left: Any, right: Any) -> Any:
    """Add."""
    return left + right


def add_to(left: Any, right: Any) -> Any:
    """Add to; a list that is added to stays the same list."""
    left += right
    return left


def subtract(left: Any, right: Any) -> Any:
    """Subtract."""
    return left - right


def power(left: Any, right: Any) -> Any:
    """Raise to a power; not compiled for integers, whose result may be an integer or a real."""
    return left**right


def shift(left: Any, right: Any) -> Any:
    """Shift left."""
    return left << right


def _checking(name: str) -> Any:
    @intrinsic
    def compute(typingctx: Any, left: Any, right: Any) -> Any:
        def codegen(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
            pair = getattr(builder, name)(*arguments)
            value, overflow = builder.extract_value(pair, 0), builder.extract_value(pair, 1)
            with builder.if_then(overflow, likely=False):
                context.call_conv.return_user_exc(builder, OverflowError, ("beyond 64 bits",))
            return value

        return kernel_types.int64(kernel_types.int64, kernel_types.int64), codegen

    return compute


def _integers(left: Any, right: Any) -> bool:
    return isinstance(left, kernel_types.Integer) and isinstance(right, kernel_types.Integer)


def _register(function: Any, plain: Any, name: str) -> None:
    compute = _checking(name)

    @overload(function)
    def choose(left: Any, right: Any) -> Any:
        if _integers(left, right):
            return lambda left, right: compute(left, right)  # noqa: PLW0108 - compute is an intrinsic
        return plain


_register(multiply, lambda left, right: left * right, "smul_with_overflow")
_register(add, lambda left, right: left + right, "sadd_with_overflow")
_register(add_to, add_to, "sadd_with_overflow")
_register(subtract, lambda left, right: left - right, "ssub_with_overflow")


@overload(power)
def _power(left: Any, right: Any) -> Any:
    return None if _integers(left, right) else lambda left, right: left**right


@overload(shift)
def _shift(left: Any, right: Any) -> Any:
    return None  # Python then computes it, with integers of any size


_REPLACED = {
    operator.mul: multiply,
    operator.imul: multiply,
    operator.add: add,
    operator.iadd: add_to,
    operator.sub: subtract,
    operator.isub: subtract,
    operator.pow: power,
    operator.ipow: power,
    operator.lshift: shift,
    operator.ilshift: shift,
}


@machinery.register_pass(mutates_CFG=False, analysis_only=False)
class CheckArithmetic(machinery.FunctionPass):  # type: ignore[misc]
    """Replace the operators that may go beyond 64 bits."""

    _name = "reverie_check_arithmetic"

    def __init__(self) -> None:
        super().__init__()

    def run_pass(self, state: Any) -> bool:
        changed = False
        for block in state.func_ir.blocks.values():
            for statement in block.find_insts(ir.Assign):
                value = statement.value
                if isinstance(value, ir.Expr) and value.op in ("binop", "inplace_binop"):
                    replacement = _REPLACED.get(value.fn)
                    if replacement is not None:
                        statement.value = ir.Expr(
                            op="binop",
                            loc=value.loc,
                            fn=replacement,
                            lhs=value.lhs,
                            rhs=value.rhs,
                            static_lhs=ir.UNDEFINED,
                            static_rhs=ir.UNDEFINED,
                        )
                        changed = True
        return changed


_COMPILERS = {
    (False, False): with_passes(),
    (False, True): with_passes(WatchLoops),
    (True, False): with_passes(CheckArithmetic),
    (True, True): with_passes(CheckArithmetic, WatchLoops),
}


def compiler_for(code: python_types.CodeType) -> Any:
    """Return the compiler for a function, with the passes that it needs."""
    return _COMPILERS[may_overflow(code), has_loops(code)]
