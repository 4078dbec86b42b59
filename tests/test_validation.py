"""What is refused, in words, and what is not: types, JSON, literals, limits, options."""

import json
import logging
from pathlib import Path
from types import ModuleType

import pytest

import reverie as rv
from reverie.cli.parser import main
from reverie.compression import compress
from reverie.domains.task_files import read_tasks
from reverie.dsl import InvalidTask, ParseError, TypeMismatch, parse_term, parse_type

ONE = rv.Task("first", "list(int) -> int", [(([4, 2],), 4), (([7],), 7)])


@pytest.mark.parametrize(
    ("request_", "examples", "program"),
    [
        ("list(str) -> list(str)", [((["a", "b", "c"],), ["b", "c"])], "(lambda (cdr $0))"),
        ("list(real) -> int", [(([1.5, 2.5],), 2), (([0.5],), 1)], "(lambda (length $0))"),
    ],
)
def test_a_polymorphic_language_takes_any_type(
    request_: str, examples: list[tuple[tuple[object], object]], program: str
) -> None:
    solution = rv.solve("list", rv.Task("t", request_, examples), budget=2000)
    assert str(solution.program) == program


def test_a_slip_in_the_name_of_a_type_is_still_told() -> None:
    with pytest.raises(InvalidTask, match="did you mean 'int'"):
        rv.solve("list", rv.Task("t", "list(itn) -> int", [(([1],), 1)]), budget=10)


def test_functions_are_taken_from_python_and_not_from_json(tmp_path: Path) -> None:
    path = tmp_path / "t.json"
    task = {"name": "t", "request": "(int -> bool) -> int"}
    path.write_text(json.dumps([{**task, "examples": [{"inputs": ["even"], "output": 2}]}]))
    with pytest.raises(rv.ReverieError, match="'even' is no function"):
        read_tasks(path)
    made = rv.Task("t", "int -> list(int -> int)", [((1,), [lambda x: x])])
    assert not rv.solve("list", made, budget=500).solved


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ('{"name": "a", "name": "b", "request": "int", "examples": []}', 'the key "name" is'),
        ('{"name": "a", "request": "int", "examples": [{"inputs": [], "output": NaN}]}', "NaN is"),
        (
            '{"name": "a", "request": "real", "examples": [{"inputs": [], "output": 1e999}]}',
            "1e999",
        ),
        ('{"name": "a", "request": "int", "examples": [{"inputs": [], "output": 1.0}]}', "write 1"),
        (
            '{"name": "a", "request": "t0(int)", "examples": [{"inputs": [], "output": 1}]}',
            "write t0",
        ),
    ],
)
def test_lax_json_and_types_are_refused(text: str, told: str, tmp_path: Path) -> None:
    path = tmp_path / "t.json"
    path.write_text(f"[{text}]")
    with pytest.raises(rv.ReverieError) as caught:
        read_tasks(path)
    assert told in str(caught.value)


@pytest.mark.parametrize("text", ["true:int", '"xy":char', "1e400:real", "NaN:real", "1.0:int"])
def test_literals_are_of_their_types(text: str) -> None:
    with pytest.raises(ParseError, match="is no literal"):
        parse_term(text)


def test_type_variables_take_no_arguments() -> None:
    with pytest.raises(ParseError, match="t1 is a type variable"):
        parse_type("list(t1(int)) -> int")


def test_a_library_defines_a_name_once(tmp_path: Path) -> None:
    path = tmp_path / "l.json"
    twice = [{"name": "fn_0", "body": f"({f} #0)", "arity": 1} for f in ("cdr", "reverse")]
    path.write_text(json.dumps({"abstractions": twice}))
    with pytest.raises(rv.ReverieError, match="fn_0 is defined twice"):
        rv.load_grammar(path, "list")


# ---- limits -------------------------------------------------------------------------------------

LARGE = rv.Task("next", "int -> int", [((1700000000001,), 1700000000002), ((4,), 5)])


def test_values_beyond_limits_are_told(caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level(logging.WARNING):
        assert not rv.solve("list", LARGE, budget=200).solved
    assert "task 'next', output of example 1: an integer of 1700000000002" in caplog.text
    assert "--limit integer=10000000000000" in caplog.text


def test_limits_can_be_raised(caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level(logging.WARNING):
        found = rv.solve("list", LARGE, budget=500, limits={"integer": 10**15})
    assert str(found.program) == "(lambda (+ 1 $0))"
    assert not caplog.text


def test_the_command_line_raises_limits(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = tmp_path / "t.json"
    example = {"inputs": [1700000000001], "output": 1700000000002}
    path.write_text(json.dumps([{"name": "t", "request": "int -> int", "examples": [example]}]))
    ask = ["solve", "list", "--tasks", str(path), "--budget", "500", "--workers", "1", "-q"]
    assert main([*ask, "--limit", "integer=10000000000000,length=2000"]) == 0
    assert "1 of 1 task solved" in capsys.readouterr().out
    assert main([*ask, "--limit", "integr=5"]) == 2
    assert "did you mean 'integer'" in capsys.readouterr().err


# ---- the Python door ----------------------------------------------------------------------------


@pytest.mark.parametrize("domain", ["list", rv.domains.list])
def test_domains_are_named(domain: str | ModuleType) -> None:
    assert rv.solve(domain, ONE, budget=500).solved


@pytest.mark.parametrize(
    ("options", "told"),
    [
        ({"timeout": "5"}, "timeout must be a number; got '5'; write 5.0, without quotes"),
        ({"seed": "a"}, "seed must be a whole number; got 'a'"),
        ({"workers": True}, "workers must be a whole number; got True"),
        ({"progress": 3}, "progress must be True"),
        ({"ranking": "prior"}, "ranking must be one of posterior, uses-inputs"),
        ({"limits": {"integr": 3}}, "did you mean 'integer'"),
        ({"grammar": 3}, "grammar must be a Grammar or a Library"),
        ({"config": 3}, "config must be a Config"),
    ],
)
def test_options_of_a_wrong_kind(options: dict[str, object], told: str) -> None:
    with pytest.raises(rv.ReverieError) as caught:
        rv.solve("list", ONE, **options)  # type: ignore[arg-type]
    assert told in str(caught.value)


def test_results_are_exported_and_reported_by_what_is_at_hand(tmp_path: Path) -> None:
    solution = rv.solve("list", ONE, budget=500)
    assert "def first" in rv.export(solution, "python")
    made = {"tasks": [ONE], "budget": 500, "recognition": False}
    run = rv.learn("list", out=tmp_path / "run", iterations=1, **made)  # type: ignore[arg-type]
    assert rv.export(tmp_path / "run", "python") == rv.export(run, "python")
    assert rv.report(run) == tmp_path / "run" / "report.html"
    on = rv.learn("list", out=tmp_path / "run", iterations=2, resume=True, **made)  # type: ignore[arg-type]
    assert len(on.history) == 2
    in_memory = rv.learn("list", iterations=1, **made)  # type: ignore[arg-type]
    with pytest.raises(rv.ReverieError, match="in memory alone"):
        rv.report(in_memory)


def test_compress_takes_what_a_file_holds() -> None:
    programs = ["(f (g a a) 1)", "(f 2 (g b b))"]
    assert compress({"programs": programs}).json == compress(programs).json
    with pytest.raises(rv.ReverieError, match="is no corpus"):
        compress({"program": programs})


# ---- the command line ---------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("words", "told"),
    [
        (["rnu"], "there is no command 'rnu'; did you mean 'run'?"),
        (["solve", "list", "--tasks", "x", "--budegt", "3"], "did you mean '--budget'"),
    ],
)
def test_commands_and_flags_are_suggested(
    words: list[str], told: str, capsys: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(SystemExit) as stop:
        main(words)
    assert stop.value.code == 2
    assert told in capsys.readouterr().err


def test_the_help_lists_what_there_is() -> None:
    from reverie.cli.parser import FORMATS, SEARCHES
    from reverie.enumerate.strategies import names
    from reverie.exporting import FORMATS as ALL

    assert set(names()) <= set(SEARCHES)
    assert set(FORMATS) == set(ALL)


def test_show_reads_the_answers_of_a_watch(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = tmp_path / "answers.jsonl"
    line = {**rv.solve("list", ONE, budget=500).as_dict(), "file": "a.json"}
    lines = [{"file": "b.json", "error": "b.json: not JSON"}, line]
    path.write_text("".join(json.dumps(each) + "\n" for each in lines))
    assert main(["show", str(path)]) == 0
    shown = capsys.readouterr().out
    assert "b.json: not JSON" in shown
    assert "1 of 1 task solved" in shown


def test_primitives_declare_what_is_assumed_of_them() -> None:
    from reverie.enumerate.bottomup.analysis.redundancies import simplifiable
    from reverie.enumerate.bottomup.analysis.symmetries import symmetries_of

    def add(x: int, y: int) -> int:
        return x + y

    kinds = [
        rv.primitive(name="found")(add),
        rv.primitive(name="no", commutative=False)(add),
        rv.primitive(name="unknown", tested=False)(add),
        rv.primitive(name="yes", commutative=True, tested=False)(add),
        rv.constant("0", "int", 0),
    ]
    library = rv.Library(kinds)
    assert symmetries_of(library).commutative == {0, 3}
    assert set(simplifiable(library)) == {0, 1}
    with pytest.raises(rv.ReverieError, match="cannot be commutative"):
        rv.primitive("int -> bool -> int", commutative=True, name="f")(lambda x, y: x)


# ---- rankings -----------------------------------------------------------------------------------

CONSTANT = rv.Task("constant", "list(int) -> int", [(([1],), 1), (([2],), 1)])


def test_the_ranking_is_chosen_and_leaves_nothing_out() -> None:
    found = {
        name: rv.solve("list", CONSTANT, budget=5000, ranking=name)
        for name in ("uses-inputs", "posterior")
    }
    assert str(found["posterior"].program) == "(lambda 1)"
    assert str(found["uses-inputs"].program) == "(lambda (length $0))"
    for solution in found.values():
        probable = solution.frontier.most_probable
        assert probable is not None
        assert str(probable.program) == "(lambda 1)"
        shares = [share for _, share in solution.frontier.posterior()]
        assert sum(shares) == pytest.approx(1)


def test_a_domain_chooses_its_ranking() -> None:
    domain = rv.Domain("mine", rv.domains.list.primitives, ranking="posterior")
    assert str(rv.solve(domain, CONSTANT, budget=5000).program) == "(lambda 1)"


# ---- check --------------------------------------------------------------------------------------

CHECKED = """
import random
import reverie as rv

class Point:
    def __init__(self, x):
        self.x = x

class Ghost:
    pass

@rv.primitive
def step(p: Point) -> Point:
    return Point(p.x + 1)

@rv.primitive
def noisy(x: int) -> int:
    return x + random.randint(0, 1000)

@rv.primitive
def haunt(g: Ghost) -> Ghost:
    return g

domain = rv.Domain("checked", [step, noisy, haunt], [
    rv.Task("never", "point -> point", [((Point(0),), Point(1))]),
    rv.Task("both", "int -> int", [((1,), 2), ((1,), 3)]),
])
"""


def test_check_finds_what_no_program_can_solve(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = tmp_path / "checked.py"
    path.write_text(CHECKED)
    assert main(["check", str(path)]) == 1
    shown = capsys.readouterr().out
    for told in (
        "task 'never', example 1: the output is not equal to a copy of itself",
        "task 'both', example 2 contradicts example 1",
        "noisy gives different values for the same arguments",
        "1 of 3 primitives could not be tried",
    ):
        assert told in shown
    assert "umba" not in shown


def test_outputs_that_cannot_be_copied_are_searched(caplog: pytest.LogCaptureFixture) -> None:
    class Single:
        def __deepcopy__(self, memo: object) -> object:
            raise TypeError("there is only one")

    one = Single()
    keep = rv.primitive("single -> single", name="keep")(lambda value: value)
    domain = rv.Domain("singles", [keep])
    solution = rv.solve(domain, rv.Task("same", "single -> single", [((one,), one)]), budget=20)
    assert solution.solved
    assert not caplog.records


def test_what_no_program_can_solve_is_told_before_it_is_searched(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    path = tmp_path / "checked.py"
    path.write_text(CHECKED)
    options = ["--iterations", "1", "--budget", "50", "--workers", "1", "--no-recognition", "-q"]
    assert main(["run", str(path), *options, "--out", str(tmp_path / "run")]) == 0
    told = caplog.text
    assert "task 'never', example 1: the output is not equal to a copy of itself" in told
    assert "task 'both', example 2 contradicts example 1" in told


def test_a_value_is_of_its_type() -> None:
    from reverie.dsl import to_value

    with pytest.raises(TypeMismatch, match="write 1"):
        to_value(1.0, parse_type("int"))
