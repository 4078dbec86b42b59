"""A language whose code is edited while runs, exports and models of it lie about."""

from __future__ import annotations

import functools
import json
import logging
import math
import sqlite3
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest

import reverie as rv
from reverie.cli.parser import main
from reverie.domains.registry import load_domain
from reverie.dsl.calculus.syntax import parse_type
from reverie.dsl.model.fingerprint import changes, code_of, fingerprint
from reverie.dsl.support.errors import ReverieError
from reverie.open_run import load_grammar

SOURCE = '''"""Editing words."""
import reverie as rv
from reverie.dsl.model.likelihood import Equality

SHIFT = {shift}


def helper(text: str) -> str:
    return text.upper() * SHIFT


@rv.primitive(name="++")
def join(first: str, second: str) -> str:
    """Put one text after another."""
    return first + second


@rv.primitive
def loud(text: str) -> str:
    """Write in capitals."""
    return helper(text)


@rv.primitive
def mirror(text: str) -> str:
    """Write backwards."""
    return text[::-1]


mark = rv.constant("mark", "str", "!")


def task(name, edit):
    return rv.Task(name, "str -> str", [((w,), edit(w)) for w in ("tea", "rose", "yes")])


domain = rv.Domain(
    "words",
    [{primitives}],
    [
        task("shout", lambda w: w.upper() + "!"),
        task("palindrome", lambda w: w + w[::-1]),
        task("backwards", lambda w: w[::-1].upper()),
    ],
)
'''
OPTIONS: dict[str, Any] = {"budget": 2000, "recognition": False, "workers": 1}


def source(primitives: str = "join, loud, mirror, mark", shift: int = 1) -> str:
    return SOURCE.replace("{primitives}", primitives).replace("{shift}", str(shift))


@pytest.fixture
def made(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Make a run of one round in ``run``, its export in ``found.json``; the code is ``my.py``."""
    monkeypatch.chdir(tmp_path)
    Path("my.py").write_text(source())
    run = rv.learn(load_domain("my.py"), iterations=1, out="run", source="my.py", **OPTIONS)
    assert sum(frontier.best is not None for frontier in run.frontiers.values()) == 3
    Path("found.json").write_text(rv.export(run, "json"))
    return tmp_path


def solved(run: rv.Run) -> list[str]:
    return [name for name, frontier in run.frontiers.items() if frontier.best]


# ---- which code a run was made with --------------------------------------------------------------

EDITS = {
    "a primitive": ("text[::-1]", "text[1:]", ["shout"], "mirror does something else"),
    "a constant": ('"str", "!"', '"str", "?"', ["palindrome", "backwards"], "mark is another"),
    "a helper": ("text.upper() *", "text.lower() *", ["palindrome"], "loud does something else"),
    "a global": ("SHIFT = 1", "SHIFT = 2", ["palindrome"], "loud does something else"),
    "a type": (
        "def loud(text: str) -> str", "def loud(text: str) -> int", ["palindrome"],
        "loud is of type str -> int, and was of type str -> str",
    ),
    "one taken away": ("join, loud,", "join,", ["palindrome"], "loud is gone"),
    "the likelihood": (
        "    ],\n)", "    ],\n    Equality(equal=lambda a, b: False),\n)", [], "the likelihood",
    ),
}  # fmt: skip


@pytest.mark.parametrize("kind", EDITS)
def test_programs_are_judged_again_by_changed_code(
    kind: str, made: Path, caplog: pytest.LogCaptureFixture
) -> None:
    before, after, expected, told = EDITS[kind]
    edited = source().replace(before, after)
    assert edited != source()
    Path("my.py").write_text(edited)
    domain = load_domain("my.py")
    with caplog.at_level(logging.WARNING):
        known = rv.load("run", domain)
    assert solved(known) == expected
    assert told in caplog.text
    caplog.clear()
    with caplog.at_level(logging.WARNING):
        run = rv.resume("run", domain, iterations=2)
    assert told in caplog.text
    assert set(solved(run)) >= set(expected)
    for name, frontier in run.frontiers.items():
        assert all(math.isfinite(entry.log_prior) for entry in frontier.entries)
        score = domain.likelihood.scorer(
            frontier.task, frontier.task.examples, rv.Interpreter(run.library)
        )
        assert all(math.isfinite(score(entry.program)[0]) for entry in frontier.entries), name
    assert "Infinity" not in rv.export(run, "json")
    # What is on the disk is what was found, without a word of what failed.
    caplog.clear()
    assert solved(rv.load("run", domain)) == solved(run)
    assert main(["show", "run"]) == 0
    assert main(["report", "run"]) == 0
    assert not caplog.text


def test_code_that_only_looks_different_changes_nothing(
    made: Path, caplog: pytest.LogCaptureFixture
) -> None:
    text = source("mirror, mark, loud, join").replace("Write backwards.", "Turn around.")
    Path("my.py").write_text(f"# a remark\n\n\n{text}")
    with caplog.at_level(logging.WARNING):
        assert len(solved(rv.load("run", load_domain("my.py")))) == 3
    assert not caplog.text


def test_an_abstraction_that_no_longer_fits_names_what_has_changed(made: Path) -> None:
    connection = sqlite3.connect("run/run.sqlite")
    row = {"name": "fn_0", "definition": "#(lambda (loud (mirror $0)))", "saving": 1.0}
    (weights,) = connection.execute("select weights from libraries").fetchone()
    data = json.loads(weights)
    data["columns"].append(["fn_0", 1])
    data["rows"] = [[*row[:-1], 0.0, row[-1]] for row in data["rows"]]
    connection.execute(
        "update libraries set abstractions = ?, weights = ?", (json.dumps([row]), json.dumps(data))
    )
    connection.commit()
    connection.close()
    assert list(rv.load("run", load_domain("my.py")).library.abstractions) == ["fn_0"]
    Path("my.py").write_text(source().replace("loud(text: str) -> str", "loud(text: int) -> str"))
    with pytest.raises(ReverieError, match="loud is of type int -> str, and was of type str"):
        rv.resume("run", load_domain("my.py"), iterations=2)


# ---- fingerprints --------------------------------------------------------------------------------


def made_from(text: str, name: str = "f") -> Any:
    module = ModuleType("made")
    module.__file__ = "/made.py"
    exec(compile(text, "/made.py", "exec"), vars(module))
    return vars(module)[name]


SAME = [
    ("def f(x):\n    return x + 1", "# a remark\n\ndef f(x):\n    'What.'\n    return x + 1"),
    ("f = {1, 2, 30, 'a', 'b', 'c'}", "f = {'c', 'b', 'a', 30, 2, 1}"),
]
DIFFERENT = [
    ("def f(x):\n    return x + 1", "def f(x):\n    return x + 2"),
    ("def f(x):\n    return x + 1", "def f(x):\n    return x + 1.0"),
    ("def f(x):\n    return x + 1", "def f(x):\n    return x - 1"),
    ("def f(x, y=1): return x + y", "def f(x, y=2): return x + y"),
    ("def f(x, *, y=1): return x + y", "def f(x, *, y=2): return x + y"),
    ("T = [1, 2]\ndef f(x): return T[x]", "T = [1, 3]\ndef f(x): return T[x]"),
    ("T = {'a': (1,)}\ndef f(x): return T[x]", "T = {'a': (2,)}\ndef f(x): return T[x]"),
    (
        "def g(n):\n    return lambda x: x + n\nf = g(1)",
        "def g(n):\n    return lambda x: x + n\nf = g(2)",
    ),
    ("def g(x): return x\ndef f(x): return g(x)", "def g(x): return -x\ndef f(x): return g(x)"),
    ("def f(x): return [y + 1 for y in x]", "def f(x): return [y + 2 for y in x]"),
    (
        "from functools import partial\nf = partial(pow, 2)",
        "from functools import partial\nf = partial(pow, 3)",
    ),
    (
        "import functools\n@functools.cache\ndef f(x): return 1",
        "import functools\n@functools.cache\ndef f(x): return 2",
    ),
    (
        "class C:\n    def m(self, x): return 1\nf = C().m",
        "class C:\n    def m(self, x): return 2\nf = C().m",
    ),
    ("class C:\n    k = 1\ndef f(x): return C.k", "class C:\n    k = 2\ndef f(x): return C.k"),
    (
        "class C:\n    def __call__(self, x): return 1\nf = C()",
        "class C:\n    def __call__(self, x): return 2\nf = C()",
    ),
    (
        "import re\nP = re.compile('a')\ndef f(x): return P.sub('', x)",
        "import re\nP = re.compile('b')\ndef f(x): return P.sub('', x)",
    ),
    ("import numpy\nf = numpy.arange(3)", "import numpy\nf = numpy.arange(4)"),
    (
        "from fractions import Fraction\nf = Fraction(1, 2)",
        "from fractions import Fraction\nf = Fraction(1, 3)",
    ),
    ("import math\nf = math.sin", "import math\nf = math.cos"),
    ("import math\ndef f(x): return math.sin(x)", "import math\ndef f(x): return math.cos(x)"),
    ("f = str.upper", "f = str.lower"),
]


@pytest.mark.parametrize(("first", "second"), SAME)
def test_what_does_the_same_has_one_fingerprint(first: str, second: str) -> None:
    assert fingerprint(made_from(first)) == fingerprint(made_from(second))


@pytest.mark.parametrize(("first", "second"), DIFFERENT)
def test_what_does_something_else_has_another(first: str, second: str) -> None:
    assert fingerprint(made_from(first)) == fingerprint(made_from(first))
    assert fingerprint(made_from(first)) != fingerprint(made_from(second))


def test_fingerprints_end_on_values_that_hold_themselves_or_nest_deeply() -> None:
    circle: list[Any] = [1]
    circle.append(circle)
    deep: list[Any] = []
    for _ in range(50_000):
        deep = [deep]
    assert fingerprint(circle) != fingerprint(deep)
    assert fingerprint(functools.partial(max, 1)) != fingerprint(functools.partial(min, 1))


def test_a_built_in_domain_has_the_same_code_every_time() -> None:
    first, second = code_of(load_domain("list")), code_of(load_domain("list"))
    assert changes(first, json.loads(json.dumps(second))) == []


# ---- weights -------------------------------------------------------------------------------------


@pytest.mark.parametrize("place", ["run", "found.json"])
def test_weights_belong_to_names(place: str, made: Path) -> None:
    before = load_grammar(place, load_domain("my.py"))
    programs = ["(lambda (loud (++ $0 mark)))", "(lambda (mirror $0))"]
    request = parse_type("str -> str")
    expected = [before.log_prior(before.library.parse(p), request) for p in programs]
    Path("my.py").write_text(source("mark, mirror, join, loud"))
    after = load_grammar(place, load_domain("my.py"))
    found = [after.log_prior(after.library.parse(p), request) for p in programs]
    assert found == pytest.approx(expected)
    assert expected[0] != pytest.approx(expected[1])


@pytest.mark.parametrize("place", ["run", "found.json"])
def test_a_new_primitive_gets_the_weight_of_a_variable(
    place: str, made: Path, caplog: pytest.LogCaptureFixture
) -> None:
    before = load_grammar(place, load_domain("my.py"))
    text = source("mirror, rv.constant('dot', 'str', '.'), join, mark")
    Path("my.py").write_text(text)
    with caplog.at_level(logging.WARNING):
        after = load_grammar(place, load_domain("my.py"))
    weights = {
        name: dict(zip([p.name for p in g.library.productions], g.weights[0], strict=False))
        for name, g in (("before", before), ("after", after))
    }
    assert weights["after"]["dot"] == before.weights[0, -1]
    for name in ("mirror", "++", "mark"):
        assert weights["after"][name] == weights["before"][name]
    assert "no weight for dot" in caplog.text
    assert "weights for loud" in caplog.text
