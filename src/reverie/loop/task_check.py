"""What tasks a person means, and what is told of them before they are searched."""

from __future__ import annotations

import logging
import os
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

from ..domains.task_files import read_tasks
from ..dsl import Domain, Excess, InvalidTask, Task, excesses
from ..unsolvable_tasks import reasons_not_to_be_solved

__all__ = ["as_tasks", "warn_of_tasks"]

logger = logging.getLogger(__name__)

MOST_TOLD = 5
"""Tasks that are named; of others only their number is told."""


def as_tasks(given: Any) -> list[Task]:
    """Return the tasks that are meant by tasks, one task, or the path of a file or folder of them.

    Raises:
        InvalidTask: if it is none of these.
    """
    if isinstance(given, Task):
        return [given]
    if isinstance(given, (str, os.PathLike)):
        return read_tasks(Path(given))
    if isinstance(given, Iterable) and not isinstance(given, Mapping):
        return list(given)
    raise InvalidTask(
        f"tasks must be a list of Task(name, request, examples), or the path of a file of them; "
        f"got {given!r:.60}"
    )


def warn_of_tasks(domain: Domain, tasks: Iterable[Task]) -> None:
    """Log which tasks no program can solve, or none that computes what they ask for."""
    tasks = list(tasks)
    _warn_of_reasons(domain, tasks)
    _warn_of_limits(domain, tasks)


def _warn_of_reasons(domain: Domain, tasks: Iterable[Task]) -> None:
    """Log which tasks no program can solve, and why; they are searched all the same."""
    found = [
        reason for task in tasks for reason in reasons_not_to_be_solved(task, domain.likelihood)
    ]
    for reason in found[:MOST_TOLD]:
        logger.warning("%s", reason)
    if len(found) > MOST_TOLD:
        logger.warning("... and %d other reasons of this kind", len(found) - MOST_TOLD)


def _warn_of_limits(domain: Domain, tasks: Iterable[Task]) -> None:
    """Log which tasks have values of their own beyond the domain's limits, and how to raise them.

    Such a task may still be solved, by a program that copies the value, so it is searched.
    """
    limits = domain.limits
    found = list(excesses(tasks, limits.integer, limits.length))
    if not found:
        return
    for excess in found[:MOST_TOLD]:
        logger.warning("%s; no program can make such a value, at best pass it on", excess)
    if len(found) > MOST_TOLD:
        logger.warning("... and %d values of other tasks", len(found) - MOST_TOLD)
    needed = _needed(found)
    flag = ",".join(f"{name}={value}" for name, value in needed.items())
    logger.warning(
        "raise the limits of domain %r: --limit %s on the command line, limits=%r in Python; "
        "beyond integer=%d searches run in Python, which is slower",
        domain.name,
        flag,
        needed,
        2**31 - 1,
    )


def _needed(found: Iterable[Excess]) -> dict[str, int]:
    """Return round limits that leave room for what was found, and for values on the way to it."""
    needed: dict[str, int] = {}
    for excess in found:
        enough = 10
        while enough < 2 * excess.found:
            enough *= 10
        needed[excess.limit] = max(enough, needed.get(excess.limit, 0))
    return needed
