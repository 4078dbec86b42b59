"""What a domain is: a language, tasks, and what it means to solve one."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import TYPE_CHECKING, Any

from ..calculus.syntax import parse_type
from ..calculus.terms import Abstraction
from ..calculus.types import BUILT_IN, CHAR, STR, Type, TypeConstructor, list_of
from ..language.library import Library, Primitive
from ..support.errors import ReverieError, suggest
from ..tasks.task import InvalidTask, Task
from .interpreter import Limits
from .likelihood import Equality, Likelihood
from .ranking import Ranking, UsesInputs, find_ranking

if TYPE_CHECKING:
    from ..language.equations import Equation
    from .dreamer import Dreamer
    from .encoder import Encoders

__all__ = ["Domain"]


@dataclass(frozen=True, eq=False)
class Domain:
    """A language with tasks to solve in it.

    Attributes:
        name: what the domain is called.
        primitives: the language.
        abstractions: functions defined on top of the primitives, by name.
        tasks: the domain's own tasks, or a function that makes them from a seed.
        likelihood: what it means to solve a task.
        limits: bounds on each evaluation of a program.
        ranking: which of the programs that solve a task comes first: by posterior, less 4 nats for
            each input that a program ignores, unless another is given or named, such as
            ``"posterior"`` (see :mod:`reverie.dsl.model.ranking`).
        continuation: the state's type in a language in continuation-passing style, or its text.
        doc: one sentence for people.
        draw: draws a task for reports, as the text of an SVG file; None if it has no picture. It is
            given the task and None, for what the task asks for, or the task and its best program as
            a function of the inputs, which returns a value or a ``Failure``.
        encoder: makes what the recognition model reads tasks of a type with (see
            :class:`.Encoder`); None for the encoders that there are.
        dreamer: makes examples of a program, for the recognition model to learn from, where tasks
            are no tables of inputs and outputs (see
            :data:`.Dreamer`): given the program and an interpreter
            it returns what a task that the program solves would show, or None. If it is None
            itself, programs are run on inputs like those of the tasks.
        equations: what makes programs equal, as :class:`.Equation` or as lines
            ``name: left => right``. The abstraction sleep may then put one for the other; each
            program is still run on its task's examples.

    Raises:
        ReverieError: if the primitives do not make a library, or an equation cannot be read or uses
            a name that is not in it.
    """

    name: str
    primitives: Sequence[Primitive]
    tasks: Sequence[Task] | Callable[[int], Sequence[Task]] = field(default=(), repr=False)
    likelihood: Likelihood = field(default_factory=Equality)
    limits: Limits = field(default_factory=Limits)
    continuation: Type | str | None = None
    doc: str = ""
    abstractions: Mapping[str, Abstraction] = field(default_factory=dict, repr=False)
    draw: Callable[[Task, Callable[..., Any] | None], str | None] | None = field(
        default=None, repr=False
    )
    equations: Sequence[Equation] | str = field(default=(), repr=False)
    encoder: Encoders | None = field(default=None, repr=False)
    dreamer: Dreamer | None = field(default=None, repr=False)
    ranking: Ranking | str = field(default_factory=UsesInputs)

    def __post_init__(self) -> None:
        if isinstance(self.ranking, str):
            object.__setattr__(self, "ranking", find_ranking(self.ranking))
        self._check_arguments()
        for primitive in self.primitives:
            if not isinstance(primitive, Primitive):
                raise ReverieError(
                    f"domain {self.name!r}: {primitive!r} is not a primitive; decorate the "
                    "function with @primitive, or make a constant with constant(name, type, value)"
                )
        object.__setattr__(self, "primitives", tuple(self.primitives))
        if isinstance(self.continuation, str):
            object.__setattr__(self, "continuation", parse_type(self.continuation))
        self.library  # noqa: B018 - makes it now, so that a mistake shows here
        if self.equations:
            object.__setattr__(self, "equations", self._checked_equations())

    def _checked_equations(self) -> tuple[Equation, ...]:
        from ..language.equations import Equation, parse_equations, symbols

        given: Any = self.equations
        place = f"domain {self.name!r}: equations"
        found = parse_equations(given, place) if isinstance(given, str) else tuple(given)
        for equation in found:
            if not isinstance(equation, Equation):
                raise ReverieError(
                    f"{place} must be a text, or a list of what parse_equations returns; got "
                    f"{equation!r:.60}"
                )
            for name in symbols(equation):
                if name not in self.library:
                    known = [p.name for p in self.library.productions]
                    raise ReverieError(
                        f"{place}: {equation} uses {name}, which is not in the language"
                        f"{suggest(name, known)}"
                    )
        return tuple(found)

    def _check_arguments(self) -> None:
        given: Any = self
        listed = isinstance(given.primitives, Iterable) and not isinstance(given.primitives, str)
        tasks = callable(given.tasks) or isinstance(given.tasks, Iterable)
        judge = callable(getattr(given.likelihood, "scorer", None))
        for name, right, wanted in (
            ("name", isinstance(given.name, str) and given.name.strip(), "a text"),
            ("primitives", listed, "a list of primitives"),
            ("tasks", tasks, "a list of tasks, or a function from a seed to one"),
            ("likelihood", judge, "a Likelihood, such as Equality()"),
            ("limits", isinstance(given.limits, Limits), "Limits(...)"),
            ("equations", isinstance(given.equations, Iterable), "a text or a list of equations"),
            ("continuation", isinstance(given.continuation, Type | str | None), "a type"),
            ("abstractions", isinstance(given.abstractions, Mapping), "a dict by name"),
            (
                "ranking",
                callable(getattr(given.ranking, "penalty", None)),
                "a Ranking, such as Posterior()",
            ),
            ("draw", given.draw is None or callable(given.draw), "a function, or None"),
        ):
            if not right:
                shown = repr(getattr(self, name))[:60]
                raise ReverieError(f"domain {self.name!r}: {name} must be {wanted}; got {shown}")
        for name, abstraction in given.abstractions.items():
            if not isinstance(abstraction, Abstraction):
                raise ReverieError(
                    f"domain {self.name!r}: {name} is {abstraction!r:.60}; an abstraction is made "
                    "by library.parse('#(lambda ...)')"
                )

    @cached_property
    def library(self) -> Library:
        """The language, before anything is learned."""
        assert not isinstance(self.continuation, str)
        return Library(
            self.primitives, self.abstractions, name=self.name, continuation=self.continuation
        )

    @property
    def known_equations(self) -> tuple[Equation, ...]:
        """The equations, as read."""
        assert not isinstance(self.equations, str)
        return tuple(self.equations)

    @property
    def known_ranking(self) -> Ranking:
        """The ranking, as found by its name."""
        assert not isinstance(self.ranking, str)
        return self.ranking

    def make_tasks(self, seed: int = 0) -> list[Task]:
        """Return the domain's own tasks, adopted (see :meth:`adopt`)."""
        if not callable(self.tasks):
            return self.adopt(self.tasks)
        try:
            made = list(self.tasks(seed))
        except ReverieError:
            raise
        except Exception as error:
            raise ReverieError(
                f"domain {self.name!r}: its function of tasks fails for seed {seed}: "
                f"{type(error).__name__}: {error}; it takes a seed and returns a list of tasks"
            ) from error
        return self.adopt(made)

    def adopt(self, tasks: Iterable[Task]) -> list[Task]:
        """Return the tasks as this domain works on them, each checked.

        Where the language works on characters, ``str`` in a task means ``list(char)``.

        Raises:
            InvalidTask: if a task cannot be judged, has a type this language cannot make, or two
                tasks have one name.
        """
        known = set().union(*(p.type.constructors() for p in self.primitives))
        spell = CHAR.name in known and STR.name not in known
        polymorphic = any(p.type.variables for p in self.primitives)
        adopted: dict[str, Task] = {}
        for task in tasks:
            if not isinstance(task, Task):
                raise InvalidTask(
                    f"domain {self.name!r}: {task!r:.60} is no task; make one with Task(name, "
                    "request, examples)"
                )
            if spell and STR.name in task.request.constructors():
                task = _spelt(task)
            foreign = task.request.constructors() - known
            if polymorphic:  # its variables stand for any type, but hardly for a slip of the pen
                foreign = {name for name in foreign - BUILT_IN.keys() if _is_slip(name, known)}
            if foreign:
                name = min(foreign)
                raise InvalidTask(
                    f"task {task.name!r} asks for {task.request}, but nothing in the language of "
                    f"domain {self.name!r} has to do with type {name}{suggest(name, known)}"
                )
            if task.name in adopted:
                raise InvalidTask(f"two tasks are named {task.name!r}; names must differ")
            self.likelihood.check(task)
            adopted[task.name] = task
        return list(adopted.values())


def _is_slip(name: str, known: Iterable[str]) -> bool:
    """Whether a type's name differs by one letter from that of a type that is known or built in."""
    return any(_differ_by_one(name, other) for other in {*known, *BUILT_IN})


def _differ_by_one(one: str, other: str) -> bool:
    """Whether a letter more, less or another, or two that changed places, make one the other."""
    if len(one) > len(other):
        one, other = other, one
    start = next((i for i, (a, b) in enumerate(zip(one, other, strict=False)) if a != b), len(one))
    rest, others = one[start:], other[start:]
    return (
        rest == others[1:]
        or (len(one) == len(other) and rest[1:] == others[1:])
        or (rest[:2] == others[1::-1] and rest[2:] == others[2:])
    )


def _spelt(task: Task) -> Task:
    """Return the task with strings as lists of characters."""

    def spell(type: Type) -> Type:
        if type is STR:
            return list_of(CHAR)
        if isinstance(type, TypeConstructor):
            return TypeConstructor(type.name, [spell(a) for a in type.arguments])
        return type

    return Task(task.name, spell(task.request), task.examples, task.held_out, task.extra)
