"""Patterns of nodes beside their texts and terms, which say the same in a plain way."""

from __future__ import annotations

import itertools
import random
import re

import pytest

from reverie.compression import Pattern
from reverie.compression.corpus.corpus import Corpus
from reverie.compression.corpus.costs import Costs
from reverie.compression.corpus.nodes import ARGUMENT, VARIABLE
from reverie.compression.corpus.pattern import patterns_of
from reverie.compression.search.abstraction_search import Candidate, SearchConfig, candidates

from .brute import random_corpus, text

WORD = re.compile(r"[^\s()]+")


def found_in(seed: int) -> list[Candidate]:
    """Candidates of a random corpus, some with lifted arguments."""
    corpus = Corpus.read([text(p) for p in random_corpus(random.Random(seed), 8, 14)])
    return candidates(corpus, SearchConfig(max_arity=3, max_lift=seed % 3, count=20)).candidates


def words(pattern: Pattern) -> list[str]:
    """The words of a pattern's text that are leaves."""
    return [word for word in WORD.findall(pattern.text) if word != "lam"]


@pytest.mark.parametrize("seed", range(20))
def test_a_pattern_is_what_its_text_says(seed: int) -> None:
    for candidate in found_in(7000 + seed):
        pattern = candidate.pattern
        assert Pattern.read(pattern.text) == pattern
        assert hash(Pattern.read(pattern.text)) == hash(pattern)
        leaves = [
            f"#{n}" if kind == ARGUMENT else f"${n}" if kind == VARIABLE else pattern.names[n]
            for kind, n in pattern.leaves
        ]
        assert leaves == words(pattern)
        arguments = {int(word[1:]) for word in leaves if word[0] == "#"}
        assert arguments == set(range(pattern.arity))


@pytest.mark.parametrize("seed", range(20))
def test_a_body_costs_what_its_text_does_without_arguments(seed: int) -> None:
    for candidate in found_in(7100 + seed):
        arguments = sum(word[0] == "#" for word in words(candidate.pattern))
        as_program = Corpus.read([candidate.body.replace("#", "$")])  # both cost 100
        assert candidate.body_cost == as_program.cost(Costs()) - 100 * arguments


@pytest.mark.parametrize("seed", range(20))
def test_a_definition_leads_back_to_its_pattern(seed: int) -> None:
    for candidate in found_in(7200 + seed):
        pattern, definition = candidate.pattern, candidate.pattern.definition({})
        back = Pattern.of_abstraction(definition)
        assert back.definition({}) is definition
        assert back == pattern or pattern.text.startswith("(lam")  # its lambdas become arguments
        assert Pattern.read(str(pattern.open_term())) == pattern


@pytest.mark.parametrize("seed", range(20))
def test_arguments_in_another_order_are_renamed_in_the_text(seed: int) -> None:
    for candidate in found_in(7300 + seed):
        pattern = candidate.pattern
        for order in itertools.permutations(range(pattern.arity)):
            renamed = re.sub(r"#(\d+)", lambda m, o=order: f"#{o[int(m[1])]}", pattern.text)
            assert pattern.reordered(order) == Pattern.read(renamed)
            uses = re.findall(r"#\d+", pattern.reordered(order).reordered().text)
            assert list(dict.fromkeys(uses)) == [f"#{i}" for i in range(pattern.arity)]


def test_shared_nodes_are_written_once_and_in_order() -> None:
    corpus = Corpus.read(["(f (g a b) (h (g a b)))", "(h (g a b))"])
    first, second = patterns_of(corpus.nodes, corpus.names, corpus.roots)
    assert (first.text, second.text) == ("(f (g a b) (h (g a b)))", "(h (g a b))")
    assert first.names == ("f", "g", "a", "b", "h")
    assert second.names == ("h", "g", "a", "b")
    assert len(second.rows) == 7
    assert second == Pattern.read("(h (g a b))")
