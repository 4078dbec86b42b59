"""The wake-sleep loop.

Each round: *wake* searches tasks under the current grammar; *abstraction sleep* looks for functions
that shorten what was found, rewrites it with them, and fits the grammar's weights to it; *dream
sleep* trains the recognition model that guides the next wake (Ellis et al., DreamCoder, PLDI 2021,
section 3). Each phase takes a state and returns the next one, and what
it came to; whatever happens on the way is told to callbacks.
"""

from __future__ import annotations

import math
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from typing import Any

from ..compression import CompressionConfig, compress_frontiers
from ..dsl import Domain, Frontier, Grammar, Interpreter, refitted
from ..enumerate.native import with_timeout
from ..run.config import Config
from ..run.events import PhaseBegan, PhaseEnded, Step, TaskSearched
from ..run.run import Phase
from ..run.state import State
from .context import Context
from .dream_sleep import dream_sleep

__all__ = [
    "PHASES",
    "abstraction_sleep",
    "dream_sleep",
    "one_round",
    "phases_of",
    "wake",
    "wake_sleep",
]


Outcome = Mapping[str, Any]


def wake_sleep(state: State, run: Context) -> State:
    """Go through the rounds that are left, and return what is known then."""
    for iteration in range(1, run.config.iterations + 1):
        state = one_round(iteration, state, run)
    return state


def one_round(iteration: int, state: State, run: Context) -> State:
    """Go through the phases of a round that are not over yet."""
    for name, phase in phases_of(run.config).items():
        if not state.is_over(iteration, name):
            began = time.perf_counter() - state.spent
            after, outcome = phase(iteration, state, run)
            over = Phase(iteration, name, time.perf_counter() - began, outcome)
            state = replace(after, phases=(*state.phases, over), searched={}, spent=0.0)
            run.tell(PhaseEnded(over, state))
    return state


def wake(iteration: int, state: State, run: Context) -> tuple[State, Outcome]:
    """Search the round's tasks, and add what is found to their frontiers."""
    config = run.config
    tasks = run.choose(state, iteration, config)
    frontiers = {**state.frontiers, **{name: f for name, (f, _) in state.searched.items()}}
    tried = {**state.tried, **dict.fromkeys(state.searched, iteration)}
    solved = sum(1 for _, by_this in state.searched.values() if by_this)
    run.tell(PhaseBegan(iteration, "wake", len(tasks), len(state.searched), state))
    left = [task for task in tasks if task.name not in state.searched]
    end = time.perf_counter() - state.spent + (config.wake_timeout or math.inf)
    model, grammar, budget = state.recognition, state.grammar, config.search_budget()
    guides = None if model is None else model.guides(left, grammar)
    results = run.executor.search(grammar, left, budget, config.search, guides)
    for task, found in results:
        frontiers[task.name] = frontiers[task.name].merge(found.frontier, config.frontier)
        tried[task.name] = iteration
        solved += bool(found.frontier.entries)
        run.tell(TaskSearched(iteration, state.grammar, frontiers[task.name], found))
        if time.perf_counter() > end:
            results.close()  # what is still being searched waits for the next round
            break
    state = replace(state, frontiers=frontiers, tried=tried)
    searched = sum(1 for task in tasks if tried.get(task.name) == iteration)
    return state, {
        "solved": solved,
        "known": state.known,
        "searched": searched,
        "tasks": len(frontiers),
    }


def abstraction_sleep(iteration: int, state: State, run: Context) -> tuple[State, Outcome]:
    """Learn abstractions, rewrite the frontiers with them, and fit the grammar to them."""
    config = run.config
    grammar, solved, savings = state.grammar, state.solved, dict(state.savings)
    new: list[str] = []
    is_fitted = False
    run.tell(PhaseBegan(iteration, "abstraction", 0, 0, state))
    if config.compression:
        result = compress_frontiers(
            grammar,
            solved,
            CompressionConfig(
                max_arity=config.max_arity,
                top=config.top,
                pseudo_counts=config.pseudo_counts,
                aic=config.aic,
                structure_penalty=config.structure_penalty,
            ),
            run.domain.known_equations,
        )
        grammar = result.grammar
        solved = _confirmed(run.domain, grammar, solved, result.frontiers)
        is_fitted = bool(result.steps) and solved == result.frontiers
        for step in result.steps:
            new.append(step.name)
            savings[step.name] = step.saving
            note = f"{step.name} = {grammar.library.show(step.abstraction.body)}"
            run.tell(Step(iteration, "abstraction", note, {"saving": step.saving}))
    if not is_fitted:  # the weights that abstractions were chosen by are fitted already
        grammar, solved = refitted(grammar, solved, config.pseudo_counts)
    frontiers = {**state.frontiers, **{f.task.name: f for f in solved}}
    state = replace(state, grammar=grammar, frontiers=frontiers, savings=savings)
    return state, {
        "new": new,
        "abstractions": len(grammar.library.abstractions),
        "description_length": state.description_length,
    }


PHASES: dict[str, Callable[[int, State, Context], tuple[State, Outcome]]] = {
    "wake": wake,
    "abstraction": abstraction_sleep,
    "dreaming": dream_sleep,
}
"""The phases of a round, in order, by name."""


def phases_of(config: Config) -> dict[str, Callable[[int, State, Context], tuple[State, Outcome]]]:
    """Return the phases of a round under these options."""
    if config.recognition is None:
        return {name: phase for name, phase in PHASES.items() if name != "dreaming"}
    return PHASES


def _confirmed(
    domain: Domain, grammar: Grammar, before: Sequence[Frontier], after: Sequence[Frontier]
) -> list[Frontier]:
    """Return the rewritten frontiers, with the originals where a rewritten program fails.

    An abstraction evaluates its arguments before its body, so a program that was right because
    ``if`` left a branch alone can fail once that branch is an argument.
    """
    interpreter = Interpreter(grammar.library, domain.limits)
    frontiers = []
    for old, new in zip(before, after, strict=True):
        score = domain.likelihood.scorer(new.task, new.task.examples, interpreter)
        judge = with_timeout(interpreter, score, (-math.inf, None))
        right = [e for e in new.entries if math.isfinite(judge(e.program)[0])]
        if len(right) < len(new.entries):
            new = Frontier.of(new.task, [*right, *old.entries], len(old.entries))
        frontiers.append(new)
    return frontiers
