"""Where a mirror is made: beside its place until it is whole; what is no mirror is never replaced."""

from __future__ import annotations

import posixpath
import stat
from dataclasses import dataclass

from lmodforge.apply.mirror.offline import Mirror, open_mirror
from lmodforge.apply.system import System
from lmodforge.errors import StepFailed
from lmodforge.receipts.mirror import NAME

_ARCHIVES = (".tar", ".tar.zst")


@dataclass(frozen=True)
class Place:
    """A directory or an archive, by its path."""

    out: str

    @property
    def is_archive(self) -> bool:
        """Say whether it is to be one file."""
        return self.out.endswith(_ARCHIVES)

    @property
    def staging(self) -> str:
        """What an interrupted run leaves; nobody else has files of such a name, and what they hold may go."""
        return self._beside("part")

    @property
    def old(self) -> str:
        """The mirror before, while the new one takes its place."""
        return self._beside("old")

    @property
    def lock(self) -> str:
        """Held while it is made."""
        return self._beside("lock")

    def _beside(self, what: str) -> str:
        folder, name = posixpath.split(self.out)
        return posixpath.join(folder, f".{name}.lmodforge-{what}")

    def before(self, system: System) -> Mirror | None:
        """Return the mirror that is there; raises StepFailed when something else is."""
        if system.stat(self.out) is None and system.stat(self.old) is not None:
            system.rename(self.old, self.out)  # a run ended between two renames
        found = system.stat(self.out)
        if found is None or (stat.S_ISDIR(found.st_mode) and not system.names(self.out)):
            return None
        if stat.S_ISDIR(found.st_mode) == self.is_archive:
            kind = "a directory" if self.is_archive else "a file"
            raise StepFailed(f"{self.out} is {kind}", "a mirror whose name ends in .tar or .tar.zst is an archive")
        try:
            return open_mirror(system, self.out)
        except StepFailed:
            if self.is_archive or system.read(f"{self.out}/{NAME}") is not None:
                return None  # damaged, or of another version: it is made anew
            raise StepFailed(f"{self.out} is there and is no mirror", "name another --out, or move it away") from None

    def publish(self, system: System, names: list[str]) -> None:
        """Let what is whole take the place of what was there before."""
        if self.is_archive:
            system.pack(self.staging, names, self.out)
            system.remove(self.staging)
            return
        if system.stat(self.out):
            system.remove(self.old)
            system.rename(self.out, self.old)
        system.rename(self.staging, self.out)
        system.remove(self.old)
