"""Tasks that no program can solve, whatever the language, found before they are searched."""

from __future__ import annotations

import copy
from collections.abc import Iterator
from contextlib import suppress
from typing import Any

from .dsl import Equality, Likelihood, Task

__all__ = ["reasons_not_to_be_solved"]

MOST_COMPARED = 500
"""Examples with which each later one is compared."""


def reasons_not_to_be_solved(task: Task, likelihood: Likelihood) -> Iterator[str]:
    """Yield what makes a task one that no program can solve, if anything is found.

    Args:
        task: its examples are compared with copies of themselves, and with each other.
        likelihood: how outputs are compared; nothing is known of likelihoods other than equality.
    """
    if not isinstance(likelihood, Equality):
        return
    for number, example in enumerate(task.examples, 1):
        place = f"task {task.name!r}, example {number}"
        if likelihood.observe is None:
            try:
                again = copy.deepcopy(example.output)
            except Exception:  # noqa: BLE001 - not all objects can be copied, and that is no fault
                again = example.output
            equal, why = _are_equal(likelihood, again, example.output)
            if not equal:
                yield (
                    f"{place}: the output is not equal to a copy of itself{why}, so no program can "
                    "solve the task; give its class __eq__, or the domain "
                    "likelihood=Equality(equal=...)"
                )
                return
        for other, earlier in enumerate(task.examples[: min(number, MOST_COMPARED) - 1], 1):
            with suppress(Exception):
                if (
                    earlier.inputs == example.inputs
                    and not _are_equal(likelihood, earlier.output, example.output)[0]
                ):
                    yield (
                        f"{place} contradicts example {other}: the inputs are the same, and the "
                        "outputs are not; no program can solve the task"
                    )
                    return


def _are_equal(likelihood: Equality, one: Any, other: Any) -> tuple[bool, str]:
    """Say whether two outputs are equal, or else cannot even be compared, and why."""
    try:
        return bool(likelihood.equal(one, other)), ""
    except Exception as error:  # noqa: BLE001 - a domain's own functions may raise anything
        return False, f" ({type(error).__name__}: {error})"
