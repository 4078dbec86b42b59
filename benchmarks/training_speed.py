"""How fast a guide is trained, and how good it is after some seconds: on the CPU, and on a GPU.

All networks are trained on the same dreams; only what is said of each differs.
"""

from __future__ import annotations

from typing import Any

import torch

from ..dsl import Domain, Grammar
from ..recognition import RecognitionConfig, make_curriculum, make_network
from ..recognition.features import ElementEncoder, encoder_for
from ..recognition.training import device_of, fit_network
from .search_directions import list_tasks
from .tables.outcomes import shortened

__all__ = ["measure_training"]


def ways() -> dict[str, dict[str, Any]]:
    """Return options of the configuration, by name, for each way to train that there is here."""
    cpu, cuda = {"device": "cpu"}, {"device": "cuda", "batch": 1024}
    found: dict[str, dict[str, Any]] = {
        "cpu": cpu,
        "cpu, two threads": {**cpu, "threads": 2},
        "cpu, bfloat16": {**cpu, "precision": "bfloat16"},
        "cpu, compiled": {**cpu, "compile": True},
    }
    if torch.cuda.is_available():
        found |= {
            "cuda, batches of 256": {**cuda, "batch": 256},
            "cuda, batches of 1024": cuda,
            "cuda, batches of 4096": {**cuda, "batch": 4096},
            "cuda, 1024, float32": {**cuda, "precision": "float32"},
            "cuda, 1024, compiled": {**cuda, "compile": True},
            "cuda, 1024, width 1024": {**cuda, "width": 1024},
        }
    return found


def measure_training(domain: Domain, dreams: int, seconds: float) -> None:
    """Print examples a second and what held-out dreams come to, for each way to train.

    Args:
        domain: the language; the types of task are those of the list tasks.
        dreams: how many to learn from.
        seconds: for each way: CPU-seconds, on a GPU seconds.
    """
    tasks = [shortened(task) for task in list_tasks()]
    grammar = Grammar.uniform(domain.library)
    base = RecognitionConfig(dreams=dreams, seconds=seconds)
    if torch.cuda.is_available():
        print(f"  {torch.cuda.get_device_name()}")
    print(f"  {dreams:,} dreams, {seconds:g} s each; held-out dreams in nats")
    print(f"  {'':28} {'examples/s':>10} {'ratio':>6} {'unigram':>8} {'bigram':>7}")
    rates: list[float] = []
    for encoder in (encoder_for, ElementEncoder):
        curriculum, readers = make_curriculum(
            grammar, tasks, [], base, limits=domain.limits, encoders=encoder
        )
        for name, options in ways().items():
            config = RecognitionConfig.make(base, **options)
            device = device_of(config.device)
            # What is compiled or made at the first steps is no matter of speed.
            for limit in ({"steps": 50}, {}):
                network = make_network(grammar, readers, config).to(device)
                limited = RecognitionConfig.make(config, **limit)
                last = fit_network(network, curriculum, limited)[-1]
            rates.append(last.step * config.batch / last.seconds)
            read = "properties" if encoder is encoder_for else "elements"
            print(
                f"  {read + ', ' + name:28} {rates[-1]:10,.0f} {rates[-1] / rates[0]:5.1f}x "
                f"{last.unigram:8.2f} {last.bigram:7.2f}",
                flush=True,
            )
