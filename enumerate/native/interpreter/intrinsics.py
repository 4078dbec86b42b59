"""Primitives that most languages have, which the interpreter computes itself.

An author may say which of them a primitive is: ``@primitive(intrinsic="map")``. Where nothing is
said, primitives are recognised: each intrinsic is written below as an author would write it, and a
primitive whose byte code is the same, names of local variables apart, and whose type is at least as
special, becomes the opcode; the name it goes by does not matter. Recognition depends on how a
function is written, so a declaration is the safer way. Everything here also compiles like any other
primitive: this table only saves calls, and copies of lists. (Ours.)
"""

from __future__ import annotations

import dis
import types as python_types
from collections.abc import Callable, Iterator, Mapping
from functools import cache
from typing import Any, NamedTuple

from ....dsl import Primitive, ReverieError, Type, TypeVariable, parse_type, suggest
from ..memory.word_layout import IF
from . import opcodes

__all__ = ["INTRINSICS", "Intrinsic", "opcode_of"]


class Intrinsic(NamedTuple):
    """A function that is known, its opcode, and the type that it has as an opcode."""

    type: str
    opcode: int
    function: Callable[..., Any]
    lazy: frozenset[int] = frozenset()

    @property
    def name(self) -> str:
        """What authors call it: its opcode's name in lower case."""
        return _NAMES[self.opcode]


_NAMES = {
    value: name.lower()
    for name, value in {"IF": IF, **vars(opcodes)}.items()
    if name.isupper() and name != "LAST_OPERATION"
}


def _unfold(x: Any, stop: Any, element: Any, after: Any) -> Any:
    result = []
    while not stop(x):
        result.append(element(x))
        x = after(x)
    return result


def _unfold_bounded(start: Any, done: Any, element: Any, step: Any) -> Any:
    values: list[Any] = []
    state = start
    for _ in range(_BOUND):
        if done(state):
            return values
        values.append(element(state))
        state = step(state)
    raise RecursionError("")


def _range_bounded(n: Any) -> Any:
    if n > _BOUND:
        raise ValueError("")
    return list(range(n))


def _head_checked(values: Any) -> Any:
    if len(values) == 0:
        raise IndexError("")
    return values[0]


def _rest(values: Any) -> Any:
    if len(values) == 0:
        raise IndexError("")
    return values[1:]


def _at(i: Any, values: Any) -> Any:
    if not 0 <= i < len(values):
        raise IndexError("")
    return values[i]


def _fold_onto(values: Any, start: Any, f: Any) -> Any:
    result = start
    for value in values[::-1]:
        result = f(value, result)
    return result


def _fold_reversed(values: Any, x: Any, f: Any) -> Any:
    for value in reversed(values):
        x = f(value, x)
    return x


def _fold_backwards(values: Any, x: Any, f: Any) -> Any:
    for value in values[::-1]:
        x = f(value, x)
    return x


def _fold_left(values: Any, x: Any, f: Any) -> Any:
    for value in values:
        x = f(x, value)
    return x


def _fix1(x: Any, body: Any) -> Any:
    def recurse(y):  # type: ignore[no-untyped-def]
        return body(recurse, y)

    return recurse(x)  # type: ignore[no-untyped-call]


def _fix2(x: Any, y: Any, body: Any) -> Any:
    def recurse(x, y):  # type: ignore[no-untyped-def]
        return body(recurse, x, y)

    return recurse(x, y)  # type: ignore[no-untyped-call]


_BOUND = 0
"""Stands for any integer of a function's module, which becomes the bound of the opcode."""

_I = "int -> int -> int"
_B = "bool -> bool -> bool"
_C = "int -> int -> bool"
_L = "list(t0) -> list(t0)"

INTRINSICS: tuple[Intrinsic, ...] = (
    Intrinsic(_I, opcodes.ADD, lambda x, y: x + y),
    Intrinsic(_I, opcodes.SUBTRACT, lambda x, y: x - y),
    Intrinsic(_I, opcodes.MULTIPLY, lambda x, y: x * y),
    Intrinsic(_I, opcodes.MODULO, lambda x, y: x % y),
    Intrinsic(_I, opcodes.DIVIDE, lambda x, y: x // y),
    Intrinsic("t0 -> t0 -> bool", opcodes.EQUAL, lambda x, y: x == y),
    Intrinsic(_C, opcodes.LESS, lambda x, y: x < y),
    Intrinsic(_C, opcodes.GREATER, lambda x, y: x > y),
    Intrinsic("bool -> bool", opcodes.NOT, lambda x: not x),
    Intrinsic(_B, opcodes.AND, lambda x, y: x and y),
    Intrinsic(_B, opcodes.OR, lambda x, y: x or y),
    Intrinsic("list(t0) -> t0", opcodes.HEAD, lambda values: values[0]),
    Intrinsic("list(t0) -> t0", opcodes.HEAD, _head_checked),
    Intrinsic(_L, opcodes.TAIL, lambda values: values[1:]),
    Intrinsic(_L, opcodes.REST, _rest),
    Intrinsic("t0 -> list(t0) -> list(t0)", opcodes.CONS, lambda x, values: [x] + values),  # noqa: RUF005
    Intrinsic("t0 -> list(t0) -> list(t0)", opcodes.CONS, lambda x, values: [x, *values]),
    Intrinsic("list(t0) -> bool", opcodes.IS_EMPTY, lambda values: not values),
    Intrinsic("list(t0) -> bool", opcodes.IS_EMPTY, lambda values: len(values) == 0),
    Intrinsic("list(t0) -> bool", opcodes.IS_EMPTY, lambda values: values == []),
    Intrinsic("list(t0) -> int", opcodes.LENGTH_OF, lambda values: len(values)),  # noqa: PLW0108
    Intrinsic("list(t0) -> int", opcodes.LENGTH_OF, len),
    Intrinsic("int -> list(t0) -> t0", opcodes.INDEX, lambda i, values: values[i]),
    Intrinsic("int -> list(t0) -> t0", opcodes.AT, _at),
    Intrinsic("list(t0) -> list(t0) -> list(t0)", opcodes.APPEND, lambda x, y: x + y),
    Intrinsic(_L, opcodes.REVERSE, lambda values: values[::-1]),
    Intrinsic(_L, opcodes.REVERSE, lambda values: list(reversed(values))),
    Intrinsic("list(int) -> list(int)", opcodes.SORT, lambda values: sorted(values)),  # noqa: PLW0108
    Intrinsic("list(int) -> list(int)", opcodes.SORT, sorted),
    Intrinsic("int -> list(int)", opcodes.RANGE, lambda n: list(range(n))),
    Intrinsic("int -> list(int)", opcodes.RANGE, _range_bounded),
    Intrinsic(
        "(t0 -> t1) -> list(t0) -> list(t1)",
        opcodes.MAP,
        lambda f, values: [f(value) for value in values],
    ),
    Intrinsic(
        "(int -> t0 -> t1) -> list(t0) -> list(t1)",
        opcodes.MAP_INDEXED,
        lambda f, values: [f(i, value) for i, value in enumerate(values)],
    ),
    Intrinsic(
        "(t0 -> bool) -> list(t0) -> list(t0)",
        opcodes.FILTER,
        lambda f, values: [value for value in values if f(value)],
    ),
    Intrinsic("list(t0) -> t1 -> (t0 -> t1 -> t1) -> t1", opcodes.FOLD_RIGHT, _fold_reversed),
    Intrinsic("list(t0) -> t1 -> (t0 -> t1 -> t1) -> t1", opcodes.FOLD_RIGHT, _fold_backwards),
    Intrinsic("list(t0) -> t1 -> (t0 -> t1 -> t1) -> t1", opcodes.FOLD_RIGHT, _fold_onto),
    Intrinsic("list(t0) -> t1 -> (t1 -> t0 -> t1) -> t1", opcodes.FOLD_LEFT, _fold_left),
    Intrinsic(
        "t0 -> (t0 -> bool) -> (t0 -> t1) -> (t0 -> t0) -> list(t1)", opcodes.UNFOLD, _unfold
    ),
    Intrinsic(
        "t0 -> (t0 -> bool) -> (t0 -> t1) -> (t0 -> t0) -> list(t1)",
        opcodes.UNFOLD,
        _unfold_bounded,
    ),
    Intrinsic("t0 -> t1 -> pair(t0, t1)", opcodes.MAKE_PAIR, lambda x, y: (x, y)),
    Intrinsic("pair(t0, t1) -> t0", opcodes.FIRST, lambda pair: pair[0]),
    Intrinsic("pair(t0, t1) -> t1", opcodes.SECOND, lambda pair: pair[1]),
    Intrinsic("t0 -> ((t0 -> t1) -> t0 -> t1) -> t1", opcodes.FIX1, _fix1),
    Intrinsic("t0 -> t1 -> ((t0 -> t1 -> t2) -> t0 -> t1 -> t2) -> t2", opcodes.FIX2, _fix2),
    Intrinsic(
        "bool -> t0 -> t0 -> t0",
        IF,
        lambda condition, yes, no: yes() if condition else no(),
        frozenset({1, 2}),
    ),
)
"""The functions that are known."""


def normal(function: Any) -> tuple[str, ...]:
    """Return the instructions of a function without names of locals, lines and annotations.

    Nor does it matter what an error says, or what integer of its module a function refers to.
    """
    if not isinstance(function, python_types.FunctionType):
        return "built in", getattr(function, "__module__", ""), getattr(function, "__name__", "")
    return tuple(_instructions(function.__code__, function.__globals__))


def _is_integer(name: Any, scope: Mapping[str, Any]) -> bool:
    return isinstance(name, str) and type(scope.get(name)) is int


def _bound(function: Any) -> int:
    """Return the integer of its module that a function refers to; 0 if there is none."""
    if not isinstance(function, python_types.FunctionType):
        return 0
    scope = function.__globals__
    found = [scope[name] for name in function.__code__.co_names if _is_integer(name, scope)]
    return found[0] if found else 0


def _instructions(code: python_types.CodeType, scope: Mapping[str, Any]) -> Iterator[str]:
    names: dict[str, str] = {}
    for name in (*code.co_varnames, *code.co_cellvars, *code.co_freevars):
        names.setdefault(name, f"v{len(names)}")
    yield f"{code.co_argcount} {code.co_kwonlyargcount} {code.co_flags & 0x0C}"
    for instruction in dis.get_instructions(code):
        value = instruction.argval
        if isinstance(value, python_types.CodeType):
            yield "code ("
            yield from _instructions(value, scope)
            yield ")"
        elif instruction.opname == "RESUME":
            continue
        elif isinstance(value, str) and value in names:
            yield f"{instruction.opname} {names[value]}"
        elif isinstance(value, tuple) and "FAST" in instruction.opname:
            yield f"{instruction.opname} {[names[name] for name in value]}"
        elif isinstance(value, str) and "<locals>" in value:
            yield "qualified name"
        elif instruction.opname == "LOAD_CONST" and isinstance(value, str):
            yield "text"
        elif instruction.opname == "LOAD_GLOBAL" and _is_integer(value, scope):
            yield "integer"
        else:
            yield f"{instruction.opname} {instruction.argrepr}"


@cache
def _known() -> dict[tuple[str, ...], list[Intrinsic]]:
    table: dict[tuple[str, ...], list[Intrinsic]] = {}
    for known in INTRINSICS:
        table.setdefault(normal(known.function), []).append(known)
    return table


def opcode_of(primitive: Primitive) -> tuple[int, int] | None:
    """Return the opcode and the bound of a primitive that the interpreter computes itself.

    None if it does not; a bound of 0 is none.

    Raises:
        ReverieError: if the primitive declares an intrinsic that there is not, or whose type or
            lazy arguments are not its own.
    """
    if primitive.intrinsic:
        return _declared(primitive), 0
    function = primitive.value
    if getattr(function, "__defaults__", None):
        return None
    for known in _known().get(normal(function), ()):
        if primitive.lazy == known.lazy and _is_instance(primitive.type, parse_type(known.type)):
            builtins = {"len", "list", "range", "reversed", "sorted"}
            bound = _bound(function)
            if not builtins & set(getattr(function, "__globals__", ())) and 0 <= bound < 1 << 31:
                return known.opcode, bound
    return None


def _declared(primitive: Primitive) -> int:
    """Return the opcode that a primitive's author names."""
    named = {known.name: known for known in INTRINSICS}
    known = named.get(primitive.intrinsic)
    if known is None:
        raise ReverieError(
            f"primitive {primitive.name}: there is no intrinsic {primitive.intrinsic!r}"
            f"{suggest(primitive.intrinsic, named, len(named))}"
        )
    if not _is_instance(primitive.type, parse_type(known.type)):
        raise ReverieError(
            f"primitive {primitive.name} : {primitive.type} cannot be the intrinsic {known.name}, "
            f"which is {known.type}; give it that type or a special case of it, or leave out the "
            "intrinsic"
        )
    if primitive.lazy != known.lazy:
        raise ReverieError(
            f"primitive {primitive.name} has the lazy arguments {sorted(primitive.lazy)}, but the "
            f"intrinsic {known.name} has {sorted(known.lazy)}; declare those, or leave out the "
            "intrinsic"
        )
    return known.opcode


def _is_instance(special: Type, general: Type) -> bool:
    """Say whether a type is another with its variables replaced."""
    images: dict[int, Type] = {}

    def matches(one: Type, other: Type) -> bool:
        if isinstance(other, TypeVariable):
            return images.setdefault(other.index, one) is one
        return (
            one.name == other.name
            and len(one.arguments) == len(other.arguments)
            and all(map(matches, one.arguments, other.arguments))
        )

    return matches(special, general)
