"""What a trained guide is worth: tasks solved, candidates and seconds, with it and without.

The list tasks are split in halves by family (all ``add-k`` are one: a split by task would leak).
One half is searched without a guide, a library is learned from it and guides are trained on it;
the other half is what is measured. On DeepCoder's language the guide sees dreams alone.

Run ``python -m reverie.benchmarks.recognition`` with ``REVERIE_DATA`` naming the folder of task
files, or without it for the tasks that Reverie makes itself. ``--full`` is five seeds and longer
searches; ``--part`` runs one part alone. All budgets are seconds: the machine should be quiet.
"""

from __future__ import annotations

import argparse
import math
import re
import sys
import time
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from statistics import mean, stdev
from typing import Any

import numpy as np

from ..compression import CompressionConfig, compress_frontiers
from ..domains.deepcoder import domain as deepcoder
from ..domains.domain import Domain
from ..domains.list import common, rich
from ..dsl.frontier import Frontier
from ..dsl.grammar import Grammar
from ..dsl.interpreter import Interpreter
from ..dsl.likelihood import holds_out
from ..dsl.task import Task
from ..enumerate.search import Budget, Problem
from ..enumerate.searches import auto, make_ready
from ..enumerate.tables import Tables
from ..recognition import RecognitionConfig, RecognitionModel, train
from .search import list_tasks

__all__ = ["Solved", "family", "halves", "main", "search_all"]

SEEN = 8
"""Examples that are searched on; the others check what is found."""

HARD = 20_000
"""Tasks for which plain search needs more candidates count as hard."""

LANGUAGES = {"rich": rich, "common": common}
PARTS = ("rates", "list", "deepcoder", "ablation")


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


def shortened(task: Task) -> Task:
    """Return the task with only some examples to search on."""
    examples = task.examples
    return Task(task.name, task.request, examples[:SEEN], [*examples[SEEN:], *task.held_out])


def search_all(
    domain: Domain,
    grammar: Grammar,
    tasks: Sequence[Task],
    seconds: float,
    model: RecognitionModel | None = None,
) -> tuple[Results, list[Frontier]]:
    """Search each task with the search that is used by default."""
    guides = {} if model is None else model.guides(tasks, grammar)
    interpreter = Interpreter(grammar.library, domain.limits)
    make_ready(grammar.library, domain.likelihood, domain.limits)
    results, frontiers = {}, []
    for task in tasks:
        weights = guides.get(task.name)
        guide = None if weights is None else Grammar(grammar.library, weights)
        problem = Problem(task, grammar, domain.likelihood, domain.limits, guide)
        frontier = auto(problem, Budget(seconds=seconds)).frontier
        frontiers.append(frontier)
        if frontier.best is None:
            results[task.name] = Solved()
        else:
            first = min(frontier.entries, key=lambda e: e.seconds)
            right = holds_out(domain.likelihood, task, frontier.best.program, interpreter)
            results[task.name] = Solved(first.candidates, first.seconds, right is not False)
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
        f"held-out dreams {last.unigram:.2f} nats unigram, {last.bigram:.2f} bigram"
    )
    return model


# ---- what is printed -----------------------------------------------------------------------------


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


# ---- the parts -----------------------------------------------------------------------------------


def measure_rates(domain: Domain, config: RecognitionConfig) -> None:
    """Print how fast guides are given and used."""
    tasks = [shortened(task) for task in list_tasks()][:200]
    grammar = Grammar.uniform(domain.library)
    model = train(grammar, tasks, config=config, limits=domain.limits)
    model.guides(tasks[:1])
    began = time.perf_counter()
    guides = model.guides(tasks)
    spent = time.perf_counter() - began
    print(f"  guides for {len(guides)} tasks: {spent:.3f} s")
    spans: dict[float, list[float]] = {12.0: [], 18.0: []}
    for task in tasks:
        problem = Problem(
            task,
            grammar,
            domain.likelihood,
            domain.limits,
            Grammar(grammar.library, guides[task.name]),
        )
        for bound, taken in spans.items():
            began = time.perf_counter()
            Tables(problem.order, task.request).up_to(bound)
            taken.append(time.perf_counter() - began)
    for bound, taken in spans.items():
        print(
            f"  bigram tables of a task up to {bound:g} nats of its guide: median "
            f"{1e3 * sorted(taken)[len(taken) // 2]:.1f} ms, "
            f"the last 50 {1e3 * mean(taken[-50:]):.1f} ms"
        )


def measure_list(
    domain: Domain, seeds: Sequence[int], seconds: float, every: int, config: RecognitionConfig
) -> None:
    """Print the tasks of unseen families solved by prior, library and guide, alone and together."""
    tasks = [shortened(task) for task in list_tasks()[::every]]
    limits = [limit for limit in (0.1, 1.0, 10.0) if limit < seconds] + [seconds]
    grammar = Grammar.uniform(domain.library)
    plain, _ = search_all(domain, grammar, tasks, seconds)
    print(
        f"{len(tasks)} tasks, searched for {seconds:g} s each; plain search solves "
        f"{sum(s.seconds < math.inf for s in plain.values())}"
    )
    rows: dict[str, list[list[float]]] = {}
    for seed in seeds:
        seen, unseen = halves(tasks, seed)
        print(f"seed {seed}: {len(seen)} tasks seen, {len(unseen)} of unseen families")
        _, found = search_all(domain, grammar, seen, min(seconds, 1.0))
        known = [frontier for frontier in found if frontier.entries]
        learned = compress_frontiers(grammar, known, CompressionConfig())
        options = RecognitionConfig.make(config, seed=seed)
        guide = train_told(grammar, seen, known, domain, options)
        both = train_told(learned.grammar, seen, learned.frontiers, domain, options)
        part = {task.name: plain[task.name] for task in unseen}
        arms: dict[str, Results] = {
            "prior": part,
            "library": search_all(domain, learned.grammar, unseen, seconds)[0],
            "guide": search_all(domain, grammar, unseen, seconds, guide)[0],
            "library and guide": search_all(domain, learned.grammar, unseen, seconds, both)[0],
        }
        print(header(limits))
        for name, results in arms.items():
            print(line(name, results, part, limits))
            factor, _ = fewer(part, results)
            rows.setdefault(name, []).append([*counts(results, limits), factor])
    if len(seeds) > 1:
        print(f"mean and spread over {len(seeds)} seeds")
        print(header(limits))
        for name, values in rows.items():
            cells = [f"{mean(v):.1f}±{stdev(v):.1f}" for v in zip(*values, strict=True)]
            print(f"  {name:<22}" + "".join(f"{cell:>12}" for cell in cells))


def measure_deepcoder(seconds: float, draws: int, config: RecognitionConfig) -> None:
    """Print tasks solved with a guide that was trained on dreams alone, and without.

    Args:
        seconds: for each task.
        draws: how often the examples of each of the domain's tasks are drawn.
        config: the guide's options.
    """
    tasks = [
        Task(f"{task.name}, draw {draw}", task.request, task.examples, task.held_out)
        for draw in range(draws)
        for task in deepcoder.make_tasks(draw)
    ]
    grammar = Grammar.uniform(deepcoder.library)
    model = train_told(grammar, tasks, [], deepcoder, config)
    limits = [limit for limit in (0.1, 1.0) if limit < seconds] + [seconds]
    plain, _ = search_all(deepcoder, grammar, tasks, seconds)
    guided, _ = search_all(deepcoder, grammar, tasks, seconds, model)
    print(header(limits))
    for name, results in (("prior", plain), ("guide", guided)):
        print(line(name, results, plain, limits))
    for name, results in (("prior", plain), ("guide", guided)):
        firsts = sorted(s.seconds for s in results.values())
        tries = sorted(s.candidates for s in results.values())
        middle = len(firsts) // 2
        print(f"  {name}: median {firsts[middle]:.3f} s, {tries[middle]:,.0f} candidates")


def measure_ablation(domain: Domain, seconds: float, every: int, config: RecognitionConfig) -> None:
    """Print what the bigram head, the MAP objective and the bank's share of dreams are worth."""
    tasks = [shortened(task) for task in list_tasks()[::every]]
    grammar = Grammar.uniform(domain.library)
    plain, _ = search_all(domain, grammar, tasks, seconds)
    limits = [limit for limit in (0.1, 1.0) if limit < seconds] + [seconds]
    arms: dict[str, dict[str, Any]] = {
        "bigram, MAP and plain": {},
        "unigram": {"bigram": False},
        "MAP alone": {"map_share": 1.0},
        "plain alone": {"map_share": 0.0},
        "no auxiliary loss": {"auxiliary": 0.0},
    }
    print(header(limits))
    print(line("prior", plain, plain, limits))
    for name, options in arms.items():
        model = train_told(grammar, tasks, [], domain, RecognitionConfig.make(config, **options))
        print(line(name, search_all(domain, grammar, tasks, seconds, model)[0], plain, limits))


def main(arguments: Sequence[str] = ()) -> None:
    """Print what guides are worth."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--full", action="store_true", help="five seeds, all tasks, 10 s each")
    parser.add_argument("--part", choices=PARTS, nargs="*", default=PARTS[:3])
    parser.add_argument("--language", choices=sorted(LANGUAGES), default="rich")
    parser.add_argument("--seeds", type=int, nargs="*", help="which splits (default: 0, or 0 to 4)")
    parser.add_argument("--seconds", type=float, help="for each task (default: 1, or 10)")
    parser.add_argument("--every", type=int, help="take every n-th task only (default: 2, or 1)")
    parser.add_argument("--training", type=float, default=20.0, help="CPU-seconds (default: 20)")
    chosen = parser.parse_args(arguments)
    domain = LANGUAGES[chosen.language]
    seeds = chosen.seeds or (range(5) if chosen.full else [0])
    seconds = chosen.seconds or (10.0 if chosen.full else 1.0)
    every = chosen.every or (1 if chosen.full else 2)
    config = RecognitionConfig(seconds=chosen.training)
    for part in chosen.part:
        print(f"{part}, {domain.name}:" if part != "deepcoder" else "deepcoder:")
        if part == "rates":
            measure_rates(domain, RecognitionConfig.make(config, seconds=min(5, chosen.training)))
        elif part == "list":
            measure_list(domain, seeds, seconds, every, config)
        elif part == "ablation":
            measure_ablation(domain, seconds, 2 * every, config)
        else:
            measure_deepcoder(seconds, 8 if chosen.full else 3, config)


if __name__ == "__main__":
    main(sys.argv[1:])
