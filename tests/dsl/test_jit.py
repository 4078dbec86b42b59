"""Compiled code is kept by the content of all it is made of."""

import logging
import subprocess
import sys
from pathlib import Path

import pytest

from reverie.dsl.support import jit

KERNEL = """
from reverie.dsl.support.jit import njit
from .inner import RATE, scale

@njit("int64(int64)", cache=True)
def outer(x):
    return scale(x) + RATE
"""

INNER = """
from reverie.dsl.support.jit import njit

RATE = {rate}

@njit
def scale(x):
    return {factor} * x
"""


def package(folder: Path, rate: int, factor: int) -> None:
    folder.mkdir(exist_ok=True)
    (folder / "__init__.py").touch()
    (folder / "outer.py").write_text(KERNEL)
    (folder / "inner.py").write_text(INNER.format(rate=rate, factor=factor))


def value(folder: Path, cache: Path) -> tuple[int, bool]:
    """Return ``outer(10)`` as another process computes it, and whether it was found compiled."""
    code = (
        f"import sys; sys.path[:] = {[str(folder), *sys.path]!r}; import twofold.outer as m; "
        "print(m.outer(10), sum(m.outer.stats.cache_hits.values()))"
    )
    done = subprocess.run(
        [sys.executable, "-B", "-c", code],
        env={"REVERIE_CACHE": str(cache), "PATH": ""},
        capture_output=True,
        text=True,
        check=True,
    )
    result, hits = done.stdout.split()
    return int(result), hits != "0"


def test_a_change_in_what_a_kernel_imports_is_seen(tmp_path: Path) -> None:
    home, cache = tmp_path / "twofold", tmp_path / "cache"
    package(home, rate=1, factor=2)
    assert value(tmp_path, cache) == (21, False)
    assert value(tmp_path, cache) == (21, True)
    package(home, rate=5, factor=3)
    assert value(tmp_path, cache) == (35, False)
    package(home, rate=1, factor=2)  # the old code is still there, and is right again
    assert value(tmp_path, cache) == (21, True)


def test_a_fingerprint_covers_imports_of_imports_but_not_this_room() -> None:
    batch = Path(jit.__file__).parents[2] / "enumerate" / "native" / "interpreter" / "batch.py"
    seen, pending = {batch}, [batch]
    while pending:
        new = set(jit._imported(pending.pop())) - seen
        seen |= new
        pending += new
    names = {path.name for path in seen}
    assert {
        "calls.py",
        "block_access.py",
        "word_layout.py",
        "numba_api.py",
        "interning.py",
    } <= names
    assert "interpret.py" not in names  # reached by address
    assert not any(path.parent == jit.ROOM for path in seen)


def test_a_cache_that_cannot_be_written_to_is_said(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    (tmp_path / "file").touch()
    monkeypatch.setenv("REVERIE_CACHE", str(tmp_path / "file" / "below"))
    with caplog.at_level(logging.WARNING):
        folder = jit.cache_folder()
    assert folder.is_dir()
    assert "set REVERIE_CACHE" in caplog.text
    assert jit.cache_folder() == folder  # the worker processes find it in the environment


def test_linear_algebra_is_imported_once_it_is_needed() -> None:
    code = """
import sys
import numpy as np
from reverie.dsl.support.jit import njit

@njit
def double(x):
    return 2 * x

assert double(4) == 8
assert "scipy.linalg" not in sys.modules

@njit
def product(a, b):
    return np.dot(a, b)

assert product(np.eye(2), 3 * np.eye(2)).tolist() == [[3.0, 0.0], [0.0, 3.0]]
"""
    subprocess.run([sys.executable, "-c", code], check=True)
