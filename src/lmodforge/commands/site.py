"""Open the site that somebody means; the models are loaded only when they are needed."""

from __future__ import annotations

import os
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING

from lmodforge.apply.settled import inputs_digest
from lmodforge.apply.system import RealSystem, System
from lmodforge.config.document import Document, read_document
from lmodforge.config.find import find_site
from lmodforge.modulefile.render import Templates

if TYPE_CHECKING:
    from lmodforge.config.models import SiteConfig
    from lmodforge.plan.layout import Layout

DEFAULT_SITE = "demo"


@dataclass(frozen=True)
class OpenSite:
    """A site file that was read, but not checked yet."""

    path: Path
    document: Document
    root: str | None
    """Given on the command line, absolute."""
    system: System
    offline: str = ""
    """The mirror that is asked instead of the network, absolute."""

    @cached_property
    def config(self) -> SiteConfig:
        """Check the whole file; raises InvalidSite with all its mistakes."""
        from lmodforge.config.load import load_site  # noqa: PLC0415 - a deploy with nothing to do needs no models

        return load_site(self.document, self.root)

    @cached_property
    def layout(self) -> Layout | None:
        """Where the site lies, as far as the file says so at all; for looking only."""
        from lmodforge.plan.layout import Layout  # noqa: PLC0415 - it is not needed to complete a command line

        plain = self.document.plain
        paths, root = plain.get("paths"), self.root or plain.get("root") or ""
        if not isinstance(paths, dict) or not isinstance(root, str):
            return None
        software, modulefiles = paths.get("software"), paths.get("modulefiles")
        if not isinstance(software, str) or not isinstance(modulefiles, str):
            return None
        root = os.path.abspath(root) if root else ""  # noqa: PTH100 - resolving links would change the paths of the site
        return Layout(f"{root}{software}", f"{root}{modulefiles}")

    @property
    def locks(self) -> str:
        """Where the lock files of the site lie: beside its file."""
        return f"{self.path.absolute().parent}/locks/{self.config.name}"

    @cached_property
    def templates(self) -> Templates:
        """The site's own templates before the shipped ones."""
        own = self.document.plain.get("templates")
        return Templates(tuple(Path(str(path)) for path in own) if isinstance(own, list) else ())

    @cached_property
    def inputs(self) -> str:
        """Digest of everything but the world that a plan depends on."""
        root = str(self.layout) if self.layout else None
        return inputs_digest(self.document.digest, root, self.templates.digest())


def open_site(site: str = "", root: str = "", system: System | None = None, *, offline: str = "") -> OpenSite:
    """Find and read a site file. `site` is a name or a file; without one LMODFORGE_SITE or `demo`."""
    cwd = Path.cwd()
    path = find_site(site or os.environ.get("LMODFORGE_SITE", "") or DEFAULT_SITE, cwd)
    absolute = os.path.abspath(root) if root else None  # noqa: PTH100 - the same
    mirror = str(Path(offline).resolve()) if offline else ""
    return OpenSite(path, read_document(path), absolute, system or RealSystem(), mirror)
