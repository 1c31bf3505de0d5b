"""Look at where a site is to be installed: may we write there, is there room, can what is there be run and linked."""

from __future__ import annotations

import grp
import os
import posixpath
import pwd
import re
import shlex
from collections.abc import Iterator

from lmodforge.apply.system import System
from lmodforge.config.models import SiteConfig
from lmodforge.finding import Finding, Status
from lmodforge.plan.layout import Layout
from lmodforge.verify.follow import follow, is_directory, read_through

_GIGA = 10**9
# A handful of environments of the usual size takes some 5 GB in 200,000 files; one that is small, a tenth.
_ROOM: tuple[tuple[int, int, Status], ...] = ((2 * _GIGA, 50_000, "problem"), (10 * _GIGA, 250_000, "warning"))


def storage(system: System, site: SiteConfig) -> Iterator[Finding]:
    """Judge the directories of a site, before anything is made."""
    layout = Layout.of(site.paths)
    yield _writable(system, "software", layout.software)
    yield _writable(system, "modulefiles", layout.modulefiles)
    archived = any(environment.archives for environment in site.environments.values())
    if archived:
        yield _writable(system, "archives", layout.archives)
    yield _runnable(system, layout.software)
    yield _room(system, "space for software", layout.software)
    if archived and _device(system, layout.archives) != _device(system, layout.software):
        yield _room(system, "space for archives", layout.archives)
    if _device(system, layout.cache) != _device(system, layout.software):
        yield _room(system, "space for caches", layout.cache)
    yield _hard_links(system, site, layout)
    yield from _locks(system, site, layout)
    yield _group(site.permissions.group)
    yield _umask(system)


def _nearest(system: System, path: str) -> str:
    while follow(system, path) is None and path != "/":
        path = posixpath.dirname(path)
    return path


def _writable(system: System, name: str, path: str) -> Finding:
    there = _nearest(system, path)
    if not is_directory(system, there):
        remedy = f"write another directory as `paths: {name}:` in the site file"
        return Finding(name, "problem", f"{there} is in the way: it is not a directory", remedy)
    if os.access(there, os.W_OK | os.X_OK, effective_ids=True):
        where = path if there == path else f"{path}, to be made in {there},"
        return Finding(name, "ok", f"{where} can be written")
    if "ro" in _mount_options(system, there):
        return Finding(name, "problem", f"{there} is mounted read-only here", "deploy where it is mounted read-write")
    user = pwd.getpwuid(os.geteuid()).pw_name
    return Finding(
        name, "problem", f"{user} may not write in {there}", f"sudo install -d -o {shlex.quote(user)} {path}"
    )


def _mount_options(system: System, path: str) -> tuple[str, ...]:
    real = (follow(system, path) or ("/",))[-1]
    mounts = [line.split() for line in read_through(system, "/proc/self/mounts").splitlines()]
    around = [(len(mount[1]), at, mount[3]) for at, mount in enumerate(mounts) if _holds(_plain(mount[1]), real)]
    return tuple(max(around)[2].split(",")) if around else ()


def _holds(mount: str, path: str) -> bool:
    return path == mount or path.startswith(mount.rstrip("/") + "/")


def _plain(mount: str) -> str:
    return re.sub(r"\\([0-7]{3})", lambda found: chr(int(found[1], 8)), mount)  # a space is \040 there


def _runnable(system: System, path: str) -> Finding:
    there = _nearest(system, path)
    if "noexec" in _mount_options(system, there):
        return Finding(
            "programs",
            "problem",
            f"{there} is mounted noexec: no Python in it can be run",
            f"mount -o remount,exec {_mount_point(there)}",
        )
    return Finding("programs", "ok", f"{there} is not mounted noexec")


def _mount_point(path: str) -> str:
    while not posixpath.ismount(path):
        path = posixpath.dirname(path)
    return path


def _room(system: System, name: str, path: str) -> Finding:
    there = _nearest(system, path)
    size, files = system.free(there)
    # A file system that makes inodes as it needs them says 0.
    shown = f"{size / _GIGA:.0f} GB and {files:,} files free" if files else f"{size / _GIGA:.0f} GB free"
    message = f"{shown} at {there}"
    for least, fewest, status in _ROOM:
        if size < least or 0 < files < fewest:
            wanted = f"{least // _GIGA} GB and {fewest:,} files"
            remedy = f"free some, or ask for a larger quota: {wanted} are the least to begin with"
            return Finding(name, status, message, remedy)
    return Finding(name, "ok", message)


def _device(system: System, path: str) -> int:
    status = system.stat((follow(system, _nearest(system, path)) or ("/",))[-1])
    return status.st_dev if status else -1


def _hard_links(system: System, site: SiteConfig, layout: Layout) -> Finding:
    device = _device(system, layout.cache)
    prefixes = [one.prefix for one in site.distributions.values() if one.kind == "python" and one.prefix]
    apart = [prefix for prefix in (layout.software, *prefixes) if _device(system, prefix) != device]
    if not apart:
        return Finding("hard links", "ok", "packages are linked from the cache, not copied")
    return Finding(
        "hard links",
        "warning",
        f"{', '.join(apart)} and the cache {layout.cache} are on two file systems: packages are copied",
        "put them on one file system, or accept the space and the time",
    )


def _locks(system: System, site: SiteConfig, layout: Layout) -> Iterator[Finding]:
    """Try it where we may write; elsewhere nobody deploys."""
    there = _nearest(system, layout.cache)
    if not os.access(there, os.W_OK | os.X_OK, effective_ids=True):
        return
    if system.can_lock(there):
        yield Finding("file locks", "ok", f"files can be locked in {there}")
        return
    yield Finding(
        "file locks",
        "warning",
        f"nothing can be locked in {there}: each deploy fetches packages anew, to {site.builds.scratch}",
        "mount Lustre with `flock`, NFS with its lock daemon, or accept that",
    )


def _group(name: str | None) -> Finding:
    if name is None:
        return Finding("group", "ok", "the deploying user's own")
    try:
        group = grp.getgrnam(name)
    except KeyError:
        return Finding("group", "problem", f"there is no group `{name}`", f"groupadd {name}")
    if os.geteuid() == 0 or group.gr_gid in (*os.getgroups(), os.getegid()):
        return Finding("group", "ok", f"`{name}` can be given what is installed")
    user = pwd.getpwuid(os.geteuid()).pw_name
    return Finding(
        "group",
        "problem",
        f"{user} is not in group `{name}` and cannot give files to it",
        f"sudo usermod -aG {name} {shlex.quote(user)}, then log in again",
    )


def _umask(system: System) -> Finding:
    found = re.search(r"^Umask:\s*([0-7]+)", read_through(system, "/proc/self/status"), re.MULTILINE)
    mask = int(found[1], 8) if found else 0o022
    if mask & 0o002:
        return Finding("umask", "ok", f"{mask:04o}")
    return Finding("umask", "warning", f"{mask:04o} lets every user write to what is being built", "umask 022")
