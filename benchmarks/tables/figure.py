"""One line of a table of measurements."""

from __future__ import annotations

import math
from typing import NamedTuple

__all__ = ["Figure"]


class Figure(NamedTuple):
    """One line of the table.

    Attributes:
        what: was measured.
        floor, goal: what it should reach; NaN where it is only told.
        measured: what it is.
        unit: of all three.
        note: what else is worth knowing.
    """

    what: str
    floor: float
    goal: float
    measured: float
    unit: str
    note: str = ""

    @property
    def verdict(self) -> str:
        """``goal``, ``floor`` or ``below``: what was reached; ``told`` without a floor."""
        if math.isnan(self.floor):
            return "told"
        more = self.goal > self.floor
        for name, bar in (("goal", self.goal), ("floor", self.floor)):
            if self.measured >= bar if more else self.measured <= bar:
                return name
        return "below"
