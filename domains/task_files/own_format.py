"""Our own format of a task: ``{"name", "request", "examples", "held_out"}``, read and written.

Keys that are not known are kept in ``Task.extra``.
"""

from __future__ import annotations

import json
from collections.abc import Iterable
from pathlib import Path
from typing import Any

from ...dsl import Example, InvalidTask, ParseError, Task, Type, parse_type, write_whole
from .fields import InvalidTaskFile, Item, keys_of

__all__ = ["FORM", "own_task", "shown", "task_json", "write_tasks"]

KEYS = ("name", "request", "examples", "held_out")
GOALS = ("goal_blocks", "goal_program", "goal_image", "strings")
FORM = '{"name": ..., "request": ..., "examples": [{"inputs": [...], "output": ...}, ...]}'


def own_task(item: Item, place: str) -> Task:
    """Return the task that an object is, checked.

    Args:
        item: the task, as JSON gives it.
        place: what messages call it, such as ``task 3``.

    Raises:
        InvalidTaskFile: if it is not as our format has it.
        InvalidTask: if an example does not fit the request.
    """
    name = _required(item, "name", str, "text", place)
    if not name.strip():
        raise InvalidTaskFile(f"{place}: the name is empty")
    if any("\ud800" <= character <= "\udfff" for character in name):
        raise InvalidTaskFile(f"{place}: the name {name!r} has half a character; write it whole")
    place = f"{place} ({name!r})"
    request = _request(_required(item, "request", str, "a type as text", place), place)
    has_goal = any(key in item for key in GOALS)
    optional = has_goal and "examples" not in item
    examples = [] if optional else _examples(item, "examples", place)
    if not (examples or has_goal):
        raise InvalidTaskFile(f"{place}: no examples; give at least one input with its output")
    held_out = _examples(item, "held_out", place) if "held_out" in item else []
    extra = {key: value for key, value in item.items() if key not in KEYS}
    return Task(name, request, examples, held_out, extra)


def _required(item: Item, key: str, kind: type, words: str, place: str) -> Any:
    if key not in item:
        raise InvalidTaskFile(
            f'{place}: no key "{key}" ({words}), {keys_of(item)}; a task is {FORM}'
        )
    if not isinstance(item[key], kind):
        raise InvalidTaskFile(
            f'{place}: key "{key}" should be {words}, but it is {shown(item[key])}'
        )
    return item[key]


def _examples(item: Item, key: str, place: str) -> list[tuple[Any, Any]]:
    given = _required(item, key, list, "an array of examples", place)
    found = []
    for number, example in enumerate(given, 1):
        where = f"{place}, {'held-out example' if key == 'held_out' else 'example'} {number}"
        form = 'an example is {"inputs": [...], "output": ...}'
        if not isinstance(example, dict):
            raise InvalidTaskFile(f"{where}: found {shown(example)}; {form}")
        for part in ("inputs", "output"):
            if part not in example:
                raise InvalidTaskFile(f'{where}: no key "{part}", {keys_of(example)}; {form}')
        if not isinstance(example["inputs"], list):
            raise InvalidTaskFile(
                f'{where}: "inputs" should be an array with one value for each argument, but it is '
                f"{shown(example['inputs'])}; a single argument is written [value]"
            )
        found.append((example["inputs"], example["output"]))
    return found


def _request(text: str, place: str) -> Type:
    try:
        request = parse_type(text)
    except ParseError as error:
        raise InvalidTaskFile(
            f'{place}: "request" is {error}\na type is such as list(int) -> int'
        ) from None
    return request


def shown(data: Any) -> str:
    """Return the beginning of a JSON value's text, for a message."""
    text = json.dumps(data, ensure_ascii=False)
    return text if len(text) <= 60 else text[:57] + "..."


# ---- writing -------------------------------------------------------------------------------------


def write_tasks(tasks: Iterable[Task], path: str | Path) -> None:
    """Write tasks in the product's form: JSON Lines if ``path`` ends in ``.jsonl``, else an array.

    Raises:
        InvalidTask: if a value cannot be written as JSON.
    """
    path = Path(path)
    lines = []
    for task in tasks:
        try:
            lines.append(json.dumps(task_json(task), allow_nan=False))
        except (TypeError, ValueError) as error:
            raise InvalidTask(
                f"task {task.name!r} cannot be written to {path}: {error}; only what JSON knows can"
            ) from None
    if path.suffix in (".jsonl", ".ndjson"):
        text = "".join(f"{line}\n" for line in lines)
    else:
        text = "[\n" + ",\n".join(lines) + "\n]\n"
    write_whole(path, lambda part: part.write_text(text, encoding="utf-8"))


def task_json(task: Task) -> dict[str, Any]:
    """Return a task as JSON, in the product's form, can hold it."""

    def pairs(examples: Iterable[Example]) -> list[dict[str, Any]]:
        return [{"inputs": list(e.inputs), "output": e.output} for e in examples]

    data = {"name": task.name, "request": str(task.request), "examples": pairs(task.examples)}
    if task.held_out:
        data["held_out"] = pairs(task.held_out)
    return data | {key: value for key, value in task.extra.items() if key not in KEYS}
