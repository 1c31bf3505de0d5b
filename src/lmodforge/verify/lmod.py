"""Find the Lmod that users of this host have; a place that only the environment names must be safe to run."""

from __future__ import annotations

import os
import re
import stat
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import PurePosixPath

from lmodforge.apply.system import System
from lmodforge.verify.follow import SYSTEM_PATH, follow, read_through

# Debian and EPEL, then the places of Lmod's own guide and of the centres that follow it.
USUAL = ("/usr/share/lmod/lmod", "/opt/apps/lmod/lmod", "/usr/local/lmod/lmod", "/apps/lmod/lmod", "/opt/lmod/lmod")
_PROFILES = "/etc/profile.d"
_PROFILE = re.compile(r".*(?:lmod|module).*\.sh")
_MENTION = re.compile(r"(/[\w./+-]+)/(?:init|libexec)/")
_VERSION = re.compile(r"Version\s+(\d[\w.]*)")


@dataclass(frozen=True)
class Lmod:
    """An installed Lmod, by its package directory (what Lmod calls LMOD_PKG)."""

    package: str
    version: str

    @property
    def command(self) -> str:
        """The program that prints shell code."""
        return f"{self.package}/libexec/lmod"

    def init(self, shell: str) -> str:
        """Name the file that gives a shell its `module` command."""
        return f"{self.package}/init/{shell}"

    def at_least(self, minimum: str) -> bool:
        """Compare versions as numbers: 8.10 is newer than 8.6."""
        return _numbers(self.version) >= _numbers(minimum)


def find_lmod(system: System, environ: Mapping[str, str] | None = None) -> Lmod | None:
    """Find Lmod where the environment says, where login shells get it, or else in the usual places."""
    for package in dict.fromkeys(_candidates(system, os.environ if environ is None else environ)):
        if version := _version(system, package):
            return Lmod(package, version)
    return None


def _candidates(system: System, environ: Mapping[str, str]) -> Iterator[str]:
    named = (environ.get("LMOD_CMD", ""), f"{environ.get('LMOD_PKG', '')}/libexec/lmod")
    yield from (str(PurePosixPath(command).parent.parent) for command in named if _is_safe(system, command))
    for name in filter(_PROFILE.fullmatch, system.names(_PROFILES)):
        yield from _mentioned(system, f"{_PROFILES}/{name}")
    yield from USUAL


def _mentioned(system: System, profile: str) -> Iterator[str]:
    """Yield what a profile script starts; EPEL's is a link to Lmod's own script, whose place says enough."""
    passed = follow(system, profile) or ()
    for place in (*passed, read_through(system, profile)):
        yield from _MENTION.findall(place)


def _is_safe(system: System, command: str) -> bool:
    """Say whether only root or we can change what this command runs, every directory and link on the way included."""
    if not command.startswith("/") or not command.endswith("/libexec/lmod"):
        return False
    passed = follow(system, command)
    return passed is not None and all(_is_ours(system.stat(place)) for place in passed)


def _is_ours(status: os.stat_result | None) -> bool:
    if status is None or status.st_uid not in (0, os.geteuid()):
        return False
    if stat.S_ISLNK(status.st_mode):
        return True
    # Others may add names to a sticky directory, but not replace ours.
    sticky = stat.S_ISDIR(status.st_mode) and bool(status.st_mode & stat.S_ISVTX)
    return sticky or not status.st_mode & (stat.S_IWGRP | stat.S_IWOTH)


def _version(system: System, package: str) -> str | None:
    if follow(system, f"{package}/libexec/lmod") is None:
        return None
    done = system.run([f"{package}/libexec/lmod", "--version"], env={"PATH": SYSTEM_PATH, "LC_ALL": "C"}, timeout=20)
    return version_of(done.stderr + done.stdout) if done.code == 0 else None


def version_of(said: str) -> str | None:
    """Read what `lmod --version` says."""
    found = _VERSION.search(said)
    return found.group(1) if found else None


def _numbers(version: str) -> tuple[int, ...]:
    return tuple(map(int, re.findall(r"\d+", version)))
