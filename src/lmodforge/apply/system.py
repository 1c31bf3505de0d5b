"""The one door to the world: everything that runs a program or touches a file goes through a `System`."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable, Mapping, Sequence
from pathlib import Path
from typing import Protocol

from lmodforge.apply.files import Files
from lmodforge.apply.programs import Completed, Programs

__all__ = ["Completed", "RealSystem", "System"]


class System(Protocol):
    """What lmodforge may ask of the world; tests compose others that record, fail at step k, or fill the disk."""

    def run(
        self,
        argv: Sequence[str],
        *,
        env: Mapping[str, str],
        cwd: str | None = None,
        stdin: str = "",
        timeout: float | None = None,
        on_line: Callable[[str], None] | None = None,
    ) -> Completed:
        """Run a program without a shell, in exactly this environment; `on_line` sees each line of stderr."""
        ...

    def end_programs(self) -> None:
        """End every program that is still running: somebody pressed ^C."""
        ...

    def end_marked(self, variable: str, value: str) -> None:
        """End every program on this host whose environment has this variable with this value."""
        ...

    def read(self, path: str | Path) -> bytes | None:
        """Return the content of a regular file; None when there is none."""
        ...

    def sha256(self, path: str | Path) -> str | None:
        """Return the sha256 of a regular file, however large; None when there is none."""
        ...

    def stat(self, path: str | Path) -> os.stat_result | None:
        """Return what `lstat` says; None when nothing is there."""
        ...

    def target(self, path: str | Path) -> str | None:
        """Return where a symbolic link points, as written; None when it is not one."""
        ...

    def names(self, path: str | Path) -> tuple[str, ...]:
        """Return the entries of a directory, sorted; none when it is not one."""
        ...

    def free(self, path: str | Path) -> tuple[int, int]:
        """Return the free bytes and the free inodes for us where `path` is or would be."""
        ...

    def can_lock(self, path: str | Path) -> bool:
        """Say whether programs can lock (`flock`) the files that we make in a directory; not every mount knows how."""
        ...

    def make_directory(self, path: str | Path, mode: int = 0o755) -> None:
        """Make a directory and those above it, with this mode whatever the umask; one that is there stays as it is."""
        ...

    def write(self, path: str | Path, content: bytes, mode: int = 0o644) -> None:
        """Put a file in place in one step: readers see the old content or the new."""
        ...

    def append(self, path: str | Path, content: bytes, mode: int = 0o644) -> None:
        """Add to the end of a file that only we write."""
        ...

    def download(self, url: str, path: str | Path, on_bytes: Callable[[int, int | None], None]) -> None:
        """Fetch a file, carrying on with a part of it that is at `path`.

        `on_bytes` hears how much is there, and of how much where the server says so; raises StepFailed.
        """
        ...

    def share(self, source: str | Path, path: str | Path) -> None:
        """Give a file a second name, or a copy where the file system knows no such thing; nothing may be there."""
        ...

    def pack(self, folder: str | Path, names: Iterable[str], path: str | Path) -> None:
        """Put files of a directory into an archive, in this order and in one step; `.zst` at its end compresses it."""
        ...

    def unpack(self, path: str | Path, folder: str | Path) -> None:
        """Unpack an archive of plain files into a new directory of ours; raises StepFailed when it holds else."""
        ...

    def head(self, path: str | Path, belongs: Callable[[str], bool]) -> dict[str, bytes]:
        """Return the first files of an archive by name, as long as they belong; raises StepFailed."""
        ...

    def link(self, path: str | Path, target: str) -> None:
        """Put a symbolic link in place in one step; a real file or directory there is refused."""
        ...

    def rename(self, source: str | Path, destination: str | Path) -> None:
        """Rename within a file system."""
        ...

    def remove(self, path: str | Path) -> None:
        """Remove a file, a link or a tree, also a read-only one; nothing there is fine."""
        ...

    def keep_directory(self, path: str | Path, *, group: int | None, for_all: bool) -> None:
        """Give a directory of ours the mode and the group of what is installed, but leave us the right to write."""
        ...

    def freeze(self, path: str | Path, *, group: int | None, for_all: bool) -> tuple[int, int]:
        """Make a tree read-only for everybody; return its size in bytes and the number of its files."""
        ...

    def thawed(self, path: str | Path, *, for_all: bool) -> tuple[str, ...]:
        """Return what is in a tree with another mode than `freeze` gives it."""
        ...


class RealSystem(Programs, Files):
    """The world as it is."""
