"""A library as people see it: its text, its page in a notebook, its dependency graph."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from html import escape
from typing import TYPE_CHECKING, NamedTuple

from ..support.html import Code, html_table
from ..support.words import counted

if TYPE_CHECKING:
    import networkx

__all__ = ["Definition", "dependency_graph", "library_html", "library_text"]


class Definition(NamedTuple):
    """An abstraction as it is printed."""

    name: str
    type: str
    body: str


def library_text(primitives: Iterable[str], definitions: Iterable[Definition]) -> str:
    """Return the names of the primitives, then one definition a line."""
    names = list(primitives)
    rows = [f"{counted(len(names), 'primitive')}: {' '.join(names)}"]
    rows += [f"{d.name} : {d.type} = {d.body}" for d in definitions]
    return "\n".join(rows)


def library_html(primitives: Iterable[str], definitions: Iterable[Definition]) -> str:
    """Return the same for a notebook."""
    names = list(primitives)
    rows = [(Code(d.name), Code(d.body), Code(d.type)) for d in definitions]
    head = f"<p>{counted(len(names), 'primitive')}: <code>{escape(' '.join(names))}</code></p>"
    return head + html_table("Abstractions", ["name", "definition", "type"], rows)


def dependency_graph(
    types: Mapping[str, str], used: Mapping[str, Iterable[str]]
) -> networkx.DiGraph[str]:
    """Return the graph with an edge from each abstraction to each thing that it uses.

    Args:
        types: the type of each production, by name.
        used: the names of what each abstraction uses, in the order of their definitions.
    """
    import networkx

    graph: networkx.DiGraph[str] = networkx.DiGraph()
    for name, type_ in types.items():
        kind = "abstraction" if name in used else "primitive"
        graph.add_node(name, type=type_, kind=kind)
    for name, others in used.items():
        graph.add_edges_from((name, other) for other in sorted(others))
    return graph
