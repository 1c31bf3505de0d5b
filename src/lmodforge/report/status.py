"""What was changed on a deployed site, and what deploy would do about it."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from lmodforge.plan.actions import Change
from lmodforge.receipts.models import GenerationReceipt
from lmodforge.report.style import counted, paint, table


def status_text(
    site: str, generation: GenerationReceipt, drift: Sequence[Change], pending: Sequence[Change] | None
) -> str:
    """Write the generation, each deviation with its remedy, and how the site file differs."""
    lines = [f"Site {site}: generation {generation.number} of {generation.made_at} is current."]
    rows = table([(change.sign, change.what, change.name, change.reason) for change in drift])
    for change, row in zip(drift, rows, strict=True):
        lines += [paint(row, "red" if change.sign == "!" else "yellow"), f"       {change.hint}"]
    if not drift:
        lines.append("The disk is as it was deployed.")
    if pending is None:
        lines.append("The site file asks for packages that have no lock yet: `invoke plan` resolves them.")
    elif pending:
        lines.append(f"The site file asks for {counted(len(pending), 'change')} more: `invoke plan` shows them.")
    return "\n".join(lines)


def status_json(
    site: str, generation: GenerationReceipt, drift: Sequence[Change], pending: Sequence[Change] | None
) -> dict[str, Any]:
    """Return the `status` document, version 1; `pending` is null when it takes a resolver to know."""
    rows = [
        {"sign": c.sign, "what": c.what, "name": c.name, "found": c.reason, "remedy": c.hint or None} for c in drift
    ]
    return {
        "document": "status",
        "version": 1,
        "site": site,
        "generation": generation.number,
        "drift": rows,
        "pending": None if pending is None else len(pending),
    }
