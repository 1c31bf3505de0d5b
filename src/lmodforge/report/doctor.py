"""Show what a diagnosis found: text for people, a document for programs; pure."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence

from lmodforge.finding import Finding


def doctor_text(findings: Sequence[Finding]) -> str:
    """Return one line per finding, its remedy below it, and a last line that counts."""
    width = max((len(finding.name) for finding in findings), default=0)
    return "\n".join([*(_lines(finding, width) for finding in findings), "", _summary(findings)])


def doctor_json(findings: Sequence[Finding]) -> dict[str, object]:
    """Return the document of `doctor --json`."""
    return {
        "version": 1,
        "healthy": not any(finding.status == "problem" for finding in findings),
        "findings": [
            {"name": one.name, "status": one.status, "message": one.message, "remedy": one.remedy} for one in findings
        ],
    }


def _lines(finding: Finding, width: int) -> str:
    line = f"{finding.status:<7}  {finding.name:<{width}}  {finding.message}"
    return f"{line}\n{'':<7}  {'':<{width}}  mend: {finding.remedy}" if finding.remedy else line


def _summary(findings: Sequence[Finding]) -> str:
    counts = Counter(finding.status for finding in findings)
    parts = [_counted(counts["problem"], "problem"), _counted(counts["warning"], "warning")]
    return f"{', '.join(parts)}, {counts['ok']} ok"


def _counted(number: int, noun: str) -> str:
    return f"{number} {noun}" if number == 1 else f"{number} {noun}s"
