"""A run's file as anybody may have made it: what must hold before its rows are believed.

SQLite does what a file says: a view computes whatever it likes under a table's name, a trigger acts
when a row is added, and any column holds values of any type. So a file is opened with what could be
code in it turned off, its schema must be ours to the word, and each row must be of the right types:
texts of bounded length, numbers that are finite. Then whoever reads on need not ask again.
"""

from __future__ import annotations

import json
import math
import re
import sqlite3
import time
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any, Literal

from ..dsl import DEEPEST, nests_beyond
from .folder import NotARun
from .schema import TABLES

__all__ = [
    "check_schema",
    "checked_json",
    "checked_measures",
    "checked_search",
    "connect",
    "number",
    "numbers_in",
    "word",
]

LARGEST_FILE = 4 << 30
"""Bytes of a run's file, at most."""

LARGEST_ROW = 64 << 20
"""Bytes of one row, at most."""

LARGEST_NUMBER = 1e15
"""Of any number in a row: of seconds, of candidates, of nats."""

MOST_ENTRIES = 1000
"""Programs of a frontier, at most."""

PATIENCE = 120.0
"""Seconds that one question to a run's file may take."""


def connect(
    path: Path, mode: str, *, isolation_level: Literal["DEFERRED"] | None = "DEFERRED"
) -> sqlite3.Connection:
    """Open a file for SQLite, with all that a file could do by itself turned off.

    Raises:
        NotARun: if it is no file, or absurdly large.
        sqlite3.Error: if it is no database.
    """
    if not path.is_file():
        raise NotARun(f"{path} is no file")
    size = path.stat().st_size
    if size > LARGEST_FILE:
        raise NotARun(f"{path} has {size:,} bytes, more than the {LARGEST_FILE:,} a run may have")
    connection = sqlite3.connect(
        f"{path.resolve().as_uri()}?{mode}", uri=True, isolation_level=isolation_level
    )
    try:
        connection.setlimit(sqlite3.SQLITE_LIMIT_LENGTH, LARGEST_ROW)
        for pragma in ("trusted_schema = OFF", "cell_size_check = ON", "mmap_size = 0"):
            connection.execute(f"PRAGMA {pragma}")
        end = [math.inf]

        def over() -> int:
            return int(time.monotonic() > end[0])

        def begun(_: str) -> None:
            end[0] = time.monotonic() + PATIENCE

        connection.set_trace_callback(begun)
        connection.set_progress_handler(over, 1_000_000)
    except sqlite3.Error:
        connection.close()
        raise
    return connection


def _plain(statement: str) -> str:
    return re.sub(r"\s+", " ", statement).strip()


_KNOWN = {_plain(table) for table in TABLES}
_OLD = re.compile(r"CREATE (TABLE|INDEX) \w+ ?(ON \w+ ?)?\([\w ,]*\)")


def check_schema(connection: sqlite3.Connection, schema: Any) -> None:
    """Check that a file has our tables and nothing else that SQLite would act on.

    Raises:
        ValueError: if there is anything else in it.
    """
    for kind, name, sql in connection.execute("SELECT type, name, sql FROM sqlite_master"):
        if kind == "index" and sql is None:
            continue  # that of a key, which SQLite makes by itself
        if kind not in ("table", "index") or not isinstance(sql, str):
            raise ValueError(f"it has a {kind} {name!r}, which no run has")
        known = _plain(sql) in _KNOWN or (schema == 1 and _OLD.fullmatch(_plain(sql)))
        if not known:
            raise ValueError(f"its {kind} {name!r} is not as a run has it")


def checked_json(text: Any, place: str, kind: type = dict) -> Any:
    """Return what a column of JSON holds, checked: of this kind, and all numbers in it bounded.

    Raises:
        ValueError: saying where the fault is.
    """
    if not isinstance(text, str):
        raise ValueError(f"{place} should be text, and is {_kind(text)}")
    try:
        data = json.loads(text)
    except RecursionError:
        raise ValueError(f"{place} nests too deeply") from None
    if not isinstance(data, kind):
        raise ValueError(f"{place} should be {_kind(kind())}, and is {_kind(data)}")
    if nests_beyond(data, DEEPEST + 8):
        raise ValueError(f"{place} nests too deeply")
    return data


def number(value: Any, place: str, *, whole: bool = False, least: float = -LARGEST_NUMBER) -> Any:
    """Return a number of a row, checked.

    Raises:
        ValueError: if it is none, is not finite, or is beyond all bounds.
    """
    right = isinstance(value, int if whole else (int, float)) and not isinstance(value, bool)
    if not right or not least <= value <= LARGEST_NUMBER:
        what = "a whole number" if whole else "a number"
        bound = f"{what} from {least:g} to {LARGEST_NUMBER:g}"
        raise ValueError(f"{place} should be {bound}, and is {_kind(value)}")
    return value


def word(value: Any, place: str) -> str:
    """Return a text of a row, checked.

    Raises:
        ValueError: if it is none.
    """
    if not isinstance(value, str):
        raise ValueError(f"{place} should be text, and is {_kind(value)}")
    return value


def numbers_in(data: Any) -> Iterator[Any]:
    """Yield all numbers in JSON data, however deep inside."""
    pending = [data]
    while pending:
        item = pending.pop()
        if isinstance(item, Mapping):
            pending.extend(item.values())
        elif isinstance(item, Sequence) and not isinstance(item, str):
            pending.extend(item)
        elif isinstance(item, (int, float)) and not isinstance(item, bool):
            yield item


def _kind(value: Any) -> str:
    names = {dict: "an object", list: "an array", str: "text", type(None): "nothing"}
    if isinstance(value, int) and abs(value) > LARGEST_NUMBER:
        return "a number without bounds"
    return names.get(type(value)) or (f"{value!r:.40}" if not isinstance(value, bytes) else "bytes")


def checked_search(row: dict[str, Any]) -> dict[str, Any]:
    """Return a row of frontiers, checked, with its entries read.

    Raises:
        ValueError, KeyError: saying where the fault is.
    """
    place = f"the frontier of {row['task']!r:.40}"
    word(row["task"], "a frontier's task")
    for name in ("iteration", "candidates", "found"):
        number(row[name], f"{place}, {name}", whole=True, least=0)
    for name in ("time", "clock", "seconds"):
        number(row.get(name, 0.0), f"{place}, {name}")
    entries = checked_json(row["entries"], place, list)
    if len(entries) > MOST_ENTRIES:
        raise ValueError(f"{place} has {len(entries)} programs, and may have {MOST_ENTRIES}")
    for entry in entries:
        word(entry["program"], f"a program in {place}")
        for name in ("log_prior", "log_likelihood"):
            if entry[name] != -math.inf:
                number(entry[name], f"the {name} of a program in {place}")
        number(entry["seconds"], f"the seconds of a program in {place}")
        number(entry["candidates"], f"the candidates of a program in {place}", whole=True)
        word(entry["search"], f"the search of a program in {place}")
    return {**row, "entries": entries}


_COUNTS = ("solved", "known", "searched", "tasks", "abstractions", "iteration", "total", "done")


def checked_measures(data: dict[str, Any], place: str, *, named: bool = False) -> dict[str, Any]:
    """Return what a row says besides, with all numbers in it finite and bounded.

    Args:
        data: what it says.
        place: what messages call the row.
        named: its tasks are listed by their names, not counted.

    Raises:
        ValueError, KeyError: saying where the fault is.
    """
    for value in numbers_in(data):
        number(value, f"a number in {place}")
    for key in _COUNTS:
        if named and key == "tasks":
            for name in data[key]:
                word(name, f"a task's name in {place}")
        elif key in data:
            number(data[key], f"{key} in {place}", whole=key != "done", least=0)
    return data
