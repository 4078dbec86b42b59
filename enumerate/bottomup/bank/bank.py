"""The bank of bottom-up enumeration: the programs kept, one for each observable behaviour, and how.

Programs are built from the leaves up, in the order of their cost (Barke et al. 2020, Probe), and of
those with equal values on all inputs only the first is kept: observational equivalence (Udupa et
al. 2013, TRANSIT; Albarghouthi et al. 2013, Escher). Costs are those of :mod:`.ground_grammar`, in
whole units, so that a *cost level* is a set of programs and a level can be finished.

:class:`Bank` owns the arrays and enlarges them; :mod:`.bank_kernels` does the work on them,
:mod:`.bank_layout` says how they lie.
"""

from __future__ import annotations

import threading
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, TypeVar

import numpy as np
from numpy.typing import NDArray

from ....dsl import Lambda, Library, Term, Type, Variable, apply
from ...native.block import OutOfRoom
from ..ground_grammar import CLOSED, GroundGrammar
from . import bank_layout
from .bank_kernels import advance
from .bank_layout import (
    AT_JOB,
    AT_STEP,
    BLOCK_USED,
    JOB_WORDS,
    LEAST_INTERNED,
    LOW,
    MATCHES,
    MOST_ARGUMENTS,
    NODES,
    PROGRESS_WORDS,
    SPENT,
    VALUES,
    VALUES_ADDRESS,
)
from .combinations import mark_job
from .replay import replay
from .rule_tables import RuleTables, doubled
from .task_context import TaskContext
from .value_interning import OFFSET, grow_hashes, grow_interned

__all__ = ["Bank", "KeptProgram"]

Words = NDArray[np.int64]
Pool = NDArray[np.int32]
_Array = TypeVar("_Array", Words, Pool)

LEVELS = 400
"""One more than the largest cost of a program, in units."""
LARGEST_POOL = 1 << 31
"""Entries: offsets in it have 32 bits, and it doubles."""
MATCH_WORDS = 2 + MOST_ARGUMENTS


class _Arena(threading.local):
    """The large arrays, kept from task to task: to touch fresh memory costs time."""

    def __init__(self) -> None:
        self.nodes: Words = np.empty(1 << 17, np.int64)
        self.pool: Pool = np.empty(1 << 20, np.int32)


_arena = _Arena()


@dataclass(frozen=True)
class KeptProgram:
    """A closed program that a search kept: the first of its behaviour.

    Attributes:
        program: a function of the task's inputs.
        type: of its result.
        cost: nats, in the approximate costs of :mod:`.ground_grammar`.
        values: its result on each example; a Failure where it has none.
    """

    program: Term
    type: Type
    cost: float
    values: tuple[Any, ...]


class Bank:
    """What was kept for one task.

    Attributes:
        ground: the states.
        context: the task in the evaluator's block.
        rule_tables: the states that were written down.
        first, count: int64[states, levels], the block of nodes of each state and level.
        progress: how far the work is, see :mod:`.bank_layout`.
        matches: rows found to meet the goal; ``progress[MATCHES]`` of them.
    """

    def __init__(self, ground: GroundGrammar, context: TaskContext) -> None:
        self.ground = ground
        self.context = context
        self.progress = np.zeros(PROGRESS_WORDS, np.int64)
        self.progress[BLOCK_USED] = context.interned
        self.matches = np.zeros((256, MATCH_WORDS), np.int64)
        self._goal = np.append(context.goal, min(len(context.heap.words), OFFSET))
        self._order = np.arange(len(context.goal))
        self.rule_tables = RuleTables(ground, context)
        self.first = np.zeros((64, LEVELS), np.int64)
        self.count = np.zeros((64, LEVELS), np.int64)
        # With bigrams programs are found by their head: see :func:`.cost_splits.plan`.
        self._rule_first = np.zeros((256 if ground.grammar.is_bigram else 1, LEVELS), np.int64)
        self._rule_count_at = np.zeros_like(self._rule_first)
        self._jobs = np.zeros((1 << 12, JOB_WORDS), np.int64)
        self._hashes = np.zeros(1 << 16, np.int64)
        self._interned = np.zeros(LEAST_INTERNED, np.int64)
        self._steps = np.zeros((0, 3), np.int64)
        self._built: dict[int, int] = {}  # of each state the level up to which it is
        self._nodes = _arena.nodes
        self._pool = _arena.pool
        self._marks = np.zeros((bank_layout.MARKS, (len(self._nodes) >> 6) + 1), np.int64)

    def add(self, number: int) -> None:
        """Write down a state with its rules and points, and make room for its programs."""
        rule_tables = self.rule_tables
        rule_tables.add(number)
        while len(self.first) < len(rule_tables.states):
            self.first = doubled(self.first)
            self.count = doubled(self.count)
        while self.ground.grammar.is_bigram and len(self._rule_first) < len(rule_tables.rules):
            self._rule_first = doubled(self._rule_first)
            self._rule_count_at = doubled(self._rule_count_at)

    # ---- work ---------------------------------------------------------------------------------

    def build_to(self, cost: int) -> None:
        """Keep all programs of at most a cost, those of the wanted type included.

        Args:
            cost: in units; levels that were built before are not built again.

        Raises:
            OutOfRoom: if the block or the pool is full before that.
        """
        for level in range(1, cost + 1):
            self.begin(self.steps_to(level))
            if self.advance(1 << 60) != bank_layout.DONE:
                raise OutOfRoom(f"no room for all programs of cost {level}")

    def steps_to(self, cost: int, *, keep_root: bool = True) -> list[tuple[int, int, int]]:
        """Return what has to be built next for all programs of at most a cost, for :meth:`begin`.

        A state is built only as far as the cheapest program around it leaves units for it. Costs
        are gone through in order, each after all before it are built.

        Args:
            cost: in units.
            keep_root: whether programs of the wanted type are kept up to that cost, too, and not
                just as far as others are made of them. They come last.

        Returns:
            For each state and level: the state, the level, and 0 (it is not just compared).
        """
        ground, steps = self.ground, []
        states = [n for n in ground.reach(cost) if not keep_root or n != ground.root]
        for number in [*states, *([ground.root] if keep_root else [])]:
            self.add(number)
            state = ground.states[number]
            left = cost - (0 if keep_root and number == ground.root else state.outside_cost)
            start = self._built.get(number, state.inside_bound - 1) + 1
            steps += [(number, level, 0) for level in range(max(1, start), left + 1)]
            self._built[number] = max(left, self._built.get(number, 0))
        return steps

    def begin(self, steps: list[tuple[int, int, int]]) -> None:
        """Begin work on states and levels: see :func:`.bank_kernels.advance`."""
        self._steps = np.array(steps, np.int64).reshape(-1, 3)
        self.progress[AT_STEP] = 0
        self.progress[AT_JOB] = -1

    def advance(self, allowed: int, effort: int = 1 << 60) -> int:
        """Go on until there are ``allowed`` candidates, or the steps are done, or for room.

        Args:
            allowed: candidates, those before counted in.
            effort: calls of primitives and functions, roughly, before it returns as well.

        Returns:
            ``DONE``, ``PAUSED``, ``FULL_MATCHES``, or ``FULL_BLOCK`` or ``FULL_VALUES`` where there
            can be no more room.
        """
        memory = self.context.heap.memory
        while True:
            memory[VALUES_ADDRESS] = self._pool.ctypes.data
            # Each value begins with the same fuel, so what tells of progress is the effort spent.
            with self.context.heap.watched(self._hurry, lambda: memory[SPENT]):
                code = advance(
                    self.context.heap.address,
                    self.context.cells,
                    allowed,
                    effort,
                    self._steps,
                    self._goal,
                    self._order,
                    self.progress,
                    self.rule_tables.states,
                    self.rule_tables.rules,
                    self.rule_tables.points,
                    self.first,
                    self.count,
                    self._rule_first,
                    self._rule_count_at,
                    self.rule_tables.corrections,
                    self._jobs,
                    self._nodes,
                    self._marks,
                    self._pool,
                    self._hashes,
                    self._interned,
                    self.matches,
                )
            if self.context.heap.pending is not None:
                pending, self.context.heap.pending = self.context.heap.pending, None
                raise pending
            if not self._grow(int(code)):
                return int(code)

    def _hurry(self) -> None:
        """Let the kernel that is under way pause with the next candidate."""
        self.context.heap.memory[SPENT] = 1 << 60

    def replay(self, members: Words, row: Words, points: Words, values: Words) -> None:
        """Run kept programs on other points: see :func:`.replay.replay`."""
        context = self.context
        replay(
            context.heap.address,
            context.cells,
            self.rule_tables.rules,
            self._nodes,
            self._pool,
            members,
            row,
            points,
            values,
        )
        if context.heap.pending is not None:
            pending, context.heap.pending = context.heap.pending, None
            raise pending

    def _grow(self, code: int) -> bool:
        """Do what a kernel stopped for, mostly make room; False if that was not why it stopped."""
        if code == bank_layout.FULL_NODES:
            self._nodes = _arena.nodes = _extend(self._nodes)
            marks = np.zeros((bank_layout.MARKS, (len(self._nodes) >> 6) + 1), np.int64)
            marks[:, : self._marks.shape[1]] = self._marks
            self._marks = marks
        elif code == bank_layout.FULL_VALUES and len(self._pool) < LARGEST_POOL:
            self._pool = _arena.pool = _extend(self._pool)
        elif code == bank_layout.FULL_HASHES:
            hashes = np.zeros(2 * len(self._hashes), np.int64)
            grow_hashes(self._hashes, hashes)
            self._hashes = hashes
        elif code == bank_layout.FULL_INTERNED:
            interned = np.zeros(2 * len(self._interned), np.int64)
            grow_interned(self._interned, interned)
            self._interned = interned
        elif code == bank_layout.FULL_JOBS:
            self._jobs = doubled(self._jobs)
        elif code == bank_layout.UNMARKED:
            if not mark_job(
                self.context.heap.address,
                self._jobs[self.progress[AT_JOB]],
                self.rule_tables.rules,
                self.rule_tables.states,
                self.first,
                self.count,
                self._nodes,
                self._pool,
                self._marks,
                self._hashes,
                self.progress,
            ):
                return self._grow(bank_layout.FULL_HASHES)
        else:
            return False
        return True

    @property
    def kept(self) -> int:
        """How many programs were kept."""
        return int(self.progress[NODES])

    @property
    def bytes(self) -> int:
        """How much memory the bank's entries take, tables counted in full."""
        words = (
            self.progress[NODES]
            + len(self._hashes)
            + len(self._interned)
            + self.progress[BLOCK_USED]
            - self.context.interned
        )
        return 8 * int(words) + 4 * int(self.progress[VALUES])

    # ---- programs -----------------------------------------------------------------------------

    @property
    def nodes(self) -> Words:
        """The nodes; those from :attr:`kept` on mean nothing."""
        return self._nodes

    @property
    def pool(self) -> Pool:
        """The pool, where the nodes' arguments and values lie."""
        return self._pool

    def values(self, node: int) -> list[int]:
        """Return the words of a node's values, one for each point of its state."""
        word = int(self._nodes[node])
        state = self.rule_tables.rules[_rule_of(word), bank_layout.STATE]
        at = word & LOW
        found: list[int] = self._unpack(
            self._pool[at : at + self.rule_tables.states[state, bank_layout.WIDTH]]
        ).tolist()
        return found

    def _unpack(self, packed: Pool) -> Words:
        """Return the words of packed values: see :mod:`.value_interning`."""
        at = np.where(packed & 1, packed >> 1 & OFFSET, 0)
        return np.where(packed & 1, self.context.heap.words[at], packed >> 1)

    def closed(self, state: int, since: int = 0) -> tuple[Words, Words, Words]:
        """Return the programs of a closed state, in the order in which they were kept.

        Args:
            state: its number.
            since: the first node that counts.

        Returns:
            int64[n] nodes, int64[n] their costs, and int64[n, examples] the words of their values.
        """
        nodes, costs = [np.zeros(0, np.int64)], [np.zeros(0, np.int64)]
        if state in self.rule_tables.known:
            for level in np.flatnonzero(self.count[state]):
                first, count = int(self.first[state, level]), int(self.count[state, level])
                block = np.arange(max(first, since), first + count)
                nodes.append(block)
                costs.append(np.full(len(block), level, np.int64))
        found = np.concatenate(nodes)
        starts = self._nodes[found] & LOW
        packed = self._pool[starts[:, None] + np.arange(len(self.context.goal))]
        return found, np.concatenate(costs), self._unpack(packed)

    def state_of(self, node: int) -> int:
        """Return the state that a node was kept for."""
        return int(self.rule_tables.rules[_rule_of(int(self._nodes[node])), bank_layout.STATE])

    def term(self, node: int) -> Term:
        """Return the term of a node; its free variables are its scope, then the inputs."""
        return self.term_at(node, len(self._scope(_rule_of(int(self._nodes[node])))))

    def term_at(self, node: int, depth: int) -> Term:
        """Return the term of a node as it stands ``depth`` lambdas within the inputs."""
        word = int(self._nodes[node])
        rule, at = _rule_of(word), word & LOW
        arguments = self._pool[
            at - int(self.rule_tables.rules[rule, bank_layout.ARITY]) : at
        ].tolist()
        return self.build(rule, arguments, depth)

    def build(self, rule: int, arguments: list[int], depth: int) -> Term:
        """Return the term of a rule applied to nodes, ``depth`` lambdas within the inputs."""
        row = self.rule_tables.rules[rule]
        state = self.ground.states[int(row[bank_layout.STATE])]
        production = self.rule_tables.production_of(rule)
        if production < 0:
            shift = depth if state.scope is CLOSED else 0
            return Variable(int(row[bank_layout.RULE_VARIABLE]) + shift)
        given = []
        for j in range(int(row[bank_layout.ARITY])):
            binds = int(row[bank_layout.SLOTS + 3 * j + 2])
            term = self.term_at(arguments[j], depth + binds)
            for _ in range(binds):
                term = Lambda(term)
            given.append(term)
        library: Library = self.ground.grammar.library
        return apply(library.productions[production].term, *given)

    def programs(self) -> Iterator[KeptProgram]:
        """Yield the closed programs that were kept, those of one type together, cheapest first."""
        decode = self.context.evaluator.decode
        for number in sorted(self.rule_tables.known):
            state = self.ground.states[number]
            if state.scope is not CLOSED:
                continue
            for level in np.flatnonzero(self.count[number]):
                first = int(self.first[number, level])
                for node in range(first, first + int(self.count[number, level])):
                    program = self.term(node)
                    for _ in self.ground.inputs:
                        program = Lambda(program)
                    values = tuple(map(decode, self.values(node)))
                    yield KeptProgram(program, state.type, float(level) * self.ground.unit, values)

    def _scope(self, rule: int) -> tuple[object, ...]:
        return self.ground.states[int(self.rule_tables.rules[rule, bank_layout.STATE])].scope

    def take_matches(self) -> list[tuple[int, list[int], int]]:
        """Return the matches found since the last time: rule, arguments, candidates by then."""
        found = self.matches[: self.progress[MATCHES]].tolist()
        self.progress[MATCHES] = 0
        return [(row[0], row[1 : 1 + MOST_ARGUMENTS], row[-1]) for row in found]


def _rule_of(word: int) -> int:
    return word >> bank_layout.RULE_SHIFT & bank_layout.RULE_MASK


def _extend(array: _Array) -> _Array:
    """Return an array twice as long: memory that is not yet touched costs nothing.

    A new array gets large pages, which one that the system makes longer in its place does not.
    """
    larger = np.empty(2 * len(array), array.dtype)
    larger[: len(array)] = array
    return larger
