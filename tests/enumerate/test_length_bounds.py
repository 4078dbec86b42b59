"""Lengths: what testing finds of a library, and that no program that meets a goal is lost."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from reverie.domains.deepcoder import domain as deepcoder
from reverie.domains.list import common, functions, rich
from reverie.dsl.calculus.terms import Abstraction
from reverie.dsl.language.decorator import primitive
from reverie.dsl.language.library import Library
from reverie.dsl.model.grammar import Grammar
from reverie.dsl.model.interpreter import Limits
from reverie.dsl.tasks.task import Task
from reverie.enumerate.bottomup.analysis.length_bounds import LengthBound, lengths_of
from reverie.enumerate.bottomup.bank import rule_tables as tables_module
from reverie.enumerate.bottomup.bank.bank import Bank, bank_layout
from reverie.enumerate.bottomup.bank.task_context import open_context
from reverie.enumerate.bottomup.ground_grammar import GroundGrammar

PRIMITIVES = {p.name: p for p in (*functions.COMMON, *functions.RICH)}
NAMES = sorted(PRIMITIVES.keys() - {"unfold", "is-prime", "is-square", "slice", "3", "4", "5"})


def named(library: Library) -> dict[str, LengthBound]:
    return {library.productions[i].name: length for i, length in lengths_of(library).items()}


def test_lengths_are_found() -> None:
    assert named(common.library) == {
        "map": LengthBound((1,), 0, True),
        "cons": LengthBound((1,), 1, True),
        "cdr": LengthBound((0,), -1, True),
    }
    assert named(rich.library)["++"] == LengthBound((0, 1), 0, True)
    assert named(rich.library)["filter"] == LengthBound((1,), 0, False)
    assert named(deepcoder.library)["ZipWith"] == LengthBound((1, 2), 0, False)
    assert "range" not in named(rich.library)


@primitive("list(int) -> list(int)")
def without_zeros(xs: list[int]) -> list[int]:
    """Leave the zeros out."""
    return [x for x in xs if x != 0]


@primitive("list(int) -> list(int)")
def at_most_nine(xs: list[int]) -> list[int]:
    """Double short lists."""
    return xs + xs if len(xs) < 5 else xs


def test_what_depends_on_more_than_lengths_is_not_believed() -> None:
    assert named(Library([without_zeros, at_most_nine])) == {
        "without_zeros": LengthBound((0,), 0, False)
    }


def test_learned_functions_have_lengths_too() -> None:
    language = Library([PRIMITIVES[name] for name in ("cons", "cdr", "if", "true")])
    both = language.parse("(lambda (cons $0 (cons $0 (cdr $1))))")
    choice = language.parse("(lambda (lambda (if $1 $0 (cdr $0))))")
    library = Library(
        language.primitives, [Abstraction(language.parse(f"(lambda {both})")), Abstraction(choice)]
    )
    found = lengths_of(library)
    assert found[4] == LengthBound((0,), 1, True)
    assert found[5] == LengthBound((1,), 0, False)


def matches(library: Library, task: Task, cost: float) -> list[str]:
    """Return all programs up to a cost that the bank finds to meet a task's outputs."""
    ground = GroundGrammar(Grammar.uniform(library), task.request)
    shown = []
    with open_context(library, Limits(), task) as context:
        bank = Bank(ground, context)
        for level in range(1, round(cost / ground.unit) + 1):
            bank.add(ground.root)
            bank.begin([*bank.steps_to(level, keep_root=False), (ground.root, level, 1)])
            code = bank_layout.PAUSED
            while code != bank_layout.DONE:
                code = bank.advance(1 << 60)
                shown += [
                    library.show(bank.build(rule, arguments, 0))
                    for rule, arguments, _ in bank.take_matches()
                ]
    return shown


GOALS = (
    lambda x: x[1:],
    lambda x: [y + 1 for y in x],
    lambda x: [x[0], *x],
    lambda x: x + x,
    lambda x: [y for y in x if y > 1],
    lambda x: x[::-1],
    lambda x: [],
)
INPUTS = ([1, 2, 3], [4, 0, 7, 2], [5], [9, 3, 3, 1, 6])


@settings(max_examples=15)
@given(st.sets(st.sampled_from(NAMES), min_size=5, max_size=9), st.sampled_from(GOALS))
def test_no_program_is_lost(names: set[str], goal: object) -> None:
    library = Library([PRIMITIVES[name] for name in sorted(names | {"cdr"})])
    task = Task("a task", "list(int) -> list(int)", [([x], goal(x)) for x in INPUTS])  # type: ignore[operator]
    found = matches(library, task, 14.0)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(tables_module, "lengths_of", lambda _: {})
        assert matches(library, task, 14.0) == found
