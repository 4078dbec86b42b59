"""Damaged files of compiled primitives are made anew, and only faults of the code are kept."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

import pytest

from reverie.dsl import Library, Primitive, parse_type
from reverie.enumerate.native import NativeEvaluator, forget_failure, give_up
from reverie.enumerate.native.compiler import compile as compile_module
from reverie.enumerate.native.compiler.compile import compile_primitive

TRIPLE = Primitive("triple", parse_type("int -> int"), lambda x: x * 3)
PARSED = Primitive("parsed", parse_type("int -> int"), lambda x: int(str(x)))


@pytest.fixture(autouse=True)
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    monkeypatch.setenv("REVERIE_CACHE", str(tmp_path))
    yield tmp_path / "primitives"
    compile_module._done.clear()


def anew(primitive: Primitive) -> str:
    """Compile, as another process would, and say how it went."""
    compile_module._done.clear()
    found = compile_primitive(primitive)
    if found.address:
        library = Library([primitive])
        assert NativeEvaluator(library).values(library.parse("(lambda (triple $0))"), [7]) == 21
    return found.reason


@pytest.mark.parametrize("content", [b"", b"garbage", None, b"\x80\x05N."])
def test_damaged_files_are_written_anew(folder: Path, content: bytes | None) -> None:
    assert anew(TRIPLE) == ""
    written = [p for p in folder.rglob("*") if p.is_file()]
    assert {p.suffix for p in written} >= {".py", ".nbi", ".nbc"}
    for path in written:
        whole = path.read_bytes()
        path.write_bytes(whole[: len(whole) // 2] if content is None else content)
        assert anew(TRIPLE) == ""
        assert path.suffix == ".nbc" or path.read_bytes() == whole


@pytest.mark.parametrize("content", [b"", b"compiling it ended the process", b"{}\nabc\n", b"\xff"])
def test_a_damaged_reason_is_not_believed(folder: Path, content: bytes) -> None:
    reason = anew(PARSED)
    assert reason
    for path in [*folder.glob("*.reason"), *folder.glob("*.failed")]:
        path.write_bytes(content)
    assert anew(PARSED).split(" at 0x")[0] == reason.split(" at 0x")[0]


def test_what_was_given_up_is_tried_again_by_another_run(folder: Path) -> None:
    give_up(TRIPLE, "compiling it ended the process, exit code -9")
    assert "exit code -9" in anew(TRIPLE)
    (noted,) = folder.glob("*.given-up")
    # As if a process had noted it that runs no more.
    gone = os.fork()
    if gone == 0:
        os._exit(0)
    os.waitpid(gone, 0)
    compile_module._write_record(noted, {"reason": "exit code -9", "process": gone})
    assert anew(TRIPLE) == ""


def test_a_failure_is_forgotten_on_request(folder: Path) -> None:
    anew(PARSED)
    assert list(folder.glob("*.reason"))
    forget_failure(PARSED)
    assert not list(folder.glob("*.reason"))


def test_want_of_room_is_not_remembered(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(*_: object) -> None:
        raise OSError(28, "No space left on device")

    with monkeypatch.context() as patch:
        patch.setattr(compile_module, "_load", full)
        assert "No space left" in anew(TRIPLE)
    assert anew(TRIPLE) == ""
