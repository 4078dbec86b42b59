"""What goes on in a worker process, whoever started it."""

from __future__ import annotations

import pickle
from dataclasses import dataclass
from typing import Any

import cloudpickle

from ..dsl import Abstraction, Domain, Grammar, Task, Weights
from ..enumerate import Budget, SearchResult, compile_ahead, make_ready
from .executor import search_task
from .memory_limit import limit_memory

__all__ = ["begin", "compile_primitive", "get_ready", "packed", "work"]


@dataclass(frozen=True)
class _Language:
    """A grammar without its Python functions, as it travels to a worker.

    Attributes:
        abstractions: the learned functions by name.
        weights: the grammar's weights.
    """

    abstractions: dict[str, Abstraction]
    weights: Weights


def packed(grammar: Grammar) -> bytes:
    """Return a grammar as it travels to workers, which have its primitives from the domain."""
    return pickle.dumps(_Language(grammar.library.abstractions, grammar.weights))


_worker: dict[str, Any] = {}
"""This process's own state: its domain, and the last grammar it was sent."""


def begin(domain: bytes, memory: float) -> None:
    """Take up work for a domain.

    Args:
        domain: by cloudpickle.
        memory: GB that a search may use; this process may grow to twice that and what it needs
            itself, so that a primitive that asks for more fails rather than bring down the machine.
    """
    _worker["domain"] = cloudpickle.loads(domain)
    limit_memory(memory)


def get_ready(number: int, language: bytes) -> Grammar:
    """Return the grammar of that number, built when it is first heard of."""
    if _worker.get("number") != number:
        domain: Domain = _worker["domain"]
        read: _Language = pickle.loads(language)  # our own process made it a moment ago
        library = domain.library.with_abstractions(read.abstractions)
        _worker["grammar"] = Grammar(library, read.weights)
        _worker["number"] = number
        make_ready(library, domain.likelihood, domain.limits)
    grammar: Grammar = _worker["grammar"]
    return grammar


def compile_primitive(number: int) -> None:
    """Compile one primitive of the domain, for all processes to come."""
    domain: Domain = _worker["domain"]
    compile_ahead(domain.library.primitives[number], domain.likelihood, domain.limits)


def work(
    number: int, language: bytes, task: Task, budget: Budget, search: str, weights: Weights | None
) -> SearchResult:
    """Search a task under the grammar of that number, by ``weights`` if there are any."""
    return search_task(
        _worker["domain"], get_ready(number, language), task, budget, search, weights
    )
