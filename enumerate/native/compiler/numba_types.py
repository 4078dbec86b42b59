"""The types of arguments of compiled primitives: numba types over the words of the block.

A primitive is an ordinary Python function and must mean in compiled code what it means in Python.
So its arguments are given types that support just the operations which can be given Python's
meaning here; whatever else it does fails to compile, and it then runs in Python:

* ``int``, ``bool``, ``real``, ``char``: machine integers, booleans, doubles, strings of length 1;
* a list: a :class:`ListView` of the words of the block, without a copy, that can be read (``l[i]``,
  ``l[a:b:c]``, ``len``, iteration, ``in``, ``==``, ``+``) and not written. A second attempt gives
  real lists, copies, which support all that numba's lists do;
* a pair: a tuple;
* a function, and an argument that is put off: a :class:`Function`, which is called through the
  interpreter and can be passed on;
* a type variable: a :class:`Payload`, the bare word, which can be moved about and compared for
  equality. One compiled function therefore serves all element types;
* a domain's own type: the same without equality, since only Python knows the value.
"""

from __future__ import annotations

from functools import cache
from typing import Any

from llvmlite import ir

from ....dsl import cgutils, intrinsic, kernel_types, njit, overload
from ..interpreter.calls import bind1, bind2, target
from ..memory.block_access import (
    POINTER,
    allocate,
    call_address,
    decode_real,
    encode_real,
    is_integer,
)
from ..memory.word_layout import (
    APPLY_AT,
    BOOL,
    CALL,
    CHAR,
    CLOSURE,
    DATA,
    EMPTY,
    ERROR,
    EVALUATE,
    FALSE,
    INTEGER,
    LENGTH,
    LIST,
    PAIR,
    REALS,
    TAG,
    Memory,
)
from .exception_cleanup import with_passes
from .numba_internals import extending, imputils, signature

__all__ = ["Function", "ListView", "Payload", "box", "unboxer"]

RELEASING = with_passes()


class Box(kernel_types.Type):  # type: ignore[misc]
    """A word and what it takes to use it: members ``memory, depth, payload``."""


class Payload(Box):
    """A word whose type is not known; ``comparable`` if ``==`` is allowed."""

    def __init__(self, comparable: bool = True) -> None:
        self.comparable = comparable
        super().__init__(name=f"Payload({comparable})")


class ViewIterator(kernel_types.SimpleIteratorType):  # type: ignore[misc]
    """The state of an iteration over a view: members ``memory, depth, place, stop``."""

    def __init__(self, element: kernel_types.Type) -> None:
        self.element = element
        super().__init__(name=f"ViewIterator({element})", yield_type=element)


class ListView(kernel_types.SimpleIterableType, Box):  # type: ignore[misc]
    """A list in the block, read only."""

    def __init__(self, element: kernel_types.Type) -> None:
        self.element = element
        super().__init__(name=f"View({element})", iterator_type=ViewIterator(element))


class Function(kernel_types.Callable, Box):  # type: ignore[misc]
    """A function value; ``parameters`` and ``result`` say how to pass values to it."""

    def __init__(
        self, parameters: tuple[kernel_types.Type, ...], result: kernel_types.Type
    ) -> None:
        self.parameters = parameters
        self.result = result
        super().__init__(name=f"Function({parameters}, {result})")

    def get_call_type(self, context: Any, args: Any, kws: Any) -> Any:
        if kws or len(args) != len(self.parameters):
            return None
        return signature(self.result, *args, recvr=self)

    def get_call_signatures(self) -> Any:
        return [], False

    def get_impl_key(self, signature: Any) -> Any:
        return "reverie.call"


class _BoxModel(extending.models.StructModel):  # type: ignore[misc]
    def __init__(self, manager: Any, kind: Any) -> None:
        members = [
            ("memory", POINTER),
            ("depth", kernel_types.int64),
            ("payload", kernel_types.int64),
        ]
        super().__init__(manager, kind, members)


class _IteratorModel(extending.models.StructModel):  # type: ignore[misc]
    def __init__(self, manager: Any, kind: Any) -> None:
        members = [
            ("memory", POINTER),
            ("depth", kernel_types.int64),
            ("place", kernel_types.EphemeralPointer(kernel_types.int64)),
            ("stop", kernel_types.int64),
        ]
        super().__init__(manager, kind, members)


extending.register_model(Payload)(_BoxModel)
extending.register_model(ListView)(_BoxModel)
extending.register_model(Function)(_BoxModel)
extending.register_model(ViewIterator)(_IteratorModel)
for _kind in (Payload, ListView, Function):
    for _member in ("memory", "depth", "payload"):
        extending.make_attribute_wrapper(_kind, _member, _member)


# ---- from words to values -----------------------------------------------------------------------


def _fail_unless(context: Any, builder: Any, condition: Any, wanted: str) -> None:
    with builder.if_then(builder.not_(condition), likely=False):
        context.call_conv.return_user_exc(builder, TypeError, (f"not {wanted}",))


def _has_tag(builder: Any, word: Any, tag: int) -> Any:
    shifted = builder.ashr(word, ir.Constant(word.type, TAG))
    return builder.icmp_signed("==", shifted, ir.Constant(word.type, tag))


def _character(word: int) -> str:
    return chr(word & DATA)


def _is_integer(word: int) -> bool:
    return is_integer(word)


def _real(word: int) -> float:
    return decode_real(word)


def _is_number(word: int) -> bool:
    return is_integer(word) or word < -REALS or word >= REALS


def _emit_unbox(
    context: Any, builder: Any, kind: Any, memory: Memory, depth: Any, word: Any
) -> Any:
    """Emit code that makes a value of ``kind`` of a word, or raises TypeError."""

    def run(function: Any, result: Any) -> Any:
        return context.compile_internal(builder, function, result(kernel_types.int64), (word,))

    if kind == kernel_types.int64:
        _fail_unless(context, builder, run(_is_integer, kernel_types.boolean), "an integer")
        return word
    if kind == kernel_types.boolean:
        _fail_unless(context, builder, _has_tag(builder, word, BOOL), "a bool")
        return builder.trunc(word, ir.IntType(1))
    if kind == kernel_types.float64:
        _fail_unless(context, builder, run(_is_number, kernel_types.boolean), "a real")
        return run(_real, kernel_types.float64)
    if kind == kernel_types.unicode_type:
        _fail_unless(context, builder, _has_tag(builder, word, CHAR), "a character")
        return run(_character, kernel_types.unicode_type)
    if isinstance(kind, kernel_types.BaseTuple):
        _fail_unless(context, builder, _has_tag(builder, word, PAIR), "a pair")
        place = builder.gep(memory, [builder.and_(word, ir.Constant(word.type, DATA))])
        parts = []
        for position, part in enumerate(kind):
            found = builder.load(builder.gep(place, [ir.Constant(word.type, position)]))
            parts.append(_emit_unbox(context, builder, part, memory, depth, found))
        return context.make_tuple(builder, kind, parts)
    if isinstance(kind, ListView):
        _fail_unless(context, builder, _has_tag(builder, word, LIST), "a list")
    box = cgutils.create_struct_proxy(kind)(context, builder)
    box.memory, box.depth, box.payload = memory, depth, word
    return box._getvalue()


@cache
def unboxer(kind: Any) -> Any:
    """Return the function ``(memory, depth, word)`` that makes a value of a numba type."""

    @intrinsic
    def unbox(typingctx: Any, memory: Any, depth: Any, word: Any) -> Any:
        def codegen(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
            return _emit_unbox(context, builder, kind, *arguments)

        return kind(POINTER, kernel_types.int64, kernel_types.int64), codegen

    return unbox


# ---- from values to words -----------------------------------------------------------------------


def box(memory: Memory, value: Any) -> int:
    """Return the word of a value, copying lists and pairs into the block (compiled code only).

    Raises:
        OverflowError: if it is beyond the bounds, or there is no room.
    """
    raise NotImplementedError


@overload(box, pipeline_class=RELEASING)
def _box(memory: Memory, value: Any) -> Any:
    if isinstance(value, kernel_types.Boolean):
        return lambda memory, value: FALSE | int(value)
    if isinstance(value, kernel_types.Integer):
        return _box_integer
    if isinstance(value, kernel_types.Float):
        return _box_real
    if value == kernel_types.unicode_type:
        return _box_character
    if isinstance(value, Payload):
        return lambda memory, value: value.payload
    if isinstance(value, Function):
        return lambda memory, value: value.payload
    if isinstance(value, ListView):
        return _box_view
    if isinstance(value, kernel_types.List):
        return _box_list
    if isinstance(value, kernel_types.BaseTuple) and len(value) == 2:
        return _box_pair
    return None


def _box_integer(memory: Memory, value: int) -> int:
    if value < -memory[INTEGER] or value > memory[INTEGER]:
        raise OverflowError("an integer beyond its bounds")
    return value


def _box_real(memory: Memory, value: float) -> int:
    if not value - value == 0.0:
        raise OverflowError("a real number that is not finite")
    return encode_real(value)


def _box_character(memory: Memory, value: str) -> int:
    if len(value) != 1:
        raise ValueError("a string that is not a character")
    return CHAR << TAG | ord(value)


def _box_view(memory: Memory, value: Any) -> int:
    if len(value) > memory[LENGTH]:
        raise OverflowError("a list that is too long")
    word: int = value.payload
    return word


def _box_list(memory: Memory, value: Any) -> int:
    count = len(value)
    if count > memory[LENGTH]:
        raise OverflowError("a list that is too long")
    new = allocate(memory, count)
    if new == 0:
        raise MemoryError
    for i in range(count):
        memory[new + i] = box(memory, value[i])
    return EMPTY | new << 16 | count


def _box_pair(memory: Memory, value: Any) -> int:
    new = allocate(memory, 2)
    if new == 0:
        raise MemoryError
    memory[new] = box(memory, value[0])
    memory[new + 1] = box(memory, value[1])
    return PAIR << TAG | new


# ---- functions ----------------------------------------------------------------------------------


@njit
def _invoke0(memory: Memory, depth: int, function: int) -> int:
    closure = function & DATA
    if function >> TAG != CLOSURE or memory[closure] != 0:
        raise TypeError
    result = call_address(
        memory[EVALUATE], memory, (memory[closure + 1], memory[closure + 2], depth)
    )
    if result == ERROR:
        raise ArithmeticError
    return result


@njit
def _invoke1(memory: Memory, depth: int, function: int, first: int) -> int:
    depth += CALL
    inner = bind1(memory, function, first, depth)
    if inner == 0:
        raise MemoryError
    at = target(memory, function, 1)
    result = call_address(memory[EVALUATE], memory, (at, inner, depth))
    if result == ERROR:
        raise ArithmeticError
    return result


@njit
def _invoke2(memory: Memory, depth: int, function: int, first: int, second: int) -> int:
    depth += CALL
    inner = bind2(memory, function, first, second, depth)
    if inner == 0:
        raise MemoryError
    at = target(memory, function, 2)
    result = call_address(memory[EVALUATE], memory, (at, inner, depth))
    if result == ERROR:
        raise ArithmeticError
    return result


@njit
def _invoke3(memory: Memory, depth: int, function: int, first: int, second: int, third: int) -> int:
    inner = allocate(memory, 5)
    if inner == 0:
        raise MemoryError
    memory[inner] = function
    memory[inner + 1] = 3
    memory[inner + 2] = first
    memory[inner + 3] = second
    memory[inner + 4] = third
    result = call_address(memory[EVALUATE], memory, (APPLY_AT, inner, depth + CALL))
    if result == ERROR:
        raise ArithmeticError
    return result


@cache
def _caller(kind: Function) -> Any:
    """Return the function that calls a function value of a type."""
    unbox = unboxer(kind.result)

    def call0(f: Any) -> Any:
        return unbox(f.memory, f.depth, _invoke0(f.memory, f.depth, f.payload))

    def call1(f: Any, x: Any) -> Any:
        return unbox(f.memory, f.depth, _invoke1(f.memory, f.depth, f.payload, box(f.memory, x)))

    def call2(f: Any, x: Any, y: Any) -> Any:
        first, second = box(f.memory, x), box(f.memory, y)
        return unbox(f.memory, f.depth, _invoke2(f.memory, f.depth, f.payload, first, second))

    def call3(f: Any, x: Any, y: Any, z: Any) -> Any:
        first, second, third = box(f.memory, x), box(f.memory, y), box(f.memory, z)
        word = _invoke3(f.memory, f.depth, f.payload, first, second, third)
        return unbox(f.memory, f.depth, word)

    chosen = (call0, call1, call2, call3)[len(kind.parameters)]
    return njit(nogil=True, pipeline_class=RELEASING)(chosen)


@extending.lower_builtin("reverie.call", kernel_types.VarArg(kernel_types.Any))
def _lower_call(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
    compiled = _caller(signature.args[0]).get_compile_result(signature)
    context.active_code_library.add_linking_library(compiled.library)
    return context.call_internal(builder, compiled.fndesc, signature, arguments)


# ---- views --------------------------------------------------------------------------------------


@intrinsic
def _make_view(typingctx: Any, like: Any, word: Any) -> Any:
    """Return a view like another, of another word."""

    def codegen(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
        box = cgutils.create_struct_proxy(signature.args[0])(context, builder, arguments[0])
        box.payload = arguments[1]
        return box._getvalue()

    return like(like, kernel_types.int64), codegen


@extending.lower_builtin("getiter", ListView)
def _getiter(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
    view = cgutils.create_struct_proxy(signature.args[0])(context, builder, arguments[0])
    iterator = cgutils.create_struct_proxy(signature.return_type)(context, builder)
    word = view.payload
    place = cgutils.alloca_once(builder, word.type)
    start = builder.lshr(
        builder.and_(word, ir.Constant(word.type, DATA)), ir.Constant(word.type, 16)
    )
    builder.store(start, place)
    iterator.memory, iterator.depth, iterator.place = view.memory, view.depth, place
    count = builder.and_(word, ir.Constant(word.type, 0xFFFF))
    iterator.stop = builder.add(start, count)
    return iterator._getvalue()


@extending.lower_builtin("iternext", ViewIterator)
@imputils.iternext_impl(imputils.RefType.NEW)
def _iternext(context: Any, builder: Any, signature: Any, arguments: Any, result: Any) -> None:
    kind = signature.args[0]
    iterator = cgutils.create_struct_proxy(kind)(context, builder, arguments[0])
    place = builder.load(iterator.place)
    more = builder.icmp_signed("<", place, iterator.stop)
    result.set_valid(more)
    with builder.if_then(more):
        word = builder.load(builder.gep(iterator.memory, [place]))
        result.yield_(
            _emit_unbox(context, builder, kind.element, iterator.memory, iterator.depth, word)
        )
        builder.store(builder.add(place, ir.Constant(place.type, 1)), iterator.place)
