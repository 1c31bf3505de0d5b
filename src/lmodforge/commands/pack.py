"""Pack a deployed environment for jobs that cannot reach it, with the files that use it."""

from __future__ import annotations

import difflib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from pydantic_core import PydanticCustomError

from lmodforge.apply.pack import pack_release
from lmodforge.apply.workshop import Workshop
from lmodforge.commands.planning import workshop_for
from lmodforge.commands.receipts import Deployment, read_deployment
from lmodforge.commands.site import OpenSite, open_site
from lmodforge.config.archives import FORMATS, Format
from lmodforge.config.naming import absolute_path
from lmodforge.config.node_types import ANY
from lmodforge.config.scheduler import HTCondorScheduler, size_in_bytes
from lmodforge.errors import SiteError
from lmodforge.kits.archive import Archive, Way, archive_name, way_for
from lmodforge.kits.render import Kit, packed_kits
from lmodforge.kits.subject import Subject, subjects_of_receipts
from lmodforge.plan.layout import link_name
from lmodforge.report.progress import progress_for_stderr
from lmodforge.report.style import size as shown_size
from lmodforge.verify.packages import refuse_missing


@dataclass(frozen=True)
class Packed:
    """An archive and its files, and how they reach a job."""

    subject: Subject
    archive: Archive
    sha256: str
    out: str
    kits: tuple[Kit, ...]
    scheduler: HTCondorScheduler | None
    way: Way | None

    @property
    def published(self) -> str:
        """Path of the same file that a deploy has made; empty: there is none."""
        return next((each.path for each in self.subject.archives if each.sha256 == self.sha256), "")

    @property
    def fits(self) -> bool:
        """Whether the site has a way for a file of this size."""
        return self.scheduler is None or self.way is not None

    @property
    def text(self) -> str:
        """Say what was written, and what to do with it."""
        lines = [f"{self.out}/{self.archive.file}: {shown_size(self.archive.size or 0)}"]
        lines += [f"{self.out}/{kit.file}: {kit.summary}" for kit in self.kits]
        lines += ["", f"A deploy has made the same file: {self.published}."] if self.published else []
        if self.way and self.way.how:
            lines += ["", f"It reaches a job by {self.way.name}. {self.way.how}", *filter(None, [self.way.url])]
        if not self.fits:
            lines += ["", f"It is larger than anything that reaches a job here: {self._widest}."]
        elif self.scheduler:
            lines += ["", *(f"    {kit.command}" for kit in self.kits if kit.command)]
        return "\n".join(lines)

    @property
    def _widest(self) -> str:
        transfers = self.scheduler.transfers if self.scheduler else {}
        name, widest = max(transfers.items(), key=lambda each: size_in_bytes(each[1].up_to or "0 KB"))
        return f"{name} takes up to {widest.up_to}"

    @property
    def json(self) -> dict[str, Any]:
        """Return the `pack` document, version 1."""
        archive = {"file": f"{self.out}/{self.archive.file}", "format": self.archive.format, "size": self.archive.size}
        way = self.way and {"name": self.way.name, "how": self.way.how, "input": self.way.input, "url": self.way.url}
        return {
            "document": "pack",
            "version": 1,
            "environment": self.subject.name,
            "module": self.subject.module,
            "archive": archive | {"sha256": self.sha256, "dest_prefix": self.archive.dest_prefix},
            "published": self.published or None,
            "files": [f"{self.out}/{kit.file}" for kit in self.kits],
            "transfer": way,
            "fits": self.fits,
        }


def pack_environment(
    name: str, site: str, root: str, *, node: str = "", kind: str, dest_prefix: str, out: str, replace: bool
) -> Packed:
    """Pack the current release of an environment into a directory; what is there stays, unless it may be replaced."""
    opened, target = open_site(site, root), str(Path(out or ".").absolute())
    subject = _choose(name, node, opened, read_deployment(opened))
    asked = _asked(subject, kind, dest_prefix, opened)
    planned = packed_kits(opened.config, subject, opened.templates, asked)
    if not replace:
        _refuse_what_is_there(opened, [f"{target}/{file}" for file in (asked.file, *(kit.file for kit in planned))])
    opened.system.make_directory(target)
    with progress_for_stderr() as progress:
        archive = _pack(workshop_for(opened, progress), subject.prefix, asked, target)
    kits = packed_kits(opened.config, subject, opened.templates, archive)
    for kit in kits:
        opened.system.write(f"{target}/{kit.file}", kit.text.encode(), 0o755 if kit.runnable else 0o644)
    scheduler = opened.config.scheduler
    condor = scheduler if isinstance(scheduler, HTCondorScheduler) else None
    way = way_for(condor, archive, archive.size) if condor else None
    sha256 = opened.system.sha256(f"{target}/{archive.file}") or ""
    return Packed(subject, archive, sha256, target, kits, condor, way)


def _pack(workshop: Workshop, prefix: str, asked: Archive, out: str) -> Archive:
    shown = f"archive {asked.file}"
    try:
        archive = pack_release(workshop, prefix, asked, out)
    except BaseException:
        workshop.system.end_programs()
        workshop.progress.failed(shown, "not packed")
        raise
    workshop.progress.done(shown, "packed")
    return archive


def _choose(name: str, node: str, opened: OpenSite, deployed: Deployment) -> Subject:
    """Find the environment that is meant; a site has one of a name, and each a release for a type of nodes."""
    modules, variants = deployed.generation.modules, deployed.generation.variants
    modules = modules | {module: releases[node] for module, releases in variants.items() if node in releases}
    subjects = subjects_of_receipts(opened.config, modules, variants, deployed.installed)
    environments = [subject for subject in subjects if subject.engine]
    found = next((subject for subject in environments if name in (subject.name, subject.module)), None)
    if found is None:
        raise SiteError(f"no environment `{name}` is deployed", _known(name, environments))
    if found.engine != "conda":
        raise SiteError(
            f"{found.name} cannot be packed: it is a virtual environment, and its Python lies outside of it",
            "list it for a distribution with conda, or give jobs a container that has the site's prefixes",
        )
    return replace(found, name=_of_its_nodes(found, node, variants.get(found.module, {})))


def _of_its_nodes(found: Subject, node: str, releases: Mapping[str, str]) -> str:
    """Return the name under which `source activate` has it, too; raises SiteError when no release is meant."""
    if node and node not in releases:
        known = f"`--node` is one of {', '.join(releases)}" if releases else "it has one for all nodes"
        raise SiteError(f"{found.name} has no release for nodes of type {node}", known)
    if releases and not node and ANY not in releases:
        raise SiteError(f"{found.name} has no release for every node", f"`--node` is one of {', '.join(releases)}")
    return link_name(found.name, "" if node == ANY else node)


def _known(name: str, environments: Sequence[Subject]) -> str:
    names = sorted(subject.name for subject in environments)
    if near := difflib.get_close_matches(name, names, 1):
        return f"did you mean `{near[0]}`?"
    return f"these are: {', '.join(names)}" if names else "the site has none"


def _asked(subject: Subject, kind: str, dest_prefix: str, opened: OpenSite) -> Archive:
    """Check what was asked for before anything is made."""
    chosen = _format(kind, opened)
    if dest_prefix:
        try:
            dest_prefix = absolute_path(dest_prefix)
        except PydanticCustomError as error:
            told = error.context or {}
            raise SiteError(f"--dest-prefix: {told['message']}", told["hint"] or None) from None
    elif "python" not in subject.packages:
        raise SiteError(
            f"{subject.name} has no Python, which an archive needs to find its place in a job",
            "name the place with --dest-prefix",
        )
    return Archive(archive_name(subject.name, subject.version, subject.prefix, chosen), chosen, dest_prefix=dest_prefix)


def _format(kind: str, opened: OpenSite) -> Format:
    chosen = next((known for known in FORMATS if known == kind), None)
    if chosen is None:
        raise SiteError(f"--format {kind}: no such format is known", f"one of: {', '.join(FORMATS)}")
    if chosen == "squashfs":
        refuse_missing(opened.system, "mksquashfs", "squashfs-tools", what="squashfs")
    return chosen


def _refuse_what_is_there(opened: OpenSite, paths: Sequence[str]) -> None:
    there = [path for path in paths if opened.system.stat(path) is not None]
    if there:
        raise SiteError(f"{', '.join(there)}: there already", "--replace gives it up; --out names another directory")
