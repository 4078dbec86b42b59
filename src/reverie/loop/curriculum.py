"""Which tasks a round searches, and in which order.

A batch smaller than the number of tasks makes a round short, so that what is learned from some
tasks helps with the others earlier (DreamCoder's ``taskBatchSize`` and ``taskReranker``).
"""

from __future__ import annotations

import random
from collections.abc import Callable, Sequence

from ..dsl import Task
from ..run.config import Config
from ..run.state import State

__all__ = ["ORDERS", "batch"]


def batch(state: State, iteration: int, config: Config) -> Sequence[Task]:
    """Return the tasks of a round, the most urgent first.

    It follows from seed, round and state alone, so that a run that was interrupted makes the same
    choice again.
    """
    names = list(state.frontiers)
    urgency = ORDERS[config.curriculum](state, names, random.Random(f"{config.seed}:{iteration}"))
    chosen = [names[i] for i in sorted(range(len(names)), key=urgency.__getitem__)]
    return [state.frontiers[name].task for name in chosen[: config.batch]]


def _given(state: State, names: Sequence[str], rng: random.Random) -> list[tuple[float, ...]]:
    """Longest not searched first, then in the order given."""
    return [(state.tried.get(name, 0), i) for i, name in enumerate(names)]


def _random(state: State, names: Sequence[str], rng: random.Random) -> list[tuple[float, ...]]:
    """Longest not searched first, then at random."""
    return [(state.tried.get(name, 0), rng.random()) for name in names]


def _unsolved(state: State, names: Sequence[str], rng: random.Random) -> list[tuple[float, ...]]:
    """Unsolved first, then longest not searched, then in the order given."""
    return [
        (bool(state.frontiers[name].entries), state.tried.get(name, 0), i)
        for i, name in enumerate(names)
    ]


Order = Callable[[State, Sequence[str], random.Random], list[tuple[float, ...]]]

ORDERS: dict[str, Order] = {"given": _given, "random": _random, "unsolved": _unsolved}
"""The curricula there are: each gives every task a key, the most urgent the least."""
