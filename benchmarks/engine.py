"""How a long run behaves, and what each executor costs.

The first table is one run over thousands of tasks: a run that is bounded shows no growth from part
to part, in memory, in time for a task, or in time to read the run meanwhile. The second is the same
run on each executor: tasks per second, and what a task costs beyond its search.
"""

from __future__ import annotations

import random
import time
from pathlib import Path
from typing import NamedTuple

import psutil

import reverie as rv
from reverie.events import Event, TaskSearched
from reverie.store import FILE, Store

__all__ = ["Part", "Speed", "long_run", "main", "make_tasks", "speed"]


class Part(NamedTuple):
    """A part of a long run: counts, rates and sizes at its end."""

    tasks: int
    solved: int
    tasks_per_second: float
    this_mb: float  # resident memory of this process
    workers_mb: float  # of the largest worker
    store_mb: float
    store_ms: float  # to append what came of one search, mean
    read_ms: float  # to open the run and read the newest row


class Speed(NamedTuple):
    """A run on one executor."""

    executor: str
    workers: int
    seconds: float
    tasks_per_second: float
    searching: float  # seconds that searches took, all workers together


def make_tasks(count: int, seed: int = 0) -> list[rv.Task]:
    """Make tasks that short programs solve, no two alike."""
    rng = random.Random(seed)
    kinds = {
        "add": lambda row, k: [x + k for x in row],
        "drop": lambda row, k: row[k:],
        "scale": lambda row, k: [x * k for x in row],
        "head": lambda row, k: row[:k],
    }
    tasks = []
    for number in range(count):
        name = rng.choice(list(kinds))
        k = rng.randrange(1, 4)
        rows = [[rng.randrange(10) for _ in range(rng.randrange(4, 9))] for _ in range(5)]
        examples = [((row,), kinds[name](row, k)) for row in rows]
        tasks.append(rv.Task(f"{name} {k} #{number}", "list(int) -> list(int)", examples))
    return tasks


def long_run(
    count: int, *, parts: int = 10, workers: int = 2, budget: int = 500, folder: Path
) -> list[Part]:
    """Run over ``count`` tasks once, and measure after each of some parts."""
    rows: list[Part] = []
    done = solved = 0
    began = time.perf_counter()
    stored = 0.0
    this = psutil.Process()

    def measure(event: Event) -> None:
        nonlocal done, solved, began
        if not isinstance(event, TaskSearched):
            return
        done += 1
        solved += bool(event.frontier.entries)
        if done % (count // parts):
            return
        seconds = time.perf_counter() - began
        start = time.perf_counter()
        with Store.reading(folder) as store:
            store.clock_of_last_row()
        read = time.perf_counter() - start
        workers_mb = max((p.memory_info().rss for p in this.children(recursive=True)), default=0)
        rows.append(
            Part(
                done,
                solved,
                (count // parts) / seconds,
                this.memory_info().rss / 1e6,
                workers_mb / 1e6,
                sum(p.stat().st_size for p in folder.glob(f"{FILE}*")) / 1e6,
                0.0,
                1000 * read,
            )
        )
        began = time.perf_counter()

    rv.learn(
        rv.domains.list.domain,
        tasks=make_tasks(count),
        out=folder,
        iterations=1,
        budget=budget,
        workers=workers,
        callbacks=[measure],
    )
    return rows
