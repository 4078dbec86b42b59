"""Tidying a library that was learned step by step: what does not pay, and what can be shorter.

Abstractions are learned one by one, so a later one may leave little use for an earlier one, and the
body of an earlier one may contain what only a later one names. Two changes mend that: to take an
abstraction out, which puts its definition in the place of each use; and to write the body of one
with the help of another. A change is a mapping from abstractions to the terms that replace them.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

from reverie.dsl.errors import ReverieError
from reverie.dsl.library import Library
from reverie.dsl.rewriting import TooLarge, beta_normal, map_leaves
from reverie.dsl.terms import Abstraction as AbstractionTerm
from reverie.dsl.terms import Term, abstractions

from .abstractions import Abstraction
from .corpus import Corpus
from .costs import Costs
from .rewriting import apply_abstraction

__all__ = ["replaced", "shortened", "without"]

Images = Mapping[Term, Term]


def replaced(term: Term, images: Images) -> Term:
    """Put the images of abstractions in their places, and reduce where one is a definition.

    Raises:
        TooLarge: if there is no end to reducing.
    """
    if not any(abstraction in images for abstraction in abstractions(term)):
        return term
    return beta_normal(map_leaves(term, lambda leaf, _: images.get(leaf, leaf)))


def without(library: Library, dropped: AbstractionTerm) -> tuple[Library, Images] | None:
    """Return the library without an abstraction, and what replaces it and those that use it.

    None if one of those that use it cannot do without.
    """
    kept = {name: a for name, a in library.abstractions.items() if a is not dropped}
    return _changed(library, kept, {dropped: dropped.body})


def shortened(
    library: Library, learned: Sequence[tuple[Abstraction, AbstractionTerm]]
) -> tuple[Library, Images, AbstractionTerm, int] | None:
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
        rewritten = apply_abstraction(corpus, pattern, Costs(), term, lift=True)
        for old, body in zip(earlier, rewritten.terms(), strict=True):
            if body.leaves >= old.body.leaves:
                continue
            try:
                if library.infer(body) != library.type_of(old):
                    continue
            except ReverieError:
                continue
            new = AbstractionTerm(body)
            named = {n: new if a is old else a for n, a in library.abstractions.items()}
            changed = _changed(library, named, {old: new})
            if changed is not None:
                return (*changed, term, old.body.leaves - body.leaves)
    return None


def _changed(
    library: Library, named: Mapping[str, AbstractionTerm], images: Mapping[Term, Term]
) -> tuple[Library, Images] | None:
    """Carry a change through the other definitions; what is used comes before what uses it."""
    known: dict[Term, Term] = dict(images)
    done: dict[str, AbstractionTerm] = {}
    try:
        for name, abstraction in _in_order(named):
            body = replaced(abstraction.body, known)
            if body is not abstraction.body:
                known[abstraction] = AbstractionTerm(body)
                abstraction = AbstractionTerm(body)
            done[name] = abstraction
        return library.with_abstractions(done), known
    except (ReverieError, TooLarge):
        return None


def _in_order(named: Mapping[str, AbstractionTerm]) -> Iterable[tuple[str, AbstractionTerm]]:
    todo = dict(named)
    while todo:
        waiting = set(todo.values())
        ready = next(n for n, a in todo.items() if not abstractions(a.body) & waiting)
        yield ready, todo.pop(ready)
