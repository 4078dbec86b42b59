"""Productions as functions to be tested on sample values, under the watchdog.

They run in the reference interpreter. One that does not terminate is stopped, named, and fails from
then on. Slow ones may take :data:`GRACE` beyond the time of the search that tests them, once: what
was found by then is right, and serves all searches to come.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any, Final

from ....dsl import (
    Abstraction,
    Failure,
    Interpreter,
    Library,
    Limits,
    Primitive,
    Symbol,
    Term,
    subterms,
)
from ...native.watchdog import with_timeout

__all__ = ["WatchedProductions", "declared", "run_of", "runs_of", "same", "trusted"]

_CALLS: Final = 2000
"""Of primitives within one trial."""

GRACE: Final = 0.5
"""Seconds after a search's end at which trying its language out ends as well."""

_STOPPED: Final = Failure("a primitive did not come back")


class WatchedProductions:
    """The productions of a library, for many trials that are watched together.

    Attributes:
        functions: what gives a value, or a :class:`Failure`, for arguments; not watched.
    """

    def __init__(self, library: Library) -> None:
        self._interpreter = Interpreter(library, Limits(fuel=_CALLS))
        self.functions = [self._interpreter.function(p.term) for p in library.productions]

    def watch(self, work: Callable[..., Any], otherwise: Any) -> Callable[..., Any]:
        """Return a function that does some work with them, or returns ``otherwise``."""
        return with_timeout(self._interpreter, work, otherwise, GRACE)


def declared(library: Library) -> list[Primitive | None]:
    """Return for each production the primitive that it is; None for an abstraction."""
    known = {primitive.name: primitive for primitive in library.primitives}
    return [known[p.term.name] if isinstance(p.term, Symbol) else None for p in library.productions]


def trusted(library: Library) -> list[bool]:
    """Say of each production whether search may go by what testing finds of it.

    An abstraction is as its primitives are (see :attr:`reverie.dsl.Primitive.tested`).
    """
    untested = {primitive.name for primitive in library.primitives if not primitive.tested}
    if not untested:
        return [True] * len(library.productions)
    return [
        untested.isdisjoint(_names(production.term, library)) for production in library.productions
    ]


def _names(term: Term, library: Library) -> Iterator[str]:
    pending = [term]
    while pending:
        for leaf in subterms(pending.pop()):
            if isinstance(leaf, Symbol):
                yield leaf.name
            elif isinstance(leaf, Abstraction):
                pending.append(leaf.body)


def runs_of(library: Library) -> list[Callable[..., Any]]:
    """Return for each production what gives a value, or a :class:`Failure`, for arguments."""
    trials = WatchedProductions(library)
    return [trials.watch(function, _STOPPED) for function in trials.functions]


def run_of(interpreter: Interpreter, program: Term) -> Callable[..., Any]:
    """Return a program as such a function."""
    return with_timeout(interpreter, interpreter.function(program), _STOPPED)


def same(one: Any, other: Any) -> bool:
    """Say whether two results are equal; any failure equals any other."""
    if isinstance(one, Failure) or isinstance(other, Failure):
        return isinstance(one, Failure) and isinstance(other, Failure)
    return type(one) is type(other) and bool(one == other)
