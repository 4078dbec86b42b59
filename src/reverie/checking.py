"""Checking a domain before it is used: does each primitive keep what its type promises?"""

from __future__ import annotations

import copy
import itertools
from collections.abc import Callable, Iterator
from typing import Any

from .domains.domain import Domain
from .dsl.errors import ReverieError, TypeMismatch
from .dsl.interpreter import Failure, Interpreter
from .dsl.library import Primitive
from .dsl.task import to_value
from .dsl.terms import Symbol
from .dsl.types import BOOL, CHAR, INT, REAL, STR, Substitution, Type, TypeConstructor

__all__ = ["check_domain"]

CALLS = 40
"""How many combinations of sample arguments a primitive is tried on."""


def check_domain(domain: Domain) -> dict[str, Any]:
    """Try out a domain's primitives and tasks.

    Each primitive whose arguments can be made up (numbers, truth values, characters, strings,
    lists and pairs of them, functions between them) is called with a few; a value that is not of
    the type it should be, or an argument that was changed, is a fault. An exception is not: it
    means that the function is not defined there.

    Returns:
        ``{"domain", "primitives": [{"name", "type", "native", "note"}], "tasks", "faults"}``.
    """
    interpreter = Interpreter(domain.library, domain.limits)
    faults: list[str] = []
    rows = []
    for primitive in domain.primitives:
        note = ""
        if not primitive.is_hole:
            note, wrong = _try(primitive, interpreter)
            faults += wrong
        rows.append(
            {"name": primitive.name, "type": str(primitive.type), "note": note or primitive.doc}
        )
    tasks = 0
    try:
        tasks = len(domain.make_tasks())
    except ReverieError as error:
        faults.append(str(error))
    return {"domain": domain.name, "primitives": rows, "tasks": tasks, "faults": faults}


def _try(primitive: Primitive, interpreter: Interpreter) -> tuple[str, list[str]]:
    """Call a primitive; return a note, and what is wrong."""
    ground = _ground(primitive.type)
    if not ground.is_arrow:
        try:
            to_value(primitive.value, ground)
        except TypeMismatch as error:
            return "", [f"primitive {primitive.name}: {error}"]
        return "", []
    samples = [list(_samples(parameter)) for parameter in ground.parameters]
    if not all(samples):
        missing = next(t for t, s in zip(ground.parameters, samples, strict=True) if not s)
        return f"not tried: nothing of type {missing} can be made up", []
    run = interpreter.function(Symbol(primitive.name))
    failures = 0
    calls = list(itertools.islice(itertools.product(*samples), CALLS))
    for arguments in calls:
        before = copy.deepcopy([a for a in arguments if not callable(a)])
        value = run(*arguments)
        if before != [a for a in arguments if not callable(a)]:
            fault = (
                f"primitive {primitive.name} changes its arguments: given {before}; values are "
                "shared between programs, so work on a copy"
            )
            return "", [fault]
        if isinstance(value, Failure):
            failures += 1
            continue
        try:
            to_value(value, ground.result)
        except TypeMismatch as error:
            given = ", ".join(map(_shown, arguments))
            fault = f"primitive {primitive.name} : {primitive.type}, called with {given}: {error}"
            return "", [fault]
    if failures == len(calls):
        reason = run(*calls[0]).reason
        return f"every sample call failed: {reason}", []
    return "", []


def _ground(type: Type) -> Type:
    """Return the type with ``int`` in the place of each variable."""
    substitution = Substitution(max(type.variables, default=-1) + 1)
    for variable in type.variables:
        substitution.bindings[variable] = INT
    return substitution.apply(type)


def _samples(type: Type) -> Iterator[Any]:
    """Yield a few values of a type, none if it is a domain's own."""
    plain: dict[Type, list[Any]] = {
        INT: [1, 0, 3, -2],
        BOOL: [True, False],
        REAL: [0.5, 0.0, -1.5],
        CHAR: ["a", " "],
        STR: ["ab", ""],
    }
    if type in plain:
        yield from plain[type]
    elif type.is_arrow:
        yield from (_constant(type, value) for value in itertools.islice(_samples(type.result), 2))
    elif isinstance(type, TypeConstructor) and type.name == "list":
        elements = list(itertools.islice(_samples(type.arguments[0]), 3))
        if elements:
            yield from (elements, elements[:1], [])
    elif isinstance(type, TypeConstructor) and type.name == "pair":
        yield from itertools.islice(
            itertools.product(_samples(type.arguments[0]), _samples(type.arguments[1])), 3
        )


def _constant(type: Type, value: Any) -> Callable[..., Any]:
    arity = len(type.parameters)

    def function(*arguments: Any) -> Any:
        rest = arity - len(arguments)
        return value if rest <= 0 else (lambda *more: function(*arguments, *more))

    return function


def _shown(argument: Any) -> str:
    return "a constant function" if callable(argument) else repr(argument)
