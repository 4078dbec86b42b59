"""The record of a run on disk: the same plain data as of a run in memory, without running its code.

The record of a run in memory is :func:`reverie.run.run.record_of_run`.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from ..run.run import Phase, summed_up
from ..run.text_tables import with_names
from .store import Store

__all__ = ["record_of_store"]


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
    phases = [Phase(p["iteration"], p["phase"], p["seconds"], p) for p in store.phases()]
    history = [{"round": number, **row} for number, row in summed_up(phases).items()]
    return {
        "domain": meta["domain"],
        "state": _state(store, meta),
        "config": meta["config"],
        "versions": meta["versions"],
        "history": history,
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
