"""Tidying a library that was learned step by step: what does not pay, and what can be shorter.

Abstractions are learned one by one, so a later one may leave little use for an earlier one, and the
body of an earlier one may contain what only a later one names. Two changes mend that: to take an
abstraction out, which puts its definition in the place of each use; and to write the body of one
with the help of another. A change is a mapping from abstractions to the terms that replace them.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import NamedTuple

from reverie.dsl import (
    Abstraction,
    Library,
    ReverieError,
    Term,
    TooLarge,
    Type,
    abstractions,
    beta_normal,
    map_leaves,
)

from ..corpus.corpus import Corpus
from ..corpus.costs import Costs
from ..corpus.pattern import NamedPattern, Pattern
from ..library.rewriting import apply_abstraction
from .candidate_scoring import NEW, Program, objective_of
from .objective import Weighting
from .prior_profiles import Profiles

__all__ = [
    "Learned",
    "LibraryStep",
    "carried",
    "dropped",
    "replaced",
    "rewritten_bodies",
    "shortened",
    "without",
]

Images = Mapping[Term, Term]


class LibraryStep(NamedTuple):
    """One abstraction that was learned: its name, itself, its type, and the nats it saved."""

    name: str
    abstraction: Abstraction
    type: Type
    saving: float


class Learned(NamedTuple):
    """What was learned: the library, the programs written with it and their score, in nats.

    Attributes:
        library: all productions.
        programs: those looked at.
        steps: the abstractions that can be tidied.
        score: the objective.
        changes: what tidying did so far: each replaces abstractions by others.
    """

    library: Library
    programs: list[Program]
    steps: list[LibraryStep]
    score: float
    changes: list[Images]


def dropped(learned: Learned, profiles: Profiles, weighting: Weighting) -> Learned:
    """Take out each abstraction without which the score is higher, the latest first."""
    before = learned.score - sum(step.saving for step in learned.steps)
    kept = learned
    for step in reversed(learned.steps):
        smaller = _taken_out(kept, step.name, profiles, weighting)
        if smaller is not None and smaller.score > kept.score + 1e-9:
            kept = smaller
    if kept is learned:
        return learned
    # Savings as if only those that stay had been learned, in the same order.
    steps = []
    rest: Learned | None = kept
    for step in reversed(kept.steps):
        score = rest.score if rest else before
        rest = rest and _taken_out(rest, step.name, profiles, weighting)
        saving = score - (rest.score if rest and rest.steps else before)
        steps.append(step._replace(saving=saving))
    return kept._replace(steps=steps[::-1])


def _taken_out(
    learned: Learned, name: str, profiles: Profiles, weighting: Weighting
) -> Learned | None:
    """Return what is left without an abstraction; None if it cannot be taken out."""
    (now,) = (step for step in learned.steps if step.name == name)
    smaller = without(learned.library, now.abstraction)
    if smaller is None:
        return None
    library, images = smaller
    try:
        programs = [
            p._replace(term=carried(p.term, [images], p.request, library, profiles))
            for p in learned.programs
        ]
        score = objective_of(library, programs, profiles, weighting).score()
    except ReverieError:
        return None
    steps = _renewed([s for s in learned.steps if s is not now], library)
    return Learned(library, programs, steps, score, [*learned.changes, images])


def rewritten_bodies(
    learned: Learned, patterns: Mapping[Abstraction, Pattern], weighting: Weighting
) -> Learned:
    """Write bodies with abstractions that were learned later: all else keeps its probability."""
    while True:
        pairs = [(patterns.get(s.abstraction), s.abstraction) for s in learned.steps]
        found = shortened(learned.library, [(p, term) for p, term in pairs if p is not None])
        if found is None or not weighting.structure_penalty:
            return learned
        library, images, used, leaves = found
        gain = weighting.structure_penalty * leaves
        steps = [
            s._replace(saving=s.saving + gain) if s.abstraction is used else s
            for s in learned.steps
        ]
        learned = learned._replace(
            library=library,
            steps=_renewed(steps, library),
            score=learned.score + gain,
            changes=[*learned.changes, images],
        )


def _renewed(steps: Iterable[LibraryStep], library: Library) -> list[LibraryStep]:
    now = library.abstractions
    return [s._replace(abstraction=now[s.name]) for s in steps]


def carried(
    program: Term, changes: Sequence[Images], request: Type, library: Library, profiles: Profiles
) -> Term:
    """Carry changes of the library through a program; ``library`` is the one after them."""
    new = program
    for images in changes:
        new = replaced(new, images)
    if new is program:
        return program
    known = profiles.expanded(new, request, library)
    return known[0] if known else new  # without a form no probability, but its meaning


def replaced(term: Term, images: Images) -> Term:
    """Put the images of abstractions in their places, and reduce where one is a definition.

    Raises:
        TooLarge: if there is no end to reducing.
    """
    if not any(abstraction in images for abstraction in abstractions(term)):
        return term
    return beta_normal(map_leaves(term, lambda leaf, _: images.get(leaf, leaf)))


def without(library: Library, dropped: Abstraction) -> tuple[Library, Images] | None:
    """Return the library without an abstraction, and what replaces it and those that use it.

    None if one of those that use it cannot do without.
    """
    kept = {name: a for name, a in library.abstractions.items() if a is not dropped}
    return _changed(library, kept, {dropped: dropped.body})


def shortened(
    library: Library, learned: Sequence[tuple[Pattern, Abstraction]]
) -> tuple[Library, Images, Abstraction, int] | None:
    """Write the body of one abstraction with another one that was learned after it.

    Args:
        library: all there is.
        learned: the abstractions as patterns and as terms, in the order in which they were learned.

    Returns:
        The new library; what replaces which abstraction; the one that was put to use; and the
        number of leaves saved. None if no body can be written with fewer leaves.
    """
    for later in range(len(learned) - 1, 0, -1):
        pattern, term = learned[later]
        earlier = [a for _, a in learned[:later]]
        corpus = Corpus.from_terms([a.body for a in earlier])
        rewritten = apply_abstraction(corpus, NamedPattern(NEW, pattern), Costs(), term, lift=True)
        for old, body in zip(earlier, rewritten.terms(), strict=True):
            if body.leaves >= old.body.leaves:
                continue
            try:
                if library.infer(body) != library.type_of(old):
                    continue
            except ReverieError:
                continue
            new = Abstraction(body)
            named = {n: new if a is old else a for n, a in library.abstractions.items()}
            changed = _changed(library, named, {old: new})
            if changed is not None:
                return (*changed, term, old.body.leaves - body.leaves)
    return None


def _changed(
    library: Library, named: Mapping[str, Abstraction], images: Mapping[Term, Term]
) -> tuple[Library, Images] | None:
    """Carry a change through the other definitions; what is used comes before what uses it."""
    known: dict[Term, Term] = dict(images)
    done: dict[str, Abstraction] = {}
    try:
        for name, abstraction in _in_order(named):
            body = replaced(abstraction.body, known)
            if body is not abstraction.body:
                known[abstraction] = Abstraction(body)
                abstraction = Abstraction(body)
            done[name] = abstraction
        return library.with_abstractions(done), known
    except (ReverieError, TooLarge):
        return None


def _in_order(named: Mapping[str, Abstraction]) -> Iterable[tuple[str, Abstraction]]:
    todo = dict(named)
    while todo:
        waiting = set(todo.values())
        ready = next(n for n, a in todo.items() if not abstractions(a.body) & waiting)
        yield ready, todo.pop(ready)
