"""Which code a language is made of: a fingerprint of each primitive, to be compared later.

A program means what its primitives do, so whoever keeps programs must be able to tell whether the
code is still the same. A function's fingerprint covers its bytecode and constants, its defaults and
closure, and whatever of the person's own code or data it refers to, in turn; comments, docstrings
and the place in the file do not count. What comes with Python or an installed package counts by its
name. Two equal fingerprints are no proof (a function may read a file), a difference always means
that something was edited.
"""

from __future__ import annotations

import copyreg
import functools
import hashlib
import sys
import sysconfig
from collections.abc import Iterator, Mapping
from functools import cache
from pathlib import Path
from types import BuiltinFunctionType, CodeType, FunctionType, MethodType, ModuleType
from typing import Any

from ..calculus.terms import Term
from ..calculus.types import Type
from ..language.primitives import Primitive
from .domain import Domain

__all__ = ["changes", "code_of", "fingerprint"]

MOST = 100_000
"""How many objects a fingerprint looks at; what lies beyond does not count."""

_OWN = __name__.split(".", 1)[0]
_SKIPPED = frozenset(
    {
        "__abstractmethods__",
        "__annotations__",
        "__dataclass_fields__",
        "__dataclass_params__",
        "__dict__",
        "__doc__",
        "__firstlineno__",
        "__match_args__",
        "__module__",
        "__orig_bases__",
        "__parameters__",
        "__qualname__",
        "__slots__",
        "__static_attributes__",
        "__weakref__",
        "_abc_impl",
    }
)
"""What Python notes of a class that says nothing of what it does."""


def code_of(domain: Domain) -> dict[str, Any]:
    """Return what a domain's code is, as JSON can hold it, for :func:`changes`."""
    return {
        "primitives": {p.name: [str(p.type), fingerprint(p)] for p in domain.primitives},
        "likelihood": fingerprint(domain.likelihood),
        "limits": fingerprint(domain.limits),
    }


def changes(before: Mapping[str, Any], after: Mapping[str, Any]) -> list[str]:
    """Say what differs between two results of :func:`code_of`; nothing if they are the same."""
    old, new = before["primitives"], after["primitives"]
    found = []
    for name in (name for name in new if name in old):
        (was, code), (now, other) = old[name], new[name]
        if was != now:
            found.append(f"{name} is of type {now}, and was of type {was}")
        elif code != other:
            found.append(f"{name} {'does something else' if '->' in now else 'is another value'}")
    found += [f"{name} is gone" for name in old if name not in new]
    found += [f"{name} is new" for name in new if name not in old]
    if before["likelihood"] != after["likelihood"]:
        found.append("the likelihood, which says what a solution is, is another")
    if before["limits"] != after["limits"]:
        found.append("the limits of an evaluation are others")
    return found


def fingerprint(value: Any) -> str:
    """Return a digest of a value or a function, the same in every process."""
    digest = hashlib.sha256()
    seen: dict[int, int] = {}
    kept: list[Any] = []  # what is made on the way must live on: its identity says that it was seen
    pending: list[Any] = [value]
    while pending and len(kept) < MOST:
        item = pending.pop()
        if id(item) in seen:
            digest.update(b"<%d>" % seen[id(item)])
            continue
        text, parts = _taken_apart(item)
        if parts:
            seen[id(item)] = len(kept)
        kept.append(item)
        digest.update(f"{len(text)}:{text}/{len(parts)};".encode(errors="backslashreplace"))
        pending.extend(reversed(parts))
    return digest.hexdigest()[:32]


def _taken_apart(item: Any) -> tuple[str, list[Any]]:
    """Return what is to be said of an object itself, and the objects that it consists of."""
    kind = type(item).__name__
    match item:
        case bool() | float() | complex() | str() | bytes() | None:
            return f"{kind} {item!r}", []
        case int():
            return f"{kind} {item:x}", []
        case Term() | Type():
            return f"{kind} {item}", []
        case Primitive():
            lazy = sorted(item.lazy)
            return f"primitive {item.name} {item.type} {lazy} {item.is_hole}", [item.value]
        case list() | tuple():
            return kind, list(item)
        case dict():
            return kind, [part for pair in item.items() for part in pair]
        case set() | frozenset():
            return kind, sorted(map(fingerprint, item)) if len(item) < MOST else []
        case CodeType():
            return _of_code(item)
        case FunctionType():
            return _of_function(item)
        case MethodType():
            return kind, [item.__func__, item.__self__]
        case functools.partial():
            return kind, [item.func, item.args, item.keywords]
        case staticmethod() | classmethod():
            return kind, [item.__func__]
        case property():
            return kind, [item.fget, item.fset, item.fdel]
        case ModuleType():
            return f"{kind} {item.__name__}", []
        case type():
            return _of_class(item)
    return _of_object(item)


def _of_code(code: CodeType) -> tuple[str, list[Any]]:
    numbers = (code.co_argcount, code.co_posonlyargcount, code.co_kwonlyargcount, code.co_flags)
    names = (code.co_names, code.co_varnames, code.co_freevars, code.co_cellvars)
    table = getattr(code, "co_exceptiontable", b"")
    return f"code {numbers} {names}", [code.co_code, table, list(code.co_consts)]


def _of_function(function: FunctionType) -> tuple[str, list[Any]]:
    code = function.__code__
    if _is_foreign(function.__module__, code.co_filename):
        return f"function {function.__module__}:{function.__qualname__}", []
    constants = list(code.co_consts)
    if constants and isinstance(function.__doc__, str) and constants[0] == function.__doc__:
        constants[0] = None
    text, parts = _of_code(code)
    parts[-1] = constants
    cells = []
    for cell in function.__closure__ or ():
        try:
            cells.append(cell.cell_contents)
        except ValueError:  # not filled yet
            cells.append(None)
    named = sorted(set(_names(code)))
    used = [(name, function.__globals__[name]) for name in named if name in function.__globals__]
    for _, module in tuple(used):  # what is used of a module of the person's own
        if isinstance(module, ModuleType) and not _is_foreign(
            module.__name__, getattr(module, "__file__", None) or ""
        ):
            used += [(name, vars(module)[name]) for name in named if name in vars(module)]
    return text, [*parts, function.__defaults__, function.__kwdefaults__, cells, used]


def _names(code: CodeType) -> Iterator[str]:
    """Yield the names that code looks up, functions within it included."""
    pending = [code]
    while pending:
        inner = pending.pop()
        yield from inner.co_names
        pending += [constant for constant in inner.co_consts if isinstance(constant, CodeType)]


def _of_class(cls: type) -> tuple[str, list[Any]]:
    name = f"class {cls.__module__}:{cls.__qualname__}"
    if _is_foreign(cls.__module__, ""):
        return name, []
    members = [pair for pair in sorted(vars(cls).items()) if pair[0] not in _SKIPPED]
    return f"class {cls.__qualname__}", [list(cls.__bases__), members]


def _of_object(item: Any) -> tuple[str, list[Any]]:
    kind = type(item)
    for inner in ("py_func", "__wrapped__"):  # compiled by numba; a cache around a function
        try:
            function = getattr(item, inner, None)
        except Exception:  # noqa: BLE001 - an object of the person's own may raise anything
            function = None
        if isinstance(function, FunctionType):
            return kind.__name__, [function]
    if isinstance(item, BuiltinFunctionType) or not hasattr(item, "__reduce_ex__"):
        return f"{kind.__name__} {item.__module__}:{getattr(item, '__qualname__', '')}", []
    if hasattr(item, "tobytes") and hasattr(item, "dtype"):
        return f"array {item.dtype} {getattr(item, 'shape', ())}", [item.tobytes()]
    try:
        registered = copyreg.dispatch_table.get(kind)
        reduced = registered(item) if registered else item.__reduce_ex__(2)
    except Exception:  # noqa: BLE001 - there is nothing more to be learned of it
        name = getattr(item, "__qualname__", getattr(item, "__name__", ""))
        return f"{kind.__module__}:{kind.__qualname__} {name}", [kind]
    if isinstance(reduced, str):
        return f"{kind.__name__} {reduced}", [kind]
    maker, *state = reduced
    return f"object {getattr(maker, '__name__', '')}", [kind, *map(_listed, state)]


def _listed(part: Any) -> Any:
    return list(part) if isinstance(part, Iterator) else part


@cache
def _is_foreign(module: str | None, file: str) -> bool:
    """Whether code comes with Python or with an installed package, Reverie's own apart."""
    top = (module or "").partition(".")[0]
    if top == _OWN:
        return False
    if not file:
        file = getattr(sys.modules.get(module or ""), "__file__", None) or ""
        if not file:
            return top in sys.stdlib_module_names and top != "__main__"
    paths = sysconfig.get_paths()
    homes = {paths[key] for key in ("stdlib", "platstdlib", "purelib", "platlib") if key in paths}
    return file.startswith("<frozen") or any(Path(file).is_relative_to(home) for home in homes)
