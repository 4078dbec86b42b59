"""The report of a run, as a browser shows it."""

from __future__ import annotations

import json
import re
import sys
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import pytest
from browser import ask

import reverie as rv
from reverie.cli.parser import main
from reverie.domains.registry import load_domain
from reverie.dsl import Entry, Frontier
from reverie.reporting import report
from reverie.store.store import Store

LANGUAGES = Path(__file__).parent / "languages"
REQUEST = "list(int) -> list(int)"
PLAIN: dict[str, Any] = {"recognition": False}  # no training: quick

HOSTILE = [
    "</script><script>window.hacked = 1</script>",
    "<img src=x onerror='window.hacked = 2'>",
    "\"' & <b>bold</b> <!-- {{ 7 * 7 }} ]]>",
    "javascript:window.hacked=3",
    "line\nbreak \u2028 \x07 \U0001f600 \u202e",
]

Written = Callable[..., Path]


def entry(domain: rv.Domain, text: str, prior: float = -5.0) -> Entry:
    return Entry(domain.library.parse(text), prior, 0.0, 0.5, 1200, "top-down")


def write(
    folder: Path,
    tasks: Sequence[rv.Task],
    programs: Sequence[Sequence[str]],
    abstractions: dict[str, str] | None = None,
    **meta: Any,
) -> Path:
    """Write a run of one round without searching: each task has the programs given."""
    domain = rv.domains.list.domain
    known = {name: domain.library.parse(text) for name, text in (abstractions or {}).items()}
    library = domain.library.with_abstractions(known)
    told = {"domain": "list", "source": None, "config": {"iterations": 2}, "versions": {"x": "1"}}
    store = Store.create(folder, {**told, **meta}, tasks)
    with store.transaction():
        for task, texts in zip(tasks, programs, strict=True):
            entries = [entry(domain, text, -4.0 - i) for i, text in enumerate(texts)]
            frontier = Frontier.of(task, entries)
            store.add_frontier(1, "wake", frontier, 2000, 0.7, len(entries))
        solved = sum(map(bool, programs))
        outcome = {"solved": solved, "known": solved, "tasks": len(tasks), "searched": len(tasks)}
        store.add_phase(1, "wake", 3.0, outcome)
        if known:
            notes = {name: {"saving": 2.5, "uses": 1} for name in known}
            store.add_library(1, rv.Grammar.uniform(library), notes)
            learned = {"new": list(known), "abstractions": len(known), "description_length": 9.0}
            store.add_phase(1, "abstraction", 0.5, learned)
    store.close()
    return folder


def task(name: str, *outputs: list[int]) -> rv.Task:
    rows = [(([i],), output) for i, output in enumerate(outputs or ([1], [2]))]
    return rv.Task(name, REQUEST, rows, rows[:1])


ABSTRACTIONS = {
    "twice": "#(lambda (+ $0 $0))",
    "<img/src=x/onerror=window.hacked=4>": "#(lambda (#(lambda (+ $0 $0)) (+ 1 $0)))",
}


@pytest.fixture(scope="module")
def hostile(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("hostile")
    tasks = [task(name) for name in [*HOSTILE, "plain 2", "plain 10"]]
    texts = rv.Task("text", "str -> str", [((HOSTILE[0],), HOSTILE[1])])
    programs = [["(lambda (map (lambda (#(lambda (+ $0 $0)) $0)) $0))", "(lambda $0)"]]
    programs += [["(lambda (cdr $0))"], *([] for _ in tasks[2:]), []]
    write(folder / "run", [*tasks, texts], programs, ABSTRACTIONS, domain=HOSTILE[0])
    return report(folder / "run", folder / "report.html")


def test_it_escapes_everything(hostile: Path) -> None:
    script = """
      for (const button of page.querySelectorAll(".open")) button.click();
      for (const box of page.querySelectorAll(".library a")) box.dispatchEvent(new Event("click"));
      return {hacked: view.hacked ?? null, title: page.querySelector("h1").textContent,
        names: [...page.querySelectorAll(".open")].map((b) => b.textContent),
        text: page.querySelector("#rows").textContent,
        bold: page.querySelectorAll("b, img, iframe").length,
        scripts: page.querySelectorAll("script").length,
        chosen: page.querySelector("#chosen h3").textContent};
    """
    seen = ask(hostile, script)
    assert seen["hacked"] is None
    assert seen["title"] == HOSTILE[0]
    assert seen["names"][: len(HOSTILE)] == HOSTILE
    assert json.dumps(HOSTILE[1], ensure_ascii=False) in seen["text"]
    assert seen["bold"] == 0
    assert seen["scripts"] == 2
    assert seen["chosen"] == list(ABSTRACTIONS)[1]


def test_it_needs_nothing_else(hostile: Path) -> None:
    text = hostile.read_text(encoding="utf-8")
    assert "default-src 'none'" in text
    links = re.findall(r'(?:src|href)="([^"]*)"', text)
    assert links
    assert all(link.startswith(("#", "data:")) for link in links)
    assert not re.search(r"url\((?!#)|@import", text)


def test_it_is_readable_on_a_phone_and_in_the_dark(hostile: Path) -> None:
    script = """
      page.querySelector(".open").click();
      page.querySelector(".library a").dispatchEvent(new Event("click"));
      const style = view.getComputedStyle(page.body);
      return {wide: page.documentElement.scrollWidth, size: parseFloat(style.fontSize),
        colours: [style.color, style.backgroundColor]};
    """

    def light(colour: str) -> float:
        parts = [int(part) / 255 for part in re.findall(r"\d+", colour)[:3]]
        linear = [p / 12.92 if p <= 0.04045 else ((p + 0.055) / 1.055) ** 2.4 for p in parts]
        return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]

    for dark in (False, True):
        seen = ask(hostile, script, width=375, dark=dark)
        assert seen["wide"] <= 375
        assert seen["size"] >= 16
        ink, paper = map(light, seen["colours"])
        assert (ink > paper) == dark
        assert (max(ink, paper) + 0.05) / (min(ink, paper) + 0.05) > 7  # WCAG's best grade


def test_every_picture_says_what_it_shows(hostile: Path) -> None:
    script = """
      return [...page.querySelectorAll("svg")].map((svg) => {
        const named = svg.getAttribute("aria-labelledby").split(" ");
        return named.map((id) => page.querySelectorAll("#" + id).length === 1
          ? page.getElementById(id).textContent : "");
      });
    """
    pictures = ask(hostile, script)
    assert {head for head, _ in pictures} >= {"Solved over time", "Time by phase"}
    assert "Library of 2 abstractions" in [head for head, _ in pictures]
    assert all(head and len(words) > 20 for head, words in pictures)
    words = dict(pictures)
    assert "2 of 8 tasks solved" in words["Solved over time"]
    assert "Round 1: 2 solved by its own search, 2 known so far." in words["Solved by round"]


def test_tasks_are_sorted_and_found(hostile: Path) -> None:
    script = """
      const names = () => [...page.querySelectorAll(".open")].map((b) => b.textContent);
      const form = page.getElementById("filter");
      const set = (name, value) => {
        form[name].value = value;
        form.dispatchEvent(new Event("input", {bubbles: true}));
        return names();
      };
      const found = {plain: set("text", "PLAIN"), none: set("text", "plain nothing")};
      set("text", "");
      found.solved = set("state", "solved");
      set("state", "");
      found.uses = set("uses", "twice");
      set("uses", "");
      page.querySelector("[data-key=task] button").click();
      found.up = names();
      page.querySelector("[data-key=task] button").click();
      found.down = names();
      page.querySelector("[data-key=nats] button").click();
      found.nats = names().length;
      found.sort = page.querySelector("[data-key=nats]").getAttribute("aria-sort");
      page.querySelector(".open").click();
      found.inside = page.querySelector(".inside").textContent;
      return found;
    """
    seen = ask(hostile, script)
    assert seen["plain"] == ["plain 2", "plain 10"]
    assert seen["none"] == []
    assert seen["solved"] == HOSTILE[:2]
    assert seen["uses"] == HOSTILE[:1]
    assert seen["up"] == seen["down"][::-1]
    assert seen["up"].index("plain 2") < seen["up"].index("plain 10")
    assert seen["nats"] == 8
    assert seen["sort"] == "ascending"
    assert "73.1 % (lambda (map (lambda (twice $0)) $0))" in seen["inside"]
    assert "the best program uses twice." in seen["inside"]
    assert "1 held out" in seen["inside"]


def test_the_library_shows_what_is_built_on_what(hostile: Path) -> None:
    script = """
      const boxes = [...page.querySelectorAll(".library a")];
      boxes[1].dispatchEvent(new Event("click"));
      const told = page.getElementById("chosen").textContent;
      page.querySelector("#chosen button").click();
      return {lines: page.querySelectorAll(".library .line").length, told,
        dim: page.querySelectorAll(".library .dim").length,
        count: page.getElementById("count").textContent};
    """
    seen = ask(hostile, script)
    assert seen["lines"] == 1
    assert "built ontwice" in seen["told"]
    assert seen["dim"] == 0
    assert seen["count"] == "0 of 8 tasks"


def test_thousands_of_tasks_stay_quick(tmp_path: Path) -> None:
    tasks = [task(f"task {i}", [i], [i, i]) for i in range(5000)]
    folder = write(tmp_path / "run", tasks, [["(lambda (cdr $0))"]] * 4000 + [[]] * 1000)
    path = report(folder)
    assert path == folder / "report.html"
    assert path.stat().st_size < 3_000_000
    script = """
      const began = view.performance.now();
      const form = page.getElementById("filter");
      form.text.value = "task 4321";
      form.dispatchEvent(new Event("input", {bubbles: true}));
      return {rows: page.querySelectorAll("#rows tr").length, milliseconds:
        view.performance.now() - began};
    """
    seen = ask(path, script)
    assert seen["rows"] == 1
    assert seen["milliseconds"] < 1000


def test_a_run_under_way_is_shown(tmp_path: Path) -> None:
    domain, tasks = rv.domains.list.domain, [task("one"), task("two")]
    meta = {"domain": "list", "source": "list", "config": {"iterations": 3}, "versions": {}}
    store = Store.create(tmp_path / "run", meta, tasks)
    try:
        path = report(tmp_path / "run")
        assert "Nothing is known yet." in path.read_text(encoding="utf-8")
        solved = Frontier.of(tasks[0], [entry(domain, "(lambda (cdr $0))")])
        store.add_frontier(1, "wake", solved, 10, 0.1, 1)
        text = report(tmp_path / "run").read_text(encoding="utf-8")
    finally:
        store.close()
    assert "round 1 of 3 is under way" in text
    assert "Solved over time" in text


def test_training_is_drawn(tmp_path: Path) -> None:
    folder = write(tmp_path / "run", [task("one")], [["(lambda (cdr $0))"]])
    store = Store.append(folder)
    for step in range(1, 4):
        values = {"done": step / 3, "step": step, "loss": 30.0 / step, "bigram": 20.0 / step}
        store.add_event("training", iteration=1, note="", values=values)
    bins = [[0.05, 0.04, 900], [0.9, 0.75, 100]]
    outcome = {"calibration": bins, "lengths": [["one", 12.0, 4.0], ["two", 6.0, 7.0]]}
    store.add_phase(1, "dreaming", 4.0, outcome)
    store.close()
    text = report(folder).read_text(encoding="utf-8")
    assert "held-out dreams from 20.00 to 6.67; loss from 30.00 to 10.00." in text
    assert "90% said, 75% seen (100 choices)." in text
    assert "for 1; on average 9.00 by the prior and 5.50 by the guide." in text
    assert 'id="calibration-title"' in text


def test_a_domain_draws_its_tasks(tmp_path: Path) -> None:
    domain = load_domain(str(LANGUAGES / "turtle.py"))
    tasks = [t for t in domain.make_tasks() if t.name in ("line 1", "corner")]
    rv.learn(domain, tasks=tasks, iterations=1, budget=200, out=tmp_path / "run", **PLAIN)
    plain = report(tmp_path / "run", tmp_path / "plain.html").read_text(encoding="utf-8")
    assert "data:image" not in plain  # a domain of one's own runs only if it is named
    path = report(tmp_path / "run", tmp_path / "drawn.html", domain)
    script = """
      page.querySelector(".open").click();
      return [...page.querySelectorAll("img")].map((i) => [i.alt, i.src.slice(0, 18)]);
    """
    source = "data:image/svg+xml"
    assert ask(path, script) == [
        ["line 1: what the task asks for", source],
        ["line 1: what its best program makes", source],
    ]


def test_curves_are_drawn(tmp_path: Path) -> None:
    source = str(LANGUAGES / "curves.py")
    domain = load_domain(source)
    tasks = [t for t in domain.make_tasks() if t.name in ("shift", "fast wave")]
    rv.learn(
        domain, tasks=tasks, iterations=1, budget=15, out=tmp_path / "run", source=source, **PLAIN
    )
    assert main(["report", str(tmp_path / "run"), "--domain", source]) == 0
    text = (tmp_path / "run" / "report.html").read_text(encoding="utf-8")
    assert "25 points, and the curve of the best program" in text
    assert '"25 points"' in text


def test_a_run_that_its_domain_does_not_fit_is_shown_without_pictures(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = write(tmp_path / "run", [task("one")], [["(lambda (cdr $0))"]], source="list")
    drawn = rv.Domain("list", [rv.constant("0", "int", 0)], draw=lambda task, program: "<svg/>")
    monkeypatch.setattr("reverie.reporting.load_domain", lambda name: drawn)
    text = report(folder).read_text(encoding="utf-8")
    assert "There are no pictures: " in text
    assert "(lambda (cdr $0))" in text


def test_a_drawing_that_fails_is_named(tmp_path: Path) -> None:
    base = rv.domains.list.domain
    folder = write(tmp_path / "run", [task("one")], [[]])
    broken = rv.Domain("broken", base.primitives, draw=lambda task, program: str(1 // 0))
    with pytest.raises(rv.ReverieError, match="'broken' cannot draw task 'one': ZeroDivision"):
        report(folder, domain=broken)


def test_the_command_line(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = write(tmp_path / "run", [task("one")], [["(lambda (cdr $0))"]])
    out = tmp_path / "out.html"
    assert main(["report", str(folder), "--out", str(out), "--json"]) == 0
    told = json.loads(capsys.readouterr().out)
    assert told == {"out": str(out), "bytes": out.stat().st_size}
    assert main(["report", str(folder), "--out", str(out)]) == 0  # its own it replaces
    note = tmp_path / "note.html"
    note.write_text("mine")
    for arguments, message in [
        ([str(folder), "--out", str(note)], "exists already and is no report"),
        ([str(folder), "--out", str(tmp_path)], "is a folder"),
        ([str(folder), "--out", str(tmp_path / "none" / "x.html")], "No such file"),
        ([str(tmp_path)], "holds no run"),
        ([str(folder), "--domain", "lisst"], "did you mean 'list'"),
    ]:
        assert main(["report", *arguments]) == 2
        captured = capsys.readouterr()
        assert message in captured.err
        assert "Traceback" not in captured.err
    assert note.read_text() == "mine"
    for module in ("matplotlib", "jinja2"):
        with monkeypatch.context() as patch:
            patch.setitem(sys.modules, module, None)
            assert main(["report", str(folder)]) == 2
        assert "pip install 'reverie[report]'" in capsys.readouterr().err
