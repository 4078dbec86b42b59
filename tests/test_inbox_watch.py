"""A watched folder: tasks go in, answers come out, whatever happens in between."""

from __future__ import annotations

import json
import os
import threading
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

import reverie as rv
from reverie.cli.parser import main
from reverie.domains.task_files.task_file import read_tasks, write_tasks
from reverie.loop.inbox import Answers
from reverie.loop.inbox_watch import watch
from reverie.run.events import Event, PhaseBegan, TaskSearched
from reverie.store.store import NotARun

OPTIONS: dict[str, Any] = {
    "budget": 3000,
    "iterations": 2,
    "poll": 0.02,
    "settle": 0.2,
    "recognition": False,
}


def add(k: int) -> rv.Task:
    rows = [[1, 2], [5, 0, 7], [3]]
    examples = [((row,), [x + k for x in row]) for row in rows]
    return rv.Task(f"add {k}", "list(int) -> list(int)", examples, [(([9],), [9 + k])])


TAIL = rv.Task("tail", "list(int) -> list(int)", [(([1, 2, 3],), [2, 3]), (([4],), [])])
HARD = rv.Task("hard", "list(int) -> list(int)", [(([1],), [17, 4]), (([2],), [9, 9, 31])])


def answers(folder: Path) -> list[dict[str, Any]]:
    path = folder / "answers.jsonl"
    if not path.exists():
        return []
    return [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines()]


def until(condition: Callable[[], bool], seconds: float = 60) -> Callable[[], bool]:
    """Stop when something holds, or after a while."""
    end = time.monotonic() + seconds
    return lambda: condition() or time.monotonic() > end


def test_tasks_are_answered_as_they_come(tmp_path: Path) -> None:
    write_tasks([add(1), HARD], tmp_path / "first.json")
    (tmp_path / "notes.txt").write_text("not a task file")
    (tmp_path / ".hidden.json").write_text("{")

    def drop() -> bool:
        """Drop the next file whenever the last is answered."""
        found = answers(tmp_path)
        if len(found) == 3:
            write_tasks([TAIL], tmp_path / "second.jsonl")
        elif len(found) == 4 and not (tmp_path / "bad.json").exists():
            (tmp_path / "bad.json").write_text('[{"name": "x", "requests": 1}]')
        elif len(found) == 5 and not (tmp_path / "half.json").exists():
            # Half a file, whose rest comes before it has settled.
            whole = json.dumps([{"name": "id", "request": "int -> int",
                                 "examples": [{"inputs": [1], "output": 1}]}])  # fmt: skip
            (tmp_path / "half.json").write_text(whole[:20])
            rest = threading.Timer(0.1, (tmp_path / "half.json").write_text, [whole])
            rest.start()
        return len(found) >= 6

    run = watch("list", tmp_path, until=until(drop), **OPTIONS)
    found = answers(tmp_path)
    strange = found.pop(0)
    assert strange["file"] == "notes.txt"
    assert ".json" in strange["error"]
    assert [(a.get("task"), a["file"]) for a in found] == [
        ("add 1", "first.json"),
        ("hard", "first.json"),
        ("tail", "second.jsonl"),
        (None, "bad.json"),
        ("id", "half.json"),
    ]
    assert [a.get("solved") for a in found] == [True, False, True, None, True]
    assert found[0]["held_out_correct"]
    assert "'requests'" in found[3]["error"]
    assert run.solved == ["add 1", "tail", "id"]
    assert (tmp_path / "run" / "run.sqlite").exists()
    # A folder of tasks can still be read as one.
    (tmp_path / "bad.json").unlink()
    assert len(read_tasks(tmp_path)) == 4


def test_a_watch_that_is_stopped_goes_on_without_doing_anything_twice(tmp_path: Path) -> None:
    write_tasks([add(1), HARD], tmp_path / "first.json")
    (tmp_path / "bad.json").write_text("{")
    os.utime(tmp_path / "bad.json", (0, 0))  # it has settled
    searched: list[str] = []

    class Stopped(Exception):
        pass

    def stop(event: Event) -> None:
        if isinstance(event, TaskSearched):
            searched.append(event.frontier.task.name)
            raise Stopped

    for _ in range(3):  # add 1 once, and hard twice
        with pytest.raises(Stopped):
            watch("list", tmp_path, callbacks=[stop], **OPTIONS)
    before = (tmp_path / "answers.jsonl").read_bytes()
    done = until(lambda: False, 0.5)
    watch("list", tmp_path, callbacks=[stop], until=done, **OPTIONS)
    assert sorted(searched) == ["add 1", "hard", "hard"]
    assert (tmp_path / "answers.jsonl").read_bytes() == before
    assert sorted(str(a.get("task")) for a in answers(tmp_path)) == ["None", "add 1", "hard"]


def test_answers_that_were_not_written_are_given_at_the_next_start(tmp_path: Path) -> None:
    write_tasks([add(1)], tmp_path / "first.json")
    watch("list", tmp_path, until=until(lambda: bool(answers(tmp_path))), **OPTIONS)
    path = tmp_path / "answers.jsonl"
    whole = path.read_bytes()
    path.write_bytes(b"somebody's remark\n" + whole[: len(whole) // 2])  # as a crash leaves it
    watch("list", tmp_path, until=until(lambda: True), **OPTIONS)
    remark, torn, line = path.read_bytes().splitlines()
    assert (remark, torn) == (b"somebody's remark", whole[: len(whole) // 2])
    before, after = json.loads(whole), json.loads(line)
    assert {k: after[k] for k in ("task", "solved", "program", "file")} == {
        k: before[k] for k in ("task", "solved", "program", "file")
    }
    assert Answers(tmp_path).solved == {"add 1"}


def test_a_file_that_changes_is_read_again(tmp_path: Path) -> None:
    path = tmp_path / "tasks.jsonl"
    write_tasks([add(1)], path)
    steps = 0

    def grow() -> bool:
        nonlocal steps
        found = answers(tmp_path)
        if len(found) == 1 and steps == 0:
            steps = 1
            other = rv.Task("add 1", "int -> int", [((1,), 1)])
            write_tasks([add(1), add(2)], path)
            write_tasks([other], tmp_path / "other.json")
        return len(found) >= 3

    watch("list", tmp_path, until=until(grow), **OPTIONS)
    found = answers(tmp_path)
    assert {a.get("task") for a in found} == {"add 1", "add 2", None}
    (fault,) = [a for a in found if "error" in a]
    assert fault["file"] == "other.json"
    assert "'add 1' is taken by another task, of tasks.jsonl" in fault["error"]


def test_a_task_is_searched_again_when_others_were_solved(tmp_path: Path) -> None:
    rows = [[1, 2, 3, 4], [5, 0, 7, 7, 7], [3, 8, 1, 1, 0, 4]]
    prefixes = [
        rv.Task(f"take {k}", "list(int) -> list(int)", [((row,), row[:k]) for row in rows])
        for k in (1, 2, 3)
    ]
    tasks = [*map(add, (1, 2, 3, 4)), *prefixes]
    budget = next(  # one that solves some, and not all
        budget
        for budget in (100, 300, 1000, 3000, 10_000)
        if any(s.solved for s in rv.solve_all(rv.domains.list.domain, tasks, budget=budget))
    )
    write_tasks(tasks, tmp_path / "tasks.json")
    rounds: list[int] = []
    waited: list[bool] = []

    def count(event: Event) -> None:
        waited.append(isinstance(event, PhaseBegan) and event.phase == "waiting")
        if isinstance(event, PhaseBegan) and event.phase == "wake":
            rounds.append(event.total)

    options = {**OPTIONS, "iterations": 1, "pseudo_counts": 1.0, "budget": budget}
    run = watch("list", tmp_path, callbacks=[count], until=until(lambda: True in waited), **options)
    first = run.history[0]
    assert 0 < first.solved < len(tasks)
    assert rounds[:2] == [len(tasks), len(tasks) - first.solved]
    given = answers(tmp_path)
    assert len(given) == len(run.solved) + rounds[1]  # each unsolved one is answered so once
    assert sorted(a["task"] for a in given if a["solved"]) == sorted(run.solved)


def test_what_cannot_be_watched(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["run", "list", "--watch"]) == 2
    assert "--watch needs --tasks" in capsys.readouterr().err
    path = tmp_path / "tasks.json"
    write_tasks([add(1)], path)
    assert main(["run", "list", "--watch", "--tasks", str(path)]) == 2
    assert "is no folder" in capsys.readouterr().err
    out = tmp_path / "out"
    options = {"budget": 50, "iterations": 1, "recognition": False}
    rv.learn(rv.domains.list.domain, tasks=[add(1)], out=out, **options)
    with pytest.raises(NotARun, match="holds another run"):
        watch("list", tmp_path, out=out, until=lambda: True)
    watch("list", tmp_path, until=lambda: True, budget=50)
    with pytest.raises(NotARun, match="goes on when that is watched again"):
        rv.resume(tmp_path / "run")
    if os.getuid():
        tmp_path.chmod(0o500)
        with pytest.raises(rv.ReverieError):
            watch("list", tmp_path, until=lambda: True, budget=50)
        tmp_path.chmod(0o700)
