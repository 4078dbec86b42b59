"""Tasks of the deepcoder language for measuring: routines by hand, and programs drawn from it.

They are in the spirit of LambdaBeam's (Shi et al., NeurIPS 2023): one to three inputs, integers or
lists of them, three to five examples and ten held out. Nothing here is taken from there.
"""

# ruff: noqa: E501 - one routine a line

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from itertools import accumulate
from random import Random
from typing import Any

from ..domains.deepcoder import domain
from ..domains.deepcoder.functions import LARGEST, LONGEST, SMALLEST
from ..dsl.grammar import Grammar
from ..dsl.task import Task
from ..dsl.terms import Lambda, Term, Variable, spine, subterms
from ..dsl.types import INT, Type, arrow, list_of
from ..enumerate.bottomup.bank import Kept
from ..enumerate.bottomup.search import explore
from ..enumerate.search import Budget, Problem

__all__ = ["drawn_tasks", "handwritten_tasks"]

L, N = list_of(INT), INT
HELD_OUT = 10


def zipped(f: Callable[..., Any], *lists: Iterable[Any]) -> list[Any]:
    """Apply a function along lists as far as the shortest goes."""
    return list(map(f, *lists))


# Each routine: what it is called, the types of its inputs and of its output, what it does.
ROUTINES: list[tuple[str, list[Type], Type, Callable[..., Any]]] = [
    ("add the index", [L], L, lambda xs: [i + x for i, x in enumerate(xs)]),
    ("multiply by the place", [L], L, lambda xs: [(i + 1) * x for i, x in enumerate(xs)]),
    ("indices", [L], L, lambda xs: [*range(len(xs))]),
    ("length", [L], N, len),
    ("running maximum", [L], L, lambda xs: [*accumulate(xs, max)]),
    ("running minimum, negated", [L], L, lambda xs: [-x for x in accumulate(xs, min)]),
    ("running sum", [L], L, lambda xs: [*accumulate(xs)]),
    ("running sum from the end", [L], L, lambda xs: [*accumulate(xs[::-1])][::-1]),
    ("running sum of squares", [L], L, lambda xs: [*accumulate(x * x for x in xs)]),
    ("running alternation", [L], L, lambda xs: [*accumulate(xs, lambda a, x: x - a)]),
    ("differences", [L], L, lambda xs: zipped(lambda a, b: b - a, xs, xs[1:])),
    ("distances of neighbours", [L], L, lambda xs: zipped(lambda a, b: abs(a - b), xs, xs[1:])),
    ("larger of neighbours", [L], L, lambda xs: zipped(max, xs, xs[1:])),
    ("sums of neighbours", [L], L, lambda xs: zipped(lambda a, b: a + b, xs, xs[1:])),
    ("sums of three", [L], L, lambda xs: zipped(lambda a, b, c: a + b + c, xs, xs[1:], xs[2:])),
    ("pairwise sum, even only", [L, L], L, lambda a, b: [s for s in zipped(lambda x, y: x + y, a, b) if s % 2 == 0]),
    ("pairwise product", [L, L], L, lambda a, b: zipped(lambda x, y: x * y, a, b)),
    ("pairwise product plus one", [L, L], L, lambda a, b: zipped(lambda x, y: x * y + 1, a, b)),
    ("pairwise distance", [L, L], L, lambda a, b: zipped(lambda x, y: abs(x - y), a, b)),
    ("pairwise mean", [L, L], L, lambda a, b: zipped(lambda x, y: (x + y) // 2, a, b)),
    ("pairwise maximum of three", [L, L, L], L, lambda a, b, c: zipped(max, a, b, c)),
    ("pairwise sum of three", [L, L, L], L, lambda a, b, c: zipped(lambda x, y, z: x + y + z, a, b, c)),
    ("x y plus z", [L, L, L], L, lambda a, b, c: zipped(lambda x, y, z: x * y + z, a, b, c)),
    ("choose the larger, sorted", [L, L], L, lambda a, b: sorted(zipped(max, a, b))),
    ("sum of pairwise maxima", [L, L], N, lambda a, b: sum(zipped(max, a, b))),
    ("inner product", [L, L], N, lambda a, b: sum(zipped(lambda x, y: x * y, a, b))),
    ("largest pairwise difference", [L, L], N, lambda a, b: max(zipped(lambda x, y: x - y, a, b))),
    ("places that agree", [L, L], N, lambda a, b: sum(zipped(lambda x, y: x == y, a, b))),
    ("places where the first is larger", [L, L], N, lambda a, b: sum(zipped(lambda x, y: x > y, a, b))),
    ("count above the mean", [L], N, lambda xs: sum(x > sum(xs) // len(xs) for x in xs)),
    ("keep above the mean", [L], L, lambda xs: [x for x in xs if x > sum(xs) // len(xs)]),
    ("mean", [L], N, lambda xs: sum(xs) // len(xs)),
    ("count above the last", [L], N, lambda xs: sum(x > xs[-1] for x in xs)),
    ("count of the largest", [L], N, lambda xs: xs.count(max(xs))),
    ("count between", [L, N, N], N, lambda xs, a, b: sum(a < x < b for x in xs)),
    ("keep between", [L, N, N], L, lambda xs, a, b: [x for x in xs if a < x < b]),
    ("keep multiples of three", [L], L, lambda xs: [x for x in xs if x % 3 == 0]),
    ("keep what k divides", [L, N], L, lambda xs, k: [x for x in xs if x % (k + 1) == 0]),
    ("drop the largest", [L], L, lambda xs: [x for x in xs if x != max(xs)]),
    ("drop both extremes", [L], L, lambda xs: sorted(xs)[1:-1]),
    ("negative ones first", [L], N, lambda xs: sum(x < 0 for x in xs)),
    ("squares of the odd", [L], L, lambda xs: [x * x for x in xs if x % 2 == 1]),
    ("halve the even", [L], L, lambda xs: [x // 2 for x in xs if x % 2 == 0]),
    ("collatz step", [L], L, lambda xs: [x // 2 if x % 2 == 0 else 3 * x + 1 for x in xs]),
    ("even ones halved, others kept", [L], L, lambda xs: [x // 2 if x % 2 == 0 else x for x in xs]),
    ("zero the negative", [L], L, lambda xs: [max(x, 0) for x in xs]),
    ("magnitudes", [L], L, lambda xs: [abs(x) for x in xs]),
    ("signs", [L], L, lambda xs: [(x > 0) - (x < 0) for x in xs]),
    ("replace k by zero", [L, N], L, lambda xs, k: [0 if x == k else x for x in xs]),
    ("replace a by b", [L, N, N], L, lambda xs, a, b: [b if x == a else x for x in xs]),
    ("clip between", [L, N, N], L, lambda xs, a, b: [max(a, min(x, a + b)) for x in xs]),
    ("a x plus b", [L, N, N], L, lambda xs, a, b: [a * x + b for x in xs]),
    ("x squared plus x", [L], L, lambda xs: [x * x + x for x in xs]),
    ("five x minus one", [L], L, lambda xs: [5 * x - 1 for x in xs]),
    ("square of x minus k", [L, N], L, lambda xs, k: [(x - k) ** 2 for x in xs]),
    ("last digits", [L], L, lambda xs: [x % 10 for x in xs]),
    ("remainders by three", [L], L, lambda xs: [x % 3 for x in xs]),
    ("distance from the mean", [L], L, lambda xs: [abs(x - sum(xs) // len(xs)) for x in xs]),
    ("distance to the largest", [L], L, lambda xs: [max(xs) - x for x in xs]),
    ("add the first", [L], L, lambda xs: [x + xs[0] for x in xs]),
    ("rank of each", [L], L, lambda xs: [sum(y < x for y in xs) for x in xs]),
    ("how often each occurs", [L], L, lambda xs: [xs.count(x) for x in xs]),
    ("how many of ys are smaller", [L, L], L, lambda xs, ys: [sum(y < x for y in ys) for x in xs]),
    ("repeated only", [L], L, lambda xs: [x for x in xs if xs.count(x) > 1]),
    ("keep what is in ys", [L, L], L, lambda xs, ys: [x for x in xs if x in ys]),
    ("drop what is in ys", [L, L], L, lambda xs, ys: [x for x in xs if x not in ys]),
    ("reflect in the sum of ends", [L], L, lambda xs: [min(xs) + max(xs) - x for x in xs]),
    ("add the reverse", [L], L, lambda xs: zipped(lambda a, b: a + b, xs, xs[::-1])),
    ("larger of it and its reverse", [L], L, lambda xs: zipped(max, xs, xs[::-1])),
    ("minus the sorted", [L], L, lambda xs: zipped(lambda a, b: a - b, xs, sorted(xs))),
    ("sort downwards", [L], L, lambda xs: sorted(xs)[::-1]),
    ("k largest, downwards", [L, N], L, lambda xs, k: sorted(xs)[::-1][:k]),
    ("sum of the k largest", [L, N], N, lambda xs, k: sum(sorted(xs)[::-1][:k])),
    ("sum of the two largest", [L], N, lambda xs: sum(sorted(xs)[-2:])),
    ("second smallest", [L], N, lambda xs: sorted(xs)[1]),
    ("median", [L], N, lambda xs: sorted(xs)[len(xs) // 2]),
    ("range", [L], N, lambda xs: max(xs) - min(xs)),
    ("sum of even", [L], N, lambda xs: sum(x for x in xs if x % 2 == 0)),
    ("even sum minus odd sum", [L], N, lambda xs: sum(x if x % 2 == 0 else -x for x in xs)),
    ("largest running sum", [L], N, lambda xs: max(accumulate(xs))),
    ("sum of magnitudes", [L], N, lambda xs: sum(map(abs, xs))),
    ("sum of squared differences", [L, L], N, lambda a, b: sum(zipped(lambda x, y: (x - y) ** 2, a, b))),
    ("element at k from the end", [L, N], N, lambda xs, k: xs[::-1][k] if k < len(xs) else None),
    ("sum up to k", [L, N], N, lambda xs, k: sum(xs[:k])),
    ("maximum after the first k", [L, N], N, lambda xs, k: max(xs[k:], default=None)),
    ("without the ends", [L], L, lambda xs: xs[1:-1]),
    ("reverse of all but the first", [L], L, lambda xs: xs[1:][::-1]),
    ("smaller of two numbers, squared", [N, N], N, lambda a, b: min(a, b) ** 2),
    ("distance of two numbers", [N, N], N, lambda a, b: abs(a - b)),
    ("polynomial of three", [N, N, N], N, lambda a, b, c: a * b + c),
    ("middle of three", [N, N, N], N, lambda a, b, c: sorted([a, b, c])[1]),
    ("remainder", [N, N], N, lambda a, b: a % (b + 1)),
    ("keep below the square of k", [L, N], L, lambda xs, k: [x for x in xs if x < k * k]),
    ("increase where larger than before", [L], L, lambda xs: zipped(lambda a, b: b if b > a else 0, xs, xs[1:])),
    ("running maximum minus element", [L], L, lambda xs: zipped(lambda m, x: m - x, accumulate(xs, max), xs)),
    ("pairwise choice by k", [L, L, N], L, lambda a, b, k: zipped(lambda x, y: x if x > k else y, a, b)),
    ("scale by the sum", [L], L, lambda xs: [x * sum(xs) for x in xs]),
    ("squares in order", [L], L, lambda xs: sorted(x * x for x in xs)),
    ("odd ones doubled, sorted", [L], L, lambda xs: sorted(2 * x for x in xs if x % 2)),
]  # fmt: skip


def handwritten_tasks(seed: int = 0) -> list[Task]:
    """Return the tasks made of the routines above; the same for a seed."""
    return [_task(Random(f"{seed} {routine[0]}"), *routine) for routine in ROUTINES]


def _task(
    random: Random, name: str, parameters: list[Type], result: Type, routine: Callable[..., Any]
) -> Task:
    shown = random.randint(3, 5)
    pairs = _pairs(random, parameters, routine, shown + HELD_OUT)
    for _ in range(100):
        if _tells(pairs[:shown]):
            break
        pairs = _pairs(random, parameters, routine, shown + HELD_OUT)
    return Task(name, arrow(*parameters, result), pairs[:shown], pairs[shown:])


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
        problem = Problem(seen, grammar, domain.likelihood, domain.limits)
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


def _is_telling(kept: Kept, inputs: list[list[Any]]) -> bool:
    """Say whether a program makes a task."""
    values = kept.values
    if not all(map(_is_value, values)) or any(v in x for v, x in zip(values, inputs, strict=True)):
        return False
    if len({repr(value) for value in values[:5]}) < 4:
        return False
    if isinstance(values[0], list) and sum(map(len, values[:5])) < 10:
        return False
    body = kept.program
    for _ in inputs[0]:
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


def _inputs_used(term: Term, depth: int) -> set[int]:
    """Return the free variables of a term ``depth`` lambdas within the inputs."""
    if isinstance(term, Lambda):
        return _inputs_used(term.body, depth + 1)
    head, arguments = spine(term)
    found = {head.index - depth} if isinstance(head, Variable) and head.index >= depth else set()
    return found.union(*(_inputs_used(argument, depth) for argument in arguments))


def _are_telling(pairs: list[tuple[list[Any], Any]]) -> bool:
    outputs = [output for _, output in pairs]
    if any(output in inputs for inputs, output in pairs):
        return False
    if len({repr(output) for output in outputs}) < len(outputs) // 2:
        return False
    return not isinstance(outputs[0], list) or sum(map(len, outputs)) >= 2 * len(outputs)
