"""What a run knows between two phases: the value that each phase takes and returns."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from ..dsl import Domain, Frontier, Grammar, Task
from .run import Phase, Run, description_length, iterations_of

if TYPE_CHECKING:
    from ..recognition import RecognitionModel

__all__ = ["State"]


@dataclass(frozen=True)
class State:
    """All that the next phase depends on, besides domain and configuration.

    Attributes:
        grammar: the library with its weights.
        frontiers: the programs known for each task, by the task's name, in the order of the tasks.
        savings: nats that each abstraction saved when it was learned.
        tried: the last round in which each task was searched; a task not yet searched is not in it.
        phases: what is over, in order.
        searched: where a run goes on within a wake, the frontiers of the tasks that it searched
            before it was interrupted, and whether that search solved them.
        spent: seconds that the interrupted phase had taken by then.
        recognition: the model that was trained last; it guides the library that it was trained for.
    """

    grammar: Grammar
    frontiers: Mapping[str, Frontier]
    savings: Mapping[str, float] = field(default_factory=dict)
    tried: Mapping[str, int] = field(default_factory=dict)
    phases: tuple[Phase, ...] = ()
    searched: Mapping[str, tuple[Frontier, bool]] = field(default_factory=dict)
    spent: float = 0.0
    recognition: RecognitionModel | None = None

    @classmethod
    def begin(cls, grammar: Grammar, tasks: Sequence[Task]) -> State:
        """Return what is known before the first wake."""
        return cls(grammar, {task.name: Frontier(task) for task in tasks})

    @property
    def known(self) -> int:
        """The number of tasks solved so far."""
        return sum(1 for frontier in self.frontiers.values() if frontier.entries)

    @property
    def solved(self) -> list[Frontier]:
        """The frontiers of the tasks solved so far."""
        return [frontier for frontier in self.frontiers.values() if frontier.entries]

    @property
    def description_length(self) -> float:
        """Nats of the best program of each solved task, data included."""
        return description_length(self.frontiers)

    def is_over(self, iteration: int, phase: str) -> bool:
        """Whether a phase was finished."""
        return any(p.iteration == iteration and p.name == phase for p in self.phases)

    def result(self, domain: Domain) -> Run:
        """Return what was learned so far, for people to work with."""
        return Run(
            domain,
            self.grammar,
            {**self.frontiers, **{name: frontier for name, (frontier, _) in self.searched.items()}},
            iterations_of(self.phases),
            dict(self.savings),
            self.recognition,
        )
