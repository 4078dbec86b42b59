"""Sampling: programs drawn from the prior, over the same structure as the searches.

A kernel walks states, rules and transitions with a stack of open heads, and chooses each rule with
its probability. No bound of cost is involved, so the structure cannot be built beforehand: what a
draw meets and is not there yet is noted, built, and the draw begins again. Each draw has random
numbers of its own, made from the seed and its number, so what comes out does not depend on what was
built before, nor on how many are drawn at a time.

A uniform grammar is often supercritical: most of its programs never end. Draws that would be longer
or deeper than allowed are given up as soon as that is certain.

Many programs can also be drawn by systematic sampling (:meth:`Sampler.systematic_sample`), evenly
over all that there are: each that comes up is made once.

The definition is :meth:`reverie.dsl.model.grammar.Grammar.sample`.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from ...dsl import Grammar, Type, njit
from ..automaton import shortest_paths
from ..automaton.automaton import GrammarAutomaton, TablesTooLarge, structure_of
from ..automaton.automaton_layout import STATE_COUNT, STATE_RULES, AutomatonArrays, Int32
from ..tokens import LAMBDA
from ..topdown.enumerator import ProgramBatch
from .sampling_kernels import (
    COMPLETE,
    FRAME_COUNT,
    FRAME_END,
    FRAME_KEY,
    FRAME_OPEN,
    FRAME_POINT,
    FRAME_POSITION,
    FRAME_STACK,
    FRAME_STATE,
    PARTIAL,
    draw,
    mixed,
    systematic_sample,
)

__all__ = ["Sampler"]

Float64 = NDArray[np.float64]
Int64 = NDArray[np.int64]

LOW = (1 << 30) - 1


class Sampler:
    """Draws programs of type ``request`` from ``grammar``.

    Args:
        grammar: unigram or bigram.
        request: the type of the programs; type variables and function-typed arguments are fine.
        seed: the same seed gives the same programs.
        max_tokens: longer programs are given up; heads and lambdas are tokens.
        max_depth: heads inside one another.
        max_states: how many kinds of holes the structure may have, those of other grammars and
            requests of the library included.
        structure: of the library, to build on; the common one if None.
        rare: whether :meth:`draw` builds what a single one of many draws asks for. If not, such a
            draw is given up: much faster, nearly the same, and what comes out depends on what was
            built.
        judge: the grammar whose costs the programs get; ``grammar`` itself if None. It may be a
            unigram grammar where ``grammar`` is a bigram.

    >>> from reverie.dsl.language.library import Library, constant
    >>> from reverie.dsl.calculus.types import INT
    >>> library = Library([constant("0", "int", 0), constant("1", "int", 1)])
    >>> len(Sampler(Grammar.uniform(library), INT).draw(10))
    10
    """

    def __init__(
        self,
        grammar: Grammar,
        request: Type,
        *,
        seed: int = 0,
        max_tokens: int = 32,
        max_depth: int = 32,
        max_states: int = 200_000,
        structure: GrammarAutomaton | None = None,
        rare: bool = True,
        judge: Grammar | None = None,
    ) -> None:
        self.grammar = grammar
        self.request = request
        self.max_tokens = max_tokens
        self.max_depth = max_depth
        self.max_states = max_states
        self.drawn = 0
        """How many draws there were so far, those that were given up included."""
        self.rare = rare
        self._seed = int(np.random.SeedSequence(seed).generate_state(1, np.uint64)[0] >> 1)
        if structure is None:  # an empty one is to be used as well
            structure = structure_of(
                grammar.library, bigram=grammar.is_bigram, most_states=max_states // 2
            )
        self._structure = structure
        self._root = self._structure.root(request)
        self._proposal = _RuleCosts(grammar.weights)
        self._judge = self._proposal
        if judge is not None:
            rows = np.broadcast_to(judge.weights, grammar.weights.shape)
            self._judge = _RuleCosts(rows)
        self._up_to = np.empty(0)
        self._priced = np.empty(0, np.bool_)

    def draw(self, count: int) -> ProgramBatch:
        """Draw ``count`` programs; return those that end within the bounds, in order.

        Raises:
            TablesTooLarge: if the draws need more than ``max_states`` kinds of holes.
        """
        draws = np.arange(self.drawn, self.drawn + count)
        tokens = np.empty((count, self.max_tokens), np.int16)
        tokens[:, : len(self.request.parameters)] = LAMBDA
        lengths = np.zeros(count, np.int64)
        drawn_costs = np.zeros(count)
        state = np.full(count, PARTIAL, np.int8)
        while True:
            self._add_costs()
            records = self._structure.records()
            missing = draw(
                self._seed,
                self._root,
                len(self.request.parameters),
                self.max_depth,
                records,
                self._judge.cost,
                self._up_to,
                draws,
                tokens,
                lengths,
                drawn_costs,
                state,
            )
            del records
            if not len(self._build(missing, least=1 if self.rare else 2)):
                break
        self.drawn += count
        done = np.flatnonzero(state == COMPLETE)
        starts = np.concatenate([[0], np.cumsum(lengths[done])])
        within = np.arange(self.max_tokens) < lengths[done, None]
        return ProgramBatch(tokens[done][within], starts, drawn_costs[done])

    def systematic_sample(self, count: int, least: int = 1) -> tuple[ProgramBatch, Int64]:
        """Draw ``count`` programs evenly from all; return each that comes up once.

        A program of probability p comes up ``count * p`` times, give or take a few, where
        independent draws leave it to chance: so more of them differ, and draws that agree are made
        together, which is faster. See
        :func:`.sampling_kernels.systematic_sample`.

        Args:
            count: how many draws.
            least: what of the structure is lacking is built if so many draws ask for it; else
                these are given up. With more than one what comes out depends on what was built.

        Returns:
            The programs that end within the bounds, and how many draws gave each.

        Raises:
            TablesTooLarge: as for :meth:`draw`.
        """
        most, inputs = self.max_tokens, len(self.request.parameters)
        frames = np.zeros((1, FRAME_STACK + most), np.int64)
        totals, tokens = np.zeros(1), np.full((1, most), LAMBDA, np.int16)
        frames[0, FRAME_STATE], frames[0, FRAME_POSITION] = self._root, inputs
        frames[0, FRAME_OPEN] = 1
        frames[0, FRAME_END] = frames[0, FRAME_COUNT] = count
        key = mixed(np.uint64(self._seed) ^ mixed(np.uint64(self.drawn)))
        frames[0, FRAME_KEY] = np.uint64(key).astype(np.int64)
        found = ProgramBatch(
            np.empty(count * most, np.int16), np.zeros(count + 1, np.int64), np.empty(count)
        )
        times = np.empty(count, np.int64)
        done = 0
        while len(frames):
            self._add_costs()
            records = self._structure.records()
            draws = int((frames[:, FRAME_END] - frames[:, FRAME_POINT]).sum())
            left = np.empty((draws, frames.shape[1]), np.int64)
            left_totals, left_tokens = np.empty(draws), np.empty((draws, most), np.int16)
            missing = np.empty(draws, np.int64)
            programs, stuck = systematic_sample(
                self.max_depth,
                records,
                self._judge.cost,
                self._up_to,
                frames,
                totals,
                tokens,
                found.tokens,
                found.starts[done:],
                found.costs[done:],
                times[done:],
                left,
                left_totals,
                left_tokens,
                missing,
            )
            del records
            done += programs
            frames, missing = left[:stuck], missing[:stuck]
            built = self._build(missing, frames[:, FRAME_END] - frames[:, FRAME_POINT], least)
            again = np.flatnonzero(np.isin(missing, built))
            frames, totals, tokens = frames[again], left_totals[again], left_tokens[again]
        self.drawn += count
        return found.first(done), times[:done]

    def _build(self, missing: Int64, times: Int64 | None = None, least: int = 1) -> Int64:
        """Build what is missing ``least`` times; return that.

        Args:
            missing: what :func:`.sampling_kernels.draw` and
                :func:`.sampling_kernels.systematic_sample` note.
            times: how often each counts; once if None.
            least: what is missing less often is not built.
        """
        wanted, which = np.unique(missing, return_inverse=True)
        wanted = wanted[np.bincount(which, times, len(wanted)) >= least]
        for key in wanted.tolist():
            kind, a, b = key >> 60, key >> 30 & LOW, key & LOW
            if kind == shortest_paths.MISSING_TRANSITION:
                self._structure.build_transition(a, b)
            elif kind == shortest_paths.MISSING_RULES:
                self._structure.build_rules(a)
            else:
                self._structure.build_rule(a, b)
        if len(self._structure) > self.max_states:
            raise TablesTooLarge(
                f"drawing programs of type {self.request} needs more than {self.max_states:,} "
                "kinds of holes; allow fewer tokens, or raise max_states"
            )
        return wanted

    def _add_costs(self) -> None:
        """Give the rules that were built since last time their costs."""
        records = self._structure.records()
        built = records.states[:, STATE_COUNT] >= 0
        fresh = built.copy()
        fresh[: len(self._priced)] &= ~self._priced
        chosen = np.flatnonzero(fresh)
        self._priced = built
        if len(chosen):
            self._proposal.extend(records, chosen)
            if self._judge is not self._proposal:
                self._judge.extend(records, chosen)
            more = np.zeros(len(records.rules) - len(self._up_to))
            self._up_to = np.concatenate([self._up_to, more])
            _cumulate(chosen, records.states, self._proposal.cost, self._up_to)


class _RuleCosts:
    """The costs of an automaton's rules under some weights.

    Attributes:
        cost: float64[rules], in nats; of rules not yet built, any number.
    """

    def __init__(self, weights: Float64) -> None:
        self.cost = np.empty(0)
        self._weights = np.array(weights, order="C")  # kernels take writable arrays
        self._normaliser = np.empty(0)

    def extend(self, records: AutomatonArrays, chosen: Int64) -> None:
        """Write the costs of the rules of the chosen states, which were built since last time."""
        first = len(self._normaliser)
        new = shortest_paths.normalisers(self._weights, records, first)
        self._normaliser = np.concatenate([self._normaliser, new])
        more = np.zeros(len(records.rules) - len(self.cost))
        self.cost = np.concatenate([self.cost, more])
        shortest_paths.rule_costs(self._weights, records, self._normaliser, chosen, self.cost)


@njit("void(int64[::1], int32[:,::1], float64[::1], float64[::1])", cache=True, nogil=True)
def _cumulate(chosen: Int64, states: Int32, cost: Float64, up_to: Float64) -> None:
    """Write for each rule of the chosen states the probability of it and those before it."""
    for state in chosen:
        start = states[state, STATE_RULES]
        total = 0.0
        for rule in range(start, start + states[state, STATE_COUNT]):
            total += np.exp(-cost[rule])
            up_to[rule] = total
