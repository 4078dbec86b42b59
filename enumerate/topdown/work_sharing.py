"""Work stealing among the threads that search one window: an idle one gets a part of another's.

A part is the rest of a search's outermost hole (:meth:`.enumerator.TopDown.split`), so that few
are needed. Nothing is split in advance, since how large a part is shows only when it is searched.
"""

from __future__ import annotations

import threading
from collections import deque

from .enumerator import TopDown

__all__ = ["Shared"]


class Shared:
    """The queue of searches that are left of a window, shared by threads until it is exhausted.

    Each thread joins when it is ready, takes a search, goes on with it batch by batch, and calls
    :meth:`share` in between; a thread that finds the queue empty ends the batches of the others, so
    that they share. No thread waits for one that has not joined, which may be late.

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
        """Split a search, and queue the part, if a thread is idle."""
        if self._idle > len(self._parts) and (part := search.split()) is not None:
            with self._changed:
                self._parts.append(part)
                self._changed.notify()

    def stop(self) -> None:
        """End all threads, even if searches are left."""
        with self._changed:
            self.is_stopped = True
            self._changed.notify_all()
