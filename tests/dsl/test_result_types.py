"""What primitives give is of their declared type, or the call fails."""

from __future__ import annotations

import itertools
import logging
from typing import Any

import numpy as np
import pytest

from reverie.dsl import Failure, Interpreter, Library, Primitive, constant, parse_type
from reverie.enumerate.native import NativeEvaluator

WRONG: list[tuple[str, Any]] = [
    ("list(int)", np.array([1, 2])),
    ("list(int)", np.array([])),
    ("list(int)", zip([1], [2], strict=True)),
    ("list(int)", map(abs, [1])),
    ("list(int)", range(3)),
    ("list(int)", (n for n in [1])),
    ("list(int)", (1, 2)),
    ("list(int)", {1, 2}),
    ("list(int)", None),
    ("list(int)", [1, None]),
    ("list(int)", "ab"),
    ("list(list(int))", [[1], itertools.chain([1])]),
    ("int", None),
    ("int", 2.5),
    ("int", "1"),
    ("int", np.array([1, 2])),
    ("int", [1]),
    ("int", 1 + 0j),
    ("bool", 2),
    ("bool", np.array([True, False])),
    ("bool", None),
    ("real", "1.0"),
    ("real", None),
    ("char", "ab"),
    ("char", ""),
    ("char", 7),
    ("str", b"ab"),
    ("pair(int, int)", [1, 2]),
    ("pair(int, int)", (1, 2, 3)),
    ("pair(int, bool)", (1, "a")),
]
RIGHT: list[tuple[str, Any, Any]] = [
    ("int", np.int64(3), 3),
    ("int", True, 1),
    ("int", 3.0, 3),
    ("int", np.array(3), 3),
    ("bool", np.bool_(True), True),
    ("bool", 1, True),
    ("bool", 0.0, False),
    ("real", 3, 3.0),
    ("real", np.float64(0.5), 0.5),
    ("real", np.float32(0.5), 0.5),
    ("char", np.str_("a"), "a"),
    ("list(int)", [np.int64(1), True, 2], [1, 1, 2]),
    ("list(real)", [1, 2.5], [1.0, 2.5]),
    ("pair(int, list(bool))", (np.int32(1), [1]), (1, [True])),
]


def _given(kind: str, value: Any) -> tuple[Any, Any]:
    kept = {"value": value}
    function = Primitive("f", parse_type(f"int -> {kind}"), lambda _: kept["value"])
    library = Library([function, constant("0", "int", 0)])
    program = library.parse("(f 0)")
    return NativeEvaluator(library).values(program), Interpreter(library).evaluate(program)


def _name(value: Any) -> str:
    return value if isinstance(value, str) else type(value).__name__


@pytest.mark.parametrize(("kind", "value"), WRONG, ids=_name)
def test_a_value_of_another_type_is_a_failure(kind: str, value: Any) -> None:
    native, reference = _given(kind, value)
    assert isinstance(native, Failure)
    assert isinstance(reference, Failure)
    assert reference.wrong_type
    assert f"where {kind.split('(')[0]}" in reference.reason or "is declared" in reference.reason


@pytest.mark.parametrize(("kind", "value", "meant"), RIGHT, ids=_name)
def test_a_number_that_equals_one_of_the_type_becomes_it(kind: str, value: Any, meant: Any) -> None:
    for found in _given(kind, value):
        assert repr(found) == repr(meant)


def test_the_primitive_is_named_once(caplog: pytest.LogCaptureFixture) -> None:
    library = Library(
        [
            Primitive("forgets", parse_type("int -> list(int)"), lambda _: None),
            constant("0", "int", 0),
        ]
    )
    with caplog.at_level(logging.WARNING):
        for _ in range(3):
            Interpreter(library).evaluate(library.parse("(forgets 0)"))
    said = [r.getMessage() for r in caplog.records if "forgets" in r.getMessage()]
    assert len(said) == 1
    assert "return" in said[0]
