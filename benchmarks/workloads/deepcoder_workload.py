"""Tasks of the deepcoder language for measuring: of routines by hand, and of drawn programs.

They are in the spirit of LambdaBeam's (Shi et al., NeurIPS 2023): one to three inputs, integers or
lists of them, three to five examples and ten held out. Nothing here is taken from there.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from random import Random
from typing import Any

import numpy as np

from ...domains.deepcoder import LARGEST, LONGEST, SMALLEST, domain
from ...dsl import (
    INT,
    Failure,
    Grammar,
    Interpreter,
    Lambda,
    Task,
    Term,
    Type,
    Variable,
    arrow,
    holds_out,
    spine,
    subterms,
)
from ...enumerate import Budget, SearchProblem, decode
from ...enumerate.bottomup import KeptProgram, explore
from ...enumerate.sampling import Sampler
from ...enumerate.topdown import top_down
from .deepcoder_routines import FURTHER, ROUTINES, L, N

__all__ = ["drawn_tasks", "further_tasks", "handwritten_tasks", "sampled_tasks"]

HELD_OUT = 10
DRAWS = 100
"""Sets of examples that are drawn at most."""
SHORT = 100_000
"""Programs that count as short: the most probable ones, up to about 11 nats."""


def handwritten_tasks(seed: int = 0) -> list[Task]:
    """Return a task for each routine written by hand; the same for a seed."""
    return [_task(Random(f"{seed} {routine[0]}"), *routine) for routine in ROUTINES]


def further_tasks(seed: int = 0) -> list[Task]:
    """Return a task for each of the later routines, that no search was made with in view."""
    return [_task(Random(f"{seed} {routine[0]}"), *routine) for routine in FURTHER]


def _task(
    random: Random, name: str, parameters: list[Type], result: Type, routine: Callable[..., Any]
) -> Task:
    """Draw examples until they are such as a person would choose."""
    shown = random.randint(3, 5)
    for _ in range(DRAWS):
        pairs = _pairs(random, parameters, routine, shown + HELD_OUT)
        task = Task(name, arrow(*parameters, result), pairs[:shown], pairs[shown:])
        if _tells(pairs[:shown]) and not _misleads(task):
            break
    return task


def _misleads(task: Task) -> bool:
    """Say whether the examples of a task are met by a short program that does something else."""
    problem = SearchProblem(task, Grammar.uniform(domain.library), domain.likelihood, domain.limits)
    interpreter = Interpreter(domain.library, domain.limits)
    found = top_down(problem, Budget(candidates=SHORT))
    return any(
        not holds_out(domain.likelihood, task, entry.program, interpreter)
        for entry in found.frontier.entries
    )


def _tells(pairs: list[tuple[list[Any], Any]]) -> bool:
    """Say whether examples are such as a person would choose: they differ, and show something."""
    outputs = [output for _, output in pairs]
    differ = len({repr(output) for output in outputs}) >= len(outputs) - 1
    if not isinstance(outputs[0], list):
        return differ
    changed = sum(output not in inputs for inputs, output in pairs)
    return differ and min(map(len, outputs)) >= 1 and changed >= len(pairs) - 1


def _pairs(
    random: Random, parameters: list[Type], routine: Callable[..., Any], count: int
) -> list[tuple[list[Any], Any]]:
    """Return distinct examples of a routine."""
    found: list[tuple[list[Any], Any]] = []
    while len(found) < count:
        inputs = _inputs(random, parameters)
        output = routine(*inputs)
        if _is_value(output) and (inputs, output) not in found:
            found.append((inputs, output))
    return found


def _inputs(random: Random, parameters: list[Type]) -> list[Any]:
    """Draw inputs; lists beside one another are often equally long, and share elements."""
    length = random.randint(3, 8)
    most = random.choice([5, 10, 20])
    found: list[Any] = []
    for parameter in parameters:
        if parameter is INT:
            found.append(random.randint(0, 6))
        else:
            own = length if random.random() < 0.6 else random.randint(3, 8)
            found.append([random.randint(-most // 2, most) for _ in range(own)])
    return found


def _is_value(value: Any) -> bool:
    """Say whether a program of this language may give a value."""
    if isinstance(value, list):
        return len(value) <= LONGEST and all(map(_is_value, value))
    return isinstance(value, int) and SMALLEST <= value <= LARGEST


REQUESTS: list[list[Type]] = [[L], [L, L], [L, N], [L, L, N], [L, N, N], [L, L, L]]
EXPLORED = 100_000
"""Candidates of the search that tasks are drawn from."""
CHEAPEST = 12.0
"""Nats: cheaper programs are no task."""


def drawn_tasks(count: int, seed: int = 0) -> Iterator[Task]:
    """Yield tasks of programs drawn from those that a bottom-up search keeps on random inputs.

    So none has a much cheaper program of the same behaviour. A program is drawn if all its
    functions use a variable, it uses all inputs, and its outputs differ and are no input; all costs
    are drawn alike.
    """
    random = Random(f"drawn {seed}")
    grammar = Grammar.uniform(domain.library)
    number = 0
    while number < count:
        parameters = REQUESTS[number % len(REQUESTS)]
        result = random.choice([L, L, N])
        inputs = [_inputs(random, parameters) for _ in range(5 + HELD_OUT)]
        request = arrow(*parameters, result)
        seen = Task("inputs", request, [(x, [] if result is L else 0) for x in inputs])
        problem = SearchProblem(seen, grammar, domain.likelihood, domain.limits)
        kept = [
            k
            for k in explore(problem, Budget(candidates=EXPLORED))
            if k.type is result and k.cost >= CHEAPEST and _is_telling(k, inputs)
        ]
        if not kept:
            continue
        number += 1
        cost = random.choice(sorted({k.cost for k in kept}))
        chosen = random.choice([k for k in kept if k.cost == cost])
        name = f"drawn {number}: {domain.library.show(chosen.program)}"
        pairs = list(zip(inputs, chosen.values, strict=True))
        yield Task(name, request, pairs[:5], pairs[5:])


def _is_telling(kept: KeptProgram, inputs: list[list[Any]]) -> bool:
    """Say whether a program makes a task."""
    return _are_telling(inputs, kept.values) and _uses_all(kept.program, len(inputs[0]))


def _are_telling(inputs: list[list[Any]], values: Sequence[Any]) -> bool:
    """Say whether a program's outputs make a task: they differ, and are no inputs."""
    if not all(map(_is_value, values)) or any(v in x for v, x in zip(values, inputs, strict=True)):
        return False
    if len({repr(value) for value in values[:5]}) < 4:
        return False
    return not isinstance(values[0], list) or sum(map(len, values[:5])) >= 10


def _uses_all(body: Term, inputs: int) -> bool:
    """Say whether a program uses its inputs, and each of its functions a variable."""
    for _ in range(inputs):
        assert isinstance(body, Lambda)
        body = body.body
        if not _uses(body, 0):
            return False
    return all(
        _uses(function.body, 0)
        or (isinstance(function.body, Lambda) and _uses(function.body.body, 0))
        for function in subterms(body)
        if isinstance(function, Lambda)
    )


def _uses(term: Term, index: int) -> bool:
    """Say whether a variable occurs in a term."""
    if isinstance(term, Lambda):
        return _uses(term.body, index + 1)
    head, arguments = spine(term)
    return head is Variable(index) or any(_uses(argument, index) for argument in arguments)


SAMPLED = (18.0, 40.0)
"""Nats: what sampled programs may cost."""
TOKENS = 24
"""Heads and lambdas that they may have at most."""


def sampled_tasks(count: int, seed: int = 0) -> Iterator[Task]:
    """Yield tasks of programs sampled from the uniform grammar.

    They use all their inputs, and so do their functions; outputs differ and are no inputs, and no
    short program has the same. Nothing else is asked for, so a cheaper program may do the same.
    """
    random = Random(f"sampled {seed}")
    grammar = Grammar.uniform(domain.library)
    for number in range(1, count + 1):
        parameters = REQUESTS[number % len(REQUESTS)]
        request = arrow(*parameters, random.choice([L, L, N]))
        sampler = Sampler(
            grammar, request, seed=random.randrange(1 << 30), max_tokens=TOKENS, rare=False
        )
        made = (_sampled(random, number, program, request) for program in _programs(sampler))
        yield next(task for task in made if task is not None)


def _programs(sampler: Sampler) -> Iterator[Term]:
    """Yield sampled programs of a fitting cost that use their inputs."""
    inputs = len(sampler.request.parameters)
    while True:
        batch = sampler.draw(20_000)
        for i in np.flatnonzero((batch.costs >= SAMPLED[0]) & (batch.costs <= SAMPLED[1])):
            tokens = batch.tokens[batch.starts[i] : batch.starts[i + 1]]
            program = decode(tokens, domain.library)
            if _uses_all(program, inputs):
                yield program


def _sampled(random: Random, number: int, program: Term, request: Type) -> Task | None:
    """Return the task of a sampled program; None if it does not make one."""
    run = Interpreter(domain.library, domain.limits).function(program)
    pairs: list[tuple[list[Any], Any]] = []
    for _ in range(2 * HELD_OUT):
        inputs = _inputs(random, list(request.parameters))
        value = run(*inputs)
        if not isinstance(value, Failure) and len(pairs) < 5 + HELD_OUT:
            pairs.append((inputs, value))
    if len(pairs) < 5 + HELD_OUT:
        return None
    if not _are_telling([x for x, _ in pairs], [y for _, y in pairs]):
        return None
    name = f"sampled {number}: {domain.library.show(program)}"
    task = Task(name, request, pairs[:5], pairs[5:])
    problem = SearchProblem(task, Grammar.uniform(domain.library), domain.likelihood, domain.limits)
    if top_down(problem, Budget(candidates=SHORT)).frontier.entries:
        return None
    return task
