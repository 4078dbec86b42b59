"""Working on its own: tasks are dropped into a folder, solved and learned from, and answered there.

The run beside it knows which files were read and which tasks searched, so that a watch that was
stopped, by whatever, goes on when it is started again. Each round searches the tasks that are still
unsolved, the newest first: a number of times, and once more whenever others have been solved since,
from which there was something to learn.
"""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path
from types import ModuleType
from typing import Any

from ..display.progress import Progress, as_progress
from ..domains import as_domain, source_of
from ..domains.task_files import task_json
from ..dsl import Domain, Frontier, Grammar, Interpreter, ReverieError, Task
from ..enumerate import SearchResult, find_search
from ..open_run import judged_state
from ..run.config import Config
from ..run.events import Callback, Event, PhaseBegan, PhaseEnded, RunBegan, TaskSearched
from ..run.run import Phase, Run
from ..run.state import State
from ..run.versions import versions
from ..store.store import FILE, NotARun, Store
from .context import Context
from .engine import one_round, phases_of
from .inbox import Answers, Delivery, Inbox
from .learner import keep_judged, prepared, session
from .solver import solution_of
from .task_check import warn_of_tasks

__all__ = ["watch"]


def watch(
    domain: Domain | str | ModuleType,
    inbox: str | Path,
    *,
    out: str | Path | None = None,
    config: Config | None = None,
    progress: Progress | bool | None = None,
    callbacks: Sequence[Callback] = (),
    poll: float = 1.0,
    settle: float = 2.0,
    until: Callable[[], bool] = lambda: False,
    **options: Any,
) -> Run:
    """Solve and learn from what is dropped into a folder, until stopped.

    Answers are appended to ``answers.jsonl`` in the folder, as result lines with the file that the
    task came in; files that cannot be used are answered with what is wrong.

    Args:
        domain: the language, and what solving means; or how to name it, for the run's record.
        inbox: the folder.
        out: the folder of the run, new or of this watch before; ``run`` in the inbox if None.
        config: the options; ``options`` change single ones (see :class:`Config`). An unsolved task
            is searched ``iterations`` times.
        progress: who to tell while it works; nobody if None.
        callbacks: who else to tell what happens.
        poll: seconds between two looks into the folder while there is nothing to do.
        settle: seconds that a file that cannot be read must lie unchanged to count as bad.
        until: asked between two rounds whether to stop.

    Raises:
        InvalidOption: for an option that does not exist or is out of range.
        NotARun: if ``out`` holds something else, or another process is at work on it.
        ReverieError: if the inbox, the answers or the run can no longer be used.
    """
    config = Config.make(config, **options)
    find_search(config.search)
    source = source_of(domain)
    told = None if progress is None else as_progress(progress)
    domain = config.adapt(as_domain(domain))
    inbox = Path(inbox).resolve()
    if not inbox.is_dir():
        raise ReverieError(f"{inbox} is no folder; make it, and drop task files into it")
    folder = Path(out) if out is not None else inbox / "run"
    answers = Answers(inbox)
    resumed = (folder / FILE).exists()
    store = _opened(folder, domain, inbox, config, source)
    watcher = _Watcher(domain, config, store, Inbox(inbox, domain, settle), answers)
    with session(domain, config, store, told, [watcher, *callbacks]) as run:
        run = replace(run, choose=watcher.choose)
        with store.checked():
            state, judgement = judged_state(store, domain)
            keep_judged(store, state, judgement)
            watcher.remember(state)
        run.tell(RunBegan(domain.name, config, state, resumed=resumed))
        prepared(state, run)
        while not until():
            state = watcher.with_new_tasks(state)
            iteration = watcher.next_round(state, config)
            if state.searched or watcher.choose(state, iteration, config):
                state = one_round(iteration, state, run)
            else:
                state = watcher.wait(state, run, poll, until)
        return state.result(domain)


def _opened(folder: Path, domain: Domain, inbox: Path, config: Config, source: str | None) -> Store:
    """Return the store of the watch: the one that is there, or a new one."""
    if not (folder / FILE).exists():
        meta = {"domain": domain.name, "source": source, "config": config.as_dict()}
        return Store.create(
            folder, {**meta, "own_tasks": False, "watch": str(inbox), "versions": versions()}, []
        )
    with Store.reading(folder) as found:
        meta = found.meta()
    if (meta.get("watch"), meta["domain"]) != (str(inbox), domain.name):
        raise NotARun(
            f"{folder} holds another run, not that of domain {domain.name!r} and inbox {inbox}; "
            "nothing was written. Name another folder"
        )
    return Store.append(folder)


class _Watcher:
    """What a watch remembers between rounds, all of it known from the store and the answers."""

    def __init__(
        self, domain: Domain, config: Config, store: Store, inbox: Inbox, answers: Answers
    ) -> None:
        self.domain = domain
        self.config = config
        self.store = store
        self.inbox = inbox
        self.answers = answers
        self.files: dict[str, str] = {}  # which file each task came in
        self.searches: Counter[str] = Counter()  # how often each was searched
        self.learned = 0  # the last round that solved a task for the first time

    # ---- from one process to the next ------------------------------------------------------------

    def remember(self, state: State) -> None:
        """Take up what earlier processes did, and give the answers they did not come to."""
        for event in self.store.events("file"):
            self.inbox.seen[event["file"]] = event["digest"]
            self.files |= dict.fromkeys(event["tasks"], event["file"])
        self.searches = Counter(row["task"] for row in self.store.searches())
        self._note_learning(state)
        last = self.store.frontiers()
        for name, frontier in state.result(self.domain).frontiers.items():
            if name in last:
                best = frontier.best
                candidates = best.candidates if best else last[name]["candidates"]
                seconds = best.seconds if best else last[name]["seconds"]
                self._answer(frontier, SearchResult(frontier, candidates, seconds), state.grammar)

    def _note_learning(self, state: State) -> None:
        known = 0
        for phase in state.phases:
            if phase.name == "wake" and phase.outcome["known"] > known:
                self.learned, known = phase.iteration, phase.outcome["known"]

    # ---- tasks -----------------------------------------------------------------------------------

    def with_new_tasks(self, state: State) -> State:
        """Read what was dropped into the inbox, and add its tasks to what is known."""
        frontiers = dict(state.frontiers)
        for delivery in self.inbox.deliveries():
            new: list[Task] = []
            faults = list(delivery.errors)
            for task in delivery.tasks:
                known = frontiers.get(task.name)
                if known is None:
                    new.append(task)
                elif task_json(known.task) != task_json(task):
                    faults.append(
                        f"{delivery.file}: the name {task.name!r} is taken by another task, of "
                        f"{self.files.get(task.name)}; names must differ"
                    )
            for fault in faults:
                if (delivery.file, fault) not in self.answers.faults:
                    self.answers.add({"file": delivery.file, "error": fault})
            warn_of_tasks(self.domain, new)
            self._store_delivery(delivery, new)
            frontiers |= {task.name: Frontier(task) for task in new}
        return replace(state, frontiers=frontiers)

    def _store_delivery(self, delivery: Delivery, new: Sequence[Task]) -> None:
        names = [task.name for task in new]
        self.files |= dict.fromkeys(names, delivery.file)
        with self.store.transaction():
            self.store.add_tasks(new)
            self.store.add_event("file", file=delivery.file, digest=delivery.digest, tasks=names)

    def choose(self, state: State, iteration: int, config: Config) -> Sequence[Task]:
        """Return the tasks of a round: unsolved, and worth another search; the newest first."""
        due = [
            frontier.task
            for name, frontier in state.frontiers.items()
            if not frontier.entries
            and (
                self.searches[name] < config.iterations
                or state.tried.get(name, 0) <= self.learned
                or name in state.searched
            )
        ]
        due.sort(key=lambda task: state.tried.get(task.name, 0))
        return due[: config.batch]

    @staticmethod
    def next_round(state: State, config: Config) -> int:
        """Return the round that is under way or comes next."""
        last = max((phase.iteration for phase in state.phases), default=0)
        under_way = last and not state.is_over(last, list(phases_of(config))[-1])
        return last if under_way else last + 1

    def wait(self, state: State, run: Context, poll: float, until: Callable[[], bool]) -> State:
        """Wait until a task is dropped into the inbox; return what is known then."""
        began = time.perf_counter()
        run.tell(PhaseBegan(0, "waiting", 0, 0, state))
        known = len(state.frontiers)
        while not until():
            state = self.with_new_tasks(state)
            if len(state.frontiers) > known:
                break
            time.sleep(poll)
        run.tell(PhaseEnded(Phase(0, "waiting", time.perf_counter() - began, {}), state))
        return state

    # ---- answers ---------------------------------------------------------------------------------

    def __call__(self, event: Event) -> None:
        """Give the answers that follow from an event."""
        match event:
            case TaskSearched(_, grammar, frontier, found):
                self.searches[frontier.task.name] += 1
                self._answer(frontier, found, grammar)
            case PhaseEnded(_, state):
                self._note_learning(state)

    def _answer(self, frontier: Frontier, found: SearchResult, grammar: Grammar) -> None:
        name = frontier.task.name
        tired = self.searches[name] >= self.config.iterations
        if name in self.answers.solved or (
            not frontier.best and (name in self.answers.unsolved or not tired)
        ):
            return
        interpreter = Interpreter(grammar.library, self.domain.limits)
        found = replace(found, frontier=frontier)
        solution = solution_of(self.domain, frontier.task, found, interpreter)
        self.answers.add({**solution.as_dict(), "file": self.files.get(name)})
