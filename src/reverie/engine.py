"""The wake-sleep loop.

Each round: *wake* searches every task under the current grammar; *sleep* looks for abstractions
that shorten what was found, rewrites it with them, and fits the grammar's weights to it (Ellis et
al., DreamCoder, PLDI 2021, section 3).
"""

from __future__ import annotations

import math
import time
from collections.abc import Iterable, Sequence
from contextlib import ExitStack, closing
from pathlib import Path
from typing import Any

from .compression import CompressionConfig, compress_frontiers
from .config import Config
from .domains.domain import Domain
from .dsl.errors import ReverieError
from .dsl.fitting import refitted
from .dsl.frontier import Frontier
from .dsl.grammar import Grammar
from .dsl.interpreter import Interpreter
from .dsl.task import Task
from .enumerate.searches import find_search
from .executors import Executor, make_executor, prepare
from .progress import Progress, Quiet
from .result import Iteration, Run, description_length, uses_of
from .store import Store
from .versions import versions

__all__ = ["learn", "sleep", "wake"]


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
    with ExitStack() as stack:
        if store is not None:
            stack.callback(store.close)
        executor = stack.enter_context(closing(make_executor(domain, config.workers)))
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
    prepare(executor, grammar, tasks, config.search, told)
    for number in range(1, config.iterations + 1):
        began = time.perf_counter()
        solved = wake(number, grammar, frontiers, tasks, config, executor, store, told)
        grammar = sleep(number, domain, grammar, frontiers, savings, config, store, told)
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
    domain: Domain,
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
        known = _confirmed(domain, grammar, known, result.frontiers)
        for step in result.steps:
            new.append(step.name)
            savings[step.name] = step.saving
    grammar, known = refitted(grammar, known, config.pseudo_counts)
    frontiers.update((frontier.task.name, frontier) for frontier in known)
    uses = uses_of(grammar.library, frontiers.values())
    plural = "" if len(new) == 1 else "s"
    summary = f"{len(new)} new abstraction{plural}" + (f": {', '.join(new)}" if new else "")
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


def _confirmed(
    domain: Domain, grammar: Grammar, before: Sequence[Frontier], after: Sequence[Frontier]
) -> list[Frontier]:
    """Return the rewritten frontiers, with the originals where a rewritten program fails.

    An abstraction evaluates its arguments before its body, so a program that was right because
    ``if`` left a branch alone can fail once that branch is an argument.
    """
    interpreter = Interpreter(grammar.library, domain.limits)
    frontiers = []
    for old, new in zip(before, after, strict=True):
        score = domain.likelihood.scorer(new.task, new.task.examples, interpreter)
        right = [e for e in new.entries if math.isfinite(score(e.program)[0])]
        if len(right) < len(new.entries):
            new = Frontier.of(new.task, [*right, *old.entries], len(old.entries))
        frontiers.append(new)
    return frontiers
