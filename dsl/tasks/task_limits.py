"""Values of tasks that are beyond a domain's limits, told before a search rather than never.

A value that no evaluation may give is an output that no program has, or an input that programs can
only pass on. A search would find nothing and say no word about why.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Any

from .task import Task

__all__ = ["Excess", "Extent", "excesses"]


@dataclass(frozen=True)
class Extent:
    """How large values are: the largest absolute integer, and the longest list or text."""

    integer: int = 0
    length: int = 0

    @classmethod
    def of(cls, value: Any) -> Extent:
        """Return the extent of a value and all that it holds, however deep."""
        integer = length = 0
        pending, seen = [value], set[int]()
        while pending:
            part = pending.pop()
            if isinstance(part, bool):
                continue
            if isinstance(part, int):
                integer = max(integer, abs(part))
            elif isinstance(part, (list, tuple, str)):
                length = max(length, len(part))
                if not isinstance(part, str) and id(part) not in seen:
                    seen.add(id(part))
                    pending += part
        return cls(integer, length)


@dataclass(frozen=True)
class Excess:
    """A value of a task that is beyond limits.

    Attributes:
        task: the task's name.
        place: the example and the part of it.
        extent: how large the value is.
        limit: the name of the limit that it is beyond.
        allowed: that limit.
    """

    task: str
    place: str
    extent: Extent
    limit: str
    allowed: int

    @property
    def found(self) -> int:
        """How large the value is, by its limit."""
        return int(getattr(self.extent, self.limit))

    def __str__(self) -> str:
        what = "an integer of" if self.limit == "integer" else "a list or text of length"
        return (
            f"task {self.task!r}, {self.place}: {what} {_short(self.found)}, and the limit is "
            f"{_short(self.allowed)}"
        )


def excesses(tasks: Iterable[Task], integer: int, length: int) -> Iterator[Excess]:
    """Yield the first value of each task that is beyond each of the two limits.

    Args:
        tasks: the tasks; held-out examples count, since a program is run on them too.
        integer: the largest absolute value of an integer.
        length: the largest length of a list or text.
    """
    allowed = {"integer": integer, "length": length}
    for task in tasks:
        left = set(allowed)
        for place, value in _values(task):
            extent = Extent.of(value)
            for limit in sorted(left):
                if getattr(extent, limit) > allowed[limit]:
                    left.discard(limit)
                    yield Excess(task.name, place, extent, limit, allowed[limit])
            if not left:
                break


def _values(task: Task) -> Iterator[tuple[str, Any]]:
    for kind, examples in (("example", task.examples), ("held-out example", task.held_out)):
        for number, example in enumerate(examples, 1):
            yield f"output of {kind} {number}", example.output
            for place, value in enumerate(example.inputs, 1):
                which = "input" if len(example.inputs) == 1 else f"input {place}"
                yield f"{which} of {kind} {number}", value


def _short(number: int) -> str:
    """Return a number as a person can read it; nobody counts a hundred digits."""
    if number < 10**20:
        return str(number)
    # Python refuses to print integers of thousands of digits; the bits tell how many there are.
    return f"some 10**{int(number.bit_length() * 0.30103)}"
