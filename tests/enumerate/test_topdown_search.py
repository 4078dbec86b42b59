"""The top-down search: what it finds, in which order, and when it stops."""

from __future__ import annotations

import itertools
import math
import os
import threading
from contextlib import AbstractContextManager

import pytest

import reverie as rv
from reverie.domains.list.functions import COMMON
from reverie.dsl.calculus.syntax import parse_type
from reverie.dsl.language.library import Library, Primitive
from reverie.dsl.model.grammar import Grammar
from reverie.dsl.model.interpreter import Limits
from reverie.dsl.model.likelihood import Equality
from reverie.enumerate.automaton.compiled_grammar import CompiledGrammar, tables_of
from reverie.enumerate.collector import Collector
from reverie.enumerate.native.evaluator import Judge
from reverie.enumerate.native.evaluator_pool import borrow
from reverie.enumerate.native.watchdog import stopped_primitives
from reverie.enumerate.strategies import make_ready
from reverie.enumerate.strategy import Budget, SearchProblem, SearchResult
from reverie.enumerate.topdown import topdown_search
from reverie.enumerate.topdown.enumerator import TopDown
from reverie.enumerate.topdown.topdown_search import top_down

DOMAIN = rv.domains.list.domain


def search(task: rv.Task, budget: Budget, library: rv.Library | None = None) -> SearchResult:
    grammar = rv.Grammar.uniform(library or DOMAIN.library)
    return top_down(SearchProblem(task, grammar, DOMAIN.likelihood, DOMAIN.limits), budget)


def add(k: int) -> rv.Task:
    rows = [[1, 2], [], [5, 0, 7]]
    return rv.Task(
        f"add {k}", "list(int) -> list(int)", [((row,), [x + k for x in row]) for row in rows]
    )


def test_programs_come_best_first_with_their_exact_prior() -> None:
    found = search(add(1), Budget(candidates=20_000))
    assert [str(e.program) for e in found.frontier.entries[:2]] == [
        "(lambda (map (lambda (+ 1 $0)) $0))",
        "(lambda (map (lambda (+ $0 1)) $0))",
    ]
    grammar = rv.Grammar.uniform(DOMAIN.library)
    joints = [entry.log_joint for entry in found.frontier.entries]
    assert joints == sorted(joints, reverse=True)
    for entry in found.frontier.entries:
        request = found.frontier.task.request
        assert entry.log_prior == pytest.approx(grammar.log_prior(entry.program, request), abs=1e-9)
        assert entry.log_likelihood == 0.0
        assert 0 < entry.candidates <= found.candidates <= 20_000


def test_native_and_reference_evaluation_find_the_same() -> None:
    budget = Budget(candidates=8_000)
    native = search(add(1), budget)
    # A likelihood that observes values is judged by the reference interpreter alone.
    problem = SearchProblem(
        add(1),
        rv.Grammar.uniform(DOMAIN.library),
        Equality(observe=lambda value: value),
        DOMAIN.limits,
    )
    reference = top_down(problem, budget)
    assert [e.program for e in native.frontier.entries] == [
        e.program for e in reference.frontier.entries
    ]
    assert native.candidates == reference.candidates


def test_the_budget_of_candidates_is_kept_and_gives_the_same_again() -> None:
    impossible = rv.Task("no", "int -> int", [((0,), 1), ((0,), 2)])
    first, second = (search(impossible, Budget(candidates=5_000)) for _ in range(2))
    assert first.candidates == second.candidates == 5_000
    assert first.frontier.best is None
    assert first.depth == second.depth > 0


def test_the_budget_of_seconds_is_kept() -> None:
    impossible = rv.Task("no", "int -> int", [((0,), 1), ((0,), 2)])
    search(impossible, Budget(candidates=10))  # compiles
    found = search(impossible, Budget(seconds=0.3))
    assert found.seconds < 5.0
    assert found.candidates > 1_000


def test_a_finite_language_is_exhausted() -> None:
    library = rv.Library([rv.constant("0", "int", 0), rv.constant("1", "int", 1)])
    found = search(rv.Task("two", "int", [((), 2)]), Budget(), library)
    assert found.candidates == 2
    assert found.frontier.best is None
    assert math.isfinite(found.depth)


def test_abstractions_of_any_form_are_searched() -> None:
    library = DOMAIN.library.extend(
        DOMAIN.library.parse("#(+ 1)"), DOMAIN.library.parse("#(lambda (#(+ 1) (#(+ 1) $0)))")
    )
    found = search(add(4), Budget(candidates=40_000), library)
    assert found.frontier.best is not None
    assert "fn_1" in library.show(found.frontier.best.program)


def test_what_is_passed_over_unconsidered_is_no_solution() -> None:
    """A judge lets the same programs through as evaluating all of them does."""
    library = Library(COMMON)
    request = parse_type("list(int) -> list(int)")
    search = TopDown(CompiledGrammar(Grammar.uniform(library), request))
    inputs = [[3, 1, 2], [], [5, 2, 7, 1]]
    wanted = [[[], [], []], [[4, 2, 3], [], [6, 3, 8, 2]], [[3], [], [5]], inputs]
    for outputs in wanted:
        with borrow(library, Limits()) as evaluator:
            examples = evaluator.examples([(x,) for x in inputs], outputs)
            search.window(0.0, 17.0)
            every: list[tuple[int, ...]] = []
            while len(batch := search.next_batch()):
                every += [
                    tuple(batch.tokens[batch.starts[i] : batch.starts[i + 1]])
                    for i in evaluator.run(batch.tokens, batch.starts, examples)
                ]
            judge, considered = evaluator.judge(examples), 0
            some: list[tuple[int, ...]] = []
            search.window(0.0, 17.0)
            while not search.is_done:
                batch = search.next_batch(judge)
                considered += search.considered
                some += [tuple(batch.tokens[a:b]) for a, b in itertools.pairwise(batch.starts)]
        search.window(0.0, 17.0)
        assert some == every
        assert 0 < considered < search.count()


def test_batches_of_any_size_consider_the_same() -> None:
    library = Library(COMMON)
    inputs = [[3, 1, 2], [], [5, 2, 7, 1]]
    search = TopDown(
        CompiledGrammar(Grammar.uniform(library), parse_type("list(int) -> list(int)"))
    )
    found = []
    for sizes in ([4096], [1], [7, 1, 100], [0]):  # 0: a batch that another thread ends
        with borrow(library, Limits()) as evaluator:
            judge = evaluator.judge(evaluator.examples([(x,) for x in inputs], inputs))
            search.window(0.0, 14.0)
            considered, passed = 0, []
            for size in itertools.cycle(sizes):
                if size == 0:
                    search.hurry()
                batch = search.next_batch(judge, size or None)
                assert search.considered <= (size or 1)
                considered += search.considered
                passed += [tuple(batch.tokens[a:b]) for a, b in itertools.pairwise(batch.starts)]
                if search.is_done:
                    break
        found.append((considered, passed))
    assert found[0][0] > 1000
    assert found[0][1]
    assert found.count(found[0]) == len(found)


def test_the_size_of_batches_follows_the_time_they_take() -> None:
    problem = SearchProblem(
        add(1), rv.Grammar.uniform(DOMAIN.library), DOMAIN.likelihood, DOMAIN.limits
    )
    run = topdown_search._Run(problem, Collector(problem, Budget(), "top-down"))
    start = run._size
    run._choose_size(start, start, 1e-4)
    assert run._size == 2 * start
    run._choose_size(start // 2, start // 2, 1e-4)  # too small a batch to tell
    assert run._size == 2 * start
    for _ in range(40):
        run._choose_size(run._size, run._size, 1e-4)
    assert run._size == topdown_search.BATCH
    for _ in range(40):
        run._choose_size(run._size, run._size, 3.0)
    assert run._size == 1


def test_tasks_of_one_request_share_tables_and_find_the_same() -> None:
    grammar = rv.Grammar.uniform(DOMAIN.library)

    def found(k: int, budget: Budget) -> SearchResult:
        return top_down(SearchProblem(add(k), grammar, DOMAIN.likelihood, DOMAIN.limits), budget)

    first = found(1, Budget(candidates=5_000))
    request = first.frontier.task.request
    assert tables_of(grammar, request).bound > 9.0
    found(3, Budget(candidates=30_000))
    again = found(1, Budget(candidates=5_000))
    assert again.candidates == first.candidates
    assert again.depth == first.depth
    assert [(e.program, e.log_joint, e.candidates) for e in again.frontier.entries] == [
        (e.program, e.log_joint, e.candidates) for e in first.frontier.entries
    ]
    assert tables_of(rv.Grammar.uniform(DOMAIN.library), request).bound == 0.0


def test_threads_find_what_one_thread_finds() -> None:
    rows = [[3, 1, 2], [], [5, 2, 7, 1]]
    task = rv.Task(
        "cubes", "list(int) -> list(int)", [((row,), [x**3 for x in row]) for row in rows]
    )
    one = search(task, Budget(solutions=2))
    assert one.depth > 12.0
    assert len(one.frontier.entries) == 2
    for threads in (3, 4 + (os.cpu_count() or 1)):
        several = search(task, Budget(solutions=2, threads=threads))
        assert several.depth == one.depth
        assert [(e.program, e.log_joint) for e in one.frontier.entries] == [
            (e.program, e.log_joint) for e in several.frontier.entries
        ]
        assert several.candidates > 4096  # so that there was something to share


def test_threads_that_get_no_memory_do_not_help(monkeypatch: pytest.MonkeyPatch) -> None:
    judge_of = topdown_search._judge_of

    def scarce(problem: SearchProblem) -> AbstractContextManager[Judge | None]:
        if threading.current_thread() is not threading.main_thread():
            raise MemoryError
        return judge_of(problem)

    monkeypatch.setattr(topdown_search, "_judge_of", scarce)
    impossible = rv.Task("no", "list(int) -> int", [(([0],), 1), (([0],), 2)])
    found = search(impossible, Budget(seconds=0.5, threads=3))
    assert found.candidates > 4096


def test_threads_end_when_time_is_over() -> None:
    impossible = rv.Task("no", "list(int) -> int", [(([0],), 1), (([0],), 2)])
    found = search(impossible, Budget(seconds=0.5, threads=2))
    assert 0.4 < found.seconds < 5.0
    assert found.candidates > 4096


def spin(n: int) -> int:
    """Go round for ever if that is asked for."""
    while n > 19:
        pass
    return n


def test_what_another_thread_had_to_stop_is_noted() -> None:
    # Only long programs get beyond 19, so that all threads are at work by then.
    library = rv.Library(
        [
            Primitive("spin", parse_type("int -> int"), spin),
            Primitive("+", parse_type("int -> int -> int"), lambda a, b: a + b),
            rv.constant("1", "int", 1),
        ]
    )
    impossible = rv.Task("no", "int -> int", [((5,), -1)])
    make_ready(library, DOMAIN.likelihood, DOMAIN.limits)
    stopped_primitives()
    found = search(impossible, Budget(seconds=1.0, threads=2), library)
    assert found.frontier.best is None
    assert found.depth > 9.0
    assert list(stopped_primitives()) == ["spin"]
