"""How guides are measured: families stay together, and only hard tasks count."""

from __future__ import annotations

import math

import pytest

from reverie.benchmarks.recognition import Solved, family, fewer, halves, rescued, search_all
from reverie.domains.list import common
from reverie.domains.list.tasks import standard_tasks
from reverie.dsl.grammar import Grammar


def test_a_family_is_on_one_side() -> None:
    tasks = standard_tasks()
    for seed in range(3):
        seen, unseen = halves(tasks, seed)
        assert len(seen) + len(unseen) == len(tasks)
        assert not {family(t.name) for t in seen} & {family(t.name) for t in unseen}
        assert min(len(seen), len(unseen)) > len(tasks) / 5
    assert [t.name for t in halves(tasks, 0)[0]] != [t.name for t in halves(tasks, 1)[0]]


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
