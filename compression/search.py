"""The search for one abstraction, as Python sees it."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from ._jit import kernel
from .corpus import Corpus, write_nodes
from .costs import Costs
from .errors import CompressionError
from .kernels import search
from .nodes import (
    APPLY,
    ARGUMENT,
    LAMBDA,
    SYMBOL,
    VARIABLE,
    Ints,
    Nodes,
    Reals,
    free_masks,
    grown,
    lowered_table,
    new_memo,
)
from .patterns import APPLY_HEAD, FIRST_LEAF_HEAD, LAMBDA_HEAD, Problem

__all__ = ["Candidate", "SearchConfig", "SearchResult", "Searcher", "candidates"]

UNLIMITED = 2**62


@dataclass(frozen=True)
class SearchConfig:
    """How to search for one abstraction.

    Attributes:
        max_arity: the largest number of arguments.
        max_lift: how many of the body's own variables an argument may be a function of: with 1,
            ``(lam (f (g $0)))`` and ``(lam (f (h $0 1)))`` share ``(lam (f (#0 $0)))``.
        costs: what terms cost.
        structure_penalty: how much the body of an abstraction counts against it.
        allow_single_task: whether it may be useful in one task only.
        eta_long: for programs in eta-long form: no abstraction begins with a lambda, stands for a
            function with arguments missing, or has an argument in the place of an applied function.
        count: how many candidates to return.
        spread: return only those whose utility is less than this below the best.
        budget: stop after this many patterns, with the best so far; None for no limit.
    """

    max_arity: int = 2
    max_lift: int = 0
    costs: Costs = field(default_factory=Costs)
    structure_penalty: float = 1.0
    allow_single_task: bool = False
    eta_long: bool = False
    count: int = 1
    spread: float = math.inf
    budget: int | None = None

    def __post_init__(self) -> None:
        for name, least in (("max_arity", 0), ("max_lift", 0), ("count", 1)):
            value = getattr(self, name)
            if isinstance(value, bool) or not isinstance(value, int) or value < least:
                raise CompressionError(f"{name} must be a whole number from {least}; got {value!r}")
        if not self.structure_penalty >= 0:
            raise CompressionError(
                f"structure_penalty must be a number from 0; got {self.structure_penalty!r}"
            )
        if self.budget is not None and self.budget < 0:
            raise CompressionError(f"budget must be None or a number from 0; got {self.budget!r}")


@dataclass(frozen=True)
class Candidate:
    """An abstraction that the search found.

    Attributes:
        body: its text, with ``#0``, ``#1``, ... for the arguments.
        arity: the number of arguments.
        utility: what it saves: the corpus before minus after, minus the penalised body.
        body_cost: the cost of the body, its arguments not counted.
    """

    body: str
    arity: int
    utility: float
    body_cost: int


@dataclass(frozen=True)
class SearchResult:
    """The candidates, best first.

    Attributes:
        candidates: those with a positive utility.
        steps: how many patterns were looked at.
        gap: 0 if the search was complete; otherwise no abstraction is better than the best
            candidate by more than this.
    """

    candidates: list[Candidate]
    steps: int
    gap: float


def candidates(corpus: Corpus, config: SearchConfig, floor: float = 0.0) -> SearchResult:
    """Return the abstractions that compress ``corpus`` most, those with a utility above ``floor``.

    Those are excluded with an argument that is the same closed term wherever they match, or with
    two arguments that are always equal (argument capture and redundant arguments in Stitch).
    """
    return Searcher(corpus, config).candidates(config, floor)


class Searcher:
    """The search in one corpus, ready to be run at several settings.

    Args:
        corpus: the programs.
        config: what all settings have in common: the costs, and whether programs are eta-long.
    """

    def __init__(self, corpus: Corpus, config: SearchConfig) -> None:
        self._corpus = corpus
        self._common = config
        self._problem, self._memo = make_problem(corpus, config, 2 * int(corpus.nodes.size[0]) + 64)
        self._written: dict[bytes, tuple[str, int, int]] = {}

    def candidates(self, config: SearchConfig, floor: float = 0.0) -> SearchResult:
        """Return what :func:`candidates` does, at this setting."""
        costs = config.costs
        if (costs, config.eta_long) != (self._common.costs, self._common.eta_long):
            raise ValueError("the costs and the form of programs are the same at all settings")
        prices = np.array([costs.symbol, costs.apply, costs.lam, costs.variable], np.int64)
        while True:
            found = search(
                self._problem,
                min(config.max_arity, 63),
                config.max_lift,
                prices,
                float(config.structure_penalty),
                bool(config.allow_single_task),
                bool(config.eta_long),
                config.count,
                float(floor),
                float(config.spread),
                UNLIMITED if config.budget is None else config.budget,
                self._memo,
            )
            if found.steps >= 0:
                break
            room = 4 * len(self._problem.origin)
            self._problem, self._memo = make_problem(self._corpus, self._common, room)
        tokens = [
            found.tokens[start : start + length]
            for start, length in zip(found.start, found.length, strict=True)
        ]
        written = self._bodies(tokens)
        listed = [
            Candidate(body, arity, float(utility), cost)
            for (body, arity, cost), utility in zip(written, found.utility, strict=True)
        ]
        best = listed[0].utility if listed else 0.0
        return SearchResult(listed, int(found.steps), max(0.0, float(found.bound) - best))

    def _bodies(self, patterns: list[Ints]) -> list[tuple[str, int, int]]:
        """Return the text, arity and cost of the bodies with these tokens, known ones by memory."""
        keys = [tokens.tobytes() for tokens in patterns]
        new = {k: t for k, t in zip(keys, patterns, strict=True) if k not in self._written}
        if new:
            heads, count = len(self._problem.head_cost), len(self._problem.head)
            named = np.unique(np.concatenate(list(new.values())))
            named = (named[named >= heads] - heads) % count
            whole = write_nodes(self._corpus.nodes, self._corpus.names, named)
            for key, tokens in new.items():
                self._written[key] = self._body(tokens, whole)
        return [self._written[key] for key in keys]

    def _body(self, tokens: Ints, whole: Mapping[int, str]) -> tuple[str, int, int]:
        """Return the text, arity and cost of a body; ``whole`` has the texts of its nodes."""
        problem, corpus, prices = self._problem, self._corpus, self._common.costs
        heads, variables = len(problem.head_cost), int(problem.variables[0])
        count = len(problem.head)
        lifted_cost = prices.apply + prices.variable
        arity = cost = 0
        # Read backwards, the parts of an application come before it. An application is kept as text
        # without its last ')', so that further arguments can follow.
        stack: list[tuple[str, bool]] = []
        for token in map(int, tokens[::-1]):
            if token < 0:
                argument, mask = (-1 - token) % 64, (-1 - token) // 64
                arity = max(arity, argument + 1)
                lifted = "".join(f" ${i}" for i in reversed(range(8)) if mask >> i & 1)
                stack.append((f"(#{argument}{lifted}" if mask else f"#{argument}", bool(mask)))
                cost += mask.bit_count() * lifted_cost
                continue
            if token >= heads:
                node = (token - heads) % count
                cost += int(problem.cost[node])
                whole_text, is_open = whole[node], bool(corpus.nodes.kind[node] == APPLY)
                part = (whole_text[:-1] if is_open else whole_text, is_open)
                if token >= heads + count:
                    cost += int(problem.head_cost[APPLY_HEAD])
                    argument_text = _closed(stack.pop())
                    part = (f"{part[0] if is_open else '(' + part[0]} {argument_text}", True)
                stack.append(part)
                continue
            cost += int(problem.head_cost[token])
            if token == APPLY_HEAD:
                last, (function, is_open) = _closed(stack.pop()), stack.pop()
                stack.append((f"{function if is_open else '(' + function} {last}", True))
            elif token == LAMBDA_HEAD:
                stack.append((f"(lam {_closed(stack.pop())})", False))
            elif token < FIRST_LEAF_HEAD + variables:
                stack.append((f"${token - FIRST_LEAF_HEAD}", False))
            else:
                stack.append((corpus.names[token - FIRST_LEAF_HEAD - variables], False))
        return _closed(stack.pop()), arity, cost


def _closed(part: tuple[str, bool]) -> str:
    text, is_open = part
    return text + ")" if is_open else text


def make_problem(corpus: Corpus, config: SearchConfig, room: int) -> tuple[Problem, Any]:
    """Prepare a corpus for the search, with room for ``room`` nodes; also the memo it needs."""
    nodes = corpus.nodes
    count = int(nodes.size[0])
    cost = corpus.costs(config.costs)
    kind, left = nodes.kind[:count], nodes.left[:count]
    is_variable = kind == VARIABLE
    variables = int(left[is_variable].max()) + 1 if is_variable.any() else 0
    symbols = len(corpus.names)
    has_argument = kind == ARGUMENT
    arguments = int(left[has_argument].max()) + 1 if has_argument.any() else 0
    shift = np.zeros(5, np.int32)
    shift[VARIABLE] = FIRST_LEAF_HEAD
    shift[SYMBOL] = FIRST_LEAF_HEAD + variables
    shift[ARGUMENT] = FIRST_LEAF_HEAD + variables + symbols
    head = np.where(kind >= VARIABLE, left + shift[kind], kind).astype(np.int32)
    by_kind = config.costs.table()
    head_cost = np.concatenate(
        [
            by_kind[[APPLY, LAMBDA]],
            np.full(variables, by_kind[VARIABLE]),
            config.costs.of_symbols(corpus.names),
            np.full(arguments, by_kind[ARGUMENT]),
        ]
    ).astype(np.int32)
    weight, task, deepest = _occurrences(nodes, corpus.roots, corpus.tasks, corpus.weights)
    rows = np.where(nodes.free[:count] > 0, np.minimum(nodes.low[:count], deepest), 0)
    first = np.zeros(count + 1, np.int32)
    np.cumsum(rows, out=first[1:])
    lowered = np.empty(int(first[-1]), np.int32)
    while True:
        # A copy: what is made during the search is no part of the corpus.
        scratch, memo = grown(nodes, room), new_memo()
        if lowered_table(scratch, first, lowered, memo) == 0:
            break
        room *= 2
    origin = np.arange(room, dtype=np.int32)
    np.minimum.at(origin, lowered, np.repeat(np.arange(count, dtype=np.int32), rows))
    has_left, has_right = kind <= LAMBDA, kind == APPLY
    may_match = (kind <= LAMBDA) & (cost > config.costs.symbol)
    if config.eta_long:
        may_match &= kind == APPLY
        may_match[left[kind == APPLY]] = False
    places = np.flatnonzero(may_match).astype(np.int32)
    order = np.argsort(corpus.tasks, kind="stable")
    problem = Problem(
        head=head,
        left=np.where(has_left, left, count).astype(np.int32),
        right=np.where(has_right, nodes.right[:count], count).astype(np.int32),
        cost=cost,
        free=nodes.free[:count].copy(),
        low=nodes.low[:count].copy(),
        mask=free_masks(nodes, count),
        first=first,
        lowered=lowered,
        table=scratch,
        origin=origin,
        weight=weight,
        task=task,
        head_cost=head_cost,
        variables=np.array([variables], np.int32),
        roots=corpus.roots[order],
        root_task=corpus.tasks[order],
        root_weight=corpus.weights[order],
        places=places,
    )
    return problem, memo


@kernel
def _occurrences(nodes: Nodes, roots: Ints, tasks: Ints, weights: Reals) -> tuple[Reals, Ints, int]:
    """Count occurrences: what a unit saved at a node is worth at most, its only task, lambda depth.

    A task counts its best program only, so the worth of a node is the sum over tasks of the
    largest over the task's programs of (program's weight * occurrences in it).
    """
    count = nodes.size[0]
    weight = np.zeros(count)
    only = np.full(count, -2, np.int32)
    times = np.zeros(count)
    depth = np.zeros(count, np.int32)
    best = np.zeros(count)
    order = np.argsort(tasks, kind="mergesort")
    stack = np.empty(count + 1, np.int32)
    in_task = np.empty(count, np.int32)
    seen = np.full(count, -1, np.int32)
    deepest = 0
    i = 0
    while i < order.size:
        task = tasks[order[i]]
        task_size = 0
        while i < order.size and tasks[order[i]] == task:
            program = order[i]
            i += 1
            # Collect the program's nodes, then pass counts down from parents to children.
            size, top = 0, 1
            stack[0] = roots[program]
            seen[roots[program]] = program
            mine = [np.int32(roots[program])]
            while top > 0:
                top -= 1
                node = stack[top]
                kind = nodes.kind[node]
                if kind in (APPLY, LAMBDA):
                    child = nodes.left[node]
                    if seen[child] != program:
                        seen[child] = program
                        stack[top] = child
                        top += 1
                        mine.append(child)
                if kind == APPLY:
                    child = nodes.right[node]
                    if seen[child] != program:
                        seen[child] = program
                        stack[top] = child
                        top += 1
                        mine.append(child)
            listed = np.sort(np.array(mine))
            times[roots[program]] = weights[program]
            size = listed.size
            for k in range(size - 1, -1, -1):
                node = listed[k]
                kind = nodes.kind[node]
                inner = depth[node]
                if kind == LAMBDA:
                    inner += 1
                deepest = max(deepest, inner)
                if kind in (APPLY, LAMBDA):
                    times[nodes.left[node]] += times[node]
                    depth[nodes.left[node]] = max(depth[nodes.left[node]], inner)
                if kind == APPLY:
                    times[nodes.right[node]] += times[node]
                    depth[nodes.right[node]] = max(depth[nodes.right[node]], inner)
                if best[node] == 0.0:
                    in_task[task_size] = node
                    task_size += 1
                    best[node] = 1e-300  # seen in this task, whatever its count
                best[node] = max(best[node], times[node])
                times[node] = 0.0
                if only[node] == -2:
                    only[node] = task
                elif only[node] != task:
                    only[node] = -1
        for k in range(task_size):
            weight[in_task[k]] += best[in_task[k]]
            best[in_task[k]] = 0.0
    return weight, only, deepest
