"""Whatever is wrong with a run, or with where it should go: one message, and nothing is harmed."""

from __future__ import annotations

import importlib
import logging
import os
import shutil
import sqlite3
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from filelock import FileLock

import reverie as rv
from reverie.cli.parser import main
from reverie.domains.task_files.task_file import write_tasks
from reverie.precompile import LEARNING
from reverie.store.store import Store

TASK = rv.Task("t", "list(int) -> list(int)", [(([1, 2],), [2, 3])])
MINE = "import reverie as rv\none = rv.constant('one', 'list(int)', [1])\n"
FINISHED = ["--budget", "50", "--iterations", "1", "--workers", "1", "-q", "--no-recognition"]


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Make a folder with a finished run, a run with a domain of one's own, and tasks."""
    folder = tmp_path_factory.mktemp("made")
    write_tasks([TASK], folder / "tasks.json")
    (folder / "mine.py").write_text(MINE)
    for domain, name in (("list", "run"), (str(folder / "mine.py"), "own")):
        tasks = ["--tasks", str(folder / "tasks.json")]
        assert main(["run", domain, *tasks, "--out", str(folder / name), *FINISHED]) == 0
    return folder


def sql(text: str) -> Callable[[Path], None]:
    """Damage a run's file by a statement."""

    def damage(folder: Path) -> None:
        connection = sqlite3.connect(folder / "run" / "run.sqlite")
        connection.execute(text)
        connection.commit()
        connection.close()

    return damage


def cut(part: float) -> Callable[[Path], None]:
    """Leave only a part of a run's file."""

    def damage(folder: Path) -> None:
        path = folder / "run" / "run.sqlite"
        data = path.read_bytes()
        path.write_bytes(data[: int(len(data) * part)])

    return damage


def scribble(folder: Path) -> None:
    """Overwrite the middle of a run's file."""
    path = folder / "run" / "run.sqlite"
    data = bytearray(path.read_bytes())
    middle = len(data) // 2
    data[middle : middle + 4096] = bytes(range(256)) * 16
    path.write_bytes(data)


def nothing(folder: Path) -> None: ...


def replaced(name: str, content: bytes | None) -> Callable[[Path], None]:
    """Put something else in the place of a file; a folder if None."""

    def damage(folder: Path) -> None:
        path = folder / name
        path.unlink(missing_ok=True)
        if content is None:
            path.mkdir()
        else:
            path.parent.mkdir(exist_ok=True)
            path.write_bytes(content)

    return damage


RESUME = ["resume", "run"]
MORE = [*RESUME, "--iterations", "2"]
RUN = ["run", "list", "--tasks", "tasks.json", *FINISHED, "--out"]

# What is done to a folder like `made`, the command, and what the message says.
OWN = ["resume", "own", "--domain", "mine.py"]
CASES: dict[str, tuple[Callable[[Path], None], list[str], str]] = {
    # where a run should be
    "resume nothing": (nothing, ["resume", "nowhere"], "holds no run"),
    "resume a file": (nothing, ["resume", "tasks.json"], "holds no run"),
    "resume a folder of other things": (nothing, ["resume", "."], "holds no run"),
    "resume a folder in the file's place": (replaced("run/run.sqlite", None), RESUME, "no run"),
    "resume something else": (replaced("run/run.sqlite", b"hello" * 1000), RESUME, "not a run's"),
    "resume an empty file": (replaced("run/run.sqlite", b""), RESUME, "before its first row"),
    "show an empty file": (replaced("run/run.sqlite", b""), ["show", "run"], "first row"),
    # what a run's file holds
    "cut short": (cut(0.4), MORE, "damaged"),
    "cut to its head": (cut(0.05), MORE, "damaged"),
    "scribbled over": (scribble, MORE, "damaged"),
    "a later format": (sql("update meta set value = '9' where key = 'schema'"), MORE, "format 9"),
    "an earlier format": (
        sql("update meta set value = '1' where key = 'schema'"), MORE, "can show but not go on",
    ),
    "no format": (sql("delete from meta where key = 'schema'"), MORE, "format None"),
    "no configuration": (sql("delete from meta where key = 'config'"), MORE, "damaged"),
    "an option too many": (
        sql("""update meta set value = '{"hue": 1}' where key = 'config'"""), MORE, "'hue'",
    ),
    "an option of another type": (
        sql("""update meta set value = '{"timeout": "x"}' where key = 'config'"""), MORE, "damaged",
    ),
    "configuration is no JSON": (
        sql("update meta set value = '{' where key = 'config'"), MORE, "damaged",
    ),
    "no source": (sql("delete from meta where key = 'source'"), MORE, "where its domain"),
    "no tasks table": (sql("drop table tasks"), MORE, "damaged"),
    "tasks are no JSON": (sql("update tasks set data = '['"), MORE, "damaged"),
    "a task is no task": (sql("update tasks set data = '[]'"), MORE, "damaged"),
    "a task of another type": (
        sql("""update tasks set data = '{"name": "t", "request": "int ->"}'"""), MORE, "type",
    ),
    "entries are no JSON": (sql("update frontiers set entries = '{'"), MORE, "damaged"),
    "weights of another shape": (sql("update libraries set weights = '[[1]]'"), MORE, "not fit"),
    "phases are no JSON": (sql("update phases set data = '7'"), MORE, "damaged"),
    "events are no JSON": (sql("update events set data = ''"), MORE, "damaged"),
    # the domain of a run
    "its domain is gone": (replaced("mine.py", b""), OWN, "neither a Domain"),
    "its domain fails": (replaced("mine.py", b"1 / 0"), OWN, "ZeroDivisionError"),
    # options
    "rounds": (nothing, [*RESUME, "--iterations", "0"], "--iterations must be 1 or more"),
    "workers": (nothing, [*RESUME, "--workers", "0"], "--workers must be 1 or more"),
    "too many workers": (nothing, [*RUN, "new", "--workers", "99999"], "1024 or fewer"),
    "no end": (nothing, [*RUN, "new", "--timeout", "inf"], "--timeout must be more than 0, and"),
    "batch": (nothing, [*RUN, "new", "--batch", "0"], "--batch must be 1 or more"),
    "curriculum": (nothing, [*RUN, "new", "--curriculum", "hard"], "given, random, unsolved"),
    "wake timeout": (nothing, [*RUN, "new", "--wake-timeout", "nan"], "--wake-timeout must be"),
    # where a run should go
    "out holds a run": (nothing, [*RUN, "run"], "holds another run"),
    "out holds something": (nothing, [*RUN, "."], "is not empty"),
    "out is a file": (nothing, [*RUN, "tasks.json"], "is not empty"),
    "out is beneath a file": (nothing, [*RUN, "tasks.json/run"], "cannot begin a run"),
    "out may not be written": (nothing, [*RUN, "/proc/run"], "cannot begin a run"),
    "out is too long a name": (nothing, [*RUN, "x" * 300], "File name too long"),
    # other files
    "tasks are a folder without any": (
        nothing, ["run", "list", "--tasks", "run", "--out", "new"], "no task files in this folder",
    ),
    "results to a full disk": (
        nothing,
        ["solve", "list", "--tasks", "tasks.json", *FINISHED[:2], "--out", "/dev/full"],
        "No space left",
    ),
    "library is a folder without a run": (
        nothing, ["solve", "list", "--tasks", "tasks.json", "--library", "."], "holds no run",
    ),
    "library is a damaged run": (
        cut(0.4), ["solve", "list", "--tasks", "tasks.json", "--library", "run"], "damaged",
    ),
}  # fmt: skip


def everything(folder: Path) -> dict[str, bytes]:
    """Read all files, but those with which SQLite says that somebody reads, and Python's own."""
    return {
        str(path.relative_to(folder)): path.read_bytes()
        for path in folder.rglob("*")
        if path.is_file() and path.suffix not in (".sqlite-wal", ".sqlite-shm", ".lock", ".pyc")
    }


@pytest.mark.parametrize("kind", CASES)
def test_bad_runs(
    kind: str, made: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:  # fmt: skip
    damage, arguments, expected = CASES[kind]
    folder = tmp_path / "made"
    shutil.copytree(made, folder)
    damage(folder)
    connection = sqlite3.connect(folder / "own" / "run.sqlite")
    connection.execute(
        "update meta set value = ? where key = 'source'", (f'"{folder / "mine.py"}"',)
    )
    connection.commit()
    connection.close()
    monkeypatch.chdir(folder)
    before = everything(folder)
    capsys.readouterr()
    assert main(arguments) == 2
    captured = capsys.readouterr()
    assert captured.out == ""
    assert expected in captured.err
    assert "Traceback" not in captured.err
    assert "defect" not in captured.err
    assert captured.err.count(f"reverie {arguments[0]}: ") == 1
    assert everything(folder) == before


def test_a_run_that_another_process_holds(
    made: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    shutil.copytree(made / "run", tmp_path / "run")
    with FileLock(tmp_path / "run" / "run.lock"):
        assert main(["resume", str(tmp_path / "run")]) == 2
        assert "another process is at work" in capsys.readouterr().err
        assert main(["show", str(tmp_path / "run")]) == 0


@pytest.fixture
def unprivileged() -> Iterator[Path]:
    """Give a folder to somebody whom permissions bind, and be them."""
    for module in LEARNING:  # what is compiled may lie where they cannot read it
        importlib.import_module(f"reverie.{module}")
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        folder.chmod(0o755)
        if os.geteuid() == 0:
            os.chown(folder, NOBODY, NOBODY)
            os.seteuid(NOBODY)
            yield folder
            os.seteuid(0)
        else:
            yield folder


NOBODY = 65534


def test_permissions(made: Path, unprivileged: Path, capsys: pytest.CaptureFixture[str]) -> None:
    ours = unprivileged / "ours"
    ours.mkdir()
    write_tasks([TASK], ours / "tasks.json")
    list_run = ["run", "list", "--tasks", str(ours / "tasks.json"), *FINISHED]
    assert main([*list_run, "--out", str(ours / "run")]) == 0
    shutil.copy(ours / "tasks.json", ours / "secret.json")
    (ours / "secret.json").chmod(0o000)
    for path in (ours / "run" / "run.sqlite", ours / "run", ours):
        path.chmod(0o555 if path.is_dir() else 0o444)
    cases = [
        (["solve", "list", "--tasks", str(ours / "secret.json")], "cannot be read"),
        (["solve", "list", "--tasks", str(ours / "tasks.json"), "--out", str(ours / "new.jsonl")],
         "cannot write"),
        ([*list_run, "--out", str(ours / "new")], "cannot begin a run"),
        (["resume", str(ours / "run"), "--iterations", "2"], "cannot go on with the run"),
        (["run", "list", "--watch", "--tasks", str(ours), "--out", str(ours / "watch")], "begin a"),
    ]  # fmt: skip
    for arguments, expected in cases:
        capsys.readouterr()
        assert main(arguments) == 2, arguments
        message = capsys.readouterr().err
        assert expected in message
        assert "Permission denied" in message or "readonly" in message
        assert "Traceback" not in message
    assert main(["show", str(ours / "run")]) == 0


def test_opening_what_somebody_else_made_executes_nothing(
    made: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """A run, a task file, a library: whatever they hold, no code of theirs is run."""
    import pickle

    class Evil:
        def __reduce__(self) -> tuple[Any, ...]:
            return os.mkdir, (str(tmp_path / "executed"),)

    payload = pickle.dumps(Evil())
    monkeypatch.setattr(pickle, "loads", _never)
    monkeypatch.setattr(pickle, "load", _never)
    monkeypatch.setattr(pickle, "Unpickler", _never)
    folder = tmp_path / "made"
    shutil.copytree(made, folder)
    for name in ("tasks.json", "tasks.jsonl", "tasks.sl", "library.dsl", "library.json"):
        (folder / name).write_bytes(payload)
        command = ["solve", "list", "--tasks", str(folder / name)]
        if name.startswith("library"):
            command = ["solve", "list", "--tasks", str(made / "tasks.json"),
                       "--library", str(folder / name)]  # fmt: skip
        assert main(command) == 2
        assert main(["show", str(folder / name)]) == 2
    blob = sqlite3.connect(folder / "run" / "run.sqlite")
    for table, column in (("meta", "value"), ("tasks", "data"), ("frontiers", "entries"),
                          ("libraries", "abstractions"), ("phases", "data")):  # fmt: skip
        blob.execute(f"update {table} set {column} = ?", (payload,))
    blob.commit()
    blob.close()
    for command in (["show"], ["resume"], ["report"]):
        assert main([*command, str(folder / "run")]) == 2
    assert not (tmp_path / "executed").exists()
    assert "Traceback" not in capsys.readouterr().err


def test_a_model_that_somebody_else_made_executes_nothing(
    made: Path, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    import torch

    class Evil:
        def __reduce__(self) -> tuple[Any, ...]:
            return os.mkdir, (str(tmp_path / "executed"),)

    shutil.copytree(made / "run", tmp_path / "run")
    store = Store.append(tmp_path / "run")
    store.add_model(1, "model-1.pt", lambda path: torch.save(Evil(), path), {"abstractions": {}})
    store.add_phase(1, "dreaming", 0.0, {})
    store.close()
    with caplog.at_level(logging.WARNING):
        run = rv.load(tmp_path / "run")
    assert run.recognition is None
    assert "going on without the run's recognition model" in caplog.text
    assert not (tmp_path / "executed").exists()


def _never(*arguments: Any, **options: Any) -> Any:
    raise AssertionError("something was unpickled")
