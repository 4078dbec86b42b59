"""The time limit of the search that a thread works for: whatever takes long looks at it.

A search looks at its clock between candidates. What it does besides, building tables and trying a
language out, has no candidates to count; and it calls functions that know nothing of searches. So
the limit is kept with the thread: :func:`time_limit` sets it, and :func:`check_time` ends what goes
beyond it.
"""

from __future__ import annotations

import sys
import threading
from collections.abc import Callable
from types import FrameType, TracebackType

__all__ = ["TimeIsUp", "check_time", "is_running", "limit_of_thread", "time_limit"]


class TimeIsUp(Exception):
    """Leaves what goes beyond the time of its search."""


def is_running(frame: FrameType | None, thread: int) -> bool:
    """Say whether a thread is within a call.

    Args:
        frame: of the call.
        thread: the thread's identity.
    """
    current = sys._current_frames().get(thread)
    while current is not None and current is not frame:
        current = current.f_back
    return current is not None


class _Limit(threading.local):
    """The limit of a thread's search."""

    innermost: time_limit | None = None


_limit = _Limit()


class time_limit:  # noqa: N801 - it is used as a function is
    """Bound what is done within, in this thread.

    It holds for as long as the function runs that stands around the ``with``. To put the limit back
    may fail: an interruption, such as Ctrl-C, can come just then.

    Args:
        is_late: says whether the time is up, and has been for so many seconds.
    """

    def __init__(self, is_late: Callable[[float], bool]) -> None:
        self._is_late = is_late
        self._outer: time_limit | None = None
        self._frame: FrameType | None = None
        self._thread = threading.get_ident()

    def is_late(self, grace: float = 0.0) -> bool:
        """Say, in whatever thread, whether the time has been up for so many seconds."""
        return self._is_late(grace) and is_running(self._frame, self._thread)

    def __enter__(self) -> None:
        self._outer = _limit.innermost
        self._frame = sys._getframe(1)
        _limit.innermost = self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        _limit.innermost = self._outer
        self._frame = None


def _never(grace: float = 0.0) -> bool:
    return False


def limit_of_thread() -> Callable[[float], bool]:
    """Return what says whether this thread's search has been over for so many seconds."""
    limit = _limit.innermost
    return _never if limit is None else limit.is_late


def check_time(grace: float = 0.0) -> None:
    """End what this thread does if its search has been over for so many seconds.

    Raises:
        TimeIsUp: if so.
    """
    limit = _limit.innermost
    if limit is not None and limit.is_late(grace):
        raise TimeIsUp
