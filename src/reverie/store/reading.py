"""A run on disk, as it is read: every row is checked before anybody sees it.

Opening a run executes nothing: programs, types and weights are stored as text and JSON. What is no
run of ours, or is damaged, is said to be so with one error, :class:`NotARun`.
"""

from __future__ import annotations

import hashlib
import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any, Self

from ..dsl import read_bytes
from .checked_rows import (
    check_schema,
    checked_json,
    checked_measures,
    checked_search,
    connect,
    number,
    word,
)
from .folder import FILE, NotARun, is_blank
from .schema import SCHEMA

__all__ = ["RunReader"]


LARGEST_MODEL = 1 << 30
"""Bytes of a model's file, at most."""

_NOT_OF_PHASE = "WHERE NOT (iteration = ? AND phase = ?)"


class RunReader:
    """A run's file, open for reading.

    Every row has a ``time``, seconds since 1970, and a ``clock``: seconds that the run has worked,
    breaks left out.
    """

    def __init__(self, folder: Path, connection: sqlite3.Connection) -> None:
        self.folder = folder
        self.schema = SCHEMA
        self._connection = connection

    # ---- opening --------------------------------------------------------------------------------

    @classmethod
    def open(cls, folder: Path) -> Self:
        """Open a run for reading, finished or under way.

        Raises:
            NotARun: if there is none, or its format is of a later version.
        """
        path = folder / FILE
        if not path.is_file():
            raise NotARun(f"{folder} holds no run: there is no file {path}")
        # In a folder that may not be written to, SQLite can only open what nobody writes to.
        for mode in ("mode=ro", "mode=ro&immutable=1"):
            try:
                connection = connect(path, mode)
            except sqlite3.Error as error:
                raise NotARun(f"{path} is not a run's file, or is damaged: {error}") from None
            store = cls(folder, connection)
            try:
                schema: Any = store.meta().get("schema")
                check_schema(connection, schema)
                break
            except (sqlite3.Error, ValueError) as error:
                connection.close()
                if is_blank(path):
                    raise NotARun(
                        f"the run in {folder} was stopped before its first row; begin it again"
                    ) from None
                fault = NotARun(f"{path} is not a run's file, or is damaged: {error}")
                if path.with_name(f"{FILE}-wal").exists():
                    raise fault from None
        else:
            raise fault
        if schema not in range(1, SCHEMA + 1):
            store.close()
            raise NotARun(
                f"{path} has format {schema}, and this version of Reverie reads formats 1 to "
                f"{SCHEMA}; use the version that wrote it, or a later one"
            )
        store.schema = schema
        return store

    @classmethod
    @contextmanager
    def reading(cls, folder: Path) -> Iterator[Self]:
        """Open a run for reading, and close it.

        Raises:
            NotARun: if there is none, or what it holds is damaged.
        """
        store = cls.open(folder)
        try:
            with store.checked():
                yield store
        finally:
            store.close()

    @contextmanager
    def checked(self) -> Iterator[None]:
        """Say of whatever cannot be made sense of within that the run is damaged."""
        try:
            yield
        except (
            sqlite3.Error,
            KeyError,
            IndexError,
            TypeError,
            ValueError,
            AttributeError,
            ArithmeticError,
            RecursionError,
            MemoryError,
        ) as error:
            shown = f"{type(error).__name__}: {error}"
            raise NotARun(f"{self.folder / FILE} is damaged: {shown}") from error

    def close(self) -> None:
        """Close the file."""
        with suppress(sqlite3.Error):  # a full disk: all that was committed stays in the WAL
            self._connection.close()

    # ---- reading --------------------------------------------------------------------------------

    def meta(self) -> dict[str, Any]:
        """Return what was said when the run began: domain, configuration, versions."""
        rows = self._connection.execute("SELECT key, value FROM meta")
        found = {key: checked_json(value, f"meta {key!r}", object) for key, value in rows}
        for key, kind in (("config", dict), ("versions", dict), ("domain", str)):
            if key in found and not isinstance(found[key], kind):
                raise ValueError(f"meta {key!r} is of another type")
        if found.get("schema") == SCHEMA and "config" not in found:
            raise ValueError("meta 'config' is missing")
        if not isinstance(found.get("source"), str | None):
            raise ValueError("meta 'source' is no text")
        return found

    def tasks(self) -> list[dict[str, Any]]:
        """Return the tasks, in order, as task files hold them."""
        rows = self._connection.execute("SELECT data FROM tasks ORDER BY rowid")
        found = []
        for number_of, (data,) in enumerate(rows, 1):
            task = checked_json(data, f"task {number_of}")
            for key in ("name", "request"):
                word(task[key], f"task {number_of}, {key}")
            found.append(task)
        return found

    def frontiers(self, before: tuple[int, str] | None = None) -> dict[str, dict[str, Any]]:
        """Return the newest frontier of each task.

        Args:
            before: a round and a phase whose rows are left out; none if None.
        """
        return self._newest_frontiers("" if before is None else _NOT_OF_PHASE, before or ())

    def frontiers_of(self, iteration: int, phase: str) -> dict[str, dict[str, Any]]:
        """Return what a phase said of each task, if anything."""
        return self._newest_frontiers("WHERE iteration = ? AND phase = ?", (iteration, phase))

    def _newest_frontiers(
        self, condition: str, values: tuple[Any, ...]
    ) -> dict[str, dict[str, Any]]:
        names = ("task", "iteration", "candidates", "seconds", "found", "entries")
        columns = ", ".join(names)
        if self.schema == 1:
            columns = columns.replace("found", "json_array_length(entries)")
        rows = self._connection.execute(
            f"SELECT {columns} FROM frontiers WHERE id IN "
            f"(SELECT max(id) FROM frontiers {condition} GROUP BY task) ORDER BY id",
            values,
        )
        return {
            found.pop("task"): found
            for row in rows
            for found in [checked_search(dict(zip(names, row, strict=True)))]
        }

    def searches(self) -> Iterator[dict[str, Any]]:
        """Yield what came of each search so far, in the order in which it was known.

        Each has ``time``, ``clock``, ``iteration``, ``task``, ``candidates``, ``seconds``,
        ``found`` (programs that this search found) and ``entries`` (all known by then).
        """
        names = ("time", "clock", "iteration", "task", "candidates", "seconds", "found", "entries")
        columns = ", ".join(names)
        if self.schema == 1:
            columns = columns.replace("clock", "time - (SELECT min(time) FROM frontiers)")
            columns = columns.replace("found", "json_array_length(entries)")
        rows = self._connection.execute(
            f"SELECT {columns} FROM frontiers WHERE phase = 'wake' ORDER BY id"
        )
        for row in rows:
            yield checked_search(dict(zip(names, row, strict=True)))

    def library(self) -> tuple[list[dict[str, Any]], Any] | None:
        """Return the newest abstractions and weights; None before the first sleep.

        The weights are ``{"columns": [[name, arity], ...], "rows": [[...], ...]}``, or the rows
        alone where an older version wrote them.
        """
        row = self._connection.execute(
            "SELECT abstractions, weights FROM libraries ORDER BY id DESC LIMIT 1"
        ).fetchone()
        if row is None:
            return None
        abstractions = checked_json(row[0], "the library", list)
        for abstraction in abstractions:
            for key in ("name", "definition"):
                word(abstraction[key], f"an abstraction's {key}")
            for key in ("type", "body"):
                word(abstraction.get(key, ""), f"the {key} of {abstraction['name']}")
            for key in ("saving", "uses"):
                if abstraction.get(key) is not None:
                    number(abstraction[key], f"the {key} of {abstraction['name']}")
        return abstractions, checked_json(row[1], "the weights", object)

    def models(self) -> list[dict[str, Any]]:
        """Return the model files, in order: ``iteration``, ``file``, ``sha256`` and their data."""
        if self.schema == 1:
            return []
        rows = self._connection.execute(
            "SELECT iteration, file, sha256, data FROM models ORDER BY id"
        )
        return [
            {
                **checked_json(data, "a model's data"),
                "iteration": number(i, "a model's round", whole=True, least=0),
                "file": word(file, "a model's file"),
                "sha256": word(digest, "a model's digest"),
            }
            for i, file, digest, data in rows
        ]

    def model(self) -> Path | None:
        """Return the newest model's file, checked; None if there is no model.

        Raises:
            NotARun: if the file is not there, or not as it was written.
        """
        found = self.models()
        if not found:
            return None
        path: Path = self.folder / found[-1]["file"]
        try:
            path.lstat()
            if path.parent != self.folder or path.is_symlink() or not path.is_file():
                raise NotARun(f"{path}: the run's model is no file in the run's folder")
            digest = hashlib.sha256(read_bytes(path, LARGEST_MODEL)).hexdigest()
        except OSError as error:
            raise NotARun(f"{path}: the run's model cannot be read: {error.strerror}") from None
        if digest != found[-1]["sha256"]:
            raise NotARun(f"{path} is damaged: it is not the file that the run wrote")
        return path

    def phases(self) -> list[dict[str, Any]]:
        """Return the phases that are over, in order: ``iteration``, ``phase``, ``seconds``, data.

        The phases of a round are called wake, abstraction and dreaming.
        """
        rows = self._connection.execute(
            "SELECT iteration, phase, seconds, data FROM phases ORDER BY id"
        )
        names = {"sleep": "abstraction"} if self.schema == 1 else {}
        return [
            {
                **checked_measures(checked_json(data, "a phase's data"), f"phase {phase!r}"),
                "iteration": number(i, "a phase's round", whole=True, least=0),
                "phase": names.get(phase, word(phase, "a phase's name")),
                "seconds": number(s, f"the seconds of phase {phase!r}"),
            }
            for i, phase, s, data in rows
        ]

    def events(self, kind: str | None = None) -> list[dict[str, Any]]:
        """Return what happened, in order: ``time``, ``clock``, ``kind``, data."""
        if self.schema == 1:
            return []
        rows = self._connection.execute("SELECT time, clock, kind, data FROM events ORDER BY id")
        return [
            {
                **checked_measures(
                    checked_json(data, f"an event {k!r}"), f"event {k!r}", named=k == "file"
                ),
                "time": number(t, f"the time of event {k!r}"),
                "clock": number(clock, f"the clock of event {k!r}"),
                "kind": word(k, "an event's kind"),
            }
            for t, clock, k, data in rows
            if kind in (None, k)
        ]

    def codes(self) -> list[dict[str, Any]]:
        """Return which code the run was worked on with, each time that it was, in order."""
        return [
            e["code"] for e in self.events() if e["kind"] in ("began", "resumed") and "code" in e
        ]

    def tried(self, before: tuple[int, str]) -> dict[str, int]:
        """Return the last round in which each task was searched, rows of ``before`` left out."""
        rows = self._connection.execute(
            f"SELECT task, max(iteration) FROM frontiers {_NOT_OF_PHASE} AND phase = 'wake' "
            "GROUP BY task",
            before,
        )
        return dict(rows.fetchall())

    def clock_of_last_row(self) -> float:
        """Return the seconds that the run had worked when its last row was written."""
        tables = ("frontiers", "libraries", "models", "phases", "events")
        newest = [
            self._connection.execute(
                f"SELECT clock FROM {table} ORDER BY id DESC LIMIT 1"
            ).fetchone()
            for table in tables
        ]
        return max((number(row[0], "a row's clock") for row in newest if row), default=0.0)
