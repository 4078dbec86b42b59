"""Objects as notebooks and people see them."""

from __future__ import annotations

from html.parser import HTMLParser
from pathlib import Path

import pytest

import reverie as rv
from reverie.cli.parser import main
from reverie.dsl import Entry, Frontier
from reverie.run.run import Iteration, Run
from reverie.store.store import Store

DOMAIN = rv.domains.list.domain
HOSTILE = "</td><script>alert(1)</script>&amp;"


class Cells(HTMLParser):
    """Collects the tags and the texts of a piece of HTML."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.tags: set[str] = set()
        self.texts: list[str] = []
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: object) -> None:
        self.tags.add(tag)

    def handle_data(self, data: str) -> None:
        self.texts.append(data)


def run() -> Run:
    name = "<b>f"
    abstraction = DOMAIN.library.parse("#(lambda (+ $0 $0))")
    assert isinstance(abstraction, rv.Abstraction)
    library = DOMAIN.library.with_abstractions({name: abstraction})
    frontiers = {}
    for number in range(25):
        task = rv.Task(f"{HOSTILE} {number}", "int -> int", [((1,), 2)])
        entry = Entry(library.parse("(lambda (<b>f $0))"), -2.5, -0.25)
        frontiers[task.name] = Frontier.of(task, [entry] if number else [])
    history = (Iteration(1, 24, 24, 25, 66.0, 1, 1.5),)
    return Run(DOMAIN, rv.Grammar.uniform(library), frontiers, history, {name: 3.5})


def test_a_run_in_a_notebook() -> None:
    shown = Cells(run()._repr_html_())
    assert shown.tags == {"table", "caption", "thead", "tbody", "tr", "th", "td", "code"}
    assert "24 of 25 tasks solved, 20 of them shown" in shown.texts
    assert f"{HOSTILE} 1" in shown.texts
    assert shown.texts.count("(lambda (<b>f $0))") == 20
    assert "3.50" in shown.texts


def test_frontiers_solutions_and_libraries_in_a_notebook() -> None:
    learned = run()
    frontier = learned.frontiers[f"{HOSTILE} 1"]
    shown = Cells(frontier._repr_html_())
    assert "script" not in shown.tags
    assert "(lambda (#(lambda (+ $0 $0)) $0))" in shown.texts
    assert {"100.0%", "2.75", "-2.50", "-0.25"} <= set(shown.texts)
    solution = rv.Solution(frontier.task, frontier, learned.library, 0.5, 10, None)
    assert "(lambda (<b>f $0))" in Cells(solution._repr_html_()).texts
    unsolved = rv.Solution(frontier.task, Frontier(frontier.task), learned.library, 0.5, 10, None)
    assert Cells(unsolved._repr_html_()).texts == [f"{HOSTILE} 1: not solved in 0.50 s"]
    shown = Cells(learned.library._repr_html_())
    assert shown.tags.isdisjoint({"b", "script"})
    assert {"<b>f", "(lambda (+ $0 $0))", "int -> int"} <= set(shown.texts)


def test_show_says_how_far_a_run_is(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    task = rv.Task("next", "int -> int", [((1,), 2), ((5,), 6)])
    folder = tmp_path / "run"
    rv.learn(
        DOMAIN, tasks=[task], iterations=2, budget=300, out=folder, source="list", recognition=False
    )
    assert main(["show", str(folder)]) == 0
    assert "domain list, all 2 rounds done" in capsys.readouterr().out
    store = Store.append(folder)
    store.add_event("resumed", config={"iterations": 4})
    store.add_event("phase", iteration=3, phase="wake", total=1, done=0)
    store.close()
    assert main(["show", str(folder)]) == 0
    assert "round 3 of 4 is under way, or was interrupted" in capsys.readouterr().out


def test_show_an_export(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = tmp_path / "run.json"
    path.write_text(rv.export(run(), "json"), encoding="utf-8")
    assert main(["show", str(path)]) == 0
    shown = capsys.readouterr().out
    assert "24 of 25 tasks solved" in shown
    assert "(lambda (<b>f $0))" in shown
    path.write_text('{"format": "reverie-run"}')
    assert main(["show", str(path)]) == 2
    assert "is damaged" in capsys.readouterr().err
