"""Compiling primitives: one C function each, kept on disk by content.

Every primitive becomes ``int64(block, depth, a, b, c, d)``, whatever its type, reached through a
table of addresses; the interpreter is never compiled anew. With more than four arguments, or lazy
ones, ``a`` is the offset of a vector of arguments.

A function is known by its *content*: byte code, constants, and the content of whatever it refers
to. The wrapper is written to a file named after that, because numba keeps compiled code only for
functions that come from files; a primitive that does not compile leaves the reason there instead.

What a primitive holds when it fails is freed: see :mod:`.exception_cleanup`.
"""

from __future__ import annotations

import dis
import hashlib
import importlib.util
import json
import os
import tempfile
import types as python_types
import warnings
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from numba.core.errors import NumbaWarning

from ....dsl import (
    Primitive,
    Type,
    TypeVariable,
    cache_folder,
    cfunc_besides,
    fingerprint,
    kernel_types,
    njit,
    own_names,
)
from . import list_views
from .attempts import attempted
from .exception_cleanup import releasing, with_passes
from .meaning_check import COMPILER, OPTIONS, DifferentMeaning, exact_function
from .numba_types import Function, ListView, Payload, box, unboxer
from .result_types import shaper

__all__ = ["Compiled", "compile_primitive", "content", "forget_failure", "give_up"]

DIRECT = 4
"""How many arguments are passed in registers."""


class Unsupported(Exception):
    """A primitive that is not compiled, and why."""


@dataclass(frozen=True)
class Compiled:
    """What became of a primitive.

    Attributes:
        address: of the C function; 0 if the primitive runs in Python.
        reason: why it runs in Python; empty if it is native.
        keep: what must stay alive for the address to stay valid.
    """

    address: int
    reason: str = ""
    keep: Any = None


# ---- types --------------------------------------------------------------------------------------

_SCALARS = {
    "int": kernel_types.int64,
    "bool": kernel_types.boolean,
    "real": kernel_types.float64,
    "char": kernel_types.unicode_type,
}


def kind_of(type: Type) -> Any:
    """Return the numba type that values of a type have in compiled primitives.

    Raises:
        Unsupported: if they have none.
    """
    if isinstance(type, TypeVariable):
        return Payload()
    if type.is_arrow:
        if len(type.parameters) > 3:
            raise Unsupported("a function of more than three arguments is an argument")
        return Function(tuple(map(kind_of, type.parameters)), kind_of(type.result))
    if type.name in _SCALARS:
        return _SCALARS[type.name]
    if type.name == "list" and len(type.arguments) == 1:
        return ListView(kind_of(type.arguments[0]))
    if type.name == "pair" and len(type.arguments) == 2:
        return kernel_types.Tuple([kind_of(a) for a in type.arguments])
    if type.name == "str":
        raise Unsupported("strings are Python's")
    return Payload(comparable=False)


# ---- content ------------------------------------------------------------------------------------


def content(function: Any) -> str:
    """Return a text that two functions share only if they mean the same.

    Raises:
        Unsupported: if it refers to something whose content is not known.
    """
    return "".join(_content(function, frozenset()))


def _content(value: Any, within: frozenset[int]) -> Iterator[str]:
    if isinstance(value, Primitive):
        value = value.value
    if isinstance(value, python_types.FunctionType):
        if id(value) in within:
            raise Unsupported(f"{value.__name__} calls itself, without a bound in compiled code")
        within = within | {id(value)}
        yield from _content_of_code(value.__code__)
        yield from _content(value.__defaults__, within)
        for name, found in _references(value):
            yield f"[{name}="
            yield from _content(found, within)
            yield "]"
    elif isinstance(value, (bool, int, float, str, bytes, type(None))):
        yield repr(value)
    elif isinstance(value, (tuple, list)):
        yield type(value).__name__ + "("
        for item in value:
            yield from _content(item, within)
            yield ","
        yield ")"
    elif isinstance(value, python_types.ModuleType):
        yield f"module {value.__name__}"
    elif isinstance(value, (python_types.BuiltinFunctionType, type)):
        yield f"{value.__module__}.{value.__qualname__}"
    else:
        raise Unsupported(f"it refers to a {type(value).__name__}")


def _content_of_code(code: python_types.CodeType) -> Iterator[str]:
    yield f"{code.co_code.hex()} {code.co_names} {code.co_varnames} {code.co_freevars} "
    for constant in code.co_consts:
        if isinstance(constant, python_types.CodeType):
            yield from _content_of_code(constant)
        else:
            yield repr(constant)


_LOADS = ("LOAD_GLOBAL", "LOAD_NAME")


def _references(function: python_types.FunctionType) -> Iterator[tuple[str, Any]]:
    """Yield the globals and enclosing variables that a function uses, with their values."""
    pending = [function.__code__]
    while pending:
        code = pending.pop()
        # Not all of co_names: the `exp` of `math.exp` is an attribute, whatever else has its name.
        used = (i.argval for i in dis.get_instructions(code) if i.opname in _LOADS)
        for name in dict.fromkeys(used):
            if name in function.__globals__:
                yield name, function.__globals__[name]
        pending += [c for c in code.co_consts if isinstance(c, python_types.CodeType)]
    cells = function.__closure__ or ()
    for name, cell in zip(function.__code__.co_freevars, cells, strict=True):
        yield name, cell.cell_contents


# ---- functions ----------------------------------------------------------------------------------


def jitted(value: Any, known: dict[int, Any] | None = None) -> Any:
    """Return a function for use in compiled code, with all Python functions that it calls."""
    known = {} if known is None else known
    if isinstance(value, Primitive):
        value = value.value
    if not isinstance(value, python_types.FunctionType):
        return value
    if id(value) in known:
        return known[id(value)]
    scope = dict(value.__globals__)
    code = value.__code__
    cells = tuple(python_types.CellType() for _ in code.co_freevars)
    copy = python_types.FunctionType(code, scope, value.__name__, value.__defaults__, cells)
    # Where code is taken from the cache, numba imports the module that a function names.
    copy.__module__ = __name__
    result = known[id(value)] = njit(**OPTIONS, pipeline_class=COMPILER)(copy)
    enclosed = dict(zip(code.co_freevars, cells, strict=True))
    for name, found in _references(value):
        replacement = jitted(found, known)
        if name in enclosed:
            enclosed[name].cell_contents = replacement
        else:
            scope[name] = replacement
    return result


def _compilable(value: Any, count: int) -> Any:
    """Return what computes the function of a primitive in compiled code.

    Raises:
        DifferentMeaning: if it is a function of Python's own that has no exact counterpart.
    """
    if isinstance(value, Primitive):
        value = value.value
    if isinstance(value, python_types.FunctionType):
        return jitted(value)
    return exact_function(value, count)


def _wrapper(name: str, count: int, vector: bool, lists: bool) -> str:
    """Return the source of the C function of a primitive with ``count`` arguments."""
    given = [f"memory[a + {i}]" if vector else "abcd"[i] for i in range(count)]
    values = [f"unbox{i}(memory, depth, {word})" for i, word in enumerate(given)]
    if lists:
        values = [f"to_list({value})" for value in values]
    return f'''"""Compiled form of the primitive {name}; written by Reverie, safe to delete."""

from numba import njit


@njit(error_model="python", boundscheck=True, nogil=True, pipeline_class=compiler)
def inner(memory, depth, a, b, c, d):
    return box(memory, shape(function({", ".join(values)})))


attempt = attempted(inner)


@cfunc("int64(CPointer(int64), int64, int64, int64, int64, int64)")
def entry(memory, depth, a, b, c, d):
    return attempt(memory, depth, a, b, c, d)
'''


_done: dict[tuple[Path, str], Compiled] = {}


def compile_primitive(primitive: Primitive) -> Compiled:
    """Compile a primitive, or take it from the cache; never raises for what it contains."""
    try:
        kinds = [kind_of(t) for t in primitive.type.parameters]
        digest = _digest(primitive)
    except Unsupported as reason:
        return Compiled(0, str(reason))
    folder = cache_folder() / "primitives"
    found = _done.get((folder, digest))
    if found is None:
        found = _done[folder, digest] = _compile(primitive, kinds, folder, digest)
    return found


def give_up(primitive: Primitive, reason: str) -> None:
    """Let a primitive run in Python for as long as this process lives, and in its workers.

    That compiling it did not come to an end may have been for want of memory or time, and says
    nothing about the primitive on another day.
    """
    with suppress(Unsupported):  # it runs in Python anyhow
        _write_record(_place(primitive, ".given-up"), {"reason": reason, "process": os.getpid()})


def forget_failure(primitive: Primitive) -> None:
    """Let a primitive that did not compile be tried again."""
    with suppress(Unsupported, OSError):
        folder, digest = cache_folder() / "primitives", _digest(primitive)
        for path in folder.glob(f"p_{digest}*"):
            if path.suffix in (".reason", ".failed", ".given-up"):
                path.unlink(missing_ok=True)
        _done.pop((folder, digest), None)


def _place(primitive: Primitive, suffix: str) -> Path:
    return cache_folder() / "primitives" / f"p_{_digest(primitive)}{suffix}"


def _digest(primitive: Primitive) -> str:
    """Return a name for all that the code of a primitive depends on.

    Raises:
        Unsupported: if it refers to something whose content is not known.
    """
    declared = f"{primitive.type} {sorted(primitive.lazy)}"
    key = f"{fingerprint(Path(__file__))} {declared} {content(primitive.value)}"
    return hashlib.sha256(key.encode()).hexdigest()[:24]


def _compile(primitive: Primitive, kinds: list[Any], folder: Path, digest: str) -> Compiled:
    known = _read_record(folder / f"p_{digest}.reason")
    if known is not None:
        return Compiled(0, str(known["reason"]))
    given_up = _read_record(folder / f"p_{digest}.given-up")
    if given_up is not None and _is_running(given_up.get("process")):
        return Compiled(0, str(given_up["reason"]))
    for i in primitive.lazy:
        kinds[i] = Function((), kinds[i])
    vector = bool(primitive.lazy) or len(kinds) > DIRECT
    reason = ""
    for lists in (False, True):
        path = folder / f"p_{digest}_{'lists' if lists else 'views'}.py"
        again = path.with_suffix(".failed")
        if _read_record(again) or (lists and not any(isinstance(k, ListView) for k in kinds)):
            continue
        try:
            source = _wrapper(primitive.name, len(kinds), vector, lists)
            module = _load(_written(path, source), primitive, kinds)
        except (OSError, MemoryError) as error:
            return Compiled(0, f"compiling it was not possible: {error}")
        except Exception as error:  # noqa: BLE001 - numba raises anything for what it cannot do
            reason = reason or _first_sentence(error)
            _write_record(again, {"reason": str(error)})
            continue
        return Compiled(module.entry.address, keep=module)
    _write_record(folder / f"p_{digest}.reason", {"reason": reason})
    return Compiled(0, reason)


def _is_running(process: Any) -> bool:
    """Say whether a process of a number runs, this one say."""
    try:
        os.kill(int(process), 0)
    except (ProcessLookupError, ValueError, TypeError, OverflowError):
        return False
    except OSError:  # somebody else's
        return True
    return True


def _written(path: Path, text: str) -> Path:
    """Return a file with a text: at this path, or elsewhere if it cannot be written there."""
    try:
        if path.read_text(encoding="utf-8") == text:
            return path
    except (OSError, UnicodeError):
        pass
    try:
        _write(path, text)
    except OSError:
        path = Path(tempfile.mkdtemp(prefix="reverie-"), path.name)
        _write(path, text)
    return path


def _write(path: Path, text: str) -> None:
    """Write a file so that another process sees all of it or nothing."""
    path.parent.mkdir(parents=True, exist_ok=True)
    draft = path.with_suffix(f".{os.getpid()}")
    try:
        draft.write_text(text, encoding="utf-8")
        draft.replace(path)
    except OSError:
        draft.unlink(missing_ok=True)
        raise


def _write_record(path: Path, record: dict[str, Any]) -> None:
    """Note what became of a primitive, if there is room."""
    text = json.dumps(record)
    with suppress(OSError):
        _write(path, f"{text}\n{hashlib.sha256(text.encode()).hexdigest()}\n")


def _read_record(path: Path) -> dict[str, Any] | None:
    """Return what was noted; None if nothing was, or the file is not what was written."""
    try:
        text, digest, _ = path.read_text(encoding="utf-8").split("\n")
    except (OSError, ValueError):
        return None
    if hashlib.sha256(text.encode()).hexdigest() != digest:
        return None
    record: dict[str, Any] = json.loads(text)
    return record


def _load(path: Path, primitive: Primitive, kinds: list[Any]) -> Any:
    """Run a wrapper file with what it refers to; numba compiles it or finds it compiled."""
    spec = importlib.util.spec_from_file_location(__name__, path)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    scope: dict[str, Any] = {"box": box, "to_list": list_views.to_list, "compiler": with_passes()}
    scope["cfunc"] = cfunc_besides
    scope |= {"attempted": attempted, "shape": shaper(kind_of(primitive.type.result))}
    scope |= {f"unbox{i}": unboxer(kind) for i, kind in enumerate(kinds)}
    module.__dict__.update(scope, function=_compilable(primitive.value, len(kinds)))
    with warnings.catch_warnings(), own_names(path.name), releasing():
        warnings.simplefilter("ignore", NumbaWarning)
        spec.loader.exec_module(module)
    return module


def _first_sentence(error: Exception) -> str:
    """Return the line of numba's long message that says what was wrong."""
    found: BaseException | None = error
    while found is not None:
        if isinstance(found, DifferentMeaning):
            return found.what
        found = found.__cause__ or found.__context__
    lines = [line.strip() for line in str(error).splitlines() if line.strip()]
    for line in lines:
        if line.startswith(("No implementation", "Unknown attribute", "Cannot unify", "Untyped")):
            return line
    wanted = [line for line in lines if not line.startswith(("Failed in", "During:"))]
    return wanted[0] if wanted else type(error).__name__
