"""The folder of a run: what may lie in it, who may write to it, and how files get there.

A file is written whole or not at all, and one process at a time works on a run: the system lets go
of its lock when it dies, however it dies.
"""

from __future__ import annotations

import os
import sqlite3
from collections.abc import Callable
from pathlib import Path

from filelock import FileLock, Timeout

from ..dsl import ReverieError

__all__ = ["FILE", "NotARun", "is_blank", "is_free", "locked", "remove", "write_whole"]

FILE = "run.sqlite"
LOCK = "run.lock"
_FILES = (FILE, f"{FILE}-wal", f"{FILE}-shm", LOCK)


class NotARun(ReverieError):
    """A folder does not hold a run that this version can read, or holds one already."""


def locked(folder: Path) -> FileLock:
    """Return the lock of whoever writes a run, held.

    Raises:
        NotARun: if another process holds it, or there can be none.
    """
    lock = FileLock(folder / LOCK)
    try:
        lock.acquire(timeout=0)
    except Timeout:
        raise NotARun(
            f"another process is at work on the run in {folder}; wait for it, or end it"
        ) from None
    except OSError as error:
        reason = error.strerror or error
        raise NotARun(f"cannot go on with the run in {folder}: {reason}") from None
    return lock


def remove(folder: Path) -> None:
    """Take away the files of a run that never began."""
    for name in _FILES:
        (folder / name).unlink(missing_ok=True)


def is_free(folder: Path) -> bool:
    """Whether a folder is empty, or what is in it never became a run."""
    names = {path.name for path in folder.iterdir()}
    return names <= set(_FILES) and (FILE not in names or is_blank(folder / FILE))


def is_blank(path: Path) -> bool:
    """Whether a database has no tables yet."""
    connection = sqlite3.connect(f"{path.resolve().as_uri()}?mode=ro", uri=True)
    try:
        (tables,) = connection.execute("SELECT count(*) FROM sqlite_master").fetchone()
    except sqlite3.Error:
        return False
    finally:
        connection.close()
    return bool(tables == 0)


def write_whole(path: Path, save: Callable[[Path], None]) -> None:
    """Have ``save`` write a file, so that it is at ``path`` whole, on the disk, or not at all.

    Raises:
        ReverieError: if it cannot be written; then nothing has changed.
    """
    part = path.with_name(f"{path.name}.part")
    try:
        save(part)
        with part.open("rb+") as file:
            os.fsync(file.fileno())
        part.replace(path)
        if hasattr(os, "O_DIRECTORY"):  # the name is on the disk, too
            folder = os.open(path.parent, os.O_RDONLY | os.O_DIRECTORY)
            try:
                os.fsync(folder)
            finally:
                os.close(folder)
    except OSError as error:
        part.unlink(missing_ok=True)
        raise ReverieError(f"cannot write {path}: {error.strerror or error}") from None
