"""Compiling all kernels, the first time ever, on several cores at once.

Importing a module of kernels compiles them or finds them compiled: see
:mod:`reverie.dsl.support.code_cache`.
Numba compiles one function at a time in a process, so here several processes import a part each.
"""

from __future__ import annotations

import os
import subprocess
import sys
import time
from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path

__all__ = ["COMPRESSING", "LEARNING", "SEARCHING", "compile_kernels"]

# Modules whose kernels do not need one another, the slowest to compile first. The few that need
# several of these are compiled where they are imported.
SEARCHING = (
    "enumerate.native.interpreter.interpret",
    "enumerate.bottomup.bank.bank_kernels",
    "enumerate.bottomup.deduction.inverse_lookup",
    "enumerate.bottomup.bank.replay",
    "enumerate.native.interpreter.batch",
    "enumerate.topdown.enumerator",
    "enumerate.bottomup.deduction.filter_spec",
    "enumerate.bottomup.deduction.condition_cover",
)
"""What a search needs."""

COMPRESSING = (
    "enumerate.native.interpreter.interpret",
    "compression.sleep.abstraction_sleep",
    *SEARCHING[1:],
)
"""What compressing programs needs, and searches."""

LEARNING = (
    *COMPRESSING,
    "enumerate.sampling.sampler",
    "recognition.features.property_kernels",
    "recognition.dreams.program_batches",
    "enumerate.automaton.prior_statistics",
)
"""What the wake and both sleeps need."""


def compile_kernels(modules: Sequence[str] = LEARNING) -> bool:
    """Compile the kernels of modules, unless that was done; return whether any were not.

    What fails here is compiled again, or fails again, where it is imported.
    """
    from .dsl import cache_folder, fingerprint

    folder = cache_folder() / "kernels"
    missing = {}
    for module in modules:
        name = f"{__package__}.{module}"
        done = folder / f"{fingerprint(_file_of(module))}.done"
        if name not in sys.modules and not os.path.exists(done):  # noqa: PTH110  pathlib raises if barred
            missing[name] = done
    waiting = list(missing)
    running: list[subprocess.Popen[bytes]] = []
    cores = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count()
    while waiting or running:
        while waiting and len(running) < (cores or 1):
            running.append(_import(waiting.pop(0)))
        time.sleep(0.02)
        running = [process for process in running if process.poll() is None]
    with suppress(OSError):
        for done in missing.values():
            done.parent.mkdir(parents=True, exist_ok=True)
            done.touch()
    return bool(missing)


def _file_of(module: str) -> Path:
    path = Path(__file__).parent.joinpath(*module.split("."))
    return path / "__init__.py" if path.is_dir() else path.with_suffix(".py")


def _import(module: str) -> subprocess.Popen[bytes]:
    code = (
        f"import sys; sys.path[:] = {sys.path!r}; "
        f"import importlib; importlib.import_module({module!r})"
    )
    none = subprocess.DEVNULL
    command = [sys.executable, "-c", code]
    return subprocess.Popen(command, stdin=none, stdout=none, stderr=none)
