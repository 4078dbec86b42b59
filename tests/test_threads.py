"""Threads of one process that solve tasks of one domain at the same time."""

from __future__ import annotations

import gc
import sys
import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import reverie as rv
from reverie.domains.list import domain
from reverie.dsl.calculus.syntax import parse_type
from reverie.dsl.calculus.terms import Application, Symbol, Variable
from reverie.dsl.calculus.types import TypeConstructor
from reverie.dsl.language.library import Library, Primitive
from reverie.dsl.model.interpreter import Interpreter

THREADS = 4


def solved(task: rv.Task) -> tuple[str, int]:
    solution = rv.solve(domain, task, budget=2000)
    return str(solution.program), solution.candidates


def test_threads_find_what_one_thread_finds() -> None:
    tasks = domain.make_tasks()[:6]
    with ThreadPoolExecutor(THREADS) as threads:
        found = list(threads.map(solved, tasks * THREADS))
    assert found == [solved(task) for task in tasks] * THREADS


def test_equal_terms_and_types_are_one_whichever_thread_makes_them() -> None:
    ready = threading.Barrier(THREADS)
    interval = sys.getswitchinterval()
    sys.setswitchinterval(1e-6)

    def made(number: int) -> list[tuple[int, int]]:
        ready.wait()
        kept = []
        for k in range(300):
            head = Symbol(f"thread {k}")
            term = Application(head, Variable(2000 + k))
            kept.append((term, TypeConstructor(f"thread {k}", (TypeConstructor("int"),))))
        everything.append(kept)
        return [(id(term), id(made)) for term, made in kept]

    everything: list[object] = []
    try:
        with ThreadPoolExecutor(THREADS) as pool:
            first, *others = pool.map(made, range(THREADS))
    finally:
        sys.setswitchinterval(interval)
    assert all(other == first for other in others)
    gc.collect()


def test_an_evaluation_may_recurse_deeply_while_another_threads_ends() -> None:
    begun, ended = threading.Event(), threading.Event()

    def first() -> int:
        begun.wait(20)
        return 1

    def deep() -> int:
        begun.set()
        assert ended.wait(20)
        return deeper(5000)

    def deeper(frames: int) -> int:
        return deeper(frames - 1) if frames else 2

    def value(function: Callable[[], int]) -> Any:
        library = Library([Primitive("f", parse_type("int -> int"), lambda _: function())])
        return Interpreter(library).evaluate(library.parse("(lambda (f $0))"), [0])

    with ThreadPoolExecutor(2) as threads:
        waiting = threads.submit(value, deep)
        assert threads.submit(value, first).result() == 1
        ended.set()
        assert waiting.result() == 2
