"""DreamCoder's list tasks (Ellis et al. 2021).

A task is ``{"name", "type": {"input", "output"}, "examples": [{"i", "o"}, ...]}``.
"""

from __future__ import annotations

import re

from .fields import InvalidTaskFile, Item, example_pairs, keys_of, without

__all__ = ["from_dreamcoder", "is_dreamcoder"]


def is_dreamcoder(item: Item) -> bool:
    """Tell whether a JSON object is a task in this format."""
    return isinstance(item.get("type"), dict) and "request" not in item


def from_dreamcoder(item: Item, stem: str) -> Item:
    """Return a task in our own format; its name is its own, whatever ``stem`` says.

    Raises:
        InvalidTaskFile: if it is not as this format has it.
    """
    declared = item["type"]
    for part in ("input", "output"):
        if not isinstance(declared.get(part), str):
            raise InvalidTaskFile(f'"type" has no text "{part}", {keys_of(declared)}')
    spelt = [_spelt_type(declared[part]) for part in ("input", "output")]
    return {
        **without(item, "type"),
        "request": " -> ".join(f"({t})" if "->" in t else t for t in spelt),
        "examples": example_pairs(item, "examples", "i", "o"),
    }


def _spelt_type(text: str) -> str:
    """Return ``list-of-int`` as ``list(int)``; other types as they are."""
    depth = text.count("list-of-")
    return "list(" * depth + re.sub("list-of-", "", text) + ")" * depth
