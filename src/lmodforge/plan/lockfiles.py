"""Locks as files beside the site file: made for review, each with the digest of what was asked and of what it says."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from lmodforge.plan.conda import conda_entries
from lmodforge.plan.digest import sha256
from lmodforge.plan.locks import LockRequest, locked_files

_OURS = ": `invoke lock` writes this file, `invoke deploy` installs exactly what it says."
_WRITTEN = re.compile(rf"# [^\n]*{re.escape(_OURS)}\n# key: (?P<key>\S+)\n# sha256: (?P<sha256>\w+)\n")


@dataclass(frozen=True)
class Written:
    """A lock as it was read from its file."""

    key: str
    lock: str
    whole: bool
    """Whether it is as it was written."""


@dataclass(frozen=True, order=True)
class Move:
    """A package that is locked otherwise than before; an empty version stands for none."""

    package: str
    old: str
    new: str


def lock_files(request: LockRequest, lock: str) -> dict[str, str]:
    """Return the files of one lock by path: the lock itself, and for conda what `conda create --file` reads."""
    head = f"# {request.subject}, {request.platform}{_OURS}\n# key: {request.key}\n"
    files = {request.file: f"{head}# sha256: {sha256(lock.encode())}\n{lock}"}
    if request.engine == "conda":
        lines = [f"# asked: {spec}" for spec in request.requirements]
        lines += [f"# channel: {channel}" for channel in request.channels]
        lines += [f"# platform: {request.platform}", "@EXPLICIT", *explicit(lock), ""]
        files[explicit_file(request.file)] = head + "\n".join(lines)
    return files


def explicit_file(file: str) -> str:
    """Return the path of the explicit form of a lock of conda's."""
    return f"{file.removesuffix('.lock')}.txt"


def explicit(lock: str) -> list[str]:
    """Write a package a line, by name; a hash follows each URL."""
    lines = []
    for entry in conda_entries(lock):
        found = entry.get("md5") or entry.get("sha256")
        lines.append(f"{entry['conda']}#{found}" if found else str(entry["conda"]))
    return sorted(lines, key=lambda line: line.rpartition("/")[2])


def is_lock_file(text: str) -> bool:
    """Say whether a file is one of ours."""
    return text.startswith("# ") and text.partition("\n")[0].endswith(_OURS)


def read_lock_file(text: str) -> Written | None:
    """Take a lock out of its file; None when it is no such file."""
    found = _WRITTEN.match(text)
    if not found:
        return None
    lock = text[found.end() :]
    return Written(found["key"], lock, sha256(lock.encode()) == found["sha256"])


def moves(before: str, after: str) -> Iterator[Move]:
    """Compare two locks of one environment on one platform; an empty text stands for none."""
    old, new = _builds(before), _builds(after)
    for name in sorted(old.keys() | new.keys()):
        was, now = old.get(name), new.get(name)
        if was == now:
            continue
        same = was is not None and now is not None and was[0] == now[0]
        yield Move(name, _shown(was, with_build=same), _shown(now, with_build=same))


def _shown(build: tuple[str, str] | None, *, with_build: bool) -> str:
    if build is None:
        return ""
    version, what = build
    return f"{version} {what}" if with_build else version


def _builds(lock: str) -> Mapping[str, tuple[str, str]]:
    """Return version and build of each package."""
    if lock.startswith("lock-version"):
        return {name: (version, files) for name, version, files in locked_files(lock)}
    return dict(map(_build, conda_entries(lock))) if lock else {}


def _build(entry: Mapping[str, Any]) -> tuple[str, tuple[str, str]]:
    name, version, build = str(entry["conda"]).rpartition("/")[2].rsplit("-", 2)
    return name, (version, build.partition(".")[0])
