"""Reading task files.

A file is a SyGuS problem (:mod:`.sygus`), or JSON: an array, or JSON Lines, of tasks in our own
format (:mod:`.own_format`) or in one that others publish (:mod:`.formats` has the table).
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from ...dsl import DEEPEST, InvalidTask, Task, nests_beyond, read_json, read_text, suggest
from .arc import tasks_by_name
from .fields import InvalidTaskFile
from .formats import in_own_format
from .own_format import FORM, own_task, shown, task_json, write_tasks
from .sygus import read_sygus

__all__ = ["InvalidTaskFile", "read_each", "read_tasks", "task_files", "task_json", "write_tasks"]

SUFFIXES = (".json", ".jsonl", ".ndjson", ".sl")
ANSWERS = "answers.jsonl"
"""What `reverie run --watch` writes into a folder of tasks; it holds no tasks."""


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
        return list(tasks_by_name(data)) or [data]
    raise InvalidTaskFile(f"found {shown(data)}, where an array of tasks should be")


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
        raise InvalidTaskFile(f"{place}: found {shown(item)}, where a task should be: {FORM}")
    try:
        converted = in_own_format(item, stem)
    except InvalidTaskFile as error:
        raise InvalidTaskFile(f"{place}: {error}") from None
    return own_task(converted, place)
