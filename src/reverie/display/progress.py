"""Telling a person how work goes on: a live bar on a terminal, plain lines elsewhere.

Everything goes to standard error, so that standard output holds results alone.
"""

from __future__ import annotations

import sys
import time
from typing import Any, Protocol

from ..dsl import InvalidOption, counted
from ..run.events import Callback, Event, PhaseBegan, PhaseEnded, RunEnded, Step, TaskSearched
from ..run.run import Phase
from ..run.text_tables import without_controls

__all__ = ["Lines", "Progress", "Quiet", "Table", "as_progress", "for_terminal", "telling"]


class Progress(Protocol):
    """What the engine tells while it works."""

    def start(self, title: str, total: int) -> None:
        """Say that a phase of ``total`` steps begins; 0 where that is not known."""

    def step(self, note: str = "") -> None:
        """Say that a step is done, and what came of it if that is worth a word."""

    def finish(self, summary: str) -> None:
        """Say that the phase is over."""

    def close(self) -> None:
        """Say that no phase follows."""


class Quiet:
    """Says nothing."""

    def start(self, title: str, total: int) -> None: ...
    def step(self, note: str = "") -> None: ...
    def finish(self, summary: str) -> None: ...
    def close(self) -> None: ...


class Lines:
    """A plain line now and then: at the start and end of a phase, and every few seconds.

    Args:
        every: seconds between two lines within a phase.
        notes: whether to write a line for each step that has a note.
    """

    def __init__(self, every: float = 5.0, *, notes: bool = False) -> None:
        self.every = every
        self.notes = notes
        self._title = ""
        self._total = self._done = 0
        self._last = 0.0

    def start(self, title: str, total: int) -> None:
        self._title, self._total, self._done = title, total, 0
        self._last = time.monotonic()
        self._write(f"{title} ...")

    def step(self, note: str = "") -> None:
        self._done += 1
        if note and self.notes:
            self._write(f"  {note}")
        elif time.monotonic() - self._last >= self.every and self._done != self._total:
            self._last = time.monotonic()
            self._write(f"{self._title}: {self._done}" + (f"/{self._total}" if self._total else ""))

    def finish(self, summary: str) -> None:
        self._write(f"{self._title}: {summary}")

    def close(self) -> None: ...

    def _write(self, line: str) -> None:
        sys.stderr.write(without_controls(line) + "\n")
        sys.stderr.flush()


class Table:
    """A live bar with counts and time left, drawn by rich; finished phases stay above it."""

    def __init__(self) -> None:
        from rich.console import Console
        from rich.progress import (
            BarColumn,
            MofNCompleteColumn,
            TextColumn,
            TimeElapsedColumn,
            TimeRemainingColumn,
        )
        from rich.progress import Progress as Bar
        from rich.table import Column

        self._bar = Bar(
            TextColumn("[bold]{task.description}"),
            BarColumn(bar_width=20),
            MofNCompleteColumn(),
            TimeElapsedColumn(),
            TimeRemainingColumn(),
            # A narrow terminal shortens the note, not the counts.
            TextColumn(
                "{task.fields[note]}",
                markup=False,
                table_column=Column(ratio=1, no_wrap=True, overflow="ellipsis"),
            ),
            console=Console(stderr=True),
            transient=True,
            expand=True,
        )
        self._phase = self._bar.add_task("", total=0, note="", visible=False)
        self._bar.start()

    def start(self, title: str, total: int) -> None:
        self._bar.remove_task(self._phase)
        self._phase = self._bar.add_task(title, total=total or None, note="")

    def step(self, note: str = "") -> None:
        if note:
            self._bar.update(self._phase, advance=1, note=without_controls(note[:60]))
        else:
            self._bar.update(self._phase, advance=1)

    def finish(self, summary: str) -> None:
        title = self._bar.tasks[0].description
        self._bar.update(self._phase, visible=False)
        self._bar.console.print(
            without_controls(f"{title}: {summary}"), markup=False, highlight=False
        )

    def close(self) -> None:
        self._bar.stop()


def as_progress(given: Any) -> Progress:
    """Return who to tell: what was given, or what suits a terminal for True, nobody for None.

    Raises:
        InvalidOption: if it is none of these.
    """
    if given is None or given is False:
        return Quiet()
    if given is True:
        return for_terminal()
    if all(callable(getattr(given, name, None)) for name in ("start", "step", "finish", "close")):
        found: Progress = given
        return found
    raise InvalidOption(
        f"progress must be True, False, None or have the methods start, step, finish and close; "
        f"got {given!r:.60}"
    )


def telling(progress: Progress) -> Callback:
    """Return the callback that tells a run's events to ``progress``."""

    def tell(event: Event) -> None:
        match event:
            case PhaseBegan(0, phase):
                titles = {
                    "compiling": "compiling (kept for the next time)",
                    "waiting": "waiting for task files",
                }
                progress.start(titles[phase], 1)
            case PhaseBegan(iteration, phase, total, done):
                progress.start(f"round {iteration}, {phase}", total)
                for _ in range(done):
                    progress.step()
            case TaskSearched(_, grammar, frontier, found):
                best = found.frontier.best
                shown = (
                    f"{frontier.task.name}: {grammar.library.show(best.program)}" if best else ""
                )
                progress.step(shown)
            case Step(note=note):
                progress.step(note)
            case PhaseEnded(phase):
                progress.finish(_summary(phase))
            case RunEnded():
                progress.close()

    return tell


def _summary(phase: Phase) -> str:
    outcome = phase.outcome
    if phase.name == "wake":
        return (
            f"{outcome['solved']} of {counted(outcome['searched'], 'task')} solved, "
            f"{outcome['known']} known so far"
        )
    if phase.name == "abstraction":
        new = outcome["new"]
        return counted(len(new), "new abstraction") + (f": {', '.join(new)}" if new else "")
    if phase.name == "dreaming":
        if "reason" in outcome:
            return f"no guide: {outcome['reason']}"
        nats = "" if outcome["nats"] is None else f", {outcome['nats']:.2f} nats for a dream"
        guided, steps = counted(outcome["guided"], "task"), counted(outcome["steps"], "step")
        dreams = ""
        if "dreams" in outcome:
            dreams = f"; dreaming took {outcome['dream_seconds']:.0f} s, "
            dreams += f"{outcome['dreams']:,} dreams"
        return f"a guide for {guided} in {steps}{nats}{dreams}"
    return f"{phase.seconds:.1f} s"


def for_terminal(*, quiet: bool = False, verbose: bool = False) -> Progress:
    """Return what suits standard error: a live table on a terminal, plain lines elsewhere."""
    if quiet:
        return Quiet()
    if sys.stderr.isatty() and not verbose:
        return Table()
    return Lines(notes=verbose)
