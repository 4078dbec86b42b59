"""The shape of the source: modules, folders, imports, names, comments and citations, counted.

``python -m reverie.benchmarks.structure [CHECKOUT]`` counts in this checkout, or in another one, so
that two versions can be compared. Nothing of the code is run: it is read as text.
"""

from __future__ import annotations

import argparse
import ast
import io
import re
import tokenize
from collections import Counter
from importlib.util import resolve_name
from pathlib import Path
from typing import NamedTuple

import networkx as nx

ROOMS = ("dsl", "enumerate", "compression", "recognition", "domains", "reverie", "benchmarks")
"""The rooms from the ground up, but that ``enumerate`` and ``compression`` stand side by side."""

MANY = 10
"""A function with more parameters than this is counted."""

CITATION = re.compile(r"[A-Z][\w'-]+[^.\n]{0,60}?\b(?:19|20)\d\d\b")


class Module(NamedTuple):
    """A source file."""

    name: str
    package: str
    source: str
    tree: ast.Module


def read(root: Path) -> dict[str, Module]:
    """Return the modules of a checkout by their full names; tests are left out."""
    found = {}
    for room in ROOMS:
        home = root / "src" / "reverie" if room == "reverie" else root / room
        for path in sorted(home.rglob("*.py")):
            parts = path.relative_to(home).parts
            if room == "reverie" and parts[0] in ROOMS:
                continue  # a link
            prefix = ["reverie"] if room == "reverie" else ["reverie", room]
            package = ".".join([*prefix, *parts[:-1]])
            name = package if path.name == "__init__.py" else f"{package}.{path.stem}"
            source = path.read_text(encoding="utf-8")
            found[name] = Module(name, package, source, ast.parse(source))
    return found


def room_of(name: str) -> str:
    """Return the room of a module."""
    _, *rest = name.split(".")
    return rest[0] if rest and rest[0] in ROOMS else "reverie"


def arrows(modules: dict[str, Module]) -> nx.DiGraph[str]:
    """Return which module imports which, for the type checker alone or not."""
    graph: nx.DiGraph[str] = nx.DiGraph()
    graph.add_nodes_from(modules)
    for module in modules.values():
        for node in ast.walk(module.tree):
            if isinstance(node, ast.ImportFrom):
                base = resolve_name("." * node.level + (node.module or ""), module.package)
                for alias in node.names:
                    target = f"{base}.{alias.name}"
                    target = target if target in modules else base
                    if target in modules and target != module.name:
                        graph.add_edge(module.name, target)
    return graph


def comments(source: str) -> int:
    """Count the lines that are comments and nothing else."""
    tokens = tokenize.generate_tokens(io.StringIO(source).readline)
    return sum(t.type == tokenize.COMMENT and not t.line[: t.start[1]].strip() for t in tokens)


def citations(module: Module) -> int:
    """Count names with a year in docstrings and comments."""
    texts = [
        node.value
        for node in ast.walk(module.tree)
        if isinstance(node, ast.Constant) and isinstance(node.value, str)
    ]
    texts += re.findall(r"#.*", module.source)
    return sum(len(CITATION.findall(text)) for text in texts)


def twice(names: list[str]) -> int:
    """Count the names that more than one thing has."""
    return sum(count > 1 for count in Counter(names).values())


def figures(root: Path) -> dict[str, float]:
    """Return what is counted in a checkout, by what it says."""
    modules = read(root)
    graph = arrows(modules)
    files = [m for m in modules.values() if m.name != m.package]
    crossing = [(a, b) for a, b in graph.edges if room_of(a) != room_of(b)]
    entered = {b for a, b in crossing if room_of(a) != "benchmarks"}
    lines = sum(len(m.source.splitlines()) for m in modules.values())
    nodes = [node for m in modules.values() for node in ast.walk(m.tree)]
    functions = [n for n in nodes if isinstance(n, ast.FunctionDef | ast.AsyncFunctionDef)]
    classes = [n.name for n in nodes if isinstance(n, ast.ClassDef)]
    wide = [
        f for f in functions if len([*f.args.posonlyargs, *f.args.args, *f.args.kwonlyargs]) > MANY
    ]
    named = [m.name.rpartition(".")[2] for m in files]
    result: dict[str, float] = {
        "modules": len(files),
        "folders": len({m.package for m in modules.values()}),
        "lines": lines,
        "longest module, lines": max(len(m.source.splitlines()) for m in files),
        "arrows between rooms": len(crossing),
    }
    for room in ROOMS:
        inner = [a for a, b in graph.edges if room_of(a) == room_of(b) == room]
        result[f"arrows within {room}"] = len(inner)
    order = {room: number for number, room in enumerate(ROOMS)}
    return result | {
        "upward arrows": sum(order[room_of(a)] < order[room_of(b)] for a, b in crossing),
        "circles of modules": sum(len(c) > 1 for c in nx.strongly_connected_components(graph)),
        "modules entered from outside": sum(modules[name].package != name for name in entered),
        "interfaces entered from outside": sum(modules[name].package == name for name in entered),
        "file names used twice": twice(named),
        "class names used twice": twice(classes),
        f"functions of over {MANY} parameters": len(wide),
        "comment lines per 1,000": 1000 * sum(comments(m.source) for m in files) / lines,
        "citations per 1,000 lines": 1000 * sum(map(citations, files)) / lines,
    }


def main() -> None:
    """Print the figures of this checkout, or of another."""
    parser = argparse.ArgumentParser(description=__doc__)
    here = Path(__file__).resolve().parents[1]
    parser.add_argument("checkout", nargs="?", type=Path, default=here)
    for name, value in figures(parser.parse_args().checkout).items():
        print(f"{name:<36}{value:>10,.2f}" if value % 1 else f"{name:<36}{int(value):>10,}")


if __name__ == "__main__":
    main()
