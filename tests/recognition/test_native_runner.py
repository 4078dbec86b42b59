"""Programs run natively do what the reference interpreter says, and as many values as come."""

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st
from strategies import language, weights

from reverie.dsl.calculus.syntax import parse_type
from reverie.dsl.calculus.types import Type
from reverie.dsl.language.library import Library, Primitive, constant
from reverie.dsl.model.grammar import Grammar
from reverie.dsl.model.interpreter import Limits
from reverie.enumerate.sampling.sampler import Sampler
from reverie.enumerate.tokens import encode
from reverie.enumerate.topdown.enumerator import ProgramBatch
from reverie.recognition.dreams.native_runner import NativeRunner, tightened
from reverie.recognition.dreams.python_runner import PythonRunner
from reverie.recognition.dreams.random_inputs import RandomInputs

REQUESTS = [
    parse_type(text)
    for text in (
        "list(int) -> list(int)",
        "int -> list(int) -> bool",
        "list(list(int)) -> pair(int, list(int))",
        "list(int)",
    )
]


def batch_of(library: Library, texts: list[str]) -> ProgramBatch:
    tokens = [encode(library.parse(text), library) for text in texts]
    starts = np.cumsum([0, *map(len, tokens)])
    return ProgramBatch(np.concatenate(tokens), starts, np.zeros(len(texts)))


@given(st.data(), st.sampled_from(REQUESTS), st.booleans())
@settings(max_examples=20)
def test_it_does_what_the_interpreter_does(data: st.DataObject, request: Type, tight: bool) -> None:
    library = language("(lambda (cons (+ $0 1) empty))")
    seed = data.draw(st.integers(0, 999))
    grammar = Grammar(library, data.draw(weights(library, bigram=False)))
    batch = Sampler(grammar, request, seed=seed, max_tokens=20).draw(300)
    assume(len(batch) > 0)
    limits = Limits(value_range=(-30, 30), value_length=3) if tight else Limits()
    inputs = RandomInputs(limits=limits).draw(np.random.default_rng(seed), request.parameters, 7)
    native, plain = NativeRunner(library, limits), PythonRunner(library, tightened(limits))

    hashes, constant = native.behaviours(batch, inputs, request)
    expected, flat = plain.behaviours(batch, inputs, request)
    assert np.array_equal(hashes == 0, expected == 0)
    assert np.array_equal(constant[hashes != 0], flat[hashes != 0])
    pairs = set(zip(hashes.tolist(), expected.tolist(), strict=True))
    assert len(pairs) == len(set(hashes.tolist())) == len(set(expected.tolist()))

    one, other = (r.outputs(batch, inputs, request) for r in (native, plain))
    assert len(one) == len(other) == len(batch)
    for i in range(len(batch)):
        assert one.examples(i) == other.examples(i)
        assert one.program(i, library) == other.program(i, library)


def test_the_heap_grows_as_it_is_needed() -> None:
    library = Library([Primitive("twice", parse_type("list(t0) -> list(t0)"), lambda xs: xs + xs)])
    request = parse_type("list(int) -> list(int)")
    batch = batch_of(library, ["(lambda $0)", "(lambda (twice $0))"] * 200)
    inputs = [([k] * 20,) for k in range(10)]
    dreams = NativeRunner(library, Limits()).outputs(batch, inputs, request)
    for i in range(len(batch)):
        shown = dreams.examples(i)
        assert [e.output for e in shown] == [[k] * 20 * (1 + i % 2) for k in range(10)]


def test_zero_has_one_sign() -> None:
    library = Library(
        [
            constant("0.0", "real", 0.0),
            Primitive("minus", parse_type("real -> real"), lambda x: -x),
            Primitive("one", parse_type("t0 -> list(t0)"), lambda x: [x]),
        ]
    )
    request = parse_type("real -> list(real)")
    texts = ["(lambda (one 0.0))", "(lambda (one (minus 0.0)))", "(lambda (one $0))"]
    runner = NativeRunner(library, Limits())
    hashes, constant_ = runner.behaviours(batch_of(library, texts), [(1.0,), (2.0,)], request)
    assert hashes[0] == hashes[1] != hashes[2]
    assert constant_.tolist() == [True, True, False]
    dreams = runner.outputs(batch_of(library, texts), [(0.5,)], request)
    assert str([dreams.examples(i)[0].output for i in range(3)]) == "[[0.0], [0.0], [0.5]]"


@pytest.mark.parametrize("fuel", [3, 30])
def test_what_takes_too_long_is_dropped(fuel: int) -> None:
    library = language()
    limits = replace(Limits(), fuel=fuel)
    request = parse_type("list(int) -> list(int)")
    batch = batch_of(library, ["(lambda (map (lambda (+ $0 1)) $0))", "(lambda (cdr $0))"])
    inputs = [(list(range(20)),), ([],), ([1],)]
    native = NativeRunner(library, limits).outputs(batch, inputs, request)
    plain = PythonRunner(library, limits).outputs(batch, inputs, request)
    assert [native.examples(i) for i in range(2)] == [plain.examples(i) for i in range(2)]
