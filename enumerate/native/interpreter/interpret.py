"""The interpreter: one self-recursive function over the nodes of a program.

It means exactly what :class:`reverie.dsl.model.interpreter.Interpreter` means, with :data:`ERROR`
for a failure; since every failure there ends the whole evaluation, an argument that fails ends the
call here. Fuel and depth are counted alike. It is long because it is one function: a call of
another one would cost as much as the node. The cases from ``FIRST_IDIOM`` on are the primitives of
:mod:`.intrinsics`, written out because they are in most languages and in most programs.
"""

from __future__ import annotations

from ....dsl import cfunc, njit
from ..memory.block_access import allocate, call_address, copy, exhausted
from ..memory.word_layout import (
    ABSTRACTION,
    APPLY,
    APPLY_AT,
    APPLY_HANDLE,
    APPLY_VECTOR,
    ARITY,
    ARITY_SHIFT,
    ASK_PYTHON,
    BODY,
    CALL,
    CALLBACK,
    CLOSURE,
    CONSTANT,
    COUNT,
    DATA,
    DATA_SHIFT,
    DEEPEST_NESTING,
    EMPTY,
    EQUAL_HANDLES,
    ERROR,
    FIRST_ARGUMENT,
    FUEL,
    FUNCTION,
    HANDLE,
    IF,
    LAMBDA,
    LENGTH,
    LIST,
    NATIVE,
    NESTED,
    NO_LEAF,
    OUT_OF_FUEL,
    PARENT,
    PRODUCTIONS,
    RECURSE,
    RECURSE_AT,
    SCOPE,
    SIZE_SHIFT,
    TAG,
    TRUE,
    VARIABLE,
    VARIABLE_CALL,
    VECTOR,
    Memory,
)
from .calls import (
    again,
    bind1,
    bind2,
    enter,
    extend,
    leaf,
    make_closure,
    make_recursive,
    prefix,
    target,
    touch,
)
from .opcodes import (
    EQUAL,
    FILTER,
    FIX1,
    FIX2,
    FOLD_LEFT,
    FOLD_RIGHT,
    LAST_OPERATION,
    MAP,
    MAP_INDEXED,
    UNFOLD,
)
from .operations import compute

__all__ = ["evaluate", "evaluate_entry"]


@njit(
    "int64(CPointer(int64), int64, int64, int64)",
    cache=True,
    nogil=True,
    error_model="numpy",
)
def evaluate(memory: Memory, at: int, environment: int, depth: int) -> int:
    """Evaluate a node.

    Args:
        memory: the block.
        at: offset of the node.
        environment: offset of its environment.
        depth: how deep the evaluation stands, see :data:`~.word_layout.CALL`.

    Returns:
        The value's word, or the poison value.
    """
    depth += 1
    if depth & 0xFFFFFFFF > DEEPEST_NESTING:
        exhausted(memory, NESTED)
        return ERROR
    while True:
        node = memory[at]
        kind = node & 0xFF

        if kind == VARIABLE:
            touch(memory, at)
            for _ in range(node >> DATA_SHIFT):
                environment = memory[environment + PARENT]
            return memory[environment]

        if kind == CONSTANT:
            touch(memory, at)
            return memory[node >> DATA_SHIFT]

        if kind >= NATIVE:
            count = (node >> ARITY_SHIFT) & 0xFF
            first = second = third = fourth = 0
            place = at + 1
            first = leaf(memory, place, environment)
            if first == NO_LEAF:
                first = again(memory, place, environment, depth)
            if first == ERROR:
                touch(memory, place)
                return ERROR
            if count > 1:
                place += (memory[place] >> SIZE_SHIFT) & 0xFFFF
                second = leaf(memory, place, environment)
                if second == NO_LEAF:
                    second = again(memory, place, environment, depth)
                if second == ERROR:
                    touch(memory, place)
                    return ERROR
                if count > 2:
                    place += (memory[place] >> SIZE_SHIFT) & 0xFFFF
                    third = leaf(memory, place, environment)
                    if third == NO_LEAF:
                        third = again(memory, place, environment, depth)
                    if third == ERROR:
                        touch(memory, place)
                        return ERROR
                    if count > 3:
                        place += (memory[place] >> SIZE_SHIFT) & 0xFFFF
                        fourth = leaf(memory, place, environment)
                        if fourth == NO_LEAF:
                            fourth = again(memory, place, environment, depth)
                        if fourth == ERROR:
                            touch(memory, place)
                            return ERROR
            touch(memory, place)
            fuel = memory[FUEL] - 1
            memory[FUEL] = fuel
            if fuel < 0:
                exhausted(memory, OUT_OF_FUEL)
                return ERROR

            if kind == NATIVE:
                address = memory[node >> DATA_SHIFT]
                result = call_address(address, memory, (depth, first, second, third, fourth))
                if result != ASK_PYTHON:
                    return result
                new = allocate(memory, 4)
                if new == 0:
                    return ERROR
                memory[new] = first
                memory[new + 1] = second
                memory[new + 2] = third
                memory[new + 3] = fourth
                production = ((node >> DATA_SHIFT) - memory[PRODUCTIONS]) >> 1
                return call_address(memory[CALLBACK], memory, (depth, production, new))

            if kind == EQUAL:
                result = compute(memory, node, first, second)
                if result != ASK_PYTHON:
                    return result
                new = allocate(memory, 2)
                if new == 0:
                    return ERROR
                memory[new] = first
                memory[new + 1] = second
                return call_address(memory[CALLBACK], memory, (depth, EQUAL_HANDLES, new))
            if kind <= LAST_OPERATION:
                return compute(memory, node, first, second)

            if kind == UNFOLD:
                # The seed, whether to stop, the element of a seed, the next seed.
                limit = node >> DATA_SHIFT
                capacity = 8
                count = 0
                new = allocate(memory, capacity)
                if new == 0:
                    return ERROR
                stop_at = target(memory, second, 1)
                element_at = target(memory, third, 1)
                next_at = target(memory, fourth, 1)
                while limit == 0 or count < limit:
                    inner = bind1(memory, second, first, depth + CALL)
                    if inner == 0:
                        return ERROR
                    value = again(memory, stop_at, inner, depth + CALL)
                    if value == ERROR:
                        return ERROR
                    if value == TRUE:
                        return EMPTY | new << 16 | count
                    inner = bind1(memory, third, first, depth + CALL)
                    if inner == 0:
                        return ERROR
                    value = again(memory, element_at, inner, depth + CALL)
                    if value == ERROR or count >= memory[LENGTH]:
                        return ERROR
                    new = prefix(memory, new, capacity, count)
                    if new == 0:
                        return ERROR
                    if count == capacity:
                        capacity *= 2
                    memory[new + count] = value
                    count += 1
                    inner = bind1(memory, fourth, first, depth + CALL)
                    if inner == 0:
                        return ERROR
                    value = again(memory, next_at, inner, depth + CALL)
                    if value in (ERROR, first):
                        return ERROR  # a seed that stays the same never comes to its end
                    first = value
                return ERROR

            if kind in (FIX1, FIX2):
                arity = 1 if kind == FIX1 else 2
                body = second if kind == FIX1 else third
                scope = allocate(memory, 3)
                if scope == 0:
                    return ERROR
                memory[scope] = body
                memory[scope + 1] = 0
                memory[scope + 2] = arity
                new = allocate(memory, 2 * arity)
                if new == 0:
                    return ERROR
                memory[new] = first
                memory[new + 1] = scope
                if arity == 2:
                    memory[new + 2] = second
                    memory[new + 3] = new
                memory[FUEL] += 1
                depth += CALL
                environment = new + 2 * (arity - 1)
                at = RECURSE_AT
                continue

            # What is left takes a list: last for maps and filters, else first.
            maps = kind in (MAP, MAP_INDEXED)
            values = second if maps or kind == FILTER else first
            if values >> TAG != LIST:
                return ERROR
            count = values & 0xFFFF
            start = (values & DATA) >> 16

            if maps or kind == FILTER:
                body = target(memory, first, 2 if kind == MAP_INDEXED else 1)
                new = allocate(memory, count)
                if new == 0:
                    return ERROR
                kept = 0
                for i in range(count):
                    element = memory[start + i]
                    if kind == MAP_INDEXED:
                        inner = bind2(memory, first, i, element, depth + CALL)
                    else:
                        inner = bind1(memory, first, element, depth + CALL)
                    if inner == 0:
                        return ERROR
                    value = again(memory, body, inner, depth + CALL)
                    if value == ERROR:
                        return ERROR
                    if maps:
                        memory[new + i] = value
                        kept += 1
                    elif value == TRUE:
                        memory[new + kept] = element
                        kept += 1
                return EMPTY | new << 16 | kept

            if kind in (FOLD_RIGHT, FOLD_LEFT):
                body = target(memory, third, 2)
                for i in range(count):
                    if kind == FOLD_RIGHT:
                        element = memory[start + count - 1 - i]
                        inner = bind2(memory, third, element, second, depth + CALL)
                    else:
                        element = memory[start + i]
                        inner = bind2(memory, third, second, element, depth + CALL)
                    if inner == 0:
                        return ERROR
                    second = again(memory, body, inner, depth + CALL)
                    if second == ERROR:
                        return ERROR
                return second
            return ERROR

        if kind == LAMBDA:
            count = node >> DATA_SHIFT
            return make_closure(memory, count, at + count, environment)

        if kind == IF:
            place = at + 1
            first = leaf(memory, place, environment)
            if first == NO_LEAF:
                first = again(memory, place, environment, depth)
            touch(memory, place)
            if first == ERROR:
                return ERROR
            if not enter(memory, 0):
                return ERROR
            at = place + ((memory[place] >> SIZE_SHIFT) & 0xFFFF)
            if first != TRUE:
                at += (memory[at] >> SIZE_SHIFT) & 0xFFFF
            continue

        touch(memory, at)
        if kind == ABSTRACTION:
            count = (node >> ARITY_SHIFT) & 0xFF
            body = memory[node >> DATA_SHIFT]
            place = at + 1
            if count and memory[body] & 0xFF == LAMBDA and memory[body] >> DATA_SHIFT == count:
                inner = 0
                for _ in range(count):
                    value = again(memory, place, environment, depth)
                    if value == ERROR:
                        return ERROR
                    place += (memory[place] >> SIZE_SHIFT) & 0xFFFF
                    inner = extend(memory, value, inner)
                    if inner == 0:
                        return ERROR
                depth += CALL
                if not enter(memory, depth):
                    return ERROR
                at = body + count
                environment = inner
                continue
            if count == 0:
                at = body
                environment = 0
                continue
            function = again(memory, body, memory[1], depth)
        elif kind == VARIABLE_CALL:
            scope = environment
            for _ in range(node >> DATA_SHIFT):
                scope = memory[scope + PARENT]
            function = memory[scope]
            count = (node >> ARITY_SHIFT) & 0xFF
            place = at + 1
            closure = function & DATA
            if function >> TAG == CLOSURE and memory[closure + ARITY] == count:
                inner = memory[closure + SCOPE]
                for _ in range(count):
                    value = again(memory, place, environment, depth)
                    if value == ERROR:
                        return ERROR
                    place += (memory[place] >> SIZE_SHIFT) & 0xFFFF
                    inner = extend(memory, value, inner)
                    if inner == 0:
                        return ERROR
                depth += CALL
                if not enter(memory, depth):
                    return ERROR
                at = memory[closure + BODY]
                environment = inner
                continue
        elif kind == APPLY:
            place = at + 1
            count = ((node >> ARITY_SHIFT) & 0xFF) - 1
            function = again(memory, place, environment, depth)
            place += (memory[place] >> SIZE_SHIFT) & 0xFFFF
        elif kind == VECTOR:
            count = (node >> ARITY_SHIFT) & 0xFF
            lazy = node >> (DATA_SHIFT + 16)
            production = (node >> DATA_SHIFT) & 0xFFFF
            new = allocate(memory, count)
            if new == 0:
                return ERROR
            place = at + 1
            for i in range(count):
                if lazy >> i & 1:
                    value = make_closure(memory, 0, place, environment)
                else:
                    value = again(memory, place, environment, depth)
                if value == ERROR:
                    return ERROR
                memory[new + i] = value
                place += (memory[place] >> SIZE_SHIFT) & 0xFFFF
            fuel = memory[FUEL] - 1
            memory[FUEL] = fuel
            if fuel < 0:
                exhausted(memory, OUT_OF_FUEL)
                return ERROR
            address = memory[memory[PRODUCTIONS] + 2 * production + 1]
            if address:
                result = call_address(address, memory, (depth, new, 0, 0, 0))
                if result != ASK_PYTHON:
                    return result
            return call_address(memory[CALLBACK], memory, (depth, production, new))
        elif kind == RECURSE:
            # The environment holds the arguments; beyond them lies what `fix` was given.
            scope = memory[environment + 1]
            second = memory[environment]
            first = second
            arity = 1
            if memory[scope + 1] != 0:
                first = memory[scope]
                scope = memory[scope + 1]
                arity = 2
            body = memory[scope]
            function = make_recursive(memory, arity, scope)
            if function == ERROR:
                return ERROR
            memory[FUEL] += 1
            new = allocate(memory, 5)
            if new == 0:
                return ERROR
            memory[new] = body
            memory[new + 1] = arity + 1
            memory[new + 2] = function
            memory[new + 3] = first
            memory[new + 4] = second
            at = APPLY_AT
            environment = new
            continue
        elif kind == APPLY_VECTOR:
            function = memory[environment + FUNCTION]
            count = memory[environment + COUNT]
            if function >> TAG == HANDLE:
                return call_address(memory[CALLBACK], memory, (depth, APPLY_HANDLE, environment))
            if function >> TAG != CLOSURE:
                return ERROR
            closure = function & DATA
            arity = memory[closure + ARITY]
            inner = memory[closure + SCOPE]
            for i in range(min(arity, count)):
                inner = extend(memory, memory[environment + FIRST_ARGUMENT + i], inner)
                if inner == 0:
                    return ERROR
            if count < arity:
                return make_closure(memory, arity - count, memory[closure + BODY], inner)
            if arity == 0:
                # An argument that was put off: to evaluate it is not a call.
                depth -= CALL
            elif not enter(memory, depth):
                return ERROR
            if count == arity:
                at = memory[closure + BODY]
                environment = inner
                continue
            value = again(memory, memory[closure + BODY], inner, depth)
            if value == ERROR:
                return ERROR
            count -= arity
            new = allocate(memory, count + 2)
            if new == 0:
                return ERROR
            memory[new + FUNCTION] = value
            memory[new + COUNT] = count
            copy(memory, environment + 2 + arity, new + FIRST_ARGUMENT, count)
            environment = new
            continue
        else:
            return ERROR

        # A function that is not a closure of just this arity: apply it to a vector.
        if function == ERROR:
            return ERROR
        new = allocate(memory, count + 2)
        if new == 0:
            return ERROR
        memory[new + FUNCTION] = function
        memory[new + COUNT] = count
        for i in range(count):
            value = again(memory, place, environment, depth)
            if value == ERROR:
                return ERROR
            memory[new + 2 + i] = value
            place += (memory[place] >> SIZE_SHIFT) & 0xFFFF
        depth += CALL
        environment = new
        at = APPLY_AT


@cfunc("int64(CPointer(int64), int64, int64, int64)")
def evaluate_entry(memory: Memory, at: int, environment: int, depth: int) -> int:
    """Evaluate a node: :func:`evaluate` as a C function, for compiled primitives."""
    return evaluate(memory, at, environment, depth)
