"""What the readers of all task formats share: the fault, and the fields of a JSON object."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from ...dsl import ReverieError

__all__ = ["InvalidTaskFile", "Item", "example_pairs", "keys_of", "without"]

Item = Mapping[str, Any]
"""A task as JSON gives it, in any format."""


class InvalidTaskFile(ReverieError):
    """A file of tasks that cannot be read; the message says where, why and how to mend it."""


def keys_of(item: Item, most: int = 8) -> str:
    """Say which keys an object has where one was missed.

    >>> keys_of({"inputs": [1], "outputs": 2})
    "but there are 'inputs', 'outputs'"
    """
    if not item:
        return "and no other"
    shown = ", ".join(repr(key) for key in list(item)[:most])
    return f"but there {'is' if len(item) == 1 else 'are'} {shown}{', ...' * (len(item) > most)}"


def example_pairs(
    item: Item, key: str, argument: str, result: str, *, optional: bool = False
) -> list[dict[str, Any]]:
    """Return the examples under ``key``; where results are optional, those that have one.

    Args:
        item: the task.
        key: what its examples are under.
        argument: the key of an example's one input.
        result: the key of its output.
        optional: leave out examples that have an input and no output.

    Raises:
        InvalidTaskFile: if there is no such array.
    """
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


def without(item: Item, *keys: str) -> dict[str, Any]:
    """Return an object with these keys left out."""
    return {key: value for key, value in item.items() if key not in keys}
