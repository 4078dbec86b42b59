"""Reading and writing task files.

The product's own form is a JSON array, or JSON Lines, of tasks; others are told apart by their
suffix or content and read alike (see :mod:`.foreign_formats` and :mod:`.sygus`).
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import Any

from ...dsl import (
    DEEPEST,
    Example,
    InvalidTask,
    ParseError,
    Task,
    Type,
    nests_beyond,
    parse_type,
    read_json,
    read_text,
    suggest,
    write_whole,
)
from . import foreign_formats
from .foreign_formats import InvalidTaskFile, keys_of
from .sygus import read_sygus

__all__ = ["InvalidTaskFile", "read_each", "read_tasks", "task_files", "task_json", "write_tasks"]

SUFFIXES = (".json", ".jsonl", ".ndjson", ".sl")
ANSWERS = "answers.jsonl"
"""What `reverie run --watch` writes into a folder of tasks; it holds no tasks."""

KEYS = ("name", "request", "examples", "held_out")
GOALS = ("goal_blocks", "goal_program", "goal_image", "strings")
FORM = '{"name": ..., "request": ..., "examples": [{"inputs": [...], "output": ...}, ...]}'


def read_tasks(path: str | Path) -> list[Task]:
    """Read a file of tasks, or all task files of a folder, in order of their names.

    Besides the product's own form these are read: SyGuS PBE problems (``.sl``), ARC and 1D-ARC
    tasks, DreamCoder's list tasks, and list-function files. Keys that are not known are kept in
    ``Task.extra``.

    Raises:
        InvalidTaskFile: naming the file, the place, what was found, what is allowed and how to
            mend it.
    """
    found = []
    for task in read_each(path):
        if isinstance(task, InvalidTaskFile):
            raise task
        found.append(task)
    return found


def read_each(path: str | Path) -> Iterator[Task | InvalidTaskFile]:
    """Read as :func:`read_tasks` does, and yield a fault for each task that cannot be used.

    Raises:
        InvalidTaskFile: if a file cannot be made sense of as a whole.
    """
    path = Path(path)
    if path.is_dir():
        files = task_files(path)
        if not files:
            raise InvalidTaskFile(
                f"{path}: no task files in this folder; they end in {', '.join(SUFFIXES)}"
            )
    else:
        files = [path]
    places: dict[str, str] = {}
    for file in files:
        for number, task in enumerate(_read_file(file), 1):
            place = f"{file}, task {number}"
            if isinstance(task, Task) and task.name in places:
                task = InvalidTaskFile(
                    f"{place}: the name {task.name!r} is taken by {places[task.name]}; "
                    "names must differ"
                )
            elif isinstance(task, Task):
                places[task.name] = place
            yield task


def task_files(folder: Path) -> list[Path]:
    """Return the task files of a folder in order of their names; hidden files are none."""
    return sorted(
        path
        for path in folder.iterdir()
        if path.suffix in SUFFIXES and path.name != ANSWERS and not path.name.startswith(".")
    )


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


# ---- reading one file ----------------------------------------------------------------------------


def _read_file(path: Path) -> Iterator[Task | InvalidTaskFile]:
    """Yield what is in a file: tasks, and faults where there should be one."""
    try:
        text = read_text(path, "utf-8-sig")
    except FileNotFoundError:
        beside = [p.name for p in path.parent.glob("*") if p.suffix in SUFFIXES]
        hint = suggest(path.name, beside) if beside else ""
        raise InvalidTaskFile(f"{path}: no such file{hint}") from None
    except UnicodeDecodeError as error:
        raise InvalidTaskFile(
            f"{path}: not UTF-8 text (byte {error.start}); save it as UTF-8"
        ) from None
    except OSError as error:
        raise InvalidTaskFile(f"{path}: cannot be read: {error.strerror}") from None
    if not text.strip():
        raise InvalidTaskFile(f"{path}: the file is empty; it should hold tasks, such as {FORM}")
    try:
        if path.suffix == ".sl" or text.lstrip().startswith(("(", ";")):
            yield read_sygus(text, path.stem)
            return
        items = _items(text)
    except (InvalidTask, InvalidTaskFile) as error:
        raise InvalidTaskFile(f"{path}: {error}") from None
    if not items:
        raise InvalidTaskFile(f"{path}: there are no tasks in it; a task is {FORM}")
    for number, item in enumerate(items, 1):
        try:
            if isinstance(item, InvalidTaskFile):
                raise item
            yield _task(item, number, path.stem)
        except (InvalidTask, InvalidTaskFile) as error:
            yield InvalidTaskFile(f"{path}: {error}")


def _items(text: str) -> list[Any]:
    """Return what a file holds: the elements of an array, the lines, or one object.

    In the place of what cannot be read there is a fault.
    """
    try:
        data = read_json(text)
    except json.JSONDecodeError as error:
        if error.msg == "Extra data":  # after a first whole value: JSON Lines
            lines = enumerate(text.split("\n"), 1)
            return [_item(line, f"line {number}", number) for number, line in lines if line.strip()]
        raise InvalidTaskFile(_not_json(error, error.lineno)) from None
    except (RecursionError, ValueError) as error:
        items = _elements(text)
        if len(items) < 2:
            raise InvalidTaskFile(_beyond(error)) from None
        return [_item(item, f"task {number}") for number, item in enumerate(items, 1)]
    if isinstance(data, list):
        return data
    if isinstance(data, dict):
        return list(foreign_formats.named_arc_tasks(data)) or [data]
    raise InvalidTaskFile(f"found {_shown(data)}, where an array of tasks should be")


_MARKS = re.compile(r'"(?:[^"\\]|\\.)*"|[\[\]{},\n]', re.DOTALL)


def _elements(text: str) -> list[str]:
    """Return the texts of an array's elements, or of lines, however deeply they nest."""
    array = text.lstrip().startswith("[")
    outside = 1 if array else 0
    ends = "," if array else "\n"
    found, depth, start = [], 0, text.index("[") + 1 if array else 0
    for mark in _MARKS.finditer(text):
        if mark[0] in "[{":
            depth += 1
        elif mark[0] in "]}":
            depth -= 1
        if (mark[0] == ends and depth == outside) or (array and mark[0] == "]" and not depth):
            found.append(text[start : mark.start()])
            start = mark.end()
            if array and not depth:
                break
    else:
        found.append(text[start:])
    return [element for element in found if element.strip()]


def _item(text: str, place: str, line: int | None = None) -> Any:
    """Return what a text holds, or the fault that it cannot be read."""
    try:
        return read_json(text)
    except json.JSONDecodeError as error:
        return InvalidTaskFile(_not_json(error, line or error.lineno))
    except (RecursionError, ValueError) as error:
        return InvalidTaskFile(f"{place}: {_beyond(error)}")


def _beyond(error: Exception) -> str:
    """Say why JSON that may be well formed cannot be read."""
    if isinstance(error, RecursionError):
        return f"arrays or objects nest too deeply; values may nest {DEEPEST} levels"
    return str(error)


def _not_json(error: json.JSONDecodeError, line: int) -> str:
    return (
        f"not JSON: line {line}, column {error.colno}: {error.msg}; "
        "a task file is a JSON array of tasks, or one task on each line"
    )


# ---- reading one task ----------------------------------------------------------------------------


def _task(item: Any, number: int, stem: str) -> Task:
    place = f"task {number}"
    if nests_beyond(item, DEEPEST + 4):  # an object, its examples, one of them and its inputs
        raise InvalidTaskFile(f"{place}: {_beyond(RecursionError())}")
    if not isinstance(item, dict):
        raise InvalidTaskFile(f"{place}: found {_shown(item)}, where a task should be: {FORM}")
    try:
        converted = foreign_formats.convert(item, stem)
    except InvalidTaskFile as error:
        raise InvalidTaskFile(f"{place}: {error}") from None
    return _own_task(converted, place)


def _own_task(item: Mapping[str, Any], place: str) -> Task:
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


def _required(item: Mapping[str, Any], key: str, kind: type, words: str, place: str) -> Any:
    if key not in item:
        raise InvalidTaskFile(
            f'{place}: no key "{key}" ({words}), {keys_of(item)}; a task is {FORM}'
        )
    if not isinstance(item[key], kind):
        raise InvalidTaskFile(
            f'{place}: key "{key}" should be {words}, but it is {_shown(item[key])}'
        )
    return item[key]


def _examples(item: Mapping[str, Any], key: str, place: str) -> list[tuple[Any, Any]]:
    given = _required(item, key, list, "an array of examples", place)
    found = []
    for number, example in enumerate(given, 1):
        where = f"{place}, {'held-out example' if key == 'held_out' else 'example'} {number}"
        form = 'an example is {"inputs": [...], "output": ...}'
        if not isinstance(example, dict):
            raise InvalidTaskFile(f"{where}: found {_shown(example)}; {form}")
        for part in ("inputs", "output"):
            if part not in example:
                raise InvalidTaskFile(f'{where}: no key "{part}", {keys_of(example)}; {form}')
        if not isinstance(example["inputs"], list):
            raise InvalidTaskFile(
                f'{where}: "inputs" should be an array with one value for each argument, but it is '
                f"{_shown(example['inputs'])}; a single argument is written [value]"
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


def _shown(data: Any) -> str:
    text = json.dumps(data, ensure_ascii=False)
    return text if len(text) <= 60 else text[:57] + "..."
