"""Where searches run: in this process, in worker processes, or on a Ray cluster."""

from __future__ import annotations

import os
import time

from ..display.progress import Progress
from ..dsl import Domain, Grammar
from ..run.config import Config
from .cluster import Ray
from .executor import Executor, Serial
from .processes import Processes

__all__ = [
    "Executor",
    "Processes",
    "Ray",
    "Serial",
    "available_cores",
    "make_executor",
    "prepare",
]


def make_executor(domain: Domain, config: Config) -> Executor:
    """Return the executor that ``config`` asks for.

    Raises:
        ReverieError: if it cannot be had: Ray is not installed, or not to be reached.
    """
    kind = config.executor
    if kind == "serial" or (kind == "auto" and config.workers == 1):
        return Serial(domain, memory=config.memory)
    if kind == "ray":
        return Ray(domain, config.workers, config.address, memory=config.memory)
    return Processes(domain, config.workers, memory=config.memory)


def prepare(executor: Executor, grammar: Grammar, told: Progress) -> None:
    """Compile what searches need, and say so: the first time it takes a while."""
    began = time.perf_counter()
    told.start("compiling (kept for the next time)", 1)
    executor.prepare(grammar)
    told.finish(f"{time.perf_counter() - began:.1f} s")


def available_cores() -> int:
    """Return how many cores this process may use."""
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1
