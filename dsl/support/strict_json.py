"""Reading JSON as its standard has it, where Python's reader is lax.

Python's ``json`` takes ``NaN`` and ``Infinity``, reads ``1e400`` as infinite, and keeps the last of
two values under one key without a word. In a file that a person wrote each is a slip, and what was
meant is lost; so they are refused.
"""

from __future__ import annotations

import json
import math
import sys
from collections import Counter
from typing import Any, NoReturn

__all__ = ["InvalidJson", "read_json"]


class InvalidJson(ValueError):
    """JSON that is well formed for Python's reader, and makes no sense; the message says why."""


def read_json(text: str, *, finite: bool = True) -> Any:
    """Return the value that a JSON text stands for.

    Args:
        text: the text.
        finite: whether all numbers have to be finite; other tools write ``-Infinity`` for the
            logarithm of 0.

    Raises:
        InvalidJson: for a key that is twice in one object, and a number that is none.
        json.JSONDecodeError: if the text is not JSON.
        RecursionError: if it nests too deeply for Python's reader.
    """
    try:
        if not finite:
            return json.loads(text, object_pairs_hook=_object)
        return json.loads(
            text, object_pairs_hook=_object, parse_constant=_constant, parse_float=_real
        )
    except (json.JSONDecodeError, InvalidJson):
        raise
    except ValueError:
        digits = sys.get_int_max_str_digits()
        raise InvalidJson(f"a number has more than {digits} digits; write it shorter") from None


def _object(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) < len(pairs):
        counts = Counter(name for name, _ in pairs)
        twice = [f'"{name:.60}"' for name, count in counts.items() if count > 1]
        keys = "key" if len(twice) == 1 else "keys"
        are = "is" if len(twice) == 1 else "are"
        raise InvalidJson(
            f"the {keys} {', '.join(twice[:4])} {are} there more than once in one object; keep one "
            "of the values"
        )
    return found


def _constant(text: str) -> NoReturn:
    raise InvalidJson(f"{text} is no number in JSON; write a finite number, or leave it out")


def _real(text: str) -> float:
    value = float(text)
    if math.isinf(value):
        raise InvalidJson(f"{text:.40} is beyond the largest number, {sys.float_info.max:.2g}")
    return value
