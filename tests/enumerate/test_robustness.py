"""The benchmark of robustness, on some thousands of programs."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from reverie.benchmarks.robustness import compare, survive
from reverie.benchmarks.workloads.wide_language import make
from reverie.dsl.language.library import Library, constant
from reverie.dsl.model.interpreter import Interpreter
from reverie.enumerate.native import NativeEvaluator


@pytest.fixture(scope="module", autouse=True)
def cache(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    folder = tmp_path_factory.getbasetemp().parent / "compiled-wide"  # shared by test processes
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("REVERIE_CACHE", str(folder))
        yield folder


def test_random_programs_have_the_values_that_the_oracle_gives() -> None:
    found = compare(4000, seed=7, part=500)
    assert not found.different
    assert found.same > 2000
    assert found.resources < 20


def test_hostile_programs_neither_crash_nor_hang_nor_keep_memory() -> None:
    found = survive(6000, seed=7)
    assert found.values > 500
    assert found.failed > 500
    assert found.slowest < 5.0
    assert found.kept < 50e6


def fibonacci_digit(n: int) -> int:
    """Give the last digit of a Fibonacci number, which soon needs more than 64 bits."""
    a, b = 0, 1
    for _ in range(n):
        a, b = b, a + b
    return a % 10


def test_sums_beyond_64_bits_are_seen() -> None:
    library = Library([make("digit", "int -> int", fibonacci_digit), constant("200", "int", 200)])
    native = NativeEvaluator(library)
    assert native.support()[0].how == "compiled"
    program = library.parse("(digit 200)")
    assert native.values(program) == Interpreter(library).evaluate(program) == 5
