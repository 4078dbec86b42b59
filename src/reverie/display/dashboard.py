"""A run as a person watches it on a terminal: one picture, drawn anew a few times a second.

It shows the rounds so far, the phase under way with its rate and the time left, and the newest
programs and abstractions. :func:`view_of_run` chooses between it, plain lines, JSON lines and
silence.
"""

from __future__ import annotations

import json
import sys
import time
from collections import deque
from typing import TYPE_CHECKING, Protocol

from ..dsl import counted
from ..run.events import Event, PhaseBegan, PhaseEnded, RunBegan, RunEnded, Step, TaskSearched
from ..run.run import Iteration, iterations_of
from ..run.text_tables import printable
from .logs import plain
from .progress import Lines, telling

if TYPE_CHECKING:
    from rich.console import Console, RenderableType
    from rich.table import Table
    from rich.text import Text

__all__ = ["Dashboard", "JsonLines", "RunView", "view_of_run"]

ROUNDS, NEWEST = 8, 6
"""How many rounds and how many programs are shown, at most: the last ones."""


class RunView(Protocol):
    """A callback that shows a run, until it is closed."""

    def __call__(self, event: Event) -> None: ...

    def close(self) -> None:
        """Stop showing; to close twice does no harm."""


class Silent:
    """Shows nothing."""

    def __call__(self, event: Event) -> None: ...
    def close(self) -> None: ...


class JsonLines:
    """Writes each event to standard error, as one line of JSON (see :func:`.logs.plain`)."""

    def __call__(self, event: Event) -> None:
        sys.stderr.write(json.dumps(plain(event)) + "\n")
        sys.stderr.flush()

    def close(self) -> None: ...


class PlainLines:
    """Writes lines for people to standard error.

    Args:
        notes: whether to write a line for each solution.
    """

    def __init__(self, *, notes: bool = False) -> None:
        self._tell = telling(Lines(notes=notes))

    def __call__(self, event: Event) -> None:
        self._tell(event)

    def close(self) -> None: ...


class Dashboard:
    """Draws a run on a terminal.

    Args:
        console: where to; standard error if None.
        endless: whether the run goes on until it is stopped, with no last round.
    """

    def __init__(self, console: Console | None = None, *, endless: bool = False) -> None:
        from rich.console import Console
        from rich.live import Live

        self.endless = endless
        self.domain = ""
        self.iterations = self.tasks = self.abstractions = 0
        self.description_length: float | None = None
        self.rounds: dict[int, Iteration] = {}
        self.known: set[str] = set()
        self.newest: deque[tuple[str, str, float]] = deque(maxlen=NEWEST)
        self.note = ""
        self.share: float | None = None  # of a phase that says how far it is
        self.iteration, self.phase = 0, ""
        self.total = self.done = self.candidates = self._already = 0
        self._began = self._phase_began = time.monotonic()
        self._live = Live(
            console=console or Console(stderr=True),
            get_renderable=self.draw,
            refresh_per_second=4,
        )
        self._live.start()

    def __call__(self, event: Event) -> None:
        match event:
            case RunBegan(domain, config, state):
                self.domain, self.iterations = domain, config.iterations
                self.tasks = len(state.frontiers)
                self.known = {frontier.task.name for frontier in state.solved}
                self.abstractions = len(state.grammar.library.abstractions)
                self.rounds = {row.number: row for row in iterations_of(state.phases)}
                if state.phases:
                    self.description_length = state.description_length
            case PhaseBegan(iteration, phase, total, done, state):
                self.iteration, self.phase = iteration, phase
                self.tasks = len(state.frontiers)
                self.total, self.done, self._already = total, done, done
                self.candidates = 0
                self.note, self.share = "", None
                self._phase_began = time.monotonic()
            case TaskSearched(_, grammar, frontier, found):
                self.done += 1
                self.candidates += found.candidates
                best = found.frontier.best
                if best:
                    if frontier.task.name not in self.known:
                        shown = grammar.library.show(best.program)
                        self.newest.append((frontier.task.name, shown, best.description_length))
                    self.known.add(frontier.task.name)
            case Step(_, _, note, values):
                self.done += 1
                self.share = values.get("done")
                self.note = note
                if len(values) == 1:
                    self.note += "".join(f"  {name} {x:.4g}" for name, x in values.items())
            case PhaseEnded(phase, state):
                self.rounds = {row.number: row for row in iterations_of(state.phases) if row.number}
                self.abstractions = len(state.grammar.library.abstractions)
                if phase.name == "abstraction":
                    self.description_length = state.description_length
            case RunEnded():
                self._live.transient = True  # its result follows; of an interrupted run this stays
                self.close()

    def close(self) -> None:
        self._live.stop()

    # ---- what is seen ---------------------------------------------------------------------------

    def draw(self) -> RenderableType:
        """Return the picture of what is known now."""
        from rich.console import Group

        parts = [self._head(), self._bar(), _text(self._facts(), "dim")]
        if self.note:
            parts.append(_text(self.note, "dim"))
        if self.rounds:
            parts += ["", self._table()]
        if self.newest:
            parts += ["", self._programs()]
        return Group(*parts)

    def _head(self) -> RenderableType:
        where = {"waiting": "waiting for tasks"}.get(
            self.phase, "compiling, for this time and later"
        )
        if self.iteration:
            last = "" if self.endless else f" of {self.iterations}"
            where = f"round {self.iteration}{last}, {self.phase}"
        row = _grid(1, 0)
        left = self.left()
        clock = _clock(time.monotonic() - self._began)
        if left is not None:
            clock += f", about {_clock(left)} left"
        row.add_row(_text(f"{self.domain}: {where}", "bold"), _text(clock))
        return row

    def _bar(self) -> RenderableType:
        from rich.progress_bar import ProgressBar

        row = _grid(0, 1)
        elapsed = max(time.monotonic() - self._phase_began, 1e-9)
        if self.total:
            rate = (self.done - self._already) / elapsed
            count = f"{self.done}/{self.total}  {rate:.1f}/s"
            if self.candidates:
                count += f"  {_short(self.candidates / elapsed)} programs/s"
            bar = ProgressBar(total=self.total, completed=self.done, width=24)
        elif self.share is not None:
            count, bar = f"{self.share:.0%}", ProgressBar(total=1, completed=self.share, width=24)
        else:
            count, bar = _clock(elapsed), ProgressBar(total=None, width=24, pulse=True)
        row.add_row(bar, _text(count))
        return row

    def _facts(self) -> str:
        facts = f"{len(self.known)} of {counted(self.tasks, 'task')} solved, "
        facts += counted(self.abstractions, "abstraction")
        if self.description_length is not None:
            facts += f", {self.description_length:.1f} nats"
        return facts

    def left(self) -> float | None:
        """Return an estimate of the seconds until the run is over; None while there is none.

        The phase under way goes on at its own rate; a round to come takes as long as those before
        it did, or as this round's wake.
        """
        done = self.done - self._already
        if self.endless or not self.iteration or not self.total or not done:
            return None
        elapsed = time.monotonic() - self._phase_began
        phase = elapsed * (self.total - self.done) / done
        finished = [row.seconds for number, row in self.rounds.items() if number < self.iteration]
        usual = sum(finished) / len(finished) if finished else elapsed + phase
        return phase + usual * (self.iterations - self.iteration)

    def _table(self) -> RenderableType:
        from rich.table import Table

        table = Table(box=None, padding=(0, 2, 0, 0), title_justify="left")
        for name in ("round", "solved", "known", "of", "abstractions", "nats", "seconds"):
            table.add_column(name, justify="right", header_style="dim")
        for row in list(self.rounds.values())[-ROUNDS:]:
            nats = f"{row.description_length:.1f}" if row.description_length else "-"
            counts = (row.number, row.solved, row.known, row.tasks, row.abstractions)
            table.add_row(*map(str, counts), nats, f"{row.seconds:.1f}")
        return table

    def _programs(self) -> RenderableType:
        from rich.table import Table

        table = Table(box=None, padding=(0, 2, 0, 0), expand=True)
        table.add_column("nats", justify="right", header_style="dim")
        for name, share in (("newly solved", 2), ("program", 5)):
            table.add_column(
                name, header_style="dim", ratio=share, no_wrap=True, overflow="ellipsis"
            )
        for task, program, nats in reversed(list(self.newest)):
            table.add_row(f"{nats:.1f}", _text(task), _text(program, "cyan"))
        return table


def _grid(*ratios: int) -> Table:
    from rich.table import Table

    grid = Table.grid(padding=(0, 2, 0, 0), expand=True)
    for ratio in ratios:
        grid.add_column(ratio=ratio or None, no_wrap=True, overflow="ellipsis")
    return grid


def _text(text: str, style: str = "") -> Text:
    from rich.text import Text

    return Text(printable(text), style)  # as text: what looks like markup is none


def _clock(seconds: float) -> str:
    minutes, rest = divmod(round(seconds), 60)
    hours, minutes = divmod(minutes, 60)
    return f"{hours}:{minutes:02}:{rest:02}" if hours else f"{minutes}:{rest:02}"


def _short(number: float) -> str:
    for unit, size in (("M", 1e6), ("k", 1e3)):
        if number >= size:
            return f"{number / size:.1f} {unit}"
    return f"{number:.0f}"


def view_of_run(
    *, quiet: bool = False, verbose: bool = False, as_json: bool = False, endless: bool = False
) -> RunView:
    """Return what suits: a board on a terminal, lines elsewhere, less or more if asked for.

    Args:
        quiet: show nothing.
        verbose: write lines, one for each solution too.
        as_json: results are JSON: show nothing, or with ``verbose`` events as JSON.
        endless: the run goes on until it is stopped.
    """
    if quiet or (as_json and not verbose):
        return Silent()
    if as_json:
        return JsonLines()
    if sys.stderr.isatty() and not verbose:
        return Dashboard(endless=endless)
    return PlainLines(notes=verbose)
