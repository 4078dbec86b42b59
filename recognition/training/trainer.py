"""Training the network on lessons, batch by batch, until the budget is spent.

AdamW with a learning rate that falls linearly over the budget; now and then the held-out lessons
are measured, the best network so far is kept and the state is saved. Each step is one batch of one
type of task.
"""

from __future__ import annotations

import contextlib
import math
import os
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import torch
from torch import Tensor
from torch.nn.functional import binary_cross_entropy_with_logits

from ..recognition_config import RecognitionConfig, RecognitionError
from .checkpoint import read_file, write_file
from .loader import Batches, Curriculum, TrainingBatch
from .loss import closed, log_priors, occurrences
from .network import GuideNetwork

__all__ = ["Progress", "TrainingReport", "device_of", "fit_network"]

MEASUREMENTS = 10
"""How often the held-out lessons are measured, over the whole budget."""

WORKERS = 4
"""Threads that make batches for a GPU, at most."""


@dataclass(frozen=True)
class TrainingReport:
    """How a training stands.

    Attributes:
        done: the part of the budget that is spent, 0 to 1.
        step: batches so far.
        seconds: CPU-seconds so far; on a GPU seconds.
        loss: of the last batches, nats; the sum over heads, guess of occurrences included.
        unigram: nats of a held-out dream's program under the unigram head.
        bigram: likewise for the bigram head; NaN without one.
        solved: nats of the known solutions under the guide, the median; NaN if there are none.
    """

    done: float
    step: int
    seconds: float
    loss: float
    unigram: float
    bigram: float
    solved: float

    @property
    def held_out(self) -> float:
        """Nats of a held-out dream's program under the guide, which is the richest head."""
        return self.unigram if math.isnan(self.bigram) else self.bigram

    @property
    def rank(self) -> float:
        """At most so many programs are as probable, by the guide, as the median known solution."""
        return math.exp(min(self.solved, 700.0))


Progress = Callable[[TrainingReport], None]


def device_of(name: str) -> torch.device:
    """Return a device by its name in the configuration.

    Raises:
        RecognitionError: if this machine has none.
    """
    if name == "auto":
        name = "cuda" if torch.cuda.is_available() else "cpu"
    there = {
        "cpu": True,
        "cuda": torch.cuda.is_available(),
        "mps": torch.backends.mps.is_available(),
    }
    if not there[name]:
        usable = ", ".join(d for d, is_there in there.items() if is_there)
        raise RecognitionError(f"recognition: PyTorch finds no {name} here; there is: {usable}")
    return torch.device(name)


def fit_network(
    network: GuideNetwork,
    curriculum: Curriculum,
    config: RecognitionConfig,
    *,
    told: Progress | None = None,
    checkpoint: Path | None = None,
    identity: str = "",
) -> list[TrainingReport]:
    """Train a network in place, and leave it as it was when it measured best.

    Args:
        network: on the device where it is to be trained.
        curriculum: the lessons.
        config: budget, batches, rates.
        told: called after each measurement.
        checkpoint: a file to save the state of the training to at each measurement; if it is there
            already, the training goes on from it.
        identity: what the checkpoint is of; one of something else is an error.

    Returns:
        What was measured, in order.

    Raises:
        RecognitionError: if there are no lessons, or the checkpoint is of another training.
    """
    if not curriculum.dreams and not curriculum.solved:
        raise RecognitionError(
            "recognition: there is nothing to train on: no dreams and no solved tasks"
        )
    training = _Training(network, curriculum, config)
    if checkpoint is not None and checkpoint.exists():
        training.resume(checkpoint, identity)
    with _threads(config.threads), _board(config.tensorboard) as board:
        for report in training.run():
            if checkpoint is not None:
                training.save(checkpoint, identity)
            if told is not None:
                told(report)
            if board is not None:
                for name in ("loss", "unigram", "bigram", "solved"):
                    board.add_scalar(name, getattr(report, name), report.step)
    network.load_state_dict(training.best)
    return training.reports


class _Training:
    """The state of a training."""

    def __init__(
        self, network: GuideNetwork, curriculum: Curriculum, config: RecognitionConfig
    ) -> None:
        self.network = network
        self.curriculum = curriculum
        self.config = config
        self.device = network.occurs.weight.device
        self.closed = closed(curriculum.classes, self.device)
        # One fused kernel for all parameters: on a CPU the update is a fifth of a step without.
        self.optimizer = torch.optim.AdamW(
            network.parameters(), lr=config.rate, weight_decay=config.decay, fused=True
        )
        # Not the readers: each type of task would be compiled anew, and soon none any more.
        self.trunk: Any = torch.compile(network.trunk) if config.compile else network.trunk
        is_cpu = self.device.type == "cpu"
        workers = 0 if is_cpu else min(WORKERS, os.cpu_count() or 1)
        self.batches = Batches(curriculum, config, self.device, workers)
        self.reports: list[TrainingReport] = []
        self.best = _copy(network)
        self.step = 0
        self.spent = 0.0
        precision = config.precision
        if precision == "auto":
            precision = "bfloat16" if self.device.type == "cuda" else "float32"
        self.cast = torch.autocast(
            self.device.type, torch.bfloat16, enabled=precision == "bfloat16"
        )
        self.clock = time.process_time if is_cpu else time.perf_counter
        self.measured = [
            [batch for lessons in part for batch in self.batches.held_out(lessons)]
            for part in (curriculum.dreams, curriculum.solved)
        ]

    def run(self) -> Iterator[TrainingReport]:
        """Train; yield at each measurement."""
        with contextlib.closing(self.batches.after(self.step)) as batches:
            yield from self._run(batches)

    def _run(self, batches: Iterator[TrainingBatch]) -> Iterator[TrainingReport]:
        config = self.config
        began = self.clock() - self.spent
        losses: list[Tensor] = []
        while True:
            self.spent = self.clock() - began
            done = self.step / config.steps if config.steps else self.spent / config.seconds
            due = len(self.reports) < math.floor(min(done, 1.0) * MEASUREMENTS)
            if due and losses:
                self.reports.append(self._measure(min(done, 1.0), losses))
                losses = []
                yield self.reports[-1]
                if self._is_stuck():
                    return
            if done >= 1.0:
                return
            for group in self.optimizer.param_groups:
                group["lr"] = config.rate * max(1.0 - done, 0.02)
            losses.append(self._learn(next(batches)))
            self.step += 1

    def _learn(self, batch: TrainingBatch) -> Tensor:
        """Take one step; return its loss."""
        wanted = batch.wanted
        with self.cast:
            hidden = self.trunk(self.network.readers[batch.request](batch.features))
            loss = -log_priors(self.network, hidden, wanted, self.closed).mean(dim=1).sum()
        if self.config.auxiliary:
            occurs = self.network.occurs(hidden.float())
            found = occurrences(wanted, occurs.shape[1])
            guess = binary_cross_entropy_with_logits(occurs, found, reduction="sum")
            loss = loss + self.config.auxiliary * guess / len(found)
        self.optimizer.zero_grad(set_to_none=True)
        loss.backward()  # type: ignore[no-untyped-call]
        torch.nn.utils.clip_grad_norm_(self.network.parameters(), 5.0, foreach=True)
        self.optimizer.step()
        return loss.detach()

    # ---- measuring ------------------------------------------------------------------------------

    @torch.no_grad()
    def _measure(self, done: float, losses: Sequence[Tensor]) -> TrainingReport:
        dreamt, solved = ([self._nats(batch) for batch in part] for part in self.measured)
        heads = torch.cat(dreamt or solved, dim=1).mean(dim=1).tolist()
        known = torch.cat(solved, dim=1)[-1].median().item() if solved else math.nan
        report = TrainingReport(
            done,
            self.step,
            self.spent,
            torch.stack(list(losses)).mean().item(),
            heads[0],
            heads[1] if len(heads) > 1 else math.nan,
            known,
        )
        if report.held_out <= min((r.held_out for r in self.reports), default=math.inf):
            self.best = _copy(self.network)
        return report

    def _nats(self, batch: TrainingBatch) -> Tensor:
        """Return (heads, B)."""
        hidden = self.network.hidden(batch.request, batch.features)
        return -log_priors(self.network, hidden, batch.wanted, self.closed)

    def _is_stuck(self) -> bool:
        values = [report.held_out for report in self.reports]
        return len(values) - 1 - int(np.argmin(values)) >= self.config.patience

    # ---- checkpoints ----------------------------------------------------------------------------

    def save(self, path: Path, identity: str) -> None:
        write_file(
            path,
            {
                "kind": "training",
                "identity": identity,
                "step": self.step,
                "spent": self.spent,
                "network": self.network.state_dict(),
                "best": self.best,
                "optimizer": self.optimizer.state_dict(),
                "reports": [vars(report) for report in self.reports],
            },
        )

    def resume(self, path: Path, identity: str) -> None:
        saved = read_file(path, "training")
        if saved["identity"] != identity:
            raise RecognitionError(
                f"{path} is the checkpoint of another training: of another library, other options "
                "or other data; delete it, or name another file"
            )
        self.step, self.spent = saved["step"], saved["spent"]
        self.network.load_state_dict(saved["network"])
        self.best = saved["best"]
        self.optimizer.load_state_dict(saved["optimizer"])
        self.reports = [TrainingReport(**report) for report in saved["reports"]]


def _copy(network: GuideNetwork) -> dict[str, Tensor]:
    return {name: value.detach().clone() for name, value in network.state_dict().items()}


@contextlib.contextmanager
def _threads(count: int) -> Iterator[None]:
    """Have PyTorch use so many threads on the CPU, and afterwards as many as before."""
    before = torch.get_num_threads()
    torch.set_num_threads(count)
    try:
        yield
    finally:
        torch.set_num_threads(before)


@contextlib.contextmanager
def _board(folder: str | None) -> Iterator[Any]:
    """Open a log for TensorBoard."""
    if folder is None:
        yield None
        return
    try:
        from torch.utils.tensorboard import SummaryWriter
    except ImportError as error:
        raise RecognitionError(
            "recognition: logging for TensorBoard needs the package tensorboard; "
            f"pip install tensorboard ({error})"
        ) from None
    writer: Any = SummaryWriter(folder)
    try:
        yield writer
    finally:
        writer.close()
