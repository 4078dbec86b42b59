"""Libraries that are charged for: what is on the shelf, and which one is the cheapest."""

import itertools
import random

import pytest

from reverie.compression import NamedPattern, compress
from reverie.compression.corpus.corpus import Corpus
from reverie.compression.corpus.costs import Costs
from reverie.compression.library.charged_corpus import ChargedCorpus
from reverie.compression.search.abstraction_search import (
    SearchConfig,
    candidates,
)

from .brute import random_corpus, text

COSTS = Costs()


def shelved(seed: int, steps: int = 3) -> tuple[Corpus, ChargedCorpus]:
    """A random corpus, and a shelf with up to ``steps`` abstractions found in it."""
    corpus = Corpus.read([text(p) for p in random_corpus(random.Random(seed), 8, 14)])
    shelf = ChargedCorpus(corpus)
    for i in range(steps):
        found = candidates(shelf.corpus, SearchConfig(max_arity=seed % 3)).candidates
        if not found:
            break
        abstraction = NamedPattern(f"fn_{i}", found[0].pattern)
        shelf = shelf.extended(abstraction, COSTS, 1.0)
    return corpus, shelf


@pytest.mark.parametrize("seed", range(40))
def test_taking_all_out_in_any_order_gives_the_programs_back(seed: int) -> None:
    corpus, shelf = shelved(4000 + seed)
    for order in itertools.permutations([name for name, _ in shelf.library]):
        empty = shelf
        for name in order:
            empty = empty.without(name)
        assert empty.library == ()
        # A function that was passed on with arguments missing leaves a redex; otherwise the same.
        assert empty.cost(COSTS) >= corpus.cost(COSTS)
    for name in reversed(shelf.in_order()):
        shelf = shelf.without(name)
    assert shelf.programs().texts() == corpus.texts()


@pytest.mark.parametrize("seed", range(20))
def test_cost_is_that_of_programs_and_bodies(seed: int) -> None:
    _, shelf = shelved(5000 + seed)
    bodies = [a.body for a in shelf.abstractions()]
    as_symbols = [body.replace("#", "$") for body in bodies]  # both cost 100
    each = [Corpus.read([body]).cost(COSTS) for body in as_symbols]
    assert shelf.cost(COSTS) == shelf.programs().cost(COSTS) + sum(each)


def test_later_abstractions_are_used_in_earlier_bodies() -> None:
    programs = [f"(k (f (g (h {x} {x}))) (f (g (h {y} {y}))))" for x, y in ("ab", "cd", "ef")]
    shelf = ChargedCorpus(Corpus.read(programs)).extended(
        NamedPattern.read("one", "(f (g (h #0 #0)))", 1), COSTS, 1.0
    )
    shelf = shelf.extended(NamedPattern.read("two", "(g (h #0 #0))", 1), COSTS, 1.0)
    assert [a.body for a in shelf.abstractions()] == ["(f (two #0))", "(g (h #0 #0))"]
    assert shelf.in_order() == ["two", "one"]
    assert shelf.without("two").abstractions() == [NamedPattern.read("one", "(f (g (h #0 #0)))", 1)]
    assert shelf.without("one").programs().texts()[0] == "(k (f (two a)) (f (two b)))"


def test_taking_out_under_binders_and_with_arguments_missing() -> None:
    shelf = ChargedCorpus(Corpus.read(["(lam (k (f $0 a)))", "(map (f b))"]))
    shelf = shelf.extended(NamedPattern.read("new", "(lam (f #0 (g $0 #1)))", 2), COSTS, 1.0)
    used = ChargedCorpus(
        Corpus.read(["(lam (k (new $0 a)))", "(map (new b))", shelf.corpus.texts()[-1]]),
        (("new", 2),),
    )
    assert used.without("new").programs().texts() == [
        "(lam (k (lam (f $1 (g $0 a)))))",
        "(map (lam (lam (f b (g $0 $1)))))",
    ]


@pytest.mark.parametrize("seed", range(12))
def test_charged_library_costs_no_more_than_the_greedy_one(seed: int) -> None:
    programs = [text(p) for p in random_corpus(random.Random(6000 + seed), 8, 14)]

    def total(**options: object) -> float:
        found = compress(programs, 3, 2, **options)  # type: ignore[arg-type]
        json = found.json
        assert json["final_cost"] == Corpus.read(found.rewritten).cost(COSTS)
        known: set[str] = set()
        for abstraction in found.abstractions:
            words = abstraction.body.replace("(", " ").replace(")", " ").split()
            assert {w for w in words if w.startswith("fn_")} <= known
            known.add(abstraction.name)
        assert [a.name for a in found.abstractions] == [
            f"fn_{i}" for i in range(len(found.abstractions))
        ]
        return float(json["final_cost"] + json["library_cost"])

    assert total(charge_library=True) <= total() + 1e-9
    assert total(beam=4) <= total() + 1e-9


def test_progress_is_called_and_the_least_cost_only_falls() -> None:
    programs = [text(p) for p in random_corpus(random.Random(7), 8, 14)]
    calls: list[tuple[int, float]] = []
    compress(programs, 3, beam=3, progress=lambda n, cost: calls.append((n, cost)))
    assert [n for n, _ in calls] == list(range(1, len(calls) + 1))
    assert [c for _, c in calls] == sorted((c for _, c in calls), reverse=True)
