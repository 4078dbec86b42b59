"""Rooms import only rooms below, through their interfaces, and nothing imports in circles."""

import ast
from collections.abc import Iterator
from functools import cache
from importlib.util import resolve_name
from pathlib import Path

import networkx as nx
import pytest

ROOT = Path(__file__).resolve().parents[1]

# Each room and those below it. `reverie` is what lies in src/reverie: the facade and the engine.
BELOW = {
    "dsl": set[str](),
    "enumerate": {"dsl"},
    "compression": {"dsl"},
    "recognition": {"dsl", "enumerate", "compression"},
    "domains": {"dsl"},
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


# ---- interfaces ---------------------------------------------------------------------------------


def package_of(name: str) -> str:
    """Return the package that a dotted name lies in, or is."""
    parts = name.split(".")
    while parts:
        if (source_of(".".join(parts)) or Path("none.py")).name == "__init__.py":
            return ".".join(parts)
        parts.pop()
    return ""


def source_of(name: str) -> Path | None:
    """Return the file of a module or package of ours; None if there is none of that name."""
    top, *rest = name.split(".")
    home = ROOT if rest and rest[0] in BELOW else ROOT / "src" / "reverie"
    path = home.joinpath(*rest)
    if top == "reverie":
        for file in (path / "__init__.py", path.with_suffix(".py")):
            if file.is_file():
                return file
    return None


# Rooms whose folders have interfaces of their own; of the others there is one, or none is needed.
WITH_FOLDERS = {"enumerate", "compression", "recognition", "domains", "reverie"}


@pytest.mark.parametrize("room", BELOW)
def test_other_rooms_are_entered_through_their_interfaces(room: str) -> None:
    wrong = []
    for path, package in modules(room):
        for line, name in imports(path.read_text(encoding="utf-8"), package):
            target = room_of(name)
            if target in (None, room, "reverie"):
                continue
            home = name.rpartition(".")[0] if source_of(name) is None else name
            depth = len(home.split(".")) - 2  # folders below the room
            if package_of(home) != home or depth > (target in WITH_FOLDERS):
                wrong.append(f"{path.relative_to(ROOT)}:{line} imports {name} past an interface")
    assert not wrong, "\n".join(wrong)


# ---- circles ------------------------------------------------------------------------------------


@cache
def arrows() -> nx.DiGraph:
    """Return which module of ours imports which; names of an interface lead to their modules."""
    graph = nx.DiGraph()
    for room in BELOW:
        for path, package in modules(room):
            here = package if path.name == "__init__.py" else f"{package}.{path.stem}"
            graph.add_node(here)
            for _, name in imports(path.read_text(encoding="utf-8"), package):
                target = name if source_of(name) else name.rpartition(".")[0]
                source = source_of(target)
                if source and target != here and source.name != "__init__.py":
                    graph.add_edge(here, target)
    return graph


def circles(graph: nx.DiGraph, package: str) -> list[list[str]]:
    """Return the circles among what lies directly in a package: its modules and folders."""
    depth = len(package.split(".")) + 1
    level = nx.DiGraph()
    for start, end in graph.edges:
        if all(name.startswith(f"{package}.") for name in (start, end)):
            level.add_edge(*(".".join(name.split(".")[:depth]) for name in (start, end)))
    level.remove_edges_from(list(nx.selfloop_edges(level)))
    return [sorted(part) for part in nx.strongly_connected_components(level) if len(part) > 1]


@pytest.mark.parametrize("room", BELOW)
def test_nothing_imports_in_circles(room: str) -> None:
    packages = {package for _, package in modules(room)}
    found = [circle for package in sorted(packages) for circle in circles(arrows(), package)]
    assert found == []
