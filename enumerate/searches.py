"""The searches there are, by name."""

from __future__ import annotations

from ..dsl.errors import UnknownName
from .search import Search
from .topdown_search import top_down

__all__ = ["find_search", "names"]

_SEARCHES: dict[str, Search] = {"auto": top_down, "top-down": top_down}


def names() -> list[str]:
    """Return the names that :func:`find_search` knows."""
    return sorted(_SEARCHES)


def find_search(name: str) -> Search:
    """Return the search called ``name``.

    Raises:
        UnknownName: if there is none, with those that there are.
    """
    if name not in _SEARCHES:
        raise UnknownName("search", name, _SEARCHES)
    return _SEARCHES[name]
