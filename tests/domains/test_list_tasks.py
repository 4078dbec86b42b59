"""The list tasks: what the names say, the same from the same seed, and solvable."""

import json
from pathlib import Path

import pytest

from reverie.domains import list as lists
from reverie.domains.list.routines import FAMILIES, ORIGAMI, Routine, members
from reverie.domains.list.tasks import all_tasks, make_task, origami_tasks, standard_tasks
from reverie.dsl.model.interpreter import Interpreter
from reverie.dsl.support.errors import UnknownName
from reverie.dsl.tasks.task import Task

LIST = {r.name: r for family in FAMILIES for r in members(family)}
ORIGAMI_ROUTINES = {r.name: r for family in ORIGAMI for r in members(family)}

# Published under a name that says something else: there 0 and 1 are kept, and counts end at 2.
MISNAMED = {"remove non-positives", "countdown"}

PROGRAMS = {
    "add-k with k=1": "(lambda (map (lambda (+ 1 $0)) $0))",
    "append-k with k=0": "(lambda (fold $0 (cons 0 empty) (lambda (lambda (cons $1 $0)))))",
    "keep primes": "(lambda (fold $0 empty (lambda (lambda (if (is-prime $1) (cons $1 $0) $0)))))",
    "sum": "(lambda (fold $0 0 (lambda (lambda (+ $0 $1)))))",
    "index-head": "(lambda (index (car $0) $0))",
    "max": "(lambda (fold $0 0 (lambda (lambda (if (gt? $1 $0) $1 $0)))))",
    "tail": "(lambda (cdr $0))",
    "range": "(lambda (range $0))",
}


def solves(task: Task, text: str) -> bool:
    library = lists.common.library
    score = lists.common.likelihood.scorer(
        task, [*task.examples, *task.held_out], Interpreter(library)
    )
    return score(library.parse(text))[0] == 0.0


@pytest.mark.parametrize(
    "routine", [*LIST.values(), *ORIGAMI_ROUTINES.values()], ids=lambda r: r.name
)
def test_examples_are_what_the_routine_computes(routine: Routine) -> None:
    task = make_task(routine, seed=3)
    examples = [*task.examples, *task.held_out]
    assert len(task.examples) == 15
    assert task.held_out
    assert all(routine.function(*e.inputs) == e.output for e in examples)
    assert len({repr(e.inputs) for e in examples}) == len(examples)
    if task.name != "is-mod-k with k=1" and not task.name.endswith("n=1"):
        assert len({repr(e.output) for e in task.examples}) > 1


def test_a_seed_gives_its_tasks() -> None:
    def written(tasks: list[Task]) -> list[str]:
        return [repr((t, t.examples, t.held_out)) for t in tasks]

    assert written(standard_tasks(5)) == written(standard_tasks(5))
    assert written(standard_tasks(5)) != written(standard_tasks(6))
    # One task alone is what it is among others.
    assert written([make_task("sort", 5)])[0] in written(standard_tasks(5))


def test_the_standard_set() -> None:
    tasks = lists.common.make_tasks(seed=0)
    assert 70 <= len(tasks) <= 110
    assert {str(t.request) for t in tasks} >= {
        "list(int) -> list(int)",
        "list(int) -> int",
        "list(int) -> bool",
        "list(int) -> list(bool)",
        "int -> list(int)",
    }
    assert {t.name for t in tasks} <= {t.name for t in all_tasks()}
    assert len(lists.origami.make_tasks()) == len(origami_tasks()) == 20


@pytest.mark.parametrize("name", PROGRAMS)
def test_a_program_solves_its_task(name: str) -> None:
    assert solves(make_task(name), PROGRAMS[name])


def test_a_wrong_program_does_not() -> None:
    assert not solves(make_task("last"), "(lambda (car $0))")


def test_an_unknown_routine_has_a_suggestion() -> None:
    with pytest.raises(UnknownName, match="did you mean 'take-k with k=1'"):
        make_task("take-k with k=11")


@pytest.mark.parametrize(
    ("file", "routines"), [("list.json", LIST), ("origami.json", ORIGAMI_ROUTINES)]
)
def test_the_names_mean_what_they_meant(
    data: Path, file: str, routines: dict[str, Routine]
) -> None:
    for task in json.loads((data / "tasks" / file).read_text(encoding="utf-8")):
        if task["name"] not in MISNAMED:
            routine = routines[task["name"]]
            assert routine.request == task["request"]
            for example in task["examples"]:
                assert routine.function(*example["inputs"]) == example["output"], task["name"]
