"""The wake-sleep loop: it learns, keeps what it learned, and serves any language alike."""

from __future__ import annotations

import json
import math
from pathlib import Path

import pytest

import reverie as rv
from reverie.dsl import Entry, Frontier
from reverie.dsl.model.fitting import rescored
from reverie.loop import engine
from reverie.run.config import Config, InvalidOption
from reverie.run.run import Run, record_of_run
from reverie.store.store import NotARun, Store
from reverie.store.stored_record import record_of_store

BUDGET = 300


def add(k: int) -> rv.Task:
    rows = [[1, 2], [], [5, 0, 7], [3]]
    return rv.Task(
        f"add {k}",
        "list(int) -> list(int)",
        [((row,), [x + k for x in row]) for row in rows],
        [(([9, 9],), [9 + k, 9 + k])],
    )


def take(k: int) -> rv.Task:
    rows = [[1, 2, 3, 4], [5, 0, 7, 7, 7], [3, 8, 1, 1, 0, 4]]
    return rv.Task(f"take {k}", "list(int) -> list(int)", [((row,), row[:k]) for row in rows])


TASKS = [*(add(k) for k in (1, 2, 3, 4)), *(take(k) for k in (1, 2, 3))]


@pytest.fixture(scope="module")
def run(tmp_path_factory: pytest.TempPathFactory) -> tuple[Run, Path]:
    folder = tmp_path_factory.mktemp("runs") / "run"
    learned = rv.learn(
        rv.domains.list.domain,
        tasks=TASKS,
        iterations=3,
        budget=BUDGET,
        out=folder,
        source="list",
        pseudo_counts=1.0,
    )
    return learned, folder


def test_learning_solves_more_under_the_same_budget(run: tuple[Run, Path]) -> None:
    learned, _ = run
    first, *_, last = learned.history
    assert last.solved > first.solved
    assert learned.library.abstractions
    assert any(count >= 2 for count in learned.uses().values())
    assert all(saving > 0 for saving in learned.savings.values())


def test_frontiers_are_scored_by_the_grammar_they_come_with(run: tuple[Run, Path]) -> None:
    learned, _ = run
    interpreter = rv.Interpreter(learned.library)
    for frontier in learned.frontiers.values():
        assert frontier == rescored(learned.grammar, frontier)
        for entry in frontier.entries:
            assert math.isfinite(entry.log_prior)
            for example in frontier.task.examples:
                assert interpreter.evaluate(entry.program, example.inputs) == example.output


def test_a_run_is_the_same_when_opened_again(run: tuple[Run, Path]) -> None:
    learned, folder = run
    opened = rv.load(folder)
    assert record_of_run(opened)["abstractions"] == record_of_run(learned)["abstractions"]
    assert record_of_run(opened)["tasks"] == record_of_run(learned)["tasks"]
    assert (opened.grammar.weights == learned.grammar.weights).all()
    assert [i.solved for i in opened.history] == [i.solved for i in learned.history]
    store = Store.open(folder)
    record = record_of_store(store)
    store.close()
    assert record["tasks"] == record_of_run(learned)["tasks"]
    json.dumps(record)
    assert "tasks solved" in repr(learned)


def test_the_same_seed_and_budget_give_the_same_run_for_any_number_of_workers(
    run: tuple[Run, Path],
) -> None:
    learned, _ = run
    again = rv.learn(
        rv.domains.list.domain,
        tasks=TASKS,
        iterations=3,
        budget=BUDGET,
        workers=2,
        pseudo_counts=1.0,
    )
    assert again.library.abstractions == learned.library.abstractions
    assert record_of_run(again)["tasks"] == record_of_run(learned)["tasks"]


def test_a_library_that_was_learned_solves_what_it_could_not(run: tuple[Run, Path]) -> None:
    learned, _ = run
    domain, task = rv.domains.list.domain, add(6)
    assert not rv.solve(domain, task, budget=BUDGET).solved
    solution = rv.solve(domain, task, budget=BUDGET, grammar=learned.grammar)
    assert solution.solved
    assert solution.held_out_correct


def test_options_that_make_no_sense_are_named() -> None:
    with pytest.raises(InvalidOption, match="did you mean 'timeout'"):
        Config.make(timeuot=1)
    with pytest.raises(InvalidOption, match="timeout must be more than 0"):
        Config(timeout=0.0)
    with pytest.raises(rv.ReverieError, match="did you mean 'top-down'"):
        rv.learn(rv.domains.list.domain, search="topdown")


def test_no_tasks_is_an_error() -> None:
    with pytest.raises(rv.ReverieError, match="no tasks"):
        rv.learn(rv.Domain("bare", rv.domains.list.primitives))


def test_a_folder_that_holds_something_is_left_alone(tmp_path: Path) -> None:
    (tmp_path / "note.txt").write_text("mine")
    with pytest.raises(NotARun, match="not empty"):
        rv.learn(rv.domains.list.domain, tasks=[add(1)], out=tmp_path, budget=10)
    assert [p.name for p in tmp_path.iterdir()] == ["note.txt"]


def test_a_run_of_a_later_format_is_refused(run: tuple[Run, Path], tmp_path: Path) -> None:
    _, folder = run
    Store.create(tmp_path / "new", {"schema": 99}, []).close()
    with pytest.raises(NotARun, match="format 99"):
        Store.open(tmp_path / "new")
    with pytest.raises(NotARun, match="no run"):
        Store.open(folder.parent)


def test_a_run_names_what_its_domain_lacks(run: tuple[Run, Path]) -> None:
    _, folder = run
    bare = rv.Domain("bare", [rv.constant("0", "int", 0)])
    with pytest.raises(rv.ReverieError, match="does not fit domain 'bare'"):
        rv.load(folder, bare)


def test_a_rewritten_program_that_fails_is_not_kept() -> None:
    domain = rv.domains.list.domain
    library = domain.library.extend(domain.library.parse("#(lambda (lambda (if $0 0 $1)))"))
    task = rv.Task("0 or head", "list(int) -> int", [(([],), 0), (([4],), 4)])
    parse = library.parse
    original = parse("(lambda (if (empty? $0) 0 (car $0)))")
    rewritten = parse("(lambda (fn_0 (car $0) (empty? $0)))")
    before, after = (
        Frontier.of(task, [Entry(program, -5.0, 0.0)]) for program in (original, rewritten)
    )
    kept = engine._confirmed(domain, rv.Grammar.uniform(library), [before, before], [after, before])
    assert [e.program for f in kept for e in f.entries] == [original, original]
