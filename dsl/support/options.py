"""What the classes of options have in common: made by name, checked by range.

An options class is a frozen dataclass of plain values. What is out of range is refused where the
object is made, with the option's name, what was given, and what is allowed.
"""

from __future__ import annotations

import dataclasses
import math
from typing import Any, ClassVar, Self

from .errors import ReverieError, suggest

__all__ = ["Options"]


class Options:
    """The base of a frozen dataclass of options; its ``__post_init__`` calls the checks.

    Attributes:
        refusal: the error that a wrong option raises.
    """

    refusal: ClassVar[type[ReverieError]] = ReverieError

    @classmethod
    def make(cls, base: Self | None = None, **options: Any) -> Self:
        """Return ``base``, or the defaults, with some options changed.

        Raises:
            ReverieError: for an option that does not exist, with the nearest that does, or one that
                is out of range.
        """
        names = [f.name for f in dataclasses.fields(cls)]  # type: ignore[arg-type]
        for name in options:
            if name not in names:
                raise cls.refusal(f"there is no option {name!r}{suggest(name, names)}")
        return dataclasses.replace(cls() if base is None else base, **options)  # type: ignore[type-var]

    def check_whole(self, least: int, *names: str) -> None:
        """Refuse all but whole numbers from ``least`` for these options."""
        for name in names:
            value = getattr(self, name)
            if isinstance(value, bool) or not isinstance(value, int) or value < least:
                raise self.refusal(f"{name} must be a whole number from {least}; got {value!r}")

    def check_number(self, least: float, *names: str, finite: bool = False) -> None:
        """Refuse all but numbers from ``least`` for these options."""
        for name in names:
            value = getattr(self, name)
            if not value >= least or (finite and value == math.inf):
                raise self.refusal(f"{name} must be a number from {least:g}; got {value!r}")

    def check_above(self, bound: float, *names: str, finite: bool = False) -> None:
        """Refuse all but numbers above ``bound`` for these options."""
        for name in names:
            value = getattr(self, name)
            if not value > bound or (finite and value == math.inf):
                raise self.refusal(f"{name} must be above {bound:g}; got {value!r}")
