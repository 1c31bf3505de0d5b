"""Pack a release into one file: nobody ever sees a part of it."""

from __future__ import annotations

import json
import secrets
import sys
from dataclasses import replace

from lmodforge import __version__
from lmodforge.apply.observe import Observer
from lmodforge.apply.workshop import Workshop
from lmodforge.errors import StepFailed
from lmodforge.kits.archive import Archive
from lmodforge.plan.actions import PackRelease
from lmodforge.plan.jobs import subject_of
from lmodforge.receipts.models import ArchiveReceipt

_PROGRAM = ("-I", "-m", "lmodforge.apply.packer")


def pack_archive(action: PackRelease, workshop: Workshop) -> None:
    """Make an archive that the site file asks for, and remove what one that was killed has left."""
    folder, _, file = action.path.rpartition("/")
    remove_parts(action.path, workshop)
    archive = Archive(file, action.format, dest_prefix=action.place)
    scratch = _scratch(file, workshop)
    workshop.system.make_directory(scratch, 0o700)
    try:
        pack_release(workshop, action.release, archive, folder, subject=subject_of(action), scratch=scratch)
    finally:
        workshop.system.remove(scratch)


def remove_parts(path: str, workshop: Workshop) -> None:
    """Remove what packing into a file has left when it was killed."""
    folder, _, file = path.rpartition("/")
    for name in workshop.system.names(folder):
        if name.startswith(f".{file}."):
            workshop.system.remove(f"{folder}/{name}")
    workshop.system.remove(_scratch(file, workshop))


def _scratch(file: str, workshop: Workshop) -> str:
    """Return a place with the site, as releases are: squashfs links their files where it would copy them elsewhere."""
    return f"{workshop.layout.cache}/packing/{file}"


def archive_receipt(action: PackRelease, workshop: Workshop) -> ArchiveReceipt:
    """Say what was made."""
    status = workshop.system.stat(action.path)
    sha256 = workshop.system.sha256(action.path)
    if status is None or sha256 is None:
        raise StepFailed(f"{action.path} is gone", "somebody removed it: deploy again")
    return ArchiveReceipt(
        lmodforge=__version__,
        made_at=workshop.now().isoformat(timespec="seconds"),
        name=action.environment,
        version=action.version,
        type=action.format,
        path=action.path,
        release=action.release,
        place=action.place,
        sha256=sha256,
        size=status.st_size,
        signature=Observer(workshop.system).program(action.path),
    )


def pack_release(
    workshop: Workshop, prefix: str, archive: Archive, out: str, *, subject: str = "", scratch: str = ""
) -> Archive:
    """Write the archive into `out`, in the place of one of its name; return it with its size.

    What is made for it meanwhile lies in `scratch`; without one beside it.
    """
    system, subject = workshop.system, subject or f"archive {archive.file}"
    # Beside its place: a rename puts it there.
    staging = f"{out}/.{archive.file}.{secrets.token_hex(4)}"
    system.make_directory(staging, 0o700)
    try:
        workshop.progress.state(subject, "packing")
        size = _pack(workshop, subject, prefix, archive, staging, scratch=scratch or staging)
        system.rename(f"{staging}/{archive.file}", f"{out}/{archive.file}")
    finally:
        system.remove(staging)
    return replace(archive, size=size)


def _pack(workshop: Workshop, subject: str, prefix: str, archive: Archive, staging: str, *, scratch: str) -> int:
    """Let conda-pack write the file; return its size in bytes."""
    made = f"{staging}/{archive.file}"
    mode = 0o644 if workshop.site.permissions.readable_by == "all" else 0o640
    job = {"prefix": prefix, "output": made, "mode": mode, "format": archive.format, "dest_prefix": archive.dest_prefix}
    argv = (sys.executable, *_PROGRAM)
    done = workshop.run(subject, argv, stdin=json.dumps(job), variables={"TMPDIR": scratch})
    answer = json.loads(done.stdout)
    if failure := answer.get("failure"):
        raise StepFailed(f"{subject}: {failure}", answer.get("hint"))
    status = workshop.system.stat(made)
    if status is None:
        raise StepFailed(f"{subject}: conda-pack made no file")
    return status.st_size
