"""Does the native evaluator hold? A million programs against the oracle, and all sorts of attacks.

``python -m reverie.benchmarks.robustness`` draws random well-typed programs of a wide language
(:mod:`.wide_language`), compares each value with the reference interpreter's, and counts those that
differ. Then it runs 100,000 hostile ones: recursion without end, huge ranges, division by zero,
empty lists, and sequences of tokens that are no programs or are not well typed. Nothing of it may
crash or hang, or keep memory. ``--count`` and ``--hostile`` set the numbers, ``--seed`` the draw.
"""

from __future__ import annotations

import argparse
import random
import resource
import sys
import time
from collections import Counter
from collections.abc import Iterator, Sequence
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from ..dsl import (
    CHAR,
    INT,
    Failure,
    Interpreter,
    Library,
    Limits,
    Term,
    constant,
    list_of,
    parse_type,
)
from ..enumerate import LAMBDA, variable_token
from ..enumerate.native import NativeEvaluator
from .workloads.wide_language import WIDE, random_programs

__all__ = ["Compared", "Survived", "compare", "main", "survive"]

LIMITS = Limits(fuel=2000)

REQUESTS: dict[str, list[tuple[Any, ...]]] = {
    "list(int) -> list(int)": [([3, 1, 2],), ([],)],
    "int -> int": [(7,), (-2,)],
    "list(int) -> list(list(int))": [([2, 0],)],
    "list(int) -> bool": [([4, 4],)],
    "real -> real": [(0.5,), (-2.0,)],
    "list(char) -> list(char)": [(list("aeb"),)],
    "int -> pair(int, list(int))": [(3,)],
    "int -> canvas": [(2,)],
}
"""What is asked for, and the inputs that programs are compared on."""

IMAGES = (INT, list_of(INT), CHAR)
"""What type variables stand for in random programs."""

EXTREME = [
    constant("1e9", "int", 10**9),
    constant("-1", "int", -1),
    constant("2147483647", "int", 2**31 - 1),
]


class Compared(NamedTuple):
    """How native values and the oracle's agreed, in numbers of programs."""

    programs: int
    same: int
    failed: int  # in both
    resources: int  # one of them ran out of fuel, depth or memory, which they may count differently
    different: list[str]
    seconds: float


class Survived(NamedTuple):
    """What became of hostile programs."""

    programs: int
    values: int
    failed: int
    slowest: float  # seconds
    kept: int  # bytes that the process grew by during the second half


def compare(count: int, seed: int = 0, part: int = 2000) -> Compared:
    """Run random well-typed programs natively and by the reference interpreter."""
    library = Library(WIDE)
    native, oracle = NativeEvaluator(library, LIMITS), Interpreter(library, LIMITS)
    began = time.perf_counter()
    seen: Counter[str] = Counter()
    different: list[str] = []
    done = 0
    while done < count:
        for text, inputs in REQUESTS.items():
            wanted = min(part, count - done)
            if not wanted:
                break
            seed += 1
            programs = random_programs(library, parse_type(text), wanted, seed, IMAGES)
            for program in programs:
                verdicts = {_agree(native, oracle, program, given) for given in inputs}
                if "different" in verdicts:
                    different.append(library.show(program))
                seen[max(verdicts, key=_ORDER.index)] += 1
            done += len(programs)
            native.forget()
    seconds = time.perf_counter() - began
    return Compared(done, seen["same"], seen["failed"], seen["resource"], different, seconds)


_ORDER = ["failed", "same", "resource", "different"]


def _agree(
    native: NativeEvaluator, oracle: Interpreter, program: Term, inputs: tuple[Any, ...]
) -> str:
    got, wanted = native.values(program, inputs), oracle.evaluate(program, inputs)
    reasons = [v.reason for v in (got, wanted) if isinstance(v, Failure)]
    if len(reasons) == 2:
        return "failed"
    if reasons and any(word in reasons[0] for word in ("fuel", "deep", "memory")):
        return "resource"
    same = repr(got) == repr(wanted) or (callable(got) and callable(wanted))
    return "same" if same else "different"


def survive(count: int, seed: int = 0) -> Survived:
    """Run hostile programs natively; it is enough that this returns."""
    library = Library([*WIDE, *EXTREME])
    native = NativeEvaluator(library, LIMITS)
    inputs: list[tuple[Any, ...]] = [([3, 1, 2],), ([],), (10**9,), (-1,), (0.0,), ("a",)]
    values = failed = 0
    slowest, base = 0.0, 0
    for number, tokens in enumerate(_hostile(native, library, count, seed)):
        began = time.perf_counter()
        value = native.values(tokens, inputs[number % len(inputs)])
        slowest = max(slowest, time.perf_counter() - began)
        failed += isinstance(value, Failure)
        values += not isinstance(value, Failure)
        if number == count // 2:
            base = _memory()
    return Survived(count, values, failed, slowest, max(0, _memory() - base))


def _memory() -> int:
    """Return the most memory that this process has held, in bytes."""
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024


def _hostile(
    native: NativeEvaluator, library: Library, count: int, seed: int
) -> Iterator[NDArray[np.int16]]:
    """Yield programs with extreme constants, mangled ones, and noise, a third each."""
    rng = random.Random(seed)
    typed = [
        native.encode(program)
        for text in REQUESTS
        for program in random_programs(
            library, parse_type(text), max(20, count // 48), seed, IMAGES
        )
    ]
    for number in range(count):
        tokens = typed[number % len(typed)].copy()
        if number % 3 == 1:
            for _ in range(rng.randint(1, 4)):
                tokens[rng.randrange(len(tokens))] = _token(rng, len(library))
        elif number % 3 == 2:
            tokens = np.array(_noise(rng, library, rng.randint(1, 40)), np.int16)
        yield tokens


def _token(rng: random.Random, productions: int) -> int:
    kind = rng.random()
    if kind < 0.2:
        return LAMBDA
    if kind < 0.5:
        return variable_token(rng.randint(0, 3), rng.choice([0, 0, 0, 1, 2, 3]))
    return rng.randrange(productions)


def _noise(rng: random.Random, library: Library, size: int) -> list[int]:
    """Return the tokens of a term of some size that has no regard for types."""
    token = _token(rng, len(library)) if size > 1 else variable_token(rng.randint(0, 3), 0)
    if token == LAMBDA:
        return [token, *_noise(rng, library, size - 1)]
    arity = library.productions[token].arity if token >= 0 else (-1 - token) >> 8
    parts = [_noise(rng, library, (size - 1) // arity) for _ in range(arity)]
    return [token, *(t for part in parts for t in part)]


def main(arguments: Sequence[str] = ()) -> None:
    """Print both tables."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--count", type=int, default=1_000_000)
    parser.add_argument("--hostile", type=int, default=100_000)
    parser.add_argument("--seed", type=int, default=0)
    chosen = parser.parse_args(arguments)
    found = compare(chosen.count, chosen.seed)
    print(
        f"{found.programs:,} random well-typed programs: {found.same:,} with the oracle's value, "
        f"{found.failed:,} fail in both, {found.resources:,} out of fuel or depth in one, "
        f"{len(found.different):,} DIFFERENT; {found.seconds:.0f} s"
    )
    for program in found.different[:20]:
        print(f"  {program}")
    survived = survive(chosen.hostile, chosen.seed)
    print(
        f"{survived.programs:,} hostile programs: no crash, no hang; {survived.values:,} have a "
        f"value, {survived.failed:,} fail; the slowest took {1000 * survived.slowest:.1f} ms; "
        f"memory grew by {survived.kept / 1e6:.1f} MB in the second half"
    )


if __name__ == "__main__":
    main(sys.argv[1:])
