"""The passes put into numba's compiler: what each does to the code of a function."""

from __future__ import annotations

import operator
from collections.abc import Callable, Iterator
from typing import Any

import numba
import numba.typed
import pytest
from numba.core import compiler_machinery, runtime

from reverie.enumerate.native.compiler import loop_interrupts, python_meaning
from reverie.enumerate.native.compiler.exception_cleanup import releasing, with_passes
from reverie.enumerate.native.compiler.loop_interrupts import ALARM, WatchLoops
from reverie.enumerate.native.compiler.meaning_check import (
    COMPILER,
    OPTIONS,
    DifferentMeaning,
    UseExact,
)

RUNTIME: Any = runtime


def intermediate(*signature: Any, added: tuple[Any, ...] = ()) -> Callable[[Any], str]:
    """Return what shows the intermediate code of a function after the passes."""
    seen: list[str] = []

    @compiler_machinery.register_pass(mutates_CFG=False, analysis_only=True)
    class Show(compiler_machinery.AnalysisPass):  # type: ignore[misc]
        _name = f"show_{len(added)}"

        def __init__(self) -> None:
            super().__init__()

        def run_pass(self, state: Any) -> bool:
            blocks = state.func_ir.blocks.values()
            seen.append("\n".join(str(line) for block in blocks for line in block.body))
            return False

    def show(function: Any) -> str:
        compiled = numba.njit(pipeline_class=with_passes(*added, typed=(Show,)))(function)
        compiled.compile(signature)
        return seen[-1]

    return show


def total(n: int) -> int:
    result = 0
    while n > 0:
        result += n
        n -= 1
    return result


def product(x: int, y: int) -> int:
    return x * y


def refuse(x: int) -> int:
    if x < 0:
        raise ValueError("x is negative", x)
    return x


@pytest.fixture
def alarm() -> Iterator[Any]:
    yield ALARM
    ALARM.value = 0


# ---- meaning_check ------------------------------------------------------------------------------


def test_operators_are_replaced_before_types_are_inferred() -> None:
    plain = intermediate(numba.int64, numba.int64)(product)
    exact = intermediate(numba.int64, numba.int64, added=(UseExact,))(product)
    name = python_meaning.OPERATORS[operator.mul].__name__
    assert f"global({name}" not in plain
    assert f"global({name}" in exact


def test_a_product_beyond_64_bits_raises_only_where_it_is_exact() -> None:
    plain = numba.njit(pipeline_class=with_passes())(product)
    exact = numba.njit(pipeline_class=COMPILER, **OPTIONS)(product)
    assert plain(1 << 40, 1 << 40) == 0
    assert exact(1 << 20, 1 << 20) == 1 << 40
    with pytest.raises(OverflowError):
        exact(1 << 40, 1 << 40)


def mixed(x: int) -> float:
    result = x
    if x > 0:
        result = x / 2  # type: ignore[assignment]
    return result


def test_what_would_be_converted_is_not_compiled() -> None:
    plain = numba.njit(pipeline_class=with_passes())(mixed)
    assert type(plain(-1)) is float  # Python gives the integer
    checked = numba.njit(pipeline_class=COMPILER, **OPTIONS)(mixed)
    with pytest.raises(DifferentMeaning):
        checked(-1)


# ---- loop_interrupts ----------------------------------------------------------------------------


def test_each_loop_looks_at_the_alarm() -> None:
    name = loop_interrupts.look_at_alarm.__name__
    assert name not in intermediate(numba.int64)(total)
    assert intermediate(numba.int64, added=(WatchLoops,))(total).count(f"global({name}") == 1
    assert name not in intermediate(numba.int64, numba.int64, added=(WatchLoops,))(product)


def test_a_loop_ends_when_the_alarm_is_set(alarm: Any) -> None:
    watched = numba.njit(pipeline_class=with_passes(WatchLoops))(total)
    assert watched(10) == 55
    alarm.value = 1
    assert watched(0) == 0  # never goes round
    with pytest.raises(TimeoutError):
        watched(10)


# ---- exception_cleanup --------------------------------------------------------------------------


def test_exceptions_lose_their_words_and_keep_their_class() -> None:
    code = intermediate(numba.int64)(refuse)
    assert "ValueError" in code
    assert "negative" not in code.split("raise")[-1]
    compiled = numba.njit(pipeline_class=with_passes())(refuse)
    with pytest.raises(ValueError, match=r"^$"):
        compiled(-1)


def grow_and_refuse(xs: Any, x: int) -> int:
    grown = [y + 1 for y in xs]
    if x < 0:
        raise ValueError
    return len(grown)


def test_what_a_function_holds_is_freed_when_it_raises() -> None:
    xs = numba.typed.List([1, 2, 3])
    with releasing():
        freeing = numba.njit(pipeline_class=with_passes())(grow_and_refuse)
        assert freeing(xs, 1) == 3
    RUNTIME._nrt_python.memsys_enable_stats()
    try:
        before = RUNTIME.rtsys.get_allocation_stats()
        for _ in range(10):
            with pytest.raises(ValueError, match=r"^$"):
                freeing(xs, -1)
        after = RUNTIME.rtsys.get_allocation_stats()
    finally:
        RUNTIME._nrt_python.memsys_disable_stats()
    assert after.alloc > before.alloc
    assert after.alloc - before.alloc == after.free - before.free
