"""Signals that let a look at the clock happen where no other thread can run, or end a wait.

A function written in C may keep the interpreter's lock for as long as it runs: ``3 ** (10 ** 9)``,
or a regular expression that backtracks without end. No other thread of Python runs in the meantime,
so none can stop it. CPython lets long functions of its own look for signals now and then, in the
main thread, and an exception raised by a signal's handler ends them. So while a search is under
way in the main thread, the operating system sends ``SIGVTALRM`` a few times for each second of
computing (``setitimer(2)``). A signal also ends a wait (``time.sleep``, a read), which otherwise
goes on whatever was raised in its thread.

Where a program uses this signal itself, or searches in another thread, all of this is left out.
"""

from __future__ import annotations

import signal
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from types import FrameType

__all__ = ["looks", "wake"]

_SIGNAL = getattr(signal, "SIGVTALRM", None)


class _Handler:
    """Handles the signal.

    Attributes:
        look: what is called; what it raises ends what the main thread does. None while nothing is
            looked after.
    """

    look: Callable[[], object] | None = None

    def __call__(self, signal_number: int, frame: FrameType | None) -> None:
        if self.look is not None:
            self.look()


_handler = _Handler()


@contextmanager
def looks(look: Callable[[], object], seconds: float) -> Iterator[None]:
    """Call a function again and again while this thread computes, if it is the main thread.

    The handler stays when this ends, since a signal that comes late would else end the process.

    Args:
        look: is called between two steps of this thread, or within a function of C that lets
            signals through; it may raise.
        seconds: of computing between two calls.
    """
    if (
        _SIGNAL is None
        or threading.current_thread() is not threading.main_thread()
        or _handler.look is not None
        or signal.getsignal(_SIGNAL) not in (signal.SIG_DFL, _handler)
    ):
        yield
        return
    signal.signal(_SIGNAL, _handler)
    _handler.look = look
    try:
        signal.setitimer(signal.ITIMER_VIRTUAL, seconds, seconds)
        yield
    finally:
        signal.setitimer(signal.ITIMER_VIRTUAL, 0)
        _handler.look = None


def wake(thread: int) -> None:
    """End a thread's wait for the operating system, if it is one that :func:`looks` looks after."""
    is_main = thread == threading.main_thread().ident
    if _SIGNAL is not None and _handler.look is not None and is_main:
        signal.pthread_kill(thread, _SIGNAL)
