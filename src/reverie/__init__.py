"""Reverie learns to write programs, and the library to write them in, from example tasks.

>>> import reverie as rv
>>> task = rv.Task("add one", "list(int) -> list(int)", [(([1, 2],), [2, 3]), (([4],), [5])])
>>> rv.solve(rv.domains.list.domain, task, timeout=10)
add one: (lambda (map (lambda (+ 1 $0)) $0))
"""

from __future__ import annotations

import importlib as _importlib
from pathlib import Path as _Path
from typing import TYPE_CHECKING
from typing import Any as _Any

_root = _Path(__file__).resolve().parents[2]
if (_root / "src" / "reverie").is_dir() and (_root / "enumerate").is_dir():
    # A checkout, not a wheel: the packages lie at its root, and are imported from there rather
    # than through the links beside this file, which a system without links lacks.
    __path__.insert(0, str(_root))

if TYPE_CHECKING:
    from . import domains
    from .dsl import (
        Abstraction,
        Domain,
        Failure,
        Frontier,
        Grammar,
        Interpreter,
        Library,
        ReverieError,
        Task,
        constant,
        hole,
        primitive,
    )
    from .export_results import export
    from .loop.inbox_watch import watch
    from .loop.learner import learn, resume
    from .loop.solver import Solution, solve, solve_all
    from .open_run import load, load_grammar
    from .reporting import report
    from .run.config import Config
    from .run.run import Run

__version__ = "0.1.0"

__all__ = [
    "Abstraction",
    "Config",
    "Domain",
    "Failure",
    "Frontier",
    "Grammar",
    "Interpreter",
    "Library",
    "ReverieError",
    "Run",
    "Solution",
    "Task",
    "__version__",
    "constant",
    "domains",
    "export",
    "hole",
    "learn",
    "load",
    "load_grammar",
    "primitive",
    "report",
    "resume",
    "solve",
    "solve_all",
    "watch",
]

# Where each public name lives. Names are imported when they are first asked for, so that the
# command line can answer `--help` without numba and torch.
_HOME = {
    "Config": "run.config",
    "Domain": "dsl.model.domain",
    "Run": "run.run",
    "learn": "loop.learner",
    "resume": "loop.learner",
    "export": "export_results",
    "load": "open_run",
    "load_grammar": "open_run",
    "report": "reporting",
    "Solution": "loop.solver",
    "solve": "loop.solver",
    "solve_all": "loop.solver",
    "watch": "loop.inbox_watch",
}


def __getattr__(name: str) -> _Any:
    if name == "domains":
        return _importlib.import_module(".domains", __name__)
    if name not in __all__:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    if _HOME.get(name) in ("loop.learner", "loop.solver", "loop.inbox_watch"):
        # They import kernels; this compiles those the first time ever, on several cores.
        compiling = _importlib.import_module(".precompile", __name__)
        searching = _HOME[name] == "loop.solver"
        compiling.compile_kernels(compiling.SEARCHING if searching else compiling.LEARNING)
    return getattr(_importlib.import_module(f".{_HOME.get(name, 'dsl')}", __name__), name)


def __dir__() -> list[str]:
    return sorted(__all__)
