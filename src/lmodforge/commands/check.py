"""Check a site file, and say what it holds."""

from __future__ import annotations

from lmodforge.commands.show import Shown
from lmodforge.commands.site import open_site
from lmodforge.report.style import counted


def check_site(site: str, root: str) -> Shown:
    """Raise InvalidSite with all mistakes, or count what the site has."""
    opened = open_site(site, root)
    config = opened.config
    parts = [
        counted(len(config.distributions), "distribution"),
        counted(len(config.environments), "environment"),
        counted(len(config.tools), "tool"),
    ]
    document = {"document": "check", "version": 1, "site": config.name, "file": str(opened.path), "mistakes": []}
    return Shown(f"{opened.path}: site {config.name} is valid: {', '.join(parts)}.", document)
