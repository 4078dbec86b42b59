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
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import numpy as np

from reverie.dsl import Abstraction, Grammar, Library, Substitution, Term, Type, fitted_weights

from ..corpus.nodes import Reals
from .gain_estimate import Prices
from .prior_profiles import Hole, Profile

__all__ = ["Objective", "Solution", "Weighting", "score_frontiers"]


@dataclass(frozen=True)
class Weighting:
    """The constants of the objective: pseudo-counts, and nats per production and per leaf."""

    pseudo_counts: float = 30.0
    aic: float = 1.0
    structure_penalty: float = 1.5


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
        self._new = count + 1  # the column of the abstraction in `score_with`, else unused
        self._kinds: dict[Hole, int] = {}
        self._offers = np.zeros((0, count + 2))
        self._uses = np.zeros((len(solutions), count + 2))
        self._holes = np.zeros((len(solutions), 0))
        self._constant = np.zeros(len(solutions))
        self._meet(s.profile for s in solutions)
        for row, solution in enumerate(solutions):
            self._fill(row, solution.profile)
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
        return self._score(0.0)

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
        self._meet(profile for _, profile in changed)
        rows = [row for row, _ in changed]
        before = self._uses[rows], self._holes[rows], self._constant[rows]
        self._column[new] = self._new
        for row, profile in changed:
            self._fill(row, profile)
        self._offers[:, self._new] = [_unifies(type.result, request) for request, _ in self._kinds]
        cost = self.weighting.aic + self.weighting.structure_penalty * new.body.leaves
        score = self._score(cost)
        self._uses[rows], self._holes[rows], self._constant[rows] = before
        self._offers[:, self._new] = 0.0
        del self._column[new]
        return score

    def _meet(self, profiles: Iterable[Profile]) -> None:
        """Make room for the kinds of holes in these profiles."""
        known = len(self._kinds)
        for profile in profiles:
            for hole in profile.holes:
                self._kinds.setdefault(hole, len(self._kinds))
        extra = list(self._kinds)[known:]
        if extra:
            offers = np.zeros((len(extra), self._offers.shape[1]))
            for row, (request, variable) in enumerate(extra):
                offers[row, list(self.library.candidates(request))] = 1.0
                offers[row, self._column[None]] = variable
            self._offers = np.vstack([self._offers, offers])
            self._holes = np.pad(self._holes, ((0, 0), (0, len(extra))))

    def _fill(self, row: int, profile: Profile) -> None:
        self._uses[row] = 0.0
        self._holes[row] = 0.0
        for head, count in profile.uses.items():
            self._uses[row, self._column[head]] = count
        for hole, count in profile.holes.items():
            self._holes[row, self._kinds[hole]] = count
        self._constant[row] = profile.constant

    def prices(self) -> Prices:
        """Return what the leaves of the programs cost on average, under the fitted weights."""
        theta, actual, holes = self._fitted()
        normalisers = self._normalisers(theta)
        offered = self._offers * holes[:, None]
        possible = offered.sum(axis=0)
        mean = float(holes @ normalisers / max(holes.sum(), _LEAST))
        each = np.where(possible > 0, normalisers @ offered / np.maximum(possible, _LEAST), mean)
        price = each - theta
        return Prices(
            heads={head: float(price[column]) for head, column in self._column.items()},
            mean=float(actual @ price / max(actual.sum(), _LEAST)),
            normaliser=mean,
            possible=float(possible[: len(self.library)].mean()),
            pseudo_counts=self.weighting.pseudo_counts,
            aic=self.weighting.aic,
            structure_penalty=self.weighting.structure_penalty,
        )

    def _score(self, extra_cost: float) -> float:
        if not len(self._constant):
            return -self._library_cost - extra_cost
        theta, _, _ = self._fitted()
        joint = self._likelihood + self._log_priors(theta)
        return float(self._per_task(joint).sum()) - self._library_cost - extra_cost

    def _fitted(self) -> tuple[Reals, Reals, Reals]:
        """Return the weights after an inside-outside step, and how often what is used and asked."""
        theta = np.zeros(self._offers.shape[1])
        if self.theta is not None:
            theta[: self._new] = self.theta
        joint = self._likelihood + self._log_priors(theta)
        posterior = np.exp(joint - self._per_task(joint)[self._task])
        pc = self.weighting.pseudo_counts
        actual, holes = posterior @ self._uses, posterior @ self._holes
        return fitted_weights(actual, holes @ self._offers, pc), actual, holes

    def _log_priors(self, theta: Reals) -> Reals:
        normalisers = self._normalisers(theta)
        priors: Reals = self._constant + self._uses @ theta - self._holes @ normalisers
        return priors

    def _normalisers(self, theta: Reals) -> Reals:
        top = float(theta.max())
        totals: Reals = np.log(np.maximum(self._offers @ np.exp(theta - top), _LEAST)) + top
        return totals

    def _per_task(self, joint: Reals) -> Reals:
        top = np.maximum.reduceat(joint, self._starts)
        shares = np.exp(joint - top[self._task])
        total: Reals = top + np.log(np.add.reduceat(shares, self._starts))
        return total


_LEAST = 1e-300  # the weight offered at a kind of hole that no program has now may be 0


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
