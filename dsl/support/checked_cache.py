"""Numba's cache of machine code, with files that are believed only if they are what was written.

A file may be cut short by a full disk or a machine that stops, or hold anything. What numba makes
of such a file is an error, or a process that ends. Here each ends with a digest of the rest; one
that does not fit it is written anew, and that none can be written is said and is no error. Ours.
"""

from __future__ import annotations

import hashlib
import logging
import pickle
from functools import cache
from pathlib import Path
from typing import Any

import numba.core.caching

__all__ = ["CheckedCache"]

logger = logging.getLogger(__name__)

caching: Any = numba.core.caching  # what numba makes has any type

SIZE = hashlib.sha256().digest_size


class CheckedCache(caching.FunctionCache):  # type: ignore[misc]
    """Keeps the machine code of a function, in files that are checked."""

    def __init__(self, function: Any) -> None:
        super().__init__(function)
        self._cache_file = _CheckedFiles(
            cache_path=self._cache_path,
            filename_base=self._impl.filename_base,
            source_stamp=self._impl.locator.get_source_stamp(),
        )

    def save_overload(self, sig: Any, data: Any) -> None:
        try:
            super().save_overload(sig, data)
        except OSError as error:
            _cannot_keep(str(error.strerror))


class _CheckedFiles(caching.IndexDataCacheFile):  # type: ignore[misc]
    def _load_index(self) -> Any:
        try:
            stamp, overloads = pickle.loads(_read_checked(self._index_path))
        except (OSError, _Damaged):
            return {}
        return overloads if stamp == self._source_stamp else {}

    def _save_index(self, overloads: Any) -> None:
        self._write(self._index_path, (self._source_stamp, overloads))

    def _load_data(self, name: str) -> Any:
        try:
            return pickle.loads(_read_checked(self._data_path(name)))
        except _Damaged as error:
            raise OSError(str(error)) from None  # what numba expects where there is no file

    def _save_data(self, name: str, data: Any) -> None:
        self._write(self._data_path(name), data)

    def _write(self, path: str, value: Any) -> None:
        data = self._dump(value)
        with self._open_for_write(path) as file:
            file.write(data + hashlib.sha256(data).digest())


class _Damaged(Exception):
    """A file is not what was written."""


def _read_checked(path: str) -> bytes:
    data = Path(path).read_bytes()
    if hashlib.sha256(data[:-SIZE]).digest() != data[-SIZE:]:
        raise _Damaged(f"{path} is damaged")
    return data[:-SIZE]


@cache
def _cannot_keep(reason: str) -> None:
    logger.warning("compiled code cannot be kept (%s), so the next start compiles anew", reason)
