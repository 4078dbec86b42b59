"""The callback that keeps a run: it writes each event to the store before anyone else is told."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from ..run.events import Event, PhaseBegan, PhaseEnded, RunBegan, RunEnded, Step, TaskSearched
from ..run.run import uses_of
from ..run.state import State
from .store import Store

if TYPE_CHECKING:
    from ..recognition import RecognitionModel

__all__ = ["Recorder"]


class Recorder:
    """Appends what happens to a run's file.

    Args:
        store: the run's file, open for appending.
        code: what the domain's code is (see :func:`~reverie.dsl.model.fingerprint.code_of`).
    """

    def __init__(self, store: Store, code: Mapping[str, Any]) -> None:
        self.store = store
        self.code = code

    def __call__(self, event: Event) -> None:
        match event:
            case RunBegan(config=config, resumed=resumed):
                kind = "resumed" if resumed else "began"
                self.store.add_event(kind, config=config.as_dict(), code=self.code)
            case PhaseBegan(iteration, phase, total, done) if iteration:
                self.store.add_event(
                    "phase", iteration=iteration, phase=phase, total=total, done=done
                )
            case TaskSearched(iteration, _, frontier, found):
                self.store.add_frontier(
                    iteration,
                    "wake",
                    frontier,
                    found.candidates,
                    found.seconds,
                    len(found.frontier.entries),
                )
            case PhaseEnded(phase, state) if phase.iteration:
                with self.store.transaction():
                    if phase.name == "abstraction":
                        self._add_learned(phase.iteration, state)
                    if phase.name == "dreaming" and state.recognition is not None:
                        self._add_model(phase.iteration, state, state.recognition)
                    self.store.add_phase(phase.iteration, phase.name, phase.seconds, phase.outcome)
            case Step(iteration, "dreaming", note, values):
                self.store.add_event("training", iteration=iteration, note=note, values=values)
            case PhaseEnded(phase):  # before the first round
                self.store.add_event(phase.name, seconds=phase.seconds)
            case RunEnded():
                self.store.add_event("ended")

    def _add_learned(self, iteration: int, state: State) -> None:
        """Append the library, and the frontiers as they are rewritten and scored with it."""
        for frontier in state.solved:
            self.store.add_frontier(iteration, "abstraction", frontier)
        uses = uses_of(state.grammar.library, state.frontiers.values())
        notes = {
            name: {"saving": state.savings.get(name), "uses": uses[name]}
            for name in state.grammar.library.abstractions
        }
        self.store.add_library(iteration, state.grammar, notes)

    def _add_model(self, iteration: int, state: State, model: RecognitionModel) -> None:
        """Keep the model's file, and of which library it is: the next round's may be another."""
        library = {name: str(a) for name, a in state.grammar.library.abstractions.items()}
        self.store.add_model(
            iteration, f"model-{iteration}.pt", model.save, {"abstractions": library}
        )
