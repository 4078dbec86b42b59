"""Recognition models: what they learn, and what happens when they are misused."""

from __future__ import annotations

import logging
import math
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pytest
import torch

import reverie as rv
from reverie.dsl.calculus.syntax import parse_type
from reverie.dsl.calculus.types import Type
from reverie.dsl.language.library import Primitive
from reverie.dsl.model.frontier import Entry
from reverie.dsl.model.grammar import Weights
from reverie.recognition import lazy_weights as guides_module
from reverie.recognition.features.encoders import (
    ElementEncoder,
    Encoder,
    UnreadableTask,
    encoder_for,
)
from reverie.recognition.guide_training import train
from reverie.recognition.model import RecognitionModel
from reverie.recognition.recognition_config import (
    InvalidRecognition,
    RecognitionConfig,
    RecognitionError,
)
from reverie.recognition.solution_lengths import description_lengths
from reverie.recognition.training.trainer import TrainingReport


def adding(name: str, k: int) -> Primitive:
    return Primitive(name, parse_type("int -> int"), lambda x: x + k)


# Adding by small steps: two names for one step and one for two, so that a task leaves a choice.
ADDING = rv.Library([adding("next", 1), adding("succ", 1), adding("skip", 2)])
PRIOR = rv.Grammar(ADDING, np.array([[0.0, -1.0, -0.5, 0.2]]))
TASKS = [
    rv.Task(f"add {n}", "int -> int", [((x,), x + n) for x in (3, -2, 17, 250)]) for n in range(5)
]
SMALL = RecognitionConfig(width=48, steps=400, batch=64, dreams=3000, held_out=200, seed=1)


@pytest.fixture(scope="module")
def plain() -> RecognitionModel:
    config = RecognitionConfig.make(SMALL, map_share=0.0, auxiliary=0.0, steps=800, dreams=20_000)
    return train(PRIOR, TASKS, config=config)


def posterior(total: int) -> list[float]:
    """Return how probable each head is at the root of a program that adds ``total``."""
    single, other, double, stop = np.exp(PRIOR.weights[0] - np.logaddexp.reduce(PRIOR.weights[0]))
    mass = [0.0, stop]  # of all programs that add -1, 0, 1, ...
    for _ in range(total):
        mass.append((single + other) * mass[-1] + double * mass[-2])
    ways = [single * mass[-2], other * mass[-2], double * mass[-3] if total > 1 else 0.0]
    return [*(way / mass[-1] for way in ways), float(total == 0)]


def test_guides_of_many_tasks_do_not_fill_the_memory(
    plain: RecognitionModel, monkeypatch: pytest.MonkeyPatch
) -> None:
    at_once = dict(plain.guides(TASKS, PRIOR))
    monkeypatch.setattr(guides_module, "BATCH", 3)
    seen: list[int] = []
    weigh = RecognitionModel._weigh

    def counted(model: RecognitionModel, tasks: Sequence[rv.Task]) -> dict[str, Weights]:
        seen.append(len(tasks))
        return weigh(model, tasks)

    monkeypatch.setattr(RecognitionModel, "_weigh", counted)
    odd = rv.Task("odd", "bool -> bool", [((True,), False)])
    guides = plain.guides([odd, *TASKS], PRIOR)
    assert not seen
    assert guides.get("odd") is None
    assert "none of them" not in guides
    for task in TASKS:
        assert guides[task.name] == pytest.approx(at_once[task.name], abs=1e-5)
    batches = math.ceil((1 + len(TASKS)) / 3)
    assert len(seen) == batches
    assert max(seen) == 3
    assert len(guides._kept) == guides_module.KEPT
    assert list(guides) == [task.name for task in TASKS]


def test_the_guide_reaches_the_known_posterior(plain: RecognitionModel) -> None:
    guides = plain.guides(TASKS, PRIOR)
    for total, task in enumerate(TASKS[:4]):
        root = guides[task.name][0]
        found = np.exp(root - np.logaddexp.reduce(root))
        assert found == pytest.approx(posterior(total), abs=0.06), task.name


def test_what_the_guide_says_of_held_out_dreams_is_so(plain: RecognitionModel) -> None:
    bins = plain.calibration
    assert sum(b.choices for b in bins) > 1000
    off = sum(b.choices * abs(b.said - b.seen) for b in bins) / sum(b.choices for b in bins)
    assert off < 0.03
    assert all(0 <= b.said <= 1 and 0 <= b.seen <= 1 for b in bins)


def test_known_solutions_are_shorter_under_the_guide(plain: RecognitionModel) -> None:
    request = TASKS[2].request
    program = ADDING.parse("(lambda (skip $0))")
    entry = Entry(program, PRIOR.log_prior(program, request), 0.0)
    frontiers = [rv.Frontier.of(TASKS[2], [entry]), rv.Frontier(TASKS[1])]
    ((task, prior, guide),) = description_lengths(plain, frontiers, PRIOR)
    assert task == TASKS[2].name
    assert prior == pytest.approx(-entry.log_prior)
    assert guide < prior / 2


def test_the_same_seed_and_steps_give_the_same_model() -> None:
    config = RecognitionConfig.make(SMALL, steps=30)
    first, second = (train(PRIOR, TASKS, config=config).guides(TASKS) for _ in range(2))
    for name in first:
        assert (first[name] == second[name]).all()


def test_a_saved_model_is_the_same_again(plain: RecognitionModel, tmp_path: Path) -> None:
    plain.save(tmp_path / "model.pt")
    opened = RecognitionModel.load(tmp_path / "model.pt", ADDING)
    assert opened.config == plain.config
    assert list(opened.calibration) == list(plain.calibration)
    assert [r.step for r in opened.history] == [r.step for r in plain.history]
    before, after = plain.guides(TASKS), opened.guides(TASKS)
    for name in before:
        assert (before[name] == after[name]).all()
    assert [path.name for path in tmp_path.iterdir()] == ["model.pt"]


def test_a_model_of_another_library_is_refused(plain: RecognitionModel, tmp_path: Path) -> None:
    plain.save(tmp_path / "model.pt")
    other = rv.Library([*ADDING.primitives[:2], rv.constant("2", "int", 2)])
    with pytest.raises(RecognitionError, match=r"another library: it has skip; it lacks 2"):
        RecognitionModel.load(tmp_path / "model.pt", other)
    with pytest.raises(RecognitionError, match="the model is of another library"):
        plain.guides(TASKS, rv.Grammar.uniform(other))


def test_what_is_no_model_is_refused(tmp_path: Path) -> None:
    for name, content in (("text", b"hello"), ("empty", b""), ("broken", b"PK\x03\x04")):
        (tmp_path / name).write_bytes(content)
        with pytest.raises(RecognitionError, match="no recognition model, or damaged"):
            RecognitionModel.load(tmp_path / name, ADDING)
    with pytest.raises(RecognitionError, match="there is no file"):
        RecognitionModel.load(tmp_path / "none", ADDING)
    torch.save({"kind": "model", "format": 99}, tmp_path / "later")
    with pytest.raises(RecognitionError, match="format 99"):
        RecognitionModel.load(tmp_path / "later", ADDING)
    torch.save({"kind": "model", "format": 1, "library": []}, tmp_path / "other")
    with pytest.raises(RecognitionError, match="another library"):
        RecognitionModel.load(tmp_path / "other", ADDING)


class Stopped(Exception):
    pass


def test_an_interrupted_training_goes_on_where_it_was(tmp_path: Path) -> None:
    config = RecognitionConfig.make(SMALL, steps=60)
    whole = train(PRIOR, TASKS, config=config)
    path = tmp_path / "training.pt"

    def stop(report: TrainingReport) -> None:
        if report.done > 0.45:
            raise Stopped

    with pytest.raises(Stopped):
        train(PRIOR, TASKS, config=config, checkpoint=path, told=stop)
    steps: list[int] = []
    resumed = train(
        PRIOR, TASKS, config=config, checkpoint=path, told=lambda r: steps.append(r.step)
    )
    assert min(steps) > 25
    assert [r.step for r in resumed.history] == [r.step for r in whole.history]
    before, after = whole.guides(TASKS), resumed.guides(TASKS)
    for name in before:
        assert (before[name] == after[name]).all()
    other = RecognitionConfig.make(config, seed=7)
    with pytest.raises(RecognitionError, match="checkpoint of another training"):
        train(PRIOR, TASKS, config=other, checkpoint=path)


def test_a_grown_library_keeps_what_was_learned(plain: RecognitionModel) -> None:
    grown = ADDING.extend(ADDING.parse("#(lambda (next (next $0)))"))
    config = RecognitionConfig.make(plain.config, steps=1, rate=1e-4)
    grammar = rv.Grammar.uniform(grown)
    warm = train(grammar, TASKS, config=config, previous=plain)
    cold = train(grammar, TASKS, config=config)
    expected = plain.guides(TASKS)[TASKS[1].name][0]
    keep = [0, 1, 2, 4]  # the new production is the last but one
    found = [model.guides(TASKS)[TASKS[1].name][0][keep] for model in (warm, cold)]
    near, far = (np.abs(f - expected).max() for f in found)
    assert near < far / 3


def test_solved_tasks_are_lessons_too() -> None:
    task = TASKS[3]
    program = ADDING.parse("(lambda (succ (succ (succ $0))))")  # not what is dreamt most
    entry = Entry(program, PRIOR.log_prior(program, task.request), 0.0)
    foreign = Entry(ADDING.parse("(lambda (next next))"), 0.0, 0.0)  # no program of this grammar
    frontier = rv.Frontier.of(task, [entry, foreign])
    config = RecognitionConfig.make(SMALL, steps=150, dreams=300, replay=0.5)
    model = train(PRIOR, TASKS, [frontier, rv.Frontier(TASKS[0])], config)
    assert model.history[-1].solved < -entry.log_prior / 2
    assert model.history[-1].rank == pytest.approx(math.exp(model.history[-1].solved))


def test_tasks_that_cannot_be_read_go_without_a_guide(caplog: pytest.LogCaptureFixture) -> None:
    odd = rv.Task("odd", "(int -> int) -> int", [((abs,), 1)])
    with caplog.at_level(logging.WARNING):
        model = train(PRIOR, [*TASKS, odd], config=RecognitionConfig.make(SMALL, steps=2))
    assert "(int -> int) -> int" in caplog.text
    assert not model.reads(odd)
    assert set(model.guides([*TASKS, odd])) == {task.name for task in TASKS}
    with pytest.raises(UnreadableTask, match="no task can be read"):
        train(PRIOR, [odd], config=SMALL)


def test_nothing_to_train_on_is_an_error() -> None:
    hopeless = rv.Library([Primitive("next", parse_type("int -> int"), lambda x: x + 1)])
    task = rv.Task("four", "int", [((), 4)])
    with pytest.raises(RecognitionError, match="nothing to train on"):
        train(rv.Grammar.uniform(hopeless), [task], config=SMALL)


def test_any_examples_can_be_read_as_elements() -> None:
    def elements(request: Type) -> Encoder:
        return ElementEncoder(request)

    config = RecognitionConfig.make(SMALL, steps=60, dreams=500)
    model = train(PRIOR, TASKS, config=config, encoders=elements)
    assert model.history[-1].bigram < model.history[0].bigram
    encoder = elements(parse_type("list(list(int)) -> str"))
    shown = [([[[1, 2], []]], "ab"), ([[[10**30]]], "")]
    forwards, backwards = (
        encoder.of(rv.Task("t", "list(list(int)) -> str", rows)) for rows in (shown, shown[::-1])
    )
    assert np.isfinite(forwards).all()
    module = encoder.module(8)
    first, second = (module(torch.from_numpy(f)[None]) for f in (forwards, backwards))
    torch.testing.assert_close(first, second)


def test_what_an_encoder_reads_has_the_shape_it_says() -> None:
    for text in ("int -> int", "list(int) -> list(bool)", "str -> str -> str", "real -> real"):
        encoder = encoder_for(parse_type(text))
        assert encoder is not None
        values = {"int": 4, "list(int)": [3], "str": "a", "real": 0.5, "list(bool)": [True]}
        *given, output = [values[part] for part in text.split(" -> ")]
        features = encoder.of(rv.Task("t", text, [(given, output)]))
        assert features.shape == encoder.shape
        with pytest.raises(UnreadableTask, match="no examples"):
            encoder.of(rv.Task("t", text))


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"width": 0}, "width must be 1 or more"),
        ({"replay": 1.5}, "replay must be between 0 and 1"),
        ({"device": "gpu"}, "device must be one of auto, cpu, cuda, mps"),
        ({"widht": 3}, "did you mean 'width'"),
    ],
)
def test_options_that_make_no_sense_are_named(options: dict[str, object], message: str) -> None:
    with pytest.raises(InvalidRecognition, match=message):
        RecognitionConfig.make(**options)


def test_a_device_that_is_not_there_is_named() -> None:
    if torch.cuda.is_available():
        pytest.skip("this machine has a GPU")
    with pytest.raises(RecognitionError, match="finds no cuda here; there is: cpu"):
        train(PRIOR, TASKS, config=RecognitionConfig.make(SMALL, device="cuda"))


def test_a_training_can_be_logged_for_tensorboard(tmp_path: Path) -> None:
    pytest.importorskip("tensorboard")
    config = RecognitionConfig.make(SMALL, steps=10, tensorboard=str(tmp_path))
    train(PRIOR, TASKS, config=config)
    assert list(tmp_path.glob("events.*"))
