"""What searches made of tasks, with a guide and without: counted, compared and kept in a file."""

from __future__ import annotations

import json
import math
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from statistics import mean
from typing import Any

from ...dsl import Domain, Frontier, Grammar, Interpreter, ReverieError, Task, holds_out
from ...enumerate import Budget, SearchProblem, auto, make_ready
from ...recognition import RecognitionConfig, RecognitionModel, train

__all__ = [
    "HARD",
    "Journal",
    "Results",
    "Solved",
    "counts",
    "fewer",
    "header",
    "line",
    "rescued",
    "search_all",
    "search_one",
    "shortened",
    "train_told",
]

SEEN = 8
"""Examples that are searched on; the others check what is found."""

HARD = 20_000
"""Tasks for which plain search needs more candidates count as hard."""


@dataclass(frozen=True)
class Solved:
    """What one search made of one task.

    Attributes:
        candidates: until the first solution; infinite if there was none.
        seconds: likewise.
        right: whether the best program is right on the examples that were not searched on.
    """

    candidates: float = math.inf
    seconds: float = math.inf
    right: bool = False


Results = Mapping[str, Solved]


# ---- searching -----------------------------------------------------------------------------------


def shortened(task: Task) -> Task:
    """Return the task with only some examples to search on."""
    examples = task.examples
    return Task(task.name, task.request, examples[:SEEN], [*examples[SEEN:], *task.held_out])


def search_one(
    domain: Domain, grammar: Grammar, task: Task, seconds: float, guide: Grammar | None = None
) -> tuple[Solved, Frontier]:
    """Search a task with the search that is used by default, compiled before the time counts."""
    make_ready(grammar.library, domain.likelihood, domain.limits)
    problem = SearchProblem(task, grammar, domain.likelihood, domain.limits, guide)
    frontier = auto(problem, Budget(seconds=seconds)).frontier
    if frontier.best is None:
        return Solved(), frontier
    first = min(frontier.entries, key=lambda e: e.seconds)
    interpreter = Interpreter(grammar.library, domain.limits)
    right = holds_out(domain.likelihood, task, frontier.best.program, interpreter)
    return Solved(first.candidates, first.seconds, right is not False), frontier


def search_all(
    domain: Domain,
    grammar: Grammar,
    tasks: Sequence[Task],
    seconds: float,
    model: RecognitionModel | None = None,
) -> tuple[Results, list[Frontier]]:
    """Search tasks one after another, by a model's guides if there is one."""
    guides = {} if model is None else model.guides(tasks, grammar)
    results, frontiers = {}, []
    for task in tasks:
        weights = guides.get(task.name)
        guide = None if weights is None else Grammar(grammar.library, weights)
        results[task.name], frontier = search_one(domain, grammar, task, seconds, guide)
        frontiers.append(frontier)
    return results, frontiers


def train_told(
    grammar: Grammar,
    tasks: Sequence[Task],
    frontiers: Sequence[Frontier],
    domain: Domain,
    config: RecognitionConfig,
) -> RecognitionModel:
    """Train, and print what it took."""
    began, worked = time.perf_counter(), time.process_time()
    model = train(grammar, tasks, frontiers, config, limits=domain.limits)
    last = model.history[-1]
    print(
        f"  trained: {last.step * config.batch:,} examples in {last.seconds:.1f} CPU-s "
        f"({last.step * config.batch / last.seconds:,.0f}/s), dreams and all "
        f"{time.process_time() - worked:.1f} CPU-s, {time.perf_counter() - began:.1f} s; "
        f"held-out dreams {last.unigram:.2f} nats unigram, {last.bigram:.2f} bigram",
        flush=True,
    )
    return model


# ---- keeping -------------------------------------------------------------------------------------


class Journal:
    """Outcomes of searches, in a file with a line of JSON for each, written as they come.

    What is in the file already need not be searched again, so that a long measurement goes on where
    it was interrupted. A file may hold several measurements: rows of other settings are passed by.

    Args:
        path: the file; made if it is not there. None keeps nothing.
        settings: what the outcomes depend on, as plain values; written with each of them.

    Raises:
        ReverieError: if a line is no such row.
    """

    def __init__(self, path: Path | None, settings: Mapping[str, Any]) -> None:
        self._path = path
        self._settings = dict(settings)
        self._known: dict[tuple[int, str, str], Solved] = {}
        if path is None or not path.exists():
            return
        text = path.read_text(encoding="utf-8")
        lines = text.splitlines()
        if text and not text.endswith("\n"):  # it was stopped while it wrote
            lines.pop()
            path.write_text("".join(f"{row}\n" for row in lines), encoding="utf-8")
        for number, row in enumerate(lines, 1):
            try:
                self._read(json.loads(row))
            except (ValueError, KeyError, TypeError) as error:
                raise ReverieError(
                    f"{path}, line {number}: not the outcome of a search ({error}); "
                    "name another file, or none that exists"
                ) from None

    def _read(self, row: dict[str, Any]) -> None:
        if row["settings"] == self._settings:
            never = row["seconds"] is None
            self._known[row["seed"], row["mode"], row["task"]] = (
                Solved() if never else Solved(row["candidates"], row["seconds"], row["right"])
            )

    def get(self, seed: int, mode: str, task: str) -> Solved | None:
        """Return what a search made of a task; None if it is not known."""
        return self._known.get((seed, mode, task))

    def add(self, seed: int, mode: str, task: str, solved: Solved) -> None:
        """Keep what a search made of a task."""
        self._known[seed, mode, task] = solved
        if self._path is None:
            return
        found = solved.seconds < math.inf
        row = {
            "settings": self._settings,
            "seed": seed,
            "mode": mode,
            "task": task,
            "seconds": solved.seconds if found else None,
            "candidates": solved.candidates if found else None,
            "right": solved.right,
        }
        with self._path.open("a", encoding="utf-8") as file:
            file.write(json.dumps(row) + "\n")


# ---- comparing -----------------------------------------------------------------------------------


def counts(results: Results, limits: Sequence[float]) -> list[int]:
    """Return how many tasks are solved within each number of seconds, and how many of all right."""
    solved = [sum(s.seconds <= limit for s in results.values()) for limit in limits]
    return [*solved, sum(s.right for s in results.values())]


def fewer(plain: Results, guided: Results) -> tuple[float, int]:
    """Return how many times fewer candidates, in geometric mean, and over how many hard tasks.

    Hard are those for which the plain search needs more than :data:`HARD`; only tasks that both
    solve count.
    """
    ratios = [
        math.log(plain[name].candidates / max(1.0, guided[name].candidates))
        for name in guided
        if HARD < plain[name].candidates < math.inf and guided[name].candidates < math.inf
    ]
    return (math.exp(mean(ratios)) if ratios else math.nan), len(ratios)


def rescued(plain: Results, guided: Results) -> tuple[int, int]:
    """Return how many tasks are solved of those that the plain search leaves, and of how many."""
    left = [name for name in guided if plain[name].seconds == math.inf]
    return sum(guided[name].seconds < math.inf for name in left), len(left)


def line(name: str, results: Results, plain: Results, limits: Sequence[float]) -> str:
    """Return one row of a table."""
    *solved, right = counts(results, limits)
    cells = "".join(f"{count:>7}" for count in solved)
    factor, over = fewer(plain, results)
    new, left = rescued(plain, results)
    lost = sum(plain[n].seconds < math.inf and results[n].seconds == math.inf for n in results)
    return (
        f"  {name:<22}{cells}{right:>8}{factor:>9.1f}x ({over})  "
        f"{new} of {left} unsolved, {lost} lost"
    )


def header(limits: Sequence[float]) -> str:
    """Return the head of the table."""
    return (
        " " * 24
        + "".join(f"{f'{limit:g} s':>7}" for limit in limits)
        + "   right   fewer candidates"
    )
