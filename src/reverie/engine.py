"""The wake-sleep loop.

Each round: *wake* searches every task under the current grammar; *sleep* looks for abstractions
that shorten what was found, rewrites it with them, and fits the grammar's weights to it (Ellis et
al., DreamCoder, PLDI 2021, section 3).
"""

from __future__ import annotations

import time
from collections.abc import Iterable, Mapping, Sequence
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from .compression import CompressionConfig, compress_frontiers
from .config import Config
from .domains.domain import Domain
from .dsl.errors import ReverieError
from .dsl.frontier import Frontier
from .dsl.grammar import Grammar, refit, summarise
from .dsl.library import Library
from .dsl.task import Task
from .dsl.terms import Abstraction, subterms
from .enumerate.searches import find_search
from .executors import Executor, make_executor
from .progress import Progress, Quiet
from .store import Store
from .versions import versions

__all__ = ["Iteration", "Run", "learn"]


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
    """

    domain: Domain
    grammar: Grammar
    frontiers: dict[str, Frontier]
    history: tuple[Iteration, ...]
    savings: dict[str, float]

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
        from .view import run_text

        return run_text(self)

    def _repr_html_(self) -> str:
        return self.library._repr_html_()


def learn(
    domain: Domain,
    *,
    tasks: Iterable[Task] | None = None,
    out: str | Path | None = None,
    config: Config | None = None,
    progress: Progress | None = None,
    source: str | None = None,
    **options: Any,
) -> Run:
    """Learn a library for ``domain`` by rounds of wake and sleep.

    Args:
        domain: the language, and what solving means.
        tasks: what to solve; the domain's own tasks if None.
        out: a new folder to keep the run in; None keeps it in memory alone.
        config: the options; ``options`` change single ones (see :class:`Config`).
        progress: who to tell while it works; nobody if None.
        source: how the domain can be named again, for the run's record (see ``load_domain``).

    Raises:
        InvalidOption: for an option that does not exist or is out of range.
        InvalidTask: for a task that the domain cannot work on, or if there is none.
        NotARun: if ``out`` holds something already.
    """
    config = Config.make(config, **options)
    find_search(config.search)
    wanted = domain.make_tasks(config.seed) if tasks is None else domain.adopt(tasks)
    if not wanted:
        raise ReverieError(f"domain {domain.name!r} has no tasks of its own; give it some")
    told = progress or Quiet()
    store = None
    if out is not None:
        meta = {"domain": domain.name, "source": source, "config": config.as_dict()}
        store = Store.create(Path(out), {**meta, "versions": versions()}, wanted)
    with closing(make_executor(domain, config.workers)) as executor:
        return _loop(domain, wanted, config, executor, store, told)


def _loop(
    domain: Domain,
    tasks: Sequence[Task],
    config: Config,
    executor: Executor,
    store: Store | None,
    told: Progress,
) -> Run:
    grammar = Grammar.uniform(domain.library)
    frontiers = {task.name: Frontier(task) for task in tasks}
    history: list[Iteration] = []
    savings: dict[str, float] = {}
    for number in range(1, config.iterations + 1):
        began = time.perf_counter()
        solved = wake(number, grammar, frontiers, tasks, config, executor, store, told)
        grammar = sleep(number, grammar, frontiers, savings, config, store, told)
        best = [name for name, frontier in frontiers.items() if frontier.entries]
        history.append(
            Iteration(
                number,
                solved,
                len(best),
                len(tasks),
                description_length(frontiers),
                len(grammar.library.abstractions),
                time.perf_counter() - began,
            )
        )
    told.close()
    return Run(domain, grammar, frontiers, tuple(history), savings)


def wake(
    number: int,
    grammar: Grammar,
    frontiers: dict[str, Frontier],
    tasks: Sequence[Task],
    config: Config,
    executor: Executor,
    store: Store | None,
    told: Progress,
) -> int:
    """Search each task; add what is found to ``frontiers``; return how many were solved now."""
    began = time.perf_counter()
    solved = 0
    budget = config.search_budget()
    told.start(f"round {number}, wake", len(tasks))
    for task, found in executor.search(grammar, tasks, budget, config.search):
        merged = frontiers[task.name].merge(found.frontier, config.frontier)
        frontiers[task.name] = merged
        note = ""
        if found.frontier.best:
            solved += 1
            note = f"{task.name}: {grammar.library.show(found.frontier.best.program)}"
        if store:
            store.add_frontier(number, "wake", merged, found.candidates, found.seconds)
        told.step(note)
    known = sum(1 for f in frontiers.values() if f.entries)
    told.finish(f"{solved} of {len(tasks)} tasks solved, {known} known so far")
    if store:
        seconds = time.perf_counter() - began
        store.add_phase(
            number, "wake", seconds, {"solved": solved, "known": known, "tasks": len(tasks)}
        )
    return solved


def sleep(
    number: int,
    grammar: Grammar,
    frontiers: dict[str, Frontier],
    savings: dict[str, float],
    config: Config,
    store: Store | None,
    told: Progress,
) -> Grammar:
    """Learn abstractions, rewrite ``frontiers`` with them, and return the grammar fitted to it."""
    began = time.perf_counter()
    known = [f for f in frontiers.values() if f.entries]
    new: list[str] = []
    told.start(f"round {number}, sleep", 1)
    if config.compression:
        result = compress_frontiers(
            grammar,
            known,
            CompressionConfig(
                max_arity=config.max_arity,
                top=config.top,
                pseudo_counts=config.pseudo_counts,
                aic=config.aic,
                structure_penalty=config.structure_penalty,
            ),
        )
        grammar = result.grammar
        known = list(result.frontiers)
        for step in result.steps:
            new.append(step.name)
            savings[step.name] = step.saving
    grammar = fit(grammar, known, config.pseudo_counts)
    for frontier in known:
        frontiers[frontier.task.name] = rescored(grammar, frontier)
    uses = uses_of(grammar.library, frontiers.values())
    summary = f"{len(new)} new abstractions" + (f": {', '.join(new)}" if new else "")
    told.step()
    told.finish(summary)
    if store:
        for frontier in known:
            store.add_frontier(number, "sleep", frontiers[frontier.task.name], 0, 0.0)
        notes = {
            name: {"saving": savings.get(name), "uses": uses[name]}
            for name in grammar.library.abstractions
        }
        store.add_library(number, grammar, notes)
        outcome = {
            "new": new,
            "abstractions": len(grammar.library.abstractions),
            "description_length": description_length(frontiers),
        }
        store.add_phase(number, "sleep", time.perf_counter() - began, outcome)
    return grammar


def description_length(frontiers: Mapping[str, Frontier]) -> float:
    """Return the nats of the best program of each solved task, data included."""
    return sum(f.best.description_length for f in frontiers.values() if f.best)


def fit(grammar: Grammar, frontiers: Iterable[Frontier], pseudo_counts: float) -> Grammar:
    """Fit the weights to the frontiers, each program weighed by its posterior."""
    rows = [
        (summarise(entry.program, frontier.task.request, grammar.library), weight)
        for frontier in (rescored(grammar, f) for f in frontiers)
        for entry, weight in frontier.posterior()
    ]
    return refit(grammar, rows, pseudo_counts)


def rescored(grammar: Grammar, frontier: Frontier) -> Frontier:
    """Return the frontier with its programs' log priors under ``grammar``."""
    request = frontier.task.request
    return frontier.rescore(grammar.log_prior(e.program, request) for e in frontier.entries)


def uses_of(library: Library, frontiers: Iterable[Frontier]) -> dict[str, int]:
    """Return how many best programs use each abstraction, directly or through another."""
    counts = dict.fromkeys(library.abstractions, 0)
    for frontier in frontiers:
        if frontier.best:
            for name in _used(library, frontier.best.program):
                counts[name] += 1
    return counts


def _used(library: Library, program: Any) -> set[str]:
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
