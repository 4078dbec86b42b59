"""What a person is told of tasks before they are searched."""

from __future__ import annotations

import logging
from collections.abc import Iterable

from ..dsl.model.domain import Domain
from ..dsl.tasks.task import Task
from ..dsl.tasks.task_limits import Excess, excesses

__all__ = ["warn_of_limits"]

logger = logging.getLogger(__name__)

MOST_TOLD = 5
"""Tasks that are named; of others only their number is told."""


def warn_of_limits(domain: Domain, tasks: Iterable[Task]) -> None:
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
