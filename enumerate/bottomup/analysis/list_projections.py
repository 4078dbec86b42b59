"""What of an argument a result can depend on: a *projection*, such as a list's length or its head.

A fold whose body ignores the elements depends on a list by its length alone, so that of all lists
of one length a search needs the cheapest. :mod:`.symmetries` finds by testing which projection
is enough; :mod:`.combinations` leaves out arguments that an earlier one equals under it.
"""

from __future__ import annotations

from typing import Final

__all__ = [
    "ALL",
    "EMPTINESS",
    "HEAD",
    "LAST",
    "LENGTH",
    "LENGTH_AND_HEAD",
    "LENGTH_AND_LAST",
    "NOTHING",
    "PROJECTIONS",
]

ALL: Final = 0
"""The value itself."""
NOTHING: Final = 1
"""Only whether there is a value: the argument is ignored."""
EMPTINESS: Final = 2
"""Whether a list is empty."""
LENGTH: Final = 3
"""How long a list is."""
HEAD: Final = 4
"""A list's first element, if it has one."""
LAST: Final = 5
"""A list's last element, if it has one."""
LENGTH_AND_HEAD: Final = 6
"""Both of them."""
LENGTH_AND_LAST: Final = 7
"""Both of them."""

PROJECTIONS: Final = 8
"""How many there are."""
