"""A release is always packed to the same bytes: nothing in an archive tells when it was packed, or by whom."""

from __future__ import annotations

import os
import stat
import tarfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path


@contextmanager
def same_bytes(prefix: Path) -> Iterator[None]:
    """Hold for what is packed meanwhile: tar's members are made here, mksquashfs reads the variable."""
    release = int((prefix / "conda-meta/history").stat().st_mtime)

    class Member(tarfile.TarInfo):
        def tobuf(self, *args: object, **how: object) -> bytes:
            # Whole seconds: the bytecode of a module names the second in which the module was made.
            self.mtime = min(int(self.mtime), release)
            self.uid = self.gid = 0
            self.uname = self.gname = ""
            self.mode |= stat.S_IWUSR  # a release is read-only, and a job's copy of it the user's own
            return super().tobuf(*args, **how)  # type: ignore[arg-type]  # passed on

    before = tarfile.TarFile.tarinfo
    tarfile.TarFile.tarinfo = Member
    os.environ["SOURCE_DATE_EPOCH"] = str(release)
    try:
        yield
    finally:
        tarfile.TarFile.tarinfo = before
        del os.environ["SOURCE_DATE_EPOCH"]
