"""Python files as modules that every process can import.

Values made by a file's code travel to worker processes by the name of their module, so that name
must lead each process to the file. Its stem does, once the file's folder is searched for modules,
unless another module has that name: then the file is a submodule of this one, and the submodule's
name spells the file's path.
"""

from __future__ import annotations

import importlib.util
import sys
from collections.abc import Sequence
from importlib.abc import MetaPathFinder
from importlib.machinery import ModuleSpec
from pathlib import Path
from types import ModuleType

__all__ = ["plain_name", "run_file", "search_too"]

__path__: list[str] = []  # makes this a package for the import system: it may have submodules


def run_file(path: Path) -> ModuleType:
    """Run a Python file as a module, anew each time; its folder is searched for modules after.

    Raises:
        BaseException: whatever the file's code raises.
    """
    path = path.resolve()
    search_too(path.parent)
    name = _name(path)
    spec = importlib.util.spec_from_file_location(name, path)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    before = sys.modules.get(name)
    sys.modules[name] = module
    try:
        spec.loader.exec_module(module)
    except BaseException:
        if before is None:
            del sys.modules[name]
        else:
            sys.modules[name] = before
        raise
    return module


def plain_name(module: str) -> str:
    """Return the stem of the file that a module was run from, or the module's own name."""
    package, _, last = module.rpartition(".")
    return last.rpartition("_")[0] if package == __name__ else module


def search_too(folder: Path) -> None:
    """Search a folder for modules from now on, after all others; worker processes will too."""
    if str(folder) not in sys.path:
        sys.path.append(str(folder))


def _name(path: Path) -> str:
    stem = path.stem
    if stem.isidentifier() and _origin(stem) == str(path):
        return stem
    return f"{__name__}.{stem if stem.isidentifier() else 'file'}_{str(path).encode().hex()}"


def _origin(name: str) -> str | None:
    loaded = sys.modules.get(name)
    if loaded is not None:
        return getattr(loaded, "__file__", None)
    spec = importlib.util.find_spec(name)
    return None if spec is None else spec.origin


class _Finder(MetaPathFinder):
    """Finds the submodules: the path is in the name."""

    def find_spec(
        self, name: str, path: Sequence[str] | None, target: ModuleType | None = None
    ) -> ModuleSpec | None:
        package, _, last = name.rpartition(".")
        if package != __name__:
            return None
        try:
            file = bytes.fromhex(last.rpartition("_")[2]).decode()
        except ValueError:
            return None
        return importlib.util.spec_from_file_location(name, file)


sys.meta_path.append(_Finder())
