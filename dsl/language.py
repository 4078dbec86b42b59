"""Language files: a library as text, ``.dsl``.

A line for each definition; ``;`` begins a comment::

    language turtle
    continuation turtle
    primitive forward : int -> turtle -> turtle from my_turtle:forward "Draw a line."
    primitive if : bool -> t0 -> t0 -> t0 lazy 1 2 from my_turtle:choose
    primitive 1 : int = 1
    hole REAL : real "A constant to be fitted."
    abstraction square : turtle -> turtle = (lambda (forward 1 $0))

``from module:function`` is looked for among the importable modules and beside the file. Reading a
language file imports the modules that it names: it is code, to be trusted like code.
"""

from __future__ import annotations

import importlib
import importlib.util
import json
import sys
from pathlib import Path
from typing import Any

from .errors import ParseError, ReverieError, TypeMismatch, suggest
from .library import Library
from .primitives import Primitive, hole
from .syntax import parse_statements
from .terms import Abstraction
from .types import Substitution, Type

__all__ = ["read_language", "write_language"]


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
    for statement in parse_statements(text):
        kind, token, *rest = statement
        if kind == "name":
            name = str(token)
            continue
        if kind == "continuation":
            continuation = token
            continue
        try:
            if kind == "hole":
                declared, doc = rest
                primitives.append(hole(str(token), declared, doc))
            elif kind == "primitive":
                declared, lazy, source, doc = rest
                primitives.append(_primitive(str(token), declared, lazy, source, doc, folder))
            else:
                declared, body = rest
                known = Library(primitives, abstractions)
                resolved = known.parse(str(body))
                if declared is not None:
                    _check_declared(known, str(token), resolved, declared)
                abstractions[str(token)] = Abstraction(resolved)
                Library(primitives, abstractions)
        except (ReverieError, ValueError) as error:
            if isinstance(error, ParseError) and kind != "abstraction":
                raise
            message = error.message if isinstance(error, ParseError) else str(error)
            raise ParseError(message, text, token.line, token.column) from None
    return Library(primitives, abstractions, name=name, continuation=continuation)


def _check_declared(library: Library, name: str, body: Any, declared: Type) -> None:
    found = library.infer(body)
    substitution = Substitution(max(declared.variables, default=-1) + 1)
    if not substitution.unifies(substitution.instantiate(found), declared):
        raise TypeMismatch(f"abstraction {name} is declared {declared}, but its type is {found}")


def _primitive(
    name: str,
    declared: Type,
    lazy: tuple[int, ...],
    source: tuple[str, Any],
    doc: str,
    folder: Path | None,
) -> Primitive:
    kind, what = source
    if kind == "value":
        if what is ParseError:
            raise ReverieError(f"the value of {name} is not JSON")
        return Primitive(name, declared, what, doc)
    found = _find(str(what), folder)
    if isinstance(found, Primitive):
        return Primitive(
            name, declared, found.value, doc or found.doc, found.lazy | frozenset(lazy)
        )
    return Primitive(name, declared, found, doc, frozenset(lazy))


def _find(path: str, folder: Path | None) -> Any:
    module_name, _, attribute = path.partition(":")
    try:
        module = importlib.import_module(module_name)
    except ModuleNotFoundError as error:
        beside = folder / f"{module_name}.py" if folder else None
        if beside is None or not beside.is_file():
            where = f" and there is no {beside}" if beside else ""
            raise ReverieError(f"cannot import {module_name}: {error}{where}") from None
        spec = importlib.util.spec_from_file_location(module_name, beside)
        assert spec is not None
        assert spec.loader is not None
        module = importlib.util.module_from_spec(spec)
        sys.modules[module_name] = module
        spec.loader.exec_module(module)
    found: Any = module
    for part in attribute.split("."):
        if not hasattr(found, part):
            public = [n for n in vars(module) if not n.startswith("_")]
            raise ReverieError(
                f"module {module_name} has no {attribute!r}{suggest(attribute, public)}"
            )
        found = getattr(found, part)
    return found


def write_language(library: Library) -> str:
    """Return the text of a language file that reads back as ``library``.

    Raises:
        ReverieError: if a primitive's value is neither JSON nor something found in a module by
            name (a function made inside another function, say).
    """
    lines = [f"language {library.name}"]
    if library.continuation is not None:
        lines.append(f"continuation {library.continuation}")
    for primitive in library.primitives:
        doc = f" {json.dumps(primitive.doc, ensure_ascii=False)}" if primitive.doc else ""
        if primitive.is_hole:
            lines.append(f"hole {primitive.name} : {primitive.type}{doc}")
            continue
        lazy = " lazy " + " ".join(map(str, sorted(primitive.lazy))) if primitive.lazy else ""
        source = _source_of(primitive)
        lines.append(f"primitive {primitive.name} : {primitive.type}{lazy} {source}{doc}")
    for name, abstraction in library.abstractions.items():
        declared = library.type_of(abstraction)
        lines.append(f"abstraction {name} : {declared} = {library.show(abstraction.body)}")
    return "\n".join(lines) + "\n"


def _source_of(primitive: Primitive) -> str:
    value = primitive.value
    module, path = getattr(value, "__module__", None), getattr(value, "__qualname__", None)
    if callable(value) and module and path:
        if "<" in path:
            raise ReverieError(
                f"primitive {primitive.name} cannot be written to a language file: its function "
                f"{path} is made inside another function; define it at the top of a module"
            )
        return f"from {module}:{path}"
    try:
        text = json.dumps(value, ensure_ascii=False, allow_nan=False)
    except (TypeError, ValueError):
        raise ReverieError(
            f"primitive {primitive.name} cannot be written to a language file: its value "
            f"{value!r} is not JSON"
        ) from None
    return f"= {text}"
