"""What the options of a command mean: a configuration, limits, tasks."""

from __future__ import annotations

from argparse import Namespace
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from ..domains.task_files import read_tasks
from ..dsl import Domain, InvalidTask, Task, suggest
from ..run.config import LIMITS, Config, InvalidOption

__all__ = ["as_flag", "config_of", "tasks_of"]


def config_of(options: Namespace) -> Config:
    """Return the configuration that the options of a command ask for.

    Raises:
        InvalidOption: naming the flag that is wrong.
    """
    from ..executors import available_cores  # brings all that is compiled

    given: dict[str, Any] = {
        name: getattr(options, name, None)
        for name in (
            "iterations", "batch", "curriculum", "timeout", "budget", "wake_timeout", "seed",
            "search", "max_arity", "memory", "executor", "address", "ranking",
        )
    }  # fmt: skip
    given["workers"] = options.workers if options.workers is not None else available_cores()
    given = {name: value for name, value in given.items() if value is not None}
    if getattr(options, "no_compression", False):
        given["compression"] = False
    if getattr(options, "no_recognition", False):
        given["recognition"] = False
    if limits := _limits(getattr(options, "limit", None) or ()):
        given["limits"] = limits
    try:
        return Config.make(**given)
    except InvalidOption as error:
        raise as_flag(error) from None


def _limits(given: Sequence[str]) -> dict[str, int]:
    """Read what ``--limit`` was given: names and numbers."""
    found: dict[str, int] = {}
    for part in ",".join(given).split(","):
        name, _, number = part.strip().partition("=")
        if not part.strip():
            continue
        if name not in LIMITS:
            raise InvalidOption(
                f"--limit {part.strip()!r}: there is no limit {name!r}{suggest(name, LIMITS)}; it "
                "is written such as integer=1000000000000,length=5000"
            )
        try:
            found[name] = int(number)
        except ValueError:
            raise InvalidOption(
                f"--limit {part.strip()!r}: {number!r} is no whole number; it is written such as "
                f"{name}=5000"
            ) from None
    return found


def as_flag(error: InvalidOption) -> InvalidOption:
    """Return the same fault in the words of the command line."""
    name, _, rest = str(error).partition(" ")
    return InvalidOption(f"--{name.replace('_', '-')} {rest}")


def tasks_of(path: str, domain: Domain) -> list[Task]:
    """Return the tasks at a path, as the domain adopts them.

    Raises:
        InvalidTaskFile: if they cannot be read.
        InvalidTask: if the domain cannot use one.
    """
    tasks = read_tasks(Path(path))
    try:
        return domain.adopt(tasks)
    except InvalidTask as error:
        raise InvalidTask(f"{path}: {error}") from None
