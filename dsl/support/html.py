"""Tables for notebooks: what objects show of themselves where HTML is seen, all escaped."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from html import escape
from typing import NamedTuple

__all__ = ["Code", "html_table"]


class Code(NamedTuple):
    """A cell that holds a name, a program or a type."""

    text: str


def html_table(caption: str, head: Sequence[str], rows: Iterable[Sequence[object]]) -> str:
    """Return a table as HTML; numbers are shown with two decimals, None as ``-``.

    >>> html_table("a & b", ["x"], [[Code("<")], [2.0], [None]])[:40]
    '<table><caption>a &amp; b</caption><thea'
    """
    heads = "".join(f'<th scope="col">{escape(name)}</th>' for name in head)
    body = "".join(f"<tr>{''.join(map(_cell, row))}</tr>" for row in rows)
    return (
        f"<table><caption>{escape(caption)}</caption><thead><tr>{heads}</tr></thead>"
        f"<tbody>{body}</tbody></table>"
    )


def _cell(value: object) -> str:
    if isinstance(value, Code):
        return f'<td style="text-align:left"><code>{escape(value.text)}</code></td>'
    if value is None:
        return "<td>-</td>"
    return f"<td>{value:.2f}</td>" if isinstance(value, float) else f"<td>{escape(str(value))}</td>"
