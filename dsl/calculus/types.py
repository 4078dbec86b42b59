"""Hindley-Milner types: variables, constructors and arrows, unification, printing.

Types are interned: two equal types are the same object, so comparison and hashing cost nothing.
Parsing lives in :mod:`reverie.dsl.calculus.syntax`.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from functools import cache
from typing import Any, ClassVar

from ..support.errors import TypeMismatch

__all__ = [
    "BOOL",
    "BUILT_IN",
    "CHAR",
    "INT",
    "REAL",
    "STR",
    "Substitution",
    "Type",
    "TypeConstructor",
    "TypeVariable",
    "arrow",
    "canonical",
    "is_plain",
    "list_of",
    "pair_of",
    "type_from_json",
    "type_to_json",
]


DEEPEST = 200
"""How deep a type may nest; a function's arguments count as one inside the other."""

LARGEST = 20_000
"""How many constructors and variables a type may have, written out."""


class Type:
    """A type: a :class:`TypeVariable` or a :class:`TypeConstructor`.

    Attributes:
        name: of its constructor, ``->`` for functions; of a type variable, as it is printed.
        arguments: of its constructor, left to right; a type variable has none.
        variables: the indices of its type variables, in order of first occurrence.
        is_arrow: whether it is the type of a function.
        depth: how many constructors are inside one another.
        size: how many constructors and variables it has, written out.
    """

    __slots__ = ("_parameters", "arguments", "depth", "is_arrow", "name", "size", "variables")
    name: str
    arguments: tuple[Type, ...]
    depth: int
    size: int
    variables: tuple[int, ...]
    is_arrow: bool
    _parameters: tuple[Type, ...] | None

    @property
    def parameters(self) -> tuple[Type, ...]:
        """The types of the arguments of a function of this type, left to right."""
        known = self._parameters
        if known is None:
            found = []
            rest: Type = self
            while rest.is_arrow:
                found.append(rest.arguments[0])
                rest = rest.arguments[1]
            known = self._parameters = tuple(found)
        return known

    @property
    def result(self) -> Type:
        """What a function of this type returns once all arguments are given."""
        rest: Type = self
        while rest.is_arrow:
            rest = rest.arguments[1]
        return rest

    def constructors(self) -> set[str]:
        """Return the names of all type constructors that occur, without the arrow."""
        if isinstance(self, TypeConstructor):
            inner = set().union(*(a.constructors() for a in self.arguments))
            return inner if self.is_arrow else inner | {self.name}
        return set()

    def replace(self, images: Mapping[int, Type]) -> Type:
        """Return the type with the variables in ``images`` replaced, the images left as is."""
        if not any(v in images for v in self.variables):
            return self
        if isinstance(self, TypeVariable):
            return images[self.index]
        return TypeConstructor(self.name, tuple(a.replace(images) for a in self.arguments))


class TypeVariable(Type):
    """A type variable, printed ``t0``, ``t1``, ..."""

    __slots__ = ("index",)
    index: int
    _interned: ClassVar[dict[int, TypeVariable]] = {}

    def __new__(cls, index: int) -> TypeVariable:
        found = cls._interned.get(index)
        if found is None:
            found = super().__new__(cls)
            found.index, found.variables = index, (index,)
            found.name, found.arguments = f"t{index}", ()
            found.is_arrow, found._parameters = False, ()
            found.depth, found.size = 0, 1
            found = cls._interned.setdefault(index, found)  # another thread may have been first
        return found

    def __reduce__(self) -> tuple[Any, ...]:
        return TypeVariable, (self.index,)

    def __repr__(self) -> str:
        return self.name


class TypeConstructor(Type):
    """A named type with arguments: ``int``, ``list(int)``, and ``->`` for functions.

    Raises:
        TypeMismatch: if it nests too deeply, or is too large to be written out: inference can
            double a type at each step, and much of what works on types is recursive.
    """

    __slots__ = ()
    _interned: ClassVar[dict[tuple[str, tuple[Type, ...]], TypeConstructor]] = {}

    def __new__(cls, name: str, arguments: Iterable[Type] = ()) -> TypeConstructor:
        key = (name, tuple(arguments))
        found = cls._interned.get(key)
        if found is None:
            depth = 1 + max((a.depth for a in key[1]), default=0)
            size = 1 + sum(a.size for a in key[1])
            if depth > DEEPEST or size > LARGEST:
                raise TypeMismatch(
                    f"a type {name}(...) is too large: types nest {DEEPEST} deep at most, and have "
                    f"{LARGEST} parts"
                )
            found = super().__new__(cls)
            found.depth, found.size = depth, size
            found.name, found.arguments = key
            found.is_arrow = name == "->"
            found._parameters = None if found.is_arrow else ()
            found.variables = tuple(dict.fromkeys(v for a in key[1] for v in a.variables))
            found = cls._interned.setdefault(key, found)
        return found

    def __reduce__(self) -> tuple[Any, ...]:
        return TypeConstructor, (self.name, self.arguments)

    def __repr__(self) -> str:
        if self.is_arrow:
            left, right = self.arguments
            return f"({left}) -> {right}" if left.is_arrow else f"{left} -> {right}"
        if self.arguments:
            return f"{self.name}({', '.join(map(str, self.arguments))})"
        return self.name


BOOL = TypeConstructor("bool")
INT = TypeConstructor("int")
REAL = TypeConstructor("real")
CHAR = TypeConstructor("char")
STR = TypeConstructor("str")


BUILT_IN = {"list": 1, "pair": 2, "int": 0, "bool": 0, "real": 0, "char": 0, "str": 0}
"""The number of arguments of each type constructor that every language shares."""


def is_plain(type: Type) -> bool:
    """Say whether all values of a type are data that every language shares.

    That is: it is made of built-in constructors and type variables, and holds no functions.
    """
    if isinstance(type, TypeVariable):
        return True
    return type.name in BUILT_IN and all(map(is_plain, type.arguments))


def list_of(element: Type) -> TypeConstructor:
    """Return the type of lists of ``element``."""
    return TypeConstructor("list", (element,))


def pair_of(first: Type, second: Type) -> TypeConstructor:
    """Return the type of pairs."""
    return TypeConstructor("pair", (first, second))


def arrow(*types: Type) -> Type:
    """Return the function type from all but the last of ``types`` to the last.

    >>> arrow(INT, list_of(INT), BOOL)
    int -> list(int) -> bool
    """
    result = types[-1]
    for parameter in reversed(types[:-1]):
        result = TypeConstructor("->", (parameter, result))
    return result


def canonical(types: Sequence[Type]) -> tuple[Type, ...]:
    """Rename the variables of ``types``, jointly, to ``t0``, ``t1``, ... by first occurrence.

    >>> canonical([TypeVariable(7), list_of(TypeVariable(3)), TypeVariable(7)])
    (t0, list(t1), t0)
    """
    if len(types) == 1:
        return (_canonical(types[0]),)
    order = dict.fromkeys(v for t in types for v in t.variables)
    if not order or tuple(order) == tuple(range(len(order))):
        return tuple(types)
    images: dict[int, Type] = {old: TypeVariable(new) for new, old in enumerate(order)}
    return tuple(t.replace(images) for t in types)


@cache
def _canonical(t: Type) -> Type:
    return t.replace({old: TypeVariable(new) for new, old in enumerate(t.variables)})


@cache
def _instance(polymorphic: Type, first: int) -> Type:
    """Return the type with its variables numbered from ``first`` on."""
    return polymorphic.replace(
        {old: TypeVariable(new) for new, old in enumerate(polymorphic.variables, first)}
    )


def type_from_json(data: Any) -> Type:
    """Read DreamCoder's JSON form: ``{"constructor", "arguments"}`` or ``{"index"}``."""
    if isinstance(data, dict) and "index" in data:
        return TypeVariable(int(data["index"]))
    if isinstance(data, dict) and "constructor" in data:
        return TypeConstructor(
            str(data["constructor"]), [type_from_json(a) for a in data.get("arguments", [])]
        )
    raise TypeMismatch(
        f'not a type: {data!r}; expected {{"constructor": ..., "arguments": [...]}} '
        'or {"index": n}'
    )


def type_to_json(type: Type) -> dict[str, Any]:
    """Return a type in DreamCoder's JSON form, which :func:`type_from_json` reads."""
    if isinstance(type, TypeVariable):
        return {"index": type.index}
    return {"constructor": type.name, "arguments": [type_to_json(a) for a in type.arguments]}


class Substitution:
    """Bindings of type variables, grown by unification, with a supply of fresh variables.

    ``apply`` gives a type under the bindings. A failed ``unify`` may leave bindings behind: use
    ``unifies`` to ask without changing anything.
    """

    __slots__ = ("bindings", "next_variable")

    def __init__(self, next_variable: int = 0) -> None:
        self.bindings: dict[int, Type] = {}
        self.next_variable = next_variable

    def copy(self) -> Substitution:
        twin = Substitution(self.next_variable)
        twin.bindings = dict(self.bindings)
        return twin

    def fresh(self) -> TypeVariable:
        """Return a variable that occurs nowhere yet."""
        self.next_variable += 1
        return TypeVariable(self.next_variable - 1)

    def instantiate(self, polymorphic: Type) -> Type:
        """Return ``polymorphic`` with each of its variables replaced by a fresh one."""
        if not polymorphic.variables:
            return polymorphic
        first = self.next_variable
        self.next_variable += len(polymorphic.variables)
        return _instance(polymorphic, first)

    def apply(self, t: Type) -> Type:
        """Return ``t`` with all bound variables replaced, to the end of each chain of bindings."""
        bindings = self.bindings
        for variable in t.variables:
            if variable in bindings:
                break
        else:
            return t
        chain = []
        while isinstance(t, TypeVariable) and t.index in bindings:
            chain.append(t.index)
            t = bindings[t.index]
        if chain:
            image = self.apply(t)
            for variable in chain:  # path compression
                bindings[variable] = image
            return image
        return TypeConstructor(t.name, tuple(self.apply(a) for a in t.arguments))

    def unify(self, first: Type, second: Type) -> None:
        """Bind variables so that both types become the same.

        Raises:
            TypeMismatch: if they cannot (different constructors, or a type inside itself).
        """
        first, second = self.apply(first), self.apply(second)
        if not self._unify(first, second):
            raise TypeMismatch(f"{first} does not unify with {second}")

    def unifies(self, first: Type, second: Type) -> bool:
        """Say whether the two types can be made the same; binds nothing."""
        first, second = self.apply(first), self.apply(second)
        if first is second:
            return True
        if isinstance(first, TypeVariable):
            return first.index not in second.variables
        if isinstance(second, TypeVariable):
            return second.index not in first.variables
        if not first.variables and not second.variables:
            return False
        return first.name == second.name and self.copy()._unify(first, second)

    def _unify(self, first: Type, second: Type) -> bool:
        first, second = self._head(first), self._head(second)
        if first is second:
            return True
        if isinstance(first, TypeVariable):
            return self._bind(first, second)
        if isinstance(second, TypeVariable):
            return self._bind(second, first)
        if first.name != second.name or len(first.arguments) != len(second.arguments):
            return False
        return all(map(self._unify, first.arguments, second.arguments))

    def _head(self, t: Type) -> Type:
        while isinstance(t, TypeVariable) and t.index in self.bindings:
            t = self.bindings[t.index]
        return t

    def _bind(self, variable: TypeVariable, t: Type) -> bool:
        image = self.apply(t)
        if variable.index in image.variables:  # the occurs check
            return False
        self.bindings[variable.index] = image
        return True
