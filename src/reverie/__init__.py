"""Reverie learns to write programs, and the library to write them in, from example tasks."""

from pathlib import Path as _Path

_root = _Path(__file__).resolve().parents[2]
if (_root / "src" / "reverie").is_dir() and (_root / "enumerate").is_dir():
    # A checkout, not a wheel: the packages lie at its root, and are imported from there rather
    # than through the links beside this file, which a system without links lacks.
    __path__.insert(0, str(_root))

__all__ = ["__version__"]

__version__ = "0.1.0"
