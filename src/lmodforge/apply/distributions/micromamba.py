"""micromamba: one program in `bin` of a root prefix that has no environment of its own."""

from __future__ import annotations

from lmodforge.apply.distributions.installer import fetch
from lmodforge.apply.workshop import Workshop
from lmodforge.plan.actions import Download, InstallConda

PROGRAMS = ("micromamba",)


def fill(action: InstallConda, download: Download, workshop: Workshop) -> None:
    """Put the program in its place."""
    path = fetch(download, f"distribution {action.name}", workshop)
    workshop.system.make_directory(f"{action.prefix}/bin")
    workshop.system.write(f"{action.prefix}/bin/micromamba", workshop.system.read(path) or b"", 0o755)
