"""How much memory a process may take while it searches: a primitive that asks for more fails.

The bound is the operating system's, on what a process writes to (``RLIMIT_DATA``, Linux alone), so
that nothing has to be counted here, and a value that grows in one call is bounded as well.
"""

from __future__ import annotations

import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

__all__ = ["limit_memory", "limited_memory"]

RESERVED = 2 << 30
"""Bytes that compiling and stacks reserve; little of it is ever used."""


def limit_memory(gigabytes: float, searches: int = 1) -> tuple[int, int] | None:
    """Let this process grow by so much for each search, and what it needs itself.

    Args:
        gigabytes: of one search, which may take twice that.
        searches: how many there are at once.

    Returns:
        The limits that there were before; None where nothing was changed.
    """
    if sys.platform != "linux":
        return None
    import resource

    statm = Path("/proc/self/statm").read_text(encoding="ascii")
    used = int(statm.split()[5]) * resource.getpagesize()  # data and stack
    most = used + searches * int(2e9 * gigabytes) + searches * RESERVED
    before = resource.getrlimit(resource.RLIMIT_DATA)
    soft, hard = before
    if most >= min(x for x in (soft, hard, sys.maxsize) if x != resource.RLIM_INFINITY):
        return None
    resource.setrlimit(resource.RLIMIT_DATA, (most, hard))
    return before


class _Shared:
    """The searches under way in this process, in whatever thread, which share one limit."""

    def __init__(self) -> None:
        self.lock = threading.Lock()
        self.searches = 0
        self.before: tuple[int, int] | None = None


_shared = _Shared()


@contextmanager
def limited_memory(gigabytes: float) -> Iterator[None]:
    """Bound the memory that this process takes while a search goes on in it.

    Args:
        gigabytes: that the search may use; the process may grow to twice that.
    """
    try:
        with _shared.lock:
            _shared.searches += 1
            _lift()
            _shared.before = limit_memory(gigabytes, _shared.searches)
        yield
    finally:
        with _shared.lock:
            _shared.searches -= 1
            if _shared.searches == 0:
                _lift()


def _lift() -> None:
    """Put the limit back that there was before all searches."""
    if _shared.before is not None:
        import resource

        resource.setrlimit(resource.RLIMIT_DATA, _shared.before)
        _shared.before = None
