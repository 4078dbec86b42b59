"""What a domain may bring so that a recognition model can learn from programs: a dreamer."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from ..calculus.terms import Term
from ..tasks.task import Example
from .interpreter import Interpreter

__all__ = ["Dreamer"]

Dreamer = Callable[[Term, Interpreter], Sequence[Example] | None]
"""What a domain may bring where tasks are no tables of inputs and outputs: it makes of a program
what a task that it solves would show, such as a picture as the output of a single example; None if
the program is not worth dreaming."""
