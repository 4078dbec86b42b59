"""Compiling all kernels, the first time ever, on several cores at once.

Importing a module of kernels compiles them or finds them compiled (:mod:`reverie.dsl.kernels`).
Numba compiles one function at a time in a process, so here several processes import a part each.
"""

from __future__ import annotations

import hashlib
import os
import subprocess
import sys
import time
from contextlib import suppress
from pathlib import Path

__all__ = ["PARTS", "compile_kernels"]

PARTS = (
    "native.interpret",
    "bottomup.kernels",
    "bottomup.boards",
    "native.batch",
    "topdown",
    "sampling",
)
"""Modules whose kernels do not need one another, the slowest to compile first."""


def compile_kernels() -> bool:
    """Compile the kernels of this room unless that was done; return whether it was not.

    What fails here is compiled again, or fails again, where it is imported.
    """
    from ..dsl.kernels import cache_folder, fingerprint

    room = Path(__file__).parent
    stamps = [fingerprint(room.joinpath(*part.split(".")).with_suffix(".py")) for part in PARTS]
    done = cache_folder() / "kernels" / hashlib.sha256("".join(stamps).encode()).hexdigest()[:24]
    loaded = all(f"{__package__}.{part}" in sys.modules for part in PARTS)
    if loaded or os.path.exists(done):  # noqa: PTH110  pathlib raises if barred
        return False
    waiting = list(PARTS)
    running: list[subprocess.Popen[bytes]] = []
    cores = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count()
    while waiting or running:
        while waiting and len(running) < (cores or 1):
            running.append(_import(waiting.pop(0)))
        time.sleep(0.02)
        running = [process for process in running if process.poll() is None]
    with suppress(OSError):
        done.parent.mkdir(parents=True, exist_ok=True)
        done.touch()
    return True


def _import(part: str) -> subprocess.Popen[bytes]:
    module = f"{__package__}.{part}"
    code = (
        f"import sys; sys.path[:] = {sys.path!r}; "
        f"import importlib; importlib.import_module({module!r})"
    )
    none = subprocess.DEVNULL
    command = [sys.executable, "-c", code]
    return subprocess.Popen(command, stdin=none, stdout=none, stderr=none)
