"""Abstraction sleep: learn the abstractions that explain the frontiers best, and rewrite them.

The best candidate (``trials``) is added to the library until none improves the score. Then the
library is tidied (``tidying``), and every program of every frontier is rewritten with it.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace

from reverie.dsl import Abstraction, Frontier, Grammar, Library, Term, refitted

from ...dsl import Equation
from ..corpus.corpus import Corpus
from ..corpus.pattern import NamedPattern, Pattern
from ..library.rewriting import apply_abstraction
from .candidate_scoring import COSTS, NEW, CompressionConfig, best_trial, looked_at, objective_of
from .equal_variants import variants
from .library_cleanup import Learned, LibraryStep, carried, dropped, rewritten_bodies
from .objective import Weighting
from .prior_profiles import Profiles

__all__ = ["CompressedFrontiers", "CompressionConfig", "LibraryStep", "compress_frontiers"]


@dataclass(frozen=True)
class CompressedFrontiers:
    """What :func:`compress_frontiers` found.

    Attributes:
        grammar: the grammar of the new library, refitted; the one given if nothing was learned.
        frontiers: the frontiers, rewritten and with new priors, in the order given.
        steps: the abstractions, in the order in which they were learned.
        score_before, score_after: the objective on the programs looked at, nats. What equations
            gained by themselves is in neither the savings of the steps nor ``score_before``.
    """

    grammar: Grammar
    frontiers: list[Frontier]
    steps: list[LibraryStep]
    score_before: float
    score_after: float


def compress_frontiers(
    grammar: Grammar,
    frontiers: Iterable[Frontier],
    config: CompressionConfig | None = None,
    equations: Sequence[Equation] = (),
) -> CompressedFrontiers:
    """Learn abstractions from solved tasks and rewrite their frontiers with them.

    Args:
        grammar: the language as it is.
        frontiers: the tasks with their programs; unsolved ones are passed on.
        config: how; DreamCoder's published settings if None.
        equations: programs may be replaced by others that these make equal, where the score is
            higher then. It takes up to five times as long.

    Returns:
        The new grammar and frontiers and what each abstraction saved. Each program means what it
        meant, as far as the equations are right: it is rewritten only if the result is in eta-long
        form for its task's request.
    """
    frontiers = list(frontiers)
    best = _compressed(grammar, frontiers, config)
    if equations:
        show = best.grammar.library.show
        library = [
            NamedPattern(step.name, Pattern.of_abstraction(step.abstraction, show))
            for step in best.steps
        ]
        for variant in variants(grammar, frontiers, equations, library):
            found = _compressed(grammar, variant, config)
            if found.score_after > best.score_after + 1e-9:
                best = replace(found, score_before=best.score_before)
    return best


def _compressed(
    grammar: Grammar, frontiers: list[Frontier], config: CompressionConfig | None
) -> CompressedFrontiers:
    config = config or CompressionConfig()
    weighting = Weighting(config.pseudo_counts, config.aic, config.structure_penalty)
    profiles = Profiles()
    library = grammar.library
    programs = [
        program
        for program in looked_at(frontiers, config.top)
        if profiles.expanded(program.term, program.request, library) is not None
    ]
    given = [(program.task, program.term) for program in programs]
    steps: list[LibraryStep] = []
    used: list[tuple[Pattern, Abstraction]] = []
    gains: dict[Pattern, float] = {}
    objective = objective_of(library, programs, profiles, weighting)
    before = score = objective.score()
    while programs and len(steps) < config.iterations:
        best = best_trial(objective, programs, profiles, config, gains)
        if best is None or best.score <= score + 1e-9:
            break
        library = library.extend(best.term)
        production = library.productions[-1]
        steps.append(LibraryStep(production.name, best.term, production.type, best.score - score))
        used.append((best.pattern, best.term))
        score = best.score
        programs = [
            program._replace(term=best.changed[i]) if i in best.changed else program
            for i, program in enumerate(programs)
        ]
        objective = objective_of(library, programs, profiles, weighting)
    if not steps:
        return CompressedFrontiers(grammar, frontiers, [], before, before)
    done = dict(zip(given, (program.term for program in programs), strict=True))
    rewritten = _rewritten(frontiers, done, used, library, profiles)
    learned = dropped(Learned(library, programs, steps, score, []), profiles, weighting)
    patterns = {term: pattern for pattern, term in used}
    learned = rewritten_bodies(learned, patterns, weighting)
    library, steps, score = learned.library, learned.steps, learned.score
    rewritten = [
        _with_programs(
            f,
            [
                carried(e.program, learned.changes, f.task.request, library, profiles)
                for e in f.entries
            ],
        )
        for f in rewritten
    ]
    summaries = [
        [profiles.summary(e.program, f.task.request, library) for e in f.entries] for f in rewritten
    ]
    uniform = Grammar.uniform(library)
    fitted, scored = refitted(uniform, rewritten, config.pseudo_counts, summaries)
    return CompressedFrontiers(fitted, scored, steps, before, score)


# ---- the frontiers under the new library --------------------------------------------------------


def _rewritten(
    frontiers: Sequence[Frontier],
    done: Mapping[tuple[int, Term], Term],
    used: Sequence[tuple[Pattern, Abstraction]],
    library: Library,
    profiles: Profiles,
) -> list[Frontier]:
    """Rewrite every program with each abstraction in turn, where the result has a form.

    Args:
        frontiers: the tasks with their programs.
        done: programs, by task and as they were, that have been rewritten before.
        used: the abstractions.
        library: what a program may use.
        profiles: what is known of programs.
    """
    entries = [(task, e.program) for task, f in enumerate(frontiers) for e in f.entries]
    rest = [place for place in entries if place not in done]
    terms = [term for _, term in rest]
    corpus = Corpus.from_terms(terms) if terms else None
    for pattern, term in used:
        if corpus is None:
            break
        corpus = apply_abstraction(corpus, NamedPattern(NEW, pattern), COSTS, term, lift=True)
        users = [i for i, uses in enumerate(corpus.uses(NEW)) if uses]
        as_it_is = True
        for i, candidate in zip(users, corpus.terms(users), strict=True):
            known = profiles.expanded(candidate, frontiers[rest[i][0]].task.request, library)
            if known is not None:
                terms[i] = known[0]
            as_it_is &= terms[i] is candidate
        # Names of abstractions under trial are alike, so each must be gone before the next.
        corpus = corpus.with_meaning(NEW, term) if as_it_is else Corpus.from_terms(terms)
    forms = {**done, **dict(zip(rest, terms, strict=True))}
    return [
        _with_programs(f, [forms[task, e.program] for e in f.entries])
        for task, f in enumerate(frontiers)
    ]


def _with_programs(frontier: Frontier, programs: Sequence[Term]) -> Frontier:
    entries = zip(frontier.entries, programs, strict=True)
    return replace(frontier, entries=tuple(replace(e, program=program) for e, program in entries))
