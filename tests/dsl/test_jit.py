"""Compiled code is kept by the content of all it is made of."""

import logging
import subprocess
import sys
from pathlib import Path
from typing import Any

import numba.core.bytecode
import numba.core.caching
import numba.core.ccallback
import pytest

from reverie.dsl.support import code_cache
from reverie.dsl.support.jit import cfunc, njit

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
    batch = (
        Path(code_cache.__file__).parents[2] / "enumerate" / "native" / "interpreter" / "batch.py"
    )
    seen, pending = {batch}, [batch]
    while pending:
        new = set(code_cache._imported(pending.pop())) - seen
        seen |= new
        pending += new
    names = {path.name for path in seen}
    assert {
        "calls.py",
        "block_access.py",
        "word_layout.py",
        "interning.py",
    } <= names
    assert "interpret.py" not in names  # reached by address
    assert not any(path.parent == code_cache.ROOM for path in seen)


def test_a_fingerprint_covers_both_modules_of_the_facade(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    kernel, facade = tmp_path / "kernel.py", tmp_path / "jit.py"
    kernel.write_text("")
    facade.write_text("1")
    assert {path.name for path in code_cache.FACADE} == {"code_cache.py", "jit.py"}
    monkeypatch.setattr(code_cache, "FACADE", (facade,))
    stamps = []
    for text in "121":
        facade.write_text(text)
        code_cache._content.cache_clear()
        code_cache.fingerprint.cache_clear()
        stamps.append(code_cache.fingerprint(kernel))
    code_cache.fingerprint.cache_clear()
    assert stamps[0] == stamps[2] != stamps[1]


# ---- internals of numba that are replaced: what they are taken for -------------------------------


def test_numba_numbers_functions_by_the_counter_that_is_replaced() -> None:
    identity: Any = numba.core.bytecode.FunctionIdentity

    def function() -> None: ...

    counter = identity._unique_ids
    with code_cache.own_names("content"):
        first = identity.from_function(function)
        second = identity.from_function(function)
    with code_cache.own_names("content"):
        again = identity.from_function(function)
    with code_cache.own_names("other content"):
        other = identity.from_function(function)
    names = [found.unique_name for found in (first, second, again, other)]
    assert names[0] == names[2]
    assert len(set(names)) == 3
    assert identity._unique_ids is counter  # what others compile is numbered as before


def test_the_counter_is_put_back_after_an_error() -> None:
    identity: Any = numba.core.bytecode.FunctionIdentity
    counter = identity._unique_ids
    with pytest.raises(KeyError), code_cache.own_names("content"):
        raise KeyError
    assert identity._unique_ids is counter


def test_numba_asks_our_locator_where_code_lies(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("REVERIE_CACHE", str(tmp_path))

    def function() -> None: ...

    cache: Any = code_cache.ContentCache(function)
    stamp = code_cache.fingerprint(Path(__file__))
    assert Path(cache.cache_path) == tmp_path / "kernels" / stamp
    assert cache._impl.locator.get_source_stamp() == stamp
    assert cache._impl_class._locator_classes == (code_cache._ContentLocator,)
    # Numba's own classes are subclassed, not changed.
    assert code_cache._ContentLocator not in numba.core.caching.CacheImpl._locator_classes


def test_decorators_put_the_cache_where_numba_looks_for_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("REVERIE_CACHE", str(tmp_path))

    def double(x: int) -> int:
        return 2 * x

    kept: Any = njit("int64(int64)", cache=True)(double)
    assert isinstance(kept._cache, code_cache.ContentCache)
    assert kept(4) == 8
    assert sum(kept.stats.cache_misses.values()) == 1
    again: Any = njit("int64(int64)", cache=True)(double)
    assert again(4) == 8
    assert sum(again.stats.cache_hits.values()) == 1

    called: Any = cfunc("int64(int64)")(double)
    assert isinstance(called, numba.core.ccallback.CFunc)
    assert called.ctypes(4) == 8
    assert called.cache_hits == 0
    found: Any = cfunc("int64(int64)")(double)
    assert found.cache_hits == 1
    assert found.ctypes(4) == 8


def test_a_cache_that_cannot_be_written_to_is_said(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    (tmp_path / "file").touch()
    monkeypatch.setenv("REVERIE_CACHE", str(tmp_path / "file" / "below"))
    with caplog.at_level(logging.WARNING):
        folder = code_cache.cache_folder()
    assert folder.is_dir()
    assert "set REVERIE_CACHE" in caplog.text
    assert code_cache.cache_folder() == folder  # the worker processes find it in the environment


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
