"""Abstraction sleep: learn the abstractions that explain the frontiers best, and rewrite them.

The best candidate (``trials``) is added to the library until none improves the score. Then the
library is tidied (``tidying``), and every program of every frontier is rewritten with it.
"""

from __future__ import annotations

import contextlib
import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import NamedTuple

from reverie.dsl.errors import UnknownName
from reverie.dsl.eta import eta_long
from reverie.dsl.frontier import Frontier
from reverie.dsl.grammar import Grammar, refit, summarise
from reverie.dsl.library import Library
from reverie.dsl.terms import Abstraction as AbstractionTerm
from reverie.dsl.terms import Term
from reverie.dsl.types import Type

from .abstractions import Abstraction
from .corpus import Corpus
from .objective import Weighting
from .rewriting import apply_abstraction
from .tidying import Images, replaced, shortened, without
from .trials import (
    COSTS,
    FAILURES,
    NEW,
    CompressionConfig,
    Profiles,
    Program,
    best_trial,
    looked_at,
    objective_of,
)

__all__ = ["CompressedFrontiers", "CompressionConfig", "LibraryStep", "compress_frontiers"]


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
    profiles = Profiles()
    library = grammar.library
    programs = [
        program for program in looked_at(frontiers, config.top) if profiles.knows(program, library)
    ]
    steps: list[LibraryStep] = []
    used: list[tuple[Abstraction, AbstractionTerm, Library]] = []
    objective = objective_of(library, programs, profiles, weighting)
    before = score = objective.score()
    while programs and len(steps) < config.iterations:
        best = best_trial(objective, programs, profiles, config)
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
        objective = objective_of(library, programs, profiles, weighting)
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


# ---- tidying what was learned -------------------------------------------------------------------


class _Tidy(NamedTuple):
    """A library that is being tidied, its programs and score, and the changes to it so far."""

    library: Library
    programs: list[Program]
    steps: list[LibraryStep]
    score: float
    changes: list[Images]


def _dropped(tidy: _Tidy, profiles: Profiles, weighting: Weighting) -> _Tidy:
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
            score = objective_of(library, programs, profiles, weighting).score()
        except FAILURES:
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
            with contextlib.suppress(*FAILURES):  # without it no probability, but its meaning
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
        rewritten = apply_abstraction(Corpus.from_terms(terms), abstraction, COSTS, term, lift=True)
        users = [i for i, uses in enumerate(rewritten.uses(NEW)) if uses]
        for i, candidate in zip(users, rewritten.terms(users), strict=True):
            request = frontiers[places[i][0]].task.request
            try:
                form = eta_long(candidate, request, library)
                summarise(form, request, library)
            except FAILURES:
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
