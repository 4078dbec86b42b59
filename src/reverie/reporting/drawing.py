"""Charts as SVG that stands in a page: drawn by matplotlib, coloured by the page's own style.

Each has a title and a description that says in words what it shows. Text stays text, and colours
are the page's variables, so that one picture serves light and dark alike.
"""

from __future__ import annotations

import io
import re
from collections.abc import Callable
from typing import TYPE_CHECKING, Any
from xml.etree import ElementTree as Xml

from ..dsl import ReverieError

if TYPE_CHECKING:
    from matplotlib.axes import Axes

__all__ = ["FAINT", "FIRST", "SECOND", "THIRD", "draw", "image"]

SIZE = (4.6, 2.9)
"""Inches, at 72 points each: a phone's width, so that text is readable on one."""

_SVG = "http://www.w3.org/2000/svg"
_LINK = "{http://www.w3.org/1999/xlink}href"

# What matplotlib is told to use, and what the page's style makes of it.
TEXT, FAINT, FIRST, SECOND, THIRD = "#010101", "#020202", "#030303", "#040404", "#050505"
_COLOURS = {
    TEXT: "currentColor",
    FAINT: "var(--faint)",
    FIRST: "var(--first)",
    SECOND: "var(--second)",
    THIRD: "var(--third)",
}
_STYLE = {
    "svg.fonttype": "none",
    "font.family": "sans-serif",
    "font.size": 10,
    "text.color": TEXT,
    "axes.labelcolor": TEXT,
    "axes.edgecolor": FAINT,
    "axes.spines.top": False,
    "axes.spines.right": False,
    "axes.grid": True,
    "axes.axisbelow": True,
    "grid.color": FAINT,
    "grid.alpha": 0.35,
    "grid.linewidth": 0.6,
    "xtick.color": FAINT,
    "ytick.color": FAINT,
    "xtick.labelcolor": TEXT,
    "ytick.labelcolor": TEXT,
    "legend.frameon": False,
    "lines.linewidth": 2,
}


def draw(name: str, title: str, description: str, plot: Callable[[Axes], None]) -> dict[str, str]:
    """Return a chart: its name, its title, what it shows in words, and its SVG.

    Args:
        name: one word, distinct within a page.
        title: a few words.
        description: what the chart shows, for those who cannot see it.
        plot: draws it.

    Raises:
        ReverieError: where matplotlib is not installed.
    """
    svg = _drawn(plot, {**_STYLE, "svg.hashsalt": name}, transparent=True)
    return {
        "name": name,
        "title": title,
        "description": description,
        "svg": _for_page(svg, name, title, description),
    }


def image(plot: Callable[[Axes], None]) -> str:
    """Return a small picture that stands alone, as SVG.

    Raises:
        ReverieError: where matplotlib is not installed.
    """
    return _drawn(plot, {"svg.hashsalt": "image", "font.size": 8}, size=(3.2, 2.2))


def _drawn(
    plot: Callable[[Axes], None],
    style: Any,  # matplotlib's settings by name
    *,
    transparent: bool = False,
    size: tuple[float, float] = SIZE,
) -> str:
    try:
        import matplotlib as mpl
        from matplotlib.figure import Figure
    except ImportError:
        raise ReverieError(
            "charts are drawn by matplotlib, which is not installed: pip install 'reverie[report]'"
        ) from None
    out = io.StringIO()
    with mpl.rc_context(style):
        figure = Figure(figsize=size, layout="constrained")
        plot(figure.subplots())
        figure.savefig(out, format="svg", transparent=transparent, metadata={"Date": None})
    return out.getvalue()


def _for_page(text: str, name: str, title: str, description: str) -> str:
    """Return matplotlib's SVG as part of a page: named, described, in the page's colours."""
    for namespace, uri in (("", _SVG), ("xlink", "http://www.w3.org/1999/xlink")):
        Xml.register_namespace(namespace, uri)
    for colour, variable in _COLOURS.items():
        text = text.replace(colour, variable)
    text = re.sub(r"font-family: [^;\"]*;? ?", "", text)
    text = re.sub(r"font: (\S+) [^;\"]*", r"font-size: \1", text)
    root = Xml.fromstring(text)
    linked = {node.get(_LINK, "")[1:] for node in root.iter()}
    linked |= set(re.findall(r"url\(#([^)]+)\)", text))
    for parent in list(root.iter()):
        for child in list(parent):
            if child.tag.rpartition("}")[2] in ("metadata", "style"):
                parent.remove(child)  # a style within a page would be the whole page's
        if parent.get("id") not in linked:
            parent.attrib.pop("id", None)
    for size in ("width", "height"):
        root.attrib.pop(size)
    root.set("role", "img")
    root.set("class", "chart")
    root.set("aria-labelledby", f"{name}-title {name}-words")
    words = Xml.Element(f"{{{_SVG}}}desc", id=f"{name}-words")
    words.text = description
    head = Xml.Element(f"{{{_SVG}}}title", id=f"{name}-title")
    head.text = title
    root[:0] = [head, words]
    return Xml.tostring(root, encoding="unicode")
