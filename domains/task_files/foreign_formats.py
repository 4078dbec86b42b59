"""Other people's task files, turned into the product's form.

- ARC and 1D-ARC (Chollet 2019; Xu et al. 2023): ``{"train": [{"input", "output"}], "test": ...}``.
- DreamCoder's list tasks: ``{"name", "type": {"input", "output"}, "examples": [{"i", "o"}]}``.
- List functions (Rule 2020): ``{"id", "data": [{"i", "o"}]}``, with types inferred from values.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from typing import Any

from ...dsl import (
    BOOL,
    INT,
    REAL,
    STR,
    ReverieError,
    Type,
    TypeConstructor,
    TypeMismatch,
    TypeVariable,
    list_of,
)

__all__ = ["InvalidTaskFile", "convert", "infer_type", "keys_of", "named_arc_tasks"]

Item = Mapping[str, Any]


class InvalidTaskFile(ReverieError):
    """A file of tasks that cannot be read; the message says where, why and how to mend it."""


def convert(item: Item, stem: str) -> Item:
    """Return a task in the product's form; one that is in it already, or in none, as it is.

    Args:
        item: the task, as JSON gives it.
        stem: the file's name, which names a task that has no other name.

    Raises:
        InvalidTaskFile: if the task is in another form, but not as that form has it.
    """
    if "train" in item and "request" not in item:
        return _arc(item, stem)
    if isinstance(item.get("type"), dict) and "request" not in item:
        return _dreamcoder(item)
    if "data" in item and "request" not in item and "examples" not in item:
        return _list_function(item, stem)
    return item


def keys_of(item: Item, most: int = 8) -> str:
    """Say which keys an object has where one was missed.

    >>> keys_of({"inputs": [1], "outputs": 2})
    "but there are 'inputs', 'outputs'"
    """
    if not item:
        return "and no other"
    shown = ", ".join(repr(key) for key in list(item)[:most])
    return f"but there {'is' if len(item) == 1 else 'are'} {shown}{', ...' * (len(item) > most)}"


def named_arc_tasks(data: Item) -> list[Item]:
    """Return the tasks of a collection ``{name: {"train", "test"}}``; none if it is no such."""
    if not data or not all(isinstance(v, dict) and "train" in v for v in data.values()):
        return []
    return [{"name": name, **task} for name, task in data.items()]


def _arc(item: Item, stem: str) -> Item:
    train = _pairs(item, "train", "input", "output")
    # A test without its output is a question to a competitor: there is nothing to check against.
    test = _pairs(item, "test", "input", "output", optional=True) if "test" in item else []
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
        **_without(item, "train", "test"),
        "name": item.get("name", stem),
        "request": f"{grid_type} -> {grid_type}",
        "examples": train,
        "held_out": test,
    }


def _dreamcoder(item: Item) -> Item:
    declared = item["type"]
    for part in ("input", "output"):
        if not isinstance(declared.get(part), str):
            raise InvalidTaskFile(f'"type" has no text "{part}", {keys_of(declared)}')
    spelt = [_spelt_type(declared[part]) for part in ("input", "output")]
    return {
        **_without(item, "type"),
        "request": " -> ".join(f"({t})" if "->" in t else t for t in spelt),
        "examples": _pairs(item, "examples", "i", "o"),
    }


def _spelt_type(text: str) -> str:
    """Return ``list-of-int`` as ``list(int)``; other types as they are."""
    depth = text.count("list-of-")
    return "list(" * depth + re.sub("list-of-", "", text) + ")" * depth


def _list_function(item: Item, stem: str) -> Item:
    examples = _pairs(item, "data", "i", "o")
    try:
        argument = infer_type(e["inputs"][0] for e in examples)
        result = infer_type(e["output"] for e in examples)
    except TypeMismatch as error:
        raise InvalidTaskFile(f'the values in "data" have no common type: {error}') from None
    return {
        **_without(item, "data", "id"),
        "name": str(item.get("name", item.get("id", stem))),
        "request": f"{argument} -> {result}",
        "examples": examples,
    }


def _pairs(
    item: Item, key: str, argument: str, result: str, *, optional: bool = False
) -> list[dict[str, Any]]:
    """Return the examples under ``key``; where results are optional, those that have one."""
    form = f'{{"{argument}": ..., "{result}": ...}}'
    if not isinstance(item.get(key), list):
        raise InvalidTaskFile(f'"{key}" should be an array of {form}')
    found = []
    for number, pair in enumerate(item[key], 1):
        place = f'"{key}", example {number}'
        if not isinstance(pair, dict):
            raise InvalidTaskFile(f"{place}: found {pair!r:.60}; an example is {form}")
        if optional and argument in pair and result not in pair:
            continue
        for part in (argument, result):
            if part not in pair:
                raise InvalidTaskFile(
                    f'{place}: no key "{part}", {keys_of(pair)}; an example is {form}'
                )
        found.append({"inputs": [pair[argument]], "output": pair[result]})
    return found


def _without(item: Item, *keys: str) -> dict[str, Any]:
    return {key: value for key, value in item.items() if key not in keys}


# ---- types from values ---------------------------------------------------------------------------

_UNKNOWN = TypeVariable(0)


def infer_type(values: Iterable[Any]) -> Type:
    """Return the type that JSON values have in common; elements never seen count as integers.

    Raises:
        TypeMismatch: if they have none.

    >>> infer_type([[], [1, 2]]), infer_type([1, 2.5]), infer_type([[[]]])
    (list(int), real, list(list(int)))
    """
    found: Type = _UNKNOWN
    for value in values:
        found = _common(found, _type_of(value))
    return found.replace({0: INT})


def _type_of(value: Any) -> Type:
    if isinstance(value, bool):
        return BOOL
    if isinstance(value, int):
        return INT
    if isinstance(value, float):
        return REAL
    if isinstance(value, str):
        return STR
    if isinstance(value, list):
        element: Type = _UNKNOWN
        for inner in value:
            element = _common(element, _type_of(inner))
        return list_of(element)
    raise TypeMismatch(f"{value!r:.60} is no number, truth value, text or array")


def _common(first: Type, second: Type) -> Type:
    if first is _UNKNOWN or first is second:
        return second
    if second is _UNKNOWN:
        return first
    if {first, second} == {INT, REAL}:
        return REAL
    match first, second:
        case TypeConstructor(name="list", arguments=(one,)), TypeConstructor(
            name="list", arguments=(other,)
        ):
            return list_of(_common(one, other))
    raise TypeMismatch(f"some are {first}, others {second}")
