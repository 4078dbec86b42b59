"""Evaluations that are watched: when they are interrupted, and when the watcher gives up."""

from __future__ import annotations

import time
from collections.abc import Callable

import pytest

from reverie.enumerate.native import watch


@pytest.fixture(autouse=True)
def quickly(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(watch, "PATIENCE", 0.02)
    monkeypatch.setattr(watch, "_LOOKS", 0.01)
    monkeypatch.setattr(watch, "_watcher", watch._Watcher())


def until(condition: Callable[[], bool]) -> bool:
    end = time.monotonic() + 20
    while not condition() and time.monotonic() < end:
        time.sleep(0.005)
    return condition()


def test_what_gets_on_is_left_alone_and_what_does_not_is_interrupted() -> None:
    interrupted: list[int] = []
    with watch.watched(time.monotonic_ns, interrupted.append):
        time.sleep(0.2)
    assert not interrupted
    with watch.watched(lambda: 7, interrupted.append):
        assert until(lambda: len(interrupted) > 2)


def test_the_beat_goes_on_until_interruptions_have_no_effect() -> None:
    beats: list[float] = []
    interrupted: list[int] = []
    with watch.beating(lambda: beats.append(time.monotonic())):
        assert until(lambda: len(beats) > 3)
        with watch.watched(lambda: 7, interrupted.append):
            assert until(lambda: len(interrupted) > watch.STUCK + 2)
            last = len(beats)
            assert until(lambda: len(interrupted) > watch.STUCK + 6)
            assert len(beats) == last
        assert until(lambda: len(beats) > last)
    time.sleep(0.05)
    ended = len(beats)
    time.sleep(0.1)
    assert len(beats) == ended
