"""Ending a search early: at a moment, or from another thread."""

from __future__ import annotations

import threading

import numpy as np

__all__ = ["Deadline"]


class Deadline:
    """What ends searches early: a moment, or a call of :meth:`now` from another thread.

    Args:
        seconds: after how many seconds from now; None for never.

    Attributes:
        flag: float64 (1,): 1 once searches are to end.
        over: the same, to be waited for.
    """

    def __init__(self, seconds: float | None = None) -> None:
        self.flag = np.zeros(1)
        self.over = threading.Event()
        self._timer = None if seconds is None else threading.Timer(seconds, self.now)
        if self._timer is not None:
            self._timer.daemon = True
            self._timer.start()

    def now(self) -> None:
        """End the searches that are going on, and those that begin later."""
        self.over.set()
        self.flag[0] = 1.0

    def close(self) -> None:
        """Say that no search follows."""
        if self._timer is not None:
            self._timer.cancel()

    def __enter__(self) -> Deadline:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()
