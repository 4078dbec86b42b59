"""Boards and what completes goals on them, against the interpreter."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np
import pytest
from goal_tables import LIBRARY, MEANING, is_met, problem
from hypothesis import assume, given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

from reverie.dsl.calculus.terms import Lambda
from reverie.dsl.calculus.types import INT
from reverie.dsl.model.interpreter import Failure, Interpreter
from reverie.enumerate.bottomup.bottomup_search import _collector, _prepared
from reverie.enumerate.bottomup.deduction.completer import Completer, Operation
from reverie.enumerate.bottomup.deduction.row_kinds import CONDITION, VALUE
from reverie.enumerate.bottomup.deduction.value_matrix import ValueMatrix
from reverie.enumerate.native.memory.word_layout import ERROR, TRUE
from reverie.enumerate.strategy import Budget


def test_replay_gives_the_values_of_the_reference_interpreter() -> None:
    inputs = [([3, 1, 2],), ([5, -4],), ([0, 7, 7, 2],)]
    asked = problem("list(int) -> list(int)", lambda x: x, inputs)  # type: ignore[arg-type]
    interpreter = Interpreter(LIBRARY)
    with _prepared(asked, _collector(asked, Budget(candidates=100_000)), 2) as run:
        run.checking = False
        run.run()
        bank, completer = run.bank, run.goals.completer
        heap = bank.context.heap
        number = next(
            n for n in bank.rule_tables.known if bank.ground.states[n].scope == (INT,)
            and bank.ground.states[n].type is INT
        )  # fmt: skip
        points = []
        given = [(0, -9), (1, 4), (2, 31), (0, 3)]
        for example, x in given:
            cell = heap.allocate(2)
            heap.memory[cell] = x
            heap.memory[cell + 1] = bank.context.points((), bank.ground.universe)[example][1]
            points.append((example, cell))
        heap.keep()
        candidates = completer.candidates_of(number, 80)
        matrix = np.empty((len(candidates.nodes), len(points)), np.int64)
        bank.replay(candidates.nodes, candidates.row, np.array(points, np.int64), matrix)
        assert len(matrix) > 600
        rng = np.random.default_rng(0)
        for r in rng.choice(len(matrix), 300, replace=False).tolist():
            run_one = interpreter.function(
                Lambda(Lambda(bank.term_at(int(candidates.nodes[r]), 1)))
            )
            for p, (example, x) in enumerate(given):
                expected = run_one(*inputs[example], x)
                word = int(matrix[r, p])
                if isinstance(expected, Failure):
                    assert word == ERROR
                elif word != ERROR:  # a closed part may be beyond the language's bounds
                    assert heap.decode(word) == expected


Filled = tuple[Completer, int, NDArray[np.int64], list[tuple[list[int], int]]]
"""A completer, a state, its points, and for each the input and the variable."""


@pytest.fixture(scope="module")
def filled() -> Iterator[Filled]:
    """Give a completer over a bank, the state of functions' bodies, and points for it."""
    inputs = [([3, 1, 2],), ([5, -4],), ([0, 7, 7, 2],)]
    asked = problem("list(int) -> list(int)", lambda x: x, inputs)  # type: ignore[arg-type]
    with _prepared(asked, _collector(asked, Budget(candidates=20_000)), 2) as run:
        run.checking = False
        run.run()
        bank = run.bank
        heap = bank.context.heap
        number = next(
            n for n in bank.rule_tables.known if bank.ground.states[n].scope == (INT,)
            and bank.ground.states[n].type is INT
        )  # fmt: skip
        points, meaning = [], []
        for example, x in [(0, -9), (1, 4), (2, 0), (0, 3), (1, 7), (2, 12)]:
            cell = heap.allocate(2)
            heap.memory[cell] = x
            heap.memory[cell + 1] = bank.context.points((), bank.ground.universe)[example][1]
            points.append((example, cell))
            meaning.append((inputs[example][0], x))
        heap.keep()
        yield run.goals.completer, number, np.array(points, np.int64), meaning


def rows_of(filled: Filled, limit: int) -> tuple[ValueMatrix, list[int]]:
    """Return the rows that are values everywhere, and which they are, cheapest first."""
    completer, number, points, _ = filled
    candidates = completer.candidates_of(number, limit)
    matrix = ValueMatrix.of(completer.bank, candidates, points)
    whole = np.flatnonzero(matrix.kinds == VALUE)
    return matrix, whole[np.argsort(matrix.costs[whole], kind="stable")].tolist()


@settings(max_examples=60, deadline=None)
@given(st.data())
def test_completions_are_right_and_none_that_is_cheaper_is_missed(
    filled: Filled, data: st.DataObject
) -> None:
    completer, number, points, meaning = filled
    limit = 40
    matrix, whole = rows_of(filled, limit)
    operations = completer.operations(number)
    peeled = st.sampled_from(whole[:24])
    any_row = st.sampled_from(whole[:200])

    def applied(one: Operation, known: NDArray[np.int64], other: NDArray[np.int64]) -> list[Any]:
        return [MEANING[one.kind](x, y) for x, y in zip(known, other, strict=True)]

    exact = [one for one in operations.inverses if one.kind <= 3]
    inner = data.draw(st.sampled_from(exact))
    x, y = data.draw(any_row), data.draw(any_row)
    made = applied(inner, matrix.values[x], matrix.values[y])
    cost = inner.cost + int(matrix.costs[x] + matrix.costs[y])
    around = data.draw(st.sampled_from(["nothing", "an operation", "a choice"]))
    if around == "an operation":
        outer, z = data.draw(st.sampled_from(operations.inverses)), data.draw(peeled)
        made = applied(outer, matrix.values[z], np.array(made))
        cost += outer.cost + int(matrix.costs[z])
    elif around == "a choice":
        (_, spent), *_ = operations.choices
        conditions = np.flatnonzero(matrix.kinds == CONDITION)
        condition = int(conditions[matrix.costs[conditions].argmin()])
        z = data.draw(peeled)
        kept = matrix.values[condition] == TRUE
        made = [int(v) if k else w for k, v, w in zip(kept, matrix.values[z], made, strict=True)]
        cost += spent + int(matrix.costs[condition] + matrix.costs[z])
    assume(None not in made and all(abs(v) < 10**6 for v in made))
    if around == "nothing" and data.draw(st.booleans()):
        low = np.array([v - w for v, w in zip(made, (0, 0, 1, 0, 9, 0), strict=True)], np.int64)
        high = np.array([v + w for v, w in zip(made, (0, 0, 0, 0, 2, 0), strict=True)], np.int64)
    else:
        low = high = np.array(made, np.int64)
    found = completer.complete(number, points, low, high, limit, 10**6)
    interpreter = Interpreter(LIBRARY)
    for proposal in found:
        run = interpreter.function(Lambda(Lambda(proposal.build())))
        values = [run(*given) for given in meaning]
        assert is_met(tuple(values), list(zip(low.tolist(), high.tolist(), strict=True)))
    assert [p.cost for p in found] == sorted(p.cost for p in found)
    # Zeros leave factors open, and then there may be too few points to look a pair up by.
    is_open = inner.kind == 3 and 0 in matrix.values[x]
    if not is_open and (around != "an operation" or outer.kind <= 2):
        assert found
        assert found[0].cost <= cost
