"""A run on disk: a folder with one SQLite file, only ever appended to.

Each row is written when what it says is known, and is on the disk (``synchronous = FULL``) before
anybody is told, so that a run can be read while it grows, and whatever was reported survives the
process and the machine. Opening a run executes nothing: programs, types and weights are stored as
text and JSON. Files that do not fit in a row, such as a model, lie beside it, each written whole or
not at all, with its digest in a row.

The standard library's ``sqlite3`` serves it directly: seven tables, one writer and no joins leave
nothing for a mapping layer to do.
"""

from __future__ import annotations

import hashlib
import json
import math
import sqlite3
import time
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import ExitStack, contextmanager, suppress
from pathlib import Path
from typing import Any

from filelock import FileLock

from ..domains.task_files import task_json
from ..dsl import Entry, Frontier, Grammar, ReverieError, Task, columns_of, read_bytes, write_whole
from .checked_rows import check_schema, checked_json, connect, number, numbers_in, word
from .folder import FILE, NotARun, is_blank, is_free, locked, remove
from .schema import SCHEMA, TABLES
from .seal import seal

__all__ = ["FILE", "NotARun", "Store", "as_stored", "write_whole"]


LARGEST_MODEL = 1 << 30
"""Bytes of a model's file, at most."""

MOST_ENTRIES = 1000
"""Programs of a frontier, at most."""


class Store:
    """A run's file, open for reading (:meth:`open`) or for appending (:meth:`create`,
    :meth:`append`).

    Every row has a ``time``, seconds since 1970, and a ``clock``: seconds that the run has worked,
    breaks left out.
    """

    def __init__(
        self, folder: Path, connection: sqlite3.Connection, lock: FileLock | None = None
    ) -> None:
        self.folder = folder
        self.schema = SCHEMA
        self._connection = connection
        self._lock = lock
        self._depth = 0
        self._began = time.perf_counter()

    # ---- opening --------------------------------------------------------------------------------

    @classmethod
    def create(cls, folder: Path, meta: Mapping[str, Any], tasks: Iterable[Task]) -> Store:
        """Begin a run in a new or empty folder.

        Raises:
            NotARun: if the folder holds anything, or cannot be made.
        """
        try:
            if folder.exists() and (not folder.is_dir() or not is_free(folder)):
                what = "holds another run" if (folder / FILE).exists() else "is not empty"
                raise NotARun(
                    f"{folder} {what}; nothing was written. Name a folder that does not exist yet"
                )
            folder.mkdir(parents=True, exist_ok=True)
        except OSError as error:
            raise NotARun(f"cannot begin a run in {folder}: {error.strerror}") from None
        with ExitStack() as undo:
            lock = locked(folder)
            undo.callback(lock.release)
            undo.callback(remove, folder)
            try:
                store = cls._for_writing(folder, lock)
                undo.callback(store._connection.close)
                with store.transaction():
                    # The run is there from its first row on, with its tables and tasks, or not.
                    for table in TABLES:
                        store._connection.execute(table)
                    rows = {"schema": SCHEMA, "started": time.time(), **meta}
                    rows["seal"] = seal(folder, meta)
                    store._connection.executemany(
                        "INSERT INTO meta VALUES (?, ?)",
                        [(key, json.dumps(value)) for key, value in rows.items()],
                    )
                    store.add_tasks(tasks)
            except (OSError, sqlite3.Error, ReverieError) as error:
                raise NotARun(f"cannot begin a run in {folder}: {error}") from None
            undo.pop_all()
        return store

    @classmethod
    def append(cls, folder: Path) -> Store:
        """Open a run to go on with it.

        Raises:
            NotARun: if there is none, if it is damaged or of another version, or if another process
                is at work on it.
        """
        with cls.reading(folder) as found:  # says more where there is nothing
            if found.schema != SCHEMA:
                raise NotARun(
                    f"the run in {folder} is of format {found.schema}, which this version of "
                    "Reverie can show but not go on with; begin a new one, with --library say"
                )
        lock = locked(folder)
        try:
            store = cls._for_writing(folder, lock)
        except (OSError, sqlite3.Error) as error:
            lock.release()
            raise NotARun(f"cannot go on with the run in {folder}: {error}") from None
        try:
            (sound,) = store._connection.execute("PRAGMA quick_check").fetchone()
        except sqlite3.Error as error:
            sound = error
        if sound != "ok":
            store.close()
            raise NotARun(f"{folder / FILE} is damaged: {sound}")
        store._began -= store.clock_of_last_row()
        return store

    @classmethod
    def _for_writing(cls, folder: Path, lock: FileLock) -> Store:
        (folder / FILE).touch()
        connection = connect(folder / FILE, "mode=rw", isolation_level=None)
        try:
            connection.execute("PRAGMA journal_mode = WAL")
            connection.execute("PRAGMA synchronous = FULL")
        except sqlite3.Error:
            connection.close()
            raise
        return cls(folder, connection, lock)

    @classmethod
    def open(cls, folder: Path) -> Store:
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
    def reading(cls, folder: Path) -> Iterator[Store]:
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
        with suppress(sqlite3.Error):  # a full disk: all that was committed stays in the WAL
            self._connection.close()
        if self._lock is not None:
            self._lock.release()

    # ---- writing --------------------------------------------------------------------------------

    @contextmanager
    def transaction(self) -> Iterator[None]:
        """Make what is written within one: all of it is kept, or nothing.

        Raises:
            ReverieError: if it cannot be written, on a full disk say.
        """
        self._depth += 1
        try:
            if self._depth == 1:
                self._connection.execute("BEGIN IMMEDIATE")
            yield
            if self._depth == 1:
                self._connection.execute("COMMIT")
        except BaseException as error:
            if self._depth == 1 and self._connection.in_transaction:
                with suppress(sqlite3.Error):
                    self._connection.execute("ROLLBACK")
            if isinstance(error, sqlite3.Error):
                raise ReverieError(
                    f"cannot write to the run in {self.folder}: {error}; all that was reported is "
                    f"kept, and once this is mended `reverie resume {self.folder}` goes on"
                ) from None
            raise
        finally:
            self._depth -= 1

    def add_tasks(self, tasks: Iterable[Task]) -> None:
        """Append tasks; their names must be new."""
        with self.transaction():
            now = time.time()
            self._connection.executemany(
                "INSERT INTO tasks VALUES (NULL, ?, ?, ?, ?)",
                [(now, t.name, str(t.request), _task_text(t)) for t in tasks],
            )

    def add_frontier(
        self,
        iteration: int,
        phase: str,
        frontier: Frontier,
        candidates: int = 0,
        seconds: float = 0.0,
        found: int = 0,
    ) -> None:
        """Append what is known of a task now.

        Args:
            iteration: the round.
            phase: the phase that it comes from.
            frontier: all programs known by now.
            candidates: programs considered by this phase's search of the task.
            seconds: how long that search took.
            found: how many programs it found.
        """
        entries = json.dumps([entry_json(e) for e in frontier.entries])
        row = (iteration, phase, frontier.task.name, candidates, seconds, found, entries)
        self._insert("frontiers", row)

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
        # By name: the language may be edited before they are read again.
        weights = json.dumps({"columns": columns_of(grammar), "rows": grammar.weights.tolist()})
        self._insert("libraries", (iteration, json.dumps(rows), weights))

    def add_model(
        self, iteration: int, name: str, save: Callable[[Path], None], data: Mapping[str, Any]
    ) -> Path:
        """Keep a file that ``save`` writes, beside the run, and a row that says so.

        Args:
            iteration: the round.
            name: the file's name, new in this run.
            save: writes the file at a path that is not its final one.
            data: what else there is to say, as JSON can hold it.

        Returns:
            Where the file is.
        """
        path = self.folder / name
        write_whole(path, save)
        digest = hashlib.sha256(path.read_bytes()).hexdigest()
        self._insert("models", (iteration, name, digest, json.dumps(data)))
        return path

    def add_phase(
        self, iteration: int, phase: str, seconds: float, data: Mapping[str, Any]
    ) -> None:
        """Append that a phase is over, and what came of it."""
        self._insert("phases", (iteration, phase, seconds, json.dumps(dict(data))))

    def add_event(self, kind: str, **data: Any) -> None:
        """Append that something happened, such as the beginning of a phase."""
        self._insert("events", (kind, json.dumps(data)))

    @property
    def clock(self) -> float:
        """Seconds that the run has worked, in this process and those before it."""
        return time.perf_counter() - self._began

    def _insert(self, table: str, values: tuple[Any, ...]) -> None:
        marks = ", ".join("?" * len(values))
        with self.transaction():
            self._connection.execute(
                f"INSERT INTO {table} VALUES (NULL, ?, ?, {marks})",
                (time.time(), self.clock, *values),
            )

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
            for found in [_search_row(dict(zip(names, row, strict=True)))]
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
            yield _search_row(dict(zip(names, row, strict=True)))

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
                **_measured(checked_json(data, "a phase's data"), f"phase {phase!r}"),
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
                **_measured(
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


def _search_row(row: dict[str, Any]) -> dict[str, Any]:
    """Return a row of frontiers, checked, with its entries read."""
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


def _measured(data: dict[str, Any], place: str, *, named: bool = False) -> dict[str, Any]:
    """Return what a row says besides, with all numbers in it finite and bounded.

    Args:
        data: what it says.
        place: what messages call the row.
        named: its tasks are listed by their names, not counted.
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


_NOT_OF_PHASE = "WHERE NOT (iteration = ? AND phase = ?)"


def as_stored(task: Task) -> Any:
    """Return what :meth:`Store.tasks` returns for a task once it is stored."""
    return json.loads(_task_text(task))


def _task_text(task: Task) -> str:
    return json.dumps(task_json(task), default=repr)  # what JSON lacks is kept for people to see


def entry_json(entry: Entry) -> dict[str, Any]:
    """Return a frontier's entry as JSON can hold it."""
    return {
        "program": str(entry.program),
        "log_prior": entry.log_prior,
        "log_likelihood": entry.log_likelihood,
        "seconds": entry.seconds,
        "candidates": entry.candidates,
        "search": entry.search,
        "penalty": entry.penalty,
    }
