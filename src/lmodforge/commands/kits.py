"""Write the starter kits of a deployed site, as files that users copy."""

from __future__ import annotations

from pathlib import Path

from lmodforge.commands.receipts import read_deployment
from lmodforge.commands.site import open_site
from lmodforge.errors import SiteError
from lmodforge.kits.render import starter_kits
from lmodforge.kits.subject import subjects_of_receipts
from lmodforge.report.style import counted


def write_kits(site: str, root: str, out: str) -> str:
    """Write every kit into a new directory: `sci/2026.11/sci.sbatch`."""
    opened, target = open_site(site, root), Path(out).absolute()
    if opened.config.scheduler is None:
        raise SiteError(
            f"site {opened.config.name} has no `scheduler`", "say in the site file what batch system it has"
        )
    deployed = read_deployment(opened)
    if opened.system.names(target):
        raise SiteError(f"{out} is not empty", "name a directory that is not there yet")
    files, current = 0, deployed.generation
    for subject in subjects_of_receipts(opened.config, current.modules, current.variants, deployed.installed):
        folder = target / subject.module
        for kit in starter_kits(opened.config, subject, opened.templates):
            opened.system.make_directory(folder)
            opened.system.write(folder / kit.file, kit.text.encode(), 0o755 if kit.runnable else 0o644)
            files += 1
    return f"{out}: {counted(files, 'file')}"
