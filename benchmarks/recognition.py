"""What a trained guide is worth: tasks solved, candidates and seconds, with it and without.

On the list tasks it is measured on families that it has not seen (:mod:`.task_families`); on
DeepCoder's language it sees dreams alone.

Run ``python -m reverie.benchmarks.recognition`` with ``REVERIE_DATA`` naming the folder of task
files, or without it for the tasks that Reverie makes itself. ``--full`` is five seeds and longer
searches; ``--part`` runs one part alone, and ``--keep`` lets it be interrupted. All budgets are
seconds: the machine should be quiet.
"""

from __future__ import annotations

import argparse
import sys
import time
from collections.abc import Sequence
from pathlib import Path
from statistics import mean
from typing import Any

from ..domains.deepcoder import domain as deepcoder
from ..domains.list import common, rich
from ..dsl import Domain, Grammar, Task
from ..enumerate import SearchProblem
from ..enumerate.automaton import CompiledGrammar
from ..recognition import RecognitionConfig, train
from .search_directions import list_tasks
from .tables.outcomes import header, line, search_all, shortened, train_told
from .training_speed import measure_training
from .workloads.task_families import measure_halves

__all__ = ["main"]

LANGUAGES = {"rich": rich, "common": common}
PARTS = ("rates", "list", "deepcoder", "ablation", "training")


def measure_rates(domain: Domain, config: RecognitionConfig) -> None:
    """Print how fast guides are given and used."""
    tasks = [shortened(task) for task in list_tasks()][:200]
    grammar = Grammar.uniform(domain.library)
    model = train(grammar, tasks, config=config, limits=domain.limits)
    dict(model.guides(tasks[:1]))
    began = time.perf_counter()
    guides = dict(model.guides(tasks))  # all of them now, not each when it is asked for
    spent = time.perf_counter() - began
    print(f"  guides for {len(guides)} tasks: {spent:.3f} s")
    spans: dict[float, list[float]] = {12.0: [], 18.0: []}
    for task in tasks:
        problem = SearchProblem(
            task,
            grammar,
            domain.likelihood,
            domain.limits,
            Grammar(grammar.library, guides[task.name]),
        )
        for bound, taken in spans.items():
            began = time.perf_counter()
            CompiledGrammar(problem.order, task.request).up_to(bound)
            taken.append(time.perf_counter() - began)
    for bound, taken in spans.items():
        print(
            f"  bigram tables of a task up to {bound:g} nats of its guide: median "
            f"{1e3 * sorted(taken)[len(taken) // 2]:.1f} ms, "
            f"the last 50 {1e3 * mean(taken[-50:]):.1f} ms"
        )


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
    parser.add_argument(
        "--keep",
        type=Path,
        metavar="FILE.jsonl",
        help="keep the outcome of each search of the list part; go on from what is there",
    )
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
            measure_halves(domain, seeds, seconds, every, config, chosen.keep)
        elif part == "training":
            measure_training(domain, 50_000 if chosen.full else 20_000, chosen.training)
        elif part == "ablation":
            measure_ablation(domain, seconds, 2 * every, config)
        else:
            measure_deepcoder(seconds, 8 if chosen.full else 3, config)


if __name__ == "__main__":
    main(sys.argv[1:])
