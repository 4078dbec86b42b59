"""The list tasks in halves by family: what is learned from one half is measured on the other.

All ``add-k`` are one family: a split by task would leak. One half is searched without a guide, a
library is learned from it and guides are trained on it. The other half is searched by the prior, by
the library, by the guide and by both, task by task in turn, so that whatever else the machine does
meets all four alike.

Of the unseen half guides are told which types of task there are, as in a run, where they are
trained for all tasks: a type that the seen half lacks is dreamt of on the inputs of one such task.
Outputs are never looked at.
"""

from __future__ import annotations

import math
import re
from collections import defaultdict
from collections.abc import Iterable, Sequence
from pathlib import Path
from statistics import mean, stdev
from typing import NamedTuple

import numpy as np

from ...compression import CompressionConfig, compress_frontiers
from ...dsl import Domain, Grammar, Task
from ...recognition import RecognitionConfig
from ..search_directions import list_tasks
from ..tables.outcomes import (
    Journal,
    Results,
    counts,
    fewer,
    header,
    line,
    rescued,
    search_all,
    search_one,
    shortened,
    train_told,
)

__all__ = ["MODES", "family", "halves", "measure_halves", "of_all_types"]

MODES = ("prior", "library", "guide", "library and guide")

SECONDS_SEEN = 1.0
"""The most that each task of the half that is learned from is searched for."""


class Mode(NamedTuple):
    """One way to search: the prior, and the guide of each task that has one."""

    grammar: Grammar
    guides: dict[str, Grammar]


def family(name: str) -> str:
    """Return a task's name without its parameters.

    >>> family("slice-k-n with k=2 and n=1"), family("keep gt 3")
    ('slice-k-n', 'keep gt')
    """
    return " ".join(re.sub(r"\bwith\b.*|[-+]?\d+(\.\d+)?", "", name).split())


def halves(tasks: Iterable[Task], seed: int) -> tuple[list[Task], list[Task]]:
    """Split tasks in two by family."""
    tasks = list(tasks)
    families = sorted({family(task.name) for task in tasks})
    chosen = np.random.default_rng(seed).permutation(families)[: len(families) // 2]
    first = set(chosen.tolist())
    return (
        [t for t in tasks if family(t.name) in first],
        [t for t in tasks if family(t.name) not in first],
    )


def of_all_types(seen: Iterable[Task], unseen: Iterable[Task]) -> list[Task]:
    """Return the seen tasks, and one unseen task of each type that none of them has."""
    seen = list(seen)
    known = {task.request for task in seen}
    first = {task.request: task for task in reversed(list(unseen))}
    return [*seen, *(task for request, task in first.items() if request not in known)]


def measure_halves(
    domain: Domain,
    seeds: Sequence[int],
    seconds: float,
    every: int,
    config: RecognitionConfig,
    kept: Path | None = None,
) -> None:
    """Print the tasks of unseen families solved in each mode, for each split and in the mean.

    Args:
        domain: the language.
        seeds: the splits.
        seconds: for each task of the unseen half; shorter times are read off the first solutions.
        every: take every n-th task only.
        config: the guides' options.
        kept: a file to keep each search's outcome in; those that are there already are not
            searched again. Guides of a split that was interrupted are trained again.
    """
    tasks = [shortened(task) for task in list_tasks()[::every]]
    limits = [limit for limit in (0.1, 1.0, 10.0) if limit < seconds] + [seconds]
    settings = {"language": domain.name, "budget": seconds, "training": config.seconds}
    journal = Journal(kept, settings)
    print(f"{len(tasks)} tasks, searched for {seconds:g} s each")
    done: list[dict[str, Results]] = []
    for seed in seeds:
        seen, unseen = halves(tasks, seed)
        print(f"seed {seed}: {len(seen)} tasks seen, {len(unseen)} of unseen families", flush=True)
        _search_half(domain, seen, unseen, seed, seconds, config, journal)
        results: dict[str, Results] = {
            mode: {t.name: s for t in unseen if (s := journal.get(seed, mode, t.name))}
            for mode in MODES
        }
        print(header(limits))
        for mode, found in results.items():
            print(line(mode, found, results["prior"], limits), flush=True)
        done.append(results)
    if len(done) > 1:
        _print_mean(done, limits)


def _search_half(
    domain: Domain,
    seen: Sequence[Task],
    unseen: Sequence[Task],
    seed: int,
    seconds: float,
    config: RecognitionConfig,
    journal: Journal,
) -> None:
    """Learn from one half, and search what the journal does not know of the other."""
    left = [
        (task, mode)
        for task in unseen
        for mode in MODES
        if journal.get(seed, mode, task.name) is None
    ]
    if not left:
        return
    ways = _learn(domain, seen, unseen, seconds, RecognitionConfig.make(config, seed=seed))
    for task, mode in left:
        grammar, guides = ways[mode]
        solved, _ = search_one(domain, grammar, task, seconds, guides.get(task.name))
        journal.add(seed, mode, task.name, solved)


def _learn(
    domain: Domain,
    seen: Sequence[Task],
    unseen: Sequence[Task],
    seconds: float,
    config: RecognitionConfig,
) -> dict[str, Mode]:
    """Return the modes of search that one half of the tasks makes possible."""
    prior = Grammar.uniform(domain.library)
    _, frontiers = search_all(domain, prior, seen, min(seconds, SECONDS_SEEN))
    known = [frontier for frontier in frontiers if frontier.entries]
    learned = compress_frontiers(prior, known, CompressionConfig())
    told = of_all_types(seen, unseen)
    ways = {}
    for alone, guided, grammar, solved in (
        ("prior", "guide", prior, known),
        ("library", "library and guide", learned.grammar, learned.frontiers),
    ):
        model = train_told(grammar, told, solved, domain, config)
        weights = model.guides(unseen, grammar)
        ways[alone] = Mode(grammar, {})
        ways[guided] = Mode(
            grammar, {name: Grammar(grammar.library, w) for name, w in weights.items()}
        )
    return ways


def _print_mean(done: Sequence[dict[str, Results]], limits: Sequence[float]) -> None:
    """Print mean and standard deviation over the splits, and what holds in each of them."""
    print(f"mean and spread over {len(done)} seeds; fewer candidates in geometric mean")
    print(
        " " * 22
        + "".join(f"{f'{limit:g} s':>12}" for limit in limits)
        + f"{'right':>12}{'fewer candidates':>30}{'of the unsolved':>18}"
    )
    rows: defaultdict[str, list[list[int]]] = defaultdict(list)
    factors: defaultdict[str, list[float]] = defaultdict(list)
    new: defaultdict[str, list[tuple[int, int]]] = defaultdict(list)
    for results in done:
        for mode, found in results.items():
            rows[mode].append(counts(found, limits))
            factors[mode].append(fewer(results["prior"], found)[0])
            new[mode].append(rescued(results["prior"], found))
    for mode in MODES:
        cells = [f"{mean(v):.1f}±{stdev(v):.1f}" for v in zip(*rows[mode], strict=True)]
        ratios = [factor for factor in factors[mode] if math.isfinite(factor)]
        shown = "-"
        if ratios:
            middle = math.exp(mean(map(math.log, ratios)))
            shown = f"{middle:,.0f} ({min(ratios):,.0f} to {max(ratios):,.0f})"
        solved, left = map(sum, zip(*new[mode], strict=True))
        print(
            f"  {mode:<20}"
            + "".join(f"{cell:>12}" for cell in cells)
            + f"{shown:>30}{f'{solved} of {left}':>18}"
        )
    for mode in MODES[1:]:
        least = [
            min(c - p for c, p in zip(ours, plain, strict=True))
            for ours, plain in zip(rows[mode], rows["prior"], strict=True)
        ]
        held = sum(margin >= 0 for margin in least)
        print(
            f"  {mode}: at least as many solved and right as the prior, at all times, in {held} "
            f"of {len(done)} seeds"
        )
