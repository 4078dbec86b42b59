"""How a long run behaves, and what each executor costs.

The first table is one round over thousands of tasks, wake and sleep. Bounded means that nothing
grows from part to part but the file: neither memory, nor the time for a task, nor the time that
somebody who reads the run meanwhile has to wait. The second is the same wake on each executor.
"""

from __future__ import annotations

import os
import random
import tempfile
import time
from collections.abc import Callable
from importlib.util import find_spec
from pathlib import Path
from typing import NamedTuple

import reverie as rv
from reverie.dsl import ReverieError
from reverie.run import Event, PhaseEnded, TaskSearched
from reverie.store import FILE, Store

__all__ = ["Part", "Speed", "long_run", "main", "make_tasks", "speed"]

LONG = 10_000
SHORT = 600


class Part(NamedTuple):
    """A part of a long run: counts, rates and sizes at its end."""

    tasks: int
    solved: int
    tasks_per_second: float
    this_mb: float  # resident memory of this process
    worker_mb: float  # and of the largest worker
    file_mb: float
    reading_ms: float  # to open the run and read how far it is


class Speed(NamedTuple):
    """A wake on one executor, compiling and starting left out."""

    executor: str
    workers: int
    seconds: float
    searching: float  # the part that workers were searching, of all their time

    @property
    def tasks_per_second(self) -> float:
        return SHORT / self.seconds

    @property
    def overhead_ms(self) -> float:
        """What a task costs a worker beyond its search."""
        return 1000 * (1 - self.searching) * self.seconds * self.workers / SHORT


def make_tasks(count: int, seed: int = 0) -> list[rv.Task]:
    """Make tasks that short programs solve, no two alike."""
    rng = random.Random(seed)
    kinds: dict[str, Callable[[list[int], int], list[int]]] = {
        "add": lambda row, k: [x + k for x in row],
        "drop": lambda row, k: row[k:],
        "scale": lambda row, k: [x * k for x in row],
        "take": lambda row, k: row[:k],
    }
    tasks = []
    for number in range(count):
        name, k = rng.choice(list(kinds)), rng.randrange(1, 4)
        rows = [[rng.randrange(10) for _ in range(rng.randrange(4, 9))] for _ in range(5)]
        examples = [((row,), kinds[name](row, k)) for row in rows]
        tasks.append(rv.Task(f"{name} {k} #{number}", "list(int) -> list(int)", examples))
    return tasks


def long_run(folder: Path, count: int = LONG, parts: int = 10) -> tuple[list[Part], float]:
    """Run over ``count`` tasks once with two workers.

    Returns:
        What was measured after each part, and the seconds of the sleep that followed.
    """
    import psutil

    rows: list[Part] = []
    sleep = 0.0
    done = solved = 0
    began = time.perf_counter()
    this = psutil.Process()

    def measure(event: Event) -> None:
        nonlocal done, solved, began, sleep
        if isinstance(event, PhaseEnded) and event.phase.name == "abstraction":
            sleep = event.phase.seconds
        if not isinstance(event, TaskSearched):
            return
        done += 1
        solved += bool(event.frontier.entries)
        if done % (count // parts):
            return
        now = time.perf_counter()
        with Store.reading(folder) as store:
            store.clock_of_last_row()
        reading = time.perf_counter() - now
        children = this.children(recursive=True)
        rows.append(
            Part(
                done,
                solved,
                (count // parts) / (now - began),
                this.memory_info().rss / 1e6,
                max(child.memory_info().rss for child in children) / 1e6,
                sum(path.stat().st_size for path in folder.glob(f"{FILE}*")) / 1e6,
                1000 * reading,
            )
        )
        began = time.perf_counter()

    rv.learn(
        rv.domains.list.domain,
        tasks=make_tasks(count),
        out=folder,
        iterations=1,
        budget=500,
        recognition=False,
        workers=2,
        callbacks=[measure],
    )
    return rows, sleep


def speed(executor: str, workers: int, count: int = SHORT) -> Speed:
    """Time a wake over ``count`` tasks."""
    seconds = searched = 0.0

    def measure(event: Event) -> None:
        nonlocal seconds, searched
        if isinstance(event, TaskSearched):
            searched += event.found.seconds
        elif isinstance(event, PhaseEnded) and event.phase.name == "wake":
            seconds = event.phase.seconds

    with tempfile.TemporaryDirectory() as folder:
        rv.learn(
            rv.domains.list.domain,
            tasks=make_tasks(count),
            out=Path(folder) / "run",
            iterations=1,
            budget=3000,
            workers=workers,
            executor=executor,
            compression=False,
            recognition=False,
            callbacks=[measure],
        )
    return Speed(executor, workers, seconds, searched / (workers * seconds))


def main() -> None:
    """Print both tables."""
    if find_spec("psutil") is None:
        raise ReverieError(
            "this benchmark needs psutil, which is not installed: pip install psutil"
        )
    with tempfile.TemporaryDirectory() as name:
        rows, sleep = long_run(Path(name) / "run")
    print(f"one round over {LONG} tasks, budget 500, two workers")
    print(" tasks  solved  tasks/s  this MB  worker MB  file MB  reading ms")
    for row in rows:
        print("{:6d}  {:6d}  {:7.1f}  {:7.1f}  {:9.1f}  {:7.2f}  {:10.2f}".format(*row))
    print(f"sleep {sleep:.1f} s\n")
    kinds = [("serial", 1), ("processes", 1), ("processes", 2)]
    if find_spec("ray") is not None:
        os.environ.setdefault("RAY_USAGE_STATS_ENABLED", "0")
        kinds += [("ray", 1), ("ray", 2)]
    print(f"a wake over {SHORT} tasks, budget 3000")
    print("executor   workers  seconds  tasks/s  overhead ms/task")
    for kind, workers in kinds:
        found = speed(kind, workers)
        print(
            f"{kind:9s}  {workers:7d}  {found.seconds:7.2f}  {found.tasks_per_second:7.1f}  "
            f"{found.overhead_ms:16.2f}"
        )


if __name__ == "__main__":
    main()
