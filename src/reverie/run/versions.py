"""Which versions of what a run was made with."""

from __future__ import annotations

import platform
from importlib.metadata import PackageNotFoundError, version

from .. import __version__

__all__ = ["versions"]


def versions() -> dict[str, str]:
    """Return the versions of Reverie, Python and the packages that results may depend on."""
    found = {"reverie": __version__, "python": platform.python_version()}
    for name in ("numpy", "numba", "scipy", "torch", "networkx", "lark"):
        try:
            found[name] = version(name)
        except PackageNotFoundError:
            found[name] = "not installed"
    return found
