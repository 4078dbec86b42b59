"""Top-down search: every program between two costs, depth first over the tables.

The kernel fills holes left to right with an explicit stack, one frame for each head chosen so far.
A frame's hole belongs to an item; when the hole is filled, the item's transition by the outcome
says what comes next: another hole, or an outcome of the hole one head further out, and so on. A
branch is cut when its cost, plus the exact cheapest completion of everything open, reaches the
upper end of the window.

Each window enumerates from scratch all that lies below its upper end, as in DreamCoder (Ellis et
al., PLDI 2021); with windows of 1.5 nats that costs about a fifth.
"""

from __future__ import annotations

import math
import time
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from ...dsl import Grammar, Term, Type, from_dtype, kernel_types, njit
from ..automaton.compiled_grammar import DEAD, ITEM, RULE, SLACK, CompiledGrammar, GrammarArrays
from ..native.memory.block_access import call_address, pointer_to
from ..native.watchdog import watched
from ..tokens import LAMBDA, Tokens, decode

if TYPE_CHECKING:
    from ..native.evaluator import Judge

__all__ = ["WINDOW", "ProgramBatch", "TopDown", "enumerate_windows", "programs", "windows"]

WINDOW = 1.5
"""The width of DreamCoder's windows, in nats."""

Int32 = NDArray[np.int32]
Int64 = NDArray[np.int64]
Float64 = NDArray[np.float64]

# What a search keeps between calls.
_DEPTH, _SKIPPED, _CONSIDERED, _HURRIED = 0, 1, 2, 3
_COUNT, _WRITE, _JUDGE = 0, 1, 2  # what to do with programs

_FRAME = np.dtype(
    [
        ("cost", np.float64),  # before this head
        ("rest", np.float64),  # least cost of what is open after it
        ("cursor", np.uint32),  # the next rule to try
        ("leaves", np.uint32),  # the end of the rules without arguments
        ("end", np.uint32),  # the end of all rules
        ("block", np.int32),  # of the item whose hole this head fills
        ("up", np.int32),  # the frame of the head that this is an argument of
        ("position", np.int32),  # of this head's token
        ("last", np.bool_),  # whether no hole is open after it
    ],
    align=True,
)
"""One head on the stack of a search."""

ONE = np.uint32(1)
"""Rules are counted without a sign, so that an index is not taken for one from the end."""


class ProgramBatch(NamedTuple):
    """Complete programs; views of the search's buffers, overwritten by the next batch."""

    tokens: Tokens  # the programs one after another
    starts: Int64  # (n + 1,): program i is tokens[starts[i]:starts[i + 1]]
    costs: Float64  # (n,): minus the log prior, in nats

    def __len__(self) -> int:
        return len(self.costs)

    def first(self, count: int) -> ProgramBatch:
        """Return the first programs of the batch."""
        starts = self.starts[: count + 1]
        return ProgramBatch(self.tokens[: starts[-1]], starts, self.costs[:count])


class TopDown:
    """A resumable search for all programs in a window of costs.

    Args:
        tables: the compiled prior.
        batch: the most programs that :meth:`next_batch` returns.
        max_tokens: longer programs are skipped and counted in :attr:`skipped`. Weights that are
            sharply peaked put programs of any length below a small cost.

    >>> from reverie.dsl.model.grammar import Grammar
    >>> from reverie.dsl.language.library import Library, constant
    >>> from reverie.dsl.calculus.types import INT
    >>> library = Library([constant("0", "int", 0), constant("1", "int", 1)])
    >>> search = TopDown(CompiledGrammar(Grammar.uniform(library), INT))
    >>> search.window(0.0, 1.5)
    >>> len(search.next_batch())
    2
    """

    def __init__(
        self, tables: CompiledGrammar, *, batch: int = 4096, max_tokens: int = 256
    ) -> None:
        self.tables = tables
        self._tokens = np.empty(max(batch * 24, max_tokens), dtype=np.int16)
        self._starts = np.zeros(batch + 1, dtype=np.int64)
        self._costs = np.empty(batch)
        self._order = np.zeros(batch, dtype=np.int64)
        self._control = np.array([-1, 0, 0, 0], dtype=np.int64)
        self._frames = np.zeros(max_tokens, dtype=_FRAME)
        self._program = np.zeros(max_tokens, dtype=np.int16)
        self._arrays: GrammarArrays | None = None
        self._lower = self._upper = 0.0

    @property
    def skipped(self) -> int:
        """How many branches of this window were cut for being too long."""
        return int(self._control[_SKIPPED])

    @property
    def is_done(self) -> bool:
        """Whether the window has come to its end."""
        return bool(self._control[_DEPTH] < 0)

    @property
    def considered(self) -> int:
        """How many programs the last batch was taken from."""
        return int(self._control[_CONSIDERED])

    @property
    def order(self) -> Int64:
        """For each program of the last batch, how many of those had been considered with it."""
        return self._order

    def window(
        self, lower: float, upper: float, most: float = math.inf, *, grace: float = 0.0
    ) -> None:
        """Go to the start of the window [lower, upper) of costs, in nats.

        Args:
            lower, upper: the window.
            most: how many entries the tables may have.
            grace: seconds that building them may take beyond the time of the search.

        Raises:
            TablesTooLarge: if the tables cannot be built that far.
            TimeIsUp: if there is no time to build them.
        """
        arrays = self.tables.up_to(upper, most, grace=grace)
        self._arrays, self._lower, self._upper = arrays, lower, upper
        whole = arrays.items[-1]
        lambdas = whole["lambdas"]
        self._program[:lambdas] = LAMBDA
        rules = whole["first"], whole["leaves"], whole["end"]
        self._frames[0] = 0.0, 0.0, *rules, 0, -1, lambdas, True
        self._control[:] = 0

    def next_batch(self, judge: Judge | None = None, most: int | None = None) -> ProgramBatch:
        """Return further programs of the window.

        Args:
            judge: lets only programs through that give the expected values, so that a batch may
                be empty though :attr:`is_done` is False. A program is passed over unconsidered if
                it begins with as much of one that failed as that one's value depended on.
            most: how many programs to consider at most; the size of a batch if None.

        Returns:
            Those that were let through; without a judge nothing means the end of the window.
        """
        most = len(self._costs) if most is None else min(most, len(self._costs))
        if judge is None:
            with watched(time.monotonic, lambda thread: None, self.hurry):
                count = self._run(_WRITE, most, np.zeros(5, np.int64))
        else:
            with judge.evaluator.heap.watched(self.hurry):
                count = self._run(_JUDGE, most, judge.words)
            judge.evaluator.check()
        self._control[_HURRIED] = 0
        return ProgramBatch(
            self._tokens[: self._starts[count]],
            self._starts[: count + 1],
            self._costs[:count],
        )

    def hurry(self) -> None:
        """End the batch that another thread is computing, after the program that it is at."""
        self._control[_HURRIED] = 1

    def count(self) -> int:
        """Run to the end of the window and return how many programs there still were."""
        return self._run(_COUNT, 1, np.zeros(5, np.int64))

    def split(self) -> TopDown | None:
        """Give part of what is left of the window to a new search; None if it cannot be split.

        The two may go on in different threads, and be split again at any time: the parts are
        disjoint. What goes is the rest of the outermost hole that still has rules to try.
        """
        arrays, depth = self._started(), int(self._control[_DEPTH])
        for level in range(depth + 1):
            frame = self._frames[level]
            begin, end = int(frame["cursor"]), int(frame["end"])
            if level == depth:  # nothing further in is under way: keep the first half
                begin = (begin + end + 1) // 2
            least = arrays.rules["key"][begin:end].min(initial=np.inf)
            if frame["cost"] + frame["rest"] + least < self._upper:
                other = TopDown(self.tables, batch=len(self._costs), max_tokens=len(self._program))
                other._arrays, other._lower, other._upper = arrays, self._lower, self._upper
                other._frames[: level + 1] = self._frames[: level + 1]
                other._program[:] = self._program
                other._control[:] = level, 0, 0, 0
                other._frames["cursor"][:level] = other._frames["end"][:level]
                other._frames["cursor"][level] = begin
                frame["end"], frame["leaves"] = begin, min(begin, frame["leaves"])
                return other
        return None

    def _started(self) -> GrammarArrays:
        if self._arrays is None:
            raise ValueError("call window(lower, upper) first")
        return self._arrays

    def _run(self, mode: int, most: int, judge: Int64) -> int:
        arrays = self._started()
        return int(
            _search(
                self._lower,
                self._upper,
                mode,
                most,
                judge,
                int(self._program.ctypes.data),
                self._control,
                self._frames,
                self._program,
                arrays.rules,
                arrays.items,
                arrays.transitions,
                self._tokens,
                self._starts,
                self._costs,
                self._order,
            )
        )


@njit
def _completions(
    rules: Any, first: int, end: int, before: float, lower: float, upper: float
) -> int:
    """Count the rules, sorted by cost, that make the cost before them one within the window."""
    count = 0
    for rule in range(first, end):
        total = before + rules[rule].cost
        if total >= upper:
            break
        if total >= lower:
            count += 1
    return count


@njit(
    kernel_types.int64(
        kernel_types.float64,
        kernel_types.float64,
        kernel_types.int64,
        kernel_types.int64,
        kernel_types.int64[::1],
        kernel_types.int64,
        kernel_types.int64[::1],
        from_dtype(_FRAME)[::1],
        kernel_types.int16[::1],
        from_dtype(RULE)[::1],
        from_dtype(ITEM)[::1],
        kernel_types.int32[::1],
        kernel_types.int16[::1],
        kernel_types.int64[::1],
        kernel_types.float64[::1],
        kernel_types.int64[::1],
    ),
    cache=True,
    nogil=True,
)
def _search(
    lower: float,
    upper: float,
    mode: int,
    most: int,
    judge: Int64,
    address: int,
    control: Int64,
    frames: Any,
    program: Tokens,
    rules: Any,
    items: Any,
    transitions: Int32,
    tokens: Tokens,
    starts: Int64,
    costs: Float64,
    order: Int64,
) -> int:
    """Go on with a search until the window ends or the buffers are full; return the number found.

    Args:
        lower, upper: the window, in nats.
        mode: only count programs; write them to ``tokens``, ``starts``, ``costs`` and ``order``;
            or write those that pass ``judge``.
        most: how many to consider, if not only to count.
        judge: see :class:`~reverie.enumerate.native.evaluator.Judge`.
        address: of ``program``.
        control: the depth of the stack (-1 at the end), the number of branches too long, the
            number of programs considered, and whether to end with the next one, or head done with.
        frames: the stack, one for each head.
        program: the tokens of the heads chosen so far.
        rules, items, transitions: see Arrays.
        tokens, starts, costs, order: see Batch and :attr:`TopDown.order`.
    """
    cut = upper + SLACK
    found = 0
    used = 0
    considered = 0
    memory = pointer_to(judge[1])
    full = False
    depth = control[_DEPTH]
    while depth >= 0:
        frame = frames[depth]
        before = frame.cost
        position = frame.position
        rule = frame.cursor
        if frame.last and rule < frame.leaves:
            # A head without arguments completes the program: no need to look at what follows.
            told = position + 1
            if mode == _COUNT:
                considered += _completions(rules, rule, frame.leaves, before, lower, upper)
                rule = frame.leaves
            while rule < frame.leaves and told > position:
                total = before + rules[rule].cost
                if total >= upper:
                    rule = frame.leaves
                    break
                if total >= lower:
                    considered += 1
                    program[position] = rules[rule].token
                    if mode == _JUDGE:
                        told = call_address(
                            judge[0],
                            memory,
                            (address, position + 1, judge[2], judge[3], judge[4]),
                        )
                    if mode == _WRITE or told < 0:
                        told = position + 1
                        for k in range(position + 1):
                            tokens[used + k] = program[k]
                        used += position + 1
                        costs[found] = total
                        order[found] = considered
                        found += 1
                        starts[found] = used
                    full = considered == most or used + len(program) > len(tokens)
                    if full or control[_HURRIED] != 0:
                        full = True
                        rule += ONE
                        break
                rule += ONE
            frame.cursor = rule
            # What was chosen beyond the tokens that tell of a failure does not matter.
            while depth >= 0 and frames[depth].position >= told:
                depth -= 1
            if full:
                break
            if told <= position:
                continue
        if rule >= frame.end:
            depth -= 1
            # Heads whose arguments come to nothing may go on for hours without one program.
            if control[_HURRIED] != 0:
                break
            continue
        chosen = rules[rule]
        if before + chosen.key + frame.rest >= cut:
            if rule < frame.leaves:
                frame.cursor = frame.leaves
            else:
                depth -= 1
                if control[_HURRIED] != 0:
                    break
            continue
        frame.cursor = rule + ONE
        total = before + chosen.cost
        following = chosen.target
        up = depth
        if following < 0:
            # The hole is filled: go outwards to the head that has an argument left.
            hole = depth
            following = transitions[frame.block - 1 - following]
            while following < 0 and following != DEAD:
                hole = frames[hole].up
                following = transitions[frames[hole].block - 1 - following]
            if following == DEAD:
                continue
            up = frames[hole].up
        item = items[following]
        outside = frames[up].rest
        if total + item.finish + outside >= cut:
            continue
        lambdas = item.lambdas
        if depth + 1 == len(frames) or position + lambdas + 1 >= len(program):
            control[_SKIPPED] += 1
            continue
        last = item.last and frames[up].last
        first = item.first
        if mode == _COUNT and last:
            # Most holes have nothing beyond this, and need no frame.
            considered += _completions(rules, first, item.leaves, total, lower, upper)
            first = item.leaves
            if first == item.end or total + rules[first].key + item.rest + outside >= cut:
                continue
        program[position] = chosen.token
        for k in range(lambdas):
            program[position + 1 + k] = LAMBDA
        depth += 1
        inner = frames[depth]
        inner.cost = total
        inner.rest = item.rest + outside
        inner.cursor = first
        inner.leaves = item.leaves
        inner.end = item.end
        inner.block = item.block
        inner.up = up
        inner.position = position + 1 + lambdas
        inner.last = last
    control[_DEPTH] = depth
    control[_CONSIDERED] = considered
    return considered if mode == _COUNT else found


def windows(upper: float, width: float = WINDOW) -> Iterator[tuple[float, float]]:
    """Yield the windows (lower, upper) of ``width`` nats from 0 up to ``upper``."""
    number = 0
    while number * width < upper - SLACK:
        yield number * width, min((number + 1) * width, upper)
        number += 1


def enumerate_windows(
    search: TopDown, upper: float, width: float = WINDOW
) -> Iterator[tuple[float, float, ProgramBatch]]:
    """Yield (lower, upper, batch) for all windows up to ``upper``, the cheapest first."""
    for lower, higher in windows(upper, width):
        search.window(lower, higher)
        while len(batch := search.next_batch()):
            yield lower, higher, batch


def programs(
    grammar: Grammar, request: Type, lower: float, upper: float
) -> Iterator[tuple[Term, float]]:
    """Yield each program with its cost, lower <= cost < upper in nats, in no particular order.

    >>> from reverie.dsl.language.library import Library, constant
    >>> from reverie.dsl.calculus.types import INT
    >>> library = Library([constant("0", "int", 0), constant("1", "int", 1)])
    >>> [(term, round(cost, 3)) for term, cost in programs(Grammar.uniform(library), INT, 0, 2)]
    [(0, 0.693), (1, 0.693)]
    """
    search = TopDown(CompiledGrammar(grammar, request))
    search.window(lower, upper)
    while len(batch := search.next_batch()):
        for i in range(len(batch)):
            tokens = batch.tokens[batch.starts[i] : batch.starts[i + 1]]
            yield decode(tokens, grammar.library), float(batch.costs[i])
