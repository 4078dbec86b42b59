"""Everything that can be set about the recognition model, its training and its dreams."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import ClassVar

from ..dsl import InvalidOption, Options, ReverieError, check_kinds

__all__ = ["DreamConfig", "InvalidRecognition", "RecognitionConfig", "RecognitionError"]

DEVICES = ("auto", "cpu", "cuda", "mps")
PRECISIONS = ("auto", "float32", "bfloat16")


class RecognitionError(ReverieError):
    """A recognition model cannot be made, trained, read or used as asked."""


class InvalidRecognition(RecognitionError):
    """An option of the recognition model makes no sense; the message says what is allowed."""


@dataclass(frozen=True, kw_only=True)
class RecognitionConfig(Options):
    """The options of :func:`reverie.recognition.train`.

    Attributes:
        width: of each layer of the network.
        layers: of the trunk, after the layer that reads a task.
        bigram: whether guides have a row of weights for each argument (see
            :class:`~reverie.dsl.model.grammar.Grammar`); else one row in all.
        rank: of the bigram head; None for a full one, which has ``width * rows * columns`` weights
            and pays unless the library has hundreds of productions.
        dreams: how many programs to dream, for all types of task together.
        map_share: the part of the dreams' batches whose target is the cheapest program of its
            behaviour (the MAP objective); the rest have the program that was drawn as target.
        replay: the part of the batches that are solved tasks, once there are any.
        auxiliary: the weight of the loss of guessing which productions occur.
        batch: tasks or dreams in one step.
        rate: AdamW's learning rate at first; it falls linearly to 0 over the budget.
        decay: AdamW's weight decay.
        seconds: the budget of dreaming and training together, in CPU-seconds of this process; on
            a GPU in seconds. Where programs run slowly, dreaming takes half of it at most.
        steps: the budget in steps, instead; with it, the same seed gives the same model again on
            the same machine, which seconds do not.
        held_out: dreams of each type that are kept out to measure on.
        patience: stop after so many measurements without a better one.
        seed: for all that is random.
        device: ``"cpu"``, ``"cuda"``, ``"mps"``, or ``"auto"``: CUDA where there is a card.
        threads: of PyTorch on a CPU. A network of the usual size learns less from a CPU-second with
            two, less from a second even; one of many times the width gains.
        precision: of the matrix products: ``"float32"``, ``"bfloat16"``, or ``"auto"``: bfloat16
            on CUDA.
        compile: whether to ``torch.compile`` the network's trunk; on a CPU it does not pay.
        tensorboard: a folder to log the training to, for TensorBoard; None for none.

    Raises:
        InvalidRecognition: if a value is out of range.
    """

    refusal: ClassVar[type[ReverieError]] = InvalidRecognition
    subject: ClassVar[str] = "recognition: "

    width: int = 256
    layers: int = 1
    bigram: bool = True
    rank: int | None = None
    dreams: int = 50_000
    map_share: float = 0.8
    replay: float = 0.1
    auxiliary: float = 0.1
    batch: int = 256
    rate: float = 4e-3
    decay: float = 0.01
    seconds: float = 20.0
    steps: int | None = None
    held_out: int = 512
    patience: int = 5
    seed: int = 0
    device: str = "auto"
    threads: int = 1
    precision: str = "auto"
    compile: bool = False
    tensorboard: str | None = None

    def __post_init__(self) -> None:
        try:
            check_kinds(self)
        except InvalidOption as error:
            raise InvalidRecognition(f"recognition: {error}") from None
        for name in ("width", "layers", "dreams", "batch", "held_out", "patience", "threads"):
            self.check(name, getattr(self, name) >= 1, "1 or more")
        for name in ("rank", "steps"):
            self.check(name, getattr(self, name) is None or getattr(self, name) >= 1, "1 or more")
        for name in ("map_share", "replay"):
            self.check(name, 0 <= getattr(self, name) <= 1, "between 0 and 1")
        for name in ("auxiliary", "decay", "seed"):
            self.check(name, getattr(self, name) >= 0, "0 or more")
        self.check("rate", self.rate > 0 and math.isfinite(self.rate), "more than 0")
        self.check("seconds", self.seconds > 0, "more than 0")
        self.check("device", self.device in DEVICES, f"one of {', '.join(DEVICES)}")
        self.check("precision", self.precision in PRECISIONS, f"one of {', '.join(PRECISIONS)}")


@dataclass(frozen=True)
class DreamConfig:
    """What dreams are made of.

    Attributes:
        distinct: keep one program for each behaviour, the cheapest (for the MAP objective);
            otherwise programs come as they are drawn, repetitions included.
        max_tokens: longer programs are not dreamt.
        candidates: the most that the bottom-up search for the first programs considers.
        examples: inputs of its own that each dream gets.
        least: dreams with an output on fewer of these are dropped.
        together: how many dreams share a set of inputs.
        constants: the largest share of programs whose output never changes.
        patience: draws for each new dream; where it takes more, dreaming ends with fewer than were
            wanted.
    """

    distinct: bool = True
    max_tokens: int = 20
    candidates: int = 100_000
    examples: int = 10
    least: int = 3
    together: int = 256
    constants: float = 0.05
    patience: int = 200
