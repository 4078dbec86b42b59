"""How many dreams a second: different behaviours, each with examples, and their properties.

The grammar is uniform, so nothing helps but what the dreams themselves teach.
"""

from __future__ import annotations

import time
from typing import NamedTuple

import numpy as np

from reverie.domains.list import common, rich
from reverie.dsl import Grammar, parse_type
from reverie.enumerate.sampling import Sampler
from reverie.recognition.dreams import RandomInputs, dream
from reverie.recognition.features import Properties

__all__ = ["DreamRow", "main", "measure"]

REQUESTS = ("list(int) -> list(int)", "list(int) -> int")

FLOOR, GOAL = 100_000, 300_000
"""Unique dreams a second on two cores, running them included."""


class DreamRow(NamedTuple):
    """What was measured for one request; seconds are wall-clock time."""

    language: str
    request: str
    dreams: int
    seconds: float
    processor: float  # seconds of processor time, of all threads
    cost: float  # median, nats
    draws: float  # of the grammar, a second
    size: int  # of the properties
    properties: float  # dreams a second, one thread


def measure(count: int = 100_000, workers: int = 2, seed: int = 0) -> list[DreamRow]:
    """Dream ``count`` dreams of each request, and read properties off them."""
    rows = []
    for domain in (common, rich):
        grammar = Grammar.uniform(domain.library)
        inputs = RandomInputs(domain.make_tasks(seed))
        for text in REQUESTS:
            request = parse_type(text)
            dream(grammar, [request], inputs, 200, seed, workers=workers)  # loads the kernels
            start, spent = time.perf_counter(), time.process_time()
            (dreams,) = dream(grammar, [request], inputs, count, seed, workers=workers)
            seconds, processor = time.perf_counter() - start, time.process_time() - spent
            rng = np.random.default_rng(seed)
            which = rng.integers(0, len(dreams), 20_000)
            properties = Properties(request)
            properties.batch(dreams, which[:10], rng)
            start = time.perf_counter()
            properties.batch(dreams, which, rng)
            read = len(which) / (time.perf_counter() - start)
            sampler = Sampler(grammar, request, seed=seed, max_tokens=20)
            sampler.draw(50_000)  # builds what most draws need
            start = time.perf_counter()
            sampler.draw(100_000)
            draws = 100_000 / (time.perf_counter() - start)
            cost = float(-np.median(dreams.log_priors))
            rows.append(
                DreamRow(
                    domain.name,
                    text,
                    len(dreams),
                    seconds,
                    processor,
                    cost,
                    draws,
                    properties.size,
                    read,
                )
            )
    return rows


def main() -> None:
    """Print the table."""
    workers = 2
    print(f"uniform grammar, {workers} threads; unique: different outputs on common inputs")
    print(f"unique/s: floor {FLOOR:,}, goal {GOAL:,}")
    print(
        f"{'language':10} {'request':24} {'dreams':>8} {'unique/s':>9} {'/cpu-s':>8} "
        f"{'nats':>5} {'draws/s':>10} {'numbers':>8} {'read/s':>8}"
    )
    for row in measure(workers=workers):
        print(
            f"{row.language:10} {row.request:24} {row.dreams:8,} {row.dreams / row.seconds:9,.0f} "
            f"{row.dreams / row.processor:8,.0f} {row.cost:5.1f} {row.draws:10,.0f} "
            f"{row.size:8,} {row.properties:8,.0f}"
        )


if __name__ == "__main__":
    main()
