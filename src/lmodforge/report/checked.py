"""What was found in the documentation when it was tried: failures as a compiler tells them, a count, a document."""

from __future__ import annotations

from collections import Counter
from typing import Any

from lmodforge.finding import CheckedPages
from lmodforge.report.style import counted, paint, table


def checked_text(site: str, checked: CheckedPages) -> str:
    """Return each failure, then what was not run and why, then the count."""
    lines = [f"Documentation of {site}, {checked.place}:", ""]
    lines += [f"{wrong}\n" for wrong in checked.wrong]
    reasons = Counter(untried.reason for untried in checked.untried)
    if reasons:
        lines.append("Not run:")
        lines += [*table([(str(count), reason) for reason, count in sorted(reasons.items())]), ""]
    return "\n".join([*lines, _count(checked)])


def _count(checked: CheckedPages) -> str:
    wrong = len(checked.wrong)
    told = counted(wrong, "failure") if wrong else "no failures"
    tried = f"{counted(checked.ran, 'block')} of {counted(len(checked.pages), 'page')} run"
    rest = f"{counted(checked.promises, 'output')} compared, {len(checked.untried)} not run, {checked.seconds:.1f} s"
    return paint(f"{tried}: {told} ({rest}).", "red" if wrong else "green")


def checked_json(site: str, checked: CheckedPages) -> dict[str, Any]:
    """Return what was found at one site, for the document `docs-check`, version 1."""
    return {
        "site": site,
        "place": checked.place,
        "pages": list(checked.pages),
        "ran": checked.ran,
        "compared": checked.promises,
        "failures": [
            {
                "page": wrong.page,
                "line": wrong.line,
                "command": wrong.command,
                "expected": wrong.expected,
                "found": wrong.found,
            }
            for wrong in checked.wrong
        ],
        "not_run": [{"page": one.page, "line": one.line, "reason": one.reason} for one in checked.untried],
        "seconds": round(checked.seconds, 3),
    }
