"""Watching evaluations: a primitive that does not come back is stopped, and named.

Fuel bounds how many calls an evaluation makes, not how long one call takes. A thread looks a few
times a second whether fuel is still being spent. Where it is not for :data:`PATIENCE` seconds, the
call is interrupted: a loop in compiled code by the alarm (:mod:`.loop_interrupts`), one in Python
by an exception that the interpreter raises in its thread. What neither reaches is one endless call
of a function that is written in C; it may even keep this thread from running. A process that would
rather end than wait for it has :func:`heartbeat`.
"""

from __future__ import annotations

import ctypes
import math
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from traceback import walk_tb
from typing import Any, TypeVar

from ...dsl import Interpreter

__all__ = [
    "PATIENCE",
    "Interrupted",
    "StoppedCalls",
    "heartbeat",
    "lost_seconds",
    "note",
    "note_in",
    "notes",
    "raise_in",
    "stopped_primitives",
    "watched",
    "with_timeout",
]

PATIENCE = 2.0
"""Seconds that one call of a primitive may take."""

STUCK = 5
"""Interruptions in a row after which nothing within is thought to stop a call."""

_LOOKS = 0.25
"""Seconds between two looks."""

Value = TypeVar("Value")
Other = TypeVar("Other")


class Interrupted(BaseException):
    """Leaves a call that takes too long, past any ``except Exception`` in it."""


@dataclass(eq=False)
class _Watch:
    """One evaluation, or a batch of them, under way in a thread."""

    progress: Callable[[], Any]
    interrupt: Callable[[int], None]
    thread: int = field(default_factory=threading.get_ident)
    seen: Any = None
    since: float = field(default_factory=time.monotonic)
    interruptions: int = 0


class _Watcher:
    """The thread that watches all others of this process."""

    def __init__(self) -> None:
        self._watches: set[_Watch] = set()
        self._beat: Callable[[], object] | None = None
        self._lock = threading.Lock()
        self._thread: threading.Thread | None = None

    def add(self, watch: _Watch) -> None:
        with self._lock:
            self._watches.add(watch)
            self._start()

    def beat(self, beat: Callable[[], object] | None) -> None:
        with self._lock:
            self._beat = beat
            self._start()

    def _start(self) -> None:
        if self._thread is None or not self._thread.is_alive():
            self._thread = threading.Thread(target=self._run, name="watch", daemon=True)
            self._thread.start()

    def remove(self, watch: _Watch) -> None:
        with self._lock:
            self._watches.remove(watch)

    def _run(self) -> None:
        while True:
            time.sleep(_LOOKS)
            with self._lock:  # nothing comes to its end while it is interrupted
                for watch in self._watches:
                    now, seen = time.monotonic(), watch.progress()
                    if seen != watch.seen:
                        watch.seen, watch.since, watch.interruptions = seen, now, 0
                    elif now - watch.since > PATIENCE:
                        watch.since = now
                        watch.interruptions += 1
                        watch.interrupt(watch.thread)
                if self._beat and all(watch.interruptions < STUCK for watch in self._watches):
                    self._beat()


_watcher = _Watcher()


@contextmanager
def watched(progress: Callable[[], Any], interrupt: Callable[[int], None]) -> Iterator[None]:
    """Watch what is done within.

    Args:
        progress: gives something else whenever the evaluation has got on.
        interrupt: is called, with the thread's identity, when it has not for too long.
    """
    watch = _Watch(progress, interrupt)
    _watcher.add(watch)
    try:
        yield
    finally:
        _watcher.remove(watch)


@contextmanager
def heartbeat(beat: Callable[[], object]) -> Iterator[None]:
    """Call ``beat`` a few times a second, until a call of a primitive cannot be stopped."""
    beat()
    _watcher.beat(beat)
    try:
        yield
    finally:
        _watcher.beat(None)


def raise_in(thread: int) -> None:
    """Raise :class:`Interrupted` in a thread, as soon as it runs code of Python."""
    raised = ctypes.py_object(Interrupted)
    ctypes.pythonapi.PyThreadState_SetAsyncExc(ctypes.c_ulong(thread), raised)


# ---- what was stopped ---------------------------------------------------------------------------


@dataclass
class StoppedCalls:
    """What was stopped in a search, whichever thread it was in.

    Attributes:
        names: of what was stopped.
        lost: seconds that were lost by it.
        last: when something was stopped for the last time.
    """

    names: dict[str, None] = field(default_factory=dict)
    lost: float = 0.0
    last: float = -math.inf


class _Noting(threading.local):
    """Where a thread notes what was stopped in it."""

    def __init__(self) -> None:
        self.notes = StoppedCalls()


_noting = _Noting()


def notes() -> StoppedCalls:
    """Return where this thread notes what was stopped."""
    return _noting.notes


def note_in(other: StoppedCalls) -> None:
    """Let this thread note what was stopped where the thread that it helps does."""
    _noting.notes = other


def note(name: str) -> None:
    """Remember that a primitive was stopped in this thread."""
    noted, now = _noting.notes, time.monotonic()
    noted.names[name] = None
    # Threads that waited at the same time lost the time once.
    noted.lost += min(PATIENCE + _LOOKS, now - noted.last)
    noted.last = now


def lost_seconds() -> float:
    """Return how long this thread has waited, since it began, for what was stopped in the end."""
    return _noting.notes.lost


def stopped_primitives() -> tuple[str, ...]:
    """Return the names of what was stopped in this thread since the last time."""
    names, _noting.notes.names = tuple(_noting.notes.names), {}
    return names


# ---- the reference interpreter ------------------------------------------------------------------


def with_timeout(
    interpreter: Interpreter, function: Callable[..., Value], otherwise: Other
) -> Callable[..., Value | Other]:
    """Return a function that calls another, which evaluates programs, and is watched.

    It returns ``otherwise`` where a primitive had to be stopped. That one fails from then on.
    """

    def call(*arguments: Any) -> Value | Other:
        try:
            with watched(lambda: interpreter.progress, raise_in):
                return function(*arguments)
        except Interrupted as interruption:
            calls = [
                frame.f_locals["primitive"].name
                for frame, _ in walk_tb(interruption.__traceback__)
                if frame.f_code is Interpreter._call.__code__
            ]
            interpreter.stopped.update(calls[-1:])
            note(calls[-1] if calls else "the likelihood")
            return otherwise

    return call
