"""Built-in domains: each a folder of primitives, tasks and a likelihood.

A domain's folder is imported when it is first asked for: ``reverie.domains.list``.
"""

from __future__ import annotations

from importlib import import_module
from types import ModuleType

_FOLDERS = ("deepcoder", "list")


def __getattr__(name: str) -> ModuleType:
    if name in _FOLDERS:
        return import_module(f"{__name__}.{name}")
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
