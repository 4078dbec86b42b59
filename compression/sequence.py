"""Which abstractions together: a beam over sequences of steps, ties and near-ties explored.

Each greedy step is the best one, but the sequence is not: a larger first abstraction can spoil a
better second one. A beam keeps several libraries and extends each by several candidates, of several
arities and at several penalties for the body, and ranks them by what library and corpus cost
together.
"""

from __future__ import annotations

import itertools
from dataclasses import dataclass, replace

from .abstractions import fresh_names
from .corpus import Corpus
from .greedy import Step, take, taken_names
from .search import Candidate, SearchConfig, candidates

__all__ = ["best_sequence"]

_PENALTIES = (0.3, 1.0, 3.0)  # times the penalty asked for


@dataclass(frozen=True)
class _State:
    """A library under construction, its corpus, and what both cost together."""

    total: float
    steps: tuple[Step, ...]
    corpus: Corpus


def best_sequence(
    corpus: Corpus,
    config: SearchConfig,
    iterations: int,
    width: int,
    prefix: str = "fn_",
    number: int = 0,
) -> list[Step]:
    """Return the steps of the library for which it and the corpus cost least together.

    Args:
        corpus: the programs.
        config: how to search for a candidate; ``count`` is not used.
        iterations: how many abstractions to learn at most.
        width: how many libraries to keep, and how many candidates to try at each setting.
        prefix, number: names are ``prefix`` and a number, from ``number``; none that is in use.
    """
    names = fresh_names(taken_names(corpus, config.costs), prefix, number)
    best = _State(corpus.cost(config.costs), (), corpus)
    beam = [best]
    for name in itertools.islice(names, iterations):
        found = [state for old in beam for state in _extended(old, config, width, name)]
        # Different orders and different texts of one library cost the same: keep one of them.
        distinct = {(s.total, s.steps[-1].cost): s for s in reversed(found)}
        beam = sorted(distinct.values(), key=lambda s: s.total)[:width]
        if not beam:
            break
        best = min(best, beam[0], key=lambda s: s.total)
    return list(best.steps)


def _extended(state: _State, config: SearchConfig, width: int, name: str) -> list[_State]:
    tried: dict[str, tuple[Candidate, SearchConfig]] = {}
    for arity, penalty in itertools.product(range(config.max_arity, 0, -1), _PENALTIES):
        setting = replace(
            config,
            max_arity=arity,
            structure_penalty=penalty * config.structure_penalty,
            count=width,
        )
        for candidate in candidates(state.corpus, setting).candidates:
            tried.setdefault(candidate.body, (candidate, setting))
    found = []
    for candidate, setting in tried.values():
        step = take(state.corpus, candidate, name, setting)
        before = state.steps[-1].cost if state.steps else state.total
        body = config.structure_penalty * candidate.body_cost
        total = state.total - before + step.cost + body
        if total < state.total:
            step = replace(step, utility=before - step.cost - body)
            found.append(_State(total, (*state.steps, step), step.corpus))
    return found
