"""Compiled primitives that release their references when they fail, so that no memory leaks.

Where a call raises, numba returns at once and never decrements the reference counts of the
function's variables: a list on the heap, the result of a comprehension whose body fails say, leaks.
Here every error path leads through one block at the function's end, which releases all variables
first; those that hold no reference yet, or none any more, are null there. What is computed stays
the same, and calls that succeed do nothing more than before.

What an exception says is dropped: nobody reads it, and numba would allocate it. Not covered are
lists within functions of numba's own.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Any

import numba.core.config
from llvmlite import ir as llvm

from .numba_internals import compiler, ir, lowering, machinery, passes, typed_passes

__all__ = ["releasing", "with_passes"]

_config: Any = numba.core.config

_SUCCESS = (0, -2)
"""Numba's codes for a value that is returned, and for None."""


class _Lower(lowering.Lower):  # type: ignore[misc]
    """Makes machine code of a function, with the block that releases its variables."""

    def _find_singly_assigned_variable(self) -> None:
        super()._find_singly_assigned_variable()
        # These would have no place where the last block could find them.
        counted = {name for name in self._singly_assigned_vars if self._is_counted(name)}
        self._singly_assigned_vars -= counted

    def _is_counted(self, name: str) -> bool:
        return bool(self.context.data_model_manager[self.typeof(name)].contains_nrt_meminfo())

    def lower_normal_function(self, fndesc: Any) -> None:
        super().lower_normal_function(fndesc)
        held = [name for name in self.varmap if self._is_counted(name)]
        failing = [block for block in self.function.blocks if _fails(block)]
        if not held or not failing:
            return
        last = self.function.append_basic_block("release")
        self.builder.position_at_end(last)
        code = self.builder.phi(llvm.IntType(32))
        for block in failing:
            code.add_incoming(block.terminator.operands[0], block)
            self._go_to(block, last)
        self.builder.position_at_end(last)
        for name in held:
            self.decref(self.typeof(name), self.builder.load(self.varmap[name]))
        self.builder.ret(code)

    def _go_to(self, block: Any, last: Any) -> None:
        """Let a block end in another, instead of in a return."""
        block.instructions.remove(block.terminator)
        block.terminator = None
        self.builder.position_at_end(block)
        self.builder.branch(last)


def _fails(block: Any) -> bool:
    """Say whether a block of machine code returns an error."""
    end = block.terminator
    if not isinstance(end, llvm.Ret):
        return False
    code = end.operands[0]
    return not (isinstance(code, llvm.Constant) and code.constant in _SUCCESS)


@machinery.register_pass(mutates_CFG=True, analysis_only=False)
class _Lowering(typed_passes.NativeLowering):  # type: ignore[misc]
    _name = "reverie_lowering"

    @property
    def lowering_class(self) -> Any:
        return _Lower


_WITHOUT_WORDS = {ir.DynamicRaise: ir.StaticRaise, ir.DynamicTryRaise: ir.StaticTryRaise}


@machinery.register_pass(mutates_CFG=False, analysis_only=False)
class _SayNothing(machinery.FunctionPass):  # type: ignore[misc]
    """Drop what exceptions say."""

    _name = "reverie_say_nothing"

    def __init__(self) -> None:
        super().__init__()

    def run_pass(self, state: Any) -> bool:
        changed = False
        for block in state.func_ir.blocks.values():
            for position, statement in enumerate(block.body):
                if bare := _WITHOUT_WORDS.get(type(statement)):
                    block.body[position] = bare(statement.exc_class, None, statement.loc)
                    changed = True
        return changed


def with_passes(
    *added: Any, replaced: Mapping[Any, Any] | None = None, typed: Sequence[Any] = ()
) -> Any:
    """Return numba's compiler with the block above.

    Args:
        added: passes to run before types are inferred.
        replaced: passes of numba's, and what to run instead.
        typed: passes to run after types are inferred.
    """
    instead = {typed_passes.NativeLowering: _Lowering, **(replaced or {})}

    class Compiler(compiler.CompilerBase):  # type: ignore[misc]
        def define_pipelines(self) -> list[Any]:
            manager = compiler.DefaultPassBuilder.define_nopython_pipeline(self.state)
            for one in (_SayNothing, *added):
                manager.add_pass_after(one, passes.ReconstructSSA)
            for one in typed:
                manager.add_pass_after(one, typed_passes.NopythonTypeInference)
            manager.passes = [(instead.get(one, one), said) for one, said in manager.passes]
            manager.finalize()
            return [manager]

    return Compiler


@contextmanager
def releasing() -> Iterator[None]:
    """Within this context, compile functions that release their variables when they fail.

    Numba removes counts of references in pairs; one of its ways to do that takes for granted that
    nothing is given up on the way out with an error.
    """
    before = _config.LLVM_REFPRUNE_FLAGS
    _config.LLVM_REFPRUNE_FLAGS = "per_bb,diamond,fanout"
    try:
        yield
    finally:
        _config.LLVM_REFPRUNE_FLAGS = before
