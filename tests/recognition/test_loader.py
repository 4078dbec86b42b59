"""Batches: whoever makes them and wherever a training begins, they are the same."""

from __future__ import annotations

from itertools import islice

import numpy as np
import pytest
import torch

import reverie as rv
from reverie.dsl.calculus.syntax import parse_type
from reverie.dsl.language.library import Primitive
from reverie.recognition.guide_training import make_curriculum, train
from reverie.recognition.recognition_config import RecognitionConfig
from reverie.recognition.training.loader import Batches, Curriculum, TrainingBatch

CPU = torch.device("cpu")
ADDING = rv.Library(
    [
        Primitive("next", parse_type("int -> int"), lambda x: x + 1),
        Primitive("positive", parse_type("int -> bool"), lambda x: x > 0),
    ]
)
TASKS = [
    rv.Task("add", "int -> int", [((x,), x + 2) for x in range(5)]),
    rv.Task("sign", "int -> bool", [((x,), x > -2) for x in range(-3, 3)]),
]
CONFIG = RecognitionConfig(dreams=300, batch=16, held_out=20, seed=3)


@pytest.fixture(scope="module")
def curriculum() -> Curriculum:
    return make_curriculum(rv.Grammar.uniform(ADDING), TASKS, [], CONFIG)[0]


def same(first: TrainingBatch, second: TrainingBatch) -> bool:
    """Whether two batches are alike to the bit."""
    tensors = [
        (first.features, second.features),
        *((a, b) for a, b in zip(first.wanted, second.wanted, strict=True) if torch.is_tensor(a)),
    ]
    alike = first.request == second.request and first.wanted.runs == second.wanted.runs
    return alike and all(torch.equal(a, b) for a, b in tensors)


@pytest.mark.parametrize("workers", [0, 1, 3])
def test_a_training_may_begin_at_any_step(curriculum: Curriculum, workers: int) -> None:
    batches = Batches(curriculum, CONFIG, CPU, workers)
    made = batches.after(5)
    for step, batch in enumerate(islice(made, 20), 5):
        assert same(batch, batches.make(step))
    made.close()


def test_every_type_of_task_gets_batches(curriculum: Curriculum) -> None:
    batches = Batches(curriculum, CONFIG, CPU)
    assert {batches.make(step).request for step in range(40)} == {"int -> int", "int -> bool"}


def test_what_fails_in_a_thread_is_not_lost(
    curriculum: Curriculum, monkeypatch: pytest.MonkeyPatch
) -> None:
    batches = Batches(curriculum, CONFIG, CPU, 2)

    def broken(step: int) -> TrainingBatch:
        raise RuntimeError(f"no batch {step}")

    monkeypatch.setattr(batches, "make", broken)
    with pytest.raises(RuntimeError, match="no batch 7"):
        next(batches.after(7))


def test_the_threads_of_pytorch_are_as_before() -> None:
    before = torch.get_num_threads()
    seen = []
    config = RecognitionConfig.make(CONFIG, steps=20, threads=before + 1)
    train(
        rv.Grammar.uniform(ADDING),
        TASKS,
        config=config,
        told=lambda report: seen.append(torch.get_num_threads()),
    )
    assert set(seen) == {before + 1}
    assert torch.get_num_threads() == before


def test_held_out_lessons_are_shown_whole(curriculum: Curriculum) -> None:
    lessons = curriculum.dreams[0]
    shown = [*Batches(curriculum, CONFIG, CPU).held_out(lessons)]
    assert sum(len(batch.features) for batch in shown) == len(lessons.held_out)
    constants = np.concatenate([batch.wanted.constants.numpy() for batch in shown])
    assert np.array_equal(
        constants, lessons.summaries.constants[lessons.held_out].astype(np.float32)
    )
