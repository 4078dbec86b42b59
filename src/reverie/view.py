"""Runs, solutions and files as text for people."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from .result import Run
    from .store import Store

__all__ = ["record_of_run", "record_of_store", "record_text", "run_text", "table", "with_names"]


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
    text = str(value)
    if text.isprintable():
        return text
    return "".join(c if c.isprintable() else repr(c)[1:-1] for c in text)


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
        "config": meta["config"],
        "versions": meta["versions"],
        "history": list(history.values()),
        "abstractions": [
            {key: row.get(key) for key in ("name", "type", "body", "saving", "uses")}
            for row in abstractions
        ],
        "tasks": tasks,
    }


def with_names(program: str, names: Sequence[tuple[str, str]]) -> str:
    """Put names in the place of definitions, the longest first: the text holds them inline."""
    for definition, name in sorted(names, key=lambda pair: -len(pair[0])):
        program = program.replace(definition, name)
    return program


def record_text(record: Mapping[str, Any], *, tasks: bool = True) -> str:
    """Print what :func:`record_of_run` or :func:`record_of_store` returned."""
    parts = [f"domain {record['domain']}", ""]
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
