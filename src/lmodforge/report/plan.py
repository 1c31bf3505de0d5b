"""A plan for people and for machines."""

from __future__ import annotations

from collections import Counter
from typing import Any

from lmodforge.plan.actions import Change, Plan
from lmodforge.report.style import paint, size, table

_COLOURS = {"+": "green", "~": "yellow", "-": "red", "!": "red"}
_WORDS = {"+": "to create", "~": "to change", "-": "to remove", "!": "to decide"}


def plan_text(plan: Plan) -> str:
    """Write a line for each change, the hints of conflicts, and a last line that counts."""
    warnings = [paint(f"warning: {warning}", "yellow") for warning in plan.warnings]
    if plan.is_empty:
        return "\n".join([*warnings, f"Site {plan.site}: nothing to do."])
    rows = [(change.sign, change.what, change.name, _reason(change)) for change in plan.changes]
    lines = [f"Site {plan.site}:", ""]
    for change, row in zip(plan.changes, table(rows), strict=True):
        lines.append(paint(row, _COLOURS[change.sign]))
        lines += [f"      hint: {change.hint}"] if change.hint else []
    return "\n".join([*lines, "", *warnings, plan_count(plan)])


def _reason(change: Change) -> str:
    return f"{change.reason} ({size(change.size)} to download)" if change.size else change.reason


def plan_count(plan: Plan) -> str:
    """Count the changes by kind."""
    counts: Counter[str] = Counter(change.sign for change in plan.changes)
    parts = [f"{counts[sign]} {words}" for sign, words in _WORDS.items() if counts[sign] or sign != "!"]
    return f"Plan: {', '.join(parts)}."


def plan_json(plan: Plan) -> dict[str, Any]:
    """Return the `plan` document, version 1."""
    changes = [
        {"sign": c.sign, "what": c.what, "name": c.name, "reason": c.reason, "size": c.size, "hint": c.hint or None}
        for c in plan.changes
    ]
    return {"document": "plan", "version": 1, "site": plan.site, "changes": changes, "warnings": list(plan.warnings)}
