"""Libraries, holes, tasks, frontiers, likelihoods, language files, domains."""

import math
import operator
import pickle
import subprocess
import sys
from pathlib import Path
from typing import Any

import networkx
import pytest
from hypothesis import given
from strategies import LANGUAGE, language, libraries, names, programs, types

from reverie.dsl.calculus.syntax import parse_term, parse_type
from reverie.dsl.calculus.terms import Abstraction, Application, Lambda, Literal, Symbol, Term
from reverie.dsl.calculus.types import CHAR, INT, REAL, STR, Type, TypeConstructor, list_of
from reverie.dsl.language.holes import abstract_holes, fill
from reverie.dsl.language.language_file import read_language, write_language
from reverie.dsl.language.library import Library
from reverie.dsl.language.primitives import Primitive, constant, hole
from reverie.dsl.model.domain import Domain
from reverie.dsl.model.frontier import Entry, Frontier
from reverie.dsl.model.interpreter import Failure, Interpreter
from reverie.dsl.model.likelihood import Equality, holds_out
from reverie.dsl.support.errors import ParseError, ReverieError, TypeMismatch, UnknownName
from reverie.dsl.tasks.task import InvalidTask, Task

INCREMENT = Abstraction(parse_term("(lambda (+ $0 1))"))


# ---- libraries ----------------------------------------------------------------------------------


def test_a_name_is_defined_once() -> None:
    with pytest.raises(ReverieError, match="'\\+' is defined twice"):
        Library([*LANGUAGE, LANGUAGE[3]])
    with pytest.raises(ReverieError, match="'\\+' is defined twice"):
        Library(LANGUAGE, {"+": INCREMENT})
    with pytest.raises(ReverieError, match="two holes of type real"):
        Library([hole("A", "real"), hole("B", "real")])
    with pytest.raises(ReverieError, match="cannot name an abstraction"):
        Library(LANGUAGE, {"a b": INCREMENT})


def test_names_in_use_are_skipped() -> None:
    library = Library([*LANGUAGE, constant("fn_0", "int", 5)], [INCREMENT])
    assert list(library.abstractions) == ["fn_1"]
    more = library.extend(Abstraction(parse_term("(lambda (+ 1 $0))")), INCREMENT)
    assert list(more.abstractions) == ["fn_1", "fn_2"]
    assert more.index(INCREMENT) == library.index(INCREMENT)
    assert library.extend().productions == library.productions


def test_an_abstraction_must_make_sense() -> None:
    with pytest.raises(TypeMismatch, match="argument 1 of car, 0, has type int, but list"):
        Library(LANGUAGE, [Abstraction(parse_term("(car 0)"))])
    with pytest.raises(UnknownName, match="'mapp'; did you mean 'map'"):
        Library(LANGUAGE, [Abstraction(parse_term("(lambda (mapp $0))"))])


@given(libraries())
def test_the_graph_has_no_cycle(library: Library) -> None:
    graph = library.graph
    assert networkx.is_directed_acyclic_graph(graph)
    assert set(graph) == {p.name for p in library.productions}
    for name, abstraction in library.abstractions.items():
        shown = library.show(abstraction.body).replace("(", " ").replace(")", " ").split()
        assert set(graph.successors(name)) == {word for word in shown if word in library}


def test_the_graph_looks_into_what_has_no_name() -> None:
    library = Library(LANGUAGE, [Abstraction(Application(INCREMENT, Symbol("0")))])
    assert set(library.graph.successors("fn_0")) == {"+", "1", "0"}


def test_a_library_can_be_sent_to_another_process() -> None:
    plus = Primitive("+", parse_type("int -> int -> int"), operator.add)
    library = Library([plus, constant("1", "int", 1)], {"next": INCREMENT}, name="n")
    assert library.graph.number_of_edges() == 2
    assert library.infer(Abstraction(INCREMENT)) is parse_type("int -> int")
    copy = pickle.loads(pickle.dumps(library))
    assert copy.productions == library.productions
    assert (copy.name, copy.abstractions) == ("n", {"next": INCREMENT})


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("(lambda $0)", "t0 -> t0"),
        (
            "(lambda (lambda (lambda ($2 $0 ($1 $0)))))",
            "(t0 -> t1 -> t2) -> (t0 -> t1) -> t0 -> t2",
        ),
        ("(lambda (map (lambda (+ $0 1)) $0))", "list(int) -> list(int)"),
        ("(fold empty)", "t0 -> (t1 -> t0 -> t0) -> t0"),
        ("(map (lambda (pair $0 $0)))", "list(t0) -> list(pair(t0, t0))"),
    ],
)
def test_principal_types(text: str, expected: str) -> None:
    assert Library(LANGUAGE).infer(parse_term(text)) is parse_type(expected)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("(+ 1 empty)", "argument 2 of \\+, empty, has type list\\(t\\d\\), but int is needed"),
        ("(0 1)", "0 takes no more arguments \\(type int\\)"),
        ("(+ 1 1 1)", "argument 3 of \\+, 1, has type int, but \\+ takes no more arguments"),
        ("(lambda ($0 $0))", "argument 1 of \\$0"),
        ("(lambda $1)", "variable \\$1 is not bound: only 1 lambdas"),
    ],
)
def test_ill_typed_programs(text: str, message: str) -> None:
    with pytest.raises(TypeMismatch, match=message):
        Library(LANGUAGE).infer(parse_term(text))


def test_types_of_open_terms() -> None:
    library = Library(LANGUAGE)
    assert library.infer(parse_term("(+ $1 ($0 1))"), [parse_type("t5 -> int"), INT]) is INT
    with pytest.raises(TypeMismatch, match="does not fit int -> bool"):
        library.check(parse_term("(lambda (+ $0 1))"), parse_type("int -> bool"))


def test_a_literal_needs_a_hole() -> None:
    library = Library([*LANGUAGE, hole("REAL", "real")])
    assert library.index(Literal(0.5, REAL)) == library.index(Symbol("REAL"))
    with pytest.raises(UnknownName, match="there is no hole of type int for '3:int'"):
        library.index(Literal(3, INT))


# ---- holes --------------------------------------------------------------------------------------


def with_holes() -> Library:
    library = Library(
        [
            Primitive("+.", parse_type("real -> real -> real"), lambda x, y: x + y),
            Primitive("*.", parse_type("real -> real -> real"), lambda x, y: x * y),
            hole("REAL", "real"),
        ]
    )
    return library.extend(
        Abstraction(parse_term("(lambda (+. $0 $0))")),
        Abstraction(parse_term("(lambda (+. (*. REAL $0) $0))")),
    )


def test_holes_become_arguments_and_literals() -> None:
    library = with_holes()
    program = library.parse("(lambda (+. (*. REAL $0) REAL))")
    opened, holes = abstract_holes(program, library)
    assert str(opened) == "(lambda (lambda (lambda (+. (*. $2 $0) $1))))"
    filled = fill(opened, [2.0, 3], holes)
    assert str(filled) == "(lambda (+. (*. 2.0:real $0) 3.0:real))"
    assert Interpreter(library).evaluate(filled, [5.0]) == 13.0
    assert Interpreter(library).evaluate(opened, [2.0, 3.0, 5.0]) == 13.0
    assert parse_term(str(filled)) is filled


def test_each_use_of_a_hole_is_one_constant() -> None:
    library = with_holes()
    kept, holes = abstract_holes(library.parse("(fn_0 REAL)"), library)
    assert library.show(kept) == "(lambda (fn_0 $0))"
    opened, holes = abstract_holes(library.parse("(fn_1 REAL)"), library)
    assert len(holes) == 2  # that of fn_1, and its argument however often that is used
    assert Interpreter(library).evaluate(fill(opened, [10.0, 1.0], holes)) == 11.0
    _, holes = abstract_holes(library.parse("(fn_1 (fn_1 REAL))"), library)
    assert len(holes) == 3


@given(programs())
def test_a_program_without_holes_stays(drawn: tuple[Library, Type, Term]) -> None:
    library, _, program = drawn
    assert abstract_holes(program, library) == (program, [])
    assert fill(program, [], []) is program


# ---- tasks --------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("request_", "example", "message"),
    [
        ("int -> int", ((1, 2), 3), "takes 1 argument, but the example has 2 inputs"),
        ("int -> int", (1, 3), "inputs must be a list"),
        ("int -> int", ("1", 3), "inputs must be a list"),
        ("int -> int", ((True,), 3), "True is not of type int"),
        ("int -> int", ((1,), 3.0), "3.0 is not of type int"),
        ("list(int) -> int", (([1, "a"],), 3), "'a' is not of type int"),
        ("int -> real", ((1,), math.inf), "inf is not of type real"),
        ("int -> real", ((1,), 10**400), "is not of type real"),
        ("int -> char", ((1,), "ab"), "'ab' is not of type char"),
        ("int -> pair(int, int)", ((1,), [1]), "is not of type pair"),
        ("int -> int", {"inputs": [1], "output": 2}, "an example is a pair"),
        ("int -> int", 5, "an example is a pair"),
    ],
)
def test_examples_are_checked(request_: str, example: Any, message: str) -> None:
    good = Task("fine", request_).examples
    assert good == ()
    with pytest.raises(InvalidTask, match=f"task 'sum', example 1: .*{message}"):
        Task("sum", request_, [example])
    with pytest.raises(InvalidTask, match="task 'sum', held-out example 1: "):
        Task("sum", request_, held_out=[example])


def test_values_are_taken_as_their_type() -> None:
    task = Task(
        "t", "real -> list(char) -> pair(int, list(real)) -> str", [((1, "ab", [1, [2]]), "x")]
    )
    assert task.examples[0].inputs == (1.0, ["a", "b"], (1, [2.0]))
    assert isinstance(task.examples[0].inputs[0], float)
    copy = pickle.loads(pickle.dumps(task))
    assert (copy.examples, copy.request, copy.name) == (task.examples, task.request, "t")


def test_a_domain_adopts_its_tasks() -> None:
    chars = [Primitive("up", parse_type("list(char) -> list(char)"), lambda s: s)]
    domain = Domain("text", chars, [Task("t", "str -> str", [(("ab",), "cd")])])
    (task,) = domain.make_tasks()
    assert task.request is parse_type("list(char) -> list(char)")
    assert task.examples[0].output == ["c", "d"]
    for request in ("list(char) -> widget", "t0 -> widget"):
        with pytest.raises(InvalidTask, match="type widget"):
            domain.adopt([Task("w", request, [((["a"],), 1)])])
    with pytest.raises(InvalidTask, match="two tasks are named 't'"):
        domain.adopt([task, task])
    with pytest.raises(InvalidTask, match="has no examples"):
        domain.adopt([Task("u", "str -> str")])
    with pytest.raises(ReverieError, match="is not a primitive"):
        Domain("d", [len])  # type: ignore[list-item]


# ---- frontiers and likelihoods ------------------------------------------------------------------


def entry(name: str, prior: float, likelihood: float = 0.0) -> Entry:
    return Entry(Symbol(name), prior, likelihood)


def test_frontiers_are_sorted_and_normalised() -> None:
    task = Task("t", "int")
    frontier = Frontier.of(task, [entry("a", -3), entry("b", -1), entry("c", -1), entry("a", -2)])
    assert [str(e.program) for e in frontier.entries] == ["b", "c", "a"]
    assert frontier.best is frontier.entries[0]
    weights = [p for _, p in frontier.posterior()]
    assert sum(weights) == pytest.approx(1)
    assert weights[0] / weights[2] == pytest.approx(math.e)
    assert frontier.log_evidence == pytest.approx(math.log(2 * math.exp(-1) + math.exp(-2)))
    assert frontier.best.description_length == 1
    merged = frontier.merge(Frontier.of(task, [entry("d", -1.5, 0.25), entry("b", -0.5)]), 2)
    assert [(str(e.program), e.log_joint) for e in merged.entries] == [("b", -0.5), ("c", -1)]
    again = frontier.rescore([-5, -4, -3])
    assert [str(e.program) for e in again.entries] == ["a", "c", "b"]
    assert "unsolved" in repr(Frontier(task))


def test_a_frontier_that_the_grammar_cannot_make() -> None:
    frontier = Frontier.of(Task("t", "int"), [entry("a", -math.inf), entry("b", -math.inf)])
    assert frontier.log_evidence == -math.inf
    assert [p for _, p in frontier.posterior()] == [0.5, 0.5]


def test_equality() -> None:
    library = language()
    interpreter = Interpreter(library)
    task = Task("t", "int -> int", [((1,), 2), ((2,), 3)], [((5,), 7)])
    score = Equality().scorer(task, task.examples, interpreter)
    right, wrong = library.parse("(lambda (+ $0 1))"), library.parse("(lambda (+ $0 $0))")
    failing = library.parse("(lambda (car empty))")
    assert score(right) == (0.0, right)
    assert score(wrong) == (-math.inf, wrong)
    assert score(failing) == (-math.inf, failing)
    assert holds_out(Equality(), task, right, interpreter) is False
    assert holds_out(Equality(), Task("t", "int -> int"), right, interpreter) is None
    assert Equality().comparable
    parity = Equality(observe=lambda x: x % 2)
    assert not parity.comparable
    assert parity.scorer(task, [task.examples[0]], interpreter)(wrong)[0] == -math.inf
    broken = Equality(equal=lambda a, b: 1 / 0)  # type: ignore[arg-type, return-value]
    assert broken.scorer(task, task.examples, interpreter)(right)[0] == -math.inf


def test_observing_a_function_stays_within_the_limits() -> None:
    library = Library([*LANGUAGE, Primitive("loop", parse_type("int -> int"), lambda n: loop())])

    def loop() -> None:
        raise RecursionError

    task = Task("t", "int -> int -> int", [((1, 2), 3)])
    curried = Equality(observe=lambda f: f(2))
    score = curried.scorer(task, [type(task.examples[0])((1,), 3)], Interpreter(library))
    assert score(library.parse("(lambda (lambda (+ $0 $1)))"))[0] == 0
    assert score(library.parse("(lambda (lambda (loop $0)))"))[0] == -math.inf


# ---- language files -----------------------------------------------------------------------------


@given(names(), names(), types())
def test_language_files_read_back(first: str, second: str, t: Type) -> None:
    functions = [
        Primitive(
            "plus", parse_type("int -> int -> int"), operator.add, 'Say "x".\n]', frozenset({1})
        ),
        constant("some", "list(pair(int, real))", [(1, 2.0)], "A ] and a \\ and a ;"),
    ]
    taken = {"plus", "some", first}
    if second in taken or first in {"plus", "some"}:
        return
    library = Library(
        [*functions, hole(first, t, "A hole.")],
        {second: Abstraction(parse_term("(lambda (plus $0 $0))"))},
        name=f"all about {first}",
        continuation=TypeConstructor("turtle"),
    )
    again = read_language(write_language(library))
    assert again.productions == library.productions
    assert again.primitives == library.primitives
    assert [p.value for p in again.primitives] == [p.value for p in library.primitives]
    assert [p.doc for p in again.primitives] == [p.doc for p in library.primitives]
    assert (again.name, again.continuation) == (library.name, library.continuation)
    assert write_language(again) == write_language(library)


@pytest.mark.parametrize(
    ("text", "line", "column", "message"),
    [
        ("primitive a : int = 1\nprimitive a : int = 2", 2, 11, "a is defined twice"),
        ("abstraction f = 1\n", 1, 17, "unknown primitive '1'; none is defined"),
        ("primitive a : int = 1\nabstraction f =\n  (aa ; aa\n)", 3, 4, "did you mean 'a'"),
        ("primitive a : int = 1\nabstraction f : bool = a", 2, 13, "is declared bool, but .* int"),
        ("primitive a : int = 1\nabstraction f = a\nabstraction g = a", 3, 13, "as f is"),
        ("primitive a : int = true", 1, 11, "True is not of type int"),
        ("primitive a : int = [1, ]", 1, 25, "expected"),
        ("primitive a : int = 01", 1, 21, "expected|JSON"),
        ("primitive a : int -> int from math:gcdd", 1, 11, "did you mean 'gcd'"),
        ("primitive a : int -> int from no_such:f", 1, 11, "cannot import no_such"),
        ("primitive a : int -> int = 3", 1, 11, "3 is no function"),
        ("primitive a : int -> int -> int -> int from operator:add", 1, 11, "with 3 arguments"),
        ("hole A : real\nhole B : real", 2, 6, "two holes of type real"),
        ("primitive a : int", 1, 18, "expected .=. or"),
        ("abstraction f = (lambda $1)", 1, 13, "closed"),
    ],
)
def test_errors_in_language_files_have_a_place(
    text: str, line: int, column: int, message: str
) -> None:
    with pytest.raises(ParseError, match=message) as caught:
        read_language(text)
    assert caught.value.line == line
    assert caught.value.column == column


def test_modules_beside_a_language_file(tmp_path: Path) -> None:
    text = "primitive f : int -> int from beside_a_language:f"
    for number, folder in enumerate(["a", "b"]):
        (tmp_path / folder).mkdir()
        source = f"def f(x: int) -> int:\n    return x + {number}\n"
        (tmp_path / folder / "beside_a_language.py").write_text(source)
    first, second = (read_language(text, tmp_path / folder) for folder in ("a", "b"))
    assert (first.primitive("f")(1), second.primitive("f")(1)) == (1, 2)
    assert read_language(text, tmp_path / "a").primitive("f").value is first.primitive("f").value
    assert write_language(second).endswith(text + "\n")
    (tmp_path / "broken_beside.py").write_text("1 / 0")
    with pytest.raises(ParseError, match="ZeroDivisionError"):
        read_language("primitive f : int -> int from broken_beside:f", tmp_path)
    assert "broken_beside" not in sys.modules


def test_what_cannot_be_written() -> None:
    for bad in (lambda x: x, [].append):
        with pytest.raises(ReverieError, match="define it at the top of a module"):
            write_language(Library([Primitive("f", parse_type("int -> int"), bad)]))
    with pytest.raises(ReverieError, match="JSON can tell"):
        write_language(Library([constant("x", "thing", object())]))
    with pytest.raises(ReverieError, match="JSON can tell"):
        write_language(Library([constant("x", "thing", (1, 2))]))


def test_importing_the_language_is_cheap() -> None:
    code = (
        "import sys, reverie.dsl\n"
        "import re\n"
        "interface = open(reverie.dsl.__file__ + 'i').read()\n"
        "numba = set(re.findall(r'from .support.(?:jit|code_cache) import (\\w+)', interface))\n"
        "names = set(reverie.dsl.__all__) - numba\n"
        "assert len(names) > 100 and all(hasattr(reverie.dsl, n) for n in names)\n"
        "print([m for m in ('lark', 'networkx', 'numba', 'torch', 'scipy') if m in sys.modules])"
    )
    root = Path(__file__).resolve().parents[2] / "src"
    done = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=True, cwd=root
    )
    assert done.stdout == "[]\n"


def test_strings_and_lists_of_characters_are_told_apart() -> None:
    assert Literal("a", STR) is not Literal("a", list_of(CHAR))
    assert isinstance(Interpreter(language()).evaluate(Lambda(Symbol("0")), [1, 2]), Failure)
