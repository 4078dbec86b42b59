"""The recognition model: a trained network that gives each task weights of its own.

What it is used for is :meth:`RecognitionModel.guides`; what makes one is
:func:`reverie.recognition.guide_training.train`.
"""

from __future__ import annotations

import dataclasses
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from ..dsl import Encoder, Encoders, Grammar, Library, Task, Type, Weights, parse_type
from .features.encoders import UnreadableTask, encoder_for, read_as
from .lazy_weights import LazyWeights
from .recognition_config import RecognitionConfig, RecognitionError
from .training.calibration import Bin
from .training.checkpoint import read_file, write_file
from .training.network import GuideNetwork, key_of
from .training.trainer import TrainingReport
from .training.warm_start import transfer

__all__ = ["RecognitionModel", "identity_of"]


def identity_of(library: Library) -> list[str]:
    """Return what a library is, as text: a line for each production, in order."""
    return [f"{p.name} : {p.type} = {p.term}" for p in library.productions]


@dataclass(frozen=True, eq=False)
class RecognitionModel:
    """A network that guides the search for programs in one library.

    Attributes:
        library: what its weights are weights of.
        config: how it was made.
        network: on the CPU.
        encoders: of each type of task that it was trained for.
        history: what was measured while it was trained.
        calibration: what it says of choices in held-out dreams, and how often it is so.
    """

    library: Library
    config: RecognitionConfig
    network: GuideNetwork
    encoders: Mapping[Type, Encoder]
    history: Sequence[TrainingReport] = ()
    calibration: Sequence[Bin] = ()

    @property
    def requests(self) -> list[Type]:
        """The types of task that it can guide, with int for type variables."""
        return list(self.encoders)

    def reads(self, task: Task) -> bool:
        """Whether it gives weights for a task."""
        return self._read(task) is not None

    def guides(self, tasks: Iterable[Task], grammar: Grammar | None = None) -> LazyWeights:
        """Return log weights for each task that the model can read, by the task's name.

        They are of the shape of a bigram grammar (of a unigram one if the model has no bigram head)
        and not normalised. Tasks of a type that it was not trained for, or that its encoder cannot
        read, are left out. Nothing is worked out before it is asked for
        (:class:`.lazy_weights.LazyWeights`).

        Args:
            tasks: the tasks.
            grammar: what the guides are meant for; only its library matters.

        Raises:
            RecognitionError: if the grammar's library is not the model's.
        """
        if grammar is not None:
            _check_library(self.library, identity_of(grammar.library), "the model")
        return LazyWeights(tasks, self._weigh)

    def _weigh(self, tasks: Sequence[Task]) -> dict[str, Weights]:
        """Return the weights of some tasks; those of a type go through the network at once."""
        read: defaultdict[Type, dict[str, NDArray[np.float32]]] = defaultdict(dict)
        for task in tasks:
            features = self._read(task)
            if features is not None:
                read[read_as(task.request)][task.name] = features
        found: dict[str, Weights] = {}
        for request, rows in read.items():
            found.update(zip(rows, self._weights(request, np.stack([*rows.values()])), strict=True))
        return found

    def _read(self, task: Task) -> NDArray[np.float32] | None:
        encoder = self.encoders.get(read_as(task.request))
        if encoder is None:
            return None
        try:
            return encoder.of(task)
        except UnreadableTask:
            return None

    @torch.inference_mode()
    def _weights(self, request: Type, features: NDArray[np.float32]) -> Weights:
        """Return (B, rows, columns)."""
        output = self.network(key_of(request), torch.from_numpy(features))
        head: Tensor = output.unigram if output.bigram is None else output.bigram
        weights: Weights = head.numpy().astype(np.float64)
        return weights

    # ---- files ----------------------------------------------------------------------------------

    def save(self, path: str | Path) -> None:
        """Write the model to a file: tensors and plain values, no code.

        Raises:
            RecognitionError: if the file cannot be written.
        """
        content = {
            "kind": "model",
            "library": identity_of(self.library),
            "requests": [str(request) for request in self.requests],
            "config": dataclasses.asdict(self.config),
            "network": self.network.state_dict(),
            "history": [vars(report) for report in self.history],
            "calibration": [tuple(row) for row in self.calibration],
        }
        write_file(Path(path), content)

    @classmethod
    def load(
        cls, path: str | Path, library: Library, encoders: Encoders = encoder_for
    ) -> RecognitionModel:
        """Read a model from a file; nothing in it is executed.

        Args:
            path: the file.
            library: the library that it was trained for.
            encoders: how its tasks are read, as when it was trained.

        Raises:
            RecognitionError: if it is no such file, or of another library.
        """
        path = Path(path)
        saved = read_file(path, "model")
        try:
            trained = _as_trained(library, saved["library"], str(path))
            config = RecognitionConfig(**saved["config"])
            made = make_encoders(map(parse_type, saved["requests"]), encoders)
            network = make_network(Grammar.uniform(trained), made, config)
            network.load_state_dict(saved["network"])
            if identity_of(trained) != identity_of(library):
                # What was learned belongs to names: the language has been put in another order.
                found = make_network(Grammar.uniform(library), made, config)
                transfer(network, trained, found, library)
                network = found
            history = tuple(TrainingReport(**report) for report in saved["history"])
            calibration = tuple(Bin(*row) for row in saved["calibration"])
        except (KeyError, TypeError, RuntimeError) as error:
            reason = str(error).split("\n")[0]
            raise RecognitionError(f"{path} does not fit this version: {reason}") from None
        network.eval()
        return cls(library, config, network, made, history, calibration)


def make_encoders(requests: Iterable[Type], encoders: Encoders) -> dict[Type, Encoder]:
    """Return an encoder for each request.

    Raises:
        UnreadableTask: if there is none for one of them.
    """
    made: dict[Type, Encoder] = {}
    for request in requests:
        encoder = encoders(request)
        if encoder is None:
            raise UnreadableTask(f"no encoder reads tasks of type {request}")
        made[request] = encoder
    return made


def make_network(
    grammar: Grammar, encoders: Mapping[Type, Encoder], config: RecognitionConfig
) -> GuideNetwork:
    """Return a new network, the same for the same seed."""
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(config.seed)
        readers = {key_of(r): encoder.module(config.width) for r, encoder in encoders.items()}
        return GuideNetwork(
            grammar,
            readers,
            width=config.width,
            layers=config.layers,
            bigram=config.bigram,
            rank=config.rank,
        )


def _as_trained(library: Library, trained: Sequence[str], what: str) -> Library:
    """Return the library in the order in which a model was trained for it.

    Raises:
        RecognitionError: if it was trained for another.
    """
    place = {line: i for i, line in enumerate(trained)}
    here = dict(zip(identity_of(library), library.productions, strict=True))
    if place.keys() != here.keys() or len(place) != len(trained):
        _check_library(library, trained, what)
    names = [here[line].name for line in trained]
    primitives = sorted(library.primitives, key=lambda primitive: names.index(primitive.name))
    abstractions = library.abstractions
    return Library(
        primitives,
        {name: abstractions[name] for name in names if name in abstractions},
        name=library.name,
        continuation=library.continuation,
    )


def _check_library(library: Library, trained: Sequence[str], what: str) -> None:
    """Raise if a model was trained for another library."""
    here = identity_of(library)
    if here == list(trained):
        return
    lacking = [line for line in trained if line not in here]
    new = [line for line in here if line not in trained]
    parts = [
        f"{verb} {', '.join(line.split(' : ')[0] for line in lines[:5])}"
        + (f" and {len(lines) - 5} more" if len(lines) > 5 else "")
        for verb, lines in (("it has", lacking), ("it lacks", new))
        if lines
    ]
    raise RecognitionError(
        f"{what} is of another library: {'; '.join(parts) or 'the order differs'}. A model guides "
        "the library that it was trained for; train one for this"
    )
