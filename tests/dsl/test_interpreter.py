"""What programs mean, and that evaluation always ends in a value or a Failure."""

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from strategies import LANGUAGE, REQUESTS, language

from reverie.dsl.calculus.syntax import parse_term, parse_type
from reverie.dsl.calculus.terms import Application, Lambda, Literal, Symbol, Term, apply
from reverie.dsl.calculus.types import BOOL, CHAR, REAL, STR, list_of
from reverie.dsl.language.library import Library, Primitive, constant, hole
from reverie.dsl.model.grammar import Grammar
from reverie.dsl.model.interpreter import Closure, Failure, Interpreter, Limits
from reverie.dsl.support.errors import UnknownName


def fix(x: Any, body: Callable[..., Any]) -> Any:
    return body(lambda y: fix(y, body), x)


def explode() -> Any:
    raise ValueError("boom")


def interrupt(_: int) -> int:
    raise KeyboardInterrupt


def careful(f: Callable[[int], int], x: int) -> int:
    try:
        return f(x)
    except Exception:  # noqa: BLE001 - as an author may write
        return -1


MORE = [
    Primitive("fix1", parse_type("t0 -> ((t0 -> t1) -> t0 -> t1) -> t1"), fix),
    Primitive("empty?", parse_type("list(t0) -> bool"), lambda xs: not xs),
    Primitive("interrupt", parse_type("int -> int"), interrupt),
    Primitive("careful", parse_type("(int -> int) -> int -> int"), careful),
    Primitive("square", parse_type("int -> int"), lambda x: x * x),
    Primitive("repeat", parse_type("int -> list(list(int))"), lambda n: [[7] * n]),
    Primitive("half", parse_type("real -> real"), lambda x: x / 2),
    Primitive("double", parse_type("real -> real"), lambda x: x * 2),
    Primitive("huge", parse_type("int -> pair(int, int)"), lambda n: (0, 10**n)),
    constant("true", BOOL, True),
    hole("REAL", "real"),
]


def library() -> Library:
    return Library([*LANGUAGE, *MORE])


def value(text: str, *inputs: Any, limits: Limits | None = None) -> Any:
    there = library()
    return Interpreter(there, limits).evaluate(there.parse(text), inputs)


def reason(text: str, *inputs: Any, limits: Limits | None = None) -> str:
    found = value(text, *inputs, limits=limits)
    assert isinstance(found, Failure)
    assert not found
    return found.reason


@pytest.mark.parametrize(
    ("text", "inputs", "expected"),
    [
        ("(+ 1 (* (+ 1 1) (+ 1 1)))", (), 5),
        ("(lambda (map (lambda (+ $0 $1)) (cons 1 (cons 0 empty))))", (10,), [11, 10]),
        ("(lambda (lambda (fold $0 $1 (lambda (lambda (+ $0 $1))))))", (5, [1, 2]), 8),
        ("(lambda (map (+ $0) (cons 1 empty)))", (3,), [4]),
        ("((lambda (lambda (cons $1 (cons $0 empty)))) 0 1)", (), [0, 1]),
        ("((lambda (lambda $1)) 1)", (9,), 1),
        ("(map (index 0) (cons (cons 1 empty) empty))", (), [1]),
        ("((if true + *) 1 1)", (), 2),
        ("(if true + * 1 1)", (), 2),
        ("+", (2, 3), 5),
        ("(+ 1)", (2,), 3),
        ("(#(lambda (lambda (+ $0 $1))) 1)", (4,), 5),
        ("(lambda ((lambda (lambda $2)) 0 1))", (8,), 8),
    ],
)
def test_values(text: str, inputs: tuple[Any, ...], expected: Any) -> None:
    assert value(text, *inputs) == expected


@pytest.mark.parametrize(
    "text",
    [
        "(if true 1 (car empty))",
        "((lambda (if $0 1 (car empty))) true)",
        "(if true (+ 1) (car empty) 0)",  # more arguments than it declares
        "((lambda ($0 1)) (lambda (if true $0 (car empty))))",
    ],
)
def test_lazy_arguments_are_left_alone(text: str) -> None:
    assert value(text) == 1


def test_a_lazy_argument_given_early_is_left_alone_too() -> None:
    assert value("((if true 1) 0)") == 1
    assert value("((if (gt? 0 1) (car empty)) 0)") == 0
    assert value("(map (if true 1) (cons 0 empty))") == [1]


def test_arguments_of_functions_are_evaluated_first() -> None:
    assert "IndexError" in reason("((lambda 1) (car empty))")


def test_recursion() -> None:
    length = "(lambda (fix1 $0 (lambda (lambda (if (empty? $0) 0 (+ 1 ($1 (cdr $0))))))))"
    assert value(length, list(range(80))) == 80
    assert "too deeply" in reason(length, list(range(101)))
    assert value(length, [0] * 300, limits=Limits(depth=303)) == 300


def test_the_meaning_does_not_depend_on_the_callers_stack() -> None:
    length = "(lambda (fix1 $0 (lambda (lambda (if (empty? $0) 0 (+ 1 ($1 (cdr $0))))))))"

    def deeper(frames: int) -> Any:
        return deeper(frames - 1) if frames else value(length, list(range(95)))

    assert deeper(0) == deeper(600) == 95


def test_endless_recursion_ends() -> None:
    assert "too deeply" in reason("(fix1 0 (lambda (lambda ($1 $0))))")
    wide = "(fix1 0 (lambda (lambda (+ ($1 $0) ($1 $0)))))"
    assert reason(wide)
    many = "(lambda (fold $0 0 (lambda (lambda (fold $2 0 (lambda (lambda 1)))))))"
    assert "out of fuel after 50000" in reason(many, [0] * 1000)
    assert value(many, [0] * 5) == 1


@pytest.mark.parametrize(
    ("text", "inputs", "part"),
    [
        ("(lambda (square (square $0)))", (2**16,), "integer beyond"),
        ("(lambda (repeat $0))", (1025,), "longer than 1024"),
        ("(lambda (huge $0))", (40,), "integer beyond"),
        ("(lambda (double $0))", (1.7e308,), "not finite"),
        ("(car empty)", (), "IndexError: list index out of range"),
        ("REAL", (), "the hole REAL was not filled"),
        ("(half REAL)", (), "the hole REAL was not filled"),
        ("(0 1)", (), "TypeError"),
        ("(lambda (+ $0 1))", ("a",), "TypeError"),
        ("(lambda 0)", (1, 2), "TypeError"),
    ],
)
def test_failures_say_why(text: str, inputs: tuple[Any, ...], part: str) -> None:
    assert part in reason(text, *inputs)


def test_values_at_the_limits_are_values() -> None:
    assert value("(lambda (+ $0 0))", 2**31 - 1) == 2**31 - 1
    assert value("(lambda (repeat $0))", 1024) == [[7] * 1024]


def test_a_primitive_that_catches_errors_does_not_lose_count() -> None:
    term = "(lambda (map (lambda (careful (lambda (car empty)) $0)) $0))"
    there = library()
    interpreter = Interpreter(there)
    assert interpreter.evaluate(there.parse(term), [[0] * 300]) == [-1] * 300


def test_an_interruption_is_not_swallowed() -> None:
    with pytest.raises(KeyboardInterrupt):
        value("(interrupt 0)")
    with pytest.raises(KeyboardInterrupt):
        value("(careful interrupt 0)")
    assert value("(+ 1 1)") == 2


def test_a_function_that_is_returned_can_be_called() -> None:
    there = library()
    interpreter = Interpreter(there)
    adder = interpreter.evaluate(there.parse("(lambda (lambda (+ $0 $1)))"), [1])
    assert isinstance(adder, Closure)
    assert adder(2) == 3
    assert isinstance(adder("x"), Failure)
    endless = interpreter.evaluate(
        there.parse("(lambda (lambda (fix1 0 (lambda (lambda ($1 $0))))))"), [0]
    )
    assert isinstance(endless(0), Failure)
    partial = interpreter.evaluate(there.parse("(+ 1)"))
    assert partial(2) == 3
    assert isinstance(partial([]), Failure)


def test_evaluations_nest() -> None:
    there = library()
    interpreter = Interpreter(there, Limits(fuel=20))
    inner = interpreter.function(there.parse("(lambda (+ $0 1))"))
    outer = Library([*LANGUAGE, Primitive("call", parse_type("int -> int"), inner)])
    interpreter.library = outer
    calls = "(call " * 19 + "0" + ")" * 19
    assert interpreter.evaluate(outer.parse(calls)) == 19
    assert isinstance(interpreter.evaluate(outer.parse(f"(call (call {calls}))")), Failure)


def test_literals() -> None:
    there = Library([*LANGUAGE, hole("TEXT", "list(char)")])
    text = Literal("ab", list_of(CHAR))
    assert Interpreter(there).evaluate(text) == ["a", "b"]
    assert Interpreter(there).evaluate(Literal("ab", STR)) == "ab"
    assert Interpreter(there).evaluate(Literal(2, REAL)) == 2.0
    assert Interpreter(there).evaluate(apply(Symbol("cdr"), text)) == ["b"]


def test_unknown_names_are_found_before_anything_runs() -> None:
    with pytest.raises(UnknownName, match="did you mean 'cons'"):
        Interpreter(library()).function(parse_term("(lambda (if true 0 (conss)))"))


def test_a_program_nested_too_deeply_is_no_crash() -> None:
    term: Term = Symbol("0")
    for _ in range(200_000):
        term = Application(Symbol("square"), term)
    assert isinstance(Interpreter(library()).evaluate(term), Failure)
    for _ in range(30_000):
        term = Lambda(term)
    del term


def test_random_programs_never_raise() -> None:
    there = language("(lambda (lambda (fold $0 0 (lambda (lambda (+ ($3 $1) $0))))))")
    grammar, rng = Grammar.uniform(there), np.random.default_rng(0)
    interpreter = Interpreter(there)
    inputs = {"int": 3, "list(int)": [1, 2, 3], "int -> bool": lambda x: x > 1}
    seen: set[type] = set()
    for number in range(5000):
        request = REQUESTS[number % len(REQUESTS)]
        program = grammar.sample(request, rng, max_nodes=30)
        if program is not None:
            given = [inputs[str(t)] for t in request.parameters]
            found = interpreter.evaluate(program, given)
            seen.add(type(found))
            if str(request.result) == "int":
                assert isinstance(found, (int, Failure))
            if str(request.result) == "list(int)":
                assert isinstance(found, (list, Failure))
    assert seen >= {int, list, bool, Failure}
