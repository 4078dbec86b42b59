"""Logs of a run for other tools: callbacks that write what happens (:mod:`reverie.run.events`)."""

from __future__ import annotations

import csv
import logging
import time
from pathlib import Path
from typing import Any

from ..dsl import ReverieError
from ..run.events import Event, PhaseBegan, PhaseEnded, RunBegan, RunEnded, Step, TaskSearched

__all__ = ["CsvLog", "TensorBoardLog", "log", "plain"]

logger = logging.getLogger(__name__)


def plain(event: Event) -> dict[str, Any]:
    """Return an event as JSON can hold it: its ``event``, ``iteration`` and ``phase``, and more.

    A search has ``task``, ``solved``, ``program``, ``description_length``, ``candidates`` and
    ``seconds``; a step has ``note`` and ``values``; the end of a phase has ``seconds`` and what
    came of it (see :class:`~reverie.run.run.Phase`).
    """
    match event:
        case RunBegan(domain, config, state, resumed):
            return {
                "event": "resumed" if resumed else "began",
                "domain": domain,
                "config": config.as_dict(),
                "tasks": len(state.frontiers),
                "known": state.known,
            }
        case PhaseBegan(iteration, phase, total, done):
            row = {"event": "phase", "iteration": iteration, "phase": phase}
            return {**row, "total": total, "done": done}
        case TaskSearched(iteration, grammar, frontier, found):
            best = found.frontier.best
            return {
                "event": "task",
                "iteration": iteration,
                "phase": "wake",
                "task": frontier.task.name,
                "solved": best is not None,
                "program": best and grammar.library.show(best.program),
                "description_length": best and best.description_length,
                "candidates": found.candidates,
                "seconds": found.seconds,
            }
        case Step(iteration, phase, note, values):
            row = {"event": "step", "iteration": iteration, "phase": phase}
            return {**row, "note": note, "values": dict(values)}
        case PhaseEnded(phase):
            row = {"event": "done", "iteration": phase.iteration, "phase": phase.name}
            return {**row, "seconds": phase.seconds, **phase.outcome}
        case RunEnded(state):
            return {"event": "ended", "known": state.known, "tasks": len(state.frontiers)}


def log(event: Event) -> None:
    """Write an event to the logger of this module: tasks and steps as debug, the rest as info."""
    level = logging.DEBUG if isinstance(event, TaskSearched | Step) else logging.INFO
    if logger.isEnabledFor(level):
        row = plain(event)
        short = {k: v for k, v in row.items() if not isinstance(v, list | tuple) or len(v) < 20}
        logger.log(level, "%s %s", short.pop("event"), short)


class CsvLog:
    """Appends a row for each search, measurement and phase that is over to a CSV file.

    Args:
        path: the file. It is made, with a head, if it is not there; one that has the same head
            is gone on with, as when a run is resumed.

    Raises:
        ReverieError: if the file holds something else, or cannot be written.
    """

    HEAD = (
        *("time", "iteration", "phase", "event", "task", "solved", "program"),
        *("description_length", "candidates", "seconds", "known", "abstractions", "name", "value"),
    )
    """The columns: ``time`` is seconds since 1970; ``name`` and ``value`` are a measurement's."""

    def __init__(self, path: str | Path) -> None:
        path = Path(path)
        try:
            if path.exists() and path.stat().st_size:
                with path.open(newline="", encoding="utf-8") as file:
                    head = next(csv.reader(file), [])
                if head != list(self.HEAD):
                    raise ReverieError(
                        f"{path} exists already and is no log of a run; nothing was written. Name "
                        "another file"
                    )
            self._file = path.open("a", newline="", encoding="utf-8", errors="backslashreplace")
        except OSError as error:
            raise ReverieError(f"cannot write to {path}: {error.strerror}") from None
        except (UnicodeDecodeError, csv.Error):
            raise ReverieError(f"{path} exists already and is no CSV file") from None
        self._path = path
        self._empty = self._file.tell() == 0
        self._writer = csv.DictWriter(self._file, self.HEAD, extrasaction="ignore")

    def __call__(self, event: Event) -> None:
        if isinstance(event, TaskSearched | Step | PhaseEnded):
            row = {"time": f"{time.time():.3f}", **plain(event)}
            values = row.pop("values", None)
            rows = [row]
            if values is not None:
                rows = [{**row, "name": name, "value": value} for name, value in values.items()]
            if self._empty:
                self._writer.writeheader()
            self._empty = False
            self._writer.writerows(rows)
            self._file.flush()
        elif isinstance(event, RunEnded):
            self.close()

    def close(self) -> None:
        self._file.close()
        if self._empty:  # nothing came of the run, not even its first search
            self._path.unlink(missing_ok=True)


class TensorBoardLog:
    """Writes numbers of a run for TensorBoard: ``tensorboard --logdir FOLDER`` shows them.

    Args:
        folder: where to; each run in a folder of its own is a curve of its own.

    Raises:
        ReverieError: where tensorboard is not installed, or the folder cannot be written.
    """

    def __init__(self, folder: str | Path) -> None:
        try:
            import tensorboard  # noqa: F401 - torch's own message does not say what to do
            from torch.utils.tensorboard import SummaryWriter
        except ImportError:
            raise ReverieError(
                "logs for TensorBoard need the package tensorboard, which is not installed: "
                "pip install 'reverie[tensorboard]'"
            ) from None
        try:
            self._writer = SummaryWriter(str(folder))
        except OSError as error:
            raise ReverieError(f"cannot write to {folder}: {error.strerror}") from None
        self._steps: dict[str, int] = {}
        self._searched = 0
        self._known: set[str] = set()

    def __call__(self, event: Event) -> None:
        match event:
            case RunBegan(_, _, state):
                self._known = {f.task.name for f in state.solved}
            case TaskSearched(_, _, frontier, found):
                self._searched += 1
                if frontier.entries:
                    self._known.add(frontier.task.name)
                self._add("tasks/known", len(self._known), self._searched)
                self._add("tasks/candidates", found.candidates, self._searched)
            case Step(_, phase, _, values):
                for name, value in values.items():
                    tag = f"{phase}/{name}"
                    self._steps[tag] = self._steps.get(tag, -1) + 1
                    self._add(tag, value, self._steps[tag])
            case PhaseEnded(phase, state) if phase.iteration:
                self._add(f"seconds/{phase.name}", phase.seconds, phase.iteration)
                for name, value in phase.outcome.items():
                    if isinstance(value, int | float):
                        self._add(f"rounds/{name}", value, phase.iteration)
                if phase.name == "abstraction":
                    text = f"```\n{state.grammar.library!r}\n```"
                    self._writer.add_text("library", text, phase.iteration)
                self._writer.flush()
            case RunEnded():
                self.close()

    def _add(self, tag: str, value: float, step: int) -> None:
        self._writer.add_scalar(tag, value, step)

    def close(self) -> None:
        self._writer.close()
