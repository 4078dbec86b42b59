"""The ``reverie`` command."""

import argparse
from collections.abc import Sequence

from . import __version__

__all__ = ["main"]


def main(argv: Sequence[str] | None = None) -> int:
    """Run the command line on ``argv`` and return its exit status."""
    parser = argparse.ArgumentParser(prog="reverie", description="Learn programs from examples.")
    parser.add_argument("--version", action="version", version=f"reverie {__version__}")
    parser.parse_args(argv)
    return 0
