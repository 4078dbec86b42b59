"""ARC and 1D-ARC tasks (Chollet 2019; Xu et al. 2023).

A task is ``{"train": [{"input", "output"}, ...], "test": [...]}``; a collection has tasks by name.
"""

from __future__ import annotations

from .fields import InvalidTaskFile, Item, example_pairs, without

__all__ = ["from_arc", "is_arc", "tasks_by_name"]


def is_arc(item: Item) -> bool:
    """Tell whether a JSON object is a task in this format."""
    return "train" in item and "request" not in item


def from_arc(item: Item, stem: str) -> Item:
    """Return a task in our own format; ``stem`` names it if nothing else does.

    Raises:
        InvalidTaskFile: if it is not as this format has it.
    """
    train = example_pairs(item, "train", "input", "output")
    # A test without its output is a question to a competitor: there is nothing to check against.
    test = example_pairs(item, "test", "input", "output", optional=True) if "test" in item else []
    pairs = [*train, *test]
    grids = [grid for example in pairs for grid in (example["inputs"][0], example["output"])]
    for grid in grids:
        if not isinstance(grid, list) or not all(isinstance(row, list) for row in grid):
            raise InvalidTaskFile("a grid of an ARC task should be an array of rows of numbers")
    one_row = bool(grids) and all(len(grid) == 1 for grid in grids)
    if one_row:
        for example in pairs:
            example["inputs"] = [example["inputs"][0][0]]
            example["output"] = example["output"][0]
    grid_type = "list(int)" if one_row else "list(list(int))"
    return {
        **without(item, "train", "test"),
        "name": item.get("name", stem),
        "request": f"{grid_type} -> {grid_type}",
        "examples": train,
        "held_out": test,
    }


def tasks_by_name(data: Item) -> list[Item]:
    """Return the tasks of a collection ``{name: {"train", "test"}}``; none if it is no such."""
    if not data or not all(isinstance(v, dict) and "train" in v for v in data.values()):
        return []
    return [{"name": name, **task} for name, task in data.items()]
