"""Calling functions: accounting, environments, closures. Everything here is compiled into others.

:func:`evaluate_at` calls the interpreter by its address, so that a kernel which calls it is neither
compiled together with it nor anew when it changes. Within the interpreter :func:`again` calls it.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from ....dsl import intrinsic, kernel_types, njit
from ..memory.block_access import POINTER, allocate, call_address, copy, exhausted
from ..memory.word_layout import (
    APPLY_AT,
    ARITY,
    BODY,
    CLOSURE,
    CONSTANT,
    COUNT,
    DATA,
    DATA_SHIFT,
    DEEPEST,
    ERROR,
    EVALUATE,
    FIRST_ARGUMENT,
    FUEL,
    FUNCTION,
    FURTHEST,
    NO_LEAF,
    OUT_OF_FUEL,
    PARENT,
    RECURSE_AT,
    SCOPE,
    TAG,
    TOO_DEEP,
    VARIABLE,
    Memory,
)

__all__ = [
    "again",
    "bind1",
    "bind2",
    "enter",
    "evaluate_at",
    "extend",
    "leaf",
    "make_closure",
    "make_recursive",
    "prefix",
    "target",
    "touch",
]


def _again_intrinsic(typingctx: Any, memory: Any, at: Any, environment: Any, depth: Any) -> Any:
    """Call the function that this stands in, which takes and returns what these do.

    As an ordinary recursive call each of the many call sites would make numba's type inference
    start over, and compiling takes a minute instead of seconds.
    """

    def codegen(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
        # By hand, because numba would set a place for the result to 0 on entry, one for each of
        # the call sites: that costs more than the evaluation of most nodes.
        function = builder.function
        result = getattr(function, "place_of_result", None)
        if result is None:
            with builder.goto_entry_block():
                result = function.place_of_result = builder.alloca(arguments[1].type)
        builder.call(function, [result, function.args[1], *arguments])
        return builder.load(result)

    word = kernel_types.int64
    return word(POINTER, word, word, word), codegen


again: Callable[[Memory, int, int, int], int] = intrinsic(_again_intrinsic)


@njit(forceinline=True)
def evaluate_at(memory: Memory, at: int, environment: int, depth: int) -> int:
    """Evaluate a node: see :func:`.interpret.evaluate`."""
    return call_address(memory[EVALUATE], memory, (at, environment, depth))


@njit(forceinline=True)
def enter(memory: Memory, depth: int) -> bool:
    """Account for a call of a function at a depth; False if it is one too many."""
    fuel = memory[FUEL] - 1
    memory[FUEL] = fuel
    if fuel < 0:
        return exhausted(memory, OUT_OF_FUEL) != 0
    if depth > memory[DEEPEST]:
        return exhausted(memory, TOO_DEEP) != 0
    return True


@njit(forceinline=True)
def touch(memory: Memory, at: int) -> None:
    """Note that the value depends on the node at an offset, and maybe on those before it.

    So all programs fail that agree with one that fails up to the furthest node it touched.
    """
    memory[FURTHEST] = max(memory[FURTHEST], at)


@njit(forceinline=True)
def leaf(memory: Memory, at: int, environment: int) -> int:
    """Return the value of a node that is a variable or a constant; else :data:`NO_LEAF`.

    Most arguments are leaves, and to see to them on the spot saves most of the calls.
    """
    node = memory[at]
    kind = node & 0xFF
    data = node >> DATA_SHIFT
    if kind == CONSTANT:
        return memory[data]
    if kind != VARIABLE:
        return NO_LEAF
    while data > 0:
        environment = memory[environment + PARENT]
        data -= 1
    return memory[environment]


@njit(forceinline=True)
def extend(memory: Memory, value: int, environment: int) -> int:
    """Return an environment with one more value, at ``$0``; 0 if there is no room."""
    new = allocate(memory, 2)
    if new:
        memory[new] = value
        memory[new + PARENT] = environment
    return new


@njit(forceinline=True)
def bind1(memory: Memory, function: int, first: int, depth: int) -> int:
    """Return the environment to run :func:`target` in; 0 if a resource has run out."""
    closure = function & DATA
    if function >> TAG == CLOSURE and memory[closure + ARITY] == 1:
        if not enter(memory, depth):
            return 0
        new = allocate(memory, 2)
        if new:
            memory[new] = first
            memory[new + PARENT] = memory[closure + SCOPE]
        return new
    new = allocate(memory, FIRST_ARGUMENT + 1)
    if new:
        memory[new + FUNCTION] = function
        memory[new + COUNT] = 1
        memory[new + FIRST_ARGUMENT] = first
    return new


@njit(forceinline=True)
def bind2(memory: Memory, function: int, first: int, second: int, depth: int) -> int:
    """Return the environment to run :func:`target` in; 0 if a resource has run out."""
    closure = function & DATA
    new = allocate(memory, 4)
    if new == 0:
        return 0
    if function >> TAG == CLOSURE and memory[closure + ARITY] == 2:
        if not enter(memory, depth):
            return 0
        memory[new] = first
        memory[new + PARENT] = memory[closure + SCOPE]
        memory[new + 2] = second
        memory[new + 2 + PARENT] = new
        return new + 2
    memory[new + FUNCTION] = function
    memory[new + COUNT] = 2
    memory[new + FIRST_ARGUMENT] = first
    memory[new + FIRST_ARGUMENT + 1] = second
    return new


@njit(forceinline=True)
def target(memory: Memory, function: int, arity: int) -> int:
    """Return the node to evaluate in order to call ``function`` with ``arity`` arguments."""
    closure = function & DATA
    if function >> TAG == CLOSURE and memory[closure + ARITY] == arity:
        return memory[closure + BODY]
    return APPLY_AT


@njit(forceinline=True)
def make_closure(memory: Memory, arity: int, body: int, environment: int) -> int:
    """Return a new function value, or the poison value if there is no room."""
    new = allocate(memory, 3)
    if new == 0:
        return ERROR
    memory[new + ARITY] = arity
    memory[new + BODY] = body
    memory[new + SCOPE] = environment
    return CLOSURE << TAG | new


@njit(forceinline=True)
def make_recursive(memory: Memory, arity: int, scope: int) -> int:
    """Return the recursive function whose body and arity are words 0 and 2 of ``scope``."""
    return make_closure(memory, arity, RECURSE_AT, scope)


@njit(forceinline=True)
def prefix(memory: Memory, start: int, capacity: int, count: int) -> int:
    """Move a list that is full to twice the room; return where it lies, 0 if there is none."""
    if count < capacity:
        return start
    new = allocate(memory, 2 * capacity)
    if new:
        copy(memory, start, new, count)
    return new
