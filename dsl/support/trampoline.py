"""Recursion that is not bounded by Python's stack.

A recursive function over terms is written as a generator that *yields* each recursive call and
gets its value back. Programs with thousands of nested applications then need no special care and
no change of the interpreter's recursion limit.
"""

from __future__ import annotations

from collections.abc import Callable, Generator
from functools import update_wrapper
from typing import Any, Generic, ParamSpec, TypeVar

__all__ = ["deep"]

P = ParamSpec("P")
R = TypeVar("R")


class deep(Generic[P, R]):  # noqa: N801 - a decorator
    """Turn a generator that yields its recursive calls into an ordinary function.

    What it yields is made by ``.step`` of this or of another such function.

    >>> @deep
    ... def total(n: int):
    ...     return 0 if n == 0 else n + (yield total.step(n - 1))
    >>> total(10_000)
    50005000
    """

    def __init__(self, function: Callable[P, Generator[Any, Any, R]]) -> None:
        self.step = function
        update_wrapper(self, function)

    def __call__(self, *args: P.args, **kwargs: P.kwargs) -> R:
        stack: list[Generator[Any, Any, Any]] = [self.step(*args, **kwargs)]
        value: Any = None
        error: BaseException | None = None
        while stack:
            try:
                if error is None:
                    call = stack[-1].send(value)
                else:
                    pending, error = error, None
                    call = stack[-1].throw(pending)
            except StopIteration as stop:
                stack.pop()
                value = stop.value
            except BaseException as raised:
                stack.pop()
                if not stack:
                    raise
                error = raised
            else:
                stack.append(call)
                value = None
        result: R = value
        return result
