"""Searches keep to their time and memory, whatever the primitives of a language do."""

from __future__ import annotations

import operator
import threading
import time

import pytest

import reverie as rv
from reverie.dsl.calculus.syntax import parse_type
from reverie.dsl.language.library import Library, Primitive
from reverie.dsl.model.interpreter import Failure, Interpreter
from reverie.enumerate.bottomup import ground_grammar
from reverie.enumerate.bottomup.ground_grammar import GroundGrammar
from reverie.enumerate.native import watchdog
from reverie.enumerate.time_limits import TimeIsUp, check_time, time_limit


@rv.primitive
def slow(x: int) -> int:
    """Add one, and take its time."""
    time.sleep(0.05)
    return x + 1


@rv.primitive
def grow(xs: list[int]) -> int:
    """Double a list in place."""
    xs.extend(xs)
    return len(xs)


@pytest.mark.parametrize("search", ["top-down", "bottom-up", "auto"])
def test_slow_primitives_end_with_the_time(search: str) -> None:
    domain = rv.Domain("slow", [slow, rv.constant("1", "int", 1)])
    task = rv.Task("far", "int -> int", [((1,), -7), ((2,), -9)])
    rv.solve(domain, task, timeout=0.01, search=search)  # compiles
    began = time.monotonic()
    assert not rv.solve(domain, task, timeout=0.5, search=search).solved
    assert time.monotonic() - began < 3.5


@pytest.mark.parametrize("likelihood", [None, rv.dsl.Equality(equal=operator.eq)])
def test_heads_whose_arguments_come_to_nothing_end_with_the_time(likelihood: object) -> None:
    """A search may go on for hours between two programs."""

    def first(*arguments: object) -> object:
        return arguments[0]

    kinds = (
        "int -> grid -> bool",
        "int -> (grid -> char -> list(int) -> list(t0) -> int) -> t0",
        "((int -> char) -> real -> real -> bool) -> int -> real",
    )
    primitives = [Primitive(f"p{i}", parse_type(k), first) for i, k in enumerate(kinds)]
    options = {} if likelihood is None else {"likelihood": likelihood}
    domain = rv.Domain("barren", primitives, **options)
    task = rv.Task("far", "int -> int", [((3,), 17)])
    rv.solve(domain, task, timeout=0.01, search="top-down")  # compiles
    began = time.monotonic()
    assert not rv.solve(domain, task, timeout=0.5, search="top-down").solved
    assert time.monotonic() - began < 2


def test_a_language_of_one_head_that_costs_nothing_is_searched() -> None:
    """Each use brings another variable into scope, and the next is as cheap."""
    deeper = Primitive("deeper", parse_type("(grid -> int) -> int"), lambda f: 0)
    domain = rv.Domain("deep", [deeper])
    task = rv.Task("itself", "int -> int", [((3,), 3)])
    assert str(rv.solve(domain, task, timeout=0.5).program) == "(lambda $0)"


def test_an_argument_that_is_changed_stays_as_it_was_for_the_next_evaluation() -> None:
    library = Library([grow])
    function = Interpreter(library).function(library.parse("(lambda (grow $0))"))
    given = [1, 2]
    assert [function(given) for _ in range(40)] == [4] * 40
    assert given == [1, 2]
    assert isinstance(function([0] * 600), Failure)


def test_a_limit_left_behind_has_no_effect() -> None:
    def interrupted() -> None:
        time_limit(lambda _: True).__enter__()
        with pytest.raises(TimeIsUp):
            check_time()

    def later() -> None:
        interrupted()
        check_time()

    thread = threading.Thread(target=later)  # the limit is a thread's, and so goes with it
    thread.start()
    thread.join()
    with time_limit(lambda grace: grace < 1.0):
        check_time(2.0)
        with pytest.raises(TimeIsUp):
            check_time()
    check_time()


def test_a_watch_left_behind_interrupts_nobody(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(watchdog, "PATIENCE", 0.02)
    monkeypatch.setattr(watchdog, "_LOOKS", 0.01)
    watcher = watchdog._Watcher()
    monkeypatch.setattr(watchdog, "_watcher", watcher)
    interrupted: list[int] = []

    def left_behind() -> None:
        watchdog.watched(lambda: 7, interrupted.append).__enter__()  # and Ctrl-C came just then

    left_behind()
    assert len(watcher._watches) == 1
    end = time.monotonic() + 20
    while watcher._watches and time.monotonic() < end:
        time.sleep(0.01)
    assert not watcher._watches
    assert not interrupted


def test_instances_of_many_types_are_bounded(monkeypatch: pytest.MonkeyPatch) -> None:
    types = [f"pair(pair({a}, {b}), list({a}))" for a in ("int", "bool") for b in ("real", "char")]
    parts = [Primitive(f"c{i}", parse_type(t), lambda: None) for i, t in enumerate(types)]
    four = parse_type("t0 -> t1 -> t2 -> t3 -> int")
    library = Library([Primitive("four", four, lambda *_: 0), *parts])
    request = parse_type(f"{types[0]} -> int")
    monkeypatch.setattr(ground_grammar, "MOST_INSTANCES", 2000)
    assert GroundGrammar(rv.Grammar.uniform(library), request).root == 0
    monkeypatch.setattr(ground_grammar, "MOST_INSTANCES", 10**12)
    with pytest.raises(TimeIsUp), time_limit(lambda _: True):
        GroundGrammar(rv.Grammar.uniform(library), request)
