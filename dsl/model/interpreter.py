"""The reference interpreter: plain Python, bounded, errors as values.

It defines what a program means; everything native is tested against it. Evaluation is strict but
for the arguments that a primitive declares lazy. It never raises and never runs away: whatever goes
wrong, an exception in a primitive included, gives a :class:`Failure`. What it cannot bound is the
work inside one call of a primitive.

Values are shared within an evaluation, not copied: a primitive must not change what it is given.
One that does so cannot spoil a task, since each evaluation has inputs of its own, nor make a list
grow beyond the limits. Nor may a primitive catch ``BaseException``, which would keep a limit from
ending the evaluation.
"""

from __future__ import annotations

import signal
import sys
import threading
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any, NoReturn

from ..calculus.terms import (
    Abstraction,
    Application,
    Lambda,
    Literal,
    Symbol,
    Term,
    Variable,
    spine,
    strip,
)
from ..calculus.types import CHAR, STR
from ..language.library import Library, Primitive
from .result_types import BeyondLimits, Shape, WrongType, excess, shape_of, told

__all__ = [
    "Closure",
    "Failure",
    "Interpreter",
    "Interrupted",
    "Limits",
    "can_be_interrupted",
    "excess",
]

_FRAMES = 20_000
"""Python's recursion limit during an evaluation."""

# An environment is a linked list: (value of $0, (value of $1, ...)); a term compiles to a function
# of it.
Environment = Any
Code = Callable[[Environment], Any]


@dataclass(frozen=True)
class Limits:
    """How far one evaluation may go.

    Attributes:
        fuel: calls of primitives and of functions, together.
        depth: calls of functions inside one another.
        integer: the largest absolute value of an integer.
        length: the largest length of a list or string.
        value_range: the smallest and largest integer that a value of the program may be or hold;
            values inside functions that the program passes on are not bound by it.
        value_length: the largest length of such a list.
    """

    fuel: int = 50_000
    depth: int = 100
    integer: int = 2**31 - 1
    length: int = 1024
    value_range: tuple[int, int] | None = None
    value_length: int | None = None


@dataclass(frozen=True)
class Failure:
    """What an evaluation gives instead of a value.

    Attributes:
        reason: what went wrong.
        wrong_type: whether a primitive gave a value that is not of its declared type.
    """

    reason: str
    wrong_type: bool = field(default=False, repr=False)

    def __bool__(self) -> bool:
        return False


def can_be_interrupted() -> bool:
    """Say whether Ctrl-C has an effect on this process; otherwise a primitive raised it."""
    return signal.getsignal(signal.SIGINT) is not signal.SIG_IGN


class Interrupted(BaseException):
    """Leaves a primitive that is not let go on, past any ``except Exception`` in it.

    Whoever watches an evaluation raises it, and catches it.
    """


class _Stop(BaseException):
    """Leaves an evaluation that went beyond a limit, past any ``except Exception`` on the way."""


class Closure:
    """A function value; call it with one or several arguments, or give some now and some later.

    One that an evaluation returned may be called as well. That is an evaluation of its own, with
    the same limits, and gives a value or a :class:`Failure`.
    """

    __slots__ = ("arity", "body", "environment", "interpreter")

    def __init__(
        self, interpreter: Interpreter, arity: int, body: Code, environment: Environment
    ) -> None:
        self.interpreter = interpreter
        self.arity = arity
        self.body = body
        self.environment = environment

    def __call__(self, *arguments: Any) -> Any:
        interpreter = self.interpreter
        if not interpreter._running:
            return interpreter._run(self, arguments)
        environment = self.environment
        count = len(arguments)
        for argument in arguments[: self.arity]:
            environment = (argument, environment)
        if count < self.arity:
            return Closure(interpreter, self.arity - count, self.body, environment)
        interpreter._spend()
        if interpreter._depth >= interpreter.limits.depth:
            raise _Stop("functions called too deeply inside one another")
        interpreter._depth += 1
        try:
            value = self.body(environment)
        finally:  # the primitive that called may go on after an error
            interpreter._depth -= 1
        return value if count == self.arity else value(*arguments[self.arity :])


class _Partial:
    """A primitive that has some of its arguments: lazy ones as zero-argument callables."""

    __slots__ = ("arguments", "interpreter", "primitive")

    def __init__(
        self, interpreter: Interpreter, primitive: Primitive, arguments: tuple[Any, ...]
    ) -> None:
        self.interpreter = interpreter
        self.primitive = primitive
        self.arguments = arguments

    def __call__(self, *arguments: Any) -> Any:
        interpreter = self.interpreter
        if not interpreter._running:
            return interpreter._run(self, arguments)
        lazy = self.primitive.lazy
        missing = len(self.primitive.type.parameters) - len(self.arguments)
        now = [
            (lambda value=value: value) if i in lazy else value
            for i, value in enumerate(arguments[:missing], len(self.arguments))
        ]
        if len(now) < missing:
            return _Partial(interpreter, self.primitive, (*self.arguments, *now))
        value = interpreter._call(self.primitive, [*self.arguments, *now])
        return value if len(arguments) == missing else value(*arguments[missing:])


class Interpreter:
    """Evaluates programs of one library.

    Args:
        library: says what symbols mean.
        limits: bounds on each evaluation.
    """

    def __init__(self, library: Library, limits: Limits | None = None) -> None:
        self.library = library
        self.limits = limits = limits or Limits()
        # The least and the largest integer and the largest length, anywhere and of a program.
        self._integers = -limits.integer, limits.integer, limits.length
        self._longest = limits.length
        self._values = (
            *(limits.value_range or self._integers[:2]),
            limits.length if limits.value_length is None else limits.value_length,
        )
        self._fuel = 0
        self._evaluations = 0
        self._depth = 0
        self._running = False
        self._definitions: dict[Abstraction, Code] = {}
        self._shapes: dict[str, Shape] = {}  # of what each primitive gives
        self.stopped: set[str] = set()
        """Names of primitives that are not called any more: whoever watches may add some."""
        self.overdue = False
        """Whether whoever watches wants the evaluation to end with the next call."""

    def evaluate(self, program: Term, inputs: Sequence[Any] = ()) -> Any:
        """Return the value of ``program`` applied to ``inputs``, or a :class:`Failure`."""
        return self.function(program)(*inputs)

    def function(self, program: Term) -> Callable[..., Any]:
        """Compile ``program`` once; the result maps inputs to a value or a :class:`Failure`.

        Raises:
            UnknownName: if the program uses something that the library does not have.
        """
        try:
            with _deep_stack():
                code = self._compile(program)
        except RecursionError:
            return lambda *_: Failure("the program is nested too deeply to be evaluated")

        def call(*inputs: Any) -> Any:
            value = code(None)
            return value(*inputs) if inputs else value

        return lambda *inputs: self._run(call, inputs)

    def _run(self, function: Callable[..., Any], inputs: Sequence[Any]) -> Any:
        """Call ``function`` within the limits; a primitive may do so amid another evaluation."""
        outer = self._fuel, self._depth, self._running
        self._fuel, self._depth, self._running = self.limits.fuel, 0, True
        self._evaluations += 1
        try:
            with _deep_stack():
                return function(*map(_own, inputs))
        except _Stop as stop:
            return Failure(str(stop))
        except RecursionError:
            return Failure("the evaluation is nested too deeply")
        except WrongType as error:
            return Failure(str(error), wrong_type=True)
        except Interrupted:
            raise
        except KeyboardInterrupt:
            if can_be_interrupted():
                raise
            return Failure("KeyboardInterrupt")
        except BaseException as error:  # noqa: BLE001 - a primitive may raise anything
            return Failure(f"{type(error).__name__}: {error}")
        finally:
            self._fuel, self._depth, self._running = outer

    # ---- compiling terms to Python functions of the environment ---------------------------------

    def _compile(self, term: Term) -> Code:
        if isinstance(term, Application):
            return self._compile_application(term)
        if isinstance(term, Lambda):
            arity, inside = strip(term)
            body = self._compile(inside)
            return lambda environment: Closure(self, arity, body, environment)
        if isinstance(term, Variable):
            return _lookup(term.index)
        if isinstance(term, Literal):
            literal = _value_of(term)
            return (lambda _: _own(literal)) if _has_lists(literal) else lambda _: literal
        if isinstance(term, Abstraction):
            known = self._definitions.get(term)
            if known is None:
                known = self._definitions[term] = self._compile(term.body)
            return known
        assert isinstance(term, Symbol)
        primitive = self.library.primitive(term.name)
        if primitive.is_hole:
            name = primitive.name
            return lambda _: _stop(f"the hole {name} was not filled")
        if primitive.type.is_arrow:
            return lambda _: _Partial(self, primitive, ())
        value = primitive.value
        return (lambda _: _own(value)) if _has_lists(value) else lambda _: value

    def _compile_application(self, term: Application) -> Code:
        head, terms = spine(term)
        arguments = [self._compile(argument) for argument in terms]
        if not isinstance(head, Symbol):
            return _apply(self._compile(head), arguments)
        primitive = self.library.primitive(head.name)
        if primitive.is_hole:
            return _apply(self._compile(head), arguments)
        arity = len(primitive.type.parameters)
        function = self._compile_call(primitive, arguments[:arity], arity)
        return _apply(function, arguments[arity:]) if len(arguments) > arity else function

    def _compile_call(self, primitive: Primitive, arguments: list[Code], arity: int) -> Code:
        if not arguments:  # a constant, about to be applied
            return lambda _: primitive.value
        call: Callable[[Primitive, list[Any]], Any] = self._call
        if len(arguments) < arity:
            call = self._hold
        if not primitive.lazy:
            return lambda environment: call(primitive, [a(environment) for a in arguments])
        lazy = [i in primitive.lazy for i in range(len(arguments))]

        def run(environment: Environment) -> Any:
            given = [
                (lambda code=code: code(environment)) if wait else code(environment)
                for code, wait in zip(arguments, lazy, strict=True)
            ]
            return call(primitive, given)

        return run

    def _hold(self, primitive: Primitive, arguments: list[Any]) -> _Partial:
        return _Partial(self, primitive, tuple(arguments))

    @property
    def progress(self) -> tuple[int, int]:
        """Evaluations begun, and calls that the last one has left: different whenever it got on."""
        return self._evaluations, self._fuel

    def _call(self, primitive: Primitive, arguments: list[Any]) -> Any:
        self._fuel -= 1  # as _spend does, where a call of it would take a tenth of all time
        if self._fuel < 0 or self.overdue:
            self._end()
        if self.stopped and primitive.name in self.stopped:
            raise _Stop(f"{primitive.name} did not come back, and is not called any more")
        # The bounds on values are those of the program itself, not of a function that it passes on.
        least, most, length = self._values if self._depth <= 1 else self._integers
        shape = self._shapes.get(primitive.name)
        if shape is None:
            shape = self._shapes[primitive.name] = shape_of(primitive.type.result)
        try:
            value = shape(primitive.value(*arguments), least, most, length)
        except BeyondLimits as error:
            raise _Stop(str(error)) from None
        except WrongType as error:
            raise told(primitive, error) from None
        for argument in arguments:
            if type(argument) is list and len(argument) > self._longest:
                raise _Stop(f"{primitive.name} made its argument longer than {self._longest}")
        return value

    def _spend(self) -> None:
        self._fuel -= 1
        if self._fuel < 0 or self.overdue:
            self._end()

    def _end(self) -> NoReturn:
        if self.overdue:
            raise _Stop("the time is up")
        raise _Stop(f"out of fuel after {self.limits.fuel} calls")


def _apply(function: Code, arguments: list[Code]) -> Code:
    return lambda environment: function(environment)(*[a(environment) for a in arguments])


def _lookup(index: int) -> Code:
    if index == 0:
        return lambda environment: environment[0]
    if index == 1:
        return lambda environment: environment[1][0]

    def lookup(environment: Environment) -> Any:
        for _ in range(index):
            environment = environment[1]
        return environment[0]

    return lookup


def _stop(reason: str) -> Any:
    raise _Stop(reason)


_NESTING = frozenset((list, tuple))


def _own(value: Any) -> Any:
    """Return a value whose lists are an evaluation's own: what is changed in one stays in it."""
    if type(value) is list:
        flat = _NESTING.isdisjoint(map(type, value))
        return value[:] if flat else [_own(part) for part in value]
    if type(value) is tuple and _has_lists(value):
        return tuple([_own(part) for part in value])
    return value


def _has_lists(value: Any) -> bool:
    return type(value) is list or (type(value) is tuple and any(map(_has_lists, value)))


def _value_of(literal: Literal) -> Any:
    """Return the value of a literal: characters, if it stands for a list of them."""
    if isinstance(literal.value, str) and literal.type is not STR and literal.type is not CHAR:
        return list(literal.value)
    return literal.value


@contextmanager
def _deep_stack() -> Iterator[None]:
    """Let Python recurse as deeply as the limits allow, however deep the caller is.

    Otherwise a recursive program would have a value in a script and none in a notebook.
    """
    _stacks.enter()
    try:
        yield
    finally:
        _stacks.leave()


class _Stacks:
    """Python's recursion limit, which all threads share: high while any of them evaluates."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._evaluating = 0
        self._allowed = 0

    def enter(self) -> None:
        with self._lock:
            self._evaluating += 1
            if self._evaluating == 1:
                self._allowed = sys.getrecursionlimit()
                sys.setrecursionlimit(max(self._allowed, _FRAMES))

    def leave(self) -> None:
        with self._lock:
            self._evaluating -= 1
            if self._evaluating == 0:
                sys.setrecursionlimit(self._allowed)


_stacks = _Stacks()
