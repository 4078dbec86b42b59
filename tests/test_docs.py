"""What the pages say works: examples run, files are read, commands are understood."""

from __future__ import annotations

import doctest
import json
import re
import shlex
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from reverie.cli.parser import build_parser, main
from reverie.domains.task_files.task_file import read_tasks
from reverie.dsl import read_language_file

ROOT = Path(__file__).resolve().parents[1]
PAGES = sorted([ROOT / "README.md", *(ROOT / "docs").glob("*.md")])


def blocks(path: Path, language: str) -> Iterator[str]:
    """Give the fenced blocks of a language, in order."""
    text = path.read_text(encoding="utf-8")
    yield from re.findall(rf"^```{language}\n(.*?)^```$", text, re.DOTALL | re.MULTILINE)


def outputs(block: str) -> Iterator[str]:
    """Give what a script says in comments that it prints: behind a print, or below it."""
    below = False
    for line in block.splitlines():
        code, mark, comment = line.partition("  # ")
        if code.startswith("print(") and mark:
            yield comment.strip()
        elif below and line.startswith("# "):
            yield line[2:].strip()
            continue
        below = line.startswith(("print(", "    print("))


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_python_sessions(page: Path) -> None:
    if page.name == "dsl.md":
        pytest.skip("run by tests/dsl")
    failed, _ = doctest.testfile(str(page), module_relative=False)
    assert failed == 0


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_python_scripts(
    page: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    names: dict[str, Any] = {"__name__": "page"}
    for block in blocks(page, "python"):
        if ">>>" not in block:
            # Learning and searching as long as a reader may is too long for a test.
            quick = re.sub(r"timeout=\d+", "budget=3000", block)
            quick = re.sub(r"iterations=\d+, seed", "iterations=1, budget=500, seed", quick)
            exec(compile(quick, str(page), "exec"), names)
            printed = capsys.readouterr().out
            for output in outputs(block):
                assert output in printed, f"{page.name} promises {output!r}; printed: {printed}"


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_commands_are_understood(page: Path) -> None:
    lines = [line for block in blocks(page, "sh") for line in block.splitlines()]
    sessions = [line for block in blocks(page, "console") for line in block.splitlines()]
    lines += [line[2:] for line in sessions if line.startswith("$ ")]
    for line in lines:
        words = shlex.split(line, comments=True)
        if words and words[0] == "reverie" and "--help" not in words:
            build_parser().parse_args(words[1:])


def test_the_architecture_names_files_that_are_there() -> None:
    folder = ROOT
    named = 0
    for line in (ROOT / "docs" / "architecture.md").read_text(encoding="utf-8").splitlines():
        for path in re.findall(r"`([\w/]+(?:\.py|/\w+))`", line):
            # `a/b.py`, `c.py` in one line lie side by side.
            place = ROOT / path if "/" in path else folder / path
            folder = place if place.is_dir() else place.parent
            assert place.exists(), f"docs/architecture.md names {path}"
            named += 1
    assert named > 40


def test_the_domain_of_the_page_learns(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    page = ROOT / "docs" / "domains.md"
    (my,) = (block for block in blocks(page, "python") if "domain = rv.Domain" in block)
    (tmp_path / "my.py").write_text(my, encoding="utf-8")
    (tmp_path / "my_words.py").write_text(my, encoding="utf-8")
    monkeypatch.chdir(tmp_path)
    assert main(["check", "my.py"]) == 0
    capsys.readouterr()
    run = ["run", "my.py", "--iterations", "1", "--budget", "3000", "--workers", "1", "--json"]
    assert main([*run, "--out", "run"]) == 0
    assert all(task["solved"] for task in json.loads(capsys.readouterr().out)["tasks"])
    for number, block in enumerate(blocks(page, "json")):
        path = tmp_path / f"{number}.json"
        path.write_text(block, encoding="utf-8")
        assert read_tasks(path)
    for block in blocks(page, "lisp"):
        (tmp_path / "problem.sl").write_text(block, encoding="utf-8")
        assert read_tasks(tmp_path / "problem.sl")
    for block in blocks(page, "text"):
        (tmp_path / "words.dsl").write_text(block, encoding="utf-8")
        assert read_language_file(tmp_path / "words.dsl").abstractions
