"""Evaluations that are watched: when they are interrupted, and when the watcher gives up."""

from __future__ import annotations

import re
import signal
import time
from collections.abc import Callable
from types import SimpleNamespace

import pytest

import reverie as rv
from reverie.dsl.calculus.syntax import parse_term
from reverie.dsl.model.frontier import Entry
from reverie.dsl.model.interpreter import Interpreter
from reverie.enumerate.bottomup.analysis.operator_properties import operator_properties_of
from reverie.enumerate.bottomup.analysis.symmetries import symmetries_of
from reverie.enumerate.native import clock_signals, watchdog
from reverie.enumerate.strategy import SearchResult
from reverie.loop.solver import solution_of


@pytest.fixture(autouse=True)
def quickly(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(watchdog, "PATIENCE", 0.02)
    monkeypatch.setattr(watchdog, "_LOOKS", 0.01)
    monkeypatch.setattr(watchdog, "_watcher", watchdog._Watcher())


@rv.primitive
def spin(x: int, y: int) -> int:
    """Return 5 if the numbers differ by 5, and go round for ever otherwise."""
    while x - y != 5:
        pass
    return 5


@rv.primitive
def whirl(keeps: Callable[[int], bool], xs: list[int]) -> list[int]:
    """Never return."""
    while keeps(0) or not keeps(0):
        continue
    return xs


SPINNING = rv.Domain("spinning", primitives=[spin, whirl, rv.constant("5", "int", 5)])


def until(condition: Callable[[], bool]) -> bool:
    end = time.monotonic() + 20
    while not condition() and time.monotonic() < end:
        time.sleep(0.005)
    return condition()


def test_what_gets_on_is_left_alone_and_what_does_not_is_interrupted() -> None:
    interrupted: list[int] = []
    with watchdog.watched(time.monotonic_ns, interrupted.append):
        time.sleep(0.2)
    assert not interrupted
    with watchdog.watched(lambda: 7, interrupted.append):
        assert until(lambda: len(interrupted) > 2)


def test_the_beat_goes_on_until_interruptions_have_no_effect() -> None:
    beats: list[float] = []
    interrupted: list[int] = []
    with watchdog.heartbeat(lambda: beats.append(time.monotonic())):
        assert until(lambda: len(beats) > 3)
        with watchdog.watched(lambda: 7, interrupted.append):
            assert until(lambda: len(interrupted) > watchdog.STUCK + 2)
            last = len(beats)
            assert until(lambda: len(interrupted) > watchdog.STUCK + 6)
            assert len(beats) == last
        assert until(lambda: len(beats) > last)
    time.sleep(0.05)
    ended = len(beats)
    time.sleep(0.1)
    assert len(beats) == ended


def test_a_library_is_tried_out_though_primitives_never_end() -> None:
    library = SPINNING.library
    watchdog.stopped_primitives()
    assert not operator_properties_of(library).inverses
    assert "spin" in watchdog.stopped_primitives()
    assert not symmetries_of(library).commutative
    assert "spin" in watchdog.stopped_primitives()


def test_a_solution_that_never_ends_on_what_was_held_out_is_wrong_there() -> None:
    task = rv.Task("t", "int -> int", [((10,), 5)], held_out=[((11,), 5)])
    program = parse_term("(lambda (spin $0 5))")
    found = SearchResult(rv.Frontier.of(task, [Entry(program, -5.0, 0.0)]), 1, 0.0)
    solution = solution_of(SPINNING, task, found, Interpreter(SPINNING.library))
    assert solution.held_out_correct is False
    assert list(watchdog.stopped_primitives()) == ["spin"]


def test_threads_that_wait_at_the_same_time_lose_it_once(monkeypatch: pytest.MonkeyPatch) -> None:
    now = 100.0
    # watchers of earlier tests go on sleeping by the clock that is replaced here
    clock = SimpleNamespace(monotonic=lambda: now, sleep=time.sleep)
    monkeypatch.setattr(watchdog, "time", clock)
    monkeypatch.setattr(watchdog, "PATIENCE", 2.0)
    own = watchdog.notes()
    watchdog.note_in(watchdog.StoppedCalls())
    try:
        watchdog.note("f")
        assert watchdog.notes().lost == 2.0 + watchdog._LOOKS
        now = 100.5
        watchdog.note("g")
        assert watchdog.notes().lost == 2.5 + watchdog._LOOKS
        now = 110.0
        watchdog.note("f")
        assert watchdog.notes().lost == 4.5 + 2 * watchdog._LOOKS
        assert list(watchdog.stopped_primitives()) == ["f", "g"]
    finally:
        watchdog.note_in(own)


@rv.primitive
def tower_of(x: int) -> int:
    """Return a power that takes days to compute, within one call of C."""
    return (x + 3) ** (1 << 40) % 7


@rv.primitive
def backtrack(x: int) -> int:
    """Match without end, within one call of C."""
    return len(re.findall("(a+)+$", "a" * 50 + "b")) + x


@rv.primitive
def wait(x: int) -> int:
    """Wait for the operating system."""
    time.sleep(1000)
    return x


@pytest.mark.parametrize("primitive", [tower_of, backtrack, wait])
@pytest.mark.parametrize("search", ["top-down", "bottom-up"])
def test_a_call_of_c_that_does_not_end_is_interrupted(
    primitive: rv.dsl.Primitive, search: str
) -> None:
    plus = rv.primitive("int -> int -> int", name="plus")(lambda x, y: x + y)
    language = rv.Domain("endless", primitives=[primitive, plus, rv.constant("1", "int", 1)])
    task = rv.Task("plus one", "int -> int", [((3,), 4), ((8,), 9)])
    start = time.monotonic()
    solution = rv.solve(language, task, budget=200, search=search, timeout=60)
    assert solution.solved
    assert time.monotonic() - start < 20


def test_a_signal_that_a_program_uses_itself_is_left_to_it() -> None:
    seen: list[int] = []
    before = signal.signal(signal.SIGVTALRM, lambda number, frame: seen.append(number))
    try:
        with clock_signals.looks(lambda: pytest.fail("not to be called"), 0.01):
            assert signal.getitimer(signal.ITIMER_VIRTUAL) == (0, 0)
            signal.raise_signal(signal.SIGVTALRM)
        assert seen == [signal.SIGVTALRM]
    finally:
        signal.signal(signal.SIGVTALRM, before or signal.SIG_DFL)


def test_a_signal_that_comes_late_ends_nothing() -> None:
    looked: list[float] = []
    with clock_signals.looks(lambda: looked.append(time.monotonic()), 0.005):
        assert until(lambda: sum(range(10_000)) > 0 and len(looked) > 2)
        with clock_signals.looks(lambda: pytest.fail("only the outer one looks"), 0.005):
            before = len(looked)
            assert until(lambda: sum(range(10_000)) > 0 and len(looked) > before)
    count = len(looked)
    signal.raise_signal(signal.SIGVTALRM)
    assert len(looked) == count
