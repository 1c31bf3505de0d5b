"""The settings of a site agree with each other."""

from __future__ import annotations

from collections.abc import Iterator

from lmodforge.config.document import Document
from lmodforge.config.models import Paths, SiteConfig
from lmodforge.config.root import is_below, overlap
from lmodforge.errors import Mistake


def check_settings(site: SiteConfig, document: Document) -> Iterator[Mistake]:
    """Check paths, permissions and spaces."""
    yield from _paths(site, document)
    yield from _archives(site, document)
    if site.permissions.readable_by == "group" and site.permissions.group is None:
        where = document.locate(("permissions", "readable_by"))
        yield Mistake("`readable_by: group` needs a group", "name it beside it: `group: ...`", where)
    if site.lmod.current and site.modules.layout == "hierarchy":
        where = document.locate(("lmod", "current"))
        hint = "source the profile scripts instead, which pin a generation"
        yield Mistake("`lmod.current` does not go with `layout: hierarchy`", hint, where)
    yield from _pi(site, document)


def _paths(site: SiteConfig, document: Document) -> Iterator[Mistake]:
    software, modulefiles = site.paths.software, site.paths.modulefiles
    hint = "take two directories side by side, such as /software/python and /software/modulefiles"
    where = document.locate(("paths", "modulefiles"))
    if software == modulefiles:
        yield Mistake("`modulefiles` and `software` are one directory", hint, where)
    elif is_below(modulefiles, software):
        yield Mistake("`modulefiles` lies below `software`", hint, where)
    elif is_below(software, modulefiles):
        yield Mistake("`software` lies below `modulefiles`: Lmod would search it", hint, where)


def _archives(site: SiteConfig, document: Document) -> Iterator[Mistake]:
    if site.paths.archives and (met := met_by_archives(site.paths)):
        where = document.locate(("paths", "archives"))
        hint = "take a directory of its own, such as /software/archives"
        yield Mistake(f"`archives` is not apart from {met}", hint, where)


def met_by_archives(paths: Paths) -> str:
    """Name what shares its directory with the archives; empty: nothing does. They may lie below `software`."""
    if paths.packed == paths.software or is_below(paths.software, paths.packed):
        return "`software`"
    if overlap(paths.packed, f"{paths.software}/.lmodforge"):
        return "the receipts"
    return "`modulefiles`" if overlap(paths.packed, paths.modulefiles) else ""


def _pi(site: SiteConfig, document: Document) -> Iterator[Mistake]:
    # A project section with a mistake in it is not in `site`, but in the file.
    pi = site.project.pi if site.project else None
    known = bool(pi.env or pi.slurm_account or pi.group) if pi else "project" in document.plain
    for name, space in (("project", site.project), ("scratch", site.scratch)):
        if space is not None and "{pi}" in space.layout and not known:
            yield Mistake(
                f"the layout of `{name}`, `{space.layout}`, has a PI, and nothing says who that is",
                'say so in `project`, such as `pi: {group: "pi-*"}`, or leave `{pi}` out of the `layout`',
                document.locate((name, "layout")),
            )
