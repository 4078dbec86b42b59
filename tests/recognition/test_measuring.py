"""How guides are measured: families stay together, and only hard tasks count."""

from __future__ import annotations

import math
from pathlib import Path

import pytest

from reverie.benchmarks.tables.outcomes import Journal, Solved, fewer, rescued, search_all
from reverie.benchmarks.workloads.task_families import (
    MODES,
    Mode,
    family,
    halves,
    measure_halves,
    of_all_types,
)
from reverie.domains.list import common
from reverie.domains.list.tasks import standard_tasks
from reverie.dsl.model.grammar import Grammar
from reverie.dsl.support.errors import ReverieError
from reverie.dsl.tasks.task import Task
from reverie.recognition import RecognitionConfig


def test_a_family_is_on_one_side() -> None:
    tasks = standard_tasks()
    for seed in range(3):
        seen, unseen = halves(tasks, seed)
        assert len(seen) + len(unseen) == len(tasks)
        assert not {family(t.name) for t in seen} & {family(t.name) for t in unseen}
        assert min(len(seen), len(unseen)) > len(tasks) / 5
    assert [t.name for t in halves(tasks, 0)[0]] != [t.name for t in halves(tasks, 1)[0]]


def test_guides_are_told_of_types_that_only_unseen_tasks_have() -> None:
    seen = [Task("a", "int -> int"), Task("b", "int -> bool")]
    unseen = [Task("c", "int -> int"), Task("d", "bool -> int"), Task("e", "bool -> int")]
    assert [t.name for t in of_all_types(seen, unseen)] == ["a", "b", "d"]
    assert of_all_types(seen, seen) == seen


def test_only_hard_tasks_that_both_solve_are_compared() -> None:
    plain = {
        "easy": Solved(10, 0.1),
        "hard": Solved(40_000, 1.0),
        "harder": Solved(90_000, 1.0),
        "never": Solved(),
    }
    guided = {
        "easy": Solved(100, 0.1),
        "hard": Solved(400, 0.1),
        "harder": Solved(90_000, 1.0),
        "never": Solved(7, 0.1),
    }
    factor, over = fewer(plain, guided)
    assert over == 2
    assert factor == pytest.approx(10.0)
    assert rescued(plain, guided) == (1, 1)
    assert math.isnan(fewer({"easy": plain["easy"]}, {"easy": guided["easy"]})[0])


def test_searches_are_reported_by_their_first_solution() -> None:
    tasks = [task for task in standard_tasks() if task.name in ("tail", "sort")]
    results, frontiers = search_all(common, Grammar.uniform(common.library), tasks, 0.3)
    for frontier in frontiers:
        found = results[frontier.task.name]
        assert (found.seconds < math.inf) == bool(frontier.entries)
    assert results["tail"].right
    assert results["tail"].candidates < 1000


def test_a_measurement_goes_on_where_it_was_interrupted(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    tasks = [t for t in standard_tasks() if t.name in ("tail", "sort", "head", "reverse")]
    monkeypatch.setattr("reverie.benchmarks.workloads.task_families.list_tasks", lambda: tasks)
    searched: list[str] = []

    def learn(*_: object) -> dict[str, Mode]:
        return {mode: Mode(Grammar.uniform(common.library), {}) for mode in MODES}

    def search(domain: object, grammar: object, task: Task, *_: object) -> tuple[Solved, None]:
        searched.append(task.name)
        if len(searched) == 5:
            raise KeyboardInterrupt
        return Solved(10, 0.2, right=True), None

    monkeypatch.setattr("reverie.benchmarks.workloads.task_families._learn", learn)
    monkeypatch.setattr("reverie.benchmarks.workloads.task_families.search_one", search)
    kept = tmp_path / "kept.jsonl"
    config = RecognitionConfig()
    with pytest.raises(KeyboardInterrupt):
        measure_halves(common, [0, 1], 1.0, 1, config, kept)
    assert len(kept.read_text().splitlines()) == 4
    with kept.open("a") as file:
        file.write('{"settings": {"lang')  # stopped while it wrote
    measure_halves(common, [0, 1], 1.0, 1, config, kept)
    assert len(searched) == 1 + 2 * 2 * len(MODES)
    measure_halves(common, [0, 1], 1.0, 1, config, kept)
    assert len(searched) == 1 + 2 * 2 * len(MODES)  # all is known
    printed = capsys.readouterr().out
    assert "mean and spread over 2 seeds" in printed
    assert (
        "guide: at least as many solved and right as the prior, at all times, in 2 of 2" in printed
    )


def test_a_journal_passes_by_other_settings_and_refuses_other_files(tmp_path: Path) -> None:
    path = tmp_path / "kept.jsonl"
    journal = Journal(path, {"budget": 1.0})
    journal.add(0, "prior", "tail", Solved())
    journal.add(0, "guide", "tail", Solved(7, 0.5, right=True))
    again = Journal(path, {"budget": 1.0})
    assert again.get(0, "prior", "tail") == Solved()
    assert again.get(0, "guide", "tail") == Solved(7, 0.5, right=True)
    assert Journal(path, {"budget": 2.0}).get(0, "prior", "tail") is None
    path.write_text('{"name": "tail"}\n')
    with pytest.raises(ReverieError, match=r"kept\.jsonl, line 1: not the outcome of a search"):
        Journal(path, {"budget": 1.0})
