"""A packed environment on its way to a job: what its file is called, and how a file of its size gets there."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from lmodforge.config.archives import Format
from lmodforge.config.scheduler import HTCondorScheduler, Transfer, size_in_bytes
from lmodforge.kits.quote import filled
from lmodforge.receipts.models import ArchiveReceipt


@dataclass(frozen=True)
class Archive:
    """A file that `pack` or a deploy makes, named for the release: caches on the way never ask for a name twice."""

    file: str
    format: Format = "tar.gz"
    size: int | None = None
    """In bytes; None: it is not made yet."""
    dest_prefix: str = ""
    """Where it must be unpacked; empty: anywhere."""
    path: str = ""
    """Of one that a deploy has made."""
    sha256: str = ""
    """The same."""
    name: str = ""
    """The path that users find it by."""


@dataclass(frozen=True)
class Way:
    """The way in which a site wants a file of this size to reach jobs."""

    name: str
    how: str
    input: str
    """For `transfer_input_files`; empty: it is not named there."""
    requirements: str = ""
    url: str = ""


def archive_name(environment: str, version: str, prefix: str, kind: Format = "tar.gz") -> str:
    """Name an archive that is packed by hand: `sci-2026.11-3f2a9c1d.tar.gz`."""
    return f"{environment}-{version}-{prefix.rpartition('-')[2]}.{kind}"


def published(receipts: Iterable[tuple[str, ArchiveReceipt]]) -> tuple[Archive, ...]:
    """Return archives that a deploy has made, given their names; the smallest first that can be unpacked anywhere."""
    archives = (
        Archive(each.path.rpartition("/")[2], each.type, each.size, each.place, each.path, each.sha256, name)
        for name, each in receipts
    )
    return tuple(sorted(archives, key=lambda archive: (archive.dest_prefix, archive.size, archive.file)))


def way_for(scheduler: HTCondorScheduler, archive: Archive, size: int | None) -> Way | None:
    """Choose by size in bytes; None: the site has no way for a file so large. An unknown size takes the widest way."""
    if archive.path:
        known = {"file": archive.file, "path": archive.path}
        return Way("", "", filled(scheduler.archives.input, known), scheduler.archives.requirements)
    if not scheduler.transfers:
        return Way("transfer_input_files", "", archive.file)
    fitting = (each for each in scheduler.transfers.items() if _fits(each[1], size))
    found = next(fitting, None)
    if found is None and size is None:
        found = list(scheduler.transfers.items())[-1]
    if found is None:
        return None
    name, transfer = found
    known = {"file": archive.file}
    return Way(name, filled(transfer.how, known), filled(transfer.input, known), transfer.requirements, transfer.url)


def _fits(transfer: Transfer, size: int | None) -> bool:
    return transfer.up_to is None or (size is not None and size <= size_in_bytes(transfer.up_to))
