"""Falling back to Python: what compiled code does where it cannot compute what Python would.

The primitive ends with a status of its own, other than that of an exception, and the interpreter
then calls its Python function instead (see :mod:`.compile`). So compiled code need not know
integers beyond 64 bits, say: it only has to notice them.
"""

from __future__ import annotations

from typing import Any

from llvmlite import ir as llvm

from ....dsl import intrinsic, kernel_types

__all__ = ["LEFT_TO_PYTHON", "leave_if", "leave_with"]

LEFT_TO_PYTHON = llvm.Constant(llvm.IntType(32), 17)
"""The status of a call that is left to Python; numba's own for an exception is 16."""


def leave_with(context: Any, builder: Any) -> None:
    """Emit the end of a function whose call is left to Python."""
    convention = context.call_conv
    convention.set_static_user_exc(builder, OverflowError, ())
    convention._return_errcode_raw(builder, LEFT_TO_PYTHON)


@intrinsic
def leave_if(typingctx: Any, condition: Any) -> Any:
    """Leave the call of the primitive to Python, if a condition holds (compiled code only)."""

    def codegen(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
        with builder.if_then(arguments[0], likely=False):
            leave_with(context, builder)
        return context.get_dummy_value()

    return kernel_types.void(kernel_types.boolean), codegen
