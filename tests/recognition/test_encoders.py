"""Encoders for tasks that are no tables of numbers: each learns to read a tiny language."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

import reverie as rv
from reverie.dsl import Example, Interpreter, Primitive, Term, constant, parse_type
from reverie.dsl.model.dreamer import Dreamer
from reverie.dsl.model.encoder import Encoder
from reverie.recognition import ElementEncoder, ImageEncoder, RecognitionConfig, train

CONFIG = RecognitionConfig(
    steps=600, dreams=4000, batch=128, width=128, map_share=1.0, held_out=60, auxiliary=0.0
)

SHAPE = parse_type("shape")
SHAPES = rv.Library(
    [
        *(constant(f"dot{k}", "shape", frozenset([k])) for k in range(24)),
        Primitive("over", parse_type("shape -> shape -> shape"), lambda a, b: a | b),
    ]
)


def draw(program: Term, interpreter: Interpreter) -> list[Example] | None:
    dots = interpreter.evaluate(program, [])
    image = np.zeros(64)
    image[[2 * dot + dot // 4 for dot in dots]] = 1.0
    return [Example((), image.reshape(8, 8))] if len(dots) <= 3 else None


PATTERN = parse_type("pattern")
PATTERNS = rv.Library(
    [
        *(constant(letter, "pattern", letter) for letter in "abcdefghijklmnopqrstuvwx"),
        Primitive("then", parse_type("pattern -> pattern -> pattern"), lambda p, q: p + q),
    ]
)


def write(program: Term, interpreter: Interpreter) -> list[Example] | None:
    text = interpreter.evaluate(program, [])
    return [Example((), text)] if len(text) <= 3 else None


def nats(library: rv.Library, task: rv.Task, dreamer: Dreamer, encoder: Encoder) -> float:
    """Return the nats of a held-out dream's program under a guide that reads by an encoder."""
    model = train(
        rv.Grammar.uniform(library),
        [task],
        config=CONFIG,
        encoders=lambda request: encoder,
        dreamer=dreamer,
    )
    assert np.isfinite(model.guides([task])[task.name]).all()
    return min(report.held_out for report in model.history)


def seen(task: rv.Task) -> Any:
    return task.examples[0].output


def test_pictures_are_read() -> None:
    task = rv.Task("all dots", SHAPE, [Example((), np.eye(8))])
    shape = (1, 8, 8)
    read = nats(SHAPES, task, draw, ImageEncoder(seen, shape))
    blind = nats(SHAPES, task, draw, ImageEncoder(lambda _: np.zeros(shape), shape))
    assert read < 0.7 * blind


def test_texts_alone_are_read() -> None:
    task = rv.Task("text", PATTERN, [Example((), "abab")])
    encoder = ElementEncoder(PATTERN, examples=1, elements=8)
    read = nats(PATTERNS, task, write, encoder)
    blind = nats(PATTERNS, task, write, ImageEncoder(lambda _: np.zeros((1, 4, 4)), (1, 4, 4)))
    assert read < 0.9 * blind


@pytest.mark.parametrize("text", ["b", "ab" * 500, "\U0001f600" * 30])
def test_texts_of_any_length_are_read(text: str) -> None:
    encoder = ElementEncoder(PATTERN, examples=1, elements=8)
    read = encoder.of(rv.Task("text", PATTERN, [Example((), text)] * 20))
    assert read.shape == encoder.shape
    assert np.isfinite(read).all()
    assert np.abs(read).max() < 10
