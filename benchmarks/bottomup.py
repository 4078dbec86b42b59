"""Bottom-up search on the deepcoder language: solved, and right on held-out examples, by seconds.

Run ``python -m reverie.benchmarks.bottomup``. The grammar is uniform and nothing is trained; one
core, which should be quiet, since the budgets are wall-clock time.
"""

from __future__ import annotations

import argparse
import sys
import time
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from ..domains.deepcoder import domain
from ..dsl import Domain, Grammar, Interpreter, Task, holds_out
from ..enumerate import Budget, SearchProblem, find_search, make_ready
from .workloads.deepcoder_workload import (
    drawn_tasks,
    further_tasks,
    handwritten_tasks,
    sampled_tasks,
)

__all__ = ["Outcome", "main", "measure"]


@dataclass(frozen=True)
class Outcome:
    """What a search made of one task.

    Attributes:
        task: its name.
        seconds: that the search took.
        first: seconds until the first solution; None if there was none.
        candidates: programs considered.
        right: whether the best is right on the held-out examples.
        rank: the place in the frontier of the first program that is, from 0; None if none is.
        program: the best, as text.
        nats: its description length.
    """

    task: str
    seconds: float
    first: float | None = None
    candidates: int = 0
    right: bool = False
    rank: int | None = None
    program: str = ""
    nats: float = 0.0


def measure(
    tasks: Iterable[Task], seconds: float, *, search: str = "bottom-up", domain: Domain = domain
) -> list[Outcome]:
    """Search each task for so many seconds, under the uniform grammar."""
    grammar = Grammar.uniform(domain.library)
    interpreter = Interpreter(domain.library, domain.limits)
    make_ready(domain.library, domain.likelihood, domain.limits)
    outcomes = []
    for task in tasks:
        problem = SearchProblem(task, grammar, domain.likelihood, domain.limits)
        began = time.perf_counter()
        found = find_search(search)(problem, Budget(seconds=seconds))
        spent = time.perf_counter() - began
        entries = found.frontier.entries
        if not entries:
            outcomes.append(Outcome(task.name, spent, candidates=found.candidates))
            continue
        verdicts = [holds_out(domain.likelihood, task, e.program, interpreter) for e in entries]
        outcomes.append(
            Outcome(
                task.name,
                spent,
                min(e.seconds for e in entries),
                found.candidates,
                bool(verdicts[0]),
                verdicts.index(True) if True in verdicts else None,
                domain.library.show(entries[0].program),
                entries[0].description_length,
            )
        )
    return outcomes


def main(arguments: Sequence[str] = ()) -> None:
    """Print totals, and a line for each task if ``--verbose`` is among the arguments."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--search", default="bottom-up")
    parser.add_argument("--seconds", type=float, nargs="*", default=[1.0], help="for each task")
    parser.add_argument("--every", type=int, default=1, help="take every n-th task only")
    parser.add_argument("--drawn", type=int, default=100, help="how many tasks to draw")
    parser.add_argument("--sampled", type=int, default=30, help="how many tasks to sample")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--verbose", action="store_true", help="a line for each task")
    chosen = parser.parse_args(arguments)
    measure(handwritten_tasks()[:1], 0.2, search=chosen.search)  # compiles
    sets = {
        "handwritten": handwritten_tasks(chosen.seed)[:: chosen.every],
        "further": further_tasks(chosen.seed)[:: chosen.every],
        "sampled": [*sampled_tasks(chosen.sampled, chosen.seed)],
        "drawn": [*drawn_tasks(chosen.drawn, chosen.seed)],
    }
    for name, tasks in sets.items():
        if not tasks:
            continue
        for seconds in chosen.seconds:
            outcomes = measure(tasks, seconds, search=chosen.search)
            if chosen.verbose:
                for o in outcomes:
                    found = "-" if o.first is None else f"{o.first:.3f} s"
                    mark = " " if o.right or o.first is None else f"x {o.rank}"
                    print(f"{found:>9} {o.nats:6.2f} {mark:7} {o.task}: {o.program}")
            solved = [o for o in outcomes if o.first is not None]
            print(
                f"{chosen.search}, {name}, {seconds:g} s: of {len(tasks)} solved {len(solved)}, "
                f"right on held-out {sum(o.right for o in solved)} "
                f"(within the frontier {sum(o.rank is not None for o in solved)}); "
                f"{sum(o.candidates for o in outcomes) / sum(o.seconds for o in outcomes):,.0f} "
                f"candidates/s; longest {max(o.seconds for o in outcomes):.2f} s"
            )


if __name__ == "__main__":
    main(sys.argv[1:])
