"""The picture of a library: which abstraction uses which, as SVG with a title and a description.

Laid out in layers by networkx; what is built on nothing else is at the bottom.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import Any
from xml.etree import ElementTree as Xml

import networkx as nx

__all__ = ["library_graph", "library_svg"]

_SYMBOL = re.compile(r"[^\s()]+")
_WIDTH, _HEIGHT, _GAP, _LAYER = 190, 46, 22, 104
_LETTERS = 27  # of a body that fit into a box


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


def library_svg(abstractions: Sequence[Mapping[str, Any]]) -> str:
    """Return the picture of a library.

    Args:
        abstractions: each with ``name`` and ``body``, as in the result of a compression.
    """
    graph = library_graph(abstractions)
    layers = list(nx.topological_generations(graph.reverse()))
    for depth, layer in enumerate(layers):
        for name in layer:
            graph.nodes[name]["layer"] = depth
    places = _places(graph, layers)
    width = max((x for x, _ in places.values()), default=0) + _WIDTH + _GAP
    height = max(1, len(layers)) * _LAYER - (_LAYER - _HEIGHT) + 2 * _GAP
    attributes = {
        "xmlns": "http://www.w3.org/2000/svg",
        "viewBox": f"0 0 {width} {height}",
        "width": str(width),
        "height": str(height),
        "role": "img",
        "aria-labelledby": "title description",
        "font-family": "sans-serif",
    }
    svg = Xml.Element("svg", attributes)
    Xml.SubElement(svg, "title", id="title").text = f"Library of {len(abstractions)} abstractions"
    Xml.SubElement(svg, "desc", id="description").text = _description(graph, abstractions)
    Xml.SubElement(svg, "rect", width="100%", height="100%", fill="white")
    marker = Xml.SubElement(Xml.SubElement(svg, "defs"), "marker", id="tip", orient="auto")
    for key, value in (("viewBox", "0 0 8 8"), ("refX", "8"), ("refY", "4")):
        marker.set(key, value)
    Xml.SubElement(marker, "path", d="M0 0L8 4L0 8z", fill="#555555")
    for user, used in graph.edges:
        (x1, y1), (x2, y2) = places[user], places[used]
        a, b, middle = x1 + _WIDTH // 2, x2 + _WIDTH // 2, (y1 + _HEIGHT + y2) // 2
        curve = f"M{a} {y1 + _HEIGHT}C{a} {middle} {b} {middle} {b} {y2}"
        line = Xml.SubElement(svg, "path", d=curve, fill="none", stroke="#555555")
        line.set("marker-end", "url(#tip)")
    for abstraction in abstractions:
        _box(svg, abstraction, *places[abstraction["name"]])
    Xml.indent(svg)
    return Xml.tostring(svg, encoding="unicode") + "\n"


def _places(graph: nx.DiGraph[str], layers: Sequence[Sequence[str]]) -> dict[str, tuple[int, int]]:
    """Return the corner of each box; within a layer they keep the order of networkx's layout."""
    if not graph:
        return {}
    layout = nx.multipartite_layout(graph, subset_key="layer", align="horizontal")
    most = max(len(layer) for layer in layers)
    places = {}
    for depth, layer in enumerate(layers):
        indent = (most - len(layer)) * (_WIDTH + _GAP) // 2
        y = _GAP + (len(layers) - 1 - depth) * _LAYER
        for i, name in enumerate(sorted(layer, key=lambda n: float(layout[n][0]))):
            places[name] = (_GAP + indent + i * (_WIDTH + _GAP), y)
    return places


def _box(svg: Xml.Element, abstraction: Mapping[str, Any], x: int, y: int) -> None:
    group = Xml.SubElement(svg, "g")
    name, body = abstraction["name"], abstraction["body"]
    Xml.SubElement(group, "title").text = f"{name} = {body}"
    box = {"x": x, "y": y, "width": _WIDTH, "height": _HEIGHT, "rx": 6}
    Xml.SubElement(
        group, "rect", {k: str(v) for k, v in box.items()}, fill="#eef3fa", stroke="#33557f"
    )
    uses = abstraction.get("num_uses")
    head = name if uses is None else f"{name}, {uses} uses"
    short = body if len(body) <= _LETTERS else body[: _LETTERS - 1] + "…"
    for text, down, size, family in (
        (head, 18, "13", "sans-serif"),
        (short, 36, "11", "monospace"),
    ):
        line = Xml.SubElement(group, "text", x=str(x + 8), y=str(y + down))
        line.set("font-size", size)
        line.set("font-family", family)
        line.text = text


def _description(graph: nx.DiGraph[str], abstractions: Sequence[Mapping[str, Any]]) -> str:
    rows = []
    for abstraction in abstractions:
        used = ", ".join(sorted(graph.successors(abstraction["name"])))
        row = f"{abstraction['name']} = {abstraction['body']}"
        rows.append(f"{row}; uses {used}." if used else f"{row}.")
    return " ".join(rows) or "No abstraction was found."
