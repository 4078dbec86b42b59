"""The recognition model in the loop: trained in sleep, used in the next wake, kept with the run."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

import reverie as rv
from reverie.cli.parser import main
from reverie.domains.task_files.task_file import write_tasks
from reverie.loop.dream_sleep import training_for
from reverie.recognition import RecognitionConfig
from reverie.run.config import Config, InvalidOption
from reverie.run.events import Event, PhaseEnded, Step
from reverie.run.run import Run
from reverie.store.store import Store

LIST = rv.domains.list.domain
ROWS = [[1, 2, 3, 4], [5, 0, 7, 7, 7], [3, 8, 1, 1, 0, 4], []]
TASKS = [
    rv.Task(f"add {k}", "list(int) -> list(int)", [((row,), [x + k for x in row]) for row in ROWS])
    for k in range(3)
] + [rv.Task("length", "list(int) -> int", [((row,), len(row)) for row in ROWS])]


@pytest.fixture(scope="module")
def run(tmp_path_factory: pytest.TempPathFactory) -> tuple[Run, Path, list[Event]]:
    folder = tmp_path_factory.mktemp("runs") / "run"
    told: list[Event] = []
    training = RecognitionConfig(steps=120, width=64, batch=64)
    learned = rv.learn(
        LIST,
        tasks=TASKS,
        out=folder,
        source="list",
        iterations=2,
        budget=20_000,
        recognition=training,
        callbacks=[told.append],
    )
    return learned, folder, told


def test_a_run_has_a_model_that_guides_its_library(run: tuple[Run, Path, list[Event]]) -> None:
    learned, folder, told = run
    model = learned.recognition
    assert model is not None
    assert set(model.guides(TASKS, learned.grammar)) == {task.name for task in TASKS}
    steps = [e for e in told if isinstance(e, Step) and e.phase == "dreaming"]
    assert {e.iteration for e in steps} == {1, 2}
    steps = [e for e in steps if "rank" in e.values]  # others tell how long dreaming took
    assert steps
    assert all(e.values["unigram"] > 0 and e.values["rank"] >= 1 for e in steps)
    with Store.reading(folder) as store:
        assert [row["file"] for row in store.models()] == ["model-1.pt", "model-2.pt"]
        assert len([e for e in store.events("training") if "rank" in e["values"]]) == len(steps)


def test_an_opened_run_has_the_same_model(run: tuple[Run, Path, list[Event]]) -> None:
    learned, folder, _ = run
    opened = rv.load(folder)
    assert learned.recognition is not None
    assert opened.recognition is not None
    before = learned.recognition.guides(TASKS)
    after = opened.recognition.guides(TASKS, opened.grammar)
    assert all((before[name] == after[name]).all() for name in before)


def test_a_model_makes_searches_shorter(run: tuple[Run, Path, list[Event]]) -> None:
    learned, _, _ = run
    alone, guided = (
        rv.solve(LIST, TASKS[1], grammar=learned.grammar, budget=20_000, recognition=model)
        for model in (None, learned.recognition)
    )
    assert guided.program == alone.program
    assert guided.candidates < alone.candidates


def test_solve_uses_the_model_of_a_run(
    run: tuple[Run, Path, list[Event]], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    learned, folder, _ = run
    write_tasks(TASKS, tmp_path / "tasks.json")
    arguments = ["solve", "list", "--tasks", str(tmp_path / "tasks.json"), "--budget", "20000"]
    assert main([*arguments, "--library", str(folder), "--workers", "1", "--json"]) == 0
    lines = {row["task"]: row for row in json.loads(capsys.readouterr().out)}
    guided = rv.solve(
        LIST, TASKS[1], grammar=learned.grammar, budget=20_000, recognition=learned.recognition
    )
    assert lines[TASKS[1].name]["candidates"] == guided.candidates


def test_a_damaged_model_costs_its_help_alone(
    run: tuple[Run, Path, list[Event]], caplog: pytest.LogCaptureFixture
) -> None:
    _, folder, _ = run
    path = folder / "model-2.pt"
    whole = path.read_bytes()
    path.write_bytes(whole[:-10])
    try:
        assert rv.load(folder).recognition is None
    finally:
        path.write_bytes(whole)
    assert "damaged" in caplog.text


def test_a_domain_that_cannot_be_read_goes_on_without_a_guide() -> None:
    @rv.primitive("thing -> thing")
    def same(x: object) -> object:
        return x

    domain = rv.Domain("things", [same, rv.constant("it", "thing", object())])
    told: list[Event] = []
    value = domain.primitives[1].value
    task = rv.Task("same", "thing -> thing", [((value,), value)])
    learned = rv.learn(
        domain, tasks=[task], iterations=3, budget=100, workers=1, callbacks=[told.append]
    )
    assert learned.recognition is None
    assert learned.solved == ["same"]
    notes = [e.note for e in told if isinstance(e, Step) and e.phase == "dreaming"]
    assert len(notes) == 1
    assert "without a guide" in notes[0]
    assert "thing -> thing" in notes[0]


def test_without_recognition_there_is_no_dream_sleep() -> None:
    learned = rv.learn(LIST, tasks=TASKS[:1], iterations=1, budget=100, recognition=False)
    assert learned.recognition is None


def test_a_training_is_in_proportion_to_the_searches() -> None:
    long, short = Config(timeout=10.0), Config(timeout=0.1, batch=10)
    assert training_for(long, 200, 1).seconds == RecognitionConfig().seconds
    assert training_for(short, 200, 1).seconds == pytest.approx(0.25)
    assert training_for(short, 200, 1).dreams < 2000
    assert training_for(Config(budget=1000), 5, 1).steps == 11
    assert training_for(long, 200, 1).seed != training_for(long, 200, 2).seed


def test_the_options_come_as_they_are_stored() -> None:
    config = Config.make(recognition={"width": 32})
    assert Config.make(**config.as_dict()) == config
    assert Config.make(recognition=False).recognition is None
    with pytest.raises(InvalidOption, match="recognition must be True, False"):
        Config.make(recognition="yes")
    with pytest.raises(rv.ReverieError, match="did you mean 'width'"):
        Config.make(recognition={"witdh": 32})


def test_dreams_and_training_share_one_bound_where_programs_run_slowly() -> None:
    import time

    @rv.primitive("int -> int -> int")
    def plus(x: int, y: int) -> int:
        time.sleep(0.002)
        return x + y

    @rv.primitive("int -> int -> int")
    def times(x: int, y: int) -> int:
        time.sleep(0.002)
        return x * y

    slow = rv.Domain("slow", [plus, times, rv.constant("1", "int", 1), rv.constant("2", "int", 2)])
    tasks = [
        rv.Task(f"t{k}", "int -> int", [((x,), k * x * x + 7 * x) for x in range(2, 6)])
        for k in range(6)
    ]
    told: list[Event] = []
    run = rv.learn(slow, tasks=tasks, iterations=1, timeout=1, workers=1, callbacks=[told.append])
    bound = 0.25 * 6
    [phase] = [e.phase for e in told if isinstance(e, PhaseEnded) and e.phase.name == "dreaming"]
    assert run.recognition is not None
    assert phase.outcome["dreams"] > 0
    assert phase.outcome["dream_seconds"] < bound + 10  # kernels are loaded in it, too
    notes = [e.note for e in told if isinstance(e, Step) and e.phase == "dreaming"]
    assert any(note.startswith("dreaming: ") and note.endswith(" dreams") for note in notes)
