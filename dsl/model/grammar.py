"""The prior over programs: DreamCoder's type-directed grammar, unigram or bigram, exactly.

A program is generated top down. At a hole of type tau with the types of the variables in scope:

* if tau is an arrow, a lambda is emitted for free and the body is a hole of the result type;
* otherwise the candidates are every production whose return type unifies with tau, and every
  variable in scope whose return type does. All variables together share one weight. The weights
  are normalised over exactly these candidates, in the current substitution; the substitution then
  threads through the arguments of the chosen head, left to right.

With theta the log weights, the log prior of a program p is, in nats,

    log P(p | D, theta) = sum over holes h of p of
        theta(r(h), j(h)) - log sum over candidates k at h of exp theta(r(h), k)
        - [a variable was chosen at h] * log(number of candidate variables at h),

where r(h) is the row of weights for the hole (one for all in a unigram grammar; the one for its
parent and argument index in a bigram grammar), j(h) the production chosen there, and all variables
are one candidate, the last column. :class:`Summary` counts what occurs in this sum, so that

    log P = sum over (r, j) of uses(r, j) * theta(r, j)
        - sum over (r, request, v) of holes(r, request, v) * Z(r, request, v)  +  constant,

with Z the log of the candidates' total weight (:meth:`Grammar.normaliser`). A summary is the
definition of what a prior depends on; :mod:`reverie.enumerate` has the same for many programs at
once, in arrays.

Source: Ellis et al., DreamCoder (PLDI 2021), section 3 and appendix; the bigram grammar, there
"contextual grammar", has one row of weights for each (parent, argument index).

This is the plain-Python definition that the compiled tables of :mod:`reverie.enumerate` must equal.
"""

from __future__ import annotations

import math
from bisect import bisect
from collections import Counter
from collections.abc import Generator, Iterable
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ..calculus.terms import Application, Lambda, Term, Variable, spine
from ..calculus.types import Substitution, Type, canonical
from ..language.library import Library
from ..support.errors import TypeMismatch, UnknownName
from ..support.trampoline import deep
from ..support.words import counted

__all__ = ["ROOT", "Grammar", "Summary", "summarise", "unifying_variables"]

ROOT = -1
"""The parent of a program's outermost head."""

LARGEST_WEIGHT = 10_000.0
"""Of a log weight, either way: beyond, nothing else would ever be reached, and searches go by cost.
"""

Weights = NDArray[np.float64]


@dataclass
class Summary:
    """What the log prior of a program depends on, whatever the weights of the library.

    Attributes:
        uses: how often each (parent, argument index, column) was chosen.
        holes: how often each (parent, argument index, request, whether a variable was a candidate)
            was to be filled.
        constant: minus the sum of log(number of candidate variables) where a variable was chosen.

    Columns and parents are positions in the library's productions, with ``len(library)`` for the
    variables and :data:`ROOT` for the parent of the root.
    """

    uses: Counter[tuple[int, int, int]] = field(default_factory=Counter)
    holes: Counter[tuple[int, int, Type, bool]] = field(default_factory=Counter)
    constant: float = 0.0


@dataclass(frozen=True, eq=False)
class Grammar:
    """A library with log weights.

    Attributes:
        library: the productions.
        weights: float64 array of log weights in nats, not normalised, of shape (rows,
            ``len(library) + 1``); the last column is the variables' common weight. One row is a
            unigram grammar. A bigram grammar has row 0 for the root, row 1 for arguments of
            variables, and then one row for each argument of each production, in order.
    """

    library: Library
    weights: Weights

    def __post_init__(self) -> None:
        weights = np.array(self.weights, dtype=np.float64, order="C")
        shapes = [(1, len(self.library) + 1), (self.rows_of(self.library), len(self.library) + 1)]
        if weights.shape not in shapes:
            raise ValueError(
                f"weights of shape {weights.shape} do not fit this library; allowed are "
                f"{shapes[0]} (unigram) and {shapes[1]} (bigram)"
            )
        if not np.isfinite(weights).all():
            raise ValueError("the log weights of a grammar must be finite")
        if np.abs(weights).max() > LARGEST_WEIGHT:
            raise ValueError(
                f"the log weights of a grammar lie between -{LARGEST_WEIGHT:g} and "
                f"{LARGEST_WEIGHT:g} nats; found {weights.flat[np.abs(weights).argmax()]:g}"
            )
        weights.setflags(write=False)
        object.__setattr__(self, "weights", weights)

    # ---- making grammars ------------------------------------------------------------------------

    @staticmethod
    def rows_of(library: Library) -> int:
        """Return the number of rows of a bigram grammar over ``library``."""
        return 2 + sum(p.arity for p in library.productions)

    @classmethod
    def uniform(cls, library: Library, *, bigram: bool = False) -> Grammar:
        """Return the grammar with all log weights 0."""
        rows = cls.rows_of(library) if bigram else 1
        return cls(library, np.zeros((rows, len(library) + 1)))

    def with_library(self, library: Library) -> Grammar:
        """Return a unigram grammar over another library, keeping the weights of what both have.

        New productions get log weight 0, as does everything if this grammar is a bigram.
        """
        weights = np.zeros((1, len(library) + 1))
        if not self.is_bigram:
            weights[0, -1] = self.weights[0, -1]
            known = {p.term: i for i, p in enumerate(self.library.productions)}
            for column, production in enumerate(library.productions):
                if production.term in known:
                    weights[0, column] = self.weights[0, known[production.term]]
        return Grammar(library, weights)

    @property
    def is_bigram(self) -> bool:
        return len(self.weights) > 1

    @cached_property
    def _offsets(self) -> list[int]:
        offsets = [2]
        for production in self.library.productions:
            offsets.append(offsets[-1] + production.arity)
        return offsets

    def row(self, parent: int, argument: int = 0) -> int:
        """Return the row of weights for argument number ``argument`` of ``parent``.

        Args:
            parent: a position in the library's productions, ``len(library)`` for a variable, or
                :data:`ROOT`.
            argument: the argument's number, from 0; ignored for the root and for variables.
        """
        if not self.is_bigram or parent == ROOT:
            return 0
        if parent == len(self.library):
            return 1
        return self._offsets[parent] + argument

    # ---- scoring --------------------------------------------------------------------------------

    def log_prior(self, term: Term, request: Type) -> float:
        """Return the log probability, in nats, of generating ``term`` at type ``request``.

        It is minus infinity for a term that the grammar cannot generate: ill-typed, not in
        beta-normal eta-long form, or with something that is not in the library.
        """
        try:
            return self.score(summarise(term, request, self.library))
        except (TypeMismatch, UnknownName):
            return -math.inf

    def score(self, summary: Summary) -> float:
        """Return the log prior of the program that ``summary`` summarises."""
        total = summary.constant
        for (parent, argument, column), count in summary.uses.items():
            total += count * float(self.weights[self.row(parent, argument), column])
        for (parent, argument, request, variable), count in summary.holes.items():
            total -= count * self.normaliser(self.row(parent, argument), request, variable)
        return total

    def normaliser(self, row: int, request: Type, variable: bool) -> float:
        """Return the log of the candidates' total weight at a hole.

        Args:
            row: the row of weights.
            request: the hole's type, canonical.
            variable: whether a variable is among the candidates.
        """
        key = (row, request, variable)
        found = self._normalisers.get(key)
        if found is None:
            columns = list(self.library.candidates(request))
            if variable:
                columns.append(len(self.library))
            chosen = self.weights[row, columns]
            found = float(np.logaddexp.reduce(chosen)) if columns else -math.inf
            self._normalisers[key] = found
        return found

    @cached_property
    def _normalisers(self) -> dict[tuple[int, Type, bool], float]:
        return {}

    # ---- sampling -------------------------------------------------------------------------------

    def sample(
        self, request: Type, rng: np.random.Generator, *, max_nodes: int = 200
    ) -> Term | None:
        """Draw a program from the prior.

        It is None if the draw has more than ``max_nodes`` heads, or asks for something that nothing
        in scope can make.
        """
        substitution = Substitution(max(request.variables, default=-1) + 1)
        return _sample(self, request, (), 0, substitution, rng, [max_nodes])

    def _choices(self, row: int, request: Type, variable: bool) -> tuple[list[int], list[float]]:
        """Return the candidates' columns at a hole and their cumulated probabilities."""
        key = (row, request, variable)
        found = self._cumulated.get(key)
        if found is None:
            columns = list(self.library.candidates(request))
            if variable:
                columns.append(len(self.library))
            total = self.normaliser(row, request, variable)
            steps = np.cumsum(np.exp(self.weights[row, columns] - total)).tolist()
            found = self._cumulated[key] = columns, steps
        return found

    @cached_property
    def _cumulated(self) -> dict[tuple[int, Type, bool], tuple[list[int], list[float]]]:
        return {}

    # ---- showing --------------------------------------------------------------------------------

    def __repr__(self) -> str:
        kind = f"bigram ({self.weights.shape[0]} rows)" if self.is_bigram else "unigram"
        names = [*(p.name for p in self.library.productions), "variables"]
        shown = sorted(zip(self.weights[0], names, strict=True), key=lambda pair: -pair[0])
        return f"{kind} grammar: " + ", ".join(f"{name} {weight:.3f}" for weight, name in shown)


@deep
def _sample(
    grammar: Grammar,
    request: Type,
    environment: tuple[Type, ...],
    row: int,
    substitution: Substitution,
    rng: np.random.Generator,
    budget: list[int],
) -> Generator[Any, Any, Term | None]:
    library = grammar.library
    request = substitution.apply(request)
    lambdas = len(request.parameters)
    environment = (*reversed(request.parameters), *environment)
    request = request.result
    budget[0] -= 1
    if budget[0] < 0:
        return None
    variables = unifying_variables(request, environment, substitution, library)
    columns, steps = grammar._choices(row, canonical([request])[0], bool(variables))
    if not columns:
        return None
    column = columns[bisect(steps, rng.random(), hi=len(columns) - 1)]
    term: Term
    if column == len(library):
        chosen = variables[int(rng.integers(len(variables)))]
        term, function = Variable(chosen), substitution.apply(environment[chosen])
    else:
        production = library.productions[column]
        term, function = production.term, substitution.instantiate(production.type)
    substitution.unify(function.result, request)
    for position, parameter in enumerate(function.parameters):
        argument = yield _sample.step(
            grammar,
            parameter,
            environment,
            grammar.row(column, position),
            substitution,
            rng,
            budget,
        )
        if argument is None:
            return None
        term = Application(term, argument)
    for _ in range(lambdas):
        term = Lambda(term)
    return term


def unifying_variables(
    request: Type, environment: Iterable[Type], substitution: Substitution, library: Library
) -> list[int]:
    """Return the de Bruijn indices of the variables that may fill a hole of type ``request``.

    Where the library's continuation type is asked for, only the innermost variable of that type
    is offered beside the function-typed ones, so that no program jumps to an outer state.
    """
    found = []
    terminal_seen = False
    for index, declared in enumerate(environment):
        given = substitution.apply(declared)
        if not substitution.unifies(given.result, request):
            continue
        if request is library.continuation and not given.is_arrow:
            if terminal_seen:
                continue
            terminal_seen = True
        found.append(index)
    return found


def summarise(term: Term, request: Type, library: Library) -> Summary:
    """Summarise how the grammar generates ``term`` at type ``request``.

    Raises:
        TypeMismatch: if it cannot: the term is ill-typed or not in eta-long form.
        UnknownName: if the term uses something that is not in the library.
    """
    summary = Summary()
    substitution = Substitution(max(request.variables, default=-1) + 1)
    # What is still to be generated, next on top: (term, type, environment, parent, argument).
    pending: list[tuple[Term, Type, tuple[Type, ...], int, int]] = [(term, request, (), ROOT, 0)]
    while pending:
        term, wanted, environment, parent, argument = pending.pop()
        wanted = substitution.apply(wanted)
        while wanted.is_arrow:
            if not isinstance(term, Lambda):
                raise TypeMismatch(f"not eta-long: {term} stands where {wanted} is wanted")
            environment = (wanted.parameters[0], *environment)
            term = term.body
            wanted = wanted.arguments[1]
        head, arguments = spine(term)
        if isinstance(head, Lambda):
            raise TypeMismatch(
                f"not in normal form, or a function where {wanted} is wanted: {term}"
            )
        variables = unifying_variables(wanted, environment, substitution, library)
        hole = (parent, argument, canonical([wanted])[0], bool(variables))
        summary.holes[hole] += 1
        if isinstance(head, Variable):
            if head.index not in variables:
                raise TypeMismatch(f"variable {head} cannot stand where {wanted} is wanted")
            column = len(library)
            function = substitution.apply(environment[head.index])
            summary.constant -= math.log(len(variables))
        else:
            column = library.index(head)
            function = substitution.instantiate(library.productions[column].type)
        summary.uses[parent, argument, column] += 1
        substitution.unify(function.result, wanted)
        parameters = function.parameters
        if len(parameters) != len(arguments):
            raise TypeMismatch(
                f"not eta-long: {head} : {function} is given "
                f"{counted(len(arguments), 'argument')} in {term}"
            )
        pending.extend(
            (arguments[position], parameters[position], environment, column, position)
            for position in reversed(range(len(arguments)))
        )
    return summary
