"""Values to try primitives on: some made up, and some of the domain's own.

Of a domain's own types nothing can be made up. Values of them are found in its tasks, and returned
by primitives that can be tried already.
"""

from __future__ import annotations

import itertools
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator
from typing import Any

from .dsl import Task, Type, TypeConstructor, representatives

__all__ = ["SampleValues"]

MOST = 8
"""Values of one type of the domain's own that are kept."""


class SampleValues:
    """Values by type.

    Args:
        tasks: tasks whose values are samples, too.
    """

    def __init__(self, tasks: Iterable[Task] = ()) -> None:
        self._own: defaultdict[Type, list[Any]] = defaultdict(list)
        for task in tasks:
            for example in task.examples:
                for value, kind in zip(example.inputs, task.request.parameters, strict=True):
                    self.add(value, kind)
                self.add(example.output, task.request.result)

    def add(self, value: Any, type: Type) -> bool:
        """Keep what is of the domain's own types in a value; say whether there was any."""
        pending, new = [(value, type)], False
        while pending:
            part, kind = pending.pop()
            if not isinstance(kind, TypeConstructor) or kind.is_arrow or representatives(kind):
                continue
            if kind.name == "list":
                pending += [(element, kind.arguments[0]) for element in part[:MOST]]
            elif kind.name == "pair":
                pending += zip(part, kind.arguments, strict=True)
            elif len(self._own[kind]) < MOST:
                self._own[kind].append(part)
                new = True
        return new

    def of(self, type: Type) -> Iterator[Any]:
        """Yield a few values of a type, none if none is known."""
        if made_up := representatives(type):
            yield from made_up
        elif type.is_arrow:
            values = itertools.islice(self.of(type.result), 2)
            yield from (_constant(type, value) for value in values)
        elif isinstance(type, TypeConstructor) and type.name == "list":
            elements = list(itertools.islice(self.of(type.arguments[0]), 3))
            if elements:
                yield from (elements, elements[:1], [])
        elif isinstance(type, TypeConstructor) and type.name == "pair":
            first, second = (self.of(argument) for argument in type.arguments)
            yield from itertools.islice(itertools.product(first, second), 3)
        else:
            yield from self._own.get(type, ())


def _constant(type: Type, value: Any) -> Callable[..., Any]:
    arity = len(type.parameters)

    def function(*arguments: Any) -> Any:
        rest = arity - len(arguments)
        return value if rest <= 0 else (lambda *more: function(*arguments, *more))

    return function
