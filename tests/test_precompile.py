"""Compiling ahead."""

import importlib

from reverie.precompile import LEARNING, SEARCHING, compile_kernels


def test_what_was_compiled_is_not_compiled_again() -> None:
    compile_kernels()
    assert not compile_kernels()
    assert not compile_kernels(SEARCHING)


def test_modules_that_are_compiled_ahead_are_there() -> None:
    for module in LEARNING:
        importlib.import_module(f"reverie.{module}")
