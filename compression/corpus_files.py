"""Reading corpora from files: a list of programs, one with weights, or DreamCoder's frontiers."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from reverie.dsl import InvalidJson, read_json, read_text

from .corpus.pattern import NamedPattern
from .corpus_errors import CompressionError, CorpusError

__all__ = ["CorpusInput", "read_abstractions", "read_corpus", "read_file"]


@dataclass(frozen=True)
class CorpusInput:
    """A corpus as it was given.

    Attributes:
        programs: the programs' texts.
        tasks: the task of each program, or None if each is a task of its own.
        weights: how much each program counts, or None.
        max_arity, iterations: what the input asks for, or None.
    """

    programs: list[str]
    tasks: list[int] | None = None
    weights: list[float] | None = None
    max_arity: int | None = None
    iterations: int | None = None


def read_file(path: str | Path) -> CorpusInput:
    """Read a corpus from a JSON file.

    Raises:
        CorpusError: if the file cannot be read, is not JSON, or is none of a list of programs,
            ``{"programs", "tasks", "weights"}``, and DreamCoder's ``{"DSL", "frontiers", ...}``.
    """
    path = Path(path)
    return read_corpus(_json(path), str(path))


def read_abstractions(path: str | Path) -> list[NamedPattern]:
    """Read abstractions from a JSON file.

    Raises:
        CompressionError: if the file cannot be read, is not JSON, or is neither a result of
            :func:`.compress_file` nor a list of ``{"name", "body", "arity"}``.
    """
    path = Path(path)
    data = _json(path)
    if isinstance(data, Mapping):
        data = data.get("abstractions")
    form = '{"name": "fn_0", "body": "(+ #0 1)", "arity": 1}'
    if not isinstance(data, list):
        raise CompressionError(
            f"{path} holds no abstractions: expected what `reverie compress --out` writes, or a "
            f"JSON list of {form}"
        )
    found = []
    taken: set[str] = set()
    for number, item in enumerate(data):
        place = f"{path}, abstraction {number}"
        for key, kind in (("name", str), ("body", str), ("arity", int)):
            if not isinstance(item, Mapping) or not isinstance(item.get(key), kind):
                raise CompressionError(f'{place} has no "{key}" as in {form}')
        if item["name"] in taken:
            raise CompressionError(f"{place}: {item['name']} is defined twice; names must differ")
        taken.add(item["name"])
        try:
            found.append(NamedPattern.read(item["name"], item["body"], item["arity"]))
        except CompressionError as error:
            raise CompressionError(f"{place}: {error}") from None
    return found


def _json(path: Path) -> Any:
    try:
        return read_json(read_text(path, "utf-8-sig"), finite=False)
    except OSError as error:
        raise CorpusError(f"cannot read {path}: {error.strerror or error}") from None
    except UnicodeDecodeError as error:
        raise CorpusError(f"{path} is not UTF-8 text: {error}") from None
    except json.JSONDecodeError as error:
        raise CorpusError(
            f"{path} is not JSON: {error.msg} at line {error.lineno}, column {error.colno}"
        ) from None
    except RecursionError:
        raise CorpusError(f"{path} nests too deeply to be a list of programs") from None
    except InvalidJson as error:
        raise CorpusError(f"{path}: {error}") from None


def read_corpus(data: Any, source: str = "the input") -> CorpusInput:
    """Read a corpus from parsed JSON.

    Args:
        data: a list of programs; an object with ``programs`` and, where it is wanted, ``tasks``
            and ``weights``, one for each program; or DreamCoder's compressor input.
        source: what to call it in errors.

    Raises:
        CorpusError: if it is none of these.
    """
    if isinstance(data, list):
        for number, program in enumerate(data):
            if not isinstance(program, str):
                raise CorpusError(f"a program is a text; {source} has {program!r}", number)
        return CorpusInput(data)
    if isinstance(data, Mapping) and "frontiers" not in data and "programs" in data:
        return _weighted(data, source)
    if not isinstance(data, Mapping) or not isinstance(data.get("frontiers"), list):
        raise CorpusError(
            f'{source} is no corpus: expected a JSON list of programs, an object with "programs" '
            f'and "weights" or "tasks", or one with "frontiers" as DreamCoder writes it; got '
            f"{_kind(data)}"
        )
    programs: list[str] = []
    tasks: list[int] = []
    for task, frontier in enumerate(data["frontiers"]):
        entries = frontier.get("programs") if isinstance(frontier, Mapping) else None
        if not isinstance(entries, list):
            raise CorpusError(
                f'{source}: frontier {task} has no list "programs"; got {_kind(frontier)}'
            )
        for entry in entries:
            program = entry.get("program") if isinstance(entry, Mapping) else entry
            if not isinstance(program, str):
                raise CorpusError(f"{source}: frontier {task} has {_kind(entry)} for a program")
            programs.append(program)
            tasks.append(task)
    return CorpusInput(
        programs,
        tasks,
        max_arity=_number(data.get("arity")),
        iterations=_number(data.get("iterations")),
    )


def _weighted(data: Mapping[str, Any], source: str) -> CorpusInput:
    """Read an object with ``programs``, and ``tasks`` and ``weights`` for these."""
    if not isinstance(data["programs"], list):
        raise CorpusError(f'{source}: "programs" must be a list; got {_kind(data["programs"])}')
    programs = read_corpus(data["programs"], source).programs
    columns: dict[str, list[Any]] = {}
    for name, kinds in (("tasks", (str, int)), ("weights", (int, float))):
        column = data.get(name)
        if column is None:
            continue
        if not isinstance(column, list) or len(column) != len(programs):
            got = f"{len(column)} of them" if isinstance(column, list) else _kind(column)
            raise CorpusError(
                f'{source}: "{name}" must be a list with one for each of the {len(programs)} '
                f"programs; got {got}"
            )
        for number, value in enumerate(column):
            if isinstance(value, bool) or not isinstance(value, kinds):
                wanted = "a number from 0" if name == "weights" else "a name or a number"
                raise CorpusError(f'"{name}" must have {wanted} here; got {_kind(value)}', number)
        columns[name] = column
    numbers = {task: i for i, task in enumerate(dict.fromkeys(columns.get("tasks", [])))}
    tasks = [numbers[task] for task in columns["tasks"]] if "tasks" in columns else None
    return CorpusInput(programs, tasks, columns.get("weights"))


def _number(value: Any) -> int | None:
    return value if isinstance(value, int) and not isinstance(value, bool) else None


def _kind(value: Any) -> str:
    names = {dict: "an object", list: "a list", str: "a text", type(None): "null"}
    return names.get(type(value), repr(value))
