"""What a program's prior depends on, found once for each sub-term, with its eta-long form.

``eta_long`` and ``summarise`` in :mod:`reverie.dsl` define both; here they are one walk, and what
a sub-term comes to is remembered by the types at its place. Candidate abstractions change little
of a program, so most of what is asked for is known: a sleep asks for thousands of programs that
differ in a few places.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Generator, Mapping
from dataclasses import dataclass
from math import log
from typing import Any, NamedTuple

from reverie.dsl import (
    ROOT,
    Abstraction,
    Application,
    Lambda,
    Library,
    ReverieError,
    Substitution,
    Summary,
    Term,
    Type,
    TypeVariable,
    Variable,
    beta_normal,
    canonical,
    deep,
    shift,
    spine,
    summarise,
    unifying_variables,
)

__all__ = ["Hole", "Profile", "Profiles"]

Hole = tuple[Type, bool]


@dataclass(frozen=True)
class Profile:
    """What the prior of a program depends on, for unigram weights.

    Attributes:
        uses: how often each head was chosen; None stands for the variables.
        holes: how often each (request, whether a variable was a candidate) was to be filled.
        constant: minus the sum of the logs of the numbers of candidate variables.
    """

    uses: Mapping[Term | None, int]
    holes: Mapping[Hole, int]
    constant: float

    @classmethod
    def of(cls, term: Term, request: Type, library: Library) -> Profile:
        """Return the profile of a program in eta-long form, by its definition.

        Raises:
            TypeMismatch, UnknownName: if ``library`` cannot generate it.
        """
        summary = summarise(term, request, library)
        uses: Counter[Term | None] = Counter()
        for (_, _, column), count in summary.uses.items():
            uses[library.productions[column].term if column < len(library) else None] += count
        holes: Counter[Hole] = Counter()
        for (_, _, wanted, variable), count in summary.holes.items():
            holes[wanted, variable] += count
        return cls(uses, holes, summary.constant)

    def summary(self, library: Library) -> Summary:
        """Return the profile as the summary of a program under a unigram grammar."""
        found = Summary(constant=self.constant)
        for head, count in self.uses.items():
            column = len(library) if head is None else library.index(head)
            found.uses[ROOT, 0, column] = count
        for (request, variable), count in self.holes.items():
            found.holes[ROOT, 0, request, variable] = count
        return found


class _Part(NamedTuple):
    """A sub-term at a place: its form, its share of the profile, and what became of the types.

    ``images`` are the types that the place's type variables ``t0``, ``t1``, ... turned out to be;
    variables from ``len(images)`` on are new. It is empty if the place had none.
    """

    form: Term
    uses: dict[Term | None, int]
    holes: dict[Hole, int]
    constant: float
    images: tuple[Type, ...]


_Place = tuple[Term, tuple[Type, ...]]  # a sub-term; the type wanted and those of the variables
_Memo = dict[_Place, _Part | None]


class Profiles:
    """Eta-long forms and profiles, remembered from question to question.

    All questions must be about libraries in which a head has the same type. Heads of literals are
    their types' holes.
    """

    def __init__(self) -> None:
        self._memo: _Memo = {}

    def expanded(
        self, term: Term, request: Type, library: Library, new: Abstraction | None = None
    ) -> tuple[Term, Profile] | None:
        """Return the eta-long form of ``term`` and its profile; None if there is none.

        Args:
            term: the program.
            request: the type at which it is used.
            library: what may occur in it.
            new: an abstraction that may occur in it as well.
        """
        place = (term, canonical([request]))
        if place not in self._memo:
            try:
                _part(self._memo, place, library, new)
            except ReverieError:
                self._memo[place] = None
        part = self._memo[place]
        return part and (part.form, Profile(part.uses, part.holes, part.constant))

    def summary(self, term: Term, request: Type, library: Library) -> Summary | None:
        """Return the summary of a program in eta-long form; None if the library cannot make it."""
        known = self.expanded(term, request, library)
        return known[1].summary(library) if known and known[0] is term else None


@deep
def _part(
    memo: _Memo, place: _Place, library: Library, new: Abstraction | None
) -> Generator[Any, Any, _Part]:
    """Fill in ``memo[place]``, whose types are canonical, and return it.

    Raises:
        ReverieError: if the sub-term has no eta-long form there.
    """
    term, (wanted, *outer) = place
    environment = tuple(outer)
    variables = _variables(place[1])
    substitution = Substitution(len(variables))
    lambdas = 0
    while wanted.is_arrow:
        term = term.body if isinstance(term, Lambda) else Application(shift(term, 1), Variable(0))
        environment = (wanted.parameters[0], *environment)
        wanted = wanted.arguments[1]
        lambdas += 1
    head, arguments = spine(term)
    if isinstance(head, Lambda) and arguments:
        head, arguments = spine(beta_normal(term))
    offered = unifying_variables(wanted, environment, substitution, library)
    holes: Counter[Hole] = Counter({(canonical([wanted])[0], bool(offered)): 1})
    uses: Counter[Term | None] = Counter()
    constant = 0.0
    if isinstance(head, Variable):
        if head.index not in offered:
            raise ReverieError(f"{head} cannot stand where {wanted} is wanted")
        function = environment[head.index]
        uses[None] = 1
        constant = -log(len(offered))
    elif isinstance(head, Lambda):
        raise ReverieError(f"a function stands where {wanted} is wanted")
    else:
        production = head if head is new else library.productions[library.index(head)].term
        function = substitution.instantiate(library.type_of(head))
        uses[production] = 1
    substitution.unify(function.result, wanted)
    parameters = function.parameters
    if len(parameters) != len(arguments):
        raise ReverieError(f"{head} is given {len(arguments)} arguments")
    form = head
    for argument, parameter in zip(arguments, parameters, strict=True):
        types = tuple([substitution.apply(t) for t in (parameter, *environment)])
        inner = canonical(types)
        found = memo.get((argument, inner))
        if found is None:
            found = yield _part.step(memo, (argument, inner), library, new)
        if found.images:
            _unify_images(substitution, _variables(types), found.images)
        uses.update(found.uses)
        holes.update(found.holes)
        constant += found.constant
        form = Application(form, found.form)
    for _ in range(lambdas):
        form = Lambda(form)
    images = tuple([substitution.apply(TypeVariable(i)) for i in range(len(variables))])
    part = memo[place] = _Part(form, uses, holes, constant, images)
    return part


def _variables(types: tuple[Type, ...]) -> list[int]:
    """Return the type variables of ``types`` by first occurrence, as ``canonical`` counts them."""
    return list(dict.fromkeys([v for t in types for v in t.variables]))


def _unify_images(
    substitution: Substitution, variables: list[int], images: tuple[Type, ...]
) -> None:
    """Bind the place's type variables to what they turned out to be inside it."""
    renamed: dict[int, Type] = {i: TypeVariable(v) for i, v in enumerate(variables)}
    for image in images:
        for v in image.variables:
            if v not in renamed:
                renamed[v] = substitution.fresh()
    for variable, image in zip(variables, images, strict=True):
        substitution.unify(TypeVariable(variable), image.replace(renamed))
