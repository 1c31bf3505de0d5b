"""What moved between locks: text for people, Markdown for a merge request, a document for programs; pure."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from lmodforge.plan.lockfiles import Move
from lmodforge.report.style import table

Moves = Mapping[str, Sequence[Move]]
"""By lock: `sci, linux-64`."""


def moves_text(moves: Moves) -> str:
    """Return a block of lines for each lock that moved."""
    blocks = ["\n".join([f"{lock}:", *table([_row(move) for move in found])]) for lock, found in moves.items() if found]
    return "\n\n".join(blocks)


def moves_markdown(moves: Moves) -> str:
    """Return a table for each lock that moved."""
    blocks = []
    for lock, found in moves.items():
        rows = [f"| {move.package} | {move.old} | {move.new} |" for move in found]
        blocks += ["\n".join([f"### {lock}", "", "| package | old | new |", "|---|---|---|", *rows])] if rows else []
    return "\n\n".join(blocks)


def moves_json(moves: Moves) -> list[dict[str, Any]]:
    """Return a row for each package that moved."""
    return [
        {"lock": lock, "package": move.package, "old": move.old or None, "new": move.new or None}
        for lock, found in moves.items()
        for move in found
    ]


def _row(move: Move) -> tuple[str, str, str]:
    if not move.old:
        return "+", move.package, move.new
    return ("~", move.package, f"{move.old} -> {move.new}") if move.new else ("-", move.package, move.old)
