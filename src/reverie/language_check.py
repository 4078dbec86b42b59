"""Checking a domain before it is used: does each primitive keep what its type promises?"""

from __future__ import annotations

import copy
import itertools
import signal
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

from .dsl import (
    BUILT_IN,
    INT,
    Domain,
    Failure,
    Interpreter,
    Primitive,
    ReverieError,
    Substitution,
    Symbol,
    Type,
    TypeMismatch,
    representatives,
    to_value,
)

__all__ = ["check_domain"]

SECONDS = 2.0
"""How long one call of a primitive may take."""

CALLS = 40
"""How many combinations of sample arguments a primitive is tried on."""


def check_domain(domain: Domain) -> dict[str, Any]:
    """Try out a domain's primitives and tasks.

    Each primitive whose arguments can be made up (numbers, truth values, characters, strings,
    lists and pairs of them, functions between them) is called with a few; a value that is not of
    the type it should be, or an argument that was changed, is a fault. An exception is not: it
    means that the function is not defined there.

    Returns:
        ``{"domain", "primitives": [{"name", "type", "runs", "native", "reason", "note"}], "tasks",
        "faults"}``: ``runs`` is how search evaluates it, ``reason`` why not natively.
    """
    from .enumerate.native import NativeEvaluator, forget_failure

    interpreter = Interpreter(domain.library, domain.limits)
    for primitive in domain.primitives:
        forget_failure(primitive)  # to check is to try again
    support = {s.name: s for s in NativeEvaluator(domain.library, domain.limits).support()}
    faults: list[str] = [] if domain.primitives else ["there are no primitives"]
    rows = []
    for primitive in domain.primitives:
        note = ""
        if not primitive.is_hole:
            note, wrong = _try(primitive, interpreter)
            faults += wrong
        # A hole never runs: the likelihood puts a constant in its place.
        runs = None if primitive.is_hole else support[primitive.name]
        rows.append(
            {
                "name": primitive.name,
                "type": str(primitive.type),
                "runs": "" if runs is None else runs.how,
                "native": runs is not None and runs.is_native,
                "reason": "" if runs is None else runs.reason,
                "note": note or primitive.doc,
            }
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
    samples = [_samples(parameter) for parameter in ground.parameters]
    if not all(samples):
        missing = next(t for t, s in zip(ground.parameters, samples, strict=True) if not s)
        return f"not tried: nothing of type {missing} can be made up", []
    run = interpreter.function(Symbol(primitive.name))
    failures, reason = 0, ""
    calls = list(itertools.islice(itertools.product(*samples), CALLS))
    for arguments in calls:
        before = copy.deepcopy([a for a in arguments if not callable(a)])
        try:
            with _time_limit(SECONDS):
                value = run(*arguments)
        except _TooLong:
            given = ", ".join(map(_shown, arguments))
            fault = (
                f"primitive {primitive.name}, called with {given}: no answer in {SECONDS:g} s; a "
                "search would stop it and count it as failing, so bound its loops"
            )
            return "", [fault]
        except SystemExit as stop:
            return "", [f"primitive {primitive.name} calls exit({stop.code!r}); raise an exception"]
        if before != [a for a in arguments if not callable(a)]:
            fault = (
                f"primitive {primitive.name} changes its arguments: given {before}; values are "
                "shared between programs, so work on a copy"
            )
            return "", [fault]
        if isinstance(value, Failure) and value.wrong_type:
            given = ", ".join(map(_shown, arguments))
            return "", [f"primitive {value.reason}, called with {given}"]
        if isinstance(value, Failure):
            failures += 1
            reason = value.reason
            continue
        try:
            _keeps_type(value, ground.result)
        except TypeMismatch as error:
            given = ", ".join(map(_shown, arguments))
            fault = f"primitive {primitive.name} : {primitive.type}, called with {given}: {error}"
            return "", [fault]
    if failures == len(calls):
        return f"every sample call failed: {reason}", []
    return "", []


def _keeps_type(value: Any, type: Type) -> None:
    """Raise TypeMismatch unless ``value`` is of ``type``; a tuple is no list, say."""
    meant = to_value(value, type)
    if type.constructors() <= BUILT_IN.keys() and meant != value:
        raise TypeMismatch(f"{value!r:.60} is not of type {type}; {meant!r:.60} would be")


class _TooLong(BaseException):
    """Leaves a call of a primitive, past any ``except Exception`` on the way."""


@contextmanager
def _time_limit(seconds: float) -> Iterator[None]:
    """Raise :class:`_TooLong` after so many seconds, where this system and thread can."""
    main = threading.current_thread() is threading.main_thread()
    if not (main and hasattr(signal, "setitimer")):
        yield
        return

    def stop(*_: object) -> None:
        raise _TooLong

    before = signal.signal(signal.SIGALRM, stop)
    signal.setitimer(signal.ITIMER_REAL, seconds)
    try:
        yield
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)
        signal.signal(signal.SIGALRM, before)


def _ground(type: Type) -> Type:
    """Return the type with ``int`` in the place of each variable."""
    substitution = Substitution(max(type.variables, default=-1) + 1)
    for variable in type.variables:
        substitution.bindings[variable] = INT
    return substitution.apply(type)


def _samples(type: Type) -> tuple[Any, ...]:
    """Return a few values of a type, none if it is a domain's own; functions are constant."""
    if type.is_arrow:
        return tuple(_constant(type, value) for value in _samples(type.result)[:2])
    return representatives(type)


def _constant(type: Type, value: Any) -> Callable[..., Any]:
    arity = len(type.parameters)

    def function(*arguments: Any) -> Any:
        rest = arity - len(arguments)
        return value if rest <= 0 else (lambda *more: function(*arguments, *more))

    return function


def _shown(argument: Any) -> str:
    return "a constant function" if callable(argument) else repr(argument)
