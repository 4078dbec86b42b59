"""Exports: what is written means what the run said, and reads back where it can."""

from __future__ import annotations

import json
import math
import operator
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path
from types import ModuleType
from typing import Any

import networkx
import numpy as np
import pytest
import sympy

import reverie as rv
from reverie.cli.parser import main
from reverie.domains.deepcoder import domain as deepcoder
from reverie.domains.registry import load_domain
from reverie.dsl import Entry, Failure, Frontier, Primitive, beta_normal, inline, parse_type
from reverie.exporting import FORMATS, NotArithmetic, formula
from reverie.exporting.source import identifier
from reverie.run.run import Run

LANGUAGES = Path(__file__).parent / "languages"
HOSTILE = '"""\nimport os; os.abort() #\\ \u2028 </script> {0} $x_1$ %s'


def run_of(
    domain: rv.Domain,
    solutions: Mapping[str, tuple[rv.Task, str]],
    abstractions: Mapping[str, str] | None = None,
) -> Run:
    """Return a run with these solutions, as if they had been found."""
    library = domain.library
    for name, text in (abstractions or {}).items():
        term = library.parse(text)
        assert isinstance(term, rv.Abstraction)
        library = library.with_abstractions({**library.abstractions, name: term})
    weights = -np.linspace(1.0, 2.0, len(library) + 1)[None]
    frontiers = {}
    interpreter = rv.Interpreter(library, domain.limits)
    for name, (task, text) in solutions.items():
        judge = domain.likelihood.scorer(task, task.examples, interpreter)
        likelihood, filled = judge(library.parse(text))
        assert math.isfinite(likelihood), name
        frontiers[name] = Frontier.of(task, [Entry(filled, -7.5, likelihood, 0.5, 10, "x")])
    savings = dict.fromkeys(library.abstractions, 1.5)
    return Run(domain, rv.Grammar(library, weights), frontiers, (), savings)


def each(name: str, request: str, *examples: tuple[Any, Any]) -> rv.Task:
    return rv.Task(name, request, [((x,), y) for x, y in examples])


@pytest.fixture(scope="module")
def run() -> Run:
    listing = "list(int) -> list(int)"
    doubled = each(HOSTILE, listing, ([1, 2], [2, 4]), ([], []))
    solutions = {
        HOSTILE: (doubled, "(lambda (map (lambda (twice $0)) $0))"),
        "increase": (
            each("increase", listing, ([1, 5], [3, 7])),
            "(lambda (each (lambda (+ two $0)) $0))",
        ),
        "head or 0": (
            each("head or 0", "list(int) -> int", ([], 0), ([4], 4)),
            "(lambda (if (empty? $0) 0 (car $0)))",
        ),
        "decrease": (
            each("decrease", listing, ([1, 5], [0, 4])),
            "(lambda (flipped $0 (lambda (- $0 1))))",
        ),
        "square plus 1": (
            each("square plus 1", "int -> int", (3, 10), (0, 1)),
            "(lambda (+ (* $0 $0) 1))",
        ),
    }
    abstractions = {
        "twice": "#(lambda (+ $0 $0))",
        "two": "#(twice 1)",
        "each": "#(lambda (lambda (map $1 $0)))",
        "const": "#(lambda (lambda $1))",
        "flipped": "#(lambda (lambda (each $0 $1)))",
    }
    return run_of(rv.domains.list.domain, solutions, abstractions)


def executed(text: str) -> dict[str, Any]:
    """Run an exported module, where no part of Reverie can be imported, and return its names."""
    module = ModuleType("exported")
    hidden = {n: m for n, m in sys.modules.items() if n.partition(".")[0] == "reverie"}
    for name in hidden:
        sys.modules[name] = None  # type: ignore[assignment]
    sys.modules["exported"] = module
    try:
        exec(compile(text, "exported.py", "exec"), vars(module))
    finally:
        sys.modules.update(hidden)
    return vars(module)


def test_python_runs_by_itself(run: Run, tmp_path: Path) -> None:
    text = rv.export(run, "python")
    assert "    return map_(lambda x: two() + x, xs)" not in text  # by the abstraction's name
    assert "return each(lambda x: two() + x, xs)" in text
    assert "return 0 if is_empty(xs) else car(xs)" in text
    solutions = executed(text)["SOLUTIONS"]
    assert list(solutions) == list(run.frontiers)
    for name, frontier in run.frontiers.items():
        assert solutions[name].__doc__ == name
        for example in frontier.task.examples:
            assert solutions[name](*example.inputs) == example.output
    path = tmp_path / "solutions.py"
    path.write_text(text, encoding="utf-8")
    done = subprocess.run(
        [sys.executable, "-I", "-S", str(path)], capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr


@pytest.mark.parametrize(
    ("domain", "request_"),
    [
        (rv.domains.list.domain, "list(int) -> list(int)"),
        (rv.domains.list.rich, "list(int) -> int"),
        (load_domain("origami"), "list(int) -> list(int)"),
        (deepcoder, "list(int) -> int -> list(int)"),
    ],
    ids=["common", "rich", "mccarthy", "deepcoder"],
)
def test_python_means_what_the_program_means(domain: rv.Domain, request_: str) -> None:
    rng = np.random.default_rng(0)
    library = domain.library
    grammar = rv.Grammar.uniform(library)
    interpreter = rv.Interpreter(library, domain.limits)
    request = rv.Task("", request_).request
    inputs = [[3, 1, 2], [5, 2], [0, 7, 1, 4]]
    frontiers = {}
    while len(frontiers) < 40:
        program = grammar.sample(request, rng)
        if program is not None and program.leaves >= 3:
            name = f"program {len(frontiers)}"
            task = rv.Task(name, request)
            frontiers[name] = Frontier.of(task, [Entry(program, -1.0, 0.0)])
    solutions = executed(rv.export(Run(domain, grammar, frontiers, (), {}), "python"))["SOLUTIONS"]
    assert len(solutions) == len(frontiers)
    compared = 0
    for name, frontier in frontiers.items():
        assert frontier.best
        for values in ([xs] if len(request.parameters) == 1 else [xs, 2] for xs in inputs):
            wanted = interpreter.evaluate(frontier.best.program, values)
            if not isinstance(wanted, Failure):
                assert solutions[name](*values) == wanted, str(frontier.best.program)
                compared += 1
    assert compared > 40


@pytest.mark.parametrize("name", ["turtle", "strings", "curves"])
def test_python_of_any_language(name: str) -> None:
    module: Any = load_domain(str(LANGUAGES / f"{name}.py"))
    space = sys.modules[module.primitives[0].value.__module__]
    tasks = {task.name: task for task in module.make_tasks()}
    run = run_of(module, {n: (tasks[n], text) for n, text in space.SOLUTIONS.items()})
    solutions = executed(rv.export(run, "python"))["SOLUTIONS"]
    assert solutions.keys() == space.SOLUTIONS.keys()
    for task in tasks.values():
        for example in task.examples:
            inputs = example.inputs
            value = solutions[task.name](*inputs)
            if name == "curves":
                assert abs(value - example.output) < 0.5
            else:
                assert getattr(value, "picture", value) == example.output


@rv.primitive("int -> int -> int -> int", lazy=(1, 2))
def choose(condition: int, then: Any, otherwise: Any) -> Any:
    """Pass on what may never be computed."""
    return first_of(condition, then, otherwise)


def first_of(condition: int, then: Any, otherwise: Any) -> Any:
    return then() if condition > THRESHOLD else otherwise()


THRESHOLD = 99
LIMIT = 99


@rv.primitive("int -> int")
def f(n: int, by: int = 1) -> int:
    """Have a name like a variable's, and a default."""
    return min(n + by, LIMIT)


@rv.primitive("(int -> int) -> int -> int")
def twice(f: Any, n: int) -> int:
    """Call an argument."""
    return f(f(n))


class Boxed:
    """Be a class."""

    def __init__(self, n: int) -> None:
        self.n = n


@rv.primitive("boxed -> int")
def opened(box: Any) -> int:
    """Take what is in a box."""
    return box.n  # type: ignore[no-any-return]


PRIMITIVES = [
    *(choose, f, twice, opened),
    Primitive("boxed", parse_type("int -> boxed"), Boxed),
    Primitive("+", parse_type("int -> int -> int"), operator.add),
    Primitive("root", parse_type("int -> int"), math.isqrt),
    Primitive("abs", parse_type("int -> int"), abs),
    rv.constant("100", "int", 100),
]


@pytest.mark.parametrize(
    ("program", "value"),
    [
        ("(lambda (choose 100 $0 (root (+ $0 (+ (abs $0) -1:int)))))", -5),
        ("(lambda (choose $0 (root $0) (f $0)))", -4),
        ("(lambda (twice (lambda (f $0)) $0))", -3),
        ("(lambda (twice (lambda (+ $0 (abs $1))) $0))", 5),
        ("(lambda (opened (boxed $0)))", -5),
        ("(lambda (f 100))", 99),
    ],
)
def test_python_of_primitives_of_every_kind(program: str, value: int) -> None:
    domain = rv.Domain("kinds", PRIMITIVES)
    run = run_of(domain, {"f": (each("f", "int -> int", (-5, value)), program)})
    solutions = executed(rv.export(run, "python"))["SOLUTIONS"]
    assert solutions["f"](-5) == value


def test_a_primitive_without_source_is_said_to_be() -> None:
    def made(k: int) -> Any:
        return lambda x: x + k

    adder = Primitive("adder", parse_type("int -> int"), made(3))
    domain = rv.Domain("closed", [adder, rv.domains.list.domain.primitives[7]])
    run = run_of(domain, {"add 3": (each("add 3", "int -> int", (1, 4)), "(lambda (adder $0))")})
    text = rv.export(run, "python")
    assert executed(text)["SOLUTIONS"] == {}
    assert "# not written: add 3: " in text


def test_names_are_identifiers() -> None:
    names = ["class", "2 x", "ä", "a  b", "", "λ"]
    assert all(identifier(name).isidentifier() for name in names)


# ---- formulas ------------------------------------------------------------------------------------


def test_formulas_are_the_programs(tmp_path: Path) -> None:
    domain = load_domain(str(LANGUAGES / "curves.py"))
    space = sys.modules[domain.primitives[0].value.__module__]
    tasks = {task.name: task for task in domain.make_tasks()}
    run = run_of(domain, {n: (tasks[n], text) for n, text in space.SOLUTIONS.items()})
    names = executed(rv.export(run, "sympy"))
    assert str(names["FORMULAS"]["parabola"]) == "x0**2"
    interpreter = rv.Interpreter(run.library)
    for name, frontier in run.frontiers.items():
        assert frontier.best
        for x in (-1.5, 0.3, 2.0):
            value = names["FORMULAS"][name].subs(names.get("x0", "x0"), x)
            wanted = interpreter.evaluate(frontier.best.program, [x])
            assert math.isclose(float(value), wanted, rel_tol=1e-9, abs_tol=1e-9)
    document = rv.export(run, "latex")
    assert r"\text{parabola} &= x_{0}^{2} \\" in document
    assert document.count(r"\text{") == len(tasks)


def test_formulas_of_integers_and_what_is_none(run: Run) -> None:
    names = executed(rv.export(run, "sympy"))
    assert list(names["FORMULAS"]) == ["square plus 1"]
    assert names["FORMULAS"]["square plus 1"] == names["x0"] ** 2 + 1
    best = run.frontiers["increase"].best
    assert best
    with pytest.raises(NotArithmetic, match="no formula of numbers"):
        formula(best.program, run.frontiers["increase"].task.request, run.library)
    request = rv.Task("", "int -> int").request
    prime = run.library.parse("(lambda (if (is-prime $0) $0 0))")
    with pytest.raises(NotArithmetic, match=r"operations=\{'if'"):
        formula(prime, request, run.library)
    made = {"if": lambda c, a, b: sympy.Piecewise((a, c > 0), (b, True)), "is-prime": sympy.sign}
    assert formula(prime, request, run.library, made).has(sympy.Piecewise)
    none = Run(run.domain, run.grammar, {}, (), {})
    with pytest.raises(NotArithmetic, match="none is solved"):
        rv.export(none, "latex")


def test_latex_escapes_names() -> None:
    task = each(HOSTILE, "int -> int", (1, 1))
    text = rv.export(run_of(rv.domains.list.domain, {HOSTILE: (task, "(lambda $0)")}), "latex")
    assert r"os.abort() \#\textbackslash{} </script> \{0\} \$x\_1\$ \%s" in text


# ---- graphs --------------------------------------------------------------------------------------


def test_graphs_hold_the_library(run: Run, tmp_path: Path) -> None:
    path = tmp_path / "library.graphml"
    path.write_text(rv.export(run, "graphml"), encoding="utf-8")
    graph = networkx.read_graphml(path)
    edges = {("twice", "+"), ("two", "twice"), ("two", "1"), ("each", "map"), ("flipped", "each")}
    assert set(graph.edges) == edges
    assert graph.nodes["two"] == {
        "type": "int", "kind": "abstraction", "definition": "(twice 1)", "uses": 1, "saving": 1.5,
    }  # fmt: skip
    dot = rv.export(run, "dot")
    assert all(f'"{user}" -> "{used}";' in dot for user, used in edges)
    assert '"two" [label="two\\n(twice 1)"' in dot


# ---- formats that are read again -----------------------------------------------------------------


def definitions(library: rv.Library) -> set[rv.Abstraction]:
    return set(library.abstractions.values())


def test_our_own_json_reads_back(run: Run, tmp_path: Path) -> None:
    path = tmp_path / "run.json"
    path.write_text(rv.export(run, "json"), encoding="utf-8")
    grammar = rv.load_grammar(path, run.domain)
    assert grammar.library.abstractions == run.library.abstractions
    assert (grammar.weights == run.grammar.weights).all()
    data = json.loads(path.read_text(encoding="utf-8"))
    assert [task["name"] for task in data["tasks"]] == list(run.frontiers)
    for task in data["tasks"]:
        (program,) = task["programs"]
        best = run.frontiers[task["name"]].best
        assert best
        assert grammar.library.parse(program["program"]) is best.program


def test_dreamcoder_reads_back(run: Run, tmp_path: Path) -> None:
    path = tmp_path / "run.json"
    path.write_text(rv.export(run, "dreamcoder"), encoding="utf-8")
    grammar = rv.load_grammar(path, run.domain)
    assert definitions(grammar.library) == definitions(run.library)
    weights = dict(zip([p.term for p in run.library.productions], run.grammar.weights[0]))  # noqa: B905
    for column, production in enumerate(grammar.library.productions):
        assert grammar.weights[0, column] == weights[production.term]
    assert main(["compress", str(path), "-q"]) == 0  # a corpus as well


def test_dreamcoders_own_files_are_read(data: Path) -> None:
    reply = data / "golden" / "compress_reply_arity2.json"
    grammar = rv.load_grammar(reply, rv.domains.list.domain)
    found = json.loads(reply.read_text(encoding="utf-8"))["DSL"]
    learned = [p for p in found["productions"] if p["expression"].startswith("#")]
    assert len(grammar.library.abstractions) == len(learned) > 0
    assert grammar.weights[0, -1] == found["logVariable"]


def test_stitch_reads_back(run: Run, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = tmp_path / "run.json"
    path.write_text(rv.export(run, "stitch"), encoding="utf-8")
    found = json.loads(path.read_text(encoding="utf-8"))
    bodies = {a["name"]: (a["body"], a["arity"]) for a in found["abstractions"]}
    assert bodies["twice"] == ("(+ #0 #0)", 1)
    assert bodies["two"] == ("(twice 1)", 0)
    assert bodies["const"] == ("(lambda #0)", 1)  # an argument must be used
    assert bodies["each"] == ("(map #1 #0)", 2)  # the last to be used comes first
    assert "(lambda (each $0 (lambda (+ two $0))))" in found["rewritten"]
    assert bodies["flipped"] == ("(each #1 #0)", 2)
    library = rv.load_grammar(path, run.domain).library
    same = {name: a for name, a in run.library.abstractions.items() if len(name) < 4}
    assert same.items() <= library.abstractions.items()
    for original, rewritten in zip(found["original"], found["rewritten"], strict=True):
        assert beta_normal(inline(library.parse(rewritten))) is library.parse(original)
    assert found["final_cost"] != found["original_cost"]
    assert main(["show", str(path)]) == 0
    assert "(+ #0 #0)" in capsys.readouterr().out


def test_stitch_itself_takes_it(run: Run) -> None:
    stitch = pytest.importorskip("stitch_core", reason="needs Stitch: pip install stitch_core")
    found = json.loads(rv.export(run, "stitch"))
    used = [a for a in found["abstractions"] if a["num_uses"]]
    abstractions = [stitch.Abstraction(a["name"], a["body"], a["arity"]) for a in used]
    again = stitch.rewrite(found["original"], abstractions, silent=True)
    wanted = [text.replace("lambda", "lam") for text in found["rewritten"]]
    assert len(again.rewritten) == len(wanted)
    for theirs, ours in zip(again.rewritten, wanted, strict=True):
        # Where `each` or `map` is, `flipped` serves as well, and Stitch takes it.
        assert theirs == ours or "each" in ours or "map" in ours
    frontiers = stitch.from_dreamcoder(json.loads(rv.export(run, "dreamcoder")))
    assert len(frontiers["programs"]) == len(found["original"])


def test_the_command_line_reads_each(run: Run, tmp_path: Path) -> None:
    tasks = tmp_path / "tasks.json"
    examples = [{"inputs": [[1, 2]], "output": [2, 4]}, {"inputs": [[7]], "output": [14]}]
    request = "list(int) -> list(int)"
    tasks.write_text(json.dumps([{"name": "t", "request": request, "examples": examples}]))
    for form in ("json", "dreamcoder", "stitch"):
        path = tmp_path / f"{form}.json"
        path.write_text(rv.export(run, form), encoding="utf-8")
        out = tmp_path / f"{form}.jsonl"
        solve = ["solve", "list", "--tasks", str(tasks), "--library", str(path), "-q"]
        assert main([*solve, "--budget", "2000", "--workers", "1", "--out", str(out)]) == 0
        assert json.loads(out.read_text())["solved"]


BAD = {
    "no.json": ("{", "is not JSON"),
    "other.json": ('{"a": 1}', "holds no library"),
    "newer.json": ('{"format": "reverie-run", "version": 9}', "version 9"),
    "damaged.json": ('{"format": "reverie-run", "version": 1}', "damaged"),
    "foreign.json": (
        '{"DSL":{"logVariable":0,"productions":[{"expression":"#(cdrr)","logProbability":0}]}}',
        "did you mean 'cdr'",
    ),
    "contextual.json": ('{"DSL": {"noParent": {}}}', "unigram"),
    "stitch.json": ('[{"name": "f", "body": "(+ #0 1"}]', "arity"),
    "body.json": ('[{"name": "f", "body": "(+ #0 1", "arity": 1}]', "has no ')'"),
}


@pytest.mark.parametrize("name", BAD)
def test_bad_libraries_are_named(name: str, tmp_path: Path) -> None:
    text, message = BAD[name]
    (tmp_path / name).write_text(text, encoding="utf-8")
    with pytest.raises(rv.ReverieError) as caught:
        rv.load_grammar(tmp_path / name, rv.domains.list.domain)
    assert message in str(caught.value)
    assert name in str(caught.value)


# ---- the command line ----------------------------------------------------------------------------


def test_the_command_line(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    tasks = [each("next", "int -> int", (1, 2), (5, 6))]
    domain = rv.domains.list.domain
    for name, source in (("run", "list"), ("own", "my.py")):
        out = tmp_path / name
        rv.learn(
            domain, tasks=tasks, iterations=1, budget=500, out=out, source=source, recognition=False
        )
    folder = str(tmp_path / "run")
    capsys.readouterr()
    for form in FORMATS:
        assert main(["export", folder, "--format", form]) == 0
        assert capsys.readouterr().out.strip()
    out = tmp_path / "solutions.py"
    assert main(["export", folder, "--format", "python", "--out", str(out), "--json"]) == 0
    assert json.loads(capsys.readouterr().out) == {"format": "python", "out": str(out)}
    assert executed(out.read_text(encoding="utf-8"))["SOLUTIONS"]["next"](41) == 42
    for arguments, message in [
        ([folder, "--format", "pyhton"], "did you mean 'python'?; the formats are json, python,"),
        ([folder, "--format", "json", "--out", str(out)], "exists already"),
        ([str(tmp_path / "own"), "--format", "json"], "my.py: name it with --domain"),
        ([str(tmp_path), "--format", "json"], "holds no run"),
    ]:
        assert main(["export", *arguments]) == 2
        captured = capsys.readouterr()
        assert message in captured.err
        assert captured.out == ""
    assert main(["export", str(tmp_path / "own"), "--format", "dot", "--domain", "list"]) == 0
