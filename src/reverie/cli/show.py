"""What ``reverie show`` shows: the kind of a file is told by its name and content."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from ..domains.task_files import read_tasks
from ..dsl import ReverieError, counted, read_language_file, read_text
from ..run.text_tables import printable, record_text, table
from ..store.store import Store
from ..store.stored_record import record_of_store

__all__ = ["compression_text", "rewriting_text", "show_path", "solutions_text"]


def show_path(path: Path) -> tuple[Any, str]:
    """Return what is at ``path`` as plain data and as text.

    Raises:
        ReverieError: if there is nothing, or it is of no known kind.
    """
    if not path.exists():
        raise ReverieError(f"there is no {path}")
    if path.is_dir():
        with Store.reading(path) as store:
            record = record_of_store(store)
        return record, record_text(record)
    if path.suffix == ".dsl":
        library = read_language_file(path)
        rows = [
            {"name": p.name, "type": str(p.type), "definition": None} for p in library.primitives
        ]
        rows += [
            {"name": n, "type": str(library.type_of(a)), "definition": library.show(a.body)}
            for n, a in library.abstractions.items()
        ]
        shown = table([[r["name"], r["type"], r["definition"] or ""] for r in rows])
        return rows, f"language {library.name}\n{shown}"
    lines = _json_lines(path)
    if lines and all(isinstance(line, dict) and _is_result(line) for line in lines):
        return lines, _shown(solutions_text, lines, path, "result lines of `reverie solve`")
    if len(lines) == 1 and isinstance(lines[0], dict) and "compression_ratio" in lines[0]:
        text = compression_text if "abstractions" in lines[0] else rewriting_text
        return lines[0], _shown(text, lines[0], path, "a result of `reverie compress`")
    if len(lines) == 1 and isinstance(lines[0], dict) and lines[0].get("format") == "reverie-run":
        return lines[0], _shown(_export_text, lines[0], path, "a run as `reverie export` writes it")
    tasks = read_tasks(path)
    data = [{"name": t.name, "request": str(t.request), "examples": len(t.examples)} for t in tasks]
    rows_text = table([list(row.values()) for row in data], ["task", "request", "examples"])
    return data, f"{rows_text}\n\n{counted(len(tasks), 'task')}"


def _is_result(line: Mapping[str, Any]) -> bool:
    """Whether it is a result line, or one by which a watch says that a file cannot be used."""
    return "solved" in line or line.keys() == {"file", "error"}


def _json_lines(path: Path) -> list[Any]:
    """Return the values of a JSON or JSON Lines file; none if it is neither."""
    try:
        text = read_text(path)
    except (OSError, UnicodeError):
        return []  # whoever reads it as tasks says what is wrong
    try:
        return [json.loads(text)]
    except (ValueError, RecursionError):
        pass
    try:
        return [json.loads(line) for line in text.splitlines() if line.strip()]
    except (ValueError, RecursionError):
        return []


def _shown(text: Callable[[Any], str], data: Any, path: Path, kind: str) -> str:
    try:
        return text(data)
    except (KeyError, TypeError, ValueError, AttributeError) as error:
        raise ReverieError(
            f"{path} looks like {kind}, but is damaged: {type(error).__name__}: {error}"
        ) from None


def solutions_text(lines: list[dict[str, Any]]) -> str:
    """Print result lines as a table."""
    keys = ["description_length", "seconds", "held_out_correct", "task", "program"]
    results = [line for line in lines if "solved" in line]
    # A watch answers a task as unsolved, and again should it be solved later.
    last = {line["task"]: line for line in results}
    rows = [[line[key] for key in keys] for line in last.values()]
    solved = sum(line["solved"] for line in last.values())
    parts = []
    if results:
        parts.append(table(rows, ["nats", "seconds", "held out", "task", "program"]))
    faults = [printable(str(line["error"])) for line in lines if "solved" not in line]
    if faults:
        parts.append("\n".join(["what could not be used:", *faults]))
    if results:
        parts.append(f"{solved} of {counted(len(last), 'task')} solved")
    return "\n\n".join(parts)


def _export_text(data: Mapping[str, Any]) -> str:
    from ..exporting.interchange import record_of_export

    return record_text(record_of_export(data))


def compression_text(result: Mapping[str, Any]) -> str:
    """Print a compression result: what was found, and what it saves."""
    rows = [
        [
            a["name"],
            a["arity"],
            a["num_uses"],
            a.get("utility"),
            a.get("compression_ratio"),
            a["body"],
        ]
        for a in result["abstractions"]
    ]
    head = ["name", "arity", "uses", "utility", "ratio", "body"]
    found = table(rows, head) if rows else "no abstraction shortens these programs"
    lines = [
        found,
        "",
        f"cost {result['original_cost']} -> {result['final_cost']}, "
        f"{result['compression_ratio']:.3f} times shorter"
        + _with_library(result)
        + _in_bits(result.get("description_length")),
    ]
    held_out = result.get("held_out")
    if held_out:
        lines.append(
            f"held out: {held_out['original_cost']} -> {held_out['final_cost']}, "
            f"{held_out['compression_ratio']:.3f} times shorter"
            + _in_bits(held_out["description_length"])
        )
    if result.get("stopped_early"):
        gaps = [a["gap"] for a in result["abstractions"]]
        lines.append(
            "stopped early: this is the best found in time"
            + (f"; another step could save up to {max(gaps)} more" if any(gaps) else "")
        )
    if result.get("candidates"):
        rows = [[c["utility"], c["arity"], c["body"]] for c in result["candidates"]]
        lines += ["", "best as the first:", table(rows, ["utility", "arity", "body"])]
    return "\n".join(lines)


def _with_library(result: Mapping[str, Any]) -> str:
    ratio = result.get("compression_ratio_with_library")
    return "" if ratio is None else f" ({ratio:.3f} with the library)"


def _in_bits(length: Mapping[str, float] | None) -> str:
    return f"; {length['before']:.0f} -> {length['after']:.0f} bits" if length else ""


def rewriting_text(result: Mapping[str, Any]) -> str:
    """Print the result of rewriting: the programs, and what it saves."""
    programs = "\n".join(result["rewritten"])
    return (
        f"{programs}\n\ncost {result['original_cost']} -> {result['final_cost']}, "
        f"{result['compression_ratio']:.3f} times shorter"
    )
