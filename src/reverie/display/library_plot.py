"""The picture of a library: which abstraction uses which, as SVG with a title and a description.

What is built on nothing else is at the bottom. Within a layer a box stands near what it is built
on (the barycentre rule of Sugiyama, Tagawa and Toda, 1981). The parts have classes, so that a page
can style them; alone, the picture brings its own style, for light and dark.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from typing import Any
from xml.etree import ElementTree as Xml

import networkx as nx

from ..dsl import ReverieError

__all__ = ["library_graph", "library_svg"]

_SYMBOL = re.compile(r"[^\s()]+")
_WIDTH, _HEIGHT, _GAP, _LAYER, _LINE = 190, 46, 22, 104, 64
_LETTERS = 27  # of a body that fit into a box
_ROW = 5  # boxes side by side; a layer of more has several rows

_STYLE = """
svg { background: #fff; color: #1b1f24; font-family: sans-serif }
.box { fill: #eef3fa; stroke: #33557f }
.line { fill: none; stroke: #666 }
.tip { fill: #666 }
text { fill: currentColor }
@media (prefers-color-scheme: dark) {
  svg { background: #15181c; color: #e4e7eb }
  .box { fill: #22303f; stroke: #7fa6cf }
  .line { stroke: #999 }
  .tip { fill: #999 }
}
"""


def library_graph(abstractions: Sequence[Mapping[str, Any]]) -> nx.DiGraph[str]:
    """Return the graph of a library: an edge from each abstraction to each that it uses.

    >>> parts = [{"name": "f", "body": "(g #0)"}, {"name": "h", "body": "(f (f #0))"}]
    >>> list(library_graph(parts).edges)
    [('h', 'f')]
    """
    graph: nx.DiGraph[str] = nx.DiGraph()
    graph.add_nodes_from(a["name"] for a in abstractions)
    for abstraction in abstractions:
        for symbol in _SYMBOL.findall(abstraction["body"]):
            if symbol in graph and symbol != abstraction["name"]:
                graph.add_edge(abstraction["name"], symbol)
    return graph


def library_svg(abstractions: Sequence[Mapping[str, Any]], *, link: str | None = None) -> str:
    """Return the picture of a library.

    Args:
        abstractions: each with ``name`` and ``body``, as in the result of a compression.
        link: for a picture within a page, which styles it: each box leads to ``#link-i``, i the
            abstraction's number. None makes a picture that stands alone.

    Raises:
        ReverieError: if abstractions use one another in a circle.
    """
    graph = library_graph(abstractions)
    places, width, height = _places(graph)
    attributes = {
        "xmlns": "http://www.w3.org/2000/svg",
        "viewBox": f"0 0 {width} {height}",
        "width": str(width),
        "height": str(height),
        "role": "img" if link is None else "group",
        "aria-labelledby": "library-title library-words",
    }
    svg = Xml.Element("svg", attributes)
    title = f"Library of {len(abstractions)} abstraction{'' if len(abstractions) == 1 else 's'}"
    Xml.SubElement(svg, "title", id="library-title").text = title
    Xml.SubElement(svg, "desc", id="library-words").text = _description(graph, abstractions)
    if link is None:
        Xml.SubElement(svg, "style").text = _STYLE
    marker = Xml.SubElement(Xml.SubElement(svg, "defs"), "marker", id="tip", orient="auto")
    for key, value in (("viewBox", "0 0 8 8"), ("refX", "8"), ("refY", "4")):
        marker.set(key, value)
    Xml.SubElement(marker, "path", {"class": "tip"}, d="M0 0L8 4L0 8z")
    number = {a["name"]: str(i) for i, a in enumerate(abstractions)}
    for user, used in graph.edges:
        (x1, y1), (x2, y2) = places[user], places[used]
        a, b, middle = x1 + _WIDTH // 2, x2 + _WIDTH // 2, (y1 + _HEIGHT + y2) // 2
        curve = f"M{a} {y1 + _HEIGHT}C{a} {middle} {b} {middle} {b} {y2}"
        ends = {"class": "line", "data-user": number[user], "data-used": number[used]}
        Xml.SubElement(svg, "path", ends, d=curve).set("marker-end", "url(#tip)")
    for i, abstraction in enumerate(abstractions):
        parent = svg
        if link is not None:
            parent = Xml.SubElement(svg, "a", {"href": f"#{link}-{i}", "data-number": str(i)})
        _box(parent, abstraction, *places[abstraction["name"]])
    Xml.indent(svg)
    return Xml.tostring(svg, encoding="unicode") + "\n"


def _places(graph: nx.DiGraph[str]) -> tuple[dict[str, tuple[int, int]], int, int]:
    """Return the corner of each box, and the width and height of all."""
    try:
        layers = list(nx.topological_generations(graph.reverse()))
    except nx.NetworkXUnfeasible:
        circle = " -> ".join(user for user, _ in nx.find_cycle(graph))
        raise ReverieError(f"abstractions use one another in a circle: {circle}") from None
    sizes = [-(-len(layer) // -(-len(layer) // _ROW)) for layer in layers]  # rows as even as can be
    most = max(sizes, default=1)
    middle: dict[str, float] = {}
    rows: list[tuple[int, list[str]]] = []  # each with its height above the lowest
    up = 0
    for layer, size in zip(layers, sizes, strict=True):
        # What is built on goes into the upper rows, where arrows reach it past no other box.
        place = {
            name: (
                graph.in_degree(name) > 0,
                _mean(middle[used] for used in graph.successors(name)),
            )
            for name in layer
        }
        ordered = sorted(layer, key=place.__getitem__)
        for start in range(0, len(ordered), size):
            row = ordered[start : start + size]
            rows.append((up, row))
            middle |= {name: i + (most - len(row)) / 2 for i, name in enumerate(row)}
            up += _LINE
        up += _LAYER - _LINE
    across = _WIDTH + _GAP
    height = max(0, up - _LAYER) + _HEIGHT + 2 * _GAP
    places = {
        name: (_GAP + int(middle[name] * across), height - _GAP - _HEIGHT - above)
        for above, row in rows
        for name in row
    }
    return places, most * across + _GAP, height


def _mean(numbers: Iterable[float]) -> float:
    found = list(numbers)
    return sum(found) / len(found) if found else 0.0


def _box(parent: Xml.Element, abstraction: Mapping[str, Any], x: int, y: int) -> None:
    group = Xml.SubElement(parent, "g")
    name, body = abstraction["name"], abstraction["body"]
    Xml.SubElement(group, "title").text = f"{name} = {body}"
    box = {"x": x, "y": y, "width": _WIDTH, "height": _HEIGHT, "rx": 6}
    Xml.SubElement(group, "rect", {"class": "box"} | {k: str(v) for k, v in box.items()})
    uses = abstraction.get("num_uses", abstraction.get("uses"))
    head = name if uses is None else f"{name}, {uses} use{'' if uses == 1 else 's'}"
    for text, down, size, family in ((head, 18, "13", None), (body, 36, "11", "monospace")):
        line = Xml.SubElement(group, "text", x=str(x + 8), y=str(y + down))
        line.set("font-size", size)
        if family:
            line.set("font-family", family)
        line.text = text if len(text) <= _LETTERS else text[: _LETTERS - 1] + "…"


def _description(graph: nx.DiGraph[str], abstractions: Sequence[Mapping[str, Any]]) -> str:
    rows = []
    for abstraction in abstractions:
        used = ", ".join(sorted(graph.successors(abstraction["name"])))
        row = f"{abstraction['name']} = {abstraction['body']}"
        rows.append(f"{row}; uses {used}." if used else f"{row}.")
    return " ".join(rows) or "No abstraction was found."
