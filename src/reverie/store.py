"""A run on disk: a folder with one SQLite file, only ever appended to.

Each row is written when what it says is known, and committed at once, so that a run can be read
while it grows and nothing that was reported is lost. Opening a run executes nothing: programs,
types and weights are stored as text and JSON.
"""

from __future__ import annotations

import json
import sqlite3
import time
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from .dsl.errors import ReverieError
from .dsl.frontier import Frontier
from .dsl.grammar import Grammar
from .dsl.task import Task

__all__ = ["NotARun", "Store"]

SCHEMA = 1
FILE = "run.sqlite"

_TABLES = """
CREATE TABLE meta (key TEXT PRIMARY KEY, value TEXT NOT NULL);
CREATE TABLE tasks (name TEXT PRIMARY KEY, request TEXT NOT NULL, data TEXT NOT NULL);
CREATE TABLE frontiers (
    id INTEGER PRIMARY KEY, time REAL NOT NULL, iteration INTEGER NOT NULL, phase TEXT NOT NULL,
    task TEXT NOT NULL, candidates INTEGER NOT NULL, seconds REAL NOT NULL, entries TEXT NOT NULL
);
CREATE TABLE libraries (
    id INTEGER PRIMARY KEY, time REAL NOT NULL, iteration INTEGER NOT NULL,
    abstractions TEXT NOT NULL, weights TEXT NOT NULL
);
CREATE TABLE phases (
    id INTEGER PRIMARY KEY, time REAL NOT NULL, iteration INTEGER NOT NULL, phase TEXT NOT NULL,
    seconds REAL NOT NULL, data TEXT NOT NULL
);
"""


class NotARun(ReverieError):
    """A folder does not hold a run that this version can read, or holds one already."""


class Store:
    """A run's file, open for reading or for appending.

    Args:
        folder: the run's folder.
    """

    def __init__(self, folder: Path, connection: sqlite3.Connection) -> None:
        self.folder = folder
        self._connection = connection

    @classmethod
    def create(cls, folder: Path, meta: Mapping[str, Any], tasks: Iterable[Task]) -> Store:
        """Begin a run in a new or empty folder.

        Raises:
            NotARun: if the folder holds anything, or cannot be made.
        """
        try:
            if folder.exists() and (not folder.is_dir() or any(folder.iterdir())):
                what = "holds another run" if (folder / FILE).exists() else "is not empty"
                raise NotARun(
                    f"{folder} {what}; nothing was written. Name a folder that does not exist yet"
                )
            folder.mkdir(parents=True, exist_ok=True)
            connection = sqlite3.connect(folder / FILE)
            connection.execute("PRAGMA journal_mode = WAL")
            connection.executescript(_TABLES)
        except (OSError, sqlite3.Error) as error:
            raise NotARun(f"cannot begin a run in {folder}: {error}") from None
        store = cls(folder, connection)
        rows = {"schema": SCHEMA, "started": time.time(), **meta}
        with connection:
            connection.executemany(
                "INSERT INTO meta VALUES (?, ?)", [(k, json.dumps(v)) for k, v in rows.items()]
            )
            connection.executemany(
                "INSERT INTO tasks VALUES (?, ?, ?)",
                [(t.name, str(t.request), json.dumps(task_json(t), default=repr)) for t in tasks],
            )
        return store

    @classmethod
    def open(cls, folder: Path) -> Store:
        """Open a run for reading.

        Raises:
            NotARun: if there is none, or its format is of a later version.
        """
        path = folder / FILE
        if not path.is_file():
            raise NotARun(f"{folder} holds no run: there is no file {path}")
        # In a folder that may not be written to, SQLite can only open what nobody writes to.
        for mode in ("mode=ro", "mode=ro&immutable=1"):
            connection = sqlite3.connect(f"{path.resolve().as_uri()}?{mode}", uri=True)
            store = cls(folder, connection)
            try:
                schema = store.meta().get("schema")
                break
            except (sqlite3.Error, ValueError) as error:
                connection.close()
                fault = NotARun(f"{path} is not a run's file, or is damaged: {error}")
                if path.with_name(f"{FILE}-wal").exists():
                    raise fault from None
        else:
            raise fault
        if schema != SCHEMA:
            store.close()
            raise NotARun(
                f"{path} has format {schema}, and this version of Reverie reads format {SCHEMA}; "
                "use the version that wrote it, or a later one"
            )
        return store

    @classmethod
    @contextmanager
    def reading(cls, folder: Path) -> Iterator[Store]:
        """Open a run for reading, and close it.

        Raises:
            NotARun: if there is none, or what it holds is damaged.
        """
        store = cls.open(folder)
        try:
            yield store
        except (sqlite3.Error, KeyError, TypeError, ValueError, AttributeError) as error:
            shown = f"{type(error).__name__}: {error}"
            raise NotARun(f"{folder / FILE} is damaged: {shown}") from error
        finally:
            store.close()

    def close(self) -> None:
        self._connection.close()

    # ---- writing --------------------------------------------------------------------------------

    def add_frontier(
        self, iteration: int, phase: str, frontier: Frontier, candidates: int, seconds: float
    ) -> None:
        """Append what is known of a task now."""
        entries = json.dumps([entry_json(e) for e in frontier.entries])
        self._insert(
            "frontiers",
            (iteration, phase, frontier.task.name, candidates, seconds, entries),
        )

    def add_library(self, iteration: int, grammar: Grammar, notes: Mapping[str, Any]) -> None:
        """Append the library and weights as they are now; ``notes`` by name of abstraction."""
        library = grammar.library
        rows = [
            {
                "name": name,
                "type": str(library.type_of(abstraction)),
                "body": library.show(abstraction.body),
                "definition": str(abstraction),
                **notes.get(name, {}),
            }
            for name, abstraction in library.abstractions.items()
        ]
        self._insert(
            "libraries", (iteration, json.dumps(rows), json.dumps(grammar.weights.tolist()))
        )

    def add_phase(self, iteration: int, phase: str, seconds: float, data: dict[str, Any]) -> None:
        """Append that a phase is over, and what came of it."""
        self._insert("phases", (iteration, phase, seconds, json.dumps(data)))

    def _insert(self, table: str, values: tuple[Any, ...]) -> None:
        marks = ", ".join("?" * len(values))
        try:
            with self._connection:
                self._connection.execute(
                    f"INSERT INTO {table} VALUES (NULL, ?, {marks})", (time.time(), *values)
                )
        except sqlite3.Error as error:
            raise ReverieError(f"cannot write to the run in {self.folder}: {error}") from None

    # ---- reading --------------------------------------------------------------------------------

    def meta(self) -> dict[str, Any]:
        """Return what was said when the run began: domain, configuration, versions."""
        rows = self._connection.execute("SELECT key, value FROM meta")
        return {key: json.loads(value) for key, value in rows}

    def tasks(self) -> list[dict[str, Any]]:
        """Return the tasks, in order, as task files hold them."""
        rows = self._connection.execute("SELECT data FROM tasks ORDER BY rowid")
        return [json.loads(data) for (data,) in rows]

    def frontiers(self) -> dict[str, dict[str, Any]]:
        """Return the newest frontier of each task."""
        rows = self._connection.execute(
            "SELECT task, iteration, candidates, seconds, entries FROM frontiers ORDER BY id"
        )
        return {
            task: {
                "iteration": iteration,
                "candidates": candidates,
                "seconds": seconds,
                "entries": json.loads(entries),
            }
            for task, iteration, candidates, seconds, entries in rows
        }

    def library(self) -> tuple[list[dict[str, Any]], list[list[float]]] | None:
        """Return the newest abstractions and weights; None before the first sleep."""
        row = self._connection.execute(
            "SELECT abstractions, weights FROM libraries ORDER BY id DESC LIMIT 1"
        ).fetchone()
        return None if row is None else (json.loads(row[0]), json.loads(row[1]))

    def phases(self) -> list[dict[str, Any]]:
        """Return the phases that are over, in order."""
        rows = self._connection.execute(
            "SELECT iteration, phase, seconds, data FROM phases ORDER BY id"
        )
        return [
            {"iteration": i, "phase": phase, "seconds": s, **json.loads(data)}
            for i, phase, s, data in rows
        ]


def entry_json(entry: Any) -> dict[str, Any]:
    """Return a frontier's entry as JSON can hold it."""
    return {
        "program": str(entry.program),
        "log_prior": entry.log_prior,
        "log_likelihood": entry.log_likelihood,
        "seconds": entry.seconds,
        "candidates": entry.candidates,
        "search": entry.search,
    }


def task_json(task: Task) -> dict[str, Any]:
    """Return a task as a task file holds it."""

    def rows(examples: Iterable[Any]) -> list[dict[str, Any]]:
        return [{"inputs": list(e.inputs), "output": e.output} for e in examples]

    found: dict[str, Any] = {"name": task.name, "request": str(task.request)}
    found["examples"] = rows(task.examples)
    if task.held_out:
        found["held_out"] = rows(task.held_out)
    return {**task.extra, **found}
