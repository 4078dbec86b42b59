"""What goal tables win."""

from __future__ import annotations

import itertools

import pytest
from goal_tables import LIBRARY, problem

from reverie.dsl.model.interpreter import Interpreter
from reverie.enumerate.bottomup.bottomup_search import _collector, _prepared, bottom_up
from reverie.enumerate.bottomup.deduction.agenda import BackwardSearch
from reverie.enumerate.strategy import Budget

LISTS = [[3, 1, 8, 2, 5], [7, 4], [0, 9, 6, 1], [12, 5, 3, 10, 2, 7]]


@pytest.mark.parametrize(
    ("request_type", "function", "inputs", "deep"),
    [
        (
            "list(int) -> list(int)",
            lambda x: [v // 2 if v % 2 == 0 else v + 1 for v in x],
            [(x,) for x in LISTS],
            28,
        ),
        (
            "list(int) -> list(int)",
            lambda x: [m - v for m, v in zip(itertools.accumulate(x, max), x, strict=True)],
            [(x,) for x in LISTS],
            28,
        ),
        (
            "int -> int -> int -> int",
            lambda a, b, c: a * b - c,
            [(2, 3, 4), (5, 1, 9), (7, 6, 0)],
            15,
        ),
        (
            "list(int) -> list(int) -> list(int) -> list(int)",
            lambda x, y, z: [a + b + c for a, b, c in zip(x, y, z, strict=True)],
            [(x, x[::-1], sorted(x)) for x in LISTS],
            28,
        ),
        (
            "list(int) -> list(int) -> list(int)",
            lambda x, y: [a + b for a, b in zip(x, y, strict=True) if (a + b) % 2 == 0],
            [(x, sorted(x)[1:] + x[:1]) for x in LISTS],
            24,
        ),
    ],
)
def test_solves_what_lies_deep(
    request_type: str, function: object, inputs: list[tuple[object, ...]], deep: float
) -> None:
    asked = problem(request_type, function, inputs)
    found = bottom_up(asked, Budget(candidates=400_000))
    best = found.frontier.best
    assert best is not None
    assert best.description_length > deep
    assert best.log_prior == pytest.approx(
        asked.grammar.log_prior(best.program, asked.task.request)
    )


def test_a_program_that_ignores_an_input_has_to_be_much_better() -> None:
    inputs = [(3, [3, 0, 3, 5]), (3, [1, 3]), (3, [3, 3, 2])]
    asked = problem(
        "int -> list(int) -> list(int)",
        lambda k, x: [0 if v == k else v for v in x],
        inputs,  # type: ignore[arg-type]
    )
    found = bottom_up(asked, Budget(candidates=300_000))
    best = found.frontier.best
    assert best is not None
    assert best.penalty == 0  # it uses both
    assert [e.log_joint for e in found.frontier.entries] == sorted(
        (e.log_joint for e in found.frontier.entries), reverse=True
    )


def test_goal_tables_keep_to_the_memory_and_the_search_does_without(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    asked = problem(
        "list(int) -> list(int) -> int",
        lambda x, y: sum(x) * 7 - sum(y) * y[0] * 5 + max(x) * len(y) + 1234,
        [(x, x[::-1]) for x in LISTS],
    )
    budget = Budget(candidates=150_000)
    with _prepared(asked, _collector(asked, budget), 2) as run:
        enough = run.run()
        assert run.completing
        members = run.goals.completer.candidates_of(run.bank.ground.root, 10)
        assert run.goals.bytes >= sum(part.nbytes for part in members) >= 8 * run.bank.kept
        run.goals.completer.forget()
        assert run.goals.bytes < 8 * run.bank.kept
    monkeypatch.setattr(BackwardSearch, "bytes", 3 * 10**9)
    with _prepared(asked, _collector(asked, budget), 2) as run:
        fewer = run.run()
        assert not run.completing
        assert run.goals.completer.effort < 10**6
    assert (fewer.candidates, fewer.depth) == (enough.candidates, enough.depth)


def test_nothing_is_begun_when_it_is_late() -> None:
    asked = problem(
        "list(int) -> list(int) -> list(int)",
        lambda x, y: [a * b + 1 for a, b in zip(x, y, strict=True)],
        [(x, x[::-1]) for x in LISTS],
    )
    with _prepared(asked, _collector(asked, Budget(candidates=20_000)), 2) as run:
        run.completing = False
        run.run()
        late = BackwardSearch(run.bank, Interpreter(LIBRARY), lambda: True)
        assert not any(late.work(10**9, 10**6))
        assert len(late.subgoals.goals) == 1
        early = BackwardSearch(run.bank, Interpreter(LIBRARY), lambda: False)
        list(early.work(20_000, 10**6))
        assert len(early.subgoals.goals) > 1
