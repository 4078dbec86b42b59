"""Watching evaluations: a primitive that does not come back is stopped, and named.

Fuel bounds how many calls an evaluation makes, not how long one call takes. A thread looks a few
times a second whether fuel is still being spent. Where it is not for too long, the call is
interrupted: a loop in compiled code by the alarm (:mod:`.loop_interrupts`), one in Python by an
exception that the interpreter raises in its thread; one in C that looks for signals, in the main
thread, by a signal (:mod:`.clock_signals`). What none of them reaches is an endless call of another
function that is written in C; it may even keep this thread from running. A process that would
rather end than wait for it has :func:`heartbeat`.

Where the time of the search is up (see :mod:`reverie.enumerate.time_limits`), what is under way is
hurried: many calls that take long each, or a search among heads whose arguments come to nothing,
would come to hours before the search looks at its clock.

A primitive that would end this process (``os._exit``) is stopped in the same way.
"""

from __future__ import annotations

import ctypes
import math
import os
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from traceback import walk_tb
from types import FrameType
from typing import Any, NoReturn, TypeVar

from ...dsl import Interpreter, Interrupted
from ..time_limits import TimeIsUp, check_time, is_running, limit_of_thread
from .clock_signals import looks, wake

__all__ = [
    "PATIENCE",
    "Interrupted",
    "StoppedCalls",
    "heartbeat",
    "note",
    "note_in",
    "notes",
    "patience_for",
    "raise_in",
    "stopped_primitives",
    "watched",
    "with_timeout",
]

PATIENCE = 2.0
"""Seconds that one call of a primitive may take."""

LEAST_PATIENCE = 0.5
"""The same in a search that may take less than twice that."""

STUCK = 5
"""Interruptions in a row after which nothing within is thought to stop a call."""

_LOOKS = 0.25
"""Seconds between two looks."""

Value = TypeVar("Value")
Other = TypeVar("Other")


@dataclass(eq=False)
class _Watch:
    """One evaluation, or a batch of them, under way in a thread.

    Attributes:
        frame: of the call that it lasts for; None once it is over.
        patience: seconds that a call may take.
    """

    progress: Callable[[], Any]
    interrupt: Callable[[int], None]
    hurry: Callable[[], object]
    frame: FrameType | None
    patience: float
    is_late: Callable[[float], bool] = field(default_factory=limit_of_thread)
    grace: float = 0.0
    thread: int = field(default_factory=threading.get_ident)
    seen: Any = None
    since: float = field(default_factory=time.monotonic)
    interruptions: int = 0

    @property
    def is_left_behind(self) -> bool:
        """Whether its call is over, though an interruption kept it from being removed."""
        return not is_running(self.frame, self.thread)


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
            os._exit = _leave
            self._start()

    def has(self, thread: int) -> bool:
        """Say whether anything is watched in a thread."""
        return any(watch.thread == thread for watch in list(self._watches))

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
            self._watches.discard(watch)
            if not self._watches:
                os._exit = _end_process

    def _run(self) -> None:
        while True:
            time.sleep(_LOOKS)
            with self._lock:  # nothing comes to its end while it is interrupted
                for watch in list(self._watches):
                    self._look(watch)
                if self._beat and all(watch.interruptions < STUCK for watch in self._watches):
                    self._beat()

    def look_within(self) -> None:
        """Look after what is watched in this thread, whatever it is in the middle of."""
        # The lock may be held by this very thread, or by one that cannot run now.
        if self._lock.acquire(blocking=False):
            try:
                for watch in list(self._watches):
                    if watch.thread == threading.get_ident():
                        self._look(watch)
            finally:
                self._lock.release()

    def _look(self, watch: _Watch) -> None:
        """Let an evaluation go on, hurry it or interrupt it."""
        now, seen = time.monotonic(), watch.progress()
        is_over = watch.is_late(watch.grace)
        if seen != watch.seen:
            watch.seen, watch.since, watch.interruptions = seen, now, 0
        if is_over:
            watch.hurry()
            watch.seen = watch.progress()  # what hurrying changes is no progress
        if now - watch.since > watch.patience:
            if watch.is_left_behind:
                self._watches.discard(watch)
                return
            watch.since = now
            watch.interruptions += 1
            watch.interrupt(watch.thread)


_watcher = _Watcher()

_end_process = os._exit


def _leave(status: int) -> NoReturn:
    """Take the place of ``os._exit`` while primitives are called."""
    if _watcher.has(threading.get_ident()):
        raise Interrupted(f"would have ended the process with status {status}")
    _end_process(status)


class watched:  # noqa: N801 - it is used as a function is
    """Watch what is done within.

    A watch that is left behind, since an interruption such as Ctrl-C came just when it was to be
    removed, has no effect: it lasts no longer than the function that stands around the ``with``.

    Args:
        progress: gives something else whenever the evaluation has got on.
        interrupt: is called, with the thread's identity, when it has not for too long.
        hurry: is called when the time of the search is up, and again until what is within ends.
        grace: seconds that it may go on after that.
    """

    def __init__(
        self,
        progress: Callable[[], Any],
        interrupt: Callable[[int], None],
        hurry: Callable[[], object] = lambda: None,
        grace: float = 0.0,
    ) -> None:
        self._watch = _Watch(progress, interrupt, hurry, None, longest_call(), grace=grace)

    def __enter__(self) -> None:
        self._watch.frame = sys._getframe(1)
        _watcher.add(self._watch)

    def __exit__(self, *_: object) -> None:
        _watcher.remove(self._watch)
        self._watch.frame = None


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
    if thread != threading.get_ident():
        wake(thread)


# ---- what was stopped ---------------------------------------------------------------------------


@dataclass
class StoppedCalls:
    """What was stopped in a search, whichever thread it was in.

    Attributes:
        names: of what was stopped, and why.
        lost: seconds that were lost by it.
        last: when something was stopped for the last time.
        patience: seconds that one call may take, if that is less than :data:`PATIENCE`.
    """

    names: dict[str, str] = field(default_factory=dict)
    lost: float = 0.0
    last: float = -math.inf
    patience: float = math.inf


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


def longest_call() -> float:
    """Return how many seconds one call of a primitive may take in this thread."""
    return min(PATIENCE, _noting.notes.patience)


@contextmanager
def patience_for(seconds: float) -> Iterator[None]:
    """Let one call within take no more than half of a search's seconds."""
    noted = _noting.notes
    outer = noted.patience
    try:
        noted.patience = max(seconds / 2, LEAST_PATIENCE)
        with looks(_watcher.look_within, _LOOKS):
            yield
    finally:
        noted.patience = outer


def note(name: str, interruption: Interrupted | None = None) -> None:
    """Remember that a primitive was stopped in this thread.

    Args:
        name: of the primitive.
        interruption: what stopped it, if that says why; otherwise it did not come back in time.
    """
    noted = _noting.notes
    if interruption is not None and interruption.args:
        noted.names[name] = str(interruption)
        return
    now, waited = time.monotonic(), longest_call()
    noted.names[name] = f"did not come back within {waited:g} s"
    # Threads that waited at the same time lost the time once.
    noted.lost += min(waited + _LOOKS, now - noted.last)
    noted.last = now


def stopped_primitives() -> dict[str, str]:
    """Return what was stopped in this thread since the last time, by name, and why."""
    names, _noting.notes.names = _noting.notes.names, {}
    return names


# ---- the reference interpreter ------------------------------------------------------------------


def with_timeout(
    interpreter: Interpreter,
    function: Callable[..., Value],
    otherwise: Other,
    grace: float = 0.0,
) -> Callable[..., Value | Other]:
    """Return a function that calls another, which evaluates programs, and is watched.

    It returns ``otherwise`` where a primitive had to be stopped. That one fails from then on. It
    raises :class:`.TimeIsUp` where the time of the search has been up for ``grace`` seconds.
    """

    def hurry() -> None:
        interpreter.overdue = True

    def call(*arguments: Any) -> Value | Other:
        check_time(grace)
        try:
            with watched(lambda: interpreter.progress, raise_in, hurry, grace):
                value = function(*arguments)
            if interpreter.overdue:
                raise TimeIsUp
            return value
        except Interrupted as interruption:
            calls = [
                frame.f_locals["primitive"].name
                for frame, _ in walk_tb(interruption.__traceback__)
                if frame.f_code is Interpreter._call.__code__
            ]
            interpreter.stopped.update(calls[-1:])
            note(calls[-1] if calls else "the likelihood", interruption)
            return otherwise
        finally:
            interpreter.overdue = False

    return call
