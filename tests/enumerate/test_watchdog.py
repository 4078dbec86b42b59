"""Evaluations that are watched: when they are interrupted, and when the watcher gives up."""

from __future__ import annotations

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
from reverie.enumerate.native import watchdog
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
    monkeypatch.setattr(watchdog, "time", SimpleNamespace(monotonic=lambda: now))
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
