"""Interrupting compiled primitives: their loops poll a flag, the alarm, and raise once it is set.

The alarm is one word of this process. A pass over numba's intermediate code has it read at the end
of each loop of a primitive, and of each Python function that it calls; a load and a branch that is
predicted cost next to nothing. Loops inside numba's own functions do not poll it.
"""

from __future__ import annotations

import ctypes
from typing import Any

import llvmlite.binding
import numba.core.analysis
from llvmlite import ir as llvm

from ....dsl import cfunc, intrinsic, kernel_types
from ..memory.word_layout import ERROR, Memory
from .numba_internals import extending, ir, machinery

__all__ = ["ALARM", "WatchLoops", "alarm_is_set", "always_fails", "look_at_alarm"]

ALARM = ctypes.c_int64(0)
"""Not 0 while some compiled primitive is to stop."""

_NAME = "reverie_alarm"
llvmlite.binding.add_symbol(_NAME, ctypes.addressof(ALARM))  # compiled code finds it by this name

_analysis: Any = numba.core.analysis


def alarm_is_set(context: Any, builder: Any) -> Any:
    """Emit an atomic read of the alarm, which the optimizer may not move out of the loop."""
    place = context.get_c_value(builder, llvm.IntType(64), _NAME)
    word = builder.load_atomic(place, "monotonic", 8)
    return builder.icmp_unsigned("!=", word, word.type(0))


def look_at_alarm() -> None:
    """Raise if the alarm is set (compiled code only)."""
    raise NotImplementedError


@intrinsic
def _look(typingctx: Any) -> Any:
    def codegen(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
        with builder.if_then(alarm_is_set(context, builder), likely=False):
            context.call_conv.return_user_exc(builder, TimeoutError, ("interrupted",))
        return context.get_dummy_value()

    return kernel_types.void(), codegen


@extending.overload(look_at_alarm)
def _look_at_alarm() -> Any:
    return lambda: _look()  # noqa: PLW0108 - an intrinsic is called, not passed on


@cfunc("int64(CPointer(int64), int64, int64, int64, int64, int64)")
def always_fails(memory: Memory, depth: int, a: int, b: int, c: int, d: int) -> int:
    """Fail always: what replaces a primitive that had to be stopped."""
    return ERROR


@machinery.register_pass(mutates_CFG=False, analysis_only=False)
class WatchLoops(machinery.FunctionPass):  # type: ignore[misc]
    """Have each loop poll the alarm before its next iteration."""

    _name = "reverie_watch_loops"

    def __init__(self) -> None:
        super().__init__()

    def run_pass(self, state: Any) -> bool:
        blocks = state.func_ir.blocks
        loops = _analysis.compute_cfg_from_blocks(blocks).loops().values()
        ends = {
            label for loop in loops for label in loop.body if loop.header in _targets(blocks[label])
        }
        for label in ends:
            block = blocks[label]
            loc, scope = block.loc, block.scope
            function = scope.redefine("$look_at_alarm", loc)
            result = scope.redefine("$looked", loc)
            called = ir.Expr.call(function, (), (), loc)
            for statement in (
                ir.Assign(ir.Global("look_at_alarm", look_at_alarm, loc), function, loc),
                ir.Assign(called, result, loc),
            ):
                block.insert_before_terminator(statement)
        return bool(ends)


def _targets(block: Any) -> Any:
    return block.terminator.get_targets()
