"""A prefix that somebody else installed: looked at, never run, never changed."""

from __future__ import annotations

import re

from lmodforge import __version__
from lmodforge.apply.observe import Observer
from lmodforge.apply.workshop import Workshop
from lmodforge.plan.actions import AdoptPrefix
from lmodforge.receipts.models import DistributionReceipt, PackageEntry

_DIST_INFO = re.compile(r"(?P<name>.+)-(?P<version>[^-]+)\.dist-info")
_CONDA_META = re.compile(r"(?P<name>.+)-(?P<version>[^-]+)-[^-]+\.json")


def packages_in(prefix: str, observer: Observer) -> tuple[tuple[str, str], ...]:
    """Return name and version of what a prefix holds, read from the names of its metadata."""
    found = dict(_named(observer.names(f"{prefix}/conda-meta"), _CONDA_META))
    for library in observer.names(f"{prefix}/lib"):
        if re.fullmatch(r"python\d\.\d+", library):
            packages = observer.names(f"{prefix}/lib/{library}/site-packages")
            found = dict(_named(packages, _DIST_INFO)) | found
    return tuple(sorted(found.items()))


def _named(names: tuple[str, ...], pattern: re.Pattern[str]) -> list[tuple[str, str]]:
    matches = filter(None, map(pattern.fullmatch, names))
    return [(match["name"].replace("_", "-").lower(), match["version"]) for match in matches]


def adopt_prefix(action: AdoptPrefix, workshop: Workshop) -> DistributionReceipt:
    """Write down what is there."""
    return DistributionReceipt(
        lmodforge=__version__,
        made_at=workshop.now().isoformat(timespec="seconds"),
        name=action.name,
        type=action.type,
        path=action.prefix,
        version=action.version,
        packages=tuple(PackageEntry(name=name, version=version) for name, version in action.packages),
    )
