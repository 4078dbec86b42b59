"""What a library is worth for a set of frontiers: DreamCoder's objective.

For a library D and frontiers of solved tasks,

    score(D) = sum over tasks of log sum over programs p of P(task | p) P(p | D, theta)
               - aic * |D| - structure_penalty * sum over productions of their size,

in nats, with theta from one inside-outside step with pseudo-counts. (Ellis et al., DreamCoder, PLDI
2021, section 4.2 and appendix; the published code's ``compression.ml``.) A primitive has size 1, an
abstraction the number of leaves of its body.

What the prior of a program depends on is the same for all weights and nearly all libraries, so a
program is summarised once; a candidate library changes a few rows and adds one column.
"""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from reverie.dsl.grammar import Grammar, summarise
from reverie.dsl.library import Library
from reverie.dsl.terms import Abstraction, Term
from reverie.dsl.types import Substitution, Type

from .nodes import Reals

__all__ = ["Objective", "Profile", "Solution", "Weighting", "score_frontiers"]

Hole = tuple[Type, bool]


@dataclass(frozen=True)
class Weighting:
    """The constants of the objective: pseudo-counts, and nats per production and per leaf."""

    pseudo_counts: float = 30.0
    aic: float = 1.0
    structure_penalty: float = 1.5


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
        """Summarise a program.

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


@dataclass(frozen=True)
class Solution:
    """A program of a frontier: its task's number, its log likelihood in nats, its profile."""

    task: int
    log_likelihood: float
    profile: Profile


class Objective:
    """The objective for one library and its solutions, ready to score changes to both.

    Args:
        library: the productions.
        solutions: the programs, those of a task next to each other.
        weighting: the constants.
        theta: log weights, float64 (productions + 1,), the variables' last, under which the
            programs of a task share its posterior for the inside-outside step; uniform if None.
    """

    def __init__(
        self,
        library: Library,
        solutions: Sequence[Solution],
        weighting: Weighting,
        theta: Reals | None = None,
    ) -> None:
        self.library = library
        self.weighting = weighting
        self.theta = theta
        count = len(library)
        self._column: dict[Term | None, int] = {
            p.term: i for i, p in enumerate(library.productions)
        }
        self._column[None] = count
        self._kinds: dict[Hole, int] = {}
        for solution in solutions:
            for hole in solution.profile.holes:
                self._kinds.setdefault(hole, len(self._kinds))
        self._uses = np.zeros((len(solutions), count + 1))
        self._holes = np.zeros((len(solutions), len(self._kinds)))
        self._constant = np.zeros(len(solutions))
        for row, solution in enumerate(solutions):
            self._fill(row, solution.profile, self._uses, self._holes, self._constant, self._kinds)
        self._offers = self._offered(list(self._kinds))
        self._likelihood = np.array([s.log_likelihood for s in solutions], np.float64)
        tasks = np.array([s.task for s in solutions], np.int64)
        self._starts = np.flatnonzero(np.diff(tasks, prepend=-1))
        self._task = np.cumsum(np.diff(tasks, prepend=-1) != 0) - 1
        self._library_cost = weighting.aic * count + weighting.structure_penalty * sum(
            p.term.body.leaves if isinstance(p.term, Abstraction) else 1
            for p in library.productions
        )

    def score(self) -> float:
        """Return the score of the library as it is, in nats."""
        return self._score(self._uses, self._holes, self._constant, self._offers, 0.0)

    def score_with(
        self, new: Abstraction, type: Type, changed: Iterable[tuple[int, Profile]]
    ) -> float:
        """Return the score, in nats, of the library with one more abstraction.

        Args:
            new: the abstraction.
            type: its type.
            changed: the numbers and profiles of the programs that use it.
        """
        changed = list(changed)
        kinds = dict(self._kinds)
        for _, profile in changed:
            for hole in profile.holes:
                kinds.setdefault(hole, len(kinds))
        extra = list(kinds)[len(self._kinds) :]
        # The new production takes the column before the variables'.
        uses = np.insert(self._uses, -1, 0.0, axis=1)
        holes = np.pad(self._holes, ((0, 0), (0, len(extra))))
        constant = self._constant.copy()
        offers = np.vstack([self._offers, self._offered(extra)]) if extra else self._offers
        column = np.array([_unifies(type.result, request) for request, _ in kinds], np.float64)
        offers = np.insert(offers, -1, column, axis=1)
        for row, profile in changed:
            self._fill(row, profile, uses, holes, constant, kinds, new)
        cost = self.weighting.aic + self.weighting.structure_penalty * new.body.leaves
        return self._score(uses, holes, constant, offers, cost)

    def _fill(
        self,
        row: int,
        profile: Profile,
        uses: Reals,
        holes: Reals,
        constant: Reals,
        kinds: Mapping[Hole, int],
        new: Abstraction | None = None,
    ) -> None:
        uses[row] = 0.0
        holes[row] = 0.0
        for head, count in profile.uses.items():
            if head is None:
                uses[row, -1] = count
            elif head is new:
                uses[row, -2] = count
            else:
                uses[row, self._column[head]] = count
        for hole, count in profile.holes.items():
            holes[row, kinds[hole]] = count
        constant[row] = profile.constant

    def _offered(self, kinds: Sequence[Hole]) -> Reals:
        offers = np.zeros((len(kinds), len(self.library) + 1))
        for row, (request, variable) in enumerate(kinds):
            offers[row, list(self.library.candidates(request))] = 1.0
            offers[row, -1] = variable
        return offers

    def _score(
        self, uses: Reals, holes: Reals, constant: Reals, offers: Reals, extra_cost: float
    ) -> float:
        if not len(constant):
            return -self._library_cost - extra_cost
        theta = np.zeros(offers.shape[1]) if self.theta is None else self.theta
        joint = self._likelihood + _log_priors(uses, holes, constant, offers, theta)
        evidence = self._per_task(joint)
        posterior = np.exp(joint - evidence[self._task])
        pc = self.weighting.pseudo_counts
        actual, possible = posterior @ uses, (posterior @ holes) @ offers
        theta = np.log(actual + pc) - np.log(possible + pc)
        joint = self._likelihood + _log_priors(uses, holes, constant, offers, theta)
        return float(self._per_task(joint).sum()) - self._library_cost - extra_cost

    def _per_task(self, joint: Reals) -> Reals:
        top = np.maximum.reduceat(joint, self._starts)
        shares = np.exp(joint - top[self._task])
        total: Reals = top + np.log(np.add.reduceat(shares, self._starts))
        return total


def _log_priors(uses: Reals, holes: Reals, constant: Reals, offers: Reals, theta: Reals) -> Reals:
    top = float(theta.max())
    normalisers = np.log(offers @ np.exp(theta - top)) + top
    priors: Reals = constant + uses @ theta - holes @ normalisers
    return priors


_unified: dict[tuple[Type, Type], bool] = {}


def _unifies(result: Type, request: Type) -> bool:
    """Say whether a production with this return type is a candidate at ``request``."""
    key = (result, request)
    found = _unified.get(key)
    if found is None:
        substitution = Substitution(max(request.variables, default=-1) + 1)
        found = substitution.unifies(substitution.instantiate(result), request)
        if len(_unified) > 100_000:
            _unified.clear()
        _unified[key] = found
    return found


def score_frontiers(
    grammar: Grammar,
    solutions: Iterable[tuple[int, Term, Type, float]],
    weighting: Weighting | None = None,
) -> float:
    """Return the score of a grammar's library, its weights refitted once, in nats.

    Args:
        grammar: a unigram grammar.
        solutions: (task number, program, request, log likelihood), those of a task together.
        weighting: the constants; DreamCoder's defaults if None.

    Raises:
        TypeMismatch, UnknownName: if the grammar cannot generate one of the programs.
    """
    listed = [
        Solution(task, likelihood, Profile.of(term, request, grammar.library))
        for task, term, request, likelihood in solutions
        if likelihood > -math.inf
    ]
    theta = None if grammar.is_bigram else grammar.weights[0]
    return Objective(grammar.library, listed, weighting or Weighting(), theta).score()
