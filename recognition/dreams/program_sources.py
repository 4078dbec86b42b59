"""Where the programs of dreams come from.

* A *bank*: what a bottom-up search without a goal keeps is unique and cheapest by construction,
  and complete up to some cost. It is the slowest source by the program.
* The *grammar* itself. A uniform one gives hardly anything but trivial programs, and
  most never end; one that was fitted to solved tasks is worth dreaming of most.
* A *proposal*: a bigram grammar fitted to the programs found so far, as different as they are. It
  knows what goes with what, so most of its programs run and do something new. Priors are those of
  the grammar all the same.
"""

from __future__ import annotations

import logging
from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray

from ...dsl import BOOL, Equality, Grammar, Limits, Task, Type
from ...enumerate import SearchProblem
from ...enumerate.automaton import (
    GrammarAutomaton,
    Summariser,
    TablesTooLarge,
    fit_bigram,
    log_priors,
)
from ...enumerate.bottomup import NotApplicable, read_bank
from ...enumerate.sampling import Sampler
from ...enumerate.topdown import ProgramBatch
from .program_batches import DistinctBehaviours, hash_programs, take
from .random_inputs import RandomInputs

__all__ = ["ProgramSources", "telling"]

_log = logging.getLogger(__name__)

PROPOSAL_COUNTS = 0.3
"""Pseudo-counts of the proposal."""

PROPOSAL_PROGRAMS = 20_000
"""The most programs it is fitted to."""

LEAST, RARE = 2, 16384
"""What of the structure fewer draws of a proposal need than these, or than one in so many, is not
built for them: they are given up."""

NO_PROGRAMS = ProgramBatch(np.empty(0, np.int16), np.zeros(1, np.int64), np.empty(0))


def telling(result: Type) -> int:
    """Return on how many inputs programs of this result have to be compared."""
    if result is BOOL:
        return 32
    return 16 if result.constructors() <= {"bool", "list", "pair"} else 8


class ProgramSources:
    """Gives programs of one request, no program twice, with their costs under the grammar.

    Args:
        grammar: what is dreamt from.
        request: without type variables.
        structure: a bigram structure of the library; it grows.
        limits: of the domain.
        max_tokens: longer programs are left out.
        rng: all that is random comes from it.
    """

    def __init__(
        self,
        grammar: Grammar,
        request: Type,
        structure: GrammarAutomaton,
        limits: Limits,
        max_tokens: int,
        rng: np.random.Generator,
    ) -> None:
        self.grammar = grammar
        self.request = request
        self.limits = limits
        self.max_tokens = max_tokens
        self._rng = rng
        self._known = DistinctBehaviours()
        self._structure = structure
        self._summariser = Summariser(grammar.library, structure)
        self._own = Sampler(grammar, request, seed=self._seed(), max_tokens=max_tokens)
        self._proposal: Sampler | None = None
        self._ended = False

    def _seed(self) -> int:
        return int(self._rng.integers(1 << 62))

    def from_bank(
        self, inputs: RandomInputs, candidates: int, is_late: Callable[[], bool] = lambda: False
    ) -> ProgramBatch:
        """Return what a bottom-up search keeps that considers so many candidates (:meth:`scored`).

        There is nothing where such a search is not possible, and less where it becomes late.
        """
        rng, request = self._rng, self.request
        rows = inputs.draw(rng, request.parameters, telling(request.result))
        outputs = inputs.draw(rng, (request.result,), len(rows))
        examples = [(row, output) for row, (output,) in zip(rows, outputs, strict=True)]
        problem = SearchProblem(
            Task("dreams", request, examples), self.grammar, Equality(), self.limits
        )
        try:
            batch = read_bank(problem, candidates, max_tokens=self.max_tokens, is_late=is_late)
        except NotApplicable as error:
            _log.info("%s", error)
            return NO_PROGRAMS
        self._new(batch)
        return batch

    def scored(self, batch: ProgramBatch) -> ProgramBatch:
        """Return programs of the bank, whose costs are approximate, with their exact ones."""
        if not len(batch):
            return batch
        summaries = self._summariser.summarise(batch.tokens, batch.starts, self.request)
        costs: NDArray[np.float64] = -log_priors(
            self.grammar, summaries, self._summariser.classes()
        )
        return ProgramBatch(batch.tokens, batch.starts, costs)

    def fit_proposal(self, programs: ProgramBatch) -> None:
        """Fit the proposal to programs."""
        which = np.sort(self._rng.permutation(len(programs))[:PROPOSAL_PROGRAMS])
        chosen = take(programs, which)
        summaries = self._summariser.summarise(chosen.tokens, chosen.starts, self.request)
        classes = self._summariser.classes()
        library = self.grammar.library
        self._proposal = Sampler(
            fit_bigram(library, summaries, classes, PROPOSAL_COUNTS),
            self.request,
            seed=self._seed(),
            max_tokens=self.max_tokens,
            structure=self._structure,
            judge=self.grammar,
        )

    def as_drawn(self, draws: int) -> ProgramBatch:
        """Return the programs that so many draws from the grammar give, in the order drawn."""
        try:
            return self._own.draw(draws)
        except TablesTooLarge as error:
            return self._none(error)

    def from_grammar(self, draws: int) -> ProgramBatch:
        """Return new programs among draws from the grammar, in a random order."""
        return self._spread(self._own, draws, 1)

    def from_proposal(self, draws: int) -> ProgramBatch:
        """Return the same from the proposal, with their costs under the grammar."""
        if self._proposal is None:
            return NO_PROGRAMS
        return self._spread(self._proposal, draws, max(LEAST, draws // RARE))

    def _spread(self, sampler: Sampler, draws: int, least: int) -> ProgramBatch:
        try:
            drawn, _ = sampler.systematic_sample(draws, least)
        except TablesTooLarge as error:
            return self._none(error)
        new = self._new(drawn)
        return take(new, self._rng.permutation(len(new)))

    def _none(self, error: TablesTooLarge) -> ProgramBatch:
        _log.warning("dreaming of %s: %s", self.request, error)
        return NO_PROGRAMS

    def _new(self, batch: ProgramBatch) -> ProgramBatch:
        before = len(self._known)
        self._known.add(hash_programs(batch.tokens, batch.starts), batch.costs, 0)
        return take(batch, np.sort(self._known.bearers[before : len(self._known)]))
