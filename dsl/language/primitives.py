"""Primitives: what the author of a language provides."""

from __future__ import annotations

import importlib
import inspect
import sys
from dataclasses import dataclass, field
from typing import Any, NamedTuple

from ..calculus.syntax import is_name, parse_type
from ..calculus.types import Type
from ..support.errors import ReverieError, TypeMismatch
from ..support.nesting import DEEPEST, nests_beyond
from ..support.words import counted

__all__ = ["Primitive", "constant", "hole"]


@dataclass(frozen=True)
class Primitive:
    """A function or constant that the author of a language provides.

    Attributes:
        name: one word, as it appears in programs.
        type: its type; type variables make it polymorphic.
        value: a constant, or a Python function that takes all arguments at once. Arguments of
            function type arrive as Python callables.
        doc: one sentence for people.
        lazy: the positions of the arguments that arrive as zero-argument callables, to be called
            only if their value is needed.
        is_hole: whether it stands for a constant that the likelihood chooses for each task.
        intrinsic: the operation of the native evaluator that computes the same, by its name (see
            :mod:`reverie.enumerate.native.interpreter.intrinsics`); empty where the author does
            not say. It changes how fast programs run, never what they mean.
        commutative: whether its two arguments may change places, so that search tries one order;
            None leaves it to testing.
        tested: whether search may leave out programs by what it found by testing this primitive on
            samples. What depends on rare values of the arguments, such as a special case for one
            number, testing may miss: then say False, and all programs with it are searched.

    Raises:
        ReverieError: if the name is not one word, or a lazy position is out of range.
    """

    name: str
    type: Type
    value: Any = field(compare=False)
    doc: str = field(default="", compare=False)
    lazy: frozenset[int] = frozenset()
    is_hole: bool = False
    intrinsic: str = field(default="", compare=False)
    commutative: bool | None = field(default=None, compare=False)
    tested: bool = field(default=True, compare=False)

    def __post_init__(self) -> None:
        if not is_name(self.name):
            raise ReverieError(
                f"{self.name!r} cannot name a primitive: a name is one word without blanks, "
                "parentheses or quotes, does not begin with $ # or ; and is not lambda"
            )
        if wrong := [i for i in self.lazy if not 0 <= i < len(self.type.parameters)]:
            raise ReverieError(
                f"primitive {self.name} : {self.type} has "
                f"{counted(len(self.type.parameters), 'argument')}; there is no argument "
                f"{wrong[0]} to be lazy in (they count from 0)"
            )
        parameters = self.type.parameters
        if self.commutative and (len(parameters) != 2 or parameters[0] is not parameters[1]):
            raise ReverieError(
                f"primitive {self.name} : {self.type} cannot be commutative; that is said of two "
                "arguments of one type"
            )
        if self.type.parameters and not self.is_hole and not callable(self.value):
            raise TypeMismatch(
                f"primitive {self.name} : {self.type} takes arguments, so its value must be a "
                f"function; got {self.value!r}"
            )
        if self.type.parameters and not self.is_hole:
            self._check_arity()
        elif nests_beyond(self.value):
            raise ReverieError(
                f"the value of primitive {self.name} nests more than {DEEPEST} levels of lists, "
                "which is as deep as values may nest"
            )

    def _check_arity(self) -> None:
        count = len(self.type.parameters)
        try:
            signature = inspect.signature(self.value)
        except (ValueError, TypeError):  # a builtin without a signature: trust the declaration
            return
        try:
            signature.bind(*range(count))
        except TypeError:
            name = getattr(self.value, "__name__", repr(self.value))
            raise TypeMismatch(
                f"primitive {self.name} is declared {self.type}, with "
                f"{counted(count, 'argument')}, but its Python function is {name}{signature}"
            ) from None

    def __call__(self, *arguments: Any) -> Any:
        """Call the Python function itself, so that a decorated function stays usable."""
        if not self.type.is_arrow and not arguments:
            return self.value
        return self.value(*arguments)

    def __reduce__(self) -> tuple[Any, ...]:
        # A decorated function is pickled by name, and its name leads to the primitive: this one, or
        # one that shares the function.
        # The main program's name leads elsewhere in another process: its functions go by value.
        value = self.value
        module = getattr(value, "__module__", None)
        if callable(value) and hasattr(value, "__qualname__") and module != "__main__":
            home = _ByName(str(value.__module__), value.__qualname__)
            found = _look_up(*home)
            if isinstance(found, Primitive) and found.value is value:
                value = home
        said = self.lazy, self.is_hole, self.intrinsic, self.commutative, self.tested
        return _restore, (self.name, self.type, value, self.doc, *said)

    def __repr__(self) -> str:
        return f"{self.name} : {self.type}"


class _ByName(NamedTuple):
    """The place of a primitive whose function cannot be found by its own name."""

    module: str
    path: str


def _look_up(module: str, path: str) -> Any:
    found: Any = sys.modules.get(module)
    for part in path.split("."):
        found = getattr(found, part, None)
    return found


def _restore(name: str, type: Type, value: Any, *rest: Any) -> Primitive:
    if isinstance(value, _ByName):
        importlib.import_module(value.module)
        value = _look_up(*value).value
    return Primitive(name, type, value, *rest)


def constant(name: str, type: str | Type, value: Any, doc: str = "") -> Primitive:
    """Return a primitive that is a value: ``constant("0", "int", 0)``."""
    return Primitive(name, parse_type(type) if isinstance(type, str) else type, value, doc)


def hole(name: str, type: str | Type, doc: str = "") -> Primitive:
    """Return a primitive that stands for a constant which the likelihood chooses for each task."""
    parsed = parse_type(type) if isinstance(type, str) else type
    return Primitive(name, parsed, None, doc, is_hole=True)
