"""Whatever stops a run, nothing that was reported is lost, and it goes on to the same end."""

from __future__ import annotations

import json
import os
import shutil
import sqlite3
import subprocess
import sys
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import suppress
from pathlib import Path
from typing import Any

import pytest

import reverie as rv
from reverie.cli.parser import main
from reverie.domains.task_files.task_file import write_tasks
from reverie.run.config import InvalidOption
from reverie.run.events import Event, PhaseEnded, RunBegan, RunEnded, TaskSearched
from reverie.run.run import Run, record_of_run
from reverie.store.store import FILE, NotARun, Store, write_whole

OPTIONS: dict[str, Any] = {
    "iterations": 3, "budget": 3000, "pseudo_counts": 1.0, "recognition": False,
}  # fmt: skip
LIST = rv.domains.list.domain


def tasks(count: int) -> list[rv.Task]:
    """Make tasks that share what abstractions can name: add, take, drop, multiples."""
    rows = [[1, 2, 3, 4], [5, 0, 7, 7, 7], [3, 8, 1, 1, 0, 4]]
    functions = {
        "add": lambda row, k: [x + k for x in row],
        "take": lambda row, k: row[:k],
        "drop": lambda row, k: row[k:],
        "scale": lambda row, k: [x * k for x in row],
    }
    made = []
    for k in range(1, count):
        for name, function in functions.items():
            examples = [((row,), function(row, k)) for row in rows]
            made.append(rv.Task(f"{name} {k}", "list(int) -> list(int)", examples))
    return made[:count]


TASKS = tasks(9)


def outcome(run: Run) -> dict[str, Any]:
    """Give what a run came to, times left out."""
    record = record_of_run(run)
    for row in record["history"]:
        del row["seconds"]
    return record


@pytest.fixture(scope="module")
def unbroken() -> dict[str, Any]:
    return outcome(rv.learn(LIST, tasks=TASKS, **OPTIONS))


class Stopped(Exception):
    """What a test stops a run with."""


def wake_rows(folder: Path) -> Counter[tuple[int, str]]:
    connection = sqlite3.connect(folder / FILE)
    rows = connection.execute("SELECT iteration, task FROM frontiers WHERE phase = 'wake'")
    found = Counter(rows.fetchall())
    connection.close()
    return found


def test_a_run_that_stops_after_every_step_comes_to_the_same_end(
    tmp_path: Path, unbroken: dict[str, Any]
) -> None:
    folder = tmp_path / "run"
    reported = {}

    def stop(event: Event) -> None:
        if isinstance(event, TaskSearched):
            for entry in event.frontier.entries:
                reported.setdefault(event.frontier.task.name, set()).add(str(entry.program))
        if isinstance(event, TaskSearched | PhaseEnded) and not (
            isinstance(event, PhaseEnded) and event.phase.iteration == 0
        ):
            raise Stopped

    with pytest.raises(Stopped):
        rv.learn(LIST, tasks=TASKS, out=folder, source="list", callbacks=[stop], **OPTIONS)
    stops = 1
    while True:
        try:
            run = rv.resume(folder, callbacks=[stop])
            break
        except Stopped:
            stops += 1
    assert stops == OPTIONS["iterations"] * (len(TASKS) + 2)
    assert outcome(run) == unbroken
    assert set(wake_rows(folder).values()) == {1}
    stored: dict[str, set[str]] = {}
    with Store.reading(folder) as store:
        for row in store.searches():
            programs = stored.setdefault(row["task"], set())
            programs.update(entry["program"] for entry in row["entries"])
        assert len(store.events("resumed")) == stops
    assert all(programs <= stored[name] for name, programs in reported.items())


def test_a_run_with_a_guide_comes_to_the_same_end(tmp_path: Path) -> None:
    options = {**OPTIONS, "recognition": {"steps": 20, "dreams": 200}, "iterations": 2}
    whole = rv.learn(LIST, tasks=TASKS, out=tmp_path / "whole", **options)
    assert whole.recognition is not None
    left = iter(range(len(TASKS) + 7))  # half of the second wake is done, by the guide

    def stop(event: Event) -> None:
        if isinstance(event, TaskSearched | PhaseEnded) and next(left, None) is None:
            raise Stopped

    folder = tmp_path / "stopped"
    with pytest.raises(Stopped):
        rv.learn(LIST, tasks=TASKS, out=folder, source="list", callbacks=[stop], **options)
    assert outcome(rv.resume(folder)) == outcome(whole)
    assert set(wake_rows(folder).values()) == {1}


def test_a_finished_run_goes_on_for_more_rounds(tmp_path: Path, unbroken: dict[str, Any]) -> None:
    folder = tmp_path / "run"
    short = {**OPTIONS, "iterations": 1}
    rv.learn(LIST, tasks=TASKS, out=folder, source="list", **short)
    before = wake_rows(folder)
    assert wake_rows(folder) == before
    seen: list[Event] = []
    again = rv.resume(folder, callbacks=[seen.append])
    assert [type(e) for e in seen if not isinstance(e, PhaseEnded)][-1] is RunEnded
    assert not any(isinstance(e, TaskSearched) for e in seen)
    assert len(again.history) == 1
    assert outcome(rv.resume(folder, iterations=3)) == unbroken


def test_batches_are_chosen_alike_after_an_interruption(tmp_path: Path) -> None:
    for curriculum in ("given", "random", "unsolved"):
        options = {**OPTIONS, "batch": 4, "curriculum": curriculum, "iterations": 4}
        options["recognition"] = False
        whole = tmp_path / f"{curriculum}-whole"
        rv.learn(LIST, tasks=TASKS, out=whole, **options)
        for stop_at in (3, 7):
            folder = tmp_path / f"{curriculum}-{stop_at}"
            left = iter(range(stop_at))

            def stop(event: Event, left: Iterator[int] = left) -> None:
                if isinstance(event, TaskSearched) and next(left, None) is None:
                    raise Stopped

            with pytest.raises(Stopped):
                rv.learn(LIST, tasks=TASKS, out=folder, callbacks=[stop], **options)
            rv.resume(folder, LIST)
            assert wake_rows(folder) == wake_rows(whole)
        searched = Counter(task for _, task in wake_rows(whole).elements())
        if curriculum != "unsolved":  # all tasks in turn
            assert max(searched.values()) - min(searched.values()) <= 1
            assert len(searched) == len(TASKS)


def test_a_wake_that_runs_out_of_time_leaves_the_rest_to_the_next() -> None:
    seen: list[str] = []

    def look(event: Event) -> None:
        if isinstance(event, TaskSearched):
            seen.append(event.frontier.task.name)

    options = {**OPTIONS, "wake_timeout": 1e-6, "curriculum": "given", "recognition": False}
    rv.learn(LIST, tasks=TASKS, callbacks=[look], **options)
    assert seen == [task.name for task in TASKS[:3]]


def test_what_may_not_change_is_named(tmp_path: Path) -> None:
    folder = tmp_path / "run"
    rv.learn(LIST, tasks=TASKS[:1], out=folder, **{**OPTIONS, "iterations": 1})
    with pytest.raises(InvalidOption, match="budget cannot change"):
        rv.resume(folder, LIST, budget=5)
    with pytest.raises(InvalidOption, match="did you mean 'workers'"):
        rv.resume(folder, LIST, worker=5)
    assert rv.resume(folder).solved is not None  # a built-in domain is found by its name


def test_two_processes_do_not_write_one_run(tmp_path: Path) -> None:
    folder = tmp_path / "run"

    def meddle(event: Event) -> None:
        if isinstance(event, RunBegan):
            with pytest.raises(NotARun, match="another process is at work"):
                rv.resume(folder, LIST)
            assert rv.load(folder, LIST).solved == []  # reading is open to all
            raise Stopped

    with pytest.raises(Stopped):
        rv.learn(LIST, tasks=TASKS, out=folder, callbacks=[meddle], **OPTIONS)
    assert rv.resume(folder, LIST).solved


def test_a_run_can_be_read_at_every_step(tmp_path: Path, unbroken: dict[str, Any]) -> None:
    folder = tmp_path / "run"
    known: list[int] = []

    def look(event: Event) -> None:
        if not isinstance(event, RunEnded):
            known.append(len(rv.load(folder, LIST).solved))
        if isinstance(event, TaskSearched) and event.frontier.entries:
            assert event.frontier.task.name in rv.load(folder, LIST).solved

    run = rv.learn(LIST, tasks=TASKS, out=folder, callbacks=[look], **OPTIONS)
    assert known == sorted(known)
    assert outcome(run) == unbroken


# ---- disks ---------------------------------------------------------------------------------------


def test_a_full_disk_stops_a_run_that_goes_on_when_there_is_space(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str],
    unbroken: dict[str, Any],
) -> None:  # fmt: skip
    folder, path = tmp_path / "run", tmp_path / "tasks.json"
    write_tasks(TASKS, path)
    # SQLite says the same when a file may not grow as when the disk is full.
    connect = sqlite3.connect
    pages = 15

    def small(*arguments: Any, **options: Any) -> sqlite3.Connection:
        connection = connect(*arguments, **options)
        if "?mode=ro" not in str(arguments[0]):
            connection.execute(f"PRAGMA max_page_count = {pages}")
        return connection

    monkeypatch.setattr(sqlite3, "connect", small)
    arguments = [
        "run",
        "list",
        "--tasks",
        str(path),
        "--out",
        str(folder),
        "--budget",
        "3000",
        "--no-recognition",
    ]
    assert main([*arguments, "--workers", "1"]) == 2
    message = capsys.readouterr().err
    assert "full" in message
    assert f"reverie resume {folder}" in message
    assert "Traceback" not in message
    rows = wake_rows(folder)
    assert rows
    assert main(["resume", str(folder)]) == 2
    assert "full" in capsys.readouterr().err
    assert wake_rows(folder) == rows
    monkeypatch.setattr(sqlite3, "connect", connect)
    assert main(["resume", str(folder), "--json"]) == 0
    assert set(wake_rows(folder).values()) == {1}
    record = json.loads(capsys.readouterr().out)
    assert len(record["history"]) == 3


@pytest.fixture
def small_disk(tmp_path: Path) -> Iterator[Path]:
    """Mount a disk of 2 MB, or skip."""
    disk = tmp_path / "disk"
    disk.mkdir()
    mount = shutil.which("mount")
    done = mount and subprocess.run(
        [mount, "-t", "tmpfs", "-o", "size=2m", "tmpfs", str(disk)],
        capture_output=True,
        check=False,
    )
    if not done or done.returncode:
        pytest.skip("needs the right to mount a small disk")
    yield disk
    subprocess.run(["umount", "--lazy", str(disk)], check=True)


def test_a_disk_that_is_really_full(small_disk: Path, capsys: pytest.CaptureFixture[str]) -> None:
    folder, path = small_disk / "run", small_disk / "tasks.json"
    write_tasks(TASKS, path)
    ballast = small_disk / "ballast"
    arguments = [
        "run",
        "list",
        "--tasks",
        str(path),
        "--out",
        str(folder),
        "--budget",
        "3000",
        "--no-recognition",
    ]
    arguments.append("--no-recognition")  # a model is larger than this disk

    def fill() -> None:
        with suppress(OSError), ballast.open("ab", buffering=0) as file:
            while file.write(bytes(4096)):
                pass

    fill()
    assert main([*arguments, "--workers", "1"]) == 2
    assert "cannot" in capsys.readouterr().err
    assert not (folder / FILE).exists()
    os.truncate(ballast, ballast.stat().st_size - 250_000)
    assert main([*arguments, "--workers", "1"]) == 2
    assert "full" in capsys.readouterr().err
    rows = wake_rows(folder)
    assert rows
    ballast.unlink()
    assert main(["resume", str(folder)]) == 0
    assert rows.items() <= wake_rows(folder).items()


def writing(data: bytes) -> Callable[[Path], None]:
    def write(path: Path) -> None:
        path.write_bytes(data)

    return write


def test_a_file_is_written_whole_or_not_at_all(tmp_path: Path) -> None:
    path = tmp_path / "model"

    def fail(part: Path) -> None:
        part.write_bytes(b"half")
        raise OSError(28, "No space left on device")

    write_whole(path, writing(b"whole"))
    with pytest.raises(rv.ReverieError, match="No space left"):
        write_whole(path, fail)
    assert [(p.name, p.read_bytes()) for p in tmp_path.iterdir()] == [("model", b"whole")]


def test_a_model_is_kept_with_its_digest(tmp_path: Path) -> None:
    store = Store.create(tmp_path / "run", {}, TASKS)
    assert store.model() is None
    for number in (1, 2):
        store.add_model(number, f"{number}.pt", writing(bytes([number])), {})
    found = store.model()
    assert found is not None
    assert found.read_bytes() == b"\2"
    assert [m["file"] for m in store.models()] == ["1.pt", "2.pt"]
    found.write_bytes(b"other")
    with pytest.raises(NotARun, match="not the file that the run wrote"):
        store.model()
    found.unlink()
    with pytest.raises(NotARun, match="cannot be read"):
        store.model()
    store.close()


# ---- signals -------------------------------------------------------------------------------------


def test_killed_thirty_times(tmp_path: Path) -> None:
    path = tmp_path / "tasks.json"
    write_tasks(tasks(32), path)
    script = Path(__file__).parent / "killing.py"
    done = subprocess.run(
        [sys.executable, str(script), str(path), str(tmp_path), "30"],
        capture_output=True,
        check=False,
        text=True,
        timeout=300,
        cwd=Path(rv.__file__).parents[1],
    )
    assert done.returncode == 0, done.stderr
    found = json.loads(done.stdout)
    assert found["kills"] == 30
    assert found["searched when last killed"] > 32
    assert found["outcome"] == found["unbroken"]
    assert found["lost"] == []
    assert found["twice"] == []
    assert found["integrity"] == "ok"
    assert found["orphans"] == []


# ---- earlier formats -----------------------------------------------------------------------------

FORMAT_1 = """
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


def test_a_run_of_the_first_format_can_still_be_read(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    folder, old = tmp_path / "run", tmp_path / "old"
    rv.learn(LIST, tasks=TASKS, out=folder, source="list", **{**OPTIONS, "iterations": 2})
    old.mkdir()
    connection = sqlite3.connect(old / FILE)
    connection.executescript(FORMAT_1)
    connection.execute("ATTACH ? AS new", (str(folder / FILE),))
    columns = {
        "meta": "key, value",
        "tasks": "name, request, data",
        "frontiers": "id, time, iteration, phase, task, candidates, seconds, entries",
        "libraries": "id, time, iteration, abstractions, weights",
        "phases": "id, time, iteration, phase, seconds, data",
    }
    for table, names in columns.items():
        connection.execute(f"INSERT INTO {table} SELECT {names} FROM new.{table}")
    connection.execute("UPDATE meta SET value = '1' WHERE key = 'schema'")
    for table in ("frontiers", "phases"):
        connection.execute(f"UPDATE {table} SET phase = 'sleep' WHERE phase = 'abstraction'")
    connection.commit()
    connection.close()
    assert outcome(rv.load(old)) == outcome(rv.load(folder))
    assert main(["show", str(old)]) == 0
    assert main(["report", str(old), "--out", str(tmp_path / "report.html")]) == 0
    with Store.reading(old) as store:
        assert len(list(store.searches())) == 2 * len(TASKS)
    assert main(["resume", str(old)]) == 2
    assert "can show but not go on with" in capsys.readouterr().err
