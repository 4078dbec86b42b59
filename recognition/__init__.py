"""Learned guides: networks that read a task and say which primitives it is likely to need.

>>> from reverie.recognition import RecognitionConfig
>>> RecognitionConfig(seconds=60).bigram
True
"""

from __future__ import annotations

import importlib as _importlib
from typing import TYPE_CHECKING
from typing import Any as _Any

if TYPE_CHECKING:
    from .features.encoders import ElementEncoder, ImageEncoder, PropertyEncoder
    from .guide_training import train
    from .model import RecognitionModel
    from .recognition_config import RecognitionConfig, RecognitionError

__all__ = [
    "ElementEncoder",
    "ImageEncoder",
    "PropertyEncoder",
    "RecognitionConfig",
    "RecognitionError",
    "RecognitionModel",
    "train",
]

# Imported when asked for: PyTorch takes a second, and not all that use this package need it.
_HOME = {
    "RecognitionConfig": "recognition_config",
    "RecognitionError": "recognition_config",
    "RecognitionModel": "model",
    "train": "guide_training",
}


def __getattr__(name: str) -> _Any:
    if name not in __all__:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(
        _importlib.import_module(f".{_HOME.get(name, 'features.encoders')}", __name__), name
    )


def __dir__() -> list[str]:
    return sorted(__all__)
