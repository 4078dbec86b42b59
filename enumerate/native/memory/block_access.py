"""Reaching the block: raw pointers, calls by address, allocation, reals, equality.

Everything here is compiled into the interpreter and into the primitives. The block is passed as a
raw pointer: the same interpreter over a numpy array runs several times slower, since each recursive
call would carry the array's seven words.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
from llvmlite import ir

from ....dsl import cgutils, intrinsic, kernel_types, njit
from .word_layout import (
    BOOL,
    CHAR,
    CLOSURE,
    DATA,
    END,
    EXPONENT,
    FAILED,
    FUEL,
    HANDLE,
    LIST,
    OUT_OF_MEMORY,
    REALS,
    STATUS,
    TAG,
    TOP,
    Memory,
)

__all__ = [
    "POINTER",
    "allocate",
    "call_address",
    "decode_real",
    "encode_real",
    "pointer_to",
    "prefetch",
]

POINTER = kernel_types.CPointer(kernel_types.int64)
"""The type of the block in compiled code."""


def _pointer_to_intrinsic(typingctx: Any, address: Any) -> Any:
    """Return the block that lies at an address."""

    def codegen(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
        return builder.inttoptr(arguments[0], context.get_value_type(POINTER))

    return POINTER(kernel_types.int64), codegen


pointer_to: Callable[[int], Memory] = intrinsic(_pointer_to_intrinsic)


def _call_address_intrinsic(typingctx: Any, address: Any, memory: Any, arguments: Any) -> Any:
    """Call the C function ``int64(block, int64, ...)`` at an address with a tuple of int64."""
    count = len(arguments)

    def codegen(context: Any, builder: Any, signature: Any, values: Any) -> Any:
        word = ir.IntType(64)
        block = context.get_value_type(POINTER)
        function = builder.inttoptr(
            values[0], ir.FunctionType(word, [block] + [word] * count).as_pointer()
        )
        given = [builder.extract_value(values[2], i) for i in range(count)]
        return builder.call(function, [values[1], *given])

    return kernel_types.int64(
        kernel_types.int64, POINTER, kernel_types.UniTuple(kernel_types.int64, count)
    ), codegen


call_address: Callable[[int, Memory, tuple[int, ...]], int] = intrinsic(_call_address_intrinsic)


def _prefetch_intrinsic(typingctx: Any, memory: Any, offset: Any) -> Any:
    """Prefetch a word into the cache; any offset will do, whether it is allocated or not."""

    def codegen(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
        place = builder.gep(arguments[0], [arguments[1]])
        number = ir.IntType(32)
        kind = ir.FunctionType(ir.VoidType(), [place.type, number, number, number])
        function = cgutils.get_or_insert_function(builder.module, kind, "llvm.prefetch.p0")
        builder.call(function, [place, *(ir.Constant(number, n) for n in (0, 3, 1))])
        return context.get_dummy_value()

    return kernel_types.void(POINTER, kernel_types.int64), codegen


prefetch: Callable[[Memory, int], None] = intrinsic(_prefetch_intrinsic)


def _bits_of_intrinsic(typingctx: Any, value: Any) -> Any:
    def codegen(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
        return builder.bitcast(arguments[0], ir.IntType(64))

    return kernel_types.int64(kernel_types.float64), codegen


_bits_of: Callable[[float], int] = intrinsic(_bits_of_intrinsic)


def _real_of_intrinsic(typingctx: Any, bits: Any) -> Any:
    def codegen(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
        return builder.bitcast(arguments[0], ir.DoubleType())

    return kernel_types.float64(kernel_types.int64), codegen


_real_of: Callable[[int], float] = intrinsic(_real_of_intrinsic)


@njit
def encode_real(value: float) -> int:
    """Return the word of a finite real."""
    bits = _bits_of(value)
    return bits ^ (~(bits >> 63) & EXPONENT)


@njit(forceinline=True)
def decode_real(word: int) -> float:
    """Return the real that a word stands for; an integer's word gives that integer."""
    if -REALS <= word < REALS:
        return np.float64(word)
    return _real_of(word ^ (~(word >> 63) & EXPONENT))


@njit(forceinline=True)
def is_real(word: int) -> bool:
    """Say whether a word is a real."""
    return word < -REALS or word >= REALS


@njit(forceinline=True)
def exhausted(memory: Memory, status: int) -> int:
    """Note that a resource has run out; what is still to be evaluated then fails at once."""
    if memory[FUEL] >= 0 or memory[STATUS] == 0:
        memory[STATUS] = status
    memory[FUEL] = -1
    return 0


@njit(forceinline=True)
def allocate(memory: Memory, count: int) -> int:
    """Return the offset of ``count`` new words of scratch; 0 if there is no room."""
    top = memory[TOP]
    if top + count > memory[END]:
        return exhausted(memory, OUT_OF_MEMORY)
    memory[TOP] = top + count
    return top


@njit(forceinline=True)
def is_integer(word: int) -> bool:
    """Say whether a word is an integer."""
    return -(1 << TAG) < word < (1 << TAG)


@njit("int64(CPointer(int64), int64, int64, int64)", cache=True, nogil=True)
def equal(memory: Memory, one: int, other: int, depth: int) -> int:
    """Return 1 if two values are equal, 0 if not, 2 if only Python can say."""
    if one == other:
        return 1
    if is_integer(one) and is_integer(other):
        return 0
    tag = one >> TAG
    if tag == other >> TAG and BOOL <= tag <= FAILED:
        if tag == HANDLE:
            return 2
        if depth > 1000 or tag in (BOOL, CHAR, CLOSURE, FAILED):
            return 0
        left, right, count = one & DATA, other & DATA, 2
        if tag == LIST:
            count = left & 0xFFFF
            if count != right & 0xFFFF:
                return 0
            left >>= 16
            right >>= 16
        result = 1
        for i in range(count):
            same = equal(memory, memory[left + i], memory[right + i], depth + 1)
            if same == 0:
                return 0
            if same == 2:
                result = 2
        return result
    if (is_real(one) or is_integer(one)) and (is_real(other) or is_integer(other)):
        return 1 if decode_real(one) == decode_real(other) else 0
    return 0


def _copy_intrinsic(typingctx: Any, memory: Any, source: Any, to: Any, count: Any) -> Any:
    """Copy words from one offset to another."""

    def codegen(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
        block, start, end, words = arguments
        cgutils.raw_memcpy(
            builder, builder.gep(block, [end]), builder.gep(block, [start]), words, 8
        )
        return context.get_dummy_value()

    return kernel_types.void(
        POINTER, kernel_types.int64, kernel_types.int64, kernel_types.int64
    ), codegen


copy: Callable[[Memory, int, int, int], None] = intrinsic(_copy_intrinsic)
