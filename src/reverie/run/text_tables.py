"""Runs, solutions and files as text for people."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from ..dsl import Code, counted, html_table

__all__ = [
    "json_text",
    "printable",
    "record_html",
    "record_text",
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
        return f"{value:z.2f}"
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


def with_names(program: str, names: Sequence[tuple[str, str]]) -> str:
    """Put names in the place of definitions, the longest first: the text holds them inline."""
    for definition, name in sorted(names, key=lambda pair: -len(pair[0])):
        program = program.replace(definition, name)
    return program


def record_text(record: Mapping[str, Any], *, tasks: bool = True) -> str:
    """Print the record of a run (:func:`~reverie.run.run.record_of_run`): its rounds, its library,
    its solutions.

    Args:
        record: of a run in memory, on disk or in an export.
        tasks: whether to print the solutions too.
    """
    state = f", {record['state']}" if "state" in record else ""
    parts = [f"domain {record['domain']}{state}", ""]
    keys = ["round", "solved", "known", "tasks", "abstractions", "description_length", "seconds"]
    head = ["round", "solved", "known", "tasks", "abstractions", "nats", "seconds"]
    parts.append(table([[row.get(key) for key in keys] for row in record["history"]], head))
    abstractions = record["abstractions"]
    parts += ["", counted(len(abstractions), "abstraction") + (":" if abstractions else "")]
    if abstractions:
        parts.append(
            table(
                [[a["name"], a["saving"], a["uses"], a["type"], a["body"]] for a in abstractions],
                ["name", "saved nats", "tasks", "type", "definition"],
            )
        )
    if tasks:
        solved = [t for t in record["tasks"] if t["solved"]]
        parts += ["", f"{len(solved)} of {counted(len(record['tasks']), 'task')} solved"]
        if solved:
            parts.append(
                table(
                    [[t["description_length"], t["task"], t["program"]] for t in solved],
                    ["nats", "task", "program"],
                )
            )
    return "\n".join(parts)


def record_html(record: Mapping[str, Any], most: int = 20) -> str:
    """Return a run's record as tables for notebooks; of the solved tasks, the first ``most``."""
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
    title = f"{len(solved)} of {counted(len(record['tasks']), 'task')} solved"
    if len(solved) > most:
        title += f", {most} of them shown"
    tasks = html_table(
        title,
        ["task", "best program", "nats"],
        [(t["task"], Code(t["program"]), t["description_length"]) for t in solved[:most]],
    )
    return rounds + abstractions + tasks
