"""Programs evaluated a second: natively, with and without early exit, and by the interpreter.

The programs are random eta-long ones of type list(int) -> list(int) over the primitives of list
processing (no ``unfold``: what does not end measures the fuel), 4 to 14 leaves, on five examples
that no program solves. Run ``python -m reverie.benchmarks.evaluate``.
"""

from __future__ import annotations

import random
import time
from collections.abc import Callable, Iterable
from typing import Any

import numpy as np

from reverie.dsl import (
    INT,
    Interpreter,
    Lambda,
    Library,
    Primitive,
    Term,
    Type,
    Variable,
    apply,
    constant,
    list_of,
    parse_type,
)
from reverie.enumerate.native import NativeEvaluator

__all__ = ["main"]


def _fold(values: Any, x: Any, f: Any) -> Any:
    for value in reversed(values):
        x = f(value, x)
    return x


def _is_prime(n: Any) -> Any:
    if n < 2:
        return False
    divisor = 2
    while divisor * divisor <= n:
        if n % divisor == 0:
            return False
        divisor += 1
    return True


_FUNCTIONS: list[tuple[str, str, Callable[..., Any]]] = [
    ("map", "(t0 -> t1) -> list(t0) -> list(t1)", lambda f, xs: [f(x) for x in xs]),
    ("filter", "(t0 -> bool) -> list(t0) -> list(t0)", lambda f, xs: [x for x in xs if f(x)]),
    ("fold", "list(t0) -> t1 -> (t0 -> t1 -> t1) -> t1", _fold),
    ("range", "int -> list(int)", lambda n: list(range(n))),
    ("index", "int -> list(t0) -> t0", lambda i, xs: xs[i]),
    ("length", "list(t0) -> int", len),
    ("+", "int -> int -> int", lambda a, b: a + b),
    ("-", "int -> int -> int", lambda a, b: a - b),
    ("*", "int -> int -> int", lambda a, b: a * b),
    ("mod", "int -> int -> int", lambda a, b: a % b),
    ("cons", "t0 -> list(t0) -> list(t0)", lambda x, xs: [x, *xs]),
    ("car", "list(t0) -> t0", lambda xs: xs[0]),
    ("cdr", "list(t0) -> list(t0)", lambda xs: xs[1:]),
    ("append", "list(t0) -> list(t0) -> list(t0)", lambda a, b: a + b),
    ("reverse", "list(t0) -> list(t0)", lambda xs: xs[::-1]),
    ("empty?", "list(t0) -> bool", lambda xs: len(xs) == 0),
    ("gt?", "int -> int -> bool", lambda a, b: a > b),
    ("eq?", "int -> int -> bool", lambda a, b: a == b),
    ("not", "bool -> bool", lambda a: not a),
    ("is-prime", "int -> bool", _is_prime),
]

_EXAMPLES = [[3, 1, 2], [5, 2, 7, 1, 4], [9, 8, 1, 0, 3, 2, 6], [1, 1, 2, 3], [4, 6, 2, 0, 5]]


def language() -> Library:
    """Return a language of list processing."""
    return Library(
        [
            *(Primitive(name, parse_type(text), value) for name, text, value in _FUNCTIONS),
            Primitive(
                "if",
                parse_type("bool -> t0 -> t0 -> t0"),
                lambda condition, yes, no: yes() if condition else no(),
                lazy=frozenset({1, 2}),
            ),
            constant("empty", "list(t0)", []),
            constant("0", "int", 0),
            constant("1", "int", 1),
        ],
        name="lists",
    )


def random_programs(library: Library, request: Type, count: int, seed: int) -> list[Term]:
    """Return distinct eta-long programs, type variables standing for int and list(int)."""
    heads: dict[Type, list[tuple[Term, tuple[Type, ...]]]] = {}
    for production in library.productions:
        for one in (INT, list_of(INT)):
            for two in (INT, list_of(INT)):
                kind = production.type.replace({0: one, 1: two})
                heads.setdefault(kind.result, []).append((production.term, kind.parameters))
    rng = random.Random(seed)

    def grow(want: Type, scope: tuple[Type, ...], size: int) -> Term:
        if want.is_arrow:
            (parameter, *_) = want.parameters
            return Lambda(grow(want.arguments[1], (parameter, *scope), size))
        usable: list[tuple[Term, tuple[Type, ...]]] = [
            (Variable(i), t.parameters) for i, t in enumerate(scope) if t.result is want
        ]
        usable += heads[want]
        leaves = size <= 1
        fitting = [h for h in usable if bool(h[1]) != leaves]
        head, parameters = rng.choice(fitting if leaves or rng.random() < 0.7 else usable)
        share = (size - 1) // max(len(parameters), 1)
        return apply(head, *[grow(p, scope, share) for p in parameters])

    found: dict[Term, None] = {}
    while len(found) < count:
        try:
            program = grow(request, (), rng.randint(4, 16))
        except IndexError:  # no leaf of the type that is wanted
            continue
        if 4 <= program.leaves <= 14:
            found[program] = None
    return list(found)


def best(function: Callable[[], object], repeats: int = 5) -> float:
    """Return the shortest time of several, in seconds: the machine may be busy."""
    times = []
    for _ in range(repeats):
        start = time.perf_counter()
        function()
        times.append(time.perf_counter() - start)
    return min(times)


def rows() -> Iterable[tuple[str, float]]:
    """Measure; yield what was measured, and programs a second."""
    library = language()
    found = random_programs(library, parse_type("list(int) -> list(int)"), 5000, seed=1)
    inputs = [(values,) for values in _EXAMPLES]
    outputs = [[x * x + 1 for x in sorted(values)] for values in _EXAMPLES]
    modes = (("native, opcodes", True), ("native, compiled primitives only", False))
    for name, intrinsics in modes:
        start = time.perf_counter()
        evaluator = NativeEvaluator(library, intrinsics=intrinsics)
        print(f"{name}: made in {time.perf_counter() - start:.2f} s")
        coded = [evaluator.encode(program) for program in found]
        tokens = np.concatenate(coded)
        starts = np.cumsum([0, *map(len, coded)])
        examples = evaluator.examples(inputs, outputs)

        def early(evaluator: Any = evaluator, given: Any = (tokens, starts, examples)) -> object:
            return evaluator.run(*given)

        def whole(evaluator: Any = evaluator, given: Any = (tokens, starts, examples)) -> object:
            return evaluator.words(*given)

        yield f"{name}, stop at the first wrong example", len(found) / best(early)
        yield f"{name}, all five examples, interned", len(found) / best(whole)
    interpreter = Interpreter(library)
    functions = [interpreter.function(program) for program in found[:500]]

    def slowly() -> None:
        for function in functions:
            for given, wanted in zip(inputs, outputs, strict=True):
                if function(*given) != wanted:
                    break

    yield "reference interpreter, stop at the first wrong example", 500 / best(slowly)


def main() -> None:
    """Print the table."""
    for name, rate in rows():
        print(f"{name:62} {rate:12,.0f} programs/s")


if __name__ == "__main__":
    main()
