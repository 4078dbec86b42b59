"""The next abstraction for a set of frontiers: proposed by the search, decided by the objective.

Candidates come from the corpus-guided search (``search``), with arguments lifted over the body's
own variables, which is how ``map`` is found in programs that were written with ``fold``. The exact
objective decides (``objective``): a candidate is only as good as the frontiers are after rewriting.
Those that promise most are tried first (``promise``), and those that promise too little are not.
"""

from __future__ import annotations

import itertools
import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import NamedTuple

from reverie.dsl import Abstraction, Frontier, Library, Options, ReverieError, Term, Type

from ..corpus.corpus import Corpus
from ..corpus.costs import Costs
from ..corpus.pattern import NamedPattern, Pattern
from ..corpus_errors import CompressionError
from ..library.rewriting import apply_abstraction
from ..search.abstraction_search import SearchConfig, candidates
from .gain_estimate import Prices, hopeless, promise
from .objective import Objective, Solution, Weighting
from .prior_profiles import Profile, Profiles

__all__ = [
    "CompressionConfig",
    "Program",
    "ScoredCandidate",
    "best_trial",
    "looked_at",
    "objective_of",
]

NEW = "\x1anew"  # the name of the abstraction under trial; no name has a control character
COSTS = Costs()
STALE = 4.0  # nats by which a gain may be more than it was in an earlier step
LIFT = 2  # variables of the body that an argument may be a function of
PENALTY = 0.5  # for the body in the search's counting: what it proposes is decided on in nats


@dataclass(frozen=True)
class CompressionConfig(Options):
    """How to learn abstractions from frontiers.

    Attributes:
        max_arity: the largest number of arguments of an abstraction.
        top: how many programs of each frontier are looked at; all are rewritten.
        pseudo_counts: added to all counts when weights are fitted.
        aic: what a production costs, nats.
        structure_penalty: what a leaf of the library costs, nats.
        iterations: how many abstractions to learn at most.
        candidates: how many the search proposes for each step.
        budget: how many patterns the search looks at for each step.
    """

    refusal = CompressionError

    max_arity: int = 3
    top: int = 2
    pseudo_counts: float = 30.0
    aic: float = 1.0
    structure_penalty: float = 1.5
    iterations: int = 20
    candidates: int = 100
    budget: int = 200_000

    def __post_init__(self) -> None:
        self.check_whole(0, "max_arity", "iterations", "budget")
        self.check_whole(1, "top", "candidates")
        self.check_above(0, "pseudo_counts")
        self.check_number(0, "aic", "structure_penalty")


class Program(NamedTuple):
    """A program that is looked at: its task's number and request, and how well it fits, nats."""

    task: int
    request: Type
    log_likelihood: float
    term: Term


class ScoredCandidate(NamedTuple):
    """A candidate, the score of the library with it, and the programs that it changes."""

    score: float
    pattern: Pattern
    term: Abstraction
    changed: dict[int, Term]


def best_trial(
    objective: Objective,
    programs: Sequence[Program],
    profiles: Profiles,
    config: CompressionConfig,
    gains: dict[Pattern, float],
) -> ScoredCandidate | None:
    """Return the candidate with the highest score, the order of its arguments included.

    Args:
        objective: what to raise.
        programs: what to rewrite.
        profiles: what is known of programs.
        config: how to search.
        gains: what candidates gained when they were last tried, in an earlier step; overwritten.
    """
    corpus = Corpus.from_terms([p.term for p in programs], [p.task for p in programs])
    score = objective.score()
    best: ScoredCandidate | None = None
    seen: set[Pattern] = set()
    for estimate, pattern in _proposed(corpus, objective.prices(), config):
        least = max(best.score - score, 0.0) if best else 0.0
        if hopeless(estimate, least):
            break
        if gains.get(pattern, math.inf) + STALE < least:
            continue
        seen.add(pattern)
        trial = _try(pattern, objective, corpus, programs, profiles)
        gains[pattern] = trial.score - score if trial else -math.inf
        best = _better(best, trial)
    if best is None:
        return None
    # The order of the arguments says what is known of the types when each is generated.
    first = best.pattern
    for order in itertools.islice(itertools.permutations(range(first.arity)), 24):
        pattern = first.reordered(order)
        if pattern not in seen:
            seen.add(pattern)
            best = _better(best, _try(pattern, objective, corpus, programs, profiles))
    return best


def _better(best: ScoredCandidate | None, trial: ScoredCandidate | None) -> ScoredCandidate | None:
    if best is None or (trial is not None and trial.score > best.score + 1e-9):
        return trial
    return best


def _proposed(
    corpus: Corpus, prices: Prices, config: CompressionConfig
) -> list[tuple[float, Pattern]]:
    """Return candidates and what they promise, the most promising first.

    Their arguments come in the order in which the body uses them.
    """
    setting = SearchConfig(
        max_arity=config.max_arity,
        max_lift=LIFT,
        structure_penalty=PENALTY,
        eta_long=True,
        count=config.candidates,
        budget=config.budget,
    )
    listed: dict[Pattern, float] = {}
    for found in candidates(corpus, setting).candidates:
        estimate = promise(found, PENALTY, prices, corpus.leaves, COSTS)
        listed.setdefault(found.pattern.reordered(), estimate)
    return sorted(((e, p) for p, e in listed.items()), key=lambda pair: -pair[0])


def _try(
    pattern: Pattern,
    objective: Objective,
    corpus: Corpus,
    programs: Sequence[Program],
    profiles: Profiles,
) -> ScoredCandidate | None:
    """Score a candidate; None if it has no type, or no program can use it."""
    term = pattern.definition(corpus.leaves)
    library = objective.library
    if library.name_of(term) is not None:
        return None
    try:
        found_type = library.type_of(term)
    except ReverieError:
        return None
    rewritten = apply_abstraction(corpus, NamedPattern(NEW, pattern), COSTS, term, lift=True)
    users = [i for i, uses in enumerate(rewritten.uses(NEW)) if uses]
    changed: dict[int, Term] = {}
    found: list[tuple[int, Profile]] = []
    for i, candidate in zip(users, rewritten.terms(users), strict=True):
        known = profiles.expanded(candidate, programs[i].request, library, term)
        if known is not None:
            changed[i] = known[0]
            found.append((i, known[1]))
    if not found:
        return None
    return ScoredCandidate(objective.score_with(term, found_type, found), pattern, term, changed)


def objective_of(
    library: Library, programs: Sequence[Program], profiles: Profiles, weighting: Weighting
) -> Objective:
    """Return the objective for these programs.

    Raises:
        CompressionError: if the library cannot generate one of them.
    """
    solutions = []
    for program in programs:
        known = profiles.expanded(program.term, program.request, library)
        if known is None:
            raise CompressionError(f"the library cannot generate {library.show(program.term)}")
        solutions.append(Solution(program.task, program.log_likelihood, known[1]))
    return Objective(library, solutions, weighting)


def looked_at(frontiers: Sequence[Frontier], top: int) -> Iterable[Program]:
    """Yield the ``top`` programs of each frontier that rank first."""
    for task, frontier in enumerate(frontiers):
        known = [e for e in frontier.entries if e.log_likelihood > -math.inf]
        for entry in sorted(known, key=lambda e: -e.score)[:top]:
            # A program's penalty counts like data that it explains badly.
            evidence = entry.log_likelihood - entry.penalty
            yield Program(task, frontier.task.request, evidence, entry.program)
