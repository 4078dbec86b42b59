"""Dream sleep: dream, train, and return the model (Ellis et al., DreamCoder, PLDI 2021, section 4).

The lessons are dreams of the grammar as it is, dreams of a bigram grammar fitted to what was
solved, and the solved tasks themselves. A part of the dreams are the cheapest of their behaviour
(the MAP objective), the rest are as they were drawn.
"""

from __future__ import annotations

import dataclasses
import hashlib
import logging
import math
import time
from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np

from ..dsl import Dreamer, Encoder, Encoders, Frontier, Grammar, Limits, Task, Type, fit, rescored
from ..enumerate.automaton import Summariser
from .dreams.dream_set import Dreams
from .dreams.generate import DreamConfig, dream, ground
from .dreams.random_inputs import CannotDream, RandomInputs
from .features.encoders import UnreadableTask, encoder_for, read_as
from .model import RecognitionModel, identity_of, make_network
from .recognition_config import RecognitionConfig, RecognitionError
from .training.calibration import calibration
from .training.loader import Curriculum
from .training.trainer import TrainingReport, device_of, fit_network
from .training.training_set import TrainingSet, from_dreams, from_frontiers
from .training.warm_start import transfer

__all__ = ["dreams_for", "make_curriculum", "train"]

logger = logging.getLogger(__name__)

PSEUDO_COUNTS = 1.0
"""Added to all counts when the bigram grammar that is dreamt from is fitted to solved tasks."""

FITTED_SHARE = 0.5
"""The part of the dreams that comes from it, once something is solved."""

DREAMING_SHARE = 0.5
"""The most of a training's seconds that dreaming may take, where programs run slowly."""


def train(
    grammar: Grammar,
    tasks: Iterable[Task],
    frontiers: Iterable[Frontier] = (),
    config: RecognitionConfig | None = None,
    *,
    previous: RecognitionModel | None = None,
    limits: Limits | None = None,
    encoders: Encoders = encoder_for,
    dreamer: Dreamer | None = None,
    workers: int = 1,
    told: Callable[[TrainingReport], None] | None = None,
    dreamt: Callable[[float, int], None] | None = None,
    checkpoint: str | Path | None = None,
) -> RecognitionModel:
    """Train a model to guide searches in the grammar's library.

    Args:
        grammar: the library, and the prior that is dreamt from.
        tasks: what the model is for: it dreams tasks of their types, on inputs like theirs. Their
            outputs, and held-out examples, are not looked at.
        frontiers: solved tasks; programs that the grammar cannot generate do not count.
        config: the options.
        previous: a model to go on from, if its network is of the same form; its library may be
            another.
        limits: of the domain, on evaluating programs.
        encoders: how tasks are read.
        dreamer: makes the examples of dreams, where the domain brings one.
        workers: threads that run dreams.
        told: called after each measurement.
        dreamt: called before the training, with the seconds that dreaming took and the number of
            dreams.
        checkpoint: a file to keep the state of the training in; where it is there already, the
            training goes on from it, so that nothing is lost when it is interrupted.

    Returns:
        The model, on the CPU. Tasks of types that cannot be read or dreamt go without a guide,
        which is logged.

    Raises:
        RecognitionError: if there is nothing to train on, or the checkpoint is of another training.
    """
    config = config or RecognitionConfig()
    began = time.monotonic()
    # What is kept in a file has to be dreamt again as it was, and a budget of steps likewise.
    bound = math.inf if config.steps or checkpoint else DREAMING_SHARE * config.seconds
    device = device_of(config.device)
    curriculum, readers = make_curriculum(
        grammar,
        tasks,
        frontiers,
        config,
        limits=limits,
        encoders=encoders,
        dreamer=dreamer,
        workers=workers,
        seconds=bound,
    )
    spent = time.monotonic() - began
    if dreamt is not None:
        dreamt(spent, sum(len(part.train) + len(part.held_out) for part in curriculum.dreams))
    network = make_network(grammar, readers, config)
    if previous is not None and _alike(previous.config, config):
        transfer(previous.network, previous.library, network, grammar.library)
    network.to(device)
    reports = fit_network(
        network,
        curriculum,
        # Dreams and training share one bound.
        replace(config, seconds=max(config.seconds - spent, (1 - DREAMING_SHARE) * config.seconds)),
        told=told,
        checkpoint=None if checkpoint is None else Path(checkpoint),
        identity=_identity(grammar, curriculum, config),
    )
    network.to("cpu").eval()
    bins = calibration(network, curriculum.dreams, curriculum.classes, config.seed)
    return RecognitionModel(grammar.library, config, network, readers, reports, bins)


def make_curriculum(
    grammar: Grammar,
    tasks: Iterable[Task],
    frontiers: Iterable[Frontier],
    config: RecognitionConfig,
    *,
    limits: Limits | None = None,
    encoders: Encoders = encoder_for,
    dreamer: Dreamer | None = None,
    workers: int = 1,
    seconds: float = math.inf,
) -> tuple[Curriculum, dict[Type, Encoder]]:
    """Return what there is to learn, and an encoder for each type of task in it.

    The arguments are those of :func:`train`.

    Raises:
        RecognitionError: if there is nothing.
    """
    tasks = list(tasks)
    solved = _usable(grammar, frontiers)
    readers = _encoders([*tasks, *(f.task for f in solved)], encoders)
    summariser = Summariser(grammar.library)
    dreams = dreams_for(grammar, tasks, readers, solved, config, limits, workers, dreamer, seconds)
    lessons = [
        from_dreams(part, readers[part.request], summariser, config.held_out)
        for part in dreams
        if len(part)
    ]
    replays = _replays(solved, readers, summariser, config)
    taught = {part.request for part in (*lessons, *replays)}
    if not taught:
        raise RecognitionError(
            "recognition: there is nothing to train on: nothing could be dreamt and no task is "
            "solved. Give more tasks, or search longer first"
        )
    used = {request: encoder for request, encoder in readers.items() if request in taught}
    return Curriculum(lessons, replays, summariser.classes()), used


def dreams_for(
    grammar: Grammar,
    tasks: Sequence[Task],
    requests: Iterable[Type],
    solved: Sequence[Frontier],
    config: RecognitionConfig,
    limits: Limits | None = None,
    workers: int = 1,
    dreamer: Dreamer | None = None,
    seconds: float = math.inf,
) -> list[Dreams]:
    """Dream for the types of some tasks; those that cannot be dreamt are left out.

    Args:
        grammar: to dream from.
        tasks: whose types and inputs dreams are to be like.
        requests: the types to dream of.
        solved: what to fit a second grammar to dream from; none if it is empty.
        config: how many, and which share for the MAP objective.
        limits: of the domain.
        workers: threads.
        dreamer: makes the examples, where the domain brings one.
        seconds: how long it may take.
    """
    end = time.monotonic() + seconds
    rounds = 2 if not solved else 4
    wanted = set(requests)
    listed = [g for g in (_grounded(task.request) for task in tasks) if g in wanted]
    inputs = RandomInputs(tasks, limits=limits)
    sources = [(grammar, 1.0)]
    if solved:
        start = Grammar.uniform(grammar.library, bigram=True)
        fitted = fit(start, solved, PSEUDO_COUNTS)
        sources = [(grammar, 1 - FITTED_SHARE), (fitted, FITTED_SHARE)]
    parts: defaultdict[Type, list[Dreams]] = defaultdict(list)
    for number, (source, share) in enumerate(sources):
        for distinct, among in ((True, config.map_share), (False, 1 - config.map_share)):
            count = round(config.dreams * share * among)
            if not count:
                continue
            seed = config.seed * 4 + 2 * number + distinct
            made = dream(
                source,
                listed,
                inputs,
                count,
                seed,
                limits=limits,
                config=DreamConfig(distinct=distinct),
                dreamer=dreamer,
                workers=workers,
                seconds=(end - time.monotonic()) / rounds,
            )
            rounds -= 1
            for dreams in made:
                if len(dreams):
                    parts[dreams.request].append(dreams)
    return [_shuffled(Dreams.concat(part), config.seed) for part in parts.values()]


def _usable(grammar: Grammar, frontiers: Iterable[Frontier]) -> list[Frontier]:
    """Return the frontiers as the grammar scores them, without what it cannot generate."""
    scored = (rescored(grammar, frontier) for frontier in frontiers)
    usable = [
        Frontier(f.task, tuple(e for e in f.entries if math.isfinite(e.log_prior))) for f in scored
    ]
    return [frontier for frontier in usable if frontier.entries]


def _shuffled(dreams: Dreams, seed: int) -> Dreams:
    return dreams.take(np.random.default_rng(seed).permutation(len(dreams)))


def _grounded(request: Type) -> Type | None:
    """Return the type that tasks of ``request`` are dreamt as; None if they cannot be."""
    try:
        return ground(request)
    except CannotDream:
        return None


def _encoders(tasks: Iterable[Task], encoders: Encoders) -> dict[Type, Encoder]:
    """Return an encoder for each type of task that can be read; say which cannot."""
    by_type: defaultdict[Type, list[Task]] = defaultdict(list)
    for task in tasks:
        by_type[read_as(task.request)].append(task)
    found: dict[Type, Encoder] = {}
    reasons: list[str] = []
    for request, part in by_type.items():
        encoder = encoders(request)
        try:
            if encoder is None:
                raise UnreadableTask("there is no encoder for it")
            encoder.of(part[0])
            found[request] = encoder
        except UnreadableTask as error:
            reasons.append(f"{request} ({error})")
    if reasons:
        shown = "; ".join(reasons)
        if not found:
            raise UnreadableTask(
                f"recognition: no task can be read: {shown}. The domain may bring its own encoder"
            )
        logger.warning("tasks of these types go without a guide: %s", shown)
    return found


def _replays(
    solved: Sequence[Frontier],
    encoders: Mapping[Type, Encoder],
    summariser: Summariser,
    config: RecognitionConfig,
) -> list[TrainingSet]:
    by_request: defaultdict[Type, list[Frontier]] = defaultdict(list)
    for frontier in solved:
        if read_as(frontier.task.request) in encoders:
            by_request[frontier.task.request].append(frontier)
    rng = np.random.default_rng(config.seed)
    return [
        from_frontiers(part, encoders[read_as(request)], summariser, config.map_share, rng)
        for request, part in by_request.items()
    ]


def _alike(first: RecognitionConfig, second: RecognitionConfig) -> bool:
    """Whether two networks have the same layers, but for the library's part."""
    return all(
        getattr(first, n) == getattr(second, n) for n in ("width", "layers", "bigram", "rank")
    )


def _identity(grammar: Grammar, curriculum: Curriculum, config: RecognitionConfig) -> str:
    """Return what tells one training from another."""
    digest = hashlib.sha256()
    plain = replace(config, tensorboard=None, device="auto")
    parts = [*identity_of(grammar.library), repr(dataclasses.astuple(plain))]
    for part in (*curriculum.dreams, *curriculum.solved):
        parts.append(f"{part.request} {len(part.train)} {part.summaries.constants.sum():.6f}")
        digest.update(part.summaries.columns.tobytes())
    digest.update("\n".join(parts).encode())
    return digest.hexdigest()
