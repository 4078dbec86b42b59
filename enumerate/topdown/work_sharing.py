"""Threads that search one window together: who has nothing left gets a part of what another has.

A part is the rest of a search's outermost hole (:meth:`.enumerator.TopDown.split`), so that few
are needed. Nothing is cut in advance, since nobody knows how large a part will turn out.
"""

from __future__ import annotations

import threading
from collections import deque

from .enumerator import TopDown

__all__ = ["Shared"]


class Shared:
    """What is left of a window, for a number of threads that all go on until nothing is.

    Each thread joins when it is ready, takes a search, goes on with it batch by batch, and calls
    :meth:`share` in between; who finds nothing lets the batches of the others end at once. Nobody
    waits for a thread that has not joined: it may come late.

    Args:
        search: what is left of the window.
    """

    def __init__(self, search: TopDown) -> None:
        self.is_stopped = False
        self._parts = deque([search])
        self._under_way: dict[int, TopDown] = {}  # by thread
        self._threads = 0
        self._idle = 0
        self._changed = threading.Condition()

    def join(self) -> None:
        """Count this thread among those that search."""
        with self._changed:
            self._threads += 1

    def take(self) -> TopDown | None:
        """Return a search to go on with, as soon as there is one; None when all is done."""
        with self._changed:
            self._idle += 1
            self._under_way.pop(threading.get_ident(), None)
            if self._idle == self._threads:
                self._changed.notify_all()
            elif not self._parts:
                for search in self._under_way.values():
                    search.hurry()
            self._changed.wait_for(
                lambda: self._parts or self._idle == self._threads or self.is_stopped
            )
            if not self._parts or self.is_stopped:
                return None
            self._idle -= 1
            search = self._under_way[threading.get_ident()] = self._parts.popleft()
            return search

    def share(self, search: TopDown) -> None:
        """Give away a part of a search if a thread has nothing to do."""
        if self._idle > len(self._parts) and (part := search.split()) is not None:
            with self._changed:
                self._parts.append(part)
                self._changed.notify()

    def stop(self) -> None:
        """Let all threads come to an end though something is left."""
        with self._changed:
            self.is_stopped = True
            self._changed.notify_all()
