"""List tasks of our own making: examples of the classic routines, drawn from a seed."""

from __future__ import annotations

from collections.abc import Iterable
from random import Random
from typing import Any

from ...dsl import Task, UnknownName
from .routines import FAMILIES, ORIGAMI, Family, Routine, members

__all__ = ["all_tasks", "make_task", "origami_tasks", "standard_tasks"]

ATTEMPTS = 50
"""How often to draw again before a routine counts as having no further inputs."""

# The standard set: which constants of which family. It goes from a head to sorting, and each idea
# that deserves a name (filter, take, a constant above 1) comes back with several constants.
STANDARD: dict[str, tuple[tuple[int, ...], ...]] = {
    "add-k": ((1, 2, 3, 4),),
    "append-index-k": ((1, 2, 3),),
    "append-k": ((0, 1, 2, 3),),
    "bool-identify-geq-k": ((1, 2, 3),),
    "bool-identify-is-mod-k": ((2, 3),),
    "bool-identify-is-prime": (),
    "bool-identify-k": ((0, 1, 2),),
    "caesar-cipher-k-modulo-n": ((1, 2), (3, 4)),
    "count-k": ((0, 1, 2),),
    "drop-k": ((1, 2, 3, 4),),
    "dup": (),
    "empty": (),
    "evens": (),
    "has-k": ((0, 1, 2),),
    "head": (),
    "index-head": (),
    "index-k": ((1, 2, 3, 4),),
    "is-evens": (),
    "is-mod-k": ((3,),),
    "is-primes": (),
    "keep eq k": ((0, 1),),
    "keep gt k": ((0, 1, 2),),
    "keep primes": (),
    "keep squares": (),
    "keep-mod-k": ((2, 3),),
    "kth-largest": ((2,),),
    "last": (),
    "len": (),
    "max": (),
    "min": (),
    "modulo-k": ((2, 3),),
    "mult-k": ((2, 3, 4),),
    "odds": (),
    "pop": (),
    "pow-k": ((2, 3),),
    "prepend-index-k": ((2, 3),),
    "prepend-k": ((0, 1, 2, 3),),
    "product": (),
    "range": (),
    "remove empty lists": (),
    "remove eq k": ((0, 1, 2),),
    "remove gt k": ((1, 2),),
    "remove-index-k": ((2, 3),),
    "repeat": (),
    "repeat-many": (),
    "replace-all-with-index-k": ((1, 2),),
    "reverse": (),
    "rotate-k": ((1,),),
    "slice-k-n": ((2,), (1, 2)),
    "sort": (),
    "sum": (),
    "tail": (),
    "take-k": ((1, 2, 3),),
}


def standard_tasks(seed: int = 0) -> list[Task]:
    """Return the tasks that ``list`` works on when no others are given, from easy to hard."""
    known = {family.name: family for family in FAMILIES}
    chosen = [
        Family(name, known[name].request, known[name].function, known[name].inputs, constants)
        for name, constants in STANDARD.items()
    ]
    return _tasks(chosen, seed)


def all_tasks(seed: int = 0) -> list[Task]:
    """Return a task for each routine of the list domain."""
    return _tasks(FAMILIES, seed)


def origami_tasks(seed: int = 0) -> list[Task]:
    """Return the twenty tasks of the origami experiment."""
    return _tasks(ORIGAMI, seed)


def _tasks(families: Iterable[Family], seed: int) -> list[Task]:
    return [make_task(routine, seed) for family in families for routine in members(family)]


def make_task(
    routine: Routine | str, seed: int = 0, examples: int = 15, held_out: int = 15
) -> Task:
    """Return a task with examples of a routine, all different.

    Args:
        routine: the routine, or its name in the list domain.
        seed: what to draw from; the same seed gives the same task.
        examples: how many examples a program is searched on.
        held_out: how many further ones check it. A routine of few inputs has fewer.

    Raises:
        UnknownName: if no routine has this name.

    >>> make_task("take-k with k=2", seed=1, examples=2).request
    list(int) -> list(int)
    """
    if isinstance(routine, str):
        routine = _find(routine)
    random = Random(f"{routine.name} {seed}")  # a text seeds alike on every platform
    found: dict[str, tuple[tuple[Any, ...], Any]] = {}
    failures = 0
    while len(found) < examples + held_out and failures < ATTEMPTS:
        inputs = routine.inputs(random)
        if repr(inputs) in found:
            failures += 1
            continue
        failures = 0
        found[repr(inputs)] = (inputs, routine.function(*inputs))
    drawn = list(found.values())
    return Task(routine.name, routine.request, drawn[:examples], drawn[examples:])


def _find(name: str) -> Routine:
    known = {routine.name: routine for family in FAMILIES for routine in members(family)}
    if name not in known:
        raise UnknownName("list routine", name, known)
    return known[name]
