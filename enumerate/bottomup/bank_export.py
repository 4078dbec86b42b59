"""Programs of one type from a bank, one for each behaviour, as batches of tokens.

A search without a goal keeps one program for each behaviour, in the order of their cost. Nothing
gives more distinct programs a second, so dreams come from here.
"""

from __future__ import annotations

from collections.abc import Callable
from contextlib import suppress

import numpy as np
from numpy.typing import NDArray

from ...dsl import njit
from ..native.block import OutOfRoom
from ..strategy import SearchProblem
from ..time_limits import TimeIsUp, time_limit
from ..tokens import LAMBDA, Tokens
from ..topdown.enumerator import ProgramBatch
from .bank import bank_layout
from .bank.bank import LEVELS, Bank
from .bank.bank_layout import (
    ARITY,
    CANDIDATES,
    IS_CLOSED,
    LOW,
    MOST_ARGUMENTS,
    RULE_MASK,
    RULE_SHIFT,
    RULE_VARIABLE,
    SLOTS,
)
from .bank.task_context import open_context
from .bottomup_search import NotApplicable, applicable
from .ground_grammar import GroundGrammar

__all__ = ["read_bank"]

Words = NDArray[np.int64]

MOST_STATES = 600
"""Where there are many types, the states come to take longer to prepare than to search."""

STRETCH = 1_000_000
"""Calls of primitives, roughly, between looks at how many programs there are."""

_NONE = ProgramBatch(np.empty(0, np.int16), np.zeros(1, np.int64), np.empty(0))


def read_bank(
    problem: SearchProblem,
    candidates: int,
    *,
    max_tokens: int = 32,
    memory: float = 2.0,
    is_late: Callable[[], bool] = lambda: False,
) -> ProgramBatch:
    """Return programs of a task's request that differ on its inputs, cheapest first.

    Args:
        problem: outputs do not matter, but as examples of values that functions may meet.
        candidates: how many programs to consider, of all types, functions' bodies included; it may
            be fewer in a language of many types.
        max_tokens: programs that are longer are left out.
        memory: GB that the bank may take.
        is_late: says when to end with what there is by then.

    Returns:
        The programs, with the approximate costs of :mod:`.ground_grammar`.

    Raises:
        NotApplicable: if :func:`.bottomup_search.applicable` gives a reason.
    """
    reason = applicable(problem)
    if reason is not None:
        raise NotApplicable(f"programs of {problem.task.request} cannot be banked: {reason}")
    with suppress(TimeIsUp), time_limit(lambda grace: is_late()):
        ground = GroundGrammar(problem.grammar, problem.task.request)
        with open_context(problem.grammar.library, problem.limits, problem.task) as context:
            bank = Bank(ground, context)
            with suppress(TimeIsUp):
                _build(bank, candidates, memory, is_late)
            return _programs(bank, max_tokens)
    return _NONE


def _build(bank: Bank, candidates: int, memory: float, is_late: Callable[[], bool]) -> None:
    """Build a bank until so many programs are considered, or no more can be."""
    for level in range(1, LEVELS - 1):
        try:
            steps = bank.steps_to(level)
        except OutOfRoom:  # for the points of ever more scopes
            return
        if len(bank.rule_tables.known) > MOST_STATES:
            return
        bank.begin(steps)
        while bank.advance(candidates, STRETCH) == bank_layout.PAUSED:
            is_full = bank.progress[CANDIDATES] >= candidates or bank.bytes > memory * 1e9
            if is_full or is_late():
                return


def _programs(bank: Bank, max_tokens: int) -> ProgramBatch:
    """Return the programs kept for the root."""
    root = bank.ground.root
    if root not in bank.rule_tables.known:
        return _NONE
    levels = np.flatnonzero(bank.count[root])
    blocks = [
        np.arange(first, first + count)
        for first, count in zip(bank.first[root, levels], bank.count[root, levels], strict=True)
    ]
    nodes = np.concatenate([np.empty(0, np.int64), *blocks]).astype(np.int64)
    costs = np.repeat(levels * bank.ground.unit, bank.count[root, levels])
    tokens = np.empty((len(nodes), max_tokens), np.int16)
    lengths = np.empty(len(nodes), np.int64)
    heads = bank.rule_tables.productions()
    _write(
        bank.nodes,
        bank.pool,
        bank.rule_tables.rules,
        heads,
        nodes,
        len(bank.ground.inputs),
        tokens,
        lengths,
    )
    short = lengths > 0
    tokens, lengths = tokens[short], lengths[short]
    within = np.arange(max_tokens) < lengths[:, None]
    return ProgramBatch(tokens[within], np.concatenate([[0], np.cumsum(lengths)]), costs[short])


@njit(
    "void(int64[::1], int32[::1], int64[:,::1], int16[::1], int64[::1], int64, int16[:,::1], "
    "int64[::1])",
    cache=True,
    nogil=True,
)
def _write(
    nodes: Words,
    pool: NDArray[np.int32],
    rules: Words,
    heads: Tokens,
    chosen: Words,
    inputs: int,
    tokens: Tokens,
    lengths: Words,
) -> None:
    """Write the tokens of closed programs.

    Args:
        nodes, pool, rules: see :mod:`.bank_layout`.
        heads: of each rule its production, -1 for a variable.
        chosen: (n,), the nodes.
        inputs: how many lambdas stand around each program.
        tokens: (n, most tokens); written.
        lengths: (n,), receive how many; 0 where they do not fit.
    """
    most = tokens.shape[1]
    # What is still to be written: a node, how many lambdas it is in, and how many of them are new.
    waiting = np.empty((MOST_ARGUMENTS * most + 1, 3), np.int64)
    for i in range(len(chosen)):
        waiting[0, 0], waiting[0, 1], waiting[0, 2] = chosen[i], 0, inputs
        count, at = 1, 0
        while count > 0:
            count -= 1
            node, depth, binds = waiting[count, 0], waiting[count, 1], waiting[count, 2]
            if at + binds + count + 1 > most:
                at = 0
                break
            for _ in range(binds):
                tokens[i, at] = LAMBDA
                at += 1
            rule = nodes[node] >> RULE_SHIFT & RULE_MASK
            if heads[rule] < 0:
                shift = depth if rules[rule, IS_CLOSED] else 0
                tokens[i, at] = -1 - (rules[rule, RULE_VARIABLE] + shift)
                at += 1
                continue
            tokens[i, at] = heads[rule]
            at += 1
            arity = rules[rule, ARITY]
            for j in range(arity - 1, -1, -1):
                binds = rules[rule, SLOTS + 3 * j + 2]
                waiting[count, 0] = pool[(nodes[node] & LOW) - arity + j]
                waiting[count, 1] = depth + binds
                waiting[count, 2] = binds
                count += 1
        lengths[i] = at
