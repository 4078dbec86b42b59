"""Tasks: what a program is wanted for."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import Any

from ..calculus.syntax import parse_type
from ..calculus.types import Type
from ..calculus.values import to_value
from ..support.errors import ReverieError, TypeMismatch
from ..support.nesting import DEEPEST, nests_beyond
from ..support.words import counted

__all__ = ["Example", "InvalidTask", "Task"]


_TOO_DEEP = f"nests more than {DEEPEST} levels of lists, which is as deep as values may nest"


class InvalidTask(ReverieError):
    """A task that cannot be worked on; the message names the task and the example."""


@dataclass(frozen=True)
class Example:
    """The inputs of a program, one for each argument, and the output wanted for them."""

    inputs: tuple[Any, ...]
    output: Any


@dataclass(frozen=True, eq=False, init=False)
class Task:
    """Something to find a program for.

    Attributes:
        name: what the task is called.
        request: the type of the program wanted.
        examples: what search, training and compression may see.
        held_out: examples that only check a solution; never seen before that.
        extra: whatever else the task's source said, for the domain's likelihood.

    Raises:
        InvalidTask: if an example does not fit the request.
        ParseError: if the request is not a type.

    >>> Task("add one", "list(int) -> list(int)", [(([1, 2],), [2, 3])])
    Task('add one' : list(int) -> list(int), 1 example)
    """

    name: str
    request: Type
    examples: tuple[Example, ...]
    held_out: tuple[Example, ...]
    extra: Mapping[str, Any] = field(repr=False)

    def __init__(
        self,
        name: str,
        request: str | Type,
        examples: Iterable[Example | tuple[Sequence[Any], Any]] = (),
        held_out: Iterable[Example | tuple[Sequence[Any], Any]] = (),
        extra: Mapping[str, Any] | None = None,
    ) -> None:
        parsed = parse_type(request) if isinstance(request, str) else request
        _check_arguments(name, parsed, examples, held_out, extra)
        put = object.__setattr__
        put(self, "name", name)
        put(self, "request", parsed)
        put(self, "examples", _examples(name, parsed, examples, "example"))
        put(self, "held_out", _examples(name, parsed, held_out, "held-out example"))
        put(self, "extra", MappingProxyType(dict(extra or {})))
        if nests_beyond(self.extra, DEEPEST + 1):
            raise InvalidTask(f"task {name!r}: what it says besides {_TOO_DEEP}")

    def __reduce__(self) -> tuple[Any, ...]:
        return Task, (self.name, self.request, self.examples, self.held_out, dict(self.extra))

    def __repr__(self) -> str:
        count = counted(len(self.examples), "example")
        return f"Task({self.name!r} : {self.request}, {count})"


def _check_arguments(name: Any, request: Any, *rest: Any) -> None:
    examples, held_out, extra = rest
    pairs = "a list of pairs (inputs, output)"
    for what, right, wanted, found in (
        ("name", isinstance(name, str), "a text", name),
        ("request", isinstance(request, Type), 'a type, such as "list(int) -> int"', request),
        ("examples", _is_list(examples), pairs, examples),
        ("held_out", _is_list(held_out), pairs, held_out),
        ("extra", isinstance(extra, Mapping | None), "a dict, or None", extra),
    ):
        if not right:
            raise InvalidTask(f"task {name!r:.60}: {what} must be {wanted}; got {found!r:.60}")


def _is_list(given: Any) -> bool:
    return isinstance(given, Iterable) and not isinstance(given, (str, Mapping))


def _examples(
    task: str, request: Type, given: Iterable[Example | tuple[Sequence[Any], Any]], kind: str
) -> tuple[Example, ...]:
    parameters = request.parameters
    found = []
    for number, example in enumerate(given, 1):
        place = f"task {task!r}, {kind} {number}"
        pair: Any = example
        if isinstance(example, Example):
            pair = (example.inputs, example.output)
        if not isinstance(pair, (tuple, list)) or len(pair) != 2:
            raise InvalidTask(
                f"{place}: an example is a pair (inputs, output), such as (([1, 2],), 3); "
                f"got {example!r}"
            )
        inputs, output = pair
        if isinstance(inputs, str) or not isinstance(inputs, Sequence):
            raise InvalidTask(
                f"{place}: inputs must be a list with one value for each argument; got {inputs!r}"
            )
        if len(inputs) != len(parameters):
            raise InvalidTask(
                f"{place}: request {request} takes {counted(len(parameters), 'argument')}, but the "
                f"example has {counted(len(inputs), 'input')}"
            )
        if nests_beyond((*inputs, output), DEEPEST + 1):
            raise InvalidTask(f"{place}: a value {_TOO_DEEP}")
        try:
            values = tuple(map(to_value, inputs, parameters))
            found.append(Example(values, to_value(output, request.result)))
        except TypeMismatch as error:
            raise InvalidTask(f"{place}: {error}; the request is {request}") from None
    return tuple(found)
