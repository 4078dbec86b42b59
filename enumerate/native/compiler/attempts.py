"""How a compiled primitive ends: with a value, with a failure, or by leaving the call to Python."""

from __future__ import annotations

from typing import Any

from llvmlite import ir as llvm

from ....dsl import intrinsic, kernel_types
from ..memory.block_access import POINTER
from ..memory.word_layout import ASK_PYTHON, ERROR, FUEL
from .leaving import LEFT_TO_PYTHON
from .loop_interrupts import alarm_is_set

__all__ = ["attempted"]

_WORD = llvm.IntType(64)


def attempted(inner: Any) -> Any:
    """Return what calls a compiled function and gives its word, or one that says how it ended.

    That is the poison value after an exception, and :data:`~.word_layout.ASK_PYTHON` where the call
    is left to Python. In the latter case the fuel is what it was before: Python begins anew.
    """

    @intrinsic
    def attempt(
        typingctx: Any, memory: Any, depth: Any, first: Any, second: Any, third: Any, fourth: Any
    ) -> Any:
        def codegen(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
            compiled = inner.get_compile_result(signature)
            context.active_code_library.add_linking_library(compiled.library)
            place = builder.gep(arguments[0], [llvm.Constant(_WORD, FUEL)])
            before = builder.load(place)
            status, value = context.call_internal_no_propagate(
                builder, compiled.fndesc, signature, arguments
            )
            left = builder.and_(
                status.is_error, builder.icmp_signed("==", status.code, LEFT_TO_PYTHON)
            )
            after = builder.load(place)
            exhausted = builder.icmp_signed("<", after, llvm.Constant(_WORD, 0))
            again = builder.and_(left, builder.not_(exhausted))
            builder.store(builder.select(again, before, after), place)
            # The watchdog learns from the call which primitive it was that had to be stopped.
            asked = builder.or_(left, alarm_is_set(context, builder))
            failed = builder.select(
                asked, llvm.Constant(_WORD, ASK_PYTHON), llvm.Constant(_WORD, ERROR)
            )
            return builder.select(status.is_error, failed, value)

        return kernel_types.int64(POINTER, *[kernel_types.int64] * 5), codegen

    return attempt
