"""What a run tells while it goes: one value for each thing that happens.

A callback takes events one by one, in order. The run store, the progress on a terminal and the logs
are callbacks; the store is called first, so that what the others tell is on the disk already. A
callback that raises stops the run, which can then be resumed.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

from ..dsl import Frontier, Grammar
from ..enumerate import SearchResult
from .config import Config
from .run import Phase
from .state import State

__all__ = [
    "Callback",
    "Event",
    "PhaseBegan",
    "PhaseEnded",
    "RunBegan",
    "RunEnded",
    "Step",
    "TaskSearched",
]


@dataclass(frozen=True)
class RunBegan:
    """A run begins, or goes on.

    Attributes:
        domain: the domain's name.
        config: the options.
        state: what is known; of a new run, the tasks alone.
        resumed: whether it goes on.
    """

    domain: str
    config: Config
    state: State
    resumed: bool = False


@dataclass(frozen=True)
class PhaseBegan:
    """A phase begins: ``wake``, ``abstraction`` or ``dreaming``.

    Before the first round there is ``compiling``, and between those of a watch ``waiting``, both
    with iteration 0.

    Attributes:
        iteration: the round, from 1.
        phase: the phase.
        total: how many steps it has, searches of a task say; 0 if that is not known.
        done: steps that were done before the run was interrupted.
        state: what is known as it begins.
    """

    iteration: int
    phase: str
    total: int
    done: int
    state: State


@dataclass(frozen=True)
class TaskSearched:
    """A wake searched a task.

    Attributes:
        iteration: the round.
        grammar: what it was searched under.
        frontier: all programs known of the task by now.
        found: what this search found.
    """

    iteration: int
    grammar: Grammar
    frontier: Frontier
    found: SearchResult


@dataclass(frozen=True)
class Step:
    """A sleep got on with its work.

    Attributes:
        iteration: the round.
        phase: the phase.
        note: what to tell a person; may be empty.
        values: measurements, such as a loss, by name.
    """

    iteration: int
    phase: str
    note: str = ""
    values: Mapping[str, float] = field(default_factory=dict)


@dataclass(frozen=True)
class PhaseEnded:
    """A phase is over.

    Attributes:
        phase: which, how long it took, and what came of it.
        state: what is known now.
    """

    phase: Phase
    state: State


@dataclass(frozen=True)
class RunEnded:
    """All rounds are over."""

    state: State


Event = RunBegan | PhaseBegan | TaskSearched | Step | PhaseEnded | RunEnded
Callback = Callable[[Event], None]
