"""Entry points of the interpreter: reading programs, running batches, applying functions."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from ....dsl import cfunc, njit
from ..memory.block_access import allocate, call_address, equal, pointer_to
from ..memory.interning import intern
from ..memory.word_layout import (
    APPLY_AT,
    ARITY_SHIFT,
    BAD_PROGRAM,
    BASE,
    CALL,
    CALLBACK,
    COUNT,
    DATA_SHIFT,
    EPOCH,
    EQUAL_HANDLES,
    ERROR,
    FIRST_ARGUMENT,
    FUEL,
    FUNCTION,
    FURTHEST,
    KNOWN,
    LAMBDA,
    LAMBDA_TOKEN,
    LONGEST_PROGRAM,
    PRODUCTIONS,
    PROGRAM,
    SIZE_SHIFT,
    START_FUEL,
    STATUS,
    TOP,
    TRUE,
    VARIABLE,
    VARIABLE_CALL,
    Memory,
)
from .calls import enter, evaluate_at

__all__ = [
    "evaluate_batch",
    "evaluate_node",
    "judge",
    "read_program",
    "read_tokens",
    "run_batch",
    "run_program",
]

Words = NDArray[np.int64]
Tokens = NDArray[np.int16]

_OPTIONS: dict[str, Any] = {"cache": True, "nogil": True, "error_model": "numpy"}


@njit
def read_tokens(memory: Memory, tokens: Tokens, start: int, stop: int, to: int) -> bool:
    """Write the nodes of ``tokens[start:stop]`` from offset ``to``; False if it is no program.

    The tokens are read from the last to the first, so that the sizes of a node's arguments are the
    newest on a stack, which lies beyond the nodes.
    """
    count = stop - start
    if count <= 0 or count > LONGEST_PROGRAM:
        return False
    bottom = to + count
    top = bottom
    table = memory[PRODUCTIONS]
    known = memory[KNOWN]
    for place in range(count - 1, -1, -1):
        token = int(np.int64(tokens[start + place]))
        if token == LAMBDA_TOKEN:
            arity = 1
            lambdas = 1
            if place + 1 < count and memory[to + place + 1] & 0xFF == LAMBDA:
                lambdas += memory[to + place + 1] >> DATA_SHIFT
            node = LAMBDA | lambdas << DATA_SHIFT
        elif token >= 0:
            if token >= known:
                return False
            node = memory[table + 2 * token]
            arity = (node >> ARITY_SHIFT) & 0xFF
        else:
            code = -token - 1
            arity = code >> 8
            node = (VARIABLE_CALL if arity else VARIABLE) | arity << ARITY_SHIFT
            node |= (code & 0xFF) << DATA_SHIFT
        if top - bottom < arity:
            return False
        size = 1
        for _ in range(arity):
            top -= 1
            size += memory[top]
        memory[top] = size
        top += 1
        memory[to + place] = node | size << SIZE_SHIFT
    return top == bottom + 1


@njit
def run_program(memory: Memory, environment: int, inputs: int) -> int:
    """Return the value of the program that was read, for one example.

    Args:
        memory: the block.
        environment: the environment that holds the inputs, the last at ``$0``.
        inputs: offset of their number, followed by them.
    """
    memory[TOP] = memory[BASE]
    memory[FUEL] = memory[START_FUEL]
    memory[STATUS] = 0
    memory[EPOCH] += 1
    at = memory[PROGRAM]
    count = memory[inputs]
    if count == 0:
        result = evaluate_at(memory, at, 0, 0)
    elif memory[at] & 0xFF == LAMBDA and memory[at] >> DATA_SHIFT == count:
        if not enter(memory, CALL):
            return ERROR
        result = evaluate_at(memory, at + count, environment, CALL)
    else:
        function = evaluate_at(memory, at, 0, 0)
        new = allocate(memory, FIRST_ARGUMENT + count)
        if function == ERROR or new == 0:
            return ERROR
        memory[new + FUNCTION] = function
        memory[new + COUNT] = count
        for i in range(count):
            memory[new + FIRST_ARGUMENT + i] = memory[inputs + 1 + i]
        result = evaluate_at(memory, APPLY_AT, new, CALL)
    return ERROR if memory[FUEL] < 0 else result


@njit
def agrees(memory: Memory, value: int, expected: int) -> bool:
    """Say whether two values are equal, asking Python where need be."""
    same = equal(memory, value, expected, 0)
    if same < 2:
        return same == 1
    new = allocate(memory, 2)
    if new == 0:
        return False
    memory[new] = value
    memory[new + 1] = expected
    return call_address(memory[CALLBACK], memory, (0, EQUAL_HANDLES, new)) == TRUE


@njit("int64(int64, int16[::1], int64[::1], int64[:, ::1], int64[::1], int64[::1])", **_OPTIONS)
def run_batch(
    address: int, tokens: Tokens, starts: Words, examples: Words, order: Words, hits: Words
) -> int:
    """Find the programs that give the expected value on every example.

    Args:
        address: of the block.
        tokens: int16[total], the programs one after another.
        starts: int64[programs + 1], where each begins.
        examples: int64[examples, 3]: environment, inputs (see :func:`run_program`), expected value.
        order: int64[examples], the order to try examples in; changed so that those which reject
            much come early.
        hits: int64[programs]; receives the programs' positions.

    Returns:
        How many there are.
    """
    memory = pointer_to(address)
    found = 0
    for program in range(len(starts) - 1):
        if not read_tokens(memory, tokens, starts[program], starts[program + 1], memory[PROGRAM]):
            continue
        good = True
        for turn in range(len(order)):
            example = order[turn]
            value = run_program(memory, examples[example, 0], examples[example, 1])
            if value == ERROR or not agrees(memory, value, examples[example, 2]):
                if turn > 0:
                    order[turn] = order[turn - 1]
                    order[turn - 1] = example
                good = False
                break
        if good:
            hits[found] = program
            found += 1
    return found


@cfunc("int64(CPointer(int64), CPointer(int16), int64, CPointer(int64), int64, CPointer(int64))")
def judge(
    memory: Memory, tokens: Tokens, length: int, examples: Memory, count: int, order: Memory
) -> int:
    """Say whether a program gives every expected value, and if not, which prefix decides that.

    Args:
        memory: the block.
        tokens: int16[length], the program.
        length: how many tokens it has.
        examples: int64[count, 3]: environment, inputs (see :func:`run_program`), expected value.
        count: how many examples there are.
        order: int64[count], the order to try them in; changed as by :func:`run_batch`.

    Returns:
        -1 if it does; else a number of tokens: whatever begins with those fails too.
    """
    start = memory[PROGRAM]
    if not read_tokens(memory, tokens, 0, length, start):
        return length
    for turn in range(count):
        example = order[turn]
        memory[FURTHEST] = 0
        value = run_program(memory, examples[3 * example], examples[3 * example + 1])
        if value == ERROR or not agrees(memory, value, examples[3 * example + 2]):
            if turn > 0:
                order[turn] = order[turn - 1]
                order[turn - 1] = example
            told = memory[FURTHEST] - start + 1
            return told if 0 < told < length else length
    return -1


@njit("void(int64, int64, int16[::1], int64[::1], int64[:, ::1], int64[:, ::1])", **_OPTIONS)
def evaluate_batch(
    address: int, table: int, tokens: Tokens, starts: Words, examples: Words, values: Words
) -> None:
    """Write the interned word of each program (row) on each example (column).

    Args:
        address: of the block.
        table: address of the table of interned words, see :mod:`.interning`.
        tokens: int16[total], the programs one after another.
        starts: int64[programs + 1], where each begins.
        examples: int64[examples, 3]: environment, inputs (see :func:`run_program`), expected value.
        values: int64[programs, examples]; receives the words, the poison value for a failure.
    """
    memory = pointer_to(address)
    interned = pointer_to(table)
    for program in range(len(starts) - 1):
        good = read_tokens(memory, tokens, starts[program], starts[program + 1], memory[PROGRAM])
        for example in range(examples.shape[0]):
            value = ERROR
            if good:
                value = run_program(memory, examples[example, 0], examples[example, 1])
                value = intern(memory, interned, value)
            values[program, example] = value


@njit("int64(int64, int16[::1], int64, int64, int64)", **_OPTIONS)
def evaluate_one(address: int, tokens: Tokens, environment: int, inputs: int, again: int) -> int:
    """Return the word of one program; it points into scratch, which is not touched afterwards."""
    memory = pointer_to(address)
    if not again and not read_tokens(memory, tokens, 0, len(tokens), memory[PROGRAM]):
        memory[STATUS] = BAD_PROGRAM
        return ERROR
    return run_program(memory, environment, inputs)


@njit("int64(int64, int16[::1], int64)", **_OPTIONS)
def read_program(address: int, tokens: Tokens, to: int) -> int:
    """Write the nodes of a term to an offset; return 1, or 0 if it is not one term."""
    return 1 if read_tokens(pointer_to(address), tokens, 0, len(tokens), to) else 0


@njit("int64(int64, int64, int64, int64)", **_OPTIONS)
def evaluate_node(address: int, at: int, environment: int, depth: int) -> int:
    """Evaluate a node: :func:`.interpret.evaluate`, called from Python."""
    return evaluate_at(pointer_to(address), at, environment, depth)


@njit("int64(int64, int64, int64)", **_OPTIONS)
def compare(address: int, one: int, other: int) -> int:
    """Return 1 if two words are equal values, 0 if not, 2 if only Python can say."""
    return equal(pointer_to(address), one, other, 0)
