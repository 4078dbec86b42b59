"""Machine code that is kept by content: where it lies, and under which name.

Numba keeps the code of a function beside its source file and takes it as long as that file stays
the same, though what it imports may have changed. Here the code lies in one folder of the user
(:func:`cache_folder`), under a name that covers the function's file and all files that it imports:
old and new code never meet, whether the package is edited, upgraded or read-only. Ours; the idea is
that of content-addressed stores such as git's.

Two internals of numba are replaced, each with a test of its own: the locator of its cache files
(:class:`ContentCache`) and the counter in the names of functions (:func:`own_names`).
"""

from __future__ import annotations

import hashlib
import inspect
import itertools
import logging
import os
import re
import sys
import tempfile
from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager
from functools import cache
from pathlib import Path
from typing import Any

import numba
import numba.core.bytecode
import numba.core.caching

from .checked_cache import CheckedCache

__all__ = ["ContentCache", "cache_folder", "fingerprint", "own_names", "own_names_of"]

logger = logging.getLogger(__name__)

# What numba makes has any type.
bytecode: Any = numba.core.bytecode
caching: Any = numba.core.caching

ROOM = Path(__file__).parents[1]
"""No kernel lies in this room: what of it a kernel imports does not change its machine code."""

FACADE = (Path(__file__), Path(__file__).with_name("jit.py"))
"""What all machine code depends on."""

# ---- where code is kept -------------------------------------------------------------------------


def cache_folder() -> Path:
    """Return where compiled code is kept: ``REVERIE_CACHE``, or the user's cache folder.

    Where that cannot be written to, it is a temporary folder of this run, and the log says so.
    """
    return _usable(_wanted_folder())


@cache
def _usable(folder: Path) -> Path:
    try:
        folder.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryFile(dir=folder) as file:
            file.write(bytes(4096))  # an empty file fits even a disk that is full
    except OSError as error:
        logger.warning(
            "compiled code cannot be kept in %s (%s), so every start compiles anew; set "
            "REVERIE_CACHE to a folder that can be written to",
            folder,
            error.strerror,
        )
        folder = Path(tempfile.mkdtemp(prefix="reverie-"))
        os.environ["REVERIE_CACHE"] = str(folder)  # for the worker processes
    return folder


def _wanted_folder() -> Path:
    if given := os.environ.get("REVERIE_CACHE"):
        return Path(given).absolute()
    if sys.platform == "win32":
        base = Path(os.environ.get("LOCALAPPDATA", Path.home() / "AppData" / "Local"))
    elif sys.platform == "darwin":
        base = Path.home() / "Library" / "Caches"
    else:
        base = Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache")
    return base / "reverie"


_IMPORT = re.compile(r"^\s*from (\.+)([\w.]*) import (\([^)]*\)|.*)$", re.MULTILINE)


@cache
def _imported(path: Path) -> tuple[Path, ...]:
    """Return the files of this package that a file imports, those of this room left out."""
    # Every start reads all kernels' imports, so paths are compared as text here.
    found = []
    room = str(ROOM) + os.sep
    for dots, module, names in _IMPORT.findall(path.read_text(encoding="utf-8")):
        base = path.parents[len(dots) - 1].joinpath(*filter(None, module.split(".")))
        words = re.findall(r"\w+", names)
        behind = _behind(base)
        stem = str(base)
        places = [
            stem,
            *(stem + os.sep + name for name in words),
            *(behind[n] for n in words if n in behind),
        ]
        outside = (Path(place + ".py") for place in places if not place.startswith(room))
        found += [file for file in outside if file.is_file()]
    return tuple(found)


@cache
def _behind(package: Path) -> dict[str, str]:
    """Return where each name of a package's interface is defined, without the suffix of the file.

    The interface is the package's stub, ``__init__.pyi``; a package without one has none.
    """
    stub = package / "__init__.pyi"
    if not stub.is_file():
        return {}
    return {
        name: str(package.joinpath(*filter(None, module.split("."))))
        for dots, module, names in _IMPORT.findall(stub.read_text(encoding="utf-8"))
        for name in re.findall(r"\w+", names)
    }


@cache
def fingerprint(path: Path) -> str:
    """Return a name that a source file and all that it imports of this package have in common."""
    files = {*FACADE, path}
    pending = [path]
    while pending:
        new = set(_imported(pending.pop())) - files
        files |= new
        pending += new
    digest = hashlib.sha256(f"{numba.__version__} {sys.version_info[:3]}".encode())
    for content in sorted(map(_content, files)):
        digest.update(content)
    return digest.hexdigest()[:24]


@cache
def _content(path: Path) -> bytes:
    return hashlib.sha256(path.read_bytes()).digest()


class _ContentLocator(caching._CacheLocator):  # type: ignore[misc]
    """Tells numba where the code of a function is kept."""

    def __init__(self, function: Any, file: str) -> None:
        self._py_file = file  # numba's warnings name it
        self.stamp = fingerprint(Path(file))

    def get_cache_path(self) -> str:
        return str(cache_folder() / "kernels" / self.stamp)

    def get_source_stamp(self) -> str:
        return self.stamp

    def get_disambiguator(self) -> str:
        return ""

    @classmethod
    def from_function(cls, function: Any, file: str) -> _ContentLocator:
        place = cls(function, file)
        place.ensure_cache_path()
        return place


class _ContentCacheFiles(caching.CompileResultCacheImpl):  # type: ignore[misc]
    _locator_classes = (_ContentLocator,)


class ContentCache(CheckedCache):
    """Numba's cache of a function's machine code, its files under :func:`cache_folder`."""

    _impl_class = _ContentCacheFiles


# ---- names within machine code ------------------------------------------------------------------


@contextmanager
def own_names(content: str) -> Iterator[None]:
    """Let numba name what it compiles within as nothing else that was or will be compiled.

    Numba tells functions of one name apart by a number that counts from 1 in each process. Code
    from the cache was numbered by another process, and where the same name and number meet in one
    process, one function is linked in the place of the other. Here the numbers begin at a place
    that follows from the content, so that what has the same name is the same.
    """
    counter = bytecode.FunctionIdentity._unique_ids
    start = int.from_bytes(hashlib.sha256(content.encode()).digest()[:6], "big")
    bytecode.FunctionIdentity._unique_ids = itertools.count(start)
    try:
        yield
    finally:
        bytecode.FunctionIdentity._unique_ids = counter


def own_names_of(function: Any) -> AbstractContextManager[None]:
    """Let numba name a function, and what is compiled with it, after its content."""
    stamp = fingerprint(Path(inspect.getfile(function)))
    return own_names(f"{stamp} {function.__qualname__}")
