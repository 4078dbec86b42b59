"""Types: interning, unification against a naive oracle, canonical form."""

import pickle

import pytest
from hypothesis import given
from strategies import types

from reverie.dsl.calculus.types import (
    INT,
    Substitution,
    Type,
    TypeConstructor,
    TypeVariable,
    arrow,
    canonical,
    list_of,
    type_from_json,
)
from reverie.dsl.support.errors import TypeMismatch

Tree = int | tuple[str, tuple["Tree", ...]]
"""A type as a textbook has it: a variable's number, or a name with arguments."""


def tree(t: Type) -> Tree:
    if isinstance(t, TypeVariable):
        return t.index
    assert isinstance(t, TypeConstructor)
    return t.name, tuple(map(tree, t.arguments))


def put(image: Tree, variable: int, into: Tree) -> Tree:
    if isinstance(into, int):
        return image if into == variable else into
    return into[0], tuple(put(image, variable, part) for part in into[1])


def inside(variable: int, t: Tree) -> bool:
    return t == variable if isinstance(t, int) else any(inside(variable, p) for p in t[1])


def naive(equations: list[tuple[Tree, Tree]]) -> dict[int, Tree] | None:
    """Unify by Robinson's rules, substituting everywhere at each step."""
    solved: dict[int, Tree] = {}
    while equations:
        (a, b), *equations = equations
        if a == b:
            continue
        if not isinstance(a, int):
            a, b = b, a
        if isinstance(a, int):
            if inside(a, b):
                return None
            equations = [(put(b, a, x), put(b, a, y)) for x, y in equations]
            solved = {v: put(b, a, t) for v, t in solved.items()} | {a: b}
        else:
            assert not isinstance(b, int)
            if a[0] != b[0] or len(a[1]) != len(b[1]):
                return None
            equations += list(zip(a[1], b[1], strict=True))
    return solved


def rename(t: Tree, order: dict[int, int]) -> Tree:
    if isinstance(t, int):
        return order.setdefault(t, len(order))
    return t[0], tuple(rename(part, order) for part in t[1])


@given(types(), types())
def test_unification_agrees_with_the_textbook(first: Type, second: Type) -> None:
    expected = naive([(tree(first), tree(second))])
    substitution = Substitution(10)
    assert substitution.unifies(first, second) == (expected is not None)
    assert substitution.bindings == {}
    if expected is None:
        with pytest.raises(TypeMismatch):
            substitution.unify(first, second)
        return
    substitution.unify(first, second)
    unified = substitution.apply(first)
    assert unified is substitution.apply(second)
    image = tree(first)
    for variable, replacement in expected.items():
        image = put(replacement, variable, image)
    assert rename(tree(unified), {}) == rename(image, {})


@given(types(), types(), types(), types())
def test_unification_goes_on_from_what_is_bound(a: Type, b: Type, c: Type, d: Type) -> None:
    substitution = Substitution(10)
    if naive([(tree(a), tree(b))]) is None:
        return
    substitution.unify(a, b)
    expected = naive([(tree(a), tree(b)), (tree(c), tree(d))])
    assert substitution.unifies(c, d) == (expected is not None)


def test_a_type_is_not_inside_itself() -> None:
    a, b = TypeVariable(0), TypeVariable(1)
    assert not Substitution(2).unifies(a, list_of(a))
    substitution = Substitution(2)
    substitution.unify(a, list_of(b))
    with pytest.raises(TypeMismatch):
        substitution.unify(b, list_of(a))


@given(types())
def test_canonical_types_are_numbered_by_occurrence(t: Type) -> None:
    (found,) = canonical([t])
    assert found.variables == tuple(range(len(t.variables)))
    assert canonical([found]) == (found,)
    assert canonical([t, t]) == (found, found)
    assert rename(tree(t), {}) == tree(found)


@given(types())
def test_instances_are_fresh(t: Type) -> None:
    substitution = Substitution(7)
    first, second = substitution.instantiate(t), substitution.instantiate(t)
    assert not set(first.variables) & set(second.variables)
    assert all(v >= 7 for v in first.variables)
    assert canonical([first]) == canonical([second]) == canonical([t])


@given(types())
def test_equal_types_are_one_object(t: Type) -> None:
    assert pickle.loads(pickle.dumps(t)) is t
    if t.is_arrow:
        assert arrow(*t.parameters, t.result) is t
    else:
        assert t.parameters == ()
        assert t.result is t


def test_json_types() -> None:
    data = {"constructor": "list", "arguments": [{"index": 3}]}
    assert type_from_json(data) is list_of(TypeVariable(3))
    assert type_from_json({"constructor": "int", "arguments": []}) is INT
    with pytest.raises(TypeMismatch, match="not a type"):
        type_from_json("int")
