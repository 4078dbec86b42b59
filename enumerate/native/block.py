"""Python's side of the block: values in and out, and calls of Python from compiled code."""

from __future__ import annotations

import ctypes
import math
from collections.abc import Callable
from typing import Any

import numpy as np

from ...dsl import Limits, Primitive, can_be_interrupted, result_of
from .compiler.loop_interrupts import ALARM, always_fails
from .interpreter import batch
from .interpreter.interpret import evaluate_entry
from .memory import word_layout
from .memory.word_layout import (
    APPLY_AT,
    APPLY_HANDLE,
    BASE,
    BOOL,
    CALL,
    CALLBACK,
    CHAR,
    CLOSURE,
    DATA,
    EMPTY,
    END,
    EPOCH,
    EQUAL_HANDLES,
    ERROR,
    EVALUATE,
    EXPONENT,
    FAILED,
    FALSE,
    FUEL,
    HANDLE,
    LIST,
    LONGEST,
    NESTED,
    PAIR,
    PRODUCTIONS,
    REALS,
    SIZE_SHIFT,
    STATUS,
    TAG,
    TOP,
    TRUE,
)
from .watchdog import Interrupted, note, raise_in, watched

__all__ = ["Block", "NativeFunction", "OutOfRoom", "native_limits"]

_CALLBACK = ctypes.CFUNCTYPE(*[ctypes.c_int64] * 5)


class OutOfRoom(Exception):
    """The block is full."""


class _Stop(BaseException):
    """Leaves a primitive when a resource has run out; its ``except Exception`` must not stop it."""


class _Failed(Exception):
    """A function value that was called by a primitive failed."""


def native_limits(limits: Limits) -> bool:
    """Say whether words can hold all values within the limits."""
    return limits.integer < 2**31 and limits.length <= LONGEST


class NativeFunction:
    """A function value of the interpreter, as Python primitives call it.

    It may be given some arguments now and some later. It lives as long as the evaluation.
    """

    __slots__ = ("depth", "heap", "word")

    def __init__(self, heap: Block, word: int, depth: int) -> None:
        self.heap = heap
        self.word = word
        self.depth = depth

    def __call__(self, *arguments: Any) -> Any:
        return self.heap.apply(self.word, arguments, self.depth)


class Block:
    """A block of words and the Python objects that words refer to.

    Args:
        words: the size of the block, in words of 8 bytes.
        limits: bounds on each evaluation.

    Raises:
        ValueError: if the limits are beyond what words can hold.
    """

    def __init__(self, words: int, limits: Limits) -> None:
        if not native_limits(limits):
            raise ValueError(
                f"integers are limited to {2**31 - 1} and lists to {LONGEST} elements in native "
                f"code; got {limits.integer} and {limits.length}"
            )
        self.words = np.zeros(words, np.int64)
        self.address = int(self.words.ctypes.data)
        self.memory = self.words.data
        self.limits = limits
        self.primitives: dict[int, Primitive] = {}
        self.pending: BaseException | None = None
        """What stopped Python code that compiled code called, to be raised after that."""
        self._in_python = False
        self._overdue = False
        """Whether Python is not to be called any more, since the time is up."""
        self._depth = 0
        self._suspect: int | None = None
        """The fuel that was left when the alarm was set for this block."""
        self._stopped: dict[int, int] = {}
        """Productions that had to be stopped, with their words in the table."""
        self._objects: list[Any] = []
        self._kept = 0
        self._epoch = 0
        self._callback = _CALLBACK(self._serve)
        memory = self.memory
        memory[0], memory[1] = ERROR, 0
        memory[word_layout.INTEGER] = limits.integer
        memory[word_layout.LENGTH] = limits.length
        memory[word_layout.START_FUEL] = limits.fuel
        memory[word_layout.DEEPEST] = (limits.depth + 1) * CALL - 1
        memory[CALLBACK] = ctypes.cast(self._callback, ctypes.c_void_p).value or 0
        memory[EVALUATE] = evaluate_entry.address
        memory[APPLY_AT] = word_layout.APPLY_VECTOR | 1 << SIZE_SHIFT
        memory[word_layout.RECURSE_AT] = word_layout.RECURSE | 1 << SIZE_SHIFT
        memory[TOP] = memory[BASE] = word_layout.HEADER
        memory[END] = words

    # ---- keeping ------------------------------------------------------------------------------

    def keep(self) -> None:
        """Keep what is in scratch: evaluations begin after it."""
        self.memory[BASE] = self.memory[TOP]
        self._kept = len(self._objects)

    def clear(self) -> None:
        """Drop what is in scratch."""
        self.memory[TOP] = self.memory[BASE]
        del self._objects[self._kept :]

    def release(self, mark: tuple[int, int]) -> None:
        """Drop what was kept after :meth:`mark` was asked."""
        self.memory[BASE] = self.memory[TOP] = mark[0]
        self._kept = mark[1]
        del self._objects[self._kept :]

    def mark(self) -> tuple[int, int]:
        """Return where what is kept ends."""
        return self.memory[BASE], self._kept

    def allocate(self, count: int) -> int:
        """Return the offset of new words.

        Raises:
            OutOfRoom: if there is no room.
        """
        top = self.memory[TOP]
        if top + count > self.memory[END]:
            raise OutOfRoom(f"{count} words do not fit the block of {len(self.words)}")
        self.memory[TOP] = top + count
        return top

    # ---- values -------------------------------------------------------------------------------

    def encode(self, value: Any) -> int:
        """Return the word of a Python value; what has none of its own becomes a handle.

        Raises:
            OutOfRoom: if there is no room.
        """
        kind = type(value)
        if kind is bool:
            return TRUE if value else FALSE
        if kind is int and -(1 << TAG) < value < 1 << TAG:
            return value  # type: ignore[no-any-return]
        if kind is float and math.isfinite(value):
            bits = int(np.float64(value).view(np.int64))
            return bits ^ (~(bits >> 63) & EXPONENT)
        if kind is str and len(value) == 1:
            return CHAR << TAG | ord(value)
        if kind is list and len(value) <= LONGEST:
            return EMPTY | self._write([self.encode(v) for v in value]) << 16 | len(value)
        if kind is tuple and len(value) == 2:
            return PAIR << TAG | self._write([self.encode(v) for v in value])
        if kind is NativeFunction and value.heap is self:
            return value.word  # type: ignore[no-any-return]
        self._objects.append(value)
        return HANDLE << TAG | len(self._objects) - 1

    def _write(self, words: list[int]) -> int:
        start = self.allocate(len(words))
        for i, word in enumerate(words):
            self.memory[start + i] = word
        return start

    def decode(self, word: int, depth: int = 0) -> Any:
        """Return the Python value of a word."""
        tag = word >> TAG
        if tag in (0, -1):
            return word
        if not -REALS <= word < REALS:
            return float(np.int64(word ^ (~(word >> 63) & EXPONENT)).view(np.float64))
        data = word & DATA
        if tag == BOOL:
            return data == 1
        if tag == CHAR:
            return chr(data)
        if tag == LIST:
            start = data >> 16
            return [self.decode(w, depth) for w in self.memory[start : start + (data & 0xFFFF)]]
        if tag == PAIR:
            return (
                self.decode(self.memory[data], depth),
                self.decode(self.memory[data + 1], depth),
            )
        if tag == CLOSURE:
            return NativeFunction(self, word, depth)
        if tag == HANDLE:
            return self._objects[data]
        assert tag == FAILED
        raise _Failed("an argument failed")

    # ---- what does not come back ----------------------------------------------------------------

    def watched(
        self,
        hurry: Callable[[], object] = lambda: None,
        progress: Callable[[], object] = lambda: None,
    ) -> watched:
        """Watch what is evaluated within; a primitive that does not come back fails from then on.

        See :mod:`.watchdog`. :meth:`restore` puts such primitives back.

        Args:
            hurry: lets a batch of evaluations end with the next one; it is called once the time of
                the search is up. The one that is under way fails, as if out of fuel.
        """

        def overdue() -> None:
            self._overdue = True
            self.memory[FUEL] = -1
            hurry()

        self._overdue = False
        memory = self.memory
        return watched(lambda: (memory[EPOCH], memory[FUEL], progress()), self._interrupt, overdue)

    def _interrupt(self, thread: int) -> None:
        if self._in_python:
            raise_in(thread)
        else:
            self._suspect = self.memory[FUEL]
            ALARM.value = 1

    def _heard(self, request: int) -> bool:
        """Say whether a call comes from a primitive that the alarm stopped; put the alarm off."""
        ALARM.value = 0
        suspect, self._suspect = self._suspect, None
        if suspect != self.memory[FUEL] or request < 0:
            return False
        self._stop(request)
        return True

    def _stop(self, request: int, interruption: Interrupted | None = None) -> None:
        """Let a production always fail."""
        if request < 0:
            equality = request == EQUAL_HANDLES
            note("a comparison of values" if equality else "a function value", interruption)
            return
        place = self.memory[PRODUCTIONS] + 2 * request + 1
        self._stopped.setdefault(request, self.memory[place])
        self.memory[place] = always_fails.address
        note(self.primitives[request].name, interruption)

    def restore(self) -> None:
        """Put back the primitives that were stopped."""
        for request, word in self._stopped.items():
            self.memory[self.memory[PRODUCTIONS] + 2 * request + 1] = word
        self._stopped.clear()

    # ---- calls of Python ----------------------------------------------------------------------

    def _serve(self, address: int, depth: int, request: int, vector: int) -> int:
        """Do what compiled code asks for: call a primitive, apply a handle, compare handles."""
        if self.memory[EPOCH] != self._epoch:
            self._epoch = self.memory[EPOCH]
            del self._objects[self._kept :]
        if self._suspect is not None and self._heard(request):
            return ERROR
        if self._overdue:
            self.memory[FUEL] = -1
            return ERROR
        before = self._in_python, self._depth
        self._in_python, self._depth = True, depth
        try:
            return self._answer(depth, request, vector)
        except Interrupted as interruption:
            self._stop(request, interruption)
        except _Stop:
            self.memory[FUEL] = -1
        except RecursionError:
            self.memory[FUEL] = -1
            self.memory[STATUS] = NESTED
        except KeyboardInterrupt as stop:
            if can_be_interrupted():
                self.pending = stop  # raised again by the caller
                self.memory[FUEL] = -1
        except BaseException:  # noqa: BLE001 - a primitive may raise anything
            pass
        finally:
            self._in_python, self._depth = before
        return ERROR

    def _answer(self, depth: int, request: int, vector: int) -> int:
        memory = self.memory
        if request == EQUAL_HANDLES:
            one, other = self.decode(memory[vector]), self.decode(memory[vector + 1])
            return TRUE if one == other else FALSE
        if request == APPLY_HANDLE:
            function = self.decode(memory[vector], depth)
            count = memory[vector + 1]
            words = memory[vector + 2 : vector + 2 + count]
            return self.encode(function(*[self.decode(w, depth) for w in words]))
        primitive = self.primitives[request]
        words = memory[vector : vector + len(primitive.type.parameters)]
        value = primitive.value(*[self.decode(w, depth) for w in words])
        limits = self.limits
        return self.encode(
            result_of(primitive, value, -limits.integer, limits.integer, limits.length)
        )

    def apply(self, function: int, arguments: tuple[Any, ...], depth: int) -> Any:
        """Call a function value of the interpreter from within an evaluation."""
        # A primitive that calls itself holds a function from further up than where it calls it.
        depth = max(depth, self._depth)
        words = [self.encode(a) for a in arguments]
        vector = self._write([function, len(words), *words])
        before, self._in_python = self._in_python, False
        result = batch.evaluate_node(self.address, APPLY_AT, vector, depth + CALL)
        self._in_python = before
        if self.memory[FUEL] < 0:
            raise _Stop
        if result == ERROR:
            raise _Failed("a function failed")
        return self.decode(result, depth)
