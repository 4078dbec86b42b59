"""Reading files that anybody may have made, and writing whole ones.

What is read has a bound: a file may be sparse and say that it has terabytes, a device never ends,
and nobody may ever write to a pipe. What is written is there whole or not at all.
"""

from __future__ import annotations

import errno
import os
import select
import stat
import tempfile
import time
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path

from .errors import ReverieError

__all__ = ["LARGEST_FILE", "read_bytes", "read_text", "write_whole"]

LARGEST_FILE = 64 * 1024 * 1024
"""How many bytes a file of tasks, programs or definitions may have; it is many times that, read."""

PATIENCE = 10.0
"""Seconds without a byte after which nobody is thought to write to a pipe any more."""

_CHUNK = 1 << 20


def read_bytes(path: Path, most: int = LARGEST_FILE) -> bytes:
    """Return what a file, a pipe or a device holds.

    Raises:
        OSError: if it cannot be read, is larger than ``most``, or nothing comes through a pipe.
    """
    handle = os.open(path, os.O_RDONLY | getattr(os, "O_NONBLOCK", 0))
    with os.fdopen(handle, "rb", buffering=0) as file:
        status = os.fstat(handle)
        if stat.S_ISDIR(status.st_mode):
            raise OSError(errno.EISDIR, os.strerror(errno.EISDIR), str(path))
        if stat.S_ISREG(status.st_mode):
            if status.st_size > most:
                raise _too_large(path, most)
            return file.read(most + 1)
        parts: list[bytes] = []
        size, last = 0, time.monotonic()
        while size <= most:
            select.select([handle], [], [], 0.1)
            part = file.read(_CHUNK)
            if part:
                parts.append(part)
                size, last = size + len(part), time.monotonic()
            elif parts and part == b"":
                return b"".join(parts)
            elif time.monotonic() > last + PATIENCE:
                reason = f"nothing has come through this pipe for {PATIENCE:.0f} s"
                raise OSError(errno.ETIMEDOUT, reason, str(path))
            elif part == b"" and stat.S_ISFIFO(status.st_mode):
                time.sleep(0.05)  # nobody has opened it for writing yet
            elif part == b"":
                return b""
        raise _too_large(path, most)


def read_text(path: Path, encoding: str = "utf-8", most: int = LARGEST_FILE) -> str:
    """Return the text of a file, its line ends made alike; see :func:`read_bytes`.

    Raises:
        UnicodeDecodeError: if it is no text in this encoding.
    """
    text = read_bytes(path, most).decode(encoding)
    return text.replace("\r\n", "\n").replace("\r", "\n")


def _too_large(path: Path, most: int) -> OSError:
    reason = f"it is larger than {most >> 20} MB, the most that is read"
    return OSError(errno.EFBIG, reason, str(path))


def write_whole(path: Path, save: Callable[[Path], object]) -> None:
    """Have ``save`` write a file, so that it is at ``path`` whole, on the disk, or not at all.

    A link is replaced and not followed, whether it is there or appears meanwhile. Pipes and devices
    stay what they are: the content is written to them.

    Raises:
        ReverieError: if it cannot be written; then nothing has changed.
    """
    try:
        if _is_special(path):
            with tempfile.TemporaryDirectory() as folder:
                part = Path(folder) / "part"
                save(part)
                with path.open("wb") as device:
                    device.write(part.read_bytes())
            return
        handle, name = tempfile.mkstemp(
            dir=path.parent, prefix=f".{path.name[:80]}-", suffix=".part"
        )
        os.close(handle)
        part = Path(name)
        try:
            save(part)
            with suppress(OSError):
                mask = os.umask(0)
                os.umask(mask)
                part.chmod(0o666 & ~mask)  # as any new file, and not for oneself alone
            with part.open("rb+") as file:
                os.fsync(file.fileno())
            part.replace(path)
        except BaseException:
            part.unlink(missing_ok=True)
            raise
        if hasattr(os, "O_DIRECTORY"):  # the name is on the disk, too
            folder_handle = os.open(path.parent, os.O_RDONLY | os.O_DIRECTORY)
            try:
                os.fsync(folder_handle)
            finally:
                os.close(folder_handle)
    except OSError as error:
        raise ReverieError(f"cannot write {path}: {error.strerror or error}") from None


def _is_special(path: Path) -> bool:
    """Whether there is something at a path that is neither a file nor a folder."""
    try:
        mode = path.stat().st_mode
    except OSError:
        return False
    return not (stat.S_ISREG(mode) or stat.S_ISDIR(mode))
