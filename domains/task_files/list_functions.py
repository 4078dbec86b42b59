"""List functions (Rule 2020).

A task is ``{"id", "data": [{"i", "o"}, ...]}``, with types inferred from its values.
"""

from __future__ import annotations

from ...dsl import TypeMismatch
from .fields import InvalidTaskFile, Item, example_pairs, without
from .value_types import infer_type

__all__ = ["from_list_function", "is_list_function"]


def is_list_function(item: Item) -> bool:
    """Tell whether a JSON object is a task in this format."""
    return "data" in item and "request" not in item and "examples" not in item


def from_list_function(item: Item, stem: str) -> Item:
    """Return a task in our own format; ``stem`` names it if nothing else does.

    Raises:
        InvalidTaskFile: if it is not as this format has it, or its values have no common type.
    """
    examples = example_pairs(item, "data", "i", "o")
    try:
        argument = infer_type(e["inputs"][0] for e in examples)
        result = infer_type(e["output"] for e in examples)
    except TypeMismatch as error:
        raise InvalidTaskFile(f'the values in "data" have no common type: {error}') from None
    return {
        **without(item, "data", "id"),
        "name": str(item.get("name", item.get("id", stem))),
        "request": f"{argument} -> {result}",
        "examples": examples,
    }
