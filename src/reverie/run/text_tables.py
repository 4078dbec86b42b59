"""Runs, solutions and files as text for people."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Mapping, Sequence
from typing import TYPE_CHECKING, Any

from ..dsl import Code, html_table

if TYPE_CHECKING:
    from ..store.store import Store
    from .run import Run

__all__ = [
    "json_text",
    "printable",
    "record_of_run",
    "record_of_store",
    "record_text",
    "run_html",
    "run_text",
    "table",
    "with_names",
    "without_controls",
]


def table(rows: Iterable[Sequence[object]], head: Sequence[str] | None = None) -> str:
    """Align ``rows`` in columns, numbers to the right; the last column is left ragged."""
    cells = [[_cell(value) for value in row] for row in rows]
    given = ([list(head)] if head else []) + cells
    if not given:
        return ""
    widths = [max(len(row[i]) for row in given) for i in range(len(given[0]))]
    numeric = [bool(cells) and all(_is_number(row[i]) for row in cells) for i in range(len(widths))]
    lines = []
    for row in given:
        parts = [
            cell.rjust(width) if right else cell.ljust(width)
            for cell, width, right in zip(row, widths, numeric, strict=True)
        ]
        lines.append("  ".join(parts).rstrip())
    return "\n".join(lines)


def _cell(value: object) -> str:
    if value is None:
        return "-"
    if isinstance(value, float):
        return f"{value:.2f}"
    return printable(str(value))


def printable(text: str) -> str:
    """Return ``text`` with what would move a terminal's cursor, or be unseen, spelled out."""
    if text.isprintable():
        return text
    return "".join(c if c.isprintable() else repr(c)[1:-1] for c in text)


_CONTROLS = re.compile(r"[\x00-\x08\x0b-\x1f\x7f-\x9f\u200e\u200f\u202a-\u202e\u2066-\u2069]")


def without_controls(text: str) -> str:
    """Return ``text`` with what would command a terminal spelled out; tabs and lines stay."""
    return _CONTROLS.sub(lambda found: repr(found[0])[1:-1], text)


def json_text(data: Any) -> str:
    """Return ``data`` as one line of JSON with what would command a terminal spelled out."""
    text = json.dumps(data, ensure_ascii=False)
    return _CONTROLS.sub(lambda found: f"\\u{ord(found[0]):04x}", text)


def _is_number(cell: str) -> bool:
    return cell == "-" or cell.replace(".", "", 1).replace("-", "", 1).isdigit()


def record_of_run(run: Run) -> dict[str, Any]:
    """Return a run as plain data, for printing and for JSON."""
    uses = run.uses()
    library = run.library
    return {
        "domain": run.domain.name,
        "history": [
            {
                "round": i.number,
                "solved": i.solved,
                "known": i.known,
                "tasks": i.tasks,
                "description_length": i.description_length,
                "abstractions": i.abstractions,
                "seconds": i.seconds,
            }
            for i in run.history
        ],
        "abstractions": [
            {
                "name": name,
                "type": str(library.type_of(abstraction)),
                "body": library.show(abstraction.body),
                "saving": run.savings.get(name),
                "uses": uses[name],
            }
            for name, abstraction in library.abstractions.items()
        ],
        "tasks": [
            {
                "task": name,
                "solved": frontier.best is not None,
                "program": frontier.best and library.show(frontier.best.program),
                "description_length": frontier.best and frontier.best.description_length,
            }
            for name, frontier in run.frontiers.items()
        ],
    }


def record_of_store(store: Store) -> dict[str, Any]:
    """Return a run on disk, finished or not, as plain data; runs none of its domain's code."""
    meta = store.meta()
    frontiers = store.frontiers()
    abstractions, _ = store.library() or ([], [])
    names = [(row["definition"], row["name"]) for row in abstractions]
    tasks = []
    for task in store.tasks():
        entries = frontiers.get(task["name"], {}).get("entries", [])
        best = entries[0] if entries else None
        tasks.append(
            {
                "task": task["name"],
                "solved": best is not None,
                "program": best and with_names(best["program"], names),
                "description_length": best and -(best["log_prior"] + best["log_likelihood"]),
            }
        )
    history: dict[int, dict[str, Any]] = {}
    for phase in store.phases():
        row = history.setdefault(phase["iteration"], {"round": phase["iteration"], "seconds": 0.0})
        row["seconds"] += phase["seconds"]
        keys = ("solved", "known", "tasks", "abstractions", "description_length")
        row |= {key: phase[key] for key in keys if key in phase}
    return {
        "domain": meta["domain"],
        "state": _state(store, meta),
        "config": meta["config"],
        "versions": meta["versions"],
        "history": list(history.values()),
        "abstractions": [
            {key: row.get(key) for key in ("name", "type", "body", "saving", "uses")}
            for row in abstractions
        ],
        "tasks": tasks,
    }


def _state(store: Store, meta: Mapping[str, Any]) -> str:
    """Say how far a run is. Whether somebody is at work on it cannot be told from its file."""
    over = store.phases()
    last = max((p["iteration"] for p in over), default=0)
    if "watch" in meta:
        return f"watches {meta['watch']}, {last} rounds so far"
    events = [e for e in store.events() if e["kind"] in ("began", "resumed", "phase", "ended")]
    begun = [e for e in events if "config" in e]
    rounds = (begun[-1] if begun else meta)["config"].get("iterations", last)
    if events and events[-1]["kind"] == "ended":
        return f"all {rounds} rounds done"
    if not events:  # a run of an older version, which wrote none
        if last >= rounds and over[-1]["phase"] != "wake":
            return f"all {rounds} rounds done"
        last += bool(over) and over[-1]["phase"] != "wake"
    now = max([last, 1, *(e["iteration"] for e in events if e["kind"] == "phase")])
    return f"round {now} of {rounds} is under way, or was interrupted"


def with_names(program: str, names: Sequence[tuple[str, str]]) -> str:
    """Put names in the place of definitions, the longest first: the text holds them inline."""
    for definition, name in sorted(names, key=lambda pair: -len(pair[0])):
        program = program.replace(definition, name)
    return program


def record_text(record: Mapping[str, Any], *, tasks: bool = True) -> str:
    """Print what :func:`record_of_run` or :func:`record_of_store` returned."""
    state = f", {record['state']}" if "state" in record else ""
    parts = [f"domain {record['domain']}{state}", ""]
    keys = ["round", "solved", "known", "tasks", "abstractions", "description_length", "seconds"]
    head = ["round", "solved", "known", "tasks", "abstractions", "nats", "seconds"]
    parts.append(table([[row.get(key) for key in keys] for row in record["history"]], head))
    abstractions = record["abstractions"]
    parts += ["", f"{len(abstractions)} abstractions" + (":" if abstractions else "")]
    if abstractions:
        parts.append(
            table(
                [[a["name"], a["saving"], a["uses"], a["type"], a["body"]] for a in abstractions],
                ["name", "saved nats", "tasks", "type", "definition"],
            )
        )
    if tasks:
        solved = [t for t in record["tasks"] if t["solved"]]
        parts += ["", f"{len(solved)} of {len(record['tasks'])} tasks solved"]
        if solved:
            parts.append(
                table(
                    [[t["description_length"], t["task"], t["program"]] for t in solved],
                    ["nats", "task", "program"],
                )
            )
    return "\n".join(parts)


def run_text(run: Run) -> str:
    """Print a run: its rounds, its library, its solutions."""
    return record_text(record_of_run(run))


def run_html(run: Run, most: int = 20) -> str:
    """Return a run as tables for notebooks; of the solved tasks, the first ``most``."""
    record = record_of_run(run)
    keys = ["round", "solved", "known", "tasks", "abstractions", "description_length", "seconds"]
    head = ["round", "solved", "known", "tasks", "abstractions", "nats", "seconds"]
    rounds = html_table("Rounds", head, [[row[key] for key in keys] for row in record["history"]])
    abstractions = html_table(
        "Abstractions",
        ["name", "definition", "type", "saved nats", "tasks"],
        [
            (Code(a["name"]), Code(a["body"]), Code(a["type"]), a["saving"], a["uses"])
            for a in record["abstractions"]
        ],
    )
    solved = [task for task in record["tasks"] if task["solved"]]
    title = f"{len(solved)} of {len(record['tasks'])} tasks solved"
    if len(solved) > most:
        title += f", {most} of them shown"
    tasks = html_table(
        title,
        ["task", "best program", "nats"],
        [(t["task"], Code(t["program"]), t["description_length"]) for t in solved[:most]],
    )
    return rounds + abstractions + tasks
