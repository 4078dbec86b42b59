"""Data that nest deeply: what cannot be used is answered, and the rest goes on."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

import reverie as rv
from reverie.domains.task_files.task_file import InvalidTaskFile, read_each, read_tasks
from reverie.dsl.support.errors import ReverieError
from reverie.dsl.support.nesting import DEEPEST, nests_beyond
from reverie.dsl.tasks.task import InvalidTask
from reverie.loop.inbox_watch import watch

OK = '{"name": "ok", "request": "t0 -> t0", "examples": [{"inputs": [[1, 2]], "output": [1, 2]}]}'


def nested(levels: int) -> str:
    return "[" * levels + "]" * levels


def task(levels: int) -> str:
    value = nested(levels)
    example = f'{{"inputs": [{value}], "output": {value}}}'
    return f'{{"name": "deep {levels}", "request": "t0 -> t0", "examples": [{example}]}}'


def test_levels_are_counted_without_recursion() -> None:
    deep: list[Any] = []
    for _ in range(100_000):
        deep = [deep]
    shared: list[Any] = []
    for _ in range(200):
        shared = [shared, shared]
    circle: list[Any] = []
    circle.append({"a": (circle,)})
    assert nests_beyond(deep)
    assert nests_beyond(circle)
    assert not nests_beyond(shared)
    assert [nests_beyond(json.loads(nested(4)), most) for most in (3, 4)] == [True, False]


@pytest.mark.parametrize("levels", [600, 5_000, 200_000])
@pytest.mark.parametrize("form", ["[{0},\n{1}]", "{0}\n{1}\n", '[{1}, {{"name": "[{{"}}, {0}]'])
def test_one_deep_task_costs_itself_alone(levels: int, form: str, tmp_path: Path) -> None:
    path = tmp_path / "tasks.json"
    path.write_text(form.format(task(levels), OK))
    found = list(read_each(path))
    assert [t.name for t in found if isinstance(t, rv.Task)] == ["ok"]
    assert any("values may nest 256 levels" in str(fault) for fault in found)
    with pytest.raises(InvalidTaskFile, match=r"tasks\.json"):
        read_tasks(path)


def test_a_watch_goes_on_beside_what_it_cannot_use(tmp_path: Path) -> None:
    (tmp_path / "tasks.json").write_text(f"[{task(600)}, {OK}, 7]")
    (tmp_path / "more.json").write_text(task(DEEPEST))

    def lines() -> list[dict[str, Any]]:
        path = tmp_path / "answers.jsonl"
        return list(map(json.loads, path.read_text().splitlines())) if path.exists() else []

    domain = rv.domains.load_domain("list")
    options: dict[str, Any] = {"budget": 300, "iterations": 1, "recognition": False, "settle": 0.0}
    watch(domain, tmp_path, poll=0.01, until=lambda: len(lines()) >= 4, **options)
    solved = [line["task"] for line in lines() if line.get("solved")]
    assert set(solved) == {"ok", f"deep {DEEPEST}"}
    errors = [line["error"] for line in lines() if "error" in line]
    for part in ("task 1: ", "task 3: found 7"):
        assert sum(part in error for error in errors) == 1, part


def test_values_that_nest_too_deeply_are_refused_where_they_come_in() -> None:
    deep = json.loads(nested(DEEPEST + 1))
    with pytest.raises(InvalidTask, match="example 1: a value nests more than 256 levels"):
        rv.Task("t", "t0 -> t0", [((deep,), [])])
    with pytest.raises(InvalidTask, match="nests more than 256 levels"):
        rv.Task("t", "t0 -> t0", [(([],), [])], extra={"note": [deep]})
    with pytest.raises(ReverieError, match="primitive deep nests more than 256 levels"):
        rv.constant("deep", "tree", deep)
