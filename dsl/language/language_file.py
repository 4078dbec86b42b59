"""Language files: a library as text, ``.dsl``.

A line for each definition; ``;`` begins a comment::

    language turtle
    continuation turtle
    primitive forward : int -> turtle -> turtle from my_turtle:forward "Draw a line."
    primitive if : bool -> t0 -> t0 -> t0 lazy 1 2 from my_turtle:choose
    primitive 1 : int = 1
    primitive + : int -> int -> int commutative from my_turtle:add
    hole REAL : real "A constant to be fitted."
    abstraction square : turtle -> turtle = (lambda (forward 1 $0))

``from module:function`` is looked for beside the file and among the importable modules. Reading a
language file imports the modules that it names: it is code, to be trusted like code.
"""

from __future__ import annotations

import importlib
import json
from pathlib import Path
from types import ModuleType
from typing import Any

from ..calculus.syntax import is_name, parse_statements, place_of_name
from ..calculus.terms import Abstraction, Term
from ..calculus.types import Substitution, Type
from ..calculus.values import to_value
from ..support.errors import ParseError, ReverieError, TypeMismatch, UnknownName, suggest
from ..support.files import read_text
from ..support.user_modules import plain_name, run_file
from .library import Library
from .primitives import Primitive, hole

__all__ = ["read_language", "read_language_file", "write_language"]


def read_language(text: str, folder: Path | None = None) -> Library:
    """Read the text of a language file.

    Args:
        text: the text.
        folder: where to look for modules that are not importable otherwise.

    Raises:
        ParseError: if it is not in the syntax, with the place.
        ReverieError: if a definition makes no sense, with its line.
    """
    name, continuation = "language", None
    primitives: list[Primitive] = []
    abstractions: dict[str, Abstraction] = {}
    known = Library([])
    for statement in parse_statements(text):
        kind, token, *rest = statement
        if kind == "name":
            name = str(token)
            continue
        if kind == "continuation":
            continuation = token
            continue
        try:
            if token in known:
                raise ReverieError(f"{token} is defined twice")
            if kind == "hole":
                declared, doc = rest
                primitives.append(hole(str(token), declared, doc))
            elif kind == "primitive":
                declared, lazy, said, source, doc = rest
                primitives.append(_primitive(str(token), declared, lazy, said, source, doc, folder))
            else:
                declared, body = rest
                abstractions[str(token)] = _abstraction(known, str(token), declared, body)
            known = Library(primitives, abstractions)
        except UnknownName as error:
            place = place_of_name(text, error.name, token.end_pos)
            raise ParseError(str(error), text, *place) from None
        except (ReverieError, ValueError) as error:
            raise ParseError(str(error), text, token.line, token.column) from None
    return Library(primitives, abstractions, name=name, continuation=continuation)


def read_language_file(path: Path) -> Library:
    """Read a language file; modules beside it are found too.

    Raises:
        ReverieError: if it cannot be read or has a fault, naming the file and the place.
    """
    try:
        text = read_text(path)
    except (OSError, UnicodeError) as error:
        raise ReverieError(f"cannot read the language file {path}: {error}") from None
    try:
        return read_language(text, path.parent)
    except ReverieError as error:
        raise ReverieError(f"{path}: {error}") from None


def _abstraction(known: Library, name: str, declared: Type | None, body: Term) -> Abstraction:
    abstraction = Abstraction(known.resolve(body))
    if twin := known.name_of(abstraction):
        raise ReverieError(f"{name} is defined as {twin} is; one of them is enough")
    found = known.type_of(abstraction)
    if declared is not None:
        substitution = Substitution(max(declared.variables, default=-1) + 1)
        if not substitution.unifies(substitution.instantiate(found), declared):
            raise TypeMismatch(
                f"abstraction {name} is declared {declared}, but its type is {found}"
            )
    return abstraction


def _primitive(
    name: str,
    declared: Type,
    lazy: tuple[int, ...],
    said: dict[str, Any],
    source: tuple[str, Any],
    doc: str,
    folder: Path | None,
) -> Primitive:
    kind, what = source
    if kind == "constant":
        return Primitive(name, declared, to_value(what, declared), doc)
    found = _find(str(what), folder)
    if isinstance(found, Primitive):
        doc, lazy = doc or found.doc, (*found.lazy, *lazy)
        if said["commutative"] is None:
            said["commutative"] = found.commutative
        said["tested"] = said["tested"] and found.tested
        found = found.value
    if not declared.is_arrow:
        found = to_value(found, declared)
    return Primitive(name, declared, found, doc, frozenset(lazy), **said)


def _find(path: str, folder: Path | None) -> Any:
    module_name, _, attribute = path.partition(":")
    try:
        module = _import(module_name, folder)
    except Exception as error:  # noqa: BLE001 - a module may raise anything
        beside = f" and there is no {folder / module_name}.py" if folder else ""
        why = f"{type(error).__name__}: {error}"
        if isinstance(error, ModuleNotFoundError) and error.name == module_name:
            why = f"{error}{beside}"
        raise ReverieError(f"cannot import {module_name}: {why}") from None
    found: Any = module
    for part in attribute.split("."):
        if not hasattr(found, part):
            public = [n for n in vars(module) if not n.startswith("_")]
            raise ReverieError(
                f"module {module_name} has no {attribute!r}{suggest(attribute, public)}"
            )
        found = getattr(found, part)
    return found


def _import(name: str, folder: Path | None) -> ModuleType:
    """Return a module: one beside the language file, or else one that is importable."""
    beside = (folder / f"{name}.py").resolve() if folder else None
    if beside is None or not beside.is_file():
        return importlib.import_module(name)
    if beside not in _beside:
        _beside[beside] = run_file(beside)
    return _beside[beside]


_beside: dict[Path, ModuleType] = {}
"""The modules that were found beside language files."""


def write_language(library: Library) -> str:
    """Return the text of a language file that reads back as ``library``.

    Raises:
        ReverieError: if a primitive's value is neither JSON nor something found in a module by
            name (a function made inside another function, say).
    """
    title = library.name if is_name(library.name) else json.dumps(library.name, ensure_ascii=False)
    lines = [f"language {title}"]
    if library.continuation is not None:
        lines.append(f"continuation {library.continuation}")
    for primitive in library.primitives:
        doc = f" {json.dumps(primitive.doc, ensure_ascii=False)}" if primitive.doc else ""
        if primitive.is_hole:
            lines.append(f"hole {primitive.name} : {primitive.type}{doc}")
            continue
        lazy = " lazy " + " ".join(map(str, sorted(primitive.lazy))) if primitive.lazy else ""
        words = {True: " commutative", False: " noncommutative", None: ""}[primitive.commutative]
        words += "" if primitive.tested else " untested"
        source = _source_of(primitive)
        lines.append(f"primitive {primitive.name} : {primitive.type}{lazy}{words} {source}{doc}")
    for name, abstraction in library.abstractions.items():
        declared = library.type_of(abstraction)
        lines.append(f"abstraction {name} : {declared} = {library.show(abstraction.body)}")
    return "\n".join(lines) + "\n"


def _source_of(primitive: Primitive) -> str:
    value = primitive.value
    fault = f"primitive {primitive.name} cannot be written to a language file: "
    if callable(value) and hasattr(value, "__qualname__"):
        module, name = value.__module__, value.__qualname__
        path = f"{module}:{name}"
        try:
            found = None if "<" in path else _find(path, None)
        except ReverieError:
            found = None
        if found is value or (isinstance(found, Primitive) and found.value is value):
            return f"from {plain_name(module)}:{name}"
        raise ReverieError(
            f"{fault}its function {path} is not found under that name; define it at the top of a "
            "module"
        )
    try:
        text = json.dumps(value, ensure_ascii=False, allow_nan=False)
        if isinstance(value, dict) or to_value(json.loads(text), primitive.type) != value:
            raise ValueError
    except (TypeError, ValueError, TypeMismatch):
        raise ReverieError(
            f"{fault}its value {value!r} is not one of type {primitive.type} that JSON can tell"
        ) from None
    return f"= {text}"
