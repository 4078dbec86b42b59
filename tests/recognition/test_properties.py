"""Properties are what their plain definition says, for tasks of any type and in any order."""

from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from strategies import language

from reverie.dsl.calculus.syntax import parse_type
from reverie.dsl.calculus.types import BOOL, CHAR, INT, REAL, STR, Type, TypeConstructor, list_of
from reverie.dsl.model.grammar import Grammar
from reverie.dsl.tasks.task import Example
from reverie.enumerate.native.memory.word_layout import ERROR
from reverie.recognition.dreams.generate import dream
from reverie.recognition.dreams.random_inputs import RandomInputs
from reverie.recognition.features.properties import Properties, choose_examples

REQUESTS = [
    "list(int) -> list(int)",
    "list(int) -> int",
    "int -> list(int) -> bool",
    "list(list(int)) -> list(int)",
    "list(real) -> list(pair(bool, char)) -> str",
    "int -> int -> int",
    "list(int) -> list(bool)",
    "pair(int, list(char)) -> bool",
    "turtle -> turtle -> list(turtle)",
    "real -> real",
]


def values(type: Type) -> st.SearchStrategy[Any]:
    """Draw a value of a type."""
    if type is INT:
        return st.integers(-4, 4) | st.integers(-(2**40), 2**40)
    if type is BOOL:
        return st.booleans()
    if type is REAL:
        return st.sampled_from([0.0, 1.0, -0.5, 2.5]) | st.floats(-1e9, 1e9)
    if type is CHAR:
        return st.sampled_from("aB 1.z")
    if type is STR:
        return st.text("aB 1.z", max_size=8)
    assert isinstance(type, TypeConstructor)
    if type.name == "list":
        return st.lists(values(type.arguments[0]), max_size=8)
    if type.name == "pair":
        return st.tuples(*map(values, type.arguments))
    return st.sampled_from(["left", "right", "up"])


@st.composite
def tasks(draw: st.DrawFn) -> tuple[Type, list[Example]]:
    """Draw a request and examples, some of which have much to do with their inputs."""
    request = parse_type(draw(st.sampled_from(REQUESTS)))
    inputs = st.tuples(*map(values, request.parameters))
    examples = []
    for row in draw(st.lists(inputs, min_size=1, max_size=5)):
        outputs = values(request.result)
        for value, its_type in zip(row, request.parameters, strict=True):
            if its_type is request.result:
                outputs = outputs | st.just(value)
            if its_type is list_of(INT) and request.result is list_of(INT):
                outputs = outputs | st.sampled_from(
                    [value[1:], value[::-1], sorted(value), [2 * x for x in value], [*value, 3]]
                )
        examples.append(Example(row, draw(outputs)))
    return request, examples


@given(tasks())
def test_kernel_is_the_plain_definition(task: tuple[Type, list[Example]]) -> None:
    request, examples = task
    properties = Properties(request)
    plain = np.array([x for xs in properties.explain(examples).values() for x in xs])
    assert plain.shape == (properties.size,)
    assert properties.of(examples) == pytest.approx(plain, abs=1e-5)


@given(tasks(), st.randoms(use_true_random=False))
def test_order_of_examples_does_not_matter(task: tuple[Type, list[Example]], random: Any) -> None:
    request, examples = task
    shuffled = list(examples)
    random.shuffle(shuffled)
    properties = Properties(request)
    assert properties.of(examples) == pytest.approx(properties.of(shuffled), abs=1e-6)


def test_batches_are_of_dreams() -> None:
    request = parse_type("list(int) -> int -> list(int)")
    (dreams,) = dream(Grammar.uniform(language()), [request], RandomInputs(), 60)
    properties = Properties(request)
    which = np.array([3, 0, 3, len(dreams) - 1])
    rng = np.random.default_rng(0)
    batch = properties.batch(dreams, which, rng, least=40, most=40)
    for i, row in zip(which, batch, strict=True):
        assert row == pytest.approx(properties.of(dreams.examples(int(i))), abs=1e-6)
    twice = properties.batch(dreams, np.repeat(np.arange(len(dreams)), 2), rng)
    assert twice.dtype == np.float32
    assert not np.array_equal(twice[::2], twice[1::2])  # other examples of the same dreams
    with pytest.raises(ValueError, match="not of"):
        Properties(parse_type("int -> int")).batch(dreams, which, rng)


def test_sizes_beyond_training_are_read() -> None:
    properties = Properties(parse_type("list(int) -> list(int)"))
    huge = list(range(0, 10**15, 10**12))
    vector = properties.of([Example((huge,), huge[::-1])] * 40)
    assert np.isfinite(vector).all()
    assert np.abs(vector).max() <= 4.0


def test_examples_are_chosen_among_those_with_an_output() -> None:
    request = parse_type("list(int) -> int")
    (dreams,) = dream(Grammar.uniform(language()), [request], RandomInputs(), 200)
    rng = np.random.default_rng(1)
    which = np.arange(len(dreams))
    chosen = choose_examples(dreams, which, rng, 2, 10)
    counts = (chosen >= 0).sum(axis=1)
    assert counts.min() >= 2
    assert counts.max() == 10
    for i, row in enumerate(chosen):
        used = row[row >= 0]
        assert len(set(used.tolist())) == len(used)
        assert (dreams.outputs[i, used] != ERROR).all()
