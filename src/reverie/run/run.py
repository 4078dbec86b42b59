"""What was learned: the result of a run."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ..dsl import Abstraction, Domain, Frontier, Grammar, Library, Term, subterms
from .text_tables import record_html, record_text

if TYPE_CHECKING:
    from ..recognition import RecognitionModel

__all__ = [
    "Iteration",
    "Phase",
    "Run",
    "description_length",
    "iterations_of",
    "record_of_run",
    "summed_up",
    "uses_of",
]


@dataclass(frozen=True)
class Phase:
    """What one phase of a round came to.

    Attributes:
        iteration: the round, from 1.
        name: ``wake``, ``abstraction`` or ``dreaming``.
        seconds: how long it took, breaks left out.
        outcome: what came of it. Wake: ``solved``, ``known``, ``tasks``, ``searched`` (counts).
            Abstraction: ``new`` (names), ``abstractions`` (how many there are),
            ``description_length`` (nats). Dreaming: ``steps``, ``nats`` (of a held-out dream's
            program), ``guided`` (tasks that the model reads), ``calibration`` and ``lengths`` (see
            :mod:`reverie.recognition.training.calibration`); or ``reason``, why there is no model.
    """

    iteration: int
    name: str
    seconds: float
    outcome: Mapping[str, Any]


@dataclass(frozen=True)
class Iteration:
    """What one round of wake and sleep came to.

    Attributes:
        number: the round, from 1.
        solved: tasks solved by this round's search alone.
        known: tasks solved so far.
        tasks: all tasks.
        description_length: nats for the best program of each solved task, data included, under
            the grammar that the round ended with.
        abstractions: how many the library holds.
        seconds: how long the round took.
    """

    number: int
    solved: int
    known: int
    tasks: int
    description_length: float
    abstractions: int
    seconds: float


@dataclass(frozen=True)
class Run:
    """What was learned.

    Attributes:
        domain: the domain.
        grammar: the library with the weights fitted last.
        frontiers: the programs known for each task, by the task's name.
        history: what each round came to.
        savings: nats that each abstraction saved when it was learned, by name.
        recognition: the model that guides searches in this library; None where there is none.
        folder: where the run is kept; None for one that is in memory alone.
    """

    domain: Domain
    grammar: Grammar
    frontiers: dict[str, Frontier]
    history: tuple[Iteration, ...]
    savings: dict[str, float]
    recognition: RecognitionModel | None = None
    folder: Path | None = None

    @property
    def library(self) -> Library:
        """The primitives and everything learned on top of them."""
        return self.grammar.library

    @property
    def solved(self) -> list[str]:
        """The names of the solved tasks."""
        return [name for name, frontier in self.frontiers.items() if frontier.entries]

    def uses(self) -> dict[str, int]:
        """Return, for each abstraction, the number of tasks whose best program uses it."""
        return uses_of(self.library, self.frontiers.values())

    def __repr__(self) -> str:
        return record_text(record_of_run(self))

    def _repr_html_(self) -> str:
        return record_html(record_of_run(self))


def record_of_run(run: Run) -> dict[str, Any]:
    """Return a run as plain data, for printing and for JSON."""
    uses = run.uses()
    library = run.library
    return {
        "domain": run.domain.name,
        "history": [
            {
                "round": i.number,
                "solved": i.solved,
                "known": i.known,
                "tasks": i.tasks,
                "description_length": i.description_length,
                "abstractions": i.abstractions,
                "seconds": i.seconds,
            }
            for i in run.history
        ],
        "abstractions": [
            {
                "name": name,
                "type": str(library.type_of(abstraction)),
                "body": library.show(abstraction.body),
                "saving": run.savings.get(name),
                "uses": uses[name],
            }
            for name, abstraction in library.abstractions.items()
        ],
        "tasks": [
            {
                "task": name,
                "solved": frontier.best is not None,
                "program": frontier.best and library.show(frontier.best.program),
                "description_length": frontier.best and frontier.best.description_length,
            }
            for name, frontier in run.frontiers.items()
        ],
    }


OUTCOMES = ("solved", "known", "tasks", "abstractions", "description_length")
"""What of the outcomes of a round's phases is kept of the round."""


def iterations_of(phases: Iterable[Phase]) -> tuple[Iteration, ...]:
    """Sum the phases up, round by round; the last may still be under way."""
    blank = {"solved": 0, "known": 0, "tasks": 0, "description_length": 0.0, "abstractions": 0}
    return tuple(
        Iteration(number=number, **{**blank, **row}) for number, row in summed_up(phases).items()
    )


def summed_up(phases: Iterable[Phase]) -> dict[int, dict[str, Any]]:
    """Return what the phases of each round came to, as far as it is known: fields of
    :class:`Iteration`, the seconds added up.
    """
    rounds: dict[int, dict[str, Any]] = {}
    for phase in phases:
        row = rounds.setdefault(phase.iteration, {"seconds": 0.0})
        row["seconds"] += phase.seconds
        row |= {key: value for key, value in phase.outcome.items() if key in OUTCOMES}
    return rounds


def description_length(frontiers: Mapping[str, Frontier]) -> float:
    """Return the nats of the best program of each solved task, data included."""
    return sum(f.best.description_length for f in frontiers.values() if f.best)


def uses_of(library: Library, frontiers: Iterable[Frontier]) -> dict[str, int]:
    """Return how many best programs use each abstraction, directly or through another."""
    counts = dict.fromkeys(library.abstractions, 0)
    for frontier in frontiers:
        if frontier.best:
            for name in _used(library, frontier.best.program):
                counts[name] += 1
    return counts


def _used(library: Library, program: Term) -> set[str]:
    found: set[str] = set()
    todo = [program]
    while todo:
        for leaf in subterms(todo.pop()):
            if isinstance(leaf, Abstraction):
                name = library.name_of(leaf)
                if name is not None and name not in found:
                    found.add(name)
                    todo.append(leaf.body)
    return found
