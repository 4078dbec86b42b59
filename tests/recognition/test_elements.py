"""Elements: what examples are made of, and the layers that see them as sets."""

from __future__ import annotations

import pickle
from typing import Any

import numpy as np
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

import reverie as rv
from reverie.dsl.calculus.syntax import parse_type
from reverie.dsl.tasks.task import Example
from reverie.recognition.dreams.generate import dream
from reverie.recognition.dreams.random_inputs import RandomInputs
from reverie.recognition.features.elements import FIELDS, Sets, fields, read_elements
from reverie.recognition.features.encoders import ElementEncoder

VALUES: Any = st.recursive(
    st.one_of(
        st.integers(-(10**12), 10**12), st.booleans(), st.floats(), st.text(max_size=4), st.none()
    ),
    lambda parts: st.one_of(st.lists(parts, max_size=4), st.tuples(parts, parts)),
    max_leaves=12,
)


def test_an_example_is_read() -> None:
    rows, counts = read_elements([Example(([3, 7], True), [7]), Example(([], False), [])], 10)
    assert counts.tolist() == [4, 1]
    side, elsewhere, value, position, length, depth, text = rows.T.tolist()
    assert side == [2, 2, 1, 0, 1]  # 0 is the output
    assert elsewhere == [0, 1, 0, 1, 0]
    assert value == [3, 7, 1, 7, 0]
    assert position == [0, 1, 0, 0, 0]
    assert length == [2, 2, 1, 1, 1]
    assert depth == [0] * 5
    assert text == [0] * 5


@given(
    st.lists(st.builds(Example, st.tuples(VALUES, VALUES), VALUES), max_size=3), st.integers(0, 5)
)
def test_whatever_is_read_is_bounded(examples: list[Example], most: int) -> None:
    rows, counts = read_elements(examples, most)
    assert len(counts) == len(examples)
    assert rows.shape == (counts.sum(), 7)
    assert (counts <= most).all()
    shown = fields(rows)
    assert shown.shape == (len(rows), FIELDS)
    assert np.isfinite(shown).all()
    assert np.abs(shown).max(initial=0.0) < 10


@settings(deadline=None)
@given(st.integers(0, 2**32 - 1))
def test_sets_mind_neither_order_nor_padding(seed: int) -> None:
    rng = np.random.default_rng(seed)
    torch.manual_seed(seed)
    module = Sets(8)
    tasks, examples, elements = rng.integers(1, 5, 3)
    shape = tasks, examples + 2, elements + 3, FIELDS
    given = np.zeros(shape, np.float32)
    given[:, :examples, :elements] = rng.normal(size=(tasks, examples, elements, FIELDS))
    given[..., 0] = 0
    there = rng.random((tasks, examples, elements)) < 0.7
    given[:, :examples, :elements, 0] = there
    expected = module(torch.from_numpy(given))
    assert torch.isfinite(expected).all()
    mixed = given[:, rng.permutation(shape[1])][:, :, rng.permutation(shape[2])]
    torch.testing.assert_close(module(torch.from_numpy(mixed)), expected)
    for number in range(tasks):
        # Alone, without padding, and by the formula.
        task = given[number]
        rows = [example[example[:, 0] > 0] for example in task]
        means = [
            module.example(module.element(torch.from_numpy(r)).sum(dim=0) / len(r) ** 0.5)
            for r in rows
            if len(r)
        ]
        total = torch.stack(means).mean(dim=0) if means else torch.zeros(8)
        torch.testing.assert_close(module.task(total), expected[number], atol=1e-5, rtol=1e-4)


def test_dreams_are_read_as_tasks_are() -> None:
    domain = rv.domains.list.domain
    request = parse_type("list(int) -> list(int)")
    grammar = rv.Grammar.uniform(domain.library)
    (dreams,) = dream(grammar, [request], RandomInputs(domain.make_tasks(0)), 40, seed=1)
    encoder = ElementEncoder(request, examples=20)
    which = np.array([3, 0, 3, 17])
    read = encoder.batch(dreams, which, np.random.default_rng(0))
    for row, i in zip(read, which.tolist(), strict=True):
        whole = encoder.of(rv.Task("dream", request, dreams.examples(i)))
        known = {example.tobytes() for example in whole}
        given = [example for example in row if example.any()]
        assert 2 <= len(given) <= len(dreams.examples(i))
        assert all(example.tobytes() in known for example in given)
    copy = pickle.loads(pickle.dumps(encoder))
    assert copy.shape == encoder.shape
    for reader in (encoder, copy):
        assert (reader.batch(dreams, which, np.random.default_rng(0)) == read).all()
