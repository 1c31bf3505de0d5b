"""The archives that a site asks for: a file named like its release, and a name for users, switched when all else is.

A file is never changed, only replaced.
"""

from __future__ import annotations

import posixpath
from collections.abc import Iterator, Mapping

from lmodforge.config.models import SiteConfig
from lmodforge.plan.actions import BuildRelease, Change, PackRelease, Sign
from lmodforge.plan.facts import Facts
from lmodforge.plan.layout import Layout, archive_path, led_to, link_name
from lmodforge.receipts.models import ArchiveReceipt, GenerationReceipt, Installed


def desired_archives(site: SiteConfig, layout: Layout, release: BuildRelease) -> tuple[PackRelease, ...]:
    """Return what a release is to be packed into."""
    return tuple(
        PackRelease(
            name=f"{link_name(release.environment, release.node)}-{release.version}.{kind}",
            environment=release.environment,
            version=release.version,
            node=release.node,
            release=release.path,
            path=archive_path(layout.archives, release.path, kind),
            format=kind,
            # Where it is mounted nothing can be corrected: in the place of the release nothing needs to be.
            place=release.path if kind == "squashfs" else "",
        )
        for kind in site.environments[release.environment].archives
    )


def changed_archive(archive: PackRelease, release: BuildRelease, facts: Facts) -> Change | None:
    """Say what must be done for one; None: nothing."""
    receipt = facts.installed.get(archive.path)
    present, begun = archive.path in facts.present, archive.path in facts.unfinished
    if not archive.place and "python" not in dict(release.packages):
        hint = "leave it out: a `squashfs` is mounted in the place of the release and needs nothing corrected"
        return _change("!", archive, "without Python nothing can correct its paths where it is unpacked", hint)
    if receipt is None and present and not begun:
        return _change("!", archive, f"{archive.path} is there and lmodforge did not make it", "move it away")
    if receipt is None:
        sign: Sign
        sign, reason = ("~", "of the new release") if archive.link in facts.links else ("+", "new")
        return _change(sign, archive, "left unfinished" if begun else reason)
    if not present:
        return _change("~", archive, f"{archive.path} is missing")
    return _change("~", archive, f"{archive.path} is not what was made") if archive.path in facts.changed else None


def _change(sign: Sign, archive: PackRelease, reason: str, hint: str = "") -> Change:
    return Change(sign, "archive", archive.name, reason, hint=hint)


def dropped_archives(links: Mapping[str, str], facts: Facts) -> Iterator[Change]:
    """Find names of archives that the current generation has and the next one has not; prune removes them."""
    for link in archives_of(facts.generation, facts.installed):
        if link not in links:
            yield Change("-", "archive", posixpath.basename(link), "no longer in the site file")


def archives_of(generation: GenerationReceipt | None, installed: Mapping[str, Installed]) -> dict[str, ArchiveReceipt]:
    """Return the archives that a generation's names lead to, by the paths of the names."""
    led = {link: installed.get(led_to(link, target)) for link, target in generation.links.items()} if generation else {}
    return {link: receipt for link, receipt in led.items() if isinstance(receipt, ArchiveReceipt)}
