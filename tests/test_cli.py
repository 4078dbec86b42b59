"""The command line: results, formats, and one clear message for each kind of bad input."""

from __future__ import annotations

import json
import os
import shlex
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

import reverie
from reverie.cli.parser import main
from reverie.loop.solver import solve_all
from reverie.run.events import PhaseBegan, PhaseEnded, TaskSearched

ADD_ONE = {
    "name": "add one",
    "request": "list(int) -> list(int)",
    "examples": [
        {"inputs": [[1, 2]], "output": [2, 3]},
        {"inputs": [[]], "output": []},
        {"inputs": [[7, 0]], "output": [8, 1]},
    ],
    "held_out": [{"inputs": [[5]], "output": [6]}],
}
HARD = {
    "name": "hard",
    "request": "int -> int",
    "examples": [{"inputs": [3], "output": 1_234_567}, {"inputs": [4], "output": -7_654_321}],
}


def write(path: Path, data: Any) -> str:
    path.write_text(data if isinstance(data, str) else json.dumps(data), encoding="utf-8")
    return str(path)


@pytest.fixture
def tasks(tmp_path: Path) -> str:
    return write(tmp_path / "tasks.json", [ADD_ONE, HARD])


def solve(*arguments: str) -> int:
    return main(["solve", "list", "--workers", "1", "--budget", "3000", *arguments])


def test_solve_writes_a_line_for_each_task(
    tasks: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    out = tmp_path / "out.jsonl"
    assert solve("--tasks", tasks, "--out", str(out)) == 0
    lines = [json.loads(line) for line in out.read_text().splitlines()]
    assert [line["task"] for line in lines] == ["add one", "hard"]
    solved, unsolved = lines
    assert solved["solved"] is True
    assert solved["held_out_correct"] is True
    assert solved["program"].startswith("(lambda (map")
    assert solved["description_length"] == -(solved["log_prior"] + solved["log_likelihood"])
    assert set(solved) == {
        "task", "solved", "program", "seconds", "candidates", "log_prior", "log_likelihood",
        "description_length", "held_out_correct",
    }  # fmt: skip
    assert unsolved["solved"] is False
    assert unsolved["program"] is None
    assert unsolved["held_out_correct"] is None
    assert "1 of 2 tasks solved" in capsys.readouterr().out


def test_json_prints_the_result_alone(tasks: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert solve("--tasks", tasks, "--json") == 0
    captured = capsys.readouterr()
    assert len(json.loads(captured.out)) == 2
    assert captured.err == ""


def test_same_seed_and_budget_give_the_same_output(tasks: str, tmp_path: Path) -> None:
    outs = []
    for number, workers in enumerate(["1", "2"]):
        out = tmp_path / f"{number}.jsonl"
        assert solve("--tasks", tasks, "--out", str(out), "--workers", workers) == 0
        rows = {row["task"]: row for row in map(json.loads, out.read_text().splitlines())}
        outs.append({name: {**row, "seconds": 0} for name, row in rows.items()})
    assert outs[0] == outs[1]


def test_run_show_and_library(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    def task(name: str, k: int) -> dict[str, Any]:
        rows = [[1, 2], [], [5, 0, 7]]
        examples = [{"inputs": [row], "output": [x + k for x in row]} for row in rows]
        return {"name": name, "request": "list(int) -> list(int)", "examples": examples}

    path = write(tmp_path / "tasks.json", [task(f"add {k}", k) for k in (1, 2)])
    out = str(tmp_path / "run")
    run = ["run", "list", "--tasks", path, "--out", out, "--budget", "20000", "--workers", "1"]
    assert main([*run, "--iterations", "2", "--json", "--max-arity", "2"]) == 0
    record = json.loads(capsys.readouterr().out)
    assert [row["round"] for row in record["history"]] == [1, 2]
    assert record["tasks"][0]["solved"]
    assert main(["show", out, "--json"]) == 0
    shown = json.loads(capsys.readouterr().out)
    assert shown["abstractions"] == record["abstractions"]
    assert shown["tasks"] == record["tasks"]
    assert main(["show", out]) == 0
    assert "tasks solved" in capsys.readouterr().out
    assert solve("--tasks", path, "--library", out) == 0
    # A second run may not go to the same folder, and leaves the first as it was.
    before = (tmp_path / "run" / "run.sqlite").read_bytes()
    assert main(run) == 2
    assert "holds another run" in capsys.readouterr().err
    assert (tmp_path / "run" / "run.sqlite").read_bytes() == before


def test_domains_and_check(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["domains", "--json"]) == 0
    assert "list" in [row["name"] for row in json.loads(capsys.readouterr().out)]
    assert main(["domains", "list"]) == 0
    assert "fold" in capsys.readouterr().out
    assert main(["check", "list", "-q"]) == 0
    assert "no faults found" in capsys.readouterr().out
    own = write(
        tmp_path / "own.py",
        "import reverie as rv\n\n@rv.primitive\ndef half(x: int) -> int:\n    return x / 2\n",
    )
    assert main(["check", own]) == 1
    assert "half" in capsys.readouterr().out


MESSAGES = {
    "unknown domain": (["domains", "lisst"], "did you mean 'list'"),
    "missing domain file": (["check", "nowhere/mine.py"], "nowhere/mine.py"),
    "unreadable file": (["solve", "list", "--tasks", "nowhere.json"], "nowhere.json"),
    "zero timeout": (["solve", "list", "--tasks", "{tasks}", "--timeout", "0"], "timeout"),
    "negative timeout": (["solve", "list", "--tasks", "{tasks}", "--timeout", "-1"], "timeout"),
    "zero budget": (["solve", "list", "--tasks", "{tasks}", "--budget", "0"], "budget"),
    "zero iterations": (["run", "list", "--iterations", "0"], "iterations"),
    "unknown search": (["solve", "list", "--tasks", "{tasks}", "--search", "topdown"], "top-down"),
    "a search that does not apply": (
        ["solve", "{folder}/strings.py", "--tasks", "{strings}", "--search", "bottom-up"],
        "cannot be searched bottom-up",
    ),
    "empty task file": (["solve", "list", "--tasks", "{empty}"], "empty"),
    "no tasks": (["solve", "list", "--tasks", "{none}"], "no tasks"),
    "not JSON": (["solve", "list", "--tasks", "{broken}"], "line 1"),
    "example of another type": (["solve", "list", "--tasks", "{misfit}"], "example 2"),
    "output exists": (["solve", "list", "--tasks", "{tasks}", "--out", "{tasks}"], "exists"),
    "not a run": (["show", "{folder}"], "no run"),
    "no such path": (["show", "nothing-here"], "nothing-here"),
    "unknown name in a language": (["check", "{unknown}"], "did you mean 'one'"),
    "unbalanced language": (["check", "{unbalanced}"], "line 2"),
    "ill-typed abstraction": (["check", "{illtyped}"], "no more arguments"),
    "ill-typed primitive": (["check", "{arity}"], "argument"),
    "domain file that fails": (["check", "{raises}"], "line 1"),
    "library of nothing": (["solve", "list", "--tasks", "{tasks}", "--library", "{tasks}"], "nor"),
    "compress nothing": (["compress", "{none}"], "program"),
    "compress unbalanced": (["compress", "{parens}"], "paren"),
}


@pytest.mark.parametrize("kind", MESSAGES)
def test_bad_input_is_one_message_and_status_2(
    kind: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    misfit = {**ADD_ONE, "examples": [ADD_ONE["examples"][0], {"inputs": [[1]], "output": [True]}]}  # type: ignore[index]
    one = "primitive one : int = 1\n"
    files = {
        "tasks": [ADD_ONE],
        "empty": "",
        "none": [],
        "broken": '[{"name": ]',
        "misfit": [misfit],
        "parens": ["(f (g x)"],
        "strings": [
            {"name": "s", "request": "str -> str", "examples": [{"inputs": ["a"], "output": "b"}]}
        ],
    }
    languages = {
        "unknown": one + "abstraction f = (lambda (onne $0))\n",
        "unbalanced": one + "abstraction f = (lambda (one\n",
        "illtyped": one + "abstraction f = (one one)\n",
        "arity": "primitive f : int -> int from math:fmod\n",
    }
    paths = {name: write(tmp_path / f"{name}.json", data) for name, data in files.items()}
    paths |= {name: write(tmp_path / f"{name}.dsl", text) for name, text in languages.items()}
    paths["raises"] = write(tmp_path / "raises.py", "1 / 0\n")
    paths["folder"] = str(tmp_path)
    own = Path(__file__).parent / "languages" / "strings.py"
    write(tmp_path / "strings.py", own.read_text(encoding="utf-8"))
    before = {path: path.read_bytes() for path in tmp_path.iterdir() if path.is_file()}
    monkeypatch.chdir(tmp_path)
    arguments, expected = MESSAGES[kind]
    assert main([argument.format(**paths) for argument in arguments]) == 2
    captured = capsys.readouterr()
    assert captured.out == ""
    assert expected in captured.err
    assert "Traceback" not in captured.err
    assert {path: path.read_bytes() for path in tmp_path.iterdir() if path.is_file()} == before


def test_usage_errors_have_status_2(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as stop:
        main(["solve", "list"])
    assert stop.value.code == 2
    assert "--tasks" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("shell", "status"),
    [
        ("domains >&-", 0),
        ("domains list 2>&-", 0),
        ("domains list <&- >&- 2>&-", 0),
        ("domains nosuch 2>&-", 2),
        ("no-such-command 2>&-", 2),
    ],
)
def test_closed_streams_change_no_exit_status(shell: str, status: int) -> None:
    done = subprocess.run(
        ["sh", "-c", f'"$0" -m reverie {shell}', sys.executable],
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
    )
    assert done.returncode == status, done.stderr
    assert "Traceback" not in done.stderr
    assert "defect" not in done.stderr


def test_domains_are_listed_without_a_home() -> None:
    bare = {k: v for k, v in os.environ.items() if k not in ("HOME", "XDG_CACHE_HOME")}
    done = subprocess.run(
        [sys.executable, "-m", "reverie", "domains"],
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
        env=bare,
    )
    assert done.returncode == 0, done.stderr
    assert "deepcoder" in done.stdout


class _Interrupting:
    """A view of a run at which somebody types Ctrl-C when a phase begins, or has ended."""

    def __init__(self, phase: str, kind: type) -> None:
        self.phase, self.kind = phase, kind

    def __call__(self, event: object) -> None:
        if isinstance(event, self.kind):
            told = getattr(event, "phase", "wake")
            if self.phase == getattr(told, "name", told):
                raise KeyboardInterrupt

    def close(self) -> None:
        pass


@pytest.mark.parametrize(
    ("phase", "kind"),
    [
        ("wake", PhaseBegan),
        ("wake", TaskSearched),
        ("wake", PhaseEnded),
        ("abstraction", PhaseBegan),
        ("abstraction", PhaseEnded),
        ("dreaming", PhaseBegan),
    ],
)
def test_a_run_interrupted_in_any_phase_goes_on(
    phase: str,
    kind: type,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    tasks = write(tmp_path / "tasks.json", [ADD_ONE])
    out = tmp_path / "r"
    flags = ["--tasks", tasks, "--workers", "1", "--budget", "300", "--iterations", "1"]
    if phase != "dreaming":
        flags.append("--no-recognition")
    with monkeypatch.context() as typed:
        view = _Interrupting(phase, kind)
        typed.setattr("reverie.cli.learning_commands.view_of_run", lambda **_: view)
        assert main(["run", "list", *flags, "--out", str(out)]) == 130
    told = capsys.readouterr().err
    assert "Traceback" not in told
    assert f"reverie resume {out}" in told
    if phase != "dreaming":  # training it takes longer than a test may
        assert main(["resume", str(out), "-q"]) == 0


def test_an_interrupted_solve_keeps_the_answers_it_has(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def solve_one(*given: Any, **named: Any) -> Iterator[Any]:
        yield next(solve_all(*given, **named))
        raise KeyboardInterrupt

    monkeypatch.setattr("reverie.loop.solver.solve_all", solve_one)
    tasks = write(tmp_path / "tasks.json", [ADD_ONE, HARD])
    out = tmp_path / "answers.jsonl"
    assert solve("--tasks", tasks, "--out", str(out)) == 130
    told = capsys.readouterr().err
    assert f"1 of 2 tasks were done, whose answers are in {out}" in told
    assert "Traceback" not in told
    assert len(out.read_text().splitlines()) == 1


def test_what_was_interrupted_before_it_began_is_not_to_be_resumed(
    tasks: str,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    def interrupt(*_: object, **__: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr("reverie.loop.learner.learn", interrupt)
    out = tmp_path / "r"
    given = ["run", "list", "--tasks", tasks, "--out", str(out)]
    assert main(given) == 130
    told = capsys.readouterr().err
    assert shlex.join(["reverie", *given]) in told
    assert "resume" not in told


def test_an_interrupted_run_exits_130(tasks: str, tmp_path: Path) -> None:
    # A signal that arrives within a callback of compiled code is lost, so one follows another.
    # Where tests run in the background, the shell has SIGINT ignored: take it up again.
    script = (
        "import os, signal, sys, threading, time\n"
        "from reverie.cli.parser import main\n"
        "signal.signal(signal.SIGINT, signal.default_int_handler)\n"
        "def interrupt():\n"
        "    while True:\n"
        "        time.sleep(3)\n"
        "        os.kill(os.getpid(), signal.SIGINT)\n"
        "threading.Thread(target=interrupt, daemon=True).start()\n"
        f"sys.exit(main(['run', 'list', '--tasks', {tasks!r}, '--timeout', '500', "
        f"'--workers', '1', '--out', {str(tmp_path / 'r')!r}]))\n"
    )
    done = subprocess.run(
        [sys.executable, "-c", script],
        capture_output=True,
        text=True,
        check=False,
        timeout=120,
        cwd=Path(reverie.__file__).parents[1],
    )
    assert done.returncode == 130, done.stderr
    assert "Traceback" not in done.stderr


def test_looking_at_a_run_compiles_nothing(tmp_path: Path) -> None:
    """Where compiled code cannot be kept, each start would else take a minute."""
    run, html, exported = tmp_path / "run", tmp_path / "run.html", tmp_path / "run.txt"
    reverie.learn(reverie.domains.list.domain, out=run, source="list", iterations=1, budget=50,
             workers=1, recognition=False)  # fmt: skip
    (tmp_path / "file").write_text("")
    commands = [
        ["domains"],
        ["domains", "list"],
        ["show", str(run)],
        ["report", str(run), "--out", str(html)],
        ["export", str(run), "--format", "stitch", "--out", str(exported)],
    ]
    code = (
        "import sys\n"
        "from reverie.cli.parser import main\n"
        f"assert not any(main(command) for command in {commands!r})\n"
        "print([m for m in sys.modules if m.startswith('reverie.') and m.endswith('kernels')])"
    )
    shown = subprocess.run(
        [sys.executable, "-c", code],
        env={**os.environ, "REVERIE_CACHE": str(tmp_path / "file" / "cache")},
        capture_output=True, text=True, check=True,
    )  # fmt: skip
    assert shown.stdout.splitlines()[-1] == "[]", shown.stdout
    assert html.exists()
