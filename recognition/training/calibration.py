"""Calibration: whether choices that the guide gives a probability of p are made p of the time.

A reliability diagram in numbers (Guo, Pleiss, Sun and Weinberger, On calibration of modern neural
networks, ICML 2017), over the choices at the heads of held-out programs.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import NamedTuple

import numpy as np
import torch

from ...enumerate.automaton import ChoiceClasses
from .loss import chances, closed, targets
from .network import GuideNetwork, key_of
from .training_set import TrainingSet

__all__ = ["Bin", "calibration"]

BINS = 10


class Bin(NamedTuple):
    """Choices that the guide gave about the same probability."""

    said: float  # the mean of these probabilities
    seen: float  # how often it was these that were made
    choices: int


@torch.inference_mode()
def calibration(
    network: GuideNetwork, lessons: Iterable[TrainingSet], classes: ChoiceClasses, seed: int = 0
) -> list[Bin]:
    """Compare what the guide says of each choice in held-out programs with what was chosen.

    At each head of a program, each candidate has a probability, and one of them was chosen. A guide
    that knows what it does not know is right in a tenth of what it gives a tenth.

    Args:
        network: on the CPU.
        lessons: whose held-out part to look at.
        classes: what their summaries refer to.
        seed: for which examples are shown.

    Returns:
        The bins of probability that have choices in them, from low to high.
    """
    rng = np.random.default_rng(seed)
    cpu = torch.device("cpu")
    bars = closed(classes, cpu)
    counts, said, seen = (np.zeros(BINS) for _ in range(3))
    for part in lessons:
        if not len(part.held_out):
            continue
        features = torch.from_numpy(part.see(part.held_out, rng))
        wanted = targets(part.summaries, part.held_out, classes, cpu)
        hidden = network.hidden(key_of(part.request), features)
        given = chances(network, hidden, wanted, bars).numpy()
        chosen = np.zeros(given.shape)
        chosen[np.arange(len(given)), wanted.columns.numpy()] = 1.0
        offered = classes.offered[wanted.classes.numpy()]
        bins = np.minimum((given[offered] * BINS).astype(np.int64), BINS - 1)
        counts += np.bincount(bins, minlength=BINS)
        said += np.bincount(bins, given[offered], BINS)
        seen += np.bincount(bins, chosen[offered], BINS)
    return [
        Bin(float(said[i] / counts[i]), float(seen[i] / counts[i]), int(counts[i]))
        for i in np.flatnonzero(counts)
    ]
