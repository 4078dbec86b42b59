"""Abstraction sleep: learn the abstractions that explain the frontiers best, and rewrite them.

Candidates come from the corpus-guided search (``search``), at several settings, with arguments
lifted over the body's own variables, which is how ``map`` is found in programs that were written
with ``fold``. They are ranked by the exact objective (``objective``): a candidate is only as good
as the frontiers are after rewriting. The best is added, until none improves the score.
"""

from __future__ import annotations

import contextlib
import itertools
import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import NamedTuple

from reverie.dsl.errors import ReverieError, TypeMismatch, UnknownName
from reverie.dsl.eta import eta_long
from reverie.dsl.frontier import Frontier
from reverie.dsl.grammar import Grammar, refit, summarise
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
from .tidying import Images, replaced, shortened, without

__all__ = ["CompressedFrontiers", "CompressionConfig", "LibraryStep", "compress_frontiers"]

_NEW = "\x1anew"  # the name of the abstraction under trial; no name has a control character
_FAILURES = (TypeMismatch, UnknownName, ReverieError)


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


class LibraryStep(NamedTuple):
    """One abstraction that was learned: its name, itself, its type, and the nats it saved."""

    name: str
    abstraction: AbstractionTerm
    type: Type
    saving: float


@dataclass(frozen=True)
class CompressedFrontiers:
    """What :func:`compress_frontiers` found.

    Attributes:
        grammar: the grammar of the new library, refitted; the one given if nothing was learned.
        frontiers: the frontiers, rewritten and with new priors, in the order given.
        steps: the abstractions, in the order in which they were learned.
        score_before, score_after: the objective on the programs looked at, nats.
    """

    grammar: Grammar
    frontiers: list[Frontier]
    steps: list[LibraryStep]
    score_before: float
    score_after: float


class _Program(NamedTuple):
    task: int
    request: Type
    log_likelihood: float
    term: Term


class _Trial(NamedTuple):
    score: float
    abstraction: Abstraction
    term: AbstractionTerm
    library: Library
    changed: dict[int, Term]


def compress_frontiers(
    grammar: Grammar, frontiers: Iterable[Frontier], config: CompressionConfig | None = None
) -> CompressedFrontiers:
    """Learn abstractions from solved tasks and rewrite their frontiers with them.

    Args:
        grammar: the language as it is.
        frontiers: the tasks with their programs; unsolved ones are passed on.
        config: how; DreamCoder's published settings if None.

    Returns:
        The new grammar and frontiers and what each abstraction saved. Each program means what it
        meant: it is rewritten only if the result is in eta-long form for its task's request.
    """
    config = config or CompressionConfig()
    frontiers = list(frontiers)
    weighting = Weighting(config.pseudo_counts, config.aic, config.structure_penalty)
    profiles = _Profiles()
    library = grammar.library
    programs = [
        program for program in _looked_at(frontiers, config.top) if profiles.knows(program, library)
    ]
    steps: list[LibraryStep] = []
    used: list[tuple[Abstraction, AbstractionTerm, Library]] = []
    objective = _objective(library, programs, profiles, weighting)
    before = score = objective.score()
    while programs and len(steps) < config.iterations:
        best = _best(objective, programs, profiles, config)
        if best is None or best.score <= score + 1e-9:
            break
        library = best.library
        production = library.productions[-1]
        steps.append(LibraryStep(production.name, best.term, production.type, best.score - score))
        used.append((best.abstraction, best.term, library))
        score = best.score
        programs = [
            program._replace(term=best.changed[i]) if i in best.changed else program
            for i, program in enumerate(programs)
        ]
        objective = _objective(library, programs, profiles, weighting)
    if not steps:
        return CompressedFrontiers(grammar, frontiers, [], before, before)
    rewritten = _rewrite_all(frontiers, used)
    tidy = _Tidy(library, programs, steps, score, [])
    tidy = _dropped(tidy, profiles, weighting)
    tidy = _shortened(tidy, {term: abstraction for abstraction, term, _ in used}, weighting)
    library, steps, score = tidy.library, tidy.steps, tidy.score
    rewritten = [_carried(frontier, tidy.changes, library) for frontier in rewritten]
    fitted = _fitted(library, rewritten, config)
    scored = [_rescored(fitted, frontier) for frontier in rewritten]
    return CompressedFrontiers(fitted, scored, steps, before, score)


# ---- finding the next abstraction ---------------------------------------------------------------


def _best(
    objective: Objective,
    programs: Sequence[_Program],
    profiles: _Profiles,
    config: CompressionConfig,
) -> _Trial | None:
    """Return the candidate with the highest score, the order of its arguments included."""
    corpus = Corpus.from_terms([p.term for p in programs], [p.task for p in programs])
    best: _Trial | None = None
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


def _better(best: _Trial | None, trial: _Trial | None) -> _Trial | None:
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
                yield reordered(Abstraction(_NEW, found.body, found.arity))


def _try(
    abstraction: Abstraction,
    objective: Objective,
    corpus: Corpus,
    programs: Sequence[_Program],
    profiles: _Profiles,
) -> _Trial | None:
    """Score a candidate; None if it has no type, or no program can use it."""
    term = definition(abstraction, corpus.leaves)
    try:
        library = objective.library.extend(term)
    except _FAILURES:
        return None
    if len(library) == len(objective.library):
        return None
    rewritten = apply_abstraction(corpus, abstraction, _COSTS, term, lift=True)
    users = [i for i, uses in enumerate(rewritten.uses(_NEW)) if uses]
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
    return _Trial(score, abstraction, term, library, changed)


_COSTS = Costs()


class _Profiles:
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
            except _FAILURES:
                self._known[key] = None
        return self._known[key]

    def of(self, program: _Program, library: Library) -> Profile:
        """Return the profile of a program that is known to have one."""
        known = self.expanded(program.term, program.request, library)
        assert known is not None
        return known[1]

    def knows(self, program: _Program, library: Library) -> bool:
        """Say whether the library can generate a program."""
        return self.expanded(program.term, program.request, library) is not None


def _objective(
    library: Library, programs: Sequence[_Program], profiles: _Profiles, weighting: Weighting
) -> Objective:
    solutions = [Solution(p.task, p.log_likelihood, profiles.of(p, library)) for p in programs]
    return Objective(library, solutions, weighting)


def _looked_at(frontiers: Sequence[Frontier], top: int) -> Iterable[_Program]:
    for task, frontier in enumerate(frontiers):
        known = [e for e in frontier.entries if e.log_likelihood > -math.inf]
        for entry in sorted(known, key=lambda e: -e.log_joint)[:top]:
            yield _Program(task, frontier.task.request, entry.log_likelihood, entry.program)


# ---- tidying what was learned -------------------------------------------------------------------


class _Tidy(NamedTuple):
    """A library that is being tidied, its programs and score, and the changes to it so far."""

    library: Library
    programs: list[_Program]
    steps: list[LibraryStep]
    score: float
    changes: list[Images]


def _dropped(tidy: _Tidy, profiles: _Profiles, weighting: Weighting) -> _Tidy:
    """Take out each abstraction without which the score is higher, the latest first."""
    for step in reversed(tidy.steps):
        now = next(s for s in tidy.steps if s.name == step.name)
        smaller = without(tidy.library, now.abstraction)
        if smaller is None:
            continue
        library, images = smaller
        try:
            programs = [
                p._replace(term=_eta_long(p.term, images, p.request, library))
                for p in tidy.programs
            ]
            score = _objective(library, programs, profiles, weighting).score()
        except _FAILURES:
            continue
        if score > tidy.score + 1e-9:
            rest = _renewed([s for s in tidy.steps if s is not now], library)
            gain = score - tidy.score + now.saving
            rest[-1] = rest[-1]._replace(saving=rest[-1].saving + gain)
            tidy = _Tidy(library, programs, rest, score, [*tidy.changes, images])
    return tidy


def _shortened(
    tidy: _Tidy, patterns: Mapping[AbstractionTerm, Abstraction], weighting: Weighting
) -> _Tidy:
    """Write bodies with abstractions that were learned later: all else keeps its probability."""
    while True:
        learned = [(patterns.get(s.abstraction), s.abstraction) for s in tidy.steps]
        found = shortened(tidy.library, [(p, term) for p, term in learned if p is not None])
        if found is None or not weighting.structure_penalty:
            return tidy
        library, images, used, leaves = found
        gain = weighting.structure_penalty * leaves
        steps = [
            s._replace(saving=s.saving + gain) if s.abstraction is used else s for s in tidy.steps
        ]
        tidy = tidy._replace(
            library=library,
            steps=_renewed(steps, library),
            score=tidy.score + gain,
            changes=[*tidy.changes, images],
        )


def _renewed(steps: Iterable[LibraryStep], library: Library) -> list[LibraryStep]:
    now = library.abstractions
    return [s._replace(abstraction=now[s.name]) for s in steps]


def _eta_long(term: Term, images: Images, request: Type, library: Library) -> Term:
    new = replaced(term, images)
    return term if new is term else eta_long(new, request, library)


def _carried(frontier: Frontier, changes: Sequence[Images], library: Library) -> Frontier:
    """Carry changes of the library through the programs of a frontier."""
    entries = []
    for entry in frontier.entries:
        program = entry.program
        for images in changes:
            program = replaced(program, images)
        if program is not entry.program:
            with contextlib.suppress(*_FAILURES):  # without it no probability, but its meaning
                program = eta_long(program, frontier.task.request, library)
        entries.append(replace(entry, program=program))
    return replace(frontier, entries=tuple(entries))


# ---- the frontiers under the new library --------------------------------------------------------


def _rewrite_all(
    frontiers: Sequence[Frontier], used: Sequence[tuple[Abstraction, AbstractionTerm, Library]]
) -> list[Frontier]:
    """Rewrite every program of every frontier with each abstraction in turn, where it can be."""
    places = [(f, e) for f in range(len(frontiers)) for e in range(len(frontiers[f].entries))]
    terms = [frontiers[f].entries[e].program for f, e in places]
    for abstraction, term, library in used:
        if not terms:
            break
        rewritten = apply_abstraction(
            Corpus.from_terms(terms), abstraction, _COSTS, term, lift=True
        )
        users = [i for i, uses in enumerate(rewritten.uses(_NEW)) if uses]
        for i, candidate in zip(users, rewritten.terms(users), strict=True):
            request = frontiers[places[i][0]].task.request
            try:
                form = eta_long(candidate, request, library)
                summarise(form, request, library)
            except _FAILURES:
                continue
            terms[i] = form
    result = list(frontiers)
    by_frontier: dict[int, list[Term]] = {}
    for (f, _), rewritten_term in zip(places, terms, strict=True):
        by_frontier.setdefault(f, []).append(rewritten_term)
    for f, programs in by_frontier.items():
        entries = zip(frontiers[f].entries, programs, strict=True)
        result[f] = replace(
            frontiers[f], entries=tuple(replace(e, program=program) for e, program in entries)
        )
    return result


def _fitted(library: Library, frontiers: Sequence[Frontier], config: CompressionConfig) -> Grammar:
    """Return the unigram grammar fitted to the frontiers by one inside-outside step."""
    uniform = Grammar.uniform(library)
    weighted = []
    for frontier in frontiers:
        scored = _rescored(uniform, frontier)
        for entry, weight in scored.posterior():
            if entry.log_joint > -math.inf:
                summary = summarise(entry.program, frontier.task.request, library)
                weighted.append((summary, weight))
    return refit(uniform, weighted, config.pseudo_counts)


def _rescored(grammar: Grammar, frontier: Frontier) -> Frontier:
    request = frontier.task.request
    return frontier.rescore([_prior(grammar, e.program, request) for e in frontier.entries])


def _prior(grammar: Grammar, program: Term, request: Type) -> float:
    try:
        return grammar.log_prior(program, request)
    except UnknownName:
        return -math.inf
