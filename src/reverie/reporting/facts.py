"""What a report says of a run, as plain data from its store; none of its domain's code runs."""

from __future__ import annotations

import json
import math
import re
import time
from collections.abc import Mapping, Sequence
from typing import Any

from ..run.text_tables import with_names
from ..store.store import Store
from ..store.stored_record import record_of_store

__all__ = ["facts_of"]

EXAMPLES = 8
"""How many examples of a task are shown."""

LONGEST = 240
"""How many characters of a value are shown."""

_WORD = re.compile(r"[^\s()]+")


def facts_of(store: Store) -> dict[str, Any]:
    """Return what there is to say of a run, finished or under way.

    Keys: ``domain``, ``config``, ``versions``, ``started`` (text), ``clock`` (seconds worked so
    far), ``state`` (text), ``rounds`` and ``abstractions`` (see ``record_of_store``; each
    abstraction also has ``round``, ``built_on`` and ``used_by``), ``tasks``, ``phases``,
    ``ends`` (the clock at the end of each wake) and, of the recognition model, ``training``,
    ``calibration`` and ``lengths`` (see :class:`~reverie.run.run.Phase`).
    """
    meta, record = store.meta(), record_of_store(store)
    phases = store.phases()
    names = [(row["definition"], row["name"]) for row in (store.library() or ([], []))[0]]
    firsts, ends = _history(store)
    frontiers = store.frontiers()
    tasks = [
        _task(task, frontiers.get(task["name"]), firsts.get(task["name"]), names)
        for task in store.tasks()
    ]
    return {
        "domain": record["domain"],
        "source": meta.get("source"),
        "config": record["config"],
        "versions": record["versions"],
        "started": time.strftime("%Y-%m-%d %H:%M", time.localtime(meta["started"])),
        "clock": _clock(store, phases),
        "state": record["state"],
        "rounds": record["history"],
        "abstractions": _library(record["abstractions"], phases),
        "tasks": tasks,
        "phases": [{key: p[key] for key in ("iteration", "phase", "seconds")} for p in phases],
        "ends": ends,
        "training": _training(store),
        "calibration": _newest(phases, "calibration"),
        "lengths": _newest(phases, "lengths"),
    }


def _history(store: Store) -> tuple[dict[str, dict[str, Any]], list[float]]:
    """Return each task's first solution, and the clock at the end of each wake."""
    firsts: dict[str, dict[str, Any]] = {}
    ends: dict[int, float] = {}
    for found in store.searches():
        ends[found["iteration"]] = found["clock"]
        if found["entries"] and found["task"] not in firsts:
            firsts[found["task"]] = {"round": found["iteration"], "clock": found["clock"]}
    return firsts, list(ends.values())


def _clock(store: Store, phases: Sequence[Mapping[str, Any]]) -> float:
    if store.schema == 1:  # rows had no clock
        return float(sum(phase["seconds"] for phase in phases))
    return store.clock_of_last_row()


# ---- tasks ---------------------------------------------------------------------------------------


def _task(
    task: Mapping[str, Any],
    frontier: Mapping[str, Any] | None,
    first: Mapping[str, Any] | None,
    names: Sequence[tuple[str, str]],
) -> dict[str, Any]:
    entries = frontier["entries"] if frontier else []
    known = {name for _, name in names}
    programs = [
        {
            "program": with_names(entry["program"], names),
            "probability": probability,
            "log_prior": _finite(entry["log_prior"]),
            "log_likelihood": _finite(entry["log_likelihood"]),
            "seconds": entry["seconds"],
            "candidates": entry["candidates"],
            "search": entry["search"],
        }
        for entry, probability in zip(entries, _posterior(entries), strict=True)
    ]
    best = programs[0] if programs else None
    examples = task.get("examples", [])
    return {
        "task": task["name"],
        "request": task["request"],
        "examples": [_example(e) for e in examples[:EXAMPLES]],
        "more": max(0, len(examples) - EXAMPLES),
        "held_out": len(task.get("held_out", [])),
        "solved": best is not None,
        "program": best and best["program"],
        "nats": _finite(-(entries[0]["log_prior"] + entries[0]["log_likelihood"]))
        if entries
        else None,
        "seconds": best and best["seconds"],
        "search": best and best["search"],
        "round": first and first["round"],
        "clock": first and first["clock"],
        "abstractions": sorted(known & set(_WORD.findall(best["program"]))) if best else [],
        "programs": programs,
    }


def _posterior(entries: Sequence[Mapping[str, Any]]) -> list[float]:
    joints = [entry["log_prior"] + entry["log_likelihood"] for entry in entries]
    top = max(joints, default=-math.inf)
    if top == -math.inf:
        return [1 / len(joints) for _ in joints]
    weights = [math.exp(joint - top) for joint in joints]
    return [weight / sum(weights) for weight in weights]


def _finite(x: float) -> float | None:
    return x if math.isfinite(x) else None  # JSON has no infinity


def _example(example: Mapping[str, Any]) -> dict[str, Any]:
    return {
        "inputs": [_shown(value) for value in example["inputs"]],
        "output": _shown(example["output"]),
    }


def _shown(value: Any) -> str:
    text = json.dumps(value, ensure_ascii=False)
    return text if len(text) <= LONGEST else f"{text[: LONGEST - 1]}…"


# ---- library -------------------------------------------------------------------------------------


def _library(
    abstractions: Sequence[Mapping[str, Any]], phases: Sequence[Mapping[str, Any]]
) -> list[dict[str, Any]]:
    learned = {name: p["iteration"] for p in reversed(phases) for name in p.get("new", [])}
    names = [a["name"] for a in abstractions]
    built_on = {
        a["name"]: sorted(set(_WORD.findall(a["body"])) & set(names) - {a["name"]})
        for a in abstractions
    }
    return [
        {
            **a,
            "round": learned.get(a["name"]),
            "built_on": built_on[a["name"]],
            "used_by": [name for name in names if a["name"] in built_on[name]],
        }
        for a in abstractions
    ]


# ---- recognition ---------------------------------------------------------------------------------


def _training(store: Store) -> list[dict[str, float]]:
    """Return what was measured in training: by name, with ``round``, in which parts are counted.

    ``round`` 2.5 is the middle of the third round's training.
    """
    rows = []
    for event in store.events("training"):
        values = event.get("values", {})
        if values:
            done = values.get("done", 1.0)
            rows.append({**values, "round": event["iteration"] - 1 + done})
    return rows


def _newest(phases: Sequence[Mapping[str, Any]], key: str) -> list[list[Any]]:
    """Return the rows that the last dream sleep to have any came to."""
    return next((list(p[key]) for p in reversed(phases) if p.get(key)), [])
