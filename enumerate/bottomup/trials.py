"""A library's productions as functions to be tried on sample values.

They run in the reference interpreter, and are watched: one that does not come back is stopped,
named, and fails from then on.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Final

from ...dsl.interpreter import Failure, Interpreter, Limits
from ...dsl.library import Library
from ...dsl.terms import Term
from ..native.watch import patient

__all__ = ["run_of", "runs_of"]

_CALLS: Final = 2000
"""Of primitives within one trial."""

_STOPPED: Final = Failure("a primitive did not come back")


def runs_of(library: Library) -> list[Callable[..., Any]]:
    """Return for each production what gives a value, or a :class:`Failure`, for arguments."""
    interpreter = Interpreter(library, Limits(fuel=_CALLS))
    return [run_of(interpreter, production.term) for production in library.productions]


def run_of(interpreter: Interpreter, program: Term) -> Callable[..., Any]:
    """Return a program as such a function."""
    return patient(interpreter, interpreter.function(program), _STOPPED)
