"""What dreams are made of."""

from __future__ import annotations

from dataclasses import dataclass

__all__ = ["DreamConfig"]


@dataclass(frozen=True)
class DreamConfig:
    """What dreams are made of.

    Attributes:
        distinct: keep one program for each behaviour, the cheapest (for the MAP objective);
            otherwise programs come as they are drawn, repetitions included.
        max_tokens: longer programs are not dreamt.
        candidates: the most that the bottom-up search for the first programs considers.
        examples: inputs of its own that each dream gets.
        least: dreams with an output on fewer of these are dropped.
        together: how many dreams share a set of inputs.
        constants: the largest share of programs whose output never changes.
        patience: draws for each new dream; where it takes more, dreaming ends with fewer than were
            wanted.
    """

    distinct: bool = True
    max_tokens: int = 20
    candidates: int = 100_000
    examples: int = 10
    least: int = 3
    together: int = 256
    constants: float = 0.05
    patience: int = 200
