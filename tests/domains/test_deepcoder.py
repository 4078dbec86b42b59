"""DeepCoder's language: values are small, but not inside the functions that a program passes on."""

from __future__ import annotations

from typing import Any

import pytest

from reverie.domains.deepcoder import domain
from reverie.dsl.model.interpreter import Failure, Interpreter

CASES: list[tuple[str, list[Any], Any]] = [
    ("(lambda (Take -1 $0))", [[1, 2, 3]], [1, 2]),
    ("(lambda (Drop -1 $0))", [[1, 2, 3]], [3]),
    ("(lambda (Access -1 $0))", [[1, 2, 3]], 3),
    ("(lambda (IntDivide $0 2))", [-3], -2),
    ("(lambda (IntDivide $0 0))", [1], None),
    ("(lambda (Scanl1 (lambda (lambda (Add $0 $1))) $0))", [[1, 2, 3]], [1, 3, 6]),
    ("(lambda (Scanl1 (lambda (lambda (Subtract $1 $0))) $0))", [[9, 2, 3]], [9, 7, 4]),
    ("(lambda (Scanl1 (lambda (lambda (Add $0 $1))) $0))", [[200, 100]], None),
    ("(lambda (Scanl1 (lambda (lambda (Add $0 $1))) $0))", [[]], []),
    (
        "(lambda (lambda (ZipWith (lambda (lambda (Min $0 $1))) $1 $0)))",
        [[5, 6, 7], [6, 5]],
        [5, 5],
    ),
    ("(lambda (Count (lambda (IsEven $0)) $0))", [[1, 2, 4]], 2),
    ("(lambda (Square $0))", [15], 225),
    ("(lambda (Square $0))", [16], None),
    # Too large inside a function is fine, as long as what comes of it is not.
    ("(lambda (Map (lambda (IntDivide (Square $0) 4)) $0))", [[20]], [100]),
    ("(lambda (Map (lambda (Square $0)) $0))", [[20]], None),
    ("(lambda (Minimum $0))", [[]], None),
]


@pytest.mark.parametrize(("text", "inputs", "expected"), CASES)
def test_values(text: str, inputs: list[Any], expected: Any) -> None:
    value = Interpreter(domain.library, domain.limits).evaluate(domain.library.parse(text), inputs)
    assert isinstance(value, Failure) if expected is None else value == expected


def test_own_tasks_are_in_the_language() -> None:
    tasks = domain.make_tasks(3)
    assert [t.examples for t in tasks] == [t.examples for t in domain.make_tasks(3)]
    assert len(domain.library) == 28 + 6
    assert all(len(t.examples) == 5 and len(t.held_out) == 10 for t in tasks)
