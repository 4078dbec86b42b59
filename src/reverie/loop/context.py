"""What all phases of a run work with: domain, options, executor, callbacks, curriculum."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from ..dsl import Domain, Task
from ..executors import Executor
from ..run.config import Config
from ..run.events import Callback
from ..run.state import State
from .curriculum import batch

__all__ = ["Context"]


@dataclass(frozen=True)
class Context:
    """What all phases of a run work with.

    Attributes:
        domain: the language, and what solving means.
        config: the options.
        executor: where searches run.
        tell: called with each event of the run.
        choose: says which tasks a round searches, and in which order.
    """

    domain: Domain
    config: Config
    executor: Executor
    tell: Callback
    choose: Callable[[State, int, Config], Sequence[Task]] = batch
