"""Three tiny languages go through the same engine as any other.

They have what lists lack: values of their own with a continuation type and pictures to compare;
real numbers with noise and constants to fit; strings with constants taken from the examples.
"""

from __future__ import annotations

import math
from pathlib import Path

import pytest

import reverie as rv
from reverie.domains.registry import load_domain

FOLDER = Path(__file__).parent / "languages"
BUDGETS = {"turtle": 6000, "strings": 700}


@pytest.mark.parametrize("name", BUDGETS)
def test_a_language_learns(name: str) -> None:
    domain, budget = load_domain(str(FOLDER / f"{name}.py")), BUDGETS[name]
    run = rv.learn(
        domain, iterations=2, budget=budget, pseudo_counts=3.0, aic=0.5, structure_penalty=0.5
    )
    first, last = run.history
    assert first.solved >= 4
    assert last.known >= first.known
    # The turtle's squares share their loop; the few strings that are solved share nothing.
    assert bool(run.library.abstractions) == (name == "turtle")
    for frontier in run.frontiers.values():
        for entry in frontier.entries:
            assert math.isfinite(entry.log_prior)
            assert math.isfinite(entry.log_likelihood)


def test_constants_are_fitted_and_generalise() -> None:
    domain = load_domain(str(FOLDER / "curves.py"))
    tasks = [t for t in domain.make_tasks() if t.name in ("shift", "slope", "parabola")]
    for task in tasks:
        solution = rv.solve(domain, task, budget=15)
        assert solution.solved
        assert solution.held_out_correct
