"""Likelihoods of programs with holes: constants chosen for each task, at a price.

A program with more constants fits more data, so each constant costs log likelihood; that is what
keeps ``2x`` ahead of ``2x + 0.00001``. The two likelihoods follow DreamCoder's symbolic regression
and text editing (Ellis et al., PLDI 2021, appendix).
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from itertools import product
from typing import TYPE_CHECKING, Any
from typing import Literal as OneOf

from ..dsl import (
    CHAR,
    REAL,
    STR,
    Application,
    Example,
    Failure,
    Interpreter,
    InvalidTask,
    Lambda,
    Literal,
    ReverieError,
    Scorer,
    Task,
    Term,
    Type,
    Verdict,
    abstract_holes,
    fill,
    list_of,
)

if TYPE_CHECKING:
    import numpy as np

    Method = OneOf["lm", "trf"]

__all__ = ["RealFit", "StringConstants"]

TEXTS: tuple[Type, ...] = (STR, list_of(CHAR))


# ---- real constants ------------------------------------------------------------------------------


@dataclass(frozen=True)
class RealFit:
    """Real outputs with noise; holes of type ``real`` are fitted by least squares.

    A program is a solution if its mean squared error is at most ``tolerance``. Its log likelihood
    is then ``-penalty * k * log(n)`` for k constants and n examples: the term of the Bayesian
    information criterion, with the weight that symbolic regression was published with. The
    error itself does not count below the tolerance, where it is noise.

    Attributes:
        tolerance: the largest mean squared error of a solution.
        penalty: the price of a constant.
        max_holes: how many constants a program may have.
        starts: from how many points a fit is tried, at most, and always the same ones; the first
            that leads to a solution is taken.
        evaluations: how many evaluations of all examples one fit may take, derivatives not counted.
    """

    tolerance: float = 0.05
    penalty: float = 1.0
    max_holes: int = 4
    starts: int = 8
    evaluations: int = 60

    @property
    def comparable(self) -> bool:
        return False

    def check(self, task: Task) -> None:
        result = task.request.result
        if not (result is REAL or result is list_of(REAL)):
            raise InvalidTask(
                f"task {task.name!r} asks for {task.request}, but only outputs of type real or "
                "list(real) can be fitted"
            )
        if not task.examples:
            raise InvalidTask(
                f"task {task.name!r} has no examples; give points that the function goes through"
            )

    def scorer(self, task: Task, examples: Sequence[Example], interpreter: Interpreter) -> Scorer:
        def score(program: Term) -> Verdict:
            try:
                abstracted, holes = abstract_holes(program, interpreter.library)
                if any(hole.type is not REAL for hole in holes) or len(holes) > self.max_holes:
                    return -math.inf, program
                residuals = _residuals(interpreter.function(abstracted), examples)
                values = self._fit(residuals, len(holes))
                if values is None:
                    return -math.inf, program
                filled = fill(abstracted, values, holes)
            except ReverieError:  # too large to be opened, or not of this language
                return -math.inf, program
            constants = sum(literal.type is REAL for literal in _literals(filled))
            return -self.penalty * constants * math.log(len(examples)), filled

        return score

    def _fit(self, residuals: Residuals, count: int) -> list[float] | None:
        """Return constants under which the program is a solution, if some are found."""
        import numpy as np
        from scipy.optimize import least_squares

        if count == 0:
            return [] if self._accepts(residuals([])) else None
        random = np.random.default_rng(0)
        least = math.inf
        for start in range(self.starts):
            # Further out each time: programs such as a root are undefined at most near points.
            point = np.ones(count) if start == 0 else random.normal(0.0, 1.5**start, count)
            errors = residuals(point)
            if errors is None:
                continue
            # MINPACK's method is the faster one, but wants no fewer numbers than constants.
            method: Method = "lm" if len(errors) >= count else "trf"
            most = self.evaluations * (count + 1 if method == "lm" else 1)
            try:
                fit = least_squares(_bounded(residuals), point, method=method, max_nfev=most)
            except (ArithmeticError, ValueError, np.linalg.LinAlgError):
                continue
            exact = [float(x) for x in fit.x]
            rounded = [float(f"{x:.4g}") for x in exact]  # for people, if it is as good
            for values in (rounded, exact):
                if self._accepts(residuals(values)):
                    return values
            if math.isclose(fit.cost, least, rel_tol=1e-6):
                return None  # two starts led to the least error so far: it is hardly chance
            least = min(least, float(fit.cost))
        return None

    def _accepts(self, errors: np.ndarray | None) -> bool:
        return errors is not None and float(errors @ errors) <= self.tolerance * len(errors)


Residuals = Callable[[Any], "np.ndarray | None"]
"""Maps constants to the differences from the outputs; None if the program fails."""

FAILED = 1e6
"""The error of a program that fails, and the largest that is told from others."""


def _residuals(run: Callable[..., Any], examples: Sequence[Example]) -> Residuals:
    import numpy as np

    wanted = [_numbers(example.output) for example in examples]

    def residuals(constants: Any) -> np.ndarray | None:
        given = [float(x) for x in constants]
        differences: list[float] = []
        for example, output in zip(examples, wanted, strict=True):
            value = run(*given, *example.inputs)
            seen = None if isinstance(value, Failure) else _numbers(value)
            if seen is None or output is None or len(seen) != len(output):
                return None
            differences += (x - y for x, y in zip(seen, output, strict=True))
        clipped: np.ndarray = np.clip(np.array(differences), -FAILED, FAILED)
        return clipped

    return residuals


def _bounded(residuals: Residuals) -> Callable[[Any], np.ndarray]:
    """Return the function to be minimised: where the program fails, it is far off."""
    import numpy as np

    size = 1

    def bounded(constants: Any) -> np.ndarray:
        nonlocal size
        found = residuals(constants)
        if found is None:
            return np.full(size, FAILED)
        size = len(found)
        return found

    return bounded


def _numbers(value: Any) -> list[float] | None:
    """Return a real, or a list of reals, as a list; None if it is something else."""
    values = value if isinstance(value, list) else [value]
    if all(isinstance(v, (int, float)) and math.isfinite(v) for v in values):
        return [float(v) for v in values]
    return None


# ---- constant texts ------------------------------------------------------------------------------


@dataclass(frozen=True)
class StringConstants:
    """Exact outputs; holes of type ``str`` or ``list(char)`` take texts that the outputs share.

    A program is a solution if, with some texts in its holes, it meets every example. Its log
    likelihood is then ``-log(alphabet)`` for each character of them: as if each were drawn from
    the alphabet. Of all fillings the shortest that works is taken, hence the most likely.

    Attributes:
        alphabet: the number of characters there might have been (62 letters and digits).
        max_holes: how many texts a program may have.
        longest: the length of the longest text that is tried.
        trials: how many fillings of one program are tried.
    """

    alphabet: int = 62
    max_holes: int = 2
    longest: int = 24
    trials: int = 400

    @property
    def comparable(self) -> bool:
        return False

    def check(self, task: Task) -> None:
        if not task.examples:
            raise InvalidTask(
                f"task {task.name!r} has no examples; give at least one input with its output"
            )

    def scorer(self, task: Task, examples: Sequence[Example], interpreter: Interpreter) -> Scorer:
        fillings = [self._fillings(examples, count) for count in range(self.max_holes + 1)]

        def score(program: Term) -> Verdict:
            try:
                abstracted, holes = abstract_holes(program, interpreter.library)
                if any(hole.type not in TEXTS for hole in holes) or len(holes) > self.max_holes:
                    return -math.inf, program
                run = interpreter.function(abstracted)
                for texts in fillings[len(holes)]:
                    given = [
                        text if hole.type is STR else list(text)
                        for text, hole in zip(texts, holes, strict=True)
                    ]
                    if all(_equal(run(*given, *e.inputs), e.output) for e in examples):
                        filled = fill(abstracted, texts, holes)
                        return -self._length(filled) * math.log(self.alphabet), filled
            except ReverieError:  # too large to be opened, or not of this language
                pass
            return -math.inf, program

        return score

    def _fillings(self, examples: Sequence[Example], count: int) -> list[tuple[str, ...]]:
        """Return the texts to try in ``count`` holes, the shortest first."""
        outputs = ["".join(e.output) for e in examples if _is_text(e.output)]
        shared = common_substrings(outputs, self.longest)
        if count:
            shared = shared[: int(self.trials ** (1 / count))]
        return sorted(product(shared, repeat=count), key=lambda texts: sum(map(len, texts)))

    def _length(self, program: Term) -> int:
        return sum(len(str(x.value)) for x in _literals(program) if x.type in TEXTS)


def common_substrings(texts: Sequence[str], longest: int) -> list[str]:
    """Return the substrings that all texts share: the maximal ones, then their parts.

    >>> common_substrings(["Dr. Who", "Dr. No"], 9)
    ['o', 'Dr. ', 'D', 'r', '.', ' ', 'Dr', 'r.', '. ', 'Dr.', 'r. ']
    """
    if not texts:
        return []
    base = min(texts, key=len)
    found: dict[str, None] = {}
    for size in range(1, min(longest, len(base)) + 1):
        pieces = [base[i : i + size] for i in range(len(base) - size + 1)]
        shared = [piece for piece in pieces if all(piece in text for text in texts)]
        if not shared:
            break
        found.update(dict.fromkeys(shared))
    # A piece is maximal if no longer one has it at either end.
    inner = {piece[1:] for piece in found} | {piece[:-1] for piece in found}
    return sorted(found, key=lambda piece: (piece in inner, len(piece)))


def _is_text(value: Any) -> bool:
    return isinstance(value, str) or (
        isinstance(value, list) and all(isinstance(v, str) for v in value)
    )


def _equal(value: Any, output: Any) -> bool:
    return not isinstance(value, Failure) and bool(value == output)


def _literals(program: Term) -> Iterator[Literal]:
    """Yield each occurrence of a literal outside of abstractions."""
    stack = [program]
    while stack:
        node = stack.pop()
        if isinstance(node, Application):
            stack += (node.function, node.argument)
        elif isinstance(node, Lambda):
            stack.append(node.body)
        elif isinstance(node, Literal):
            yield node
