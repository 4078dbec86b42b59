"""Which abstractions together: the library that costs least with the corpus it rewrites.

Each greedy step is the best one, but their sequence is not: a larger first abstraction can spoil a
better second one, and an early one may hardly be used in the end. Here the library is charged, its
bodies are rewritten as the programs are (``shelf``), and two searches look for the least total:

1. a beam over sequences, extended by candidates of several arities and at several penalties;
2. exchange: take an abstraction out, or two, and put in what is best then, as long as it pays.
"""

from __future__ import annotations

import itertools
from collections.abc import Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace

from ..corpus.corpus import Corpus
from ..corpus.nodes import ARGUMENT
from ..corpus.pattern import NamedPattern, Pattern
from ..search.abstraction_search import Candidate, SearchConfig, Searcher, candidates
from .charged_corpus import ChargedCorpus
from .greedy import GreedyStep, Progress, fresh_names, greedy, taken_names

__all__ = ["best_sequence"]

_PENALTIES = (0.3, 1.0, 3.0)  # times the penalty asked for
_LEAST = 1e-6  # what counts as cheaper, in a total of a thousand or less


def _cheaper_than(total: float) -> float:
    """Return what a total must be below to count as cheaper: rounding must not."""
    return total - _LEAST * max(1.0, abs(total) * 1e-3)


@dataclass(frozen=True)
class _State:
    """A library under construction, and what it and the rewritten corpus cost together."""

    total: float
    shelf: ChargedCorpus


class _Search:
    """The search's constants, and what it reports."""

    def __init__(self, config: SearchConfig, limit: int, width: int, progress: Progress | None):
        self.config = config
        self.limit = limit
        self.width = width
        self.looked_at = 0
        self.best: float | None = None
        self._progress = progress
        self._names = (f"\x1a{i}" for i in itertools.count())  # no name in a program is such

    def is_over(self) -> bool:
        """Say whether to end with the best so far."""
        return self.config.stop is not None and self.config.stop.over.is_set()

    def report(self, state: _State) -> None:
        self.looked_at += 1
        self.best = state.total if self.best is None else min(self.best, state.total)
        if self._progress is not None:
            self._progress(self.looked_at, self.best)

    def state(self, shelf: ChargedCorpus) -> _State:
        state = _State(shelf.cost(self.config.costs), shelf)
        self.report(state)
        return state

    def settings(self) -> Iterator[SearchConfig]:
        least = min(1, self.config.max_arity)
        for arity in range(self.config.max_arity, least - 1, -1):
            for penalty in _PENALTIES:
                yield replace(
                    self.config,
                    max_arity=arity,
                    structure_penalty=penalty * self.config.structure_penalty,
                    count=1,  # more of one kind would crowd out the others
                    threads=1,  # one state's search each
                )

    def total_with(self, state: _State, found: Candidate, penalty: float) -> float:
        """Return the total once ``found``, proposed at this penalty, is on the shelf."""
        uses = sum(kind == ARGUMENT for kind, _ in found.pattern.leaves)
        arguments = self.config.costs.variable * uses
        saved = found.utility + penalty * found.body_cost
        return state.total - saved + self.config.structure_penalty * (found.body_cost + arguments)

    def extensions(self, state: _State) -> list[tuple[float, Candidate]]:
        """Return one-step extensions that pay, with the totals they lead to."""
        tried: dict[Pattern, tuple[float, Candidate]] = {}
        searcher = Searcher(state.shelf.corpus, self.config)
        for setting in self.settings():
            for found in searcher.candidates(setting).candidates:
                total = self.total_with(state, found, setting.structure_penalty)
                if found.pattern not in tried and total < _cheaper_than(state.total):
                    tried[found.pattern] = (total, found)
        return list(tried.values())

    def all_extensions(self, level: list[_State]) -> list[list[tuple[float, Candidate]]]:
        """Return the extensions of each, looked for by several threads where that is asked for."""
        threads = min(self.config.threads, len(level))
        if threads == 1:
            return [self.extensions(state) for state in level]
        with ThreadPoolExecutor(threads) as pool:
            return list(pool.map(self.extensions, level))

    def taken(self, state: _State, found: Candidate) -> _State:
        abstraction = NamedPattern(next(self._names), found.pattern)
        weight = self.config.structure_penalty
        return self.state(state.shelf.extended(abstraction, self.config.costs, weight))

    def filled(self, state: _State, below: float) -> _State:
        """Add the best abstractions one by one; stop early if the total cannot get below."""
        while len(state.shelf.library) < self.limit and not self.is_over():
            last = len(state.shelf.library) == self.limit - 1
            floor = max(0.0, state.total - below) if last else 0.0
            setting = replace(self.config, count=4, spread=self.config.costs.variable * 4.0)
            found = candidates(state.shelf.corpus, setting, floor).candidates
            penalty = self.config.structure_penalty
            each = [(self.total_with(state, c, penalty), c) for c in found]
            total, best = min(each, key=lambda e: e[0], default=(state.total, None))
            if best is None or total >= _cheaper_than(state.total):
                return state
            state = self.taken(state, best)
        return state


def best_sequence(
    corpus: Corpus,
    config: SearchConfig,
    iterations: int,
    width: int = 1,
    prefix: str = "fn_",
    number: int = 0,
    progress: Progress | None = None,
) -> list[GreedyStep]:
    """Return the steps of the library for which it and the corpus cost least together.

    The library's cost counts ``config.structure_penalty`` times.

    Args:
        corpus: the programs.
        config: how to search for a candidate; ``count`` and ``spread`` are not used.
        iterations: how many abstractions to learn at most.
        width: how many libraries to keep.
        prefix, number: names are ``prefix`` and a number, from ``number``; none that is in use.
        progress: called with each library that was looked at.
    """
    search = _Search(config, iterations, width, progress)
    start = search.state(ChargedCorpus(corpus))
    ends = [*_beam(search, start), _greedy(search, start)]
    best = min((_exchanged(search, state) for state in ends), key=lambda s: s.total)
    names = fresh_names(taken_names(corpus, config.costs), prefix, number)
    return _steps(best.shelf, config, names)


def _beam(search: _Search, start: _State) -> list[_State]:
    """Return the best library and the last level of the beam, cheapest first."""
    best, level = start, [start]
    for _ in range(search.limit):
        if search.is_over():
            break
        found = [
            (total, candidate, state)
            for state, extensions in zip(level, search.all_extensions(level), strict=True)
            for total, candidate in extensions
        ]
        found.sort(key=lambda f: f[0])
        # Different orders and different texts of one library cost the same: keep one of them.
        distinct = {total: (candidate, state) for total, candidate, state in reversed(found)}
        kept = sorted(distinct.items())[: search.width]
        if not kept:
            break
        level = [search.taken(state, candidate) for _, (candidate, state) in kept]
        best = min(best, *level, key=lambda s: s.total)
    others = [state for state in level if state is not best and state is not start]
    return [best, *sorted(others, key=lambda s: s.total)][: max(1, search.width // 2)]


def _greedy(search: _Search, start: _State) -> _State:
    """Return the library of the greedy steps, so that the result is never worse than theirs."""
    shelf, weight = start.shelf, search.config.structure_penalty
    for step in greedy(shelf.corpus, search.config, search.limit, "\x1a\x1a"):
        shelf = shelf.extended(step.abstraction, search.config.costs, weight)
    return search.state(shelf)


def _exchanged(search: _Search, state: _State) -> _State:
    """Exchange abstractions for better ones, one or two at a time, until none pays."""
    improved = True
    while improved and state.shelf.library and not search.is_over():
        improved = False
        for taken_out in (1, 2):
            if taken_out == 2 and search.width < 2:
                break
            names = [name for name, _ in state.shelf.library]
            for chosen in itertools.combinations(names, taken_out):
                if search.is_over() or not set(chosen) <= {name for name, _ in state.shelf.library}:
                    continue
                shelf = state.shelf
                for name in chosen:
                    shelf = shelf.without(name)
                other = search.filled(search.state(shelf), state.total)
                if other.total < _cheaper_than(state.total):
                    state, improved = other, True
            if improved:
                break
    return state


def _steps(shelf: ChargedCorpus, config: SearchConfig, names: Iterable[str]) -> list[GreedyStep]:
    """Return the library as steps, each after those that it uses, by taking it out from the end."""
    ordered = shelf.in_order()
    final = dict(zip(ordered, names, strict=False))
    shelf = shelf.renamed(final)
    abstractions = {a.name: a for a in shelf.abstractions()}
    steps: list[GreedyStep] = []
    for name in reversed([final[n] for n in ordered]):
        programs, smaller = shelf.programs(), shelf.without(name)
        saved = smaller.cost(config.costs) - shelf.cost(config.costs)
        cost, uses = programs.cost(config.costs), sum(programs.uses(name))
        steps.append(GreedyStep(abstractions[name], saved, programs, cost, uses, 0.0))
        shelf = smaller
    return steps[::-1]
