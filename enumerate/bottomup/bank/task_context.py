"""One task in the evaluator's block: inputs, goal, probe points, calls of primitives."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ....dsl import Library, Limits, Task, Type
from ...native import NativeEvaluator
from ...native.evaluator_pool import borrow
from ...native.interpreter.batch import read_program
from ...native.memory import word_layout
from ...tokens import variable_token
from .apply_primitive import DIRECT_KINDS
from .bank_layout import (
    BOUNDED,
    CELL_WORDS,
    CODE_WORDS,
    CODES,
    LEAST_VALUE,
    LONGEST_VALUE,
    LOOK_UP,
    MOST_ARGUMENTS,
    MOST_VALUE,
    SCRATCH,
)
from .codegen import look_up
from .probe_points import ProbePoints

__all__ = ["TaskContext", "open_context"]

Words = NDArray[np.int64]

LASTING = 1 << 18
"""Words for inputs and points, before scratch begins."""


class TaskContext:
    """One task in the block.

    Attributes:
        goal: int64[examples], the outputs' words.
        cells: offset of an environment of :data:`MOST_ARGUMENTS` variables, to be filled.
        interned: offset of the part of the block that interned values and code may fill.
    """

    def __init__(self, evaluator: NativeEvaluator, task: Task) -> None:
        self.evaluator = evaluator
        self.heap = heap = evaluator.heap
        self.task = task
        self._points: dict[tuple[Type, ...], ProbePoints] = {}
        self._words: dict[int, int] = {}  # of values that live as long as this, by their identity
        self.interned = heap.memory[word_layout.TOP] + LASTING + SCRATCH
        heap.memory[word_layout.END] = self.interned
        self._calls = [self._call(p) for p in range(len(evaluator.library))]
        self._frames = [self._frame(example.inputs, 0) for example in task.examples]
        self.goal = np.array([heap.encode(e.output) for e in task.examples], np.int64)
        self.cells = heap.allocate(CELL_WORDS)
        codes = heap.allocate(MOST_ARGUMENTS * CODE_WORDS)
        for j in range(MOST_ARGUMENTS):
            cell = self.cells + 2 * j
            heap.memory[cell] = word_layout.ERROR
            heap.memory[cell + 1] = cell + 2 if j + 1 < MOST_ARGUMENTS else 0
            heap.memory[self.cells + CODES + j] = codes + j * CODE_WORDS
        heap.memory[LOOK_UP] = look_up.address
        self._bound(evaluator.limits)
        heap.keep()

    def _bound(self, limits: Limits) -> None:
        """Write down what values programs may have."""
        memory = self.heap.memory
        bounded = limits.value_range is not None or limits.value_length is not None
        memory[BOUNDED] = bounded
        least, most = limits.value_range or (-limits.integer, limits.integer)
        memory[LEAST_VALUE], memory[MOST_VALUE] = least, most
        length = limits.value_length
        memory[LONGEST_VALUE] = limits.length if length is None else length

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
            word = self._words.get(id(value))
            if word is None:
                word = self._words[id(value)] = self.heap.encode(value)
            self.heap.memory[cell] = word
            self.heap.memory[cell + 1] = environment
            environment = cell
        return environment

    def call(self, production: int) -> int:
        """Return the offset of a production applied to variables."""
        return self._calls[production]

    def is_direct(self, production: int) -> bool:
        """Say whether a production can be applied without the interpreter."""
        return self.heap.memory[self._calls[production]] & 0xFF in DIRECT_KINDS

    def points(self, scope: tuple[Type, ...], types: tuple[Type, ...]) -> list[tuple[int, int]]:
        """Write the points of a scope; return for each its example and its environment.

        Args:
            scope: types of the lambda-bound variables, ``$0`` first; none gives the examples.
            types: all ground types.
        """
        if not scope:
            return list(enumerate(self._frames))
        if types not in self._points:
            self._points[types] = ProbePoints(self.task, types)
        chosen = self._points[types].choose(scope)
        memory = self.heap.memory
        memory[word_layout.TOP] = memory[word_layout.BASE]
        found = [(e, self._frame(values[::-1], self._frames[e])) for e, values in chosen]
        self.heap.keep()
        return found


@contextmanager
def open_context(library: Library, limits: Limits, task: Task) -> Iterator[TaskContext]:
    """Set up a task, and clear it away at the end."""
    with borrow(library, limits) as evaluator:
        yield TaskContext(evaluator, task)
