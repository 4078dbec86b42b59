"""A run on disk: a folder with one SQLite file, only ever appended to.

Each row is written when what it says is known, and is on the disk (``synchronous = FULL``) before
anybody is told, so that a run can be read while it grows, and whatever was reported survives the
process and the machine. Files that do not fit in a row, such as a model, lie beside it, each
written whole or not at all, with its digest in a row. What reads a run is in :mod:`.reading`.

The standard library's ``sqlite3`` serves it directly: seven tables, one writer and no joins leave
nothing for a mapping layer to do.
"""

from __future__ import annotations

import hashlib
import json
import sqlite3
import time
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import ExitStack, contextmanager, suppress
from pathlib import Path
from typing import Any

from filelock import FileLock

from ..domains.task_files import task_json
from ..dsl import Entry, Frontier, Grammar, ReverieError, Task, columns_of, write_whole
from .checked_rows import connect
from .folder import FILE, NotARun, is_free, locked, remove
from .reading import RunReader
from .schema import SCHEMA, TABLES
from .seal import seal

__all__ = ["FILE", "NotARun", "Store", "as_stored", "write_whole"]


class Store(RunReader):
    """A run's file, open for appending (:meth:`create`, :meth:`append`), or only for reading
    (:meth:`.RunReader.open`, :meth:`.RunReader.reading`).
    """

    def __init__(
        self, folder: Path, connection: sqlite3.Connection, lock: FileLock | None = None
    ) -> None:
        super().__init__(folder, connection)
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

    def close(self) -> None:
        """Close the file, and let other processes go on with the run."""
        super().close()
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


def as_stored(task: Task) -> Any:
    """Return what :meth:`.RunReader.tasks` returns for a task once it is stored."""
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
