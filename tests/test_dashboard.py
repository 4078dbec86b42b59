"""A run as it is watched: on a terminal, as lines, as JSON, or not at all."""

from __future__ import annotations

import io
import json
import os
import re
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from rich.console import Console

import reverie as rv
from reverie.cli.parser import main
from reverie.display.dashboard import Dashboard
from reverie.dsl import Entry, Frontier
from reverie.enumerate.strategy import SearchResult
from reverie.run.config import Config
from reverie.run.events import PhaseBegan, PhaseEnded, RunBegan, RunEnded, Step, TaskSearched
from reverie.run.run import Phase
from reverie.run.state import State

DOMAIN = rv.domains.list.domain
NAMES = ["[red]add[/red]", "second\x1b[2J", "third", "fourth"]


def task(name: str) -> rv.Task:
    return rv.Task(name, "list(int) -> list(int)", [(([1],), [2])])


def told(board: Dashboard) -> str:
    """Return what the board shows, without styles."""
    console = Console(file=io.StringIO(), width=100)
    console.print(board.draw())
    assert isinstance(console.file, io.StringIO)
    return console.file.getvalue()


def test_the_board_shows_how_a_run_goes() -> None:
    grammar = rv.Grammar.uniform(DOMAIN.library)
    state = State.begin(grammar, [task(name) for name in NAMES])
    board = Dashboard(Console(file=io.StringIO(), force_terminal=True, width=100))
    board(RunBegan("list", Config(iterations=3), state))
    board(PhaseBegan(0, "compiling", 0, 0, state))
    assert "list: compiling" in told(board)
    board(PhaseEnded(Phase(0, "compiling", 1.0, {}), state))
    board(PhaseBegan(1, "wake", 4, 0, state))
    assert board.left() is None
    program = DOMAIN.library.parse("(lambda (map (lambda (+ 1 $0)) $0))")
    for name, entries in zip(NAMES[:3], ([Entry(program, -9.5, 0.0)], [], []), strict=True):
        frontier = Frontier.of(task(name), entries)
        board(TaskSearched(1, grammar, frontier, SearchResult(frontier, 5_000_000, 0.5)))
    shown = told(board)
    assert "round 1 of 3, wake" in shown
    assert re.search(r"about \d:\d\d left", shown)
    assert re.search(r"3/4  [\d.]+/s  [\d.]+ M programs/s", shown)
    assert "1 of 4 tasks solved, 0 abstractions" in shown
    assert re.search(r"9\.5  \[red\]add\[/red\] +\(lambda \(map", shown)  # markup is shown as text
    outcome = {"solved": 1, "known": 1, "tasks": 4, "searched": 4}
    state = State(grammar, state.frontiers, phases=(Phase(1, "wake", 2.0, outcome),))
    board(PhaseEnded(state.phases[0], state))
    board(PhaseBegan(1, "abstraction", 0, 0, state))
    board(Step(1, "abstraction", "fn_0 = (+ 1 1)", {"saving": 2.5}))
    shown = told(board)
    assert "fn_0 = (+ 1 1)  saving 2.5" in shown
    assert re.search(r"1 +1 +1 +4 +0 +- +2\.0", shown)
    values = {"done": 0.25, "loss": 3.0, "step": 10.0}
    board(Step(1, "dreaming", "12.50 nats for a dream", values))
    shown = told(board)
    assert "12.50 nats for a dream" in shown
    assert " 25%" in shown
    board(RunEnded(state))
    board.close()


def test_time_left_counts_what_this_process_did() -> None:
    state = State.begin(rv.Grammar.uniform(DOMAIN.library), [task("one")])
    board = Dashboard(Console(file=io.StringIO(), force_terminal=True))
    board(RunBegan("list", Config(iterations=1), state, resumed=True))
    board(PhaseBegan(1, "wake", 100, 90, state))
    assert board.left() is None  # the 90 tell nothing of the rate
    frontier = Frontier(task("one"))
    board(TaskSearched(1, state.grammar, frontier, SearchResult(frontier, 10, 0.1)))
    board._phase_began -= 7.0
    left = board.left()
    assert left is not None
    assert 62 < left < 70
    board.close()


def arguments(tmp_path: Path, name: str = "run") -> list[str]:
    path = tmp_path / "tasks.json"
    examples = [{"inputs": [[1, 2]], "output": [2, 3]}, {"inputs": [[7]], "output": [8]}]
    tasks = [{"name": "add", "request": "list(int) -> list(int)", "examples": examples}]
    path.write_text(json.dumps(tasks), encoding="utf-8")
    run = [
        "run",
        "list",
        "--tasks",
        str(path),
        "--iterations",
        "1",
        "--budget",
        "3000",
        "--no-recognition",
    ]
    return [*run, "--workers", "1", "--out", str(tmp_path / name)]


def test_lines_json_and_silence(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main([*arguments(tmp_path, "lines")]) == 0
    captured = capsys.readouterr()
    assert "round 1, wake: 1 of 1 task solved" in captured.err
    assert "\x1b" not in captured.err
    assert main([*arguments(tmp_path, "verbose"), "-v"]) == 0
    assert "add: (lambda (map" in capsys.readouterr().err
    for name, flag in (("quiet", "-q"), ("json", "--json")):
        assert main([*arguments(tmp_path, name), flag]) == 0
        assert capsys.readouterr().err == ""
    assert main([*arguments(tmp_path, "events"), "--json", "-v"]) == 0
    captured = capsys.readouterr()
    assert json.loads(captured.out)["history"][0]["solved"] == 1
    events = [json.loads(line) for line in captured.err.splitlines()]
    kinds = [event["event"] for event in events]
    assert kinds[0] == "began"
    assert kinds[-1] == "ended"
    (found,) = (event for event in events if event["event"] == "task")
    assert found["task"] == "add"
    assert found["solved"] is True
    assert np.isfinite(found["description_length"])


def test_a_terminal_gets_the_board(tmp_path: Path) -> None:
    pty = pytest.importorskip("pty", reason="needs a system with pseudo-terminals")
    ours, theirs = pty.openpty()
    command = [sys.executable, "-m", "reverie", *arguments(tmp_path)]
    environment = os.environ | {"COLUMNS": "100", "LINES": "30", "TERM": "xterm-256color"}
    process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=theirs, env=environment)
    os.close(theirs)
    seen = b""
    while True:
        try:
            part = os.read(ours, 65536)
        except OSError:  # what Linux says when the other side is closed
            break
        if not part:
            break
        seen += part
    os.close(ours)
    out, _ = process.communicate(timeout=60)
    assert process.returncode == 0
    text = re.sub(r"\x1b\[[0-9;?]*[a-zA-Z]", "", seen.decode())
    assert "list: " in text
    assert "of 1 task solved" in text
    assert b"1 of 1 task solved" in out
    assert b"\x1b" not in out
