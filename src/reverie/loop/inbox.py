"""A folder that task files are dropped into, with the file of answers beside them.

Task files are only ever read, and the answers only ever appended to, so that nothing that is in the
folder can be lost. A file that cannot be read as it is may still be half written: it is tried
again until it has not changed for a while, and only then is it answered that it is bad.
"""

from __future__ import annotations

import hashlib
import json
import os
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from ..domains.task_files import ANSWERS, SUFFIXES, read_each, task_files
from ..dsl import LARGEST_FILE, Domain, InvalidTask, ReverieError, Task, read_bytes

__all__ = ["Answers", "Delivery", "Inbox"]


STRANGE = "of another kind"
"""Stands for the digest of a file that is not read."""

UNFINISHED = (".part", ".tmp", ".crdownload", ".swp", "~")
"""How names end that programs give to what they are still writing, or keep beside it."""


def _is_strange(path: Path) -> bool:
    known = path.suffix in SUFFIXES or path.name in (ANSWERS, "run")
    return not (known or path.name.startswith(".") or path.name.endswith(UNFINISHED)) and (
        path.is_file()
    )


@dataclass(frozen=True)
class Delivery:
    """A file that was read: its name, its content's digest, its tasks, and what is wrong."""

    file: str
    digest: str
    tasks: tuple[Task, ...] = ()
    errors: tuple[str, ...] = ()


@dataclass
class Inbox:
    """The task files of a folder, each read once and again whenever it changes.

    Attributes:
        folder: the folder; folders in it, hidden files and those that others are still writing are
            left alone, and files of other kinds are answered once, by what kinds there are.
        domain: what the tasks are of.
        settle: seconds that a file which cannot be read must lie unchanged to count as bad.
        seen: the digest of each file as it was last read.
    """

    folder: Path
    domain: Domain
    settle: float = 2.0
    seen: dict[str, str] = field(default_factory=dict)
    _stamps: dict[str, tuple[int, int]] = field(default_factory=dict)

    def deliveries(self) -> Iterator[Delivery]:
        """Yield what is new or has changed since it was last read, in order of the names."""
        try:
            paths = task_files(self.folder)
        except OSError as error:
            raise ReverieError(f"{self.folder}: cannot be read: {error.strerror}") from None
        for path in paths:
            try:
                if not path.is_file():
                    continue  # a folder, or a pipe that nobody may ever write to
                status = path.stat()
                stamp = status.st_mtime_ns, status.st_size
                if self._stamps.get(path.name) == stamp:
                    continue
                digest = _digest(path)
            except OSError:
                continue  # it is gone, or not ours to read yet
            if self.seen.get(path.name) != digest:
                delivery = self._read(path, digest)
                if delivery.errors and time.time() - status.st_mtime < self.settle:
                    continue  # perhaps half written
                self.seen[path.name] = digest
                yield delivery
            self._stamps[path.name] = stamp
        yield from self._strangers()

    def _strangers(self) -> Iterator[Delivery]:
        """Yield files that are no task files by their names, each once, whatever it holds."""
        for path in sorted(self.folder.iterdir()):
            if self.seen.get(path.name) == STRANGE or not _is_strange(path):
                continue
            self.seen[path.name] = STRANGE
            kinds = ", ".join(SUFFIXES)
            error = f"{path}: not read, since task files end in {kinds}; give it such a name"
            yield Delivery(path.name, STRANGE, errors=(error,))

    def _read(self, path: Path, digest: str) -> Delivery:
        tasks: list[Task] = []
        errors: list[str] = []
        try:
            for task in read_each(path):
                if isinstance(task, Task):
                    try:
                        tasks += self.domain.adopt([task])
                    except InvalidTask as error:
                        errors.append(f"{path}: {error}")
                else:
                    errors.append(str(task))
        except ReverieError as error:
            errors.append(str(error))
        return Delivery(path.name, digest, tuple(tasks), tuple(errors))


def _digest(path: Path) -> str:
    """Return what tells a file's content from any other; of a large one only its size counts."""
    if path.stat().st_size > LARGEST_FILE:
        return f"{path.stat().st_size} bytes"  # it will not be read
    return hashlib.sha256(read_bytes(path)).hexdigest()


class Answers:
    """The file of answers of an inbox: a JSON object a line, only ever appended to.

    Args:
        folder: the inbox.

    Attributes:
        solved: the tasks that are answered with a program.
        unsolved: the tasks that are answered without one.
        faults: the pairs of a file and what is wrong with it.

    Raises:
        ReverieError: if the file cannot be read or written.
    """

    def __init__(self, folder: Path) -> None:
        self.path = folder / ANSWERS
        self.solved: set[str] = set()
        self.unsolved: set[str] = set()
        self.faults: set[tuple[str, str]] = set()
        try:
            text = self.path.read_bytes() if self.path.exists() else b""
        except OSError as error:
            raise ReverieError(f"{self.path}: cannot be read: {error.strerror}") from None
        for line in text.splitlines():
            try:
                self._note(json.loads(line))
            except (ValueError, RecursionError, KeyError, TypeError):
                continue  # torn when the machine went down, or somebody's remark
        self._torn = bool(text) and not text.endswith(b"\n")

    def add(self, line: dict[str, Any]) -> None:
        """Append an answer; it is on the disk when this returns."""
        data = json.dumps(line, ensure_ascii=False).encode(errors="backslashreplace") + b"\n"
        if self._torn:
            data = b"\n" + data
        try:
            with self.path.open("ab", buffering=0) as file:
                file.write(data)
                os.fsync(file.fileno())
        except OSError as error:
            raise ReverieError(f"cannot write to {self.path}: {error.strerror}") from None
        self._torn = False
        self._note(line)

    def _note(self, line: dict[str, Any]) -> None:
        if "error" in line:
            self.faults.add((line["file"], line["error"]))
        elif line["solved"]:
            self.solved.add(line["task"])
        else:
            self.unsolved.add(line["task"])
