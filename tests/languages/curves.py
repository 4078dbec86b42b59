"""Curves with noise: real numbers, and constants that are fitted."""

from __future__ import annotations

import math
from collections.abc import Callable
from random import Random

import reverie as rv
from reverie.domains.likelihoods import RealFit

NOISE = 0.05


@rv.primitive(name="+.")
def add(x: float, y: float) -> float:
    """Add."""
    return x + y


@rv.primitive(name="*.")
def multiply(x: float, y: float) -> float:
    """Multiply."""
    return x * y


@rv.primitive
def sin(x: float) -> float:
    """Take the sine."""
    return math.sin(x)


CURVES: dict[str, Callable[[float], float]] = {
    "parabola": lambda x: x * x,
    "constant": lambda x: 3.0,
    "shift": lambda x: x + 2.5,
    "slope": lambda x: -1.5 * x,
    "line": lambda x: 0.8 * x - 1.2,
    "wave": lambda x: 2.0 * math.sin(x),
    "early wave": lambda x: math.sin(x + 0.7),
    "cup": lambda x: 0.5 * x * x + 1.0,
    "wave on a slope": lambda x: 0.5 * x + math.sin(x),
    "fast wave": lambda x: 1.5 * math.sin(2.0 * x),
}

SOLUTIONS = {
    "parabola": "(lambda (*. $0 $0))",
    "constant": "(lambda REAL)",
    "shift": "(lambda (+. $0 REAL))",
    "slope": "(lambda (*. $0 REAL))",
    "line": "(lambda (+. REAL (*. $0 REAL)))",
    "wave": "(lambda (*. REAL (sin $0)))",
    "early wave": "(lambda (sin (+. $0 REAL)))",
    "cup": "(lambda (+. REAL (*. REAL (*. $0 $0))))",
    "wave on a slope": "(lambda (+. (sin $0) (*. $0 REAL)))",
    "fast wave": "(lambda (*. REAL (sin (*. $0 REAL))))",
}


def points(name: str, count: int, noise: float) -> list[tuple[tuple[float], float]]:
    """Return points of a curve, always the same ones."""
    random = Random(f"{name} {count}")
    found = []
    for _ in range(count):
        x = random.uniform(-3.0, 3.0)
        found.append(((x,), CURVES[name](x) + random.gauss(0.0, noise)))
    return found


domain = rv.Domain(
    "curves",
    [add, multiply, sin, rv.hole("REAL", "real", "A constant to be fitted.")],
    [
        rv.Task(name, "real -> real", points(name, 25, NOISE), points(name, 10, 0.0))
        for name in CURVES
    ],
    likelihood=RealFit(tolerance=0.01),
    doc="Curves through noisy points.",
)
