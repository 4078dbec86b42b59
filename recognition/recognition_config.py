"""Everything that can be set about the recognition model and its training, in one frozen object."""

from __future__ import annotations

import dataclasses
import math
from dataclasses import dataclass
from typing import Any

from ..dsl import InvalidOption, ReverieError, check_kinds, suggest

__all__ = ["InvalidRecognition", "RecognitionConfig", "RecognitionError"]

DEVICES = ("auto", "cpu", "cuda", "mps")
PRECISIONS = ("auto", "float32", "bfloat16")


class RecognitionError(ReverieError):
    """A recognition model cannot be made, trained, read or used as asked."""


class InvalidRecognition(RecognitionError):
    """An option of the recognition model makes no sense; the message says what is allowed."""


@dataclass(frozen=True, kw_only=True)
class RecognitionConfig:
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
            self._check(name, getattr(self, name) >= 1, "1 or more")
        for name in ("rank", "steps"):
            self._check(name, getattr(self, name) is None or getattr(self, name) >= 1, "1 or more")
        for name in ("map_share", "replay"):
            self._check(name, 0 <= getattr(self, name) <= 1, "between 0 and 1")
        for name in ("auxiliary", "decay", "seed"):
            self._check(name, getattr(self, name) >= 0, "0 or more")
        self._check("rate", self.rate > 0 and math.isfinite(self.rate), "more than 0")
        self._check("seconds", self.seconds > 0, "more than 0")
        self._check("device", self.device in DEVICES, f"one of {', '.join(DEVICES)}")
        self._check("precision", self.precision in PRECISIONS, f"one of {', '.join(PRECISIONS)}")

    def _check(self, name: str, right: bool, allowed: str) -> None:
        if not right:
            found = getattr(self, name)
            raise InvalidRecognition(f"recognition: {name} must be {allowed}; got {found!r}")

    @classmethod
    def make(cls, base: RecognitionConfig | None = None, **options: Any) -> RecognitionConfig:
        """Return ``base`` with some options changed.

        Raises:
            InvalidRecognition: for an option that does not exist, with the nearest that does.
        """
        names = [f.name for f in dataclasses.fields(cls)]
        for name in options:
            if name not in names:
                raise InvalidRecognition(
                    f"recognition: there is no option {name!r}{suggest(name, names)}"
                )
        return dataclasses.replace(base or cls(), **options)
