"""Whether a run was begun here, by this person: the seal on what it says should be run.

A run says where its domain's code is and which cluster it searched on, and resuming it runs the one
and dials the other. That is right for a run of one's own and wrong for one that came from
somebody else. So a run is sealed when it begins, with a key that only this person has, and a run
without the seal, or one that says something else by now or lies elsewhere, is not gone on with
unless the person names both.
"""

from __future__ import annotations

import hashlib
import hmac
import json
import os
import secrets
from collections.abc import Mapping
from pathlib import Path
from typing import Any

__all__ = ["is_sealed", "seal"]


def seal(folder: Path, meta: Mapping[str, Any]) -> str | None:
    """Return the seal of a run; None where this person has nowhere to keep a key."""
    key = _key()
    if key is None:
        return None
    config = meta.get("config") or {}
    parts = [str(folder.resolve()), meta.get("source"), config.get("address")]
    text = json.dumps(parts).encode(errors="backslashreplace")
    return hmac.new(key, text, hashlib.sha256).hexdigest()


def is_sealed(folder: Path, meta: Mapping[str, Any]) -> bool:
    """Whether a run has the seal that this person would give it."""
    expected, found = seal(folder, meta), meta.get("seal")
    return expected is not None and isinstance(found, str) and hmac.compare_digest(expected, found)


def _key() -> bytes | None:
    """Return this person's key, made if there is none yet."""
    home = os.environ.get("XDG_STATE_HOME")
    try:
        folder = Path(home) if home else Path.home() / ".local" / "state"
        path = folder / "reverie" / "key"
        if not path.exists():
            path.parent.mkdir(parents=True, exist_ok=True)
            part = path.with_name(f".key-{secrets.token_hex(8)}")
            handle = os.open(part, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
            with os.fdopen(handle, "wb") as file:
                file.write(secrets.token_bytes(32))
            try:
                os.link(part, path)  # of two processes that begin at once, one makes the key
            except FileExistsError:
                pass
            finally:
                part.unlink()
        key = path.read_bytes()
    except (OSError, RuntimeError):
        return None
    return key if len(key) == 32 else None
