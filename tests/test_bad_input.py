"""Whatever is wrong with what a person gives: one message that says where and what to do."""

from __future__ import annotations

import json
import shutil
import sqlite3
from pathlib import Path
from typing import Any

import pytest

import reverie as rv
from reverie import language_check as check
from reverie.cli.parser import main

ONE = "primitive one : int = 1\n"
HEAD = "import reverie as rv\none = rv.constant('one', 'int', 1)\n"
NINES = "9" * 5000


def task(**changes: Any) -> list[dict[str, Any]]:
    example = {"inputs": [[1, 2]], "output": [2, 3]}
    return [{"name": "t", "request": "list(int) -> list(int)", "examples": [example], **changes}]


def sygus(*constraints: str) -> str:
    return "\n".join(["(synth-fun f ((x Int)) Int)", *constraints])


# What a file of tasks holds, its suffix, and what the message says.
TASKS: dict[str, tuple[Any, str, str]] = {
    "type without argument": (task(request="list -> int"), "json", "write it like list(int)"),
    "type with two": (task(request="list(int, int) -> int"), "json", "write it like list(int)"),
    "type without end": (task(request="list(int -> int"), "json", "is not closed"),
    "type nests too deeply": (task(request="list(" * 3000 + "int" + ")" * 3000), "json", "nests"),
    "request is a number": (task(request=5), "json", '"request"'),
    "name is a number": (task(name=5), "json", '"name"'),
    "name is blank": (task(name=" "), "json", "name is empty"),
    "name has half a character": ('[{"name": "\\ud800"}]', "json", "half a character"),
    "same name twice": (task() + task(), "json", "names must differ"),
    "inputs are no array": (task(examples=[{"inputs": 3, "output": 4}]), "json", "[value]"),
    "too many inputs": (task(examples=[{"inputs": [[1], 2], "output": []}]), "json", "takes 1"),
    "output of another type": (task(examples=[{"inputs": [[1]], "output": "x"}]), "json", "'x'"),
    "truth value for number": (task(examples=[{"inputs": [[1]], "output": [True]}]), "json", "int"),
    "key misspelt": ([{"name": "t", "requests": "int"}], "json", "'requests'"),
    "no examples": (task(examples=[]), "json", "at least one"),
    "examples are an object": (task(examples={}), "json", '"examples"'),
    "held out is a text": (task(held_out="x"), "json", '"held_out"'),
    "not a number": (json.dumps(task(examples=[{"inputs": [[float("nan")]], "output": []}])),
                     "json", "NaN"),
    "number too long": (f"[{NINES}]", "json", "digits"),
    "nests 10,000 deep": ("[" * 10_000 + "]" * 10_000, "json", "nest too deeply"),
    "line of JSON Lines": (f'{json.dumps(task()[0])}\n{{"x"\n', "jsonl", "line 2"),
    "line number too long": (f'{json.dumps(task()[0])}\n[{NINES}]\n', "jsonl", "line 2"),
    "binary": (bytes(range(128, 256)), "json", "UTF-8"),
    "zero bytes": (b"\0\0\0\0", "json", "line 1"),
    "null": ("null", "json", "array of tasks"),
    "null in an array": ("[null]", "json", "task 1"),
    "empty object": ("{}", "json", "and no other"),
    "SyGuS without end": ("(set-logic SLIA", "sl", "')'"),
    "SyGuS of two functions": (sygus() + sygus(), "sl", "2 synth-fun"),
    "SyGuS sort": ("(synth-fun f ((x BitVec)) Int)", "sl", "BitVec"),
    "SyGuS inputs": (sygus("(constraint (= (f 1 2) 3))"), "sl", "takes 1 argument"),
    "SyGuS constraint": (sygus("(constraint (> (f 1) 3))"), "sl", "line 2"),
    "SyGuS number too long": (sygus(f"(constraint (= (f {NINES}) 3))"), "sl", "digits"),
    "ARC without input": ({"train": [{"output": [[1]]}]}, "json", 'no key "input"'),
    "ARC grid": ({"train": [{"input": 3, "output": [[1]]}]}, "json", "rows"),
    "ARC cell": ({"train": [{"input": [["a"], [1]], "output": [[1]]}]}, "json", "'a'"),
    "DreamCoder type": ({"name": "x", "type": {"input": "int"}}, "json", 'no text "output"'),
    "DreamCoder example": (
        {"name": "x", "type": {"input": "int", "output": "int"}, "examples": [{"o": 1}]},
        "json", 'no key "i"',
    ),
    "list function": ({"id": "x", "data": [{"i": [1], "o": 1}, {"i": "a", "o": 1}]}, "json",
                      "no common type"),
}  # fmt: skip

# A Python file, the status of `check`, and what it says.
DOMAINS = {
    "syntax": ("def f(:\n", 2, "line 1: SyntaxError"),
    "exception": (HEAD + "{}['key']\n", 2, "line 3: KeyError"),
    "exit": ("import sys\nsys.exit(3)\n", 2, "line 2"),
    "missing module": ("import no_such_module\n", 2, "no_such_module"),
    "nothing in it": ("", 2, "neither a Domain nor primitives"),
    "not a primitive": (HEAD + "domain = rv.Domain('d', [len])\n", 2, "@primitive"),
    "primitives are None": (HEAD + "domain = rv.Domain('d', None)\n", 2, "list of primitives"),
    "no primitives": (HEAD + "domain = rv.Domain('d', [])\n", 1, "no primitives"),
    "no name": (HEAD + "domain = rv.Domain(None, [one])\n", 2, "name must be a text"),
    "tasks are a number": (HEAD + "domain = rv.Domain('d', [one], 5)\n", 2, "list of tasks"),
    "task is a text": (HEAD + "domain = rv.Domain('d', [one], ['x'])\n", 1, "is no task"),
    "tasks fail": (HEAD + "domain = rv.Domain('d', [one], lambda s: s / 0)\n", 1, "seed 0"),
    "tasks take no seed": (HEAD + "domain = rv.Domain('d', [one], lambda: [])\n", 1, "a seed"),
    "likelihood": (HEAD + "domain = rv.Domain('d', [one], likelihood=5)\n", 2, "likelihood"),
    "limits": (HEAD + "domain = rv.Domain('d', [one], limits=5)\n", 2, "limits"),
    "continuation": (HEAD + "domain = rv.Domain('d', [one], continuation=5)\n", 2, "a type"),
    "abstractions": (HEAD + "domain = rv.Domain('d', [one], abstractions={'f': 3})\n", 2, "f is 3"),
    "two domains": (HEAD + "a = rv.Domain('a', [one])\nb = rv.Domain('b', [one])\n", 2, "2 d"),
    "same name twice": (HEAD + "two = rv.constant('one', 'int', 2)\n", 2, "defined twice"),
    "constant": (HEAD + "two = rv.constant('two', 'int', 'x')\n", 1, "'x' is not of type int"),
    "no annotations": (HEAD + "@rv.primitive\ndef f(x): return x\n", 2, "no annotation"),
    "arguments": (HEAD + "@rv.primitive('int -> int -> int')\ndef f(x): return x\n", 2, "2 arg"),
    "type": (HEAD + "@rv.primitive('list -> int')\ndef f(x): return x\n", 2, "like list(int)"),
    "no name of its own": (HEAD + "f = rv.primitive('int -> int')(lambda x: x)\n", 2, "name="),
    "wrong value": (HEAD + "@rv.primitive\ndef f(x: int) -> int: return 'a'\n", 1, "gave"),
    "tuple for a list": (
        HEAD + "@rv.primitive\ndef f(x: list[int]) -> list[int]: return tuple(x)\n",
        1, "gave a tuple",
    ),
    "argument changed": (
        HEAD + "@rv.primitive\ndef f(x: list[int]) -> list[int]:\n    x.append(1)\n    return x\n",
        1, "work on a copy",
    ),
    "no end": (HEAD + "@rv.primitive\ndef f(x: int) -> int:\n    while True: pass\n", 1, "bound"),
    "exit in a primitive": (
        HEAD + "import sys\n@rv.primitive\ndef f(x: int) -> int: sys.exit(1)\n", 1, "exit(1)"
    ),
}  # fmt: skip

LANGUAGES = {
    "garbage": ("hello\n", "expected 'abstraction'"),
    "no type": ("primitive one\n", "expected ':'"),
    "type": ("primitive f : list -> int from math:fabs\n", "write it like list(int)"),
    "deep type": (f"primitive f : {'list(' * 5000}int{')' * 5000} = []\n", "nests more than"),
    "value": ("primitive one : int\n", "expected '='"),
    "value of another type": ('primitive one : int = "x"\n', "'x' is not of type int"),
    "long number": (f"primitive one : int = {NINES}\n", "line 1"),
    "twice": (ONE + ONE, "defined twice"),
    "free variable": (ONE + "abstraction f = (lambda $3)\n", "closed"),
    "declared otherwise": (ONE + "abstraction f : bool = one\n", "its type is int"),
    "itself": (ONE + "abstraction f : int -> int = (lambda (f $0))\n", "unknown primitive 'f'"),
    "no module": ("primitive f : int -> int from no_such_module:f\n", "no_such_module"),
    "no attribute": ("primitive f : int -> int from math:sqroot\n", "did you mean 'sqrt'"),
    "not a function": ("primitive f : int -> int from math:pi\n", "must be a function"),
    "lazy": ("primitive f : int -> int lazy 7 from math:floor\n", "argument 7"),
    "20,000 parentheses": (ONE + f"abstraction f = {'(' * 20_000}\n", "line 2"),
    "quote": ('primitive one : int = 1 "doc\n', "line 1"),
}

# A run's file is damaged so, and `show` says this.
RUNS = {
    "empty": (None, "stopped before its first row"),
    "another format": ("update meta set value = '9' where key = 'schema'", "format 9"),
    "no domain": ("delete from meta where key = 'domain'", "damaged"),
    "no frontiers": ("drop table frontiers", "damaged"),
    "no libraries": ("drop table libraries", "damaged"),
    "library is no JSON": ("update libraries set abstractions = 'x'", "damaged"),
    "frontiers are no JSON": ("update frontiers set entries = 'x'", "damaged"),
}


def status(capsys: pytest.CaptureFixture[str], *arguments: str) -> tuple[int, str, str]:
    try:
        found = main(list(arguments))
    except SystemExit as stop:
        found = int(str(stop.code))
    captured = capsys.readouterr()
    assert "Traceback" not in captured.out + captured.err
    assert "defect" not in captured.err
    return found, captured.out, captured.err


def write(path: Path, content: Any) -> str:
    if isinstance(content, bytes):
        path.write_bytes(content)
    else:
        text = content if isinstance(content, str) else json.dumps(content)
        path.write_text(text, encoding="utf-8")
    return str(path)


@pytest.mark.parametrize("kind", TASKS)
def test_tasks(kind: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    content, suffix, expected = TASKS[kind]
    path = write(tmp_path / f"list.{suffix}", content)
    found, out, err = status(capsys, "solve", "list", "--tasks", path, "--budget", "10")
    assert (found, out) == (2, "")
    assert path in err
    assert expected in err


@pytest.mark.parametrize("kind", DOMAINS)
def test_domains(
    kind: str, tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(check, "SECONDS", 0.2)
    text, expected_status, expected = DOMAINS[kind]
    path = write(tmp_path / "mine.py", text)
    found, out, err = status(capsys, "check", path)
    assert found == expected_status
    assert expected in (err if found == 2 else out)
    assert (found == 2) == (path in err)


@pytest.mark.parametrize("kind", LANGUAGES)
def test_languages(kind: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    text, expected = LANGUAGES[kind]
    path = write(tmp_path / "mine.dsl", text)
    found, out, err = status(capsys, "check", path)
    assert (found, out) == (2, "")
    assert path in err
    assert expected in err
    assert len(err) < 1000


@pytest.fixture(scope="module")
def run(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("runs") / "run"
    add_one = rv.Task("t", "list(int) -> list(int)", [(([1],), [1])])
    rv.learn(rv.domains.list.domain, tasks=[add_one], out=folder, iterations=1, budget=50)
    return folder


def test_a_finished_run_is_one_file_its_models_and_its_lock(run: Path) -> None:
    assert {path.name for path in run.iterdir()} == {"model-1.pt", "run.lock", "run.sqlite"}


@pytest.mark.parametrize("kind", RUNS)
def test_runs(kind: str, run: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    damage, expected = RUNS[kind]
    folder = tmp_path / "run"
    shutil.copytree(run, folder)
    if damage is None:
        (folder / "run.sqlite").write_bytes(b"")
    else:
        connection = sqlite3.connect(folder / "run.sqlite")
        connection.execute(damage)
        connection.commit()
        connection.close()
    found, out, err = status(capsys, "show", str(folder))
    assert (found, out) == (2, "")
    assert str(folder) in err
    assert expected in err


def test_a_library_of_another_domain(
    run: Path,
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
    caplog: pytest.LogCaptureFixture,
) -> None:
    tasks = write(tmp_path / "tasks.json", task())
    solve = ["solve", "origami", "--tasks", tasks, "--budget", "10", "--library"]
    assert status(capsys, *solve, str(run))[0] == 0  # weights go by name
    assert "has no weight for fix1" in caplog.text
    foreign = write(tmp_path / "mine.dsl", ONE + "abstraction f : int = one\n")
    assert "unknown primitive 'one'" in status(capsys, *solve, foreign)[2]


@pytest.mark.parametrize(
    ("content", "expected"),
    [
        ('{"solved": true}', "damaged"),
        ('{"compression_ratio": 1}', "damaged"),
        ("[" * 10_000, "nest too deeply"),
        (b"\xff\xfe\xfd", "UTF-8"),
    ],
)
def test_files_that_are_shown(
    content: Any, expected: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = write(tmp_path / "some.json", content)
    found, _, err = status(capsys, "show", path)
    assert found == 2
    assert path in err
    assert expected in err


def test_compression_names_the_file(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    for content, expected in [
        (["(f (g x)"], "program 0"),
        (f"[{NINES}]", "digits"),
        ([], "empty"),
        ([1], "program 0"),
    ]:
        path = write(tmp_path / "programs.json", content)
        found, _, err = status(capsys, "compress", path, "--out", str(tmp_path / "out.json"))
        assert found == 2
        assert path in err
        assert expected in err
        assert not (tmp_path / "out.json").exists()


def test_rewrite(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    programs = write(tmp_path / "programs.json", ["(f (g a a) 1)", "(f (g b b) 2)"])
    found = str(tmp_path / "found.json")
    assert main(["compress", programs, "--out", found]) == 0
    capsys.readouterr()
    more = write(tmp_path / "more.json", ["(h (f (g c c) 3))"])
    out = str(tmp_path / "out.json")
    rewrite = ["rewrite", more, "--abstractions"]
    assert main([*rewrite, found, "--out", out, "--json"]) == 0
    result = json.loads(capsys.readouterr().out)
    assert result["rewritten"] == ["(h (fn_0 c 3))"]
    assert json.loads(Path(out).read_text(encoding="utf-8")) == result
    assert main(["show", out]) == 0
    assert "(h (fn_0 c 3))" in capsys.readouterr().out
    for content, expected in [
        ({}, "no abstractions"),
        ([{"name": "f"}], 'abstraction 0 has no "body"'),
        ([{"name": "f", "body": "(g #0 #0)", "arity": 1}], "already means something"),
        ([{"name": "k", "body": "(g #1)", "arity": 1}], "must use exactly #0"),
        ([{"name": "k", "body": "(g #0", "arity": 1}], "cannot be read"),
    ]:
        bad = write(tmp_path / "bad.json", content)
        code, _, err = status(capsys, *rewrite, bad)
        assert code == 2
        assert expected in err
    assert status(capsys, *rewrite, found, "--out", out)[0] == 2  # exists already


@pytest.mark.parametrize(
    "options",
    [
        "--timeout nan", "--timeout -1", "--timeout x", "--memory -1", "--memory nan",
        "--budget -1", "--budget 1.5", "--workers 0", "--seed -1", "--search TOP", "--bogus",
        "--library nope.dsl", "--library tasks.json", "--library .", "--out .",
        "--out /nonexistent/out.jsonl", "--out tasks.json",
    ],
)  # fmt: skip
def test_options(
    options: str,
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.chdir(tmp_path)
    write(tmp_path / "tasks.json", task())
    before = (tmp_path / "tasks.json").read_bytes()
    found, out, err = status(capsys, "solve", "list", "--tasks", "tasks.json", *options.split())
    assert (found, out) == (2, "")
    assert options.split()[-1].lstrip("-") in err
    assert (tmp_path / "tasks.json").read_bytes() == before


def test_what_a_domain_prints_is_not_among_the_results(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    noisy = (
        HEAD + "@rv.primitive\ndef f(x: int) -> int:\n    print(eval(\"'noise'\"))\n    return x\n"
    )
    assert main(["check", write(tmp_path / "noisy.py", noisy), "--json"]) == 0
    captured = capsys.readouterr()
    report = json.loads(captured.out)
    assert "noise" in captured.err
    rows = {row["name"]: row for row in report["primitives"]}
    assert rows["one"]["native"]
    assert rows["one"]["runs"] == "constant"
    assert not rows["f"]["native"]
    assert rows["f"]["reason"]


def test_unusual_names_stay_on_their_line(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = write(tmp_path / "tasks.json", task(name="плюс\n\x1b[31m"))
    assert main(["solve", "list", "--tasks", path, "--budget", "10", "--workers", "1"]) == 0
    assert "плюс\\n\\x1b[31m" in capsys.readouterr().out
