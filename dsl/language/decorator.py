"""Making a primitive out of a Python function."""

from __future__ import annotations

import collections.abc
import inspect
import typing
from collections.abc import Callable, Iterable
from typing import Any, overload

from ..calculus.syntax import parse_type
from ..calculus.types import (
    BOOL,
    BUILT_IN,
    INT,
    REAL,
    STR,
    Type,
    TypeConstructor,
    TypeVariable,
    arrow,
)
from ..support.errors import ParseError, ReverieError, TypeMismatch
from .primitives import Primitive

__all__ = ["primitive", "type_from_annotation"]

Function = Callable[..., Any]
_NO_DOMAIN = ("builtins", "collections.abc", "typing")  # their classes are no domain types
_BASE: dict[Any, Type] = {bool: BOOL, int: INT, float: REAL, str: STR}


@overload
def primitive(declared: Function, /) -> Primitive: ...
@overload
def primitive(
    declared: str | Type | None = None,
    /,
    *,
    name: str | None = None,
    lazy: Iterable[int] = (),
    intrinsic: str = "",
    commutative: bool | None = None,
    tested: bool = True,
) -> Callable[[Function], Primitive]: ...
def primitive(
    declared: str | Type | Function | None = None,
    /,
    *,
    name: str | None = None,
    lazy: Iterable[int] = (),
    intrinsic: str = "",
    commutative: bool | None = None,
    tested: bool = True,
) -> Primitive | Callable[[Function], Primitive]:
    """Turn a Python function into a primitive; the result can still be called.

    Args:
        declared: the type, as text or :class:`Type`; without it the function's annotations say it
            (``int``, ``bool``, ``float``, ``str``, ``list[T]``, ``tuple[A, B]``, type variables,
            ``Callable[[A, B], C]``; another class is a domain type of its name in lower case).
        name: its name in programs; without it the function's, less a trailing underscore.
        lazy: positions of the arguments that arrive as zero-argument callables.
        intrinsic: the operation of the native evaluator that computes the same, such as ``map``.
        commutative: whether its two arguments may change places; None leaves it to testing.
        tested: whether search may leave programs out by what testing found (see
            :class:`Primitive`).

    Raises:
        TypeMismatch: if the annotations are missing or not understood, or the function does not
            take as many arguments as its type says.
        ParseError: if the type's text is not a type.

    >>> @primitive
    ... def double(x: int) -> int:
    ...     return 2 * x
    >>> double, double(4)
    (double : int -> int, 8)
    """
    if isinstance(declared, Primitive):
        raise TypeMismatch(f"{declared.name} is a primitive already; use it as it is")
    if callable(declared) and not isinstance(declared, (str, Type)):
        return _make(declared, None, name, lazy, intrinsic, commutative, tested)
    given = parse_type(declared) if isinstance(declared, str) else declared
    return lambda function: _make(function, given, name, lazy, intrinsic, commutative, tested)


def _make(
    function: Function,
    declared: Type | None,
    name: str | None,
    lazy: Iterable[int],
    intrinsic: str,
    commutative: bool | None,
    tested: bool,
) -> Primitive:
    if name is None and getattr(function, "__name__", "<lambda>") == "<lambda>":
        raise ReverieError(f"{function!r} has no name of its own; say @primitive(name=...)")
    called = name if name is not None else function.__name__.rstrip("_")
    if declared is None:
        declared = _type_of(function, called)
    doc = (inspect.getdoc(function) or "").split("\n")[0]
    value = function if declared.is_arrow else function()
    return Primitive(
        called,
        declared,
        value,
        doc,
        frozenset(lazy),
        intrinsic=intrinsic,
        commutative=commutative,
        tested=tested,
    )


def _type_of(function: Function, called: str) -> Type:
    try:
        hints = typing.get_type_hints(function)
        names = list(inspect.signature(function).parameters)
    except (NameError, TypeError, ValueError) as error:
        raise TypeMismatch(
            f"primitive {called}: its annotations cannot be read ({error}); "
            'give its type: @primitive("int -> int")'
        ) from None
    missing = [n for n in [*names, "return"] if n not in hints]
    if missing:
        raise TypeMismatch(
            f"primitive {called}: no annotation for {', '.join(missing)}; annotate the function, "
            'or give its type: @primitive("int -> int")'
        )
    variables: dict[Any, Type] = {}
    try:
        return arrow(*(type_from_annotation(hints[n], variables) for n in [*names, "return"]))
    except TypeMismatch as error:
        raise TypeMismatch(f"primitive {called}: {error}") from None


def type_from_annotation(annotation: Any, variables: dict[Any, Type]) -> Type:
    """Return the type that a Python annotation stands for.

    Args:
        annotation: what stood in the signature.
        variables: the types of the type variables met so far; grows.

    Raises:
        TypeMismatch: if the annotation has no counterpart.
    """
    if isinstance(annotation, type) and annotation in _BASE:
        return _BASE[annotation]
    if isinstance(annotation, typing.TypeVar):
        return variables.setdefault(annotation, TypeVariable(len(variables)))
    origin, arguments = typing.get_origin(annotation), typing.get_args(annotation)
    if origin is list and len(arguments) == 1:
        return TypeConstructor("list", [type_from_annotation(arguments[0], variables)])
    if origin is tuple and len(arguments) == 2 and Ellipsis not in arguments:
        return TypeConstructor("pair", [type_from_annotation(a, variables) for a in arguments])
    if origin is collections.abc.Callable and arguments and isinstance(arguments[0], list):
        return arrow(*(type_from_annotation(a, variables) for a in [*arguments[0], arguments[1]]))
    if isinstance(annotation, typing.NewType) or (
        inspect.isclass(annotation) and annotation.__module__ not in _NO_DOMAIN
    ):
        return _domain_type(annotation.__name__)
    raise TypeMismatch(
        f"annotation {annotation!r} has no type here; use int, bool, float, str, list[T], "
        "tuple[A, B], a type variable, Callable[[A], B] or a class of your own"
    )


def _domain_type(class_name: str) -> Type:
    name = class_name.lower()
    try:
        found = parse_type(name)
    except ParseError:
        found = None
    if name in BUILT_IN or found is not TypeConstructor(name):
        raise TypeMismatch(
            f"class {class_name} would be the domain type {name}, which means something else "
            "(or nothing) in the language of types; give the class another name"
        )
    return found
