"""What the rows of a value matrix are good for: a number for each row, read by the kernels."""

from __future__ import annotations

from typing import Final

__all__ = ["COMPARED", "CONDITION", "DUPLICATE", "OPERAND", "PARTIAL", "VALUE"]

DUPLICATE: Final = 0
"""Equal at all points to a row that costs no more: not looked at."""
VALUE: Final = 1
"""A program of the goal's type with a value at all points."""
CONDITION: Final = 2
"""A truth value where the goal is something else."""
PARTIAL: Final = 3
"""A program of the goal's type that fails at some points. Kinds above are of other types."""
OPERAND: Final = 4
"""A program of another type, there for what is made of it."""
COMPARED: Final = 5
"""An integer that is not of the goal's type: something to compare where that is a truth value."""
