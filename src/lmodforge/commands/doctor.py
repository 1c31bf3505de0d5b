"""Examine the host that a site is deployed from."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from lmodforge.commands.site import open_site
from lmodforge.report.doctor import doctor_json, doctor_text
from lmodforge.verify.doctor import diagnose


@dataclass(frozen=True)
class Examined:
    """Findings as text and JSON."""

    text: str
    json: dict[str, Any]
    problems: int


def examine(site: str, root: str) -> Examined:
    """Look at everything that a deploy needs."""
    opened = open_site(site, root)
    findings = diagnose(opened.system, opened.config)
    problems = sum(1 for finding in findings if finding.status == "problem")
    return Examined(doctor_text(findings), doctor_json(findings), problems)
