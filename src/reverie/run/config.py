"""Everything that can be set about searching and learning, in one frozen object."""

from __future__ import annotations

import dataclasses
import math
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Self

from ..dsl import (
    RANKINGS,
    Domain,
    InvalidOption,
    Limits,
    Options,
    check_kinds,
    find_ranking,
    suggest,
)
from ..enumerate import Budget
from ..recognition import RecognitionConfig

__all__ = ["Config", "InvalidOption"]


MOST_WORKERS = 1024
"""More is a slip of the keyboard, and would bring the machine down."""

CURRICULA = ("given", "random", "unsolved")
LIMITS = tuple(f.name for f in dataclasses.fields(Limits) if f.name != "value_range")
"""The limits that an option may set; the range of values is part of what a language means."""

EXECUTORS = ("auto", "serial", "processes", "ray")


@dataclass(frozen=True, kw_only=True)
class Config(Options):
    """The options of :func:`reverie.learn`, :func:`reverie.solve` and the command line.

    Attributes:
        iterations: rounds of wake and sleep.
        batch: how many tasks a round searches; None for all.
        curriculum: which come first: ``"unsolved"`` ones, those ``"given"`` first, or ``"random"``
            ones. The last two go through all tasks in turn.
        timeout: seconds of search for each task and round, on one core.
        budget: programs considered for each task and round; None leaves it to ``timeout``. With a
            budget, the same seed gives the same result again; seconds do not.
        wake_timeout: seconds after which a round's wake ends, whatever it has searched by then;
            None for no such bound. With a budget, bound a wake by ``batch`` instead.
        workers: how many tasks are searched at once, each in a process of its own.
        executor: where searches run: ``"serial"``, in this process; ``"processes"`` of this
            machine; ``"ray"``, a cluster or this machine. ``"auto"`` is processes if there is more
            than one worker.
        address: of the Ray cluster, such as ``"auto"`` for the one this machine belongs to; None
            starts one on this machine.
        seed: for everything random.
        search: which search to use (``"auto"`` chooses).
        memory: GB that one search may use.
        frontier: how many programs to keep for a task.
        compression: whether to learn abstractions.
        top: how many programs of each frontier compression looks at.
        max_arity: the most arguments that an abstraction may take.
        pseudo_counts: what is added to all counts when weights are fitted.
        aic: what each production of a library costs, nats.
        structure_penalty: what each leaf of a library costs, nats.
        ranking: which of the programs that solve a task comes first, ``"posterior"`` or
            ``"uses-inputs"`` (see :mod:`reverie.dsl.model.ranking`); None for the domain's own.
        limits: in place of the domain's own limits on evaluations, such as ``{"integer": 10**15,
            "length": 5000}`` (see :class:`reverie.dsl.Limits`).
        recognition: the options of the recognition model, whose training also keeps in proportion
            to the searches; None for no model. :meth:`make` also takes True, False or a mapping.

    The defaults of the last five are DreamCoder's published ones (``reference``: its
    ``official_experiments``).

    Raises:
        InvalidOption: if a value is out of range.
    """

    iterations: int = 3
    batch: int | None = None
    curriculum: str = "unsolved"
    timeout: float = 1.0
    budget: int | None = None
    wake_timeout: float | None = None
    workers: int = 1
    executor: str = "auto"
    address: str | None = None
    seed: int = 0
    search: str = "auto"
    memory: float = 2.0
    frontier: int = 5
    compression: bool = True
    top: int = 2
    max_arity: int = 3
    pseudo_counts: float = 30.0
    aic: float = 1.0
    structure_penalty: float = 1.5
    ranking: str | None = None
    limits: Mapping[str, int] | None = None
    recognition: RecognitionConfig | None = field(default_factory=RecognitionConfig)

    def __post_init__(self) -> None:
        check_kinds(self)
        for name in ("iterations", "workers", "frontier", "top"):
            self.check(name, getattr(self, name) >= 1, "1 or more")
        self.check("workers", self.workers <= MOST_WORKERS, f"{MOST_WORKERS} or fewer")
        for name in ("max_arity", "seed"):
            self.check(name, getattr(self, name) >= 0, "0 or more")
        for name in ("budget", "batch"):
            self.check(name, getattr(self, name) is None or getattr(self, name) >= 1, "1 or more")
        for name in ("timeout", "wake_timeout", "memory", "pseudo_counts"):
            value = getattr(self, name)
            right = value is None or 0 < value < math.inf
            self.check(name, right, "more than 0, and finite")
        for name in ("aic", "structure_penalty"):
            self.check(name, getattr(self, name) >= 0, "0 or more")

        for name, allowed in (
            ("curriculum", CURRICULA),
            ("executor", EXECUTORS),
            ("ranking", tuple(RANKINGS)),
        ):
            value = getattr(self, name)
            if value is not None and value not in allowed:
                hint = suggest(str(value), allowed)
                raise InvalidOption(
                    f"{name} must be one of {', '.join(allowed)}; got {value!r}{hint}"
                )
        if self.address is not None and self.executor != "ray":
            raise InvalidOption("address is of a Ray cluster, and needs executor 'ray'")

        self._check_limits()

    def _check_limits(self) -> None:
        given: Any = self.limits
        if given is None:
            return
        form = 'such as {"integer": 10**15, "length": 5000}'
        if not isinstance(given, Mapping):
            raise InvalidOption(f"limits must be a dict, {form}; got {given!r:.60}")
        for name, value in given.items():
            if name not in LIMITS:
                hint = suggest(str(name), LIMITS)
                raise InvalidOption(f"limits must be a dict, {form}; there is no {name!r}{hint}")
            if isinstance(value, bool) or not isinstance(value, int) or value < 1:
                raise InvalidOption(
                    f"limits must be whole numbers from 1; got {value!r:.60} for {name}"
                )

    @classmethod
    def make(cls, base: Self | None = None, **options: Any) -> Self:
        """Return ``base`` with some options changed.

        Raises:
            InvalidOption: for an option that does not exist, with the nearest that does.
        """
        if not isinstance(base, cls | None):
            raise InvalidOption(f"config must be a Config, or None; got {base!r:.60}")
        cls.check_names(options)
        chosen = options.get("recognition")
        if isinstance(chosen, bool):
            options["recognition"] = RecognitionConfig() if chosen else None
        elif isinstance(chosen, Mapping):
            options["recognition"] = RecognitionConfig.make(**chosen)
        elif not isinstance(chosen, RecognitionConfig | None):
            raise InvalidOption(
                f"recognition must be True, False or a RecognitionConfig; got {chosen!r:.60}"
            )
        return super().make(base, **options)

    def search_budget(self) -> Budget:
        """Return what one search of one task may use."""
        return Budget(
            seconds=self.timeout if self.budget is None else math.inf,
            candidates=self.budget,
            solutions=self.frontier,
            memory=self.memory,
        )

    def adapt(self, domain: Domain) -> Domain:
        """Return the domain with the limits and the ranking that these options put in place."""
        if self.limits:
            raised: dict[str, Any] = dict(self.limits)
            limits = dataclasses.replace(domain.limits, **raised)
            domain = dataclasses.replace(domain, limits=limits)
        if self.ranking is not None:
            domain = dataclasses.replace(domain, ranking=find_ranking(self.ranking))
        return domain

    def as_dict(self) -> dict[str, Any]:
        """Return the options as JSON can hold them."""
        return dataclasses.asdict(self)
