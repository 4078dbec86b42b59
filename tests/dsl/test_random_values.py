"""Values of plain types: fixed and random ones are of their type, and other types have none."""

from random import Random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from reverie.dsl.calculus.syntax import parse_type
from reverie.dsl.calculus.types import BUILT_IN, Type, TypeConstructor, is_plain
from reverie.dsl.tasks.random_values import representatives, sample
from reverie.dsl.tasks.task import Task

plain_types = st.recursive(
    st.sampled_from([TypeConstructor(name) for name, arity in BUILT_IN.items() if arity == 0]),
    lambda inner: (
        st.builds(lambda t: TypeConstructor("list", [t]), inner)
        | st.builds(lambda s, t: TypeConstructor("pair", [s, t]), inner, inner)
    ),
    max_leaves=4,
)


def is_of(value: object, wanted: Type) -> bool:
    """Say whether a task takes a value of a type as it is."""
    return Task("a task", wanted, [((), value)]).examples[0].output == value


@given(plain_types, st.integers(0, 99), st.none() | st.integers(0, 5))
def test_values_are_of_their_type(wanted: Type, seed: int, size: int | None) -> None:
    value = sample(Random(seed), wanted, size)
    assert is_of(value, wanted)
    if size is not None and isinstance(value, list | str) and wanted.name in ("list", "str"):  # type: ignore[attr-defined]
        assert len(value) == size or wanted is parse_type("char")
    few = representatives(wanted)
    assert few
    assert all(is_of(one, wanted) for one in few)


@pytest.mark.parametrize(
    ("text", "plain"),
    [
        ("int", True),
        ("list(pair(str, real))", True),
        ("list(t0)", True),
        ("int -> int", False),
        ("list(int -> int)", False),
        ("turtle", False),
        ("list(turtle)", False),
    ],
)
def test_plain_types_hold_no_functions_and_no_domain_values(text: str, plain: bool) -> None:
    assert is_plain(parse_type(text)) == plain


def test_a_domain_type_has_no_representatives() -> None:
    assert representatives(parse_type("turtle")) == ()
    assert representatives(parse_type("list(turtle)")) == ()
    assert representatives(parse_type("pair(int, turtle)")) == ()
