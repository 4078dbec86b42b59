"""The source of Python functions with all that they need, to be read and run without Reverie.

A function is taken with the functions, classes and constants of its module that it names, and with
the imports for what comes from elsewhere. What has no source, or holds on to values of an enclosing
function, cannot be taken.
"""

from __future__ import annotations

import ast
import builtins
import inspect
import re
import sys
import textwrap
from pathlib import Path
from types import FunctionType, ModuleType
from typing import Any

from ..dsl import Primitive, ReverieError

__all__ = ["CannotBeWritten", "Standalone"]


VARIABLE = re.compile(r"[a-z]s?\d*")
"""What a program's variables are called."""


class CannotBeWritten(ReverieError):
    """Something has no Python source that could stand alone; the message says why."""


class Standalone:
    """Collects definitions, each once, in an order in which they can be run.

    Attributes:
        imports: lines that import what the definitions need.
        definitions: the functions, classes and constants, what is used before what uses it.
    """

    def __init__(self) -> None:
        self.imports: set[str] = set()
        self.definitions: list[ast.stmt] = []
        self._names: dict[tuple[int, str], str] = {}  # by the identity of what is named
        self._kept: list[Any] = []  # so that no identity is used again
        self._taken = set(dir(builtins))

    def name(self, value: Any, wanted: str) -> str:
        """Return the name under which ``value`` is defined, defining it if it is new.

        Args:
            value: a function, class, module, or constant that Python can write.
            wanted: what to call it, if that is free.

        Raises:
            CannotBeWritten: if it has no source that could stand alone.
        """
        if isinstance(value, Primitive):
            value = value.value
        own = getattr(value, "__qualname__", "")
        key = (id(value), "" if own else wanted)  # equal constants may be one object
        known = self._names.get(key)
        if known is not None:
            return known
        self._kept.append(value)
        if getattr(builtins, own, None) is value:
            name = own
        elif isinstance(value, ModuleType):
            name = self.fresh(wanted)
            self.imports.add(f"import {value.__name__}{_as(value.__name__, name)}")
        elif own.isidentifier() and _is_installed(value.__module__):
            name = self.fresh(own)
            self.imports.add(f"from {value.__module__} import {own}{_as(own, name)}")
        elif isinstance(value, FunctionType | type):
            return self._define(value, key)
        else:
            text = written(value)
            name = self.fresh(wanted)
            self.definitions += ast.parse(f"{name} = {text}").body
        self._names[key] = name
        return name

    def fresh(self, wanted: str) -> str:
        """Return a name like the one wanted that nothing has yet, and take it.

        Names that look like a program's variables are nothing's, so that none is hidden.
        """
        name, number = wanted, 2
        while name in self._taken or VARIABLE.fullmatch(name):
            name, number = f"{wanted}_{number}", number + 1
        self._taken.add(name)
        return name

    def _define(self, value: Any, key: tuple[int, str]) -> str:
        definition = source_of(value)
        name = self._names[key] = self.fresh(value.__name__)
        definition.name = name
        if isinstance(definition, ast.FunctionDef):
            definition.decorator_list = []
            space = value.__globals__
        else:
            space = vars(sys.modules[value.__module__])
        local = _local_names(definition)
        names = {}
        for node in ast.walk(definition):
            if isinstance(node, ast.Name) and node.id not in local and node.id in space:
                try:
                    names[node.id] = self.name(space[node.id], node.id)
                except CannotBeWritten as error:
                    raise CannotBeWritten(f"{value.__name__} uses {node.id}: {error}") from None
        for node in ast.walk(definition):
            if isinstance(node, ast.Name) and node.id in names:
                node.id = names[node.id]
        self.definitions.append(definition)
        return name


def source_of(value: Any) -> ast.FunctionDef | ast.ClassDef:
    """Return the definition of a function or class.

    Raises:
        CannotBeWritten: if there is none, or it depends on values of an enclosing function.
    """
    if isinstance(value, FunctionType) and value.__closure__:
        raise CannotBeWritten(f"{value.__qualname__} depends on the function that it was made in")
    try:
        text = textwrap.dedent(inspect.getsource(value))
        (definition,) = ast.parse(text).body
    except (OSError, TypeError, SyntaxError, ValueError):
        raise CannotBeWritten(f"{value.__qualname__} has no source of its own") from None
    if not isinstance(definition, ast.FunctionDef | ast.ClassDef):
        raise CannotBeWritten(f"{value.__qualname__} is not defined by def or class")
    return definition


def written(value: Any) -> str:
    """Return the Python text of a constant.

    Raises:
        CannotBeWritten: if there is none that gives the same value.
    """
    text = repr(value)
    try:
        if ast.literal_eval(text) == value:
            return text
    except (ValueError, SyntaxError, TypeError, MemoryError, RecursionError):
        pass
    kind = type(value).__name__
    raise CannotBeWritten(f"a value of type {kind} cannot be written as Python: {text:.60}")


def _is_installed(module: str) -> bool:
    """Whether a module comes with Python or was installed, other than by Reverie."""
    package = module.partition(".")[0]
    if package in sys.stdlib_module_names:
        return True
    file = getattr(sys.modules.get(module), "__file__", None) or ""
    return package != "reverie" and bool({"site-packages", "dist-packages"} & {*Path(file).parts})


def _as(own: str, name: str) -> str:
    return "" if own == name else f" as {name}"


def _local_names(definition: ast.AST) -> set[str]:
    """Return the names that a definition binds itself: parameters, variables, inner functions."""
    names: set[str] = set()
    for node in ast.walk(definition):
        if isinstance(node, ast.arg):
            names.add(node.arg)
        elif isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store):
            names.add(node.id)
        elif isinstance(node, ast.FunctionDef | ast.ClassDef) and node is not definition:
            names.add(node.name)
    return names
