"""Bottom-up against top-down search on list tasks: how many are solved in how many seconds.

Tasks that only the top-down search solves are named: there should be none.

Run ``python -m reverie.benchmarks.search_directions`` with ``REVERIE_DATA`` naming the folder of
task files, or without it for the tasks that Reverie makes itself. The grammar is uniform; the
machine should be quiet, since all budgets are wall-clock time.
"""

from __future__ import annotations

import argparse
import json
import os
import sys
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from ..domains.list import BASE, COMMON, RICH, standard_tasks
from ..dsl import Equality, Grammar, Library, Task
from ..enumerate import Budget, Search, SearchProblem
from ..enumerate.bottomup import bottom_up
from ..enumerate.topdown import top_down

__all__ = ["Result", "main", "measure"]

SETS = {"base": BASE, "common": COMMON, "rich": RICH}
SEARCHES: dict[str, Search] = {"bottom-up": bottom_up, "top-down": top_down}


@dataclass(frozen=True)
class Result:
    """What one search made of one task.

    Attributes:
        task: its name.
        first: seconds until the first solution; None if there was none.
        seconds: that the search took.
        candidates: programs evaluated.
        program: the best, as text.
        cost: its description length, nats.
    """

    task: str
    first: float | None
    seconds: float
    candidates: int
    program: str = ""
    cost: float = 0.0


def list_tasks() -> list[Task]:
    """Return the list tasks of the data folder, or our own without one."""
    folder = os.environ.get("REVERIE_DATA")
    if folder is None:
        return standard_tasks()
    rows = json.loads(Path(folder, "tasks", "list.json").read_text(encoding="utf-8"))
    return [
        Task(
            row["name"],
            row["request"],
            [(example["inputs"], example["output"]) for example in row["examples"]],
        )
        for row in rows
    ]


def measure(search: Search, grammar: Grammar, task: Task, seconds: float) -> Result:
    """Run one search on one task."""
    began = time.perf_counter()
    found = search(SearchProblem(task, grammar, Equality()), Budget(seconds=seconds))
    spent = time.perf_counter() - began
    best = found.frontier.best
    if best is None:
        return Result(task.name, None, spent, found.candidates)
    first = min(entry.seconds for entry in found.frontier.entries)
    return Result(
        task.name,
        first,
        spent,
        found.candidates,
        grammar.library.show(best.program),
        best.description_length,
    )


def main(arguments: Sequence[str] = ()) -> None:
    """Print totals, and a line for each task if ``--verbose`` is among the arguments."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--language", choices=sorted(SETS), default="rich")
    parser.add_argument("--search", choices=sorted(SEARCHES), nargs="*", default=sorted(SEARCHES))
    parser.add_argument("--seconds", type=float, default=1.0, help="for each task")
    parser.add_argument("--every", type=int, default=5, help="take every n-th task only")
    parser.add_argument("--verbose", action="store_true", help="a line for each task")
    chosen = parser.parse_args(arguments)
    grammar = Grammar.uniform(Library(SETS[chosen.language]))
    tasks = list_tasks()[:: chosen.every]
    solved: dict[str, set[str]] = {}
    for name in chosen.search:
        search = SEARCHES[name]
        # Compile before the clock runs.
        measure(search, grammar, tasks[0], 0.1)
        results = []
        for task in tasks:
            result = measure(search, grammar, task, chosen.seconds)
            results.append(result)
            if chosen.verbose:
                found = "-" if result.first is None else f"{result.first:.3f} s"
                print(f"{found:>9}  {result.cost:6.2f}  {result.task}: {result.program}")
        solved[name] = {result.task for result in results if result.first is not None}
        firsts = [result.first for result in results if result.first is not None]
        limits = sorted({0.1, 1.0, chosen.seconds} - {t for t in (0.1, 1.0) if t > chosen.seconds})
        shown = ", ".join(f"{sum(f <= limit for f in firsts)} in {limit:g} s" for limit in limits)
        late = max((r.seconds / chosen.seconds - 1 for r in results), default=0.0)
        print(f"{name}, {chosen.language}: of {len(tasks)} tasks solved {shown}; ", end="")
        rate = sum(r.candidates for r in results) / sum(r.seconds for r in results)
        print(f"{rate:,.0f} candidates/s; budget overrun at most {max(late, 0.0):.1%}")
    if len(solved) == len(SEARCHES):
        missed = sorted(solved["top-down"] - solved["bottom-up"])
        print(f"solved top-down only: {len(missed)}{''.join(f', {name}' for name in missed)}")


if __name__ == "__main__":
    main(sys.argv[1:])
