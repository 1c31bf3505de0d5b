"""A root file system in a directory, through bubblewrap: a container where there is no engine for one."""

from __future__ import annotations

import os
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import PurePosixPath

from lmodforge.apply.system import System
from lmodforge.errors import SiteError
from lmodforge.verify.follow import is_directory

# Root needs no user namespace, in which it could become nobody else; it keeps what it needs to change its user.
_NOTHING_SHARED = ("--unshare-ipc", "--unshare-pid", "--unshare-net", "--unshare-uts", "--unshare-cgroup-try")
_KEPT = ("CAP_SETUID", "CAP_SETGID", "CAP_DAC_OVERRIDE", "CAP_DAC_READ_SEARCH")
_NOT_FROM_THERE = ("/proc", "/dev", "/sys", "/tmp", "/run", "/home")  # noqa: S108 - each is made new


@dataclass(frozen=True)
class RootFileSystem:
    """How the root is put together, and who works in it."""

    directory: str
    layers: tuple[str, ...]
    user: str
    patience: float = 20.0

    @property
    def name(self) -> str:
        """The directory's."""
        return f"rootfs {self.directory}"

    def command(self, argv: Sequence[str]) -> list[str]:
        """Share nothing with the host, the network neither; who is not root is an ordinary user already."""
        apart = ["--unshare-all"] if os.geteuid() else [*_NOTHING_SHARED, *_capabilities()]
        drop = [] if os.geteuid() or self.user == "0" else ["setpriv", *_ids(self.user), "--clear-groups", "--"]
        return ["bwrap", *self.layers, *apart, "--die-with-parent", "--chdir", "/", *drop, *argv]


def _capabilities() -> list[str]:
    return ["--cap-drop", "ALL", *(word for name in _KEPT for word in ("--cap-add", name))]


def _ids(user: str) -> list[str]:
    return [f"--reuid={user}", f"--regid={user}"]


def root_file_system(system: System, directory: str, mounts: Sequence[str], user: str) -> RootFileSystem:
    """Lay a root from a directory, read-only, with the site's own directories at their real paths."""
    root = os.path.abspath(directory)  # noqa: PTH100 - links are the user's business
    if not is_directory(system, f"{root}/usr"):
        raise SiteError(f"{directory} is no root file system: it has no usr", "`debootstrap` makes one")
    fresh = ("--perms", "1777", "--tmpfs", "/tmp", "--tmpfs", "/run", "--tmpfs", "/home")  # noqa: S108 - of its own
    world = ("--proc", "/proc", "--dev", "/dev", *fresh)
    return RootFileSystem(directory, (*_layers(system, root, "", mounts), *world, *_tree(mounts)), user)


def _tree(mounts: Sequence[str]) -> Iterator[str]:
    """Mount the site; directories on the way are made first, because bwrap would make them for root alone."""
    for path in sorted(mounts):
        for above in reversed(tuple(PurePosixPath(path).parents)[:-1]):
            yield from ("--dir", str(above))
        yield from ("--ro-bind", path, path)


def _layers(system: System, root: str, below: str, mounts: Sequence[str]) -> Iterator[str]:
    """Bind each entry; a directory that the tree must be mounted in is made new, and filled with its entries."""
    for name in system.names(f"{root}{below}/"):
        path = f"{below}/{name}"
        target = system.target(f"{root}{path}")
        if target is not None:
            yield from ("--symlink", target, path)
        elif any(mount.startswith(f"{path}/") for mount in mounts) and path not in _NOT_FROM_THERE:
            yield from ("--dir", path)
            yield from _layers(system, root, path, mounts)
        elif path not in (*_NOT_FROM_THERE, *mounts):
            yield from ("--ro-bind", f"{root}{path}", path)
