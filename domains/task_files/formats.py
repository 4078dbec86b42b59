"""The formats in which others write tasks as JSON, in one table.

Each has a module of its own, with a test that recognises a task and a function that turns it into
our own format (:mod:`.own_format`). To add one, write such a module and add its row.
"""

from __future__ import annotations

from collections.abc import Callable

from .arc import from_arc, is_arc
from .dreamcoder import from_dreamcoder, is_dreamcoder
from .fields import Item
from .list_functions import from_list_function, is_list_function

__all__ = ["in_own_format"]

FORMATS: tuple[tuple[Callable[[Item], bool], Callable[[Item, str], Item]], ...] = (
    (is_arc, from_arc),
    (is_dreamcoder, from_dreamcoder),
    (is_list_function, from_list_function),
)
"""What recognises a task, and what turns it into our own format; the first that does is taken."""


def in_own_format(item: Item, stem: str) -> Item:
    """Return a task in our own format; one that is in it already, or in none, as it is.

    Args:
        item: the task, as JSON gives it.
        stem: the file's name, which names a task that has no other name.

    Raises:
        InvalidTaskFile: if the task is in another format, but not as that format has it.
    """
    for recognises, convert in FORMATS:
        if recognises(item):
            return convert(item, stem)
    return item
