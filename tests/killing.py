"""Kill a run again and again, resume it each time, and say what became of it.

A script rather than a test: it forks warm copies of itself, so that a try costs a fraction of the
second that a Python process needs to start, and most kills hit the run and not its imports.
Usage: killing.py TASKS FOLDER KILLS
"""

from __future__ import annotations

import json
import os
import random
import re
import signal
import sqlite3
import subprocess
import sys
import time
from collections import Counter
from pathlib import Path
from typing import Any

from reverie.cli.parser import main
from reverie.executors import processes
from reverie.store.store import NotARun, Store

SEARCH = ["--budget", "10000", "--iterations", "6", "--workers", "2", "--no-recognition"]


def child(arguments: list[str], log: Path) -> int:
    """Start ``reverie`` in a forked copy of this process, in a group of its own."""
    pid = os.fork()
    if pid:
        return pid
    os.setsid()
    descriptor = os.open(log, os.O_WRONLY | os.O_CREAT | os.O_APPEND)
    os.dup2(descriptor, 2)
    os.dup2(os.open(os.devnull, os.O_WRONLY), 1)
    processes._start_method = lambda: "fork"
    os._exit(main([*arguments, "-v"]))


def program(arguments: list[str], log: Path) -> int:
    """Start ``reverie`` as a person would, in a group of its own."""
    with log.open("a") as file:
        command = [sys.executable, "-m", "reverie", *arguments, "-v"]
        return subprocess.Popen(
            command, stderr=file, stdout=subprocess.DEVNULL, start_new_session=True
        ).pid


def await_searches(folder: Path, count: int) -> None:
    """Wait until a run has stored so many searches."""
    deadline = time.monotonic() + 60
    while time.monotonic() < deadline:
        if (searches(folder) or 0) >= count:
            return
        time.sleep(0.01)


def is_alive(group: int) -> bool:
    """Whether any process of a group is left."""
    try:
        os.killpg(group, 0)
    except ProcessLookupError:
        return False
    return True


def outcome(folder: Path) -> dict[str, Any]:
    """Read what a run came to, times left out."""
    with Store.reading(folder) as store:
        learned = store.library()
        programs = {
            name: [e["program"] for e in row["entries"]] for name, row in store.frontiers().items()
        }
        phases = [{k: v for k, v in row.items() if k != "seconds"} for row in store.phases()]
    assert learned is not None
    return {"library": learned, "programs": sorted(programs.items()), "phases": phases}


def run(tasks: Path, folder: Path, kills: int) -> dict[str, Any]:
    """Kill a run so many times, and report."""
    begin = ["run", "list", "--tasks", str(tasks), *SEARCH, "--out"]
    assert main([*begin, str(folder / "unbroken"), "-q", "--json"]) == 0
    target, log = folder / "killed", folder / "log"
    log.touch()
    rng = random.Random(0)
    groups = []
    done = 0
    while done < kills:
        before = searches(target)
        arguments = ["resume", str(target)] if before is not None else [*begin, str(target)]
        warm = done % 10 != 9
        group = (child if warm else program)(arguments, log)
        groups.append(group)
        if rng.random() < 0.8:
            await_searches(target, (before or 0) + rng.randrange(4))
            time.sleep(rng.uniform(0.0, 0.02))
        else:  # as it starts
            time.sleep(rng.uniform(0.0, 0.3))
        finished, status = os.waitpid(group, os.WNOHANG)
        if finished:
            said = log.read_text()[-2000:]
            raise SystemExit(f"ended by itself after {done} kills, status {status}: {said}")
        os.kill(group, signal.SIGKILL)
        os.waitpid(group, 0)
        done += 1
    searched_then = len(rows(target))
    assert main(["resume", str(target), "-q", "--json"]) == 0
    deadline = time.monotonic() + 10
    while time.monotonic() < deadline and any(map(is_alive, groups)):
        time.sleep(0.1)
    connection = sqlite3.connect(target / "run.sqlite")
    (integrity,) = connection.execute("PRAGMA integrity_check").fetchone()
    connection.close()
    return {
        "kills": done,
        "searched when last killed": searched_then,
        "outcome": outcome(target),
        "unbroken": outcome(folder / "unbroken"),
        "lost": lost(target, log),
        "twice": [row for row, count in Counter(rows(target)).items() if count > 1],
        "integrity": integrity,
        "orphans": [group for group in groups if is_alive(group)],
    }


def searches(folder: Path) -> int | None:
    """Count the searches that a run has stored; None if there is no run yet."""
    try:
        return len(rows(folder))
    except NotARun:
        return None


def rows(folder: Path) -> list[tuple[int, str]]:
    """List the searches that a run has stored."""
    with Store.reading(folder) as store:
        return [(row["iteration"], row["task"]) for row in store.searches()]


def lost(folder: Path, log: Path) -> list[str]:
    """List the tasks that were told to be solved in the log, and are not in the store."""
    told = set(re.findall(r"^  (\w+ \d+): ", log.read_text(), re.MULTILINE))
    assert told
    with Store.reading(folder) as store:
        stored = {row["task"] for row in store.searches() if row["found"]}
    return sorted(told - stored)


if __name__ == "__main__":
    with os.fdopen(os.dup(1), "w") as out:
        os.dup2(2, 1)
        found = run(Path(sys.argv[1]), Path(sys.argv[2]), int(sys.argv[3]))
        json.dump(found, out)
