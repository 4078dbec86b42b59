"""Running programs for dreams where native code cannot: by the reference interpreter, or a domain.

The same as :class:`.native_runner.NativeRunner`, for values of any type, and slower by a factor of
a hundred.
"""

from __future__ import annotations

import zlib
from collections.abc import Iterable, Sequence
from dataclasses import replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ...dsl import Dreamer, Example, Failure, Interpreter, Library, Limits, Type
from ...enumerate import TimeIsUp, decode
from ...enumerate.native import ERROR, with_timeout
from ...enumerate.topdown import ProgramBatch
from .dream_set import Dreams
from .native_runner import FUEL, LONGEST
from .value_codec import ValueWriter, key_of

__all__ = ["PythonRunner"]

Words = NDArray[np.int64]

_STOPPED = Failure("a primitive did not come back")


class PythonRunner:
    """Runs programs of one library in Python.

    Args:
        library: whose programs to run.
        limits: of the domain.
        dreamer: makes the examples; None to run programs on inputs.
    """

    def __init__(self, library: Library, limits: Limits, dreamer: Dreamer | None = None) -> None:
        self.library = library
        self.interpreter = Interpreter(library, replace(limits, fuel=min(limits.fuel, FUEL)))
        self.longest = min(LONGEST, limits.value_length or LONGEST)
        self.dreamer = dreamer

    def behaviours(
        self, batch: ProgramBatch, inputs: Sequence[Any], request: Type
    ) -> tuple[Words, NDArray[np.bool_]]:
        """Return a hash of what each program does, 0 if of no use, and whether that is constant."""
        hashes = np.zeros(len(batch), np.int64)
        constant = np.zeros(len(batch), np.bool_)
        for i in range(len(batch)):
            shown = self._examples(batch, i, inputs)
            known = [e for e in shown if e is not None]
            if not known or 2 * len(known) < len(shown):
                continue
            keys = [None if e is None else key_of(e.output) for e in shown]
            if self.dreamer:
                keys += [key_of(e.inputs) for e in known]
            text = repr(keys).encode()
            hashes[i] = (zlib.crc32(text) << 31 | zlib.adler32(text) >> 1) or 1
            constant[i] = not self.dreamer and len({repr(k) for k in keys if k is not None}) == 1
        return hashes, constant

    def outputs(self, batch: ProgramBatch, inputs: Sequence[Any], request: Type) -> Dreams:
        """Return the programs as dreams, all on these inputs or each as the dreamer shows it."""
        rows = [self._examples(batch, i, inputs) for i in range(len(batch))]
        writer = ValueWriter()
        width = max(map(len, rows), default=0)
        arguments = len(request.parameters)
        sets = np.arange(len(rows)) if self.dreamer else np.zeros(len(rows), np.int64)
        given = np.zeros((len(rows) if self.dreamer else 1, width, arguments), np.int64)
        outputs = np.full((len(rows), width), ERROR, np.int64)
        if not self.dreamer:
            for k, row in enumerate(inputs):
                given[0, k] = _written(writer, row, request.parameters)
        for i, row in enumerate(rows):
            for k, example in enumerate(row):
                if example is not None:
                    outputs[i, k] = writer.write(example.output, request.result)
                    if self.dreamer:
                        given[i, k] = _written(writer, example.inputs, request.parameters)
        return Dreams(
            request,
            batch.tokens[batch.starts[0] : batch.starts[-1]],
            batch.starts - batch.starts[0],
            -batch.costs,
            sets,
            given,
            outputs,
            np.array(writer.words, np.int64),
            tuple(writer.objects),
        )

    def _examples(self, batch: ProgramBatch, i: int, inputs: Sequence[Any]) -> list[Example | None]:
        """Return what a program is shown to do; on each input, None where that is of no use.

        Once the time of dreaming is up, nothing is.
        """
        program = decode(batch.tokens[batch.starts[i] : batch.starts[i + 1]], self.library)
        if self.dreamer:
            dream = with_timeout(self.interpreter, self.dreamer, None)
            try:
                return list(dream(program, self.interpreter) or ())
            except TimeIsUp:
                return []
        run = with_timeout(self.interpreter, self.interpreter.function(program), _STOPPED)
        found: list[Example | None] = []
        for row in inputs:
            try:
                value = run(*row)
            except TimeIsUp:
                value = _STOPPED
            good = not isinstance(value, Failure) and self._moderate(value)
            found.append(Example(tuple(row), value) if good else None)
        return found

    def _moderate(self, value: Any) -> bool:
        if isinstance(value, (list, str)) and len(value) > self.longest:
            return False
        if callable(value):
            return False
        return not isinstance(value, (list, tuple)) or all(map(self._moderate, value))


def _written(writer: ValueWriter, row: Iterable[Any], types: Iterable[Type]) -> list[int]:
    return [writer.write(value, t) for value, t in zip(row, types, strict=True)]
