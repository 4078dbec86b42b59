"""Checking a domain before it is used: does each primitive keep what its type promises?"""

from __future__ import annotations

import copy
import itertools
import re
import signal
import threading
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
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
    Task,
    Type,
    TypeMismatch,
    to_value,
)
from .sample_values import SampleValues
from .unsolvable_tasks import reasons_not_to_be_solved

__all__ = ["check_domain"]

SECONDS = 2.0
"""How long one call of a primitive may take."""

REPEATS = 24
"""Calls that are made once more, at least, to see whether a primitive is random."""

NOT_TRIED = "not tried"

CALLS = 40
"""How many combinations of sample arguments a primitive is tried on."""


def check_domain(domain: Domain) -> dict[str, Any]:
    """Try out a domain's primitives and tasks.

    Each primitive is called with a few arguments: numbers, truth values, characters, strings, what
    other primitives return, values of the tasks, lists and pairs of them, functions between them; a
    value that is not of the type it should be, or an argument that was changed, is a fault. An
    exception is not: it means that the function is not defined there.

    Returns:
        ``{"domain", "primitives": [{"name", "type", "runs", "native", "reason", "note"}], "tasks",
        "not_tried", "faults"}``: ``not_tried`` are the primitives of which no arguments are known,
        ``runs`` is how search evaluates it, ``reason`` why not natively.
    """
    from .enumerate.native import NativeEvaluator, forget_failure

    interpreter = Interpreter(domain.library, domain.limits)
    for primitive in domain.primitives:
        forget_failure(primitive)  # to check is to try again
    tasks: list[Task] = []
    faults: list[str] = [] if domain.primitives else ["there are no primitives"]
    try:
        tasks = domain.make_tasks()
    except ReverieError as error:
        faults.append(str(error))
    samples = _samples(domain, tasks, interpreter)
    support = {s.name: s for s in NativeEvaluator(domain.library, domain.limits).support()}
    rows: list[dict[str, Any]] = []
    for primitive in domain.primitives:
        note = ""
        if not primitive.is_hole:
            note, wrong = _try(primitive, interpreter, samples)
            faults += wrong
        # A hole never runs: the likelihood puts a constant in its place.
        runs = None if primitive.is_hole else support[primitive.name]
        rows.append(
            {
                "name": primitive.name,
                "type": str(primitive.type),
                "runs": "" if runs is None else runs.how,
                "native": runs is not None and runs.is_native,
                "reason": "" if runs is None else _in_words(runs.reason),
                "note": note or primitive.doc,
            }
        )
    for task in tasks:
        faults += reasons_not_to_be_solved(task, domain.likelihood)
    not_tried = [row["name"] for row in rows if str(row["note"]).startswith(NOT_TRIED)]
    return {
        "domain": domain.name,
        "primitives": rows,
        "tasks": len(tasks),
        "not_tried": not_tried,
        "faults": faults,
    }


_WORDS = (
    (r"Untyped global name '(\w+)'", "it uses {}, which compiled code cannot hold"),
    (r"NameError: name '(\w+)'", "it uses {}, which is not defined"),
    (r"<(?:built-in )?(?:function|ufunc|method) '?(\w+)", "it calls {}, unknown to compiled code"),
    (r"Unknown attribute '(\w+)'", "it uses the attribute {}, unknown to compiled code"),
    (r"(?i)numba|nopython|signature|typing|unify|lowering|ir_|parfor|literal\[", "{}"),
)
"""What the compiler says, and how that is said to people."""


def _in_words(reason: str) -> str:
    """Return why a primitive is not compiled without the compiler's own words."""
    for pattern, words in _WORDS:
        found = re.search(pattern, reason)
        if found and words != "{}":
            return words.format(found[1])
        if found:
            return "compiled code does not know all that it uses"
    return reason


def _samples(domain: Domain, tasks: Sequence[Task], interpreter: Interpreter) -> SampleValues:
    """Return values to try primitives on, those that other primitives return among them."""
    samples = SampleValues(tasks)
    waiting = [p for p in domain.primitives if not p.is_hole]
    found = True
    while waiting and found:
        found = False
        for primitive in list(waiting):
            ground = _ground(primitive.type)
            given = [next(samples.of(parameter), None) for parameter in ground.parameters]
            if any(value is None for value in given):
                continue
            waiting.remove(primitive)
            value = primitive.value
            if ground.is_arrow:
                value = _called(interpreter.function(Symbol(primitive.name)), given)
            if not isinstance(value, Failure):
                with suppress(Exception):  # what is not of its type is found below
                    found = samples.add(value, ground.result) or found
    return samples


def _called(run: Callable[..., Any], given: Sequence[Any]) -> Any:
    """Return what a primitive gives for arguments that it may change."""
    try:
        with _time_limit(SECONDS):
            return run(*copy.deepcopy(given))
    except (_TooLong, SystemExit, Exception) as error:  # noqa: BLE001 - it is tried again, and told
        return Failure(str(error))


# ---- primitives ----------------------------------------------------------------------------------


def _try(
    primitive: Primitive, interpreter: Interpreter, known: SampleValues
) -> tuple[str, list[str]]:
    """Call a primitive; return a note, and what is wrong."""
    ground = _ground(primitive.type)
    if not ground.is_arrow:
        try:
            to_value(primitive.value, ground)
        except TypeMismatch as error:
            return "", [f"primitive {primitive.name}: {error}"]
        return "", []
    samples = [list(known.of(parameter)) for parameter in ground.parameters]
    if not all(samples):
        missing = next(t for t, s in zip(ground.parameters, samples, strict=True) if not s)
        return f"{NOT_TRIED}: no value of type {missing} is known", []
    run = interpreter.function(Symbol(primitive.name))
    failures, reason = 0, ""
    calls = list(itertools.islice(itertools.product(*samples), CALLS))
    repeats = max(1, REPEATS // len(calls))
    for arguments in calls:
        before = copy.deepcopy([a for a in arguments if not callable(a)])
        try:
            with _time_limit(SECONDS):
                if not primitive.lazy and not any(map(callable, arguments)):
                    # As it is: the interpreter would shield the arguments, and stop it unseen.
                    with suppress(Exception):
                        primitive.value(*arguments)
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
        if _differ(before, [a for a in arguments if not callable(a)]):
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
        if _varies(run, arguments, value, repeats):
            given = ", ".join(map(_shown, arguments))
            fault = (
                f"primitive {primitive.name} gives different values for the same arguments, "
                f"{given}; a program with it cannot be checked, so take what is random from an "
                "argument"
            )
            return "", [fault]
    if failures == len(calls):
        return f"every sample call failed: {reason}", []
    return "", []


def _differ(before: list[Any], after: list[Any]) -> bool:
    """Whether values are others than before, as far as they can be compared with copies at all."""
    try:
        return copy.deepcopy(after) == after and before != after
    except Exception:  # noqa: BLE001 - a domain's own values may raise anything
        return False


def _varies(run: Callable[..., Any], arguments: Any, value: Any, repeats: int) -> bool:
    """Whether a primitive gives another value when it is called again, as far as can be told."""
    try:
        if callable(value) or copy.deepcopy(value) != value:
            return False  # nothing can be told by comparing
        return any(_called(run, arguments) != value for _ in range(repeats))
    except Exception:  # noqa: BLE001 - a domain's own values may raise anything
        return False


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


def _shown(argument: Any) -> str:
    return "a constant function" if callable(argument) else repr(argument)
