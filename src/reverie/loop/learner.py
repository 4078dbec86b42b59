"""Learning a library, from the beginning or from where a run was interrupted."""

from __future__ import annotations

import time
from collections.abc import Iterable, Iterator, Sequence
from contextlib import ExitStack, closing, contextmanager
from dataclasses import replace
from pathlib import Path
from types import ModuleType
from typing import Any

from ..display.logs import log
from ..display.progress import Progress, as_progress, telling
from ..domains import as_domain, source_of
from ..dsl import Domain, Grammar, ReverieError, Task, as_path, code_of
from ..enumerate import find_search
from ..executors import available_cores, make_executor
from ..open_run import domain_of, folder_of, judged_state
from ..run.config import Config, InvalidOption
from ..run.events import Callback, Event, PhaseBegan, PhaseEnded, RunBegan, RunEnded
from ..run.judging import Judgement
from ..run.run import Phase, Run
from ..run.state import State
from ..run.versions import versions
from ..store.folder import FILE
from ..store.recorder import Recorder
from ..store.seal import is_sealed
from ..store.store import NotARun, Store
from .context import Context
from .engine import wake_sleep
from .task_check import as_tasks, warn_of_tasks

__all__ = ["CHANGEABLE", "keep_judged", "learn", "prepared", "resume", "session"]

CHANGEABLE = ("iterations", "workers", "executor", "address")
"""The options that may change when a run goes on; others would make it another run."""


def learn(
    domain: Domain | str | ModuleType,
    *,
    tasks: Iterable[Task] | str | Path | None = None,
    out: str | Path | None = None,
    config: Config | None = None,
    progress: Progress | bool | None = None,
    callbacks: Sequence[Callback] = (),
    source: str | None = None,
    resume: bool = False,
    **options: Any,
) -> Run:
    """Learn a library for ``domain`` by rounds of wake and sleep.

    Args:
        domain: the language, and what solving means; or how to name it, such as ``"list"``, or the
            module that holds it.
        tasks: what to solve, or the file that it is in; the domain's own tasks if None.
        out: a new folder to keep the run in; None keeps it in memory alone.
        config: the options; ``options`` change single ones (see :class:`Config`).
        progress: who to tell while it works; True shows it on standard error, None tells nobody.
        callbacks: who else to tell what happens (see :mod:`reverie.run.events`).
        source: how the domain can be named again, for the run's record (see ``load_domain``).
        resume: go on with the run in ``out`` where there is one, as :func:`resume` does.

    Raises:
        InvalidOption: for an option that does not exist or is out of range.
        InvalidTask: for a task that the domain cannot work on, or if there is none.
        NotARun: if ``out`` holds something already.
        ReverieError: if the run can no longer be written; it can be resumed then.
    """
    config = Config.make(config, **options)
    find_search(config.search)
    told = None if progress is None else as_progress(progress)
    out = None if out is None else as_path(out, "the folder of a run")
    if resume and out is not None and (out / FILE).exists():
        return _go_on(out, domain, config, told, callbacks)
    source = source or source_of(domain)
    domain = config.adapt(as_domain(domain))
    wanted = domain.make_tasks(config.seed) if tasks is None else domain.adopt(as_tasks(tasks))
    if not wanted:
        raise ReverieError(f"domain {domain.name!r} has no tasks of its own; give it some")
    warn_of_tasks(domain, wanted)
    store = None
    if out is not None:
        meta = {
            "domain": domain.name,
            "source": source,
            "config": config.as_dict(),
            "own_tasks": tasks is None,
            "versions": versions(),
        }
        store = Store.create(out, meta, wanted)
    state = State.begin(Grammar.uniform(domain.library), wanted)
    with session(domain, config, store, told, callbacks) as run:
        run.tell(RunBegan(domain.name, config, state))
        return replace(_learn(state, run), folder=out)


def resume(
    folder: str | Path | Run,
    domain: Domain | str | ModuleType | None = None,
    *,
    progress: Progress | bool | None = None,
    callbacks: Sequence[Callback] = (),
    **options: Any,
) -> Run:
    """Go on with a run, from the last task that it finished.

    With a budget of candidates, the result is what it would have been without the interruption.

    Args:
        folder: the run's folder, or the run that is in it.
        domain: the domain it was made with. If None, the domain is looked up as it was named then;
            if that was a file of your own, its code is run.
        progress: who to tell while it works; True shows it on standard error, None tells nobody.
        callbacks: who else to tell what happens.
        options: options that change; ``iterations``, ``workers``, ``executor`` and ``address`` can.

    Raises:
        NotARun: if the folder holds no run that this version can go on with, or another process is
            at work on it.
        ReverieError: if the domain cannot be found again, or no longer has what programs use.
        InvalidOption: for an option that cannot change, or is out of range.
    """
    folder = folder_of(folder)
    with Store.reading(folder) as found:  # says what is wrong before the domain's code is run
        meta = found.meta()
        domain = domain_of(found) if domain is None else as_domain(domain)
        try:
            config = Config.make(**meta["config"])
        except InvalidOption as error:
            raise NotARun(f"the configuration of the run in {folder} is damaged: {error}") from None
        if options.get("executor", "ray") != "ray":
            options = {"address": None, **options}
        if config.address and "address" not in options and not is_sealed(folder, meta):
            raise ReverieError(
                f"the run in {folder} was not begun here by you, and says to search on the Ray "
                f"cluster at {config.address}, which is not dialled unasked: if that is yours name "
                "it with --address, or choose another --executor"
            )
        if config.executor != "ray" and "workers" not in options:
            options["workers"] = min(config.workers, available_cores())
        config = Config.make(config, **options)
        if "watch" in meta:
            raise NotARun(
                f"the run in {folder} watches {meta['watch']}, and goes on when that is watched "
                f"again: reverie run DOMAIN --tasks {meta['watch']} --watch --out {folder}"
            )
    for name in options:
        if name not in CHANGEABLE:
            raise InvalidOption(
                f"{name} cannot change when a run goes on; only {', '.join(CHANGEABLE)} can"
            )
    told = None if progress is None else as_progress(progress)
    domain = config.adapt(domain)
    store = Store.append(folder)
    with session(domain, config, store, told, callbacks) as run:
        own = domain.make_tasks(config.seed) if meta["own_tasks"] else []
        with store.checked():
            state, judgement = judged_state(store, domain, own)
        keep_judged(store, state, judgement)
        run.tell(RunBegan(domain.name, config, state, resumed=True))
        return replace(_learn(state, run), folder=folder)


def _go_on(
    folder: Path,
    domain: Domain | str | ModuleType,
    config: Config,
    progress: Progress | None,
    callbacks: Sequence[Callback],
) -> Run:
    """Resume the run in a folder, under options that differ from the run's where they may."""
    with Store.reading(folder) as found:
        known = Config.make(**found.meta()["config"]).as_dict()
    changed = {name: value for name, value in config.as_dict().items() if value != known[name]}
    return resume(folder, domain, progress=progress, callbacks=callbacks, **changed)


def keep_judged(store: Store, state: State, judgement: Judgement) -> None:
    """Append what is known of the tasks of which programs were dropped, or scored anew."""
    last = max((phase.iteration for phase in state.phases), default=0)
    with store.transaction():
        for name, frontier in state.frontiers.items():
            if name in judgement.dropped or (judgement.changes and frontier.entries):
                store.add_frontier(last, "judging", frontier)


def _learn(state: State, run: Context) -> Run:
    prepared(state, run)
    state = wake_sleep(state, run)
    run.tell(RunEnded(state))
    return state.result(run.domain)


def prepared(state: State, run: Context) -> None:
    """Compile what searches need, and tell so."""
    run.tell(PhaseBegan(0, "compiling", 0, 0, state))
    began = time.perf_counter()
    run.executor.prepare(state.grammar)
    run.tell(PhaseEnded(Phase(0, "compiling", time.perf_counter() - began, {}), state))


@contextmanager
def session(
    domain: Domain,
    config: Config,
    store: Store | None,
    progress: Progress | None,
    callbacks: Sequence[Callback],
) -> Iterator[Context]:
    """Set up what a run works with, and let go of it in the end."""
    told: list[Callback] = [*callbacks, log]
    if progress is not None:
        told.insert(0, telling(progress))
    with ExitStack() as stack:
        if store is not None:
            stack.callback(store.close)
            told.insert(0, Recorder(store, code_of(domain)))

        def tell(event: Event) -> None:
            for callback in told:
                callback(event)

        executor = stack.enter_context(closing(make_executor(domain, config)))
        yield Context(domain, config, executor, tell)
