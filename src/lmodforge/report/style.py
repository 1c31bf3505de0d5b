"""Colour and sizes for people; NO_COLOR and anything that is not a terminal get plain text."""

from __future__ import annotations

import os
import sys
from collections.abc import Sequence
from typing import TextIO

_CODES = {"green": "32", "yellow": "33", "red": "31", "bold": "1", "dim": "2"}
_UNIT = 1000


def paint(text: str, colour: str, stream: TextIO | None = None) -> str:
    """Colour a text for a stream (stdout when left out)."""
    stream = stream or sys.stdout
    if not stream.isatty() or os.environ.get("NO_COLOR") or os.environ.get("TERM") == "dumb":
        return text
    return f"\033[{_CODES[colour]}m{text}\033[0m"


def size(count: int) -> str:
    """Write bytes as `ls -h --si` does: 1.2 GB."""
    amount, units = float(count), iter(("B", "kB", "MB", "GB", "TB"))
    unit = next(units)
    while amount >= _UNIT and unit != "TB":
        amount, unit = amount / _UNIT, next(units)
    return f"{amount:.0f} {unit}" if unit == "B" or amount >= 100 else f"{amount:.1f} {unit}"


def counted(number: int, noun: str) -> str:
    """Write `1 module`, `2 modules`, `2 prefixes`."""
    plural = f"{noun}es" if noun.endswith("x") else f"{noun}s"
    return f"{number} {noun if number == 1 else plural}"


def table(rows: Sequence[tuple[str, ...]], indent: str = "  ") -> list[str]:
    """Line up columns; the last one may be as long as it is."""
    if not rows:
        return []
    widths = [max(len(row[column]) for row in rows) for column in range(len(rows[0]) - 1)]
    lines = []
    for row in rows:
        cells = [cell.ljust(width) for cell, width in zip(row, widths, strict=False)]
        lines.append(f"{indent}{'  '.join([*cells, row[-1]])}".rstrip())
    return lines
