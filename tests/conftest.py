"""Fixtures and settings for every test."""

import os
from pathlib import Path

import pytest
from hypothesis import settings

from reverie.precompile import compile_kernels

# The same examples each time and no deadline: a busy machine must not turn a test red.
settings.register_profile("ci", deadline=None, derandomize=True, max_examples=50)
settings.load_profile(os.environ.get("HYPOTHESIS_PROFILE", "ci"))


def pytest_configure(config: pytest.Config) -> None:
    """Compile all kernels once, before workers do it side by side."""
    if not hasattr(config, "workerinput"):
        compile_kernels()


@pytest.fixture(scope="session")
def data() -> Path:
    """Give the folder of benchmark data, or skip the test where there is none."""
    if "REVERIE_DATA" not in os.environ:
        pytest.skip("needs benchmark data: set REVERIE_DATA to its folder")
    folder = Path(os.environ["REVERIE_DATA"])
    if not folder.is_dir():
        pytest.fail(
            f"REVERIE_DATA must name a folder, and {str(folder)!r} is none: mend or unset it"
        )
    return folder
