"""What is compiled ahead is all that there is to compile."""

import subprocess
import sys
from pathlib import Path

import reverie
from reverie.compiling import LEARNING, SEARCHING, compile_kernels

PACKAGE = Path(reverie.__file__).parent
ROOMS = ("enumerate", "compression", "recognition")


def test_modules_of_kernels_are_all_imported_by_those_compiled_ahead() -> None:
    code = "; ".join(f"import reverie.{module}" for module in LEARNING)
    loaded = subprocess.run(
        [sys.executable, "-c", f"import sys; {code}; print(*sys.modules)"],
        capture_output=True,
        text=True,
        check=True,
    ).stdout.split()
    for file in (file for room in ROOMS for file in (PACKAGE / room).rglob("*.py")):
        text = file.read_text(encoding="utf-8")
        if "\n@njit" in text or "\n@kernel(" in text:
            name = ".".join(file.relative_to(PACKAGE).with_suffix("").parts)
            assert f"reverie.{name}" in loaded, f"{name} has kernels: name it in LEARNING"


def test_what_was_compiled_is_not_compiled_again() -> None:
    compile_kernels()
    assert not compile_kernels()
    assert not compile_kernels(SEARCHING)
