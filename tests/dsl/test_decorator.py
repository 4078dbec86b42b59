"""Primitives from Python functions."""

import operator
import pickle
from collections.abc import Callable
from functools import partial
from typing import Any, NewType, TypeVar

import pytest

from reverie.dsl.calculus.types import INT, arrow
from reverie.dsl.language.decorator import primitive
from reverie.dsl.language.primitives import Primitive, constant, hole
from reverie.dsl.support.errors import ParseError, ReverieError, TypeMismatch

A = TypeVar("A")
B = TypeVar("B")
Angle = NewType("Angle", float)


class Turtle:
    pass


@primitive
def twice(x: int) -> int:
    """Double a number.

    More about it.
    """
    return 2 * x


@primitive
def map_(f: Callable[[A], B], xs: list[A]) -> list[B]:
    return [f(x) for x in xs]


@primitive
def swap(p: tuple[A, B]) -> tuple[B, A]:
    return p[1], p[0]


@primitive
def turn(angle: Angle, there: Turtle, name: str, on: bool, much: float) -> Turtle:
    return there


@primitive(lazy=[1, 2], name="if")
def choose(c: bool, then: Callable[[], A], otherwise: Callable[[], A]) -> A:
    return then() if c else otherwise()


@primitive("int -> (int -> t0) -> list(t0)")
def table(n: Any, f: Any) -> Any:
    return [f(i) for i in range(n)]


@primitive
def seven() -> int:
    """Be seven."""
    return 7


@pytest.mark.parametrize(
    ("made", "shown"),
    [
        (twice, "twice : int -> int"),
        (map_, "map : (t0 -> t1) -> list(t0) -> list(t1)"),
        (swap, "swap : pair(t0, t1) -> pair(t1, t0)"),
        (turn, "turn : angle -> turtle -> str -> bool -> real -> turtle"),
        (choose, "if : bool -> t0 -> t0 -> t0"),
        (table, "table : int -> (int -> t0) -> list(t0)"),
        (seven, "seven : int"),
        (primitive("int -> int -> int", name="+")(operator.add), "+ : int -> int -> int"),
        (primitive(arrow(INT, INT), name="-")(operator.neg), "- : int -> int"),
        (primitive("int -> int", name="inc")(partial(operator.add, 1)), "inc : int -> int"),
        (primitive("t0 -> str", name="str")(str), "str : t0 -> str"),
    ],
)
def test_types(made: Primitive, shown: str) -> None:
    assert repr(made) == shown


def test_what_is_made_can_still_be_called() -> None:
    assert twice(4) == 8
    assert map_(twice, [1, 2]) == [2, 4]
    assert seven() == seven.value == 7
    assert choose.lazy == {1, 2}
    assert twice.doc == "Double a number."


def test_what_is_decorated_can_be_sent_to_another_process() -> None:
    for made in (twice, map_, choose, seven, hole("R", "real"), constant("one", "int", 1)):
        copy = pickle.loads(pickle.dumps(made))
        assert copy == made
        assert copy.value is made.value
        assert copy.doc == made.doc


def refused(annotation: Any) -> Callable[..., Any]:
    def f(x: Any) -> int:
        return 0

    f.__annotations__["x"] = annotation
    return f


@pytest.mark.parametrize(
    "annotation",
    [
        Any,
        object,
        list,
        dict[str, int],
        tuple[int, ...],
        tuple[int, int, int],
        Callable,
        Callable[..., int],
        int | None,
        bytes,
        None,
        type("T0", (), {}),
        type("List", (), {}),
    ],
)
def test_annotations_without_a_type(annotation: Any) -> None:
    with pytest.raises(TypeMismatch, match="f: "):
        primitive(refused(annotation))


def test_mistakes_are_named() -> None:
    with pytest.raises(TypeMismatch, match="no annotation for y, return"):

        @primitive
        def bare(x: int, y):  # type: ignore[no-untyped-def]
            return x

    with pytest.raises(TypeMismatch, match=r"cannot be read .*Unheard"):
        primitive(refused("Unheard"))
    with pytest.raises(TypeMismatch, match=r"with 2 arguments, but its Python function is .*\(x\)"):
        primitive("int -> int -> int", name="f")(lambda x: x)
    with pytest.raises(ParseError):
        primitive("int -> ")
    with pytest.raises(ReverieError, match="no argument 3 to be lazy in"):
        primitive("int -> int", name="f", lazy=[3])(lambda x: x)
    with pytest.raises(ReverieError, match="cannot name a primitive"):
        primitive("int -> int", name="two words")(lambda x: x)
    with pytest.raises(ReverieError, match="cannot name a primitive"):
        constant("lambda", "int", 1)
    with pytest.raises(ReverieError, match="no name of its own"):
        primitive("int -> int")(partial(operator.add, 1))
    with pytest.raises(TypeMismatch, match="twice is a primitive already"):
        primitive(twice)
    with pytest.raises(TypeMismatch, match="must be a function"):
        constant("f", "int -> int", 3)
