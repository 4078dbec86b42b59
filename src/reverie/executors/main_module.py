"""What workers need of the program that they work for: a script, a notebook, or standard input.

Functions and classes of that program's ``__main__`` travel by value (cloudpickle), since a worker
has another ``__main__``. A script is imported by each worker as well: that is how Python starts
processes. So a script that starts a search as it is imported would start one in each worker.
"""

from __future__ import annotations

import multiprocessing
import os
import sys
from typing import Any

import cloudpickle

from ..dsl import Domain, ReverieError

__all__ = ["STARTING", "end_if_starting", "forget_no_file", "packed_domain", "unguarded"]

STARTING = 78
"""Exit code of a worker that imports a script which starts searches as it is imported."""


def end_if_starting() -> None:
    """End this process if it is a worker that is not yet past importing the main script.

    It has come to a search that the script starts: the parent says what is wrong, once.
    """
    if getattr(multiprocessing.current_process(), "_inheriting", False):
        os._exit(STARTING)


def forget_no_file() -> None:
    """Let workers not look for the file of a main program that has none, or none any more.

    A program that is read from standard input says that it is from the file ``<stdin>``, which
    Python would have each worker import.
    """
    main = sys.modules.get("__main__")
    file = getattr(main, "__file__", None)
    if file is not None and not os.path.exists(file):  # noqa: PTH110 - what Python itself asks
        main.__file__ = None  # type: ignore[union-attr]


def unguarded() -> ReverieError:
    """Return what to say of a script that starts searches as each worker imports it."""
    script = getattr(sys.modules.get("__main__"), "__file__", None) or "the main program"
    return ReverieError(
        f"each worker process imports {os.path.basename(script)} first, and came to a search "  # noqa: PTH119
        'there that it may not start: put what starts searches under `if __name__ == "__main__":`, '
        "or search with workers=1"
    )


def packed_domain(domain: Domain) -> bytes:
    """Return a domain as it travels to workers.

    Raises:
        ReverieError: if something that its functions use cannot travel.
    """
    try:
        data: bytes = cloudpickle.dumps(domain)
    except Exception as error:
        guilty = next((p.name for p in domain.primitives if not _travels(p)), None)
        part = "it" if guilty is None else f"primitive {guilty}"
        raise ReverieError(
            f"domain {domain.name!r} cannot be sent to worker processes: {part} refers to what "
            f"cannot be copied ({type(error).__name__}: {error}); define it in a module of its own "
            "rather than in the main program, or search with workers=1"
        ) from error
    return data


def _travels(value: Any) -> bool:
    try:
        cloudpickle.dumps(value)
    except Exception:  # noqa: BLE001 - whatever the value's own methods raise
        return False
    return True
