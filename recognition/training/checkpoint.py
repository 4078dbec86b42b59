"""Files of weights: tensors and plain values, never code, written whole or not at all."""

from __future__ import annotations

import io
import os
import pickle
import tempfile
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import torch

from ..recognition_config import RecognitionError

__all__ = ["FORMAT", "read_file", "write_file"]

FORMAT = 1


def write_file(path: Path, content: Mapping[str, Any]) -> None:
    """Write a file, so that at any time the old or the new one is there in full.

    Raises:
        RecognitionError: if it cannot be written.
    """
    packed = io.BytesIO()  # PyTorch's own writer says nothing of use where a disk is full
    torch.save({"format": FORMAT, **content}, packed)
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        handle, name = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}-")
        try:
            with os.fdopen(handle, "wb") as file:
                file.write(packed.getbuffer())
            Path(name).replace(path)
        except BaseException:
            Path(name).unlink(missing_ok=True)
            raise
    except OSError as error:
        raise RecognitionError(f"cannot write {path}: {error.strerror or error}") from None


def read_file(path: Path, kind: str) -> dict[str, Any]:
    """Read a file; nothing in it is executed.

    Args:
        path: the file.
        kind: what it must hold, as its key ``kind`` says.

    Raises:
        RecognitionError: if it is no such file, or of a later format.
    """
    try:
        content = torch.load(path, map_location="cpu", weights_only=True)
    except FileNotFoundError:
        raise RecognitionError(f"there is no file {path}") from None
    except (OSError, RuntimeError, EOFError, ValueError, KeyError, pickle.UnpicklingError) as error:
        reason = str(error).split("\n")[0]
        raise RecognitionError(f"{path} is no recognition model, or damaged: {reason}") from None
    if not isinstance(content, dict) or content.get("kind") != kind:
        raise RecognitionError(f"{path} holds no {kind} of a recognition model")
    if content.get("format") != FORMAT:
        raise RecognitionError(
            f"{path} has format {content.get('format')}, and this version of Reverie reads format "
            f"{FORMAT}; use the version that wrote it, or a later one"
        )
    return content
