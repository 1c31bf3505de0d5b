"""Pack a release into one file: nobody ever sees a part of it."""

from __future__ import annotations

import json
import secrets
import sys
from dataclasses import replace

from lmodforge.apply.workshop import Workshop
from lmodforge.errors import StepFailed
from lmodforge.kits.archive import Archive

_PROGRAM = ("-I", "-m", "lmodforge.apply.packer")


def pack_release(workshop: Workshop, prefix: str, archive: Archive, out: str) -> Archive:
    """Write the archive into `out`, in the place of one of its name; return it with its size."""
    system, subject = workshop.system, f"archive {archive.file}"
    # Beside its place: a rename puts it there, and squashfs links files where it would copy them elsewhere.
    staging = f"{out}/.{archive.file}.{secrets.token_hex(4)}"
    system.make_directory(staging, 0o700)
    try:
        workshop.progress.state(subject, "packing")
        size = _pack(workshop, subject, prefix, archive, staging)
        system.rename(f"{staging}/{archive.file}", f"{out}/{archive.file}")
    except BaseException:
        system.end_programs()
        workshop.progress.failed(subject, "not packed")
        raise
    finally:
        system.remove(staging)
    workshop.progress.done(subject, "packed")
    return replace(archive, size=size)


def _pack(workshop: Workshop, subject: str, prefix: str, archive: Archive, staging: str) -> int:
    """Let conda-pack write the file; return its size in bytes."""
    made = f"{staging}/{archive.file}"
    mode = 0o644 if workshop.site.permissions.readable_by == "all" else 0o640
    job = {"prefix": prefix, "output": made, "mode": mode, "format": archive.format, "dest_prefix": archive.dest_prefix}
    argv = (sys.executable, *_PROGRAM)
    done = workshop.run(subject, argv, stdin=json.dumps(job), variables={"TMPDIR": staging})
    if failure := json.loads(done.stdout).get("failure"):
        raise StepFailed(f"{subject}: {failure}")
    status = workshop.system.stat(made)
    if status is None:
        raise StepFailed(f"{subject}: conda-pack made no file")
    return status.st_size
