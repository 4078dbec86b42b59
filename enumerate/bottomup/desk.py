"""Setting up the evaluator's block for one task: inputs, points, and bodies of functions.

One evaluator is kept for the library that was used last, so that tasks of one language share its
compiled primitives and its block.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ...dsl.interpreter import Limits
from ...dsl.library import Library
from ...dsl.task import Task
from ...dsl.types import Type
from ..encoding import variable_token
from ..native import NativeEvaluator, layout
from ..native.batch import read_program
from ..native.layout import ARITY_SHIFT, DATA_SHIFT, SIZE_SHIFT
from .bodies import enter_body
from .points import Pools, choose_points, pools
from .record import (
    DESK_BODIES,
    DESK_CELLS,
    DESK_END,
    DESK_ENTRY,
    DESK_INTERNED,
    DESK_LASTING,
    DESK_MEMO,
    DESK_SALT,
    DESK_WORDS,
    MEMO_SIZE,
    MOST_ARGUMENTS,
    SCRATCH,
)

__all__ = ["Desk", "open_desk"]

Words = NDArray[np.int64]

BLOCK_WORDS = 1 << 26
"""The block's size: address space only, until it is used."""

_last: tuple[Library, Limits, NativeEvaluator] | None = None
_memo = np.zeros(2 * MEMO_SIZE, np.int64)
_salt = 0


class Desk:
    """One task in the block.

    Attributes:
        at: the desk's offset, see :mod:`.record`.
        goal: int64[examples], the outputs' words.
    """

    def __init__(self, evaluator: NativeEvaluator, task: Task) -> None:
        global _salt
        self.evaluator = evaluator
        self.heap = heap = evaluator.heap
        self.task = task
        self._pools: dict[tuple[Type, ...], list[Pools]] = {}
        self.at = heap.allocate(DESK_WORDS)
        self._calls = [self._call(p) for p in range(len(evaluator.library))]
        self._frames = [self._frame(example.inputs, 0) for example in task.examples]
        self.goal = np.array([heap.encode(e.output) for e in task.examples], np.int64)
        _salt += 1
        memory = heap.memory
        memory[self.at + DESK_MEMO] = _memo.ctypes.data
        memory[self.at + DESK_SALT] = _salt * 0x9E3779B97F4A7C1 & (1 << 62) - 1
        for j in range(MOST_ARGUMENTS):
            cell = self.at + DESK_CELLS + 2 * j
            memory[cell], memory[cell + 1] = layout.ERROR, cell + 2 if j + 1 < MOST_ARGUMENTS else 0
        memory[layout.END] = memory[self.at + DESK_INTERNED] = self.interned
        memory[self.at + DESK_END] = len(heap.words)
        self._write_bodies()
        self._keep()

    def _write_bodies(self) -> None:
        """Write nodes that call the interpreter of nodes as if it were a compiled primitive."""
        memory = self.heap.memory
        table = memory[layout.PRODUCTIONS]
        entry = self.at + DESK_ENTRY
        place = (entry + 1 - table) // 2
        memory[table + 2 * place + 1] = enter_body.address
        for arity in (1, 2, 3):
            at = self.at + DESK_BODIES + 5 * (arity - 1)
            count = arity + 1
            memory[at] = (
                layout.NATIVE
                | count << ARITY_SHIFT
                | (count + 1) << SIZE_SHIFT
                | place << DATA_SHIFT
            )
            # The cell that says what to run lies behind the function's arguments.
            for j, index in enumerate([arity, *range(arity)]):
                memory[at + 1 + j] = layout.VARIABLE | 1 << SIZE_SHIFT | index << DATA_SHIFT

    def _call(self, production: int) -> int:
        """Write a production applied to ``$0``, ``$1``, ...; return its offset."""
        arity = self.evaluator.library.productions[production].arity
        tokens = np.array([production, *(variable_token(j, 0) for j in range(arity))], np.int16)
        at = self.heap.allocate(2 * len(tokens) + 2)
        if not read_program(self.heap.address, tokens, at):
            raise ValueError(f"{self.evaluator.library.productions[production].name}: no node")
        return at

    def _frame(self, values: tuple[Any, ...], environment: int) -> int:
        """Write an environment; the last value becomes ``$0``."""
        for value in values:
            cell = self.heap.allocate(2)
            self.heap.memory[cell] = self.heap.encode(value)
            self.heap.memory[cell + 1] = environment
            environment = cell
        return environment

    def call(self, production: int) -> int:
        """Return the offset of a production applied to variables."""
        return self._calls[production]

    def points(self, scope: tuple[Type, ...], types: tuple[Type, ...]) -> list[tuple[int, int]]:
        """Write the points of a scope; return for each its example and its environment.

        Args:
            scope: types of the lambda-bound variables, ``$0`` first; none gives the examples.
            types: all ground types.
        """
        if not scope:
            return list(enumerate(self._frames))
        if types not in self._pools:
            self._pools[types] = [pools(self.task, e, types) for e in range(len(self.goal))]
        chosen = choose_points(self.task, scope, self._pools[types])
        memory = self.heap.memory
        memory[layout.TOP] = memory[layout.BASE]
        found = [(e, self._frame(values[::-1], self._frames[e])) for e, values in chosen]
        self._keep()
        return found

    def _keep(self) -> None:
        """Let scratch begin after all that was written so far."""
        self.heap.keep()
        self.heap.memory[self.at + DESK_LASTING] = self.heap.memory[layout.BASE]

    @property
    def interned(self) -> int:
        """The offset from which interned values lie."""
        return self.at + LASTING + SCRATCH


LASTING = 1 << 18
"""Words for inputs and points, before scratch begins."""


@contextmanager
def open_desk(library: Library, limits: Limits, task: Task) -> Iterator[Desk]:
    """Set up a task, and clear it away at the end."""
    global _last
    if _last is None or _last[0] is not library or _last[1] != limits:
        _last = library, limits, NativeEvaluator(library, limits, words=BLOCK_WORDS)
    evaluator = _last[2]
    heap = evaluator.heap
    heap.memory[layout.TOP] = heap.memory[layout.BASE]
    mark = heap.mark()
    try:
        yield Desk(evaluator, task)
    finally:
        heap.memory[layout.END] = len(heap.words)
        heap.release(mark)
