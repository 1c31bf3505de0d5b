"""A chart as one HTML block: a drawing as wide as its page, with text of the size of text, and its numbers as a table.

Across, everything is placed in percent and nothing is scaled, so that letters on a phone are as large as on a desk.
Colours are classes that the stylesheet of the pages fills, for light and dark; without it the drawing is in the colour
of the text.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from html import escape


@dataclass(frozen=True)
class Drawing:
    """What is drawn, line by line, from the top down."""

    title: str
    description: str
    height: int
    shapes: tuple[str, ...]


@dataclass(frozen=True)
class Numbers:
    """The same as text: the first column names the row, the others hold its values."""

    head: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]


def figure(kind: str, drawing: Drawing, numbers: Numbers) -> str:
    """Return `<figure>` with drawing and table; it holds no empty line, which would end an HTML block in Markdown."""
    lines = [
        f'<figure class="lf-chart lf-chart--{kind}">',
        f"<figcaption>{escape(drawing.title)}</figcaption>",
        f'<svg role="img" width="100%" height="{drawing.height}" font-size="13" fill="currentColor">',
        f"<title>{escape(drawing.title)}</title>",
        f"<desc>{escape(drawing.description)}</desc>",
        *drawing.shapes,
        "</svg>",
        '<details class="lf-chart__numbers">',
        "<summary>The same as a table</summary>",
        *_table(drawing.title, numbers),
        "</details>",
        "</figure>",
    ]
    return "\n".join(lines)


def text(x: str, y: int, content: str, kind: str, anchor: str = "start") -> str:
    """Return a line of text; `x` in percent."""
    return f'<text class="lf-chart__{kind}" x="{x}" y="{y}" text-anchor="{anchor}">{content}</text>'


def bar(y: int, height: int, share: float, kind: str) -> str:
    """Return a bar over its own track; `share` is how full it is, 0 to 1."""
    # What is there at all can be seen.
    width = max(share * 100, 0.5) if share else 0
    place = f'x="0" y="{y}" height="{height}" rx="{height // 2}"'
    return (
        f'<rect class="lf-chart__track" {place} width="100%" fill-opacity="0.12"/>'
        f'<rect class="lf-chart__{kind}" {place} width="{percent(width)}"/>'
    )


def percent(number: float) -> str:
    """Write a number with as many digits as can be seen, and no more: 12.5%."""
    return f"{round(number, 2):g}%"


def _table(caption: str, numbers: Numbers) -> Sequence[str]:
    head = "".join(f'<th scope="col">{escape(cell)}</th>' for cell in numbers.head)
    rows = (
        f'<tr><th scope="row">{escape(row[0])}</th>{"".join(f"<td>{escape(cell)}</td>" for cell in row[1:])}</tr>'
        for row in numbers.rows
    )
    opening = f"<table><caption>{escape(caption)}</caption>"
    return [opening, f"<thead><tr>{head}</tr></thead>", "<tbody>", *rows, "</tbody>", "</table>"]
