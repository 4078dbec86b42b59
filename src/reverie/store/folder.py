"""The folder of a run: what may lie in it, who may write to it, and how files get there.

A file is written whole or not at all, and one process at a time works on a run: the system lets go
of its lock when it dies, however it dies.
"""

from __future__ import annotations

import sqlite3
from pathlib import Path

from filelock import FileLock, Timeout

from ..dsl import ReverieError

__all__ = ["FILE", "NotARun", "is_blank", "is_free", "locked", "remove"]

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
    if not path.is_file():
        return False
    connection = sqlite3.connect(f"{path.resolve().as_uri()}?mode=ro", uri=True)
    try:
        (tables,) = connection.execute("SELECT count(*) FROM sqlite_master").fetchone()
    except sqlite3.Error:
        return False
    finally:
        connection.close()
    return bool(tables == 0)
