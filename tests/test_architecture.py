"""A room of the house imports only the rooms below it."""

import ast
from collections.abc import Iterator
from importlib.util import resolve_name
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[1]

# Each room and those below it. `reverie` is what lies in src/reverie: the facade and the engine.
BELOW = {
    "dsl": set[str](),
    "enumerate": {"dsl"},
    "compression": {"dsl"},
    "recognition": {"dsl", "enumerate", "compression"},
    "domains": {"dsl", "enumerate", "compression", "recognition"},
    "reverie": {"dsl", "enumerate", "compression", "recognition", "domains"},
    "benchmarks": {"dsl", "enumerate", "compression", "recognition", "domains", "reverie"},
}

# The door of the house opens on every room: `reverie bench` runs the benchmarks.
DOOR = ROOT / "src" / "reverie" / "cli" / "commands.py"


def modules(room: str) -> Iterator[tuple[Path, str]]:
    """Give each source file of a room with its package's name, links not followed."""
    home, package = (
        (ROOT / "src" / "reverie", "reverie")
        if room == "reverie"
        else (ROOT / room, f"reverie.{room}")
    )
    for path in sorted(home.rglob("*.py")):
        folders = path.relative_to(home).parts[:-1]
        if not (room == "reverie" and folders and folders[0] in BELOW):
            yield path, ".".join([package, *folders])


def imports(source: str, package: str) -> Iterator[tuple[int, str]]:
    """Give the line and the full name of whatever ``source`` imports, wherever it does so."""
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.Import):
            yield from ((node.lineno, alias.name) for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            origin = resolve_name("." * node.level + (node.module or ""), package)
            yield from ((node.lineno, f"{origin}.{alias.name}") for alias in node.names)


def room_of(name: str) -> str | None:
    """Name the room that a module, or a name within one, belongs to; None if it is not ours."""
    top, *rest = name.split(".")
    if top != "reverie":
        return None
    return rest[0] if rest and rest[0] in BELOW else "reverie"


@pytest.mark.parametrize("room", BELOW)
def test_room_imports_only_rooms_below(room: str) -> None:
    files = [(path, package) for path, package in modules(room) if path != DOOR]
    assert files, f"no source in {room}"
    allowed = BELOW[room] | {room, None}
    upward = [
        f"{path.relative_to(ROOT)}:{line} imports {name}"
        for path, package in files
        for line, name in imports(path.read_text(encoding="utf-8"), package)
        if room_of(name) not in allowed
    ]
    assert not upward, "\n".join(upward)


@pytest.mark.parametrize(
    ("source", "room"),
    [
        ("import numpy", None),
        ("import reverie", "reverie"),
        ("import reverie.dsl.calculus.types", "dsl"),
        ("from reverie import dsl", "dsl"),
        ("from .. import dsl", "dsl"),
        ("from ..dsl.types import Type", "dsl"),
        ("from .tables import Tables", "enumerate"),
        ("def f():\n    from .. import __version__", "reverie"),
    ],
)
def test_imports_are_found_however_they_are_written(source: str, room: str | None) -> None:
    assert [room_of(name) for _, name in imports(source, "reverie.enumerate")] == [room]
