"""Dreams are what the programs do, each behaviour once, whatever the number of threads."""

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from strategies import language, weights

from reverie.domains.deepcoder import domain as deepcoder
from reverie.domains.list import domain as lists
from reverie.dsl.calculus.syntax import parse_type
from reverie.dsl.calculus.terms import Term
from reverie.dsl.calculus.types import Type
from reverie.dsl.language.library import Library, Primitive, constant
from reverie.dsl.model.frontier import Entry, Frontier
from reverie.dsl.model.grammar import Grammar
from reverie.dsl.model.interpreter import Interpreter, Limits
from reverie.dsl.tasks.task import Example, Task
from reverie.recognition.dreams.dream_set import Dreams
from reverie.recognition.dreams.generate import DreamConfig, dream, replay
from reverie.recognition.dreams.random_inputs import CannotDream, RandomInputs

REQUESTS = [
    parse_type(text)
    for text in (
        "list(int) -> list(int)",
        "int -> list(int) -> int",
        "list(int) -> bool",
        "list(list(int)) -> list(int)",
        "pair(int, list(int)) -> list(pair(int, int))",
    )
]


SMALL = DreamConfig(max_tokens=12, candidates=1000, patience=50)


def check(dreams: Dreams, library: Library, grammar: Grammar, limits: Limits) -> None:
    """Compare dreams with the reference interpreter and the exact prior."""
    interpreter = Interpreter(library, limits)
    for i in range(len(dreams)):
        program = dreams.program(i, library)
        assert grammar.log_prior(program, dreams.request) == pytest.approx(dreams.log_priors[i])
        examples = dreams.examples(i)
        assert len(examples) >= 3
        for example in examples:
            assert interpreter.evaluate(program, example.inputs) == example.output


@given(st.data(), st.booleans(), st.sampled_from(REQUESTS))
@settings(max_examples=10)
def test_dreams_are_what_programs_do(data: st.DataObject, bigram: bool, request: Type) -> None:
    library = language("(lambda (cons (+ $0 1) empty))")
    grammar = Grammar(library, data.draw(weights(library, bigram=bigram)))
    seed = data.draw(st.integers(0, 99))
    (dreams,) = dream(grammar, [request], RandomInputs(), 50, seed, config=SMALL)
    check(dreams, library, grammar, Limits())


def test_behaviours_are_distinct_and_cheapest() -> None:
    grammar = Grammar.uniform(language())
    request = REQUESTS[1]
    config = replace(SMALL, examples=40, constants=1.0)
    (dreams,) = dream(grammar, [request], RandomInputs(), 150, config=config)
    (plain,) = dream(grammar, [request], RandomInputs(), 150, config=replace(SMALL, distinct=False))
    library = grammar.library
    assert len({dreams.program(i, library) for i in range(len(dreams))}) == len(dreams)
    assert len({plain.program(i, library) for i in range(len(plain))}) < len(plain)
    interpreter = Interpreter(library)
    known: dict[str, float] = {}
    inputs = RandomInputs().draw(np.random.default_rng(9), request.parameters, 60)
    for some in (dreams, plain):
        for i in range(len(some)):
            run = interpreter.function(some.program(i, library))
            behaviour = repr([run(*row) for row in inputs])
            if some is dreams:
                assert behaviour not in known
                known[behaviour] = float(some.log_priors[i])
            elif behaviour in known:
                assert known[behaviour] >= float(some.log_priors[i]) - 1e-9


def test_threads_change_nothing() -> None:
    grammar = Grammar.uniform(lists.library)
    inputs = RandomInputs(lists.make_tasks())
    one = dream(grammar, REQUESTS[:3], inputs, 300, 4, workers=1)
    two = dream(grammar, REQUESTS[:3], inputs, 300, 4, workers=2)
    for first, second in zip(one, two, strict=True):
        assert len(first) > 20
        assert np.array_equal(first.tokens, second.tokens)
        assert [first.examples(i) for i in range(20)] == [second.examples(i) for i in range(20)]


def test_limits_on_values_are_kept() -> None:
    texts = "list(int) -> list(int) -> list(int)", "list(int) -> int"
    grammar = Grammar.uniform(deepcoder.library)
    inputs = RandomInputs(limits=deepcoder.limits)
    requests = [parse_type(text) for text in texts]
    for dreams in dream(grammar, requests, inputs, 600, limits=deepcoder.limits):
        check(dreams, deepcoder.library, grammar, deepcoder.limits)
        assert len(dreams) == 300


def test_one_sided_bounds_are_kept_in_python() -> None:
    grammar = Grammar.uniform(deepcoder.library)
    small = replace(deepcoder.limits, value_range=(0, 50))
    (dreams,) = dream(
        grammar, [REQUESTS[0]], RandomInputs(limits=small), 40, limits=small, config=SMALL
    )
    check(dreams, deepcoder.library, grammar, small)
    assert len(dreams) == 40


def test_joining_and_splitting() -> None:
    grammar = Grammar.uniform(language())
    request = REQUESTS[4]
    parts = [
        dream(
            grammar, [request], RandomInputs(), 30, seed, config=replace(SMALL, examples=4 + seed)
        )[0]
        for seed in range(3)
    ]
    whole = Dreams.concat([*parts, Dreams.none(request)])
    assert len(whole) == sum(map(len, parts))
    first = len(parts[0])
    assert [whole.examples(i) for i in range(first)] == [parts[0].examples(i) for i in range(first)]
    at = len(parts[0]) + len(parts[1])
    assert whole.examples(at) == parts[2].examples(0)
    assert whole.program(at, grammar.library) == parts[2].program(0, grammar.library)
    train, held_out = whole.split(np.random.default_rng(0), 0.25)
    assert len(held_out) == round(0.25 * len(whole))
    assert len(train) + len(held_out) == len(whole)
    with pytest.raises(ValueError, match="one request"):
        Dreams.concat([whole, Dreams.none(REQUESTS[0])])
    # One dream comes with the values of all: that is no reason to make room for so many times more.
    few = Dreams.concat((whole.take(np.array([i])) for i in (0, at)), expected=10**9)
    assert [few.examples(0), few.examples(1)] == [whole.examples(0), whole.examples(at)]


def test_inputs_are_partly_the_tasks() -> None:
    task = Task("odd", "list(int) -> int", [(([123_456, -7],), 0)])
    rng = np.random.default_rng(0)
    drawn = RandomInputs([task], own=0.5).draw(rng, task.request.parameters, 400)
    assert 150 < sum(row == ([123_456, -7],) for row in drawn) < 250
    small = Limits(value_range=(-3, 3), value_length=4)
    for (values,) in RandomInputs(limits=small).draw(rng, task.request.parameters, 100):
        assert len(values) <= 4
        assert all(-3 <= v <= 3 for v in values)


@pytest.mark.parametrize("request_", ["(int -> int) -> list(int) -> int", "turtle -> int"])
def test_what_cannot_be_made_up_is_said(request_: str) -> None:
    with pytest.raises(CannotDream, match="made up"):
        dream(Grammar.uniform(language()), [parse_type(request_)], RandomInputs(), 10)


TURTLE = [
    constant("start", "turtle", (0, 0)),
    Primitive("up", parse_type("turtle -> turtle"), lambda t: (t[0], t[1] + 1)),
    Primitive("right", parse_type("turtle -> turtle"), lambda t: (t[0] + 1, t[1])),
]


def test_values_of_a_domain_are_dreamt_in_python() -> None:
    request = parse_type("turtle -> turtle")
    library = Library(TURTLE)
    task = Task("up", request, [(((0, 3),), (0, 4)), (((2, 1),), (2, 2))])
    grammar = Grammar.uniform(library)
    (dreams,) = dream(grammar, [request], RandomInputs([task]), 20, config=SMALL)
    assert len(dreams) > 15
    check(dreams, library, grammar, Limits())
    assert all(e.inputs[0] in [(0, 3), (2, 1)] for e in dreams.examples(0))
    joined = Dreams.concat([dreams, dreams])
    assert joined.examples(len(dreams) + 5) == dreams.examples(5)


def test_texts_are_dreamt_in_python() -> None:
    library = Library(
        [
            constant("dash", "str", "-"),
            Primitive("join", parse_type("str -> str -> str"), lambda a, b: a + b),
            Primitive("upper", parse_type("str -> str"), str.upper),
        ]
    )
    request = parse_type("str -> str")
    grammar = Grammar.uniform(library)
    (dreams,) = dream(grammar, [request], RandomInputs(), 30, config=SMALL)
    assert len(dreams) == 30
    check(dreams, library, grammar, Limits())


def test_a_domain_may_make_the_examples() -> None:
    library = Library(TURTLE)
    request = parse_type("turtle -> turtle")

    def picture(program: Term, interpreter: Interpreter) -> list[Example] | None:
        x, y = interpreter.evaluate(program, [(0, 0)])
        if x > 3 or y > 3:
            return None
        image = np.zeros((4, 4))
        image[x, y] = 1.0
        return [Example(((0, 0),), image)]

    (dreams,) = dream(
        Grammar.uniform(library), [request], RandomInputs(), 40, config=SMALL, dreamer=picture
    )
    assert len(dreams) == 16  # one for each picture
    shown = {dreams.examples(i)[0].output.tobytes() for i in range(len(dreams))}
    assert len(shown) == 16
    longest = max(str(dreams.program(i, library)).count("up") for i in range(len(dreams)))
    assert longest == 3


def test_solutions_are_dreamt_again() -> None:
    grammar = Grammar.uniform(language())
    task = Task("rest", "list(int) -> list(int)", [(([1, 2],), [2])])
    program = grammar.library.parse("(lambda (cdr $0))")
    frontier = Frontier(task, (Entry(program, 0.0, 0.0),))
    (dreams,) = replay(grammar, [frontier, Frontier(task)], RandomInputs([task]), 30, config=SMALL)
    assert len(dreams) == 30
    check(dreams, grammar.library, grammar, Limits())
    assert {dreams.program(i, grammar.library) for i in range(30)} == {program}


def test_the_plain_stream_is_as_drawn() -> None:
    steps = [
        Primitive(name, parse_type("int -> int"), lambda x, k=k: x + k)
        for k, name in enumerate(("next", "skip"), 1)
    ]
    library = Library(steps)
    grammar = Grammar(library, np.array([[0.0, -1.0, 0.5]]))
    request = parse_type("int -> int")
    config = DreamConfig(distinct=False)
    (dreams,) = dream(grammar, [request], RandomInputs(), 4000, 3, config=config)
    assert len(dreams) == 4000
    for text in ("(lambda $0)", "(lambda (next $0))", "(lambda (skip (next $0)))"):
        expected = np.exp(grammar.log_prior(library.parse(text), request))
        share = np.mean([dreams.program(i, library) == library.parse(text) for i in range(4000)])
        assert abs(share - expected) < 4 * np.sqrt(expected / 4000)


def test_a_language_without_programs_has_no_dreams() -> None:
    library = Library([Primitive("loop", parse_type("bool -> bool"), lambda x: x)])
    (dreams,) = dream(Grammar.uniform(library), [parse_type("int -> bool")], RandomInputs(), 10)
    assert len(dreams) == 0


def test_the_same_seed_gives_the_same_dreams() -> None:
    grammar = Grammar.uniform(lists.library)
    inputs = RandomInputs(lists.make_tasks())
    config = DreamConfig(candidates=2000)  # so that a proposal is needed, whose tables grow
    first, *others = (
        dream(grammar, REQUESTS[:1], inputs, 1500, 5, config=config, workers=workers)[0]
        for workers in (1, 1, 2, 5)
    )
    assert len(first) == 1500
    for other in others:
        assert np.array_equal(first.tokens, other.tokens)
        assert np.array_equal(first.inputs, other.inputs)


def test_the_plain_stream_is_as_long_as_wanted() -> None:
    # Most of what a uniform grammar draws is constant, and little of that is kept.
    grammar = Grammar.uniform(lists.library)
    (dreams,) = dream(
        grammar,
        REQUESTS[:1],
        RandomInputs(lists.make_tasks()),
        2000,
        config=DreamConfig(distinct=False),
    )
    assert len(dreams) == 2000
