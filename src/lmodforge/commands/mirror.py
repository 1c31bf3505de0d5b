"""Make a mirror of all that a site installs, for hosts without a network."""

from __future__ import annotations

import posixpath
import re
from collections.abc import Mapping, Sequence
from pathlib import Path

from lmodforge.apply.engines.conda import Conda
from lmodforge.apply.engines.uv import Uv
from lmodforge.apply.holder import hold_file
from lmodforge.apply.mirror.contents import contents_of
from lmodforge.apply.mirror.fetch import Fetcher
from lmodforge.apply.mirror.make import Made, Maker
from lmodforge.apply.mirror.offline import Mirror
from lmodforge.apply.mirror.place import Place
from lmodforge.apply.private_cache import safe_cache
from lmodforge.apply.system import System
from lmodforge.apply.workshop import Workshop
from lmodforge.commands.planning import engines_for, workshop_for
from lmodforge.commands.show import Shown
from lmodforge.commands.site import open_site
from lmodforge.config.document import Document
from lmodforge.config.models import SiteConfig
from lmodforge.errors import SiteError
from lmodforge.report.mirror import made_json, made_text
from lmodforge.report.progress import progress_for_stderr

_PYTHON = re.compile(r"(?:(?P<name>[^=]+)=)?(?P<version>\d+\.\d+\.\d+\w*)")


def mirror_site(site: str, root: str, out: str, pythons: Sequence[str], system: System | None = None) -> Shown:
    """Write the mirror to a directory or an archive."""
    opened = open_site(site, root, system)
    versions = _versions(pythons, opened.config)
    place = Place(str(Path(out).resolve()))
    opened.system.make_directory(Path(place.out).parent)
    with progress_for_stderr() as progress, hold_file(opened.system, place.lock, f"making {out}"):
        before = place.before(opened.system)
        with safe_cache(workshop_for(opened, progress), posixpath.dirname(place.out)) as workshop:
            made = _make(workshop, opened.document, place, versions, before)
        progress.done("mirror", "whole")
    return Shown(made_text(out, made), made_json(out, made))


def _make(
    workshop: Workshop, document: Document, place: Place, versions: Mapping[str, str], before: Mirror | None
) -> Made:
    engines, uv = engines_for(workshop, document), Uv(workshop, cached=False)
    contents = contents_of(workshop, engines, versions, before.locks if before else {})
    fetcher = Fetcher(workshop, Conda(workshop, uv), uv, place.staging, before)
    return Maker(workshop, fetcher, place).make(contents)


def _versions(pythons: Sequence[str], site: SiteConfig) -> Mapping[str, str]:
    """Read `3.11.9` and `standard=3.11.9`."""
    found = {}
    for text in pythons:
        match = _PYTHON.fullmatch(text)
        if not match:
            raise SiteError(f"--python {text}: that is no version of Python", "such as 3.11.9, or standard=3.11.9")
        if match["name"] and match["name"] not in site.distributions:
            known = ", ".join(site.distributions)
            raise SiteError(f"--python {text}: there is no distribution `{match['name']}`", f"one of: {known}")
        found[match["name"] or ""] = match["version"]
    return found
