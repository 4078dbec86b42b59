"""Dream sleep, the third phase of a round: it trains the recognition model."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from ..recognition import RecognitionConfig, RecognitionError
from ..run.config import Config
from ..run.events import PhaseBegan, Step
from ..run.state import State
from .context import Context

if TYPE_CHECKING:
    from ..recognition.training import TrainingReport

__all__ = ["dream_sleep", "training_for"]

SHARE = 0.25
"""A training takes at most so much of what the searches of a wake may take together."""

SECONDS_OF_CANDIDATE = 1e-6
"""What a program considered counts for in a budget of candidates."""

STEPS_PER_SECOND = 50
"""How a budget of seconds counts where it has to be one of steps, which can be had again."""

DREAMS_PER_SECOND = 5000
"""Dreams that are worth having for each second of training."""


def dream_sleep(iteration: int, state: State, run: Context) -> tuple[State, Mapping[str, Any]]:
    """Train the model that guides the next wake, on dreams and on what is solved.

    Where nothing of the domain can be read or dreamt, the run goes on without a guide, and says so
    once.
    """
    from ..recognition import description_lengths, train
    from ..recognition.features import encoder_for

    config, domain = run.config, run.domain
    run.tell(PhaseBegan(iteration, "dreaming", 0, 0, state))

    def told(report: TrainingReport) -> None:
        values = {**vars(report), "rank": report.rank}
        values = {name: value for name, value in values.items() if math.isfinite(value)}
        note = f"{report.held_out:.2f} nats for a dream"
        if math.isfinite(report.solved):
            note += f", {report.solved:.2f} for a solution"
        run.tell(Step(iteration, "dreaming", note, values))

    dreams: dict[str, float] = {}

    def dreamt(seconds: float, count: int) -> None:
        dreams.update(dream_seconds=seconds, dreams=count)
        note = f"dreaming: {seconds:.0f} s, {count:,} {'dream' if count == 1 else 'dreams'}"
        run.tell(Step(iteration, "dreaming", note, {}))

    tasks = [frontier.task for frontier in state.frontiers.values()]
    try:
        model = train(
            state.grammar,
            tasks,
            state.solved,
            training_for(config, len(tasks), iteration),
            previous=state.recognition,
            limits=domain.limits,
            encoders=domain.encoder or encoder_for,
            dreamer=domain.dreamer,
            workers=config.workers,
            told=told,
            dreamt=dreamt,
        )
    except RecognitionError as error:
        if all(phase.outcome.get("reason") != str(error) for phase in state.phases):
            run.tell(Step(iteration, "dreaming", f"searching goes on without a guide: {error}"))
        return replace(state, recognition=None), {"reason": str(error)}
    last = model.history[-1] if model.history else None
    outcome = {
        **dreams,
        "steps": last.step if last else 0,
        "nats": last.held_out if last else None,
        "guided": sum(map(model.reads, tasks)),
        "calibration": model.calibration,
        "lengths": description_lengths(model, state.solved, state.grammar),
    }
    return replace(state, recognition=model), outcome


def training_for(config: Config, tasks: int, iteration: int) -> RecognitionConfig:
    """Return the options of a training that is in proportion to the searches that it guides.

    Under a budget of candidates the training has one of steps, so that a run can be had again.
    """
    assert config.recognition is not None
    chosen = replace(
        config.recognition, seed=config.recognition.seed + 1000 * config.seed + iteration
    )
    searched = min(tasks, config.batch or tasks)
    if config.budget is None:
        seconds = min(chosen.seconds, SHARE * searched * config.timeout)
    else:
        seconds = min(chosen.seconds, SHARE * searched * config.budget * SECONDS_OF_CANDIDATE)
    dreams = min(chosen.dreams, math.ceil(DREAMS_PER_SECOND * seconds) + 100)
    chosen = replace(chosen, seconds=seconds, dreams=dreams)
    if config.budget is not None and chosen.steps is None:
        chosen = replace(chosen, steps=math.ceil(STEPS_PER_SECOND * seconds) + 10)
    return chosen
