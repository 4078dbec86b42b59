"""The next abstraction for a set of frontiers: proposed by the search, decided by the objective.

Candidates come from the corpus-guided search (``search``), at several settings, with arguments
lifted over the body's own variables, which is how ``map`` is found in programs that were written
with ``fold``. They are ranked by the exact objective (``objective``): a candidate is only as good
as the frontiers are after rewriting.
"""

from __future__ import annotations

import itertools
import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import NamedTuple

from reverie.dsl.errors import ReverieError, TypeMismatch, UnknownName
from reverie.dsl.eta import eta_long
from reverie.dsl.frontier import Frontier
from reverie.dsl.library import Library
from reverie.dsl.terms import Abstraction as AbstractionTerm
from reverie.dsl.terms import Term
from reverie.dsl.types import Type

from .abstractions import Abstraction, definition, reordered
from .corpus import Corpus
from .costs import Costs
from .errors import CompressionError
from .objective import Objective, Profile, Solution, Weighting
from .rewriting import apply_abstraction
from .search import SearchConfig, candidates

__all__ = [
    "CompressionConfig",
    "Profiles",
    "Program",
    "Trial",
    "best_trial",
    "looked_at",
    "objective_of",
]

NEW = "\x1anew"  # the name of the abstraction under trial; no name has a control character
FAILURES = (TypeMismatch, UnknownName, ReverieError)
COSTS = Costs()


@dataclass(frozen=True)
class CompressionConfig:
    """How to learn abstractions from frontiers.

    Attributes:
        max_arity: the largest number of arguments of an abstraction.
        top: how many programs of each frontier are looked at; all are rewritten.
        pseudo_counts: added to all counts when weights are fitted.
        aic: what a production costs, nats.
        structure_penalty: what a leaf of the library costs, nats.
        iterations: how many abstractions to learn at most.
        candidates: how many the search proposes at each setting.
        budget: how many patterns the search looks at for each setting.
    """

    max_arity: int = 3
    top: int = 2
    pseudo_counts: float = 30.0
    aic: float = 1.0
    structure_penalty: float = 1.5
    iterations: int = 20
    candidates: int = 40
    budget: int = 200_000

    def __post_init__(self) -> None:
        whole = {"max_arity": 0, "top": 1, "iterations": 0, "candidates": 1, "budget": 0}
        for name, least in whole.items():
            value = getattr(self, name)
            if isinstance(value, bool) or not isinstance(value, int) or value < least:
                raise CompressionError(f"{name} must be a whole number from {least}; got {value!r}")
        if not self.pseudo_counts > 0:
            raise CompressionError(f"pseudo_counts must be above 0; got {self.pseudo_counts!r}")
        for name in ("aic", "structure_penalty"):
            if not getattr(self, name) >= 0:
                raise CompressionError(f"{name} must be 0 or more; got {getattr(self, name)!r}")


class Program(NamedTuple):
    """A program that is looked at: its task's number and request, and how well it fits, nats."""

    task: int
    request: Type
    log_likelihood: float
    term: Term


class Trial(NamedTuple):
    """A candidate, the score of the library with it, and the programs that it changes."""

    score: float
    abstraction: Abstraction
    term: AbstractionTerm
    library: Library
    changed: dict[int, Term]


def best_trial(
    objective: Objective,
    programs: Sequence[Program],
    profiles: Profiles,
    config: CompressionConfig,
) -> Trial | None:
    """Return the candidate with the highest score, the order of its arguments included."""
    corpus = Corpus.from_terms([p.term for p in programs], [p.task for p in programs])
    best: Trial | None = None
    seen: set[Abstraction] = set()
    for abstraction in _proposed(corpus, config):
        if abstraction not in seen:
            seen.add(abstraction)
            best = _better(best, _try(abstraction, objective, corpus, programs, profiles))
    if best is None:
        return None
    # The order of the arguments says what is known of the types when each is generated.
    first = best.abstraction
    for order in itertools.islice(itertools.permutations(range(first.arity)), 24):
        abstraction = reordered(first, order)
        if abstraction not in seen:
            seen.add(abstraction)
            best = _better(best, _try(abstraction, objective, corpus, programs, profiles))
    return best


def _better(best: Trial | None, trial: Trial | None) -> Trial | None:
    if best is None or (trial is not None and trial.score > best.score + 1e-9):
        return trial
    return best


def _proposed(corpus: Corpus, config: CompressionConfig) -> Iterable[Abstraction]:
    """Yield candidates, their arguments in the order in which the body uses them."""
    bodies: set[str] = set()
    for lift in (2, 1, 0):
        for penalty in (0.5, 1.0):
            setting = SearchConfig(
                max_arity=config.max_arity,
                max_lift=lift,
                structure_penalty=penalty,
                eta_long=True,
                count=config.candidates,
                budget=config.budget,
            )
            for found in candidates(corpus, setting).candidates:
                if found.body in bodies:
                    continue
                bodies.add(found.body)
                yield reordered(Abstraction(NEW, found.body, found.arity))


def _try(
    abstraction: Abstraction,
    objective: Objective,
    corpus: Corpus,
    programs: Sequence[Program],
    profiles: Profiles,
) -> Trial | None:
    """Score a candidate; None if it has no type, or no program can use it."""
    term = definition(abstraction, corpus.leaves)
    try:
        library = objective.library.extend(term)
    except FAILURES:
        return None
    if len(library) == len(objective.library):
        return None
    rewritten = apply_abstraction(corpus, abstraction, COSTS, term, lift=True)
    users = [i for i, uses in enumerate(rewritten.uses(NEW)) if uses]
    changed: dict[int, Term] = {}
    found: list[tuple[int, Profile]] = []
    for i, candidate in zip(users, rewritten.terms(users), strict=True):
        known = profiles.expanded(candidate, programs[i].request, library)
        if known is not None:
            changed[i] = known[0]
            found.append((i, known[1]))
    if not found:
        return None
    score = objective.score_with(term, library.productions[-1].type, found)
    return Trial(score, abstraction, term, library, changed)


class Profiles:
    """Eta-long forms and profiles, remembered: candidates come again in later steps."""

    def __init__(self) -> None:
        self._known: dict[tuple[Term, Type], tuple[Term, Profile] | None] = {}

    def expanded(self, term: Term, request: Type, library: Library) -> tuple[Term, Profile] | None:
        """Return the eta-long form of ``term`` and its profile; None if there is none."""
        key = (term, request)
        if key not in self._known:
            try:
                form = eta_long(term, request, library)
                self._known[key] = (form, Profile.of(form, request, library))
            except FAILURES:
                self._known[key] = None
        return self._known[key]

    def of(self, program: Program, library: Library) -> Profile:
        """Return the profile of a program that is known to have one."""
        known = self.expanded(program.term, program.request, library)
        assert known is not None
        return known[1]

    def knows(self, program: Program, library: Library) -> bool:
        """Say whether the library can generate a program."""
        return self.expanded(program.term, program.request, library) is not None


def objective_of(
    library: Library, programs: Sequence[Program], profiles: Profiles, weighting: Weighting
) -> Objective:
    """Return the objective for these programs."""
    solutions = [Solution(p.task, p.log_likelihood, profiles.of(p, library)) for p in programs]
    return Objective(library, solutions, weighting)


def looked_at(frontiers: Sequence[Frontier], top: int) -> Iterable[Program]:
    """Yield the ``top`` likeliest programs of each frontier."""
    for task, frontier in enumerate(frontiers):
        known = [e for e in frontier.entries if e.log_likelihood > -math.inf]
        for entry in sorted(known, key=lambda e: -e.log_joint)[:top]:
            yield Program(task, frontier.task.request, entry.log_likelihood, entry.program)
